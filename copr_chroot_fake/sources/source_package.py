"""Reading the header of a source package: its tags, and the spec in it, which rpm has expanded already.

``rpmfile`` gets a header with only the tags that are needed, as it would copy everything once per tag.
See https://rpm-software-management.github.io/rpm/manual/format_v4.html.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from io import BytesIO

import rpmfile

from ..model.changelog import PUBLISHED, ChangelogEntry
from .facts import Binary, Facts, HostileError, UnreadableError, checked

MAX_BYTES = 8 * 1024 * 1024
"""The largest header."""

MAX_TAGS = 10_000

MAX_VALUES = 100_000
"""The highest number of values of a tag."""

_LEAD_SIZE, _INTRO_SIZE, _ENTRY_SIZE = 96, 16, 16
_LEAD_MAGIC, _HEADER_MAGIC = b"\xed\xab\xee\xdb", b"\x8e\xad\xe8\x01\0\0\0\0"
_NEEDED = frozenset((1000, 1001, 1002, 1003, 1059, 1061, 1080, 1081, 1082, 1089, 5099))
"""The tags: name, version, release, epoch, excluded and exclusive architectures, changelog, BuildArch, spec."""


def read_package(content: bytes) -> Facts:
    """Return the facts of a source package.

    :raises UnreadableError: if it is none.
    :raises HostileError: if it has a larger header than any package.
    """
    if not content.startswith(_LEAD_MAGIC):
        raise UnreadableError("it is not an rpm package")
    tags, size = _sizes(content, _LEAD_SIZE)
    signature_end = _LEAD_SIZE + _INTRO_SIZE + tags * _ENTRY_SIZE + size
    small = content[:_LEAD_SIZE] + _HEADER_MAGIC + bytes(8) + _needed_header(content, signature_end + -size % 8)
    try:
        return _facts(rpmfile.open(fileobj=BytesIO(small)).headers)
    except (AssertionError, LookupError, TypeError, ValueError, AttributeError, struct.error, rpmfile.errors.RPMError):
        raise UnreadableError("its header is invalid") from None


def _sizes(content: bytes, start: int) -> tuple[int, int]:
    """Return how many tags the header there has, and how many bytes of values."""
    if content[start : start + len(_HEADER_MAGIC)] != _HEADER_MAGIC or len(content) < start + _INTRO_SIZE:
        raise UnreadableError("it has no header")
    tags, size = struct.unpack_from(">II", content, start + len(_HEADER_MAGIC))
    if tags > MAX_TAGS or size > MAX_BYTES:
        raise HostileError(f"its header has {tags} tags and {size} bytes; expected at most {MAX_TAGS} and {MAX_BYTES}")
    return tags, size


def _needed_header(content: bytes, start: int) -> bytes:
    tags, size = _sizes(content, start)
    index = start + _INTRO_SIZE
    end = index + tags * _ENTRY_SIZE
    if end + size > len(content):
        raise UnreadableError("its header is incomplete")
    kept: dict[int, bytes] = {}
    for offset in range(index, end, _ENTRY_SIZE):
        tag, _, _, count = struct.unpack_from(">IIII", content, offset)
        if tag in _NEEDED:
            kept[tag] = content[offset : offset + _ENTRY_SIZE]
            if count > MAX_VALUES:
                raise HostileError(f"a tag of its header has {count} values; expected at most {MAX_VALUES}")
    intro = _HEADER_MAGIC + struct.pack(">II", len(kept), size)
    return intro + b"".join(kept.values()) + content[end : end + size]


def _facts(headers: Mapping[str, object]) -> Facts:
    name, version, release = (_text(headers[tag]) for tag in ("name", "version", "release"))
    epoch = "".join(map(str, _values(headers, "serial")))
    return checked(
        Facts(
            name=name,
            version=f"{epoch}:{version}-{release}" if epoch else f"{version}-{release}",
            binaries=_binaries(headers, name),
            exclusive=_texts(headers, "exclusivearch"),
            excluded=_texts(headers, "excludearch"),
            changelog=tuple(_changelog(headers)),
        )
    )


def _binaries(headers: Mapping[str, object], name: str) -> tuple[Binary, ...]:
    """Return the packages in the spec, or else only the main one, as older versions of rpm omit the spec."""
    from .spec_file import read_spec

    try:
        spec = headers.get("spec")
        return read_spec(spec if isinstance(spec, bytes) else b"").binaries
    except UnreadableError:
        return (Binary(name, _texts(headers, "buildarchs") == ("noarch",)),)


def _changelog(headers: Mapping[str, object]) -> list[ChangelogEntry]:
    times = [time for time in _values(headers, "changelogtime") if isinstance(time, int)]
    authors, texts = (_texts(headers, tag) for tag in ("authors", "comments"))
    return [ChangelogEntry(*entry) for entry in zip(times[:PUBLISHED], authors, texts, strict=False)]


def _values(headers: Mapping[str, object], tag: str) -> Sequence[object]:
    """Return the values of a tag; one value is a value itself, except in arrays of texts."""
    value = headers.get(tag, ())
    return value if isinstance(value, (list, tuple)) else (value,)


def _texts(headers: Mapping[str, object], tag: str) -> tuple[str, ...]:
    return tuple(map(_text, _values(headers, tag)))


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(value)
    return value.decode("utf-8", "replace")
