"""Reading specs: the tags of the package and of its subpackages, with simple macros expanded.

All branches of conditions count, and nothing is executed: ``%(…)``, ``%{lua:…}`` and undefined macros stay as they are.
The macros are expanded here, as ``pyrpm`` would let them double a thousand times. It gets only tags, as it would take
those in scripts for tags of the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pyrpm.spec import Spec

from ..model.changelog import parse_changelog
from .facts import Binary, Facts, HostileError, UnreadableError, checked

MAX_BYTES = 1024 * 1024
"""The largest spec, apart from its changelog."""

_CHANGELOG_BYTES = 64 * 1024
"""The part of the changelog that is read, for its latest entries."""

MAX_LINES = 2_000
"""The highest number of tags and subpackages."""

_MAX_TEXT = 1_024
"""The longest line, and the longest text after the expansion of its macros, in characters."""

_MAX_ROUNDS = 20
"""The deepest nesting of macros."""

_MAX_MACROS = 50_000
"""The highest number of macros that are expanded, each use and each round counted."""

_NAMES = "package|description|prep|generate_buildrequires|conf|build|install|check|clean|files|sourcelist|patchlist"
_SECTION = re.compile(rf"%({_NAMES}|(?:pre|post)(?:un|trans)?|(?:file|transfile)?trigger\w*|verify\w*)\b(.*)")
_TAG = re.compile(r"(?i:Name|Epoch|Version|Release|BuildArch|ExclusiveArch|ExcludeArch)\s*:")
_DEFINITION = re.compile(r"[ \t]*%(?:global|define)[ \t]+(\w+)[ \t]+(\S.*)")
_MACRO = re.compile(r"%(?:\{([!?]*)(\w+)(?::([^{}]*))?\}|(\w+))")

_DEFINED = {"nil": "", "dist": "", "ix86": "i386 i486 i586 i686"}

_DIST = "\0"
"""Stands for the dist tag, which only chroots define."""


@dataclass
class _Macros:
    """The macros of a spec, by name, and how many may still be expanded."""

    values: dict[str, str]
    left: int = field(default=_MAX_MACROS, init=False)

    def expand(self, text: str) -> str:
        """Replace the macros in a text, as far as they are defined.

        :raises HostileError: if they refer to themselves, or grow without end.
        """
        for _ in range(_MAX_ROUNDS):
            expanded = _MACRO.sub(self._value, text)
            if expanded == text:
                return text
            text = expanded
            if len(text) > _MAX_TEXT:
                break
        raise HostileError(f"too many levels of recursion in macro expansion: {text[:80]!a}")

    def words(self, text: str | None) -> tuple[str, ...]:
        """Return the words in a text, or none."""
        return tuple(self.expand(text or "").replace(",", " ").split())

    def _value(self, found: re.Match[str]) -> str:
        self.left -= 1
        if self.left < 0:
            raise HostileError(f"the spec expands more than {_MAX_MACROS} macros")
        flags, name, alternative = found[1] or "", found[2] or found[4], found[3]
        value = self.values.get(name)
        if "?" in flags:
            is_used = (value is None) is ("!" in flags)
            return (value if alternative is None and value else alternative or "") if is_used else ""
        if value is None or alternative is not None:
            return found[0]
        if any(name in (inner[2], inner[4]) for inner in _MACRO.finditer(value)):
            raise HostileError(f"the macro {name[:80]} refers to itself")
        return value


class _Parts(NamedTuple):
    """The parts of a spec that are read."""

    tags: list[str]
    """The lines with tags, and those that begin subpackages."""
    files: list[str]
    """What follows each ``%files``: a package is only built if it has one."""
    macros: dict[str, str]


def read_spec(content: bytes) -> Facts:
    """Return the facts of a spec.

    :raises UnreadableError: if it has no usable name, version and release.
    :raises HostileError: if it is larger than any spec, or its macros refer to themselves.
    """
    start, _, changelog = content.partition(b"\n%changelog")
    if len(start) > MAX_BYTES:
        raise HostileError(f"the spec has {len(start)} bytes; expected at most {MAX_BYTES}")
    parts = _split(start.decode("utf-8", "replace"))
    spec = Spec.from_string("\n".join(parts.tags))
    if not (spec.name and spec.version and spec.release):
        raise UnreadableError("it has no Name, Version and Release")
    # A tag may have the macro that is named after it.
    tags = {tag: value for tag in ("name", "epoch", "version", "release") if (value := getattr(spec, tag))}
    macros = _Macros({**_DEFINED, **tags, **parts.macros})
    with_tag = replace(macros, values={**macros.values, "dist": _DIST}).expand(spec.release)
    epoch, version = macros.expand(spec.epoch or ""), macros.expand(spec.version)
    latest, _, _ = changelog[:_CHANGELOG_BYTES].decode("utf-8", "replace").partition("\n%")
    facts = Facts(
        name=macros.expand(spec.name),
        version=f"{epoch}:{version}-{macros.expand(spec.release)}".removeprefix(":"),
        binaries=tuple(_binaries(spec, parts.files, macros)),
        exclusive=macros.words(spec.exclusivearch),
        excluded=macros.words(spec.excludearch),
        changelog=parse_changelog(latest),
        has_dist_tag=_DIST in with_tag,
    )
    return checked(facts)


def _split(text: str) -> _Parts:
    parts = _Parts([], [], {})
    section = "package"
    for line in text.split("\n"):
        if len(line) > _MAX_TEXT:
            continue
        found, definition = _SECTION.match(line), _DEFINITION.match(line)
        if found is not None:
            section = found[1]
            if section == "files":
                parts.files.append(found[2])
        elif definition is not None:
            parts.macros[definition[1]] = definition[2].strip()
        if section == "package" and (found is not None or _TAG.match(line.lstrip())):
            parts.tags.append(line.strip())
    if len(parts.tags) + len(parts.files) > MAX_LINES:
        raise HostileError(f"the spec has more than {MAX_LINES} tags and subpackages")
    return parts


def _binaries(spec: Spec, files: list[str], macros: _Macros) -> Iterator[Binary]:
    """Yield the packages that are built: those with files, or all of them if none has any."""
    main = macros.expand(spec.name)
    built = {_owner(macros.words(options), main) for options in files}
    for package in spec.packages:
        name = macros.expand(package.name)
        if name in built or not built:
            yield Binary(name, ((package.is_subpackage and package.buildarch) or spec.buildarch) == "noarch")


def _owner(options: tuple[str, ...], main: str) -> str:
    """Return the name of the package that a ``%files`` with these options is about."""
    names = iter(options)
    for option in names:
        if option == "-n":
            return next(names, main)
        if option == "-f":
            next(names, None)
        elif not option.startswith("-"):
            return f"{main}-{option}"
    return main
