"""Generated source packages, and the packages built from them in a chroot."""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

from ..model.nevra import NevraEntry
from .mock_chroots import MockChroot
from .projects import random_word
from .random_choice import Weighted, chance, pick, random_integer

CODE, FILES, NOARCH = "code", "files", "noarch"
"""Contents of a package: compiled code, which has debuginfo; other files that depend on the architecture; neither."""

_SIMPLE = (("{name}", CODE),)


class _Kind(NamedTuple):
    """A kind of source package: prefix and suffix of its name, and its binary packages with their contents."""

    prefix: str
    suffix: str
    binaries: tuple[tuple[str, str], ...]


class Source(NamedTuple):
    """A source package; ``release`` has no dist tag."""

    name: str
    epoch: int
    version: str
    release: int
    binaries: tuple[tuple[str, str], ...]


_KINDS = Weighted(
    (
        (_Kind("", "", _SIMPLE), 22),
        (_Kind("", "", (*_SIMPLE, ("{name}-doc", NOARCH))), 6),
        (_Kind("", "", (*_SIMPLE, ("{name}-devel", FILES))), 12),
        (_Kind("", "", (*_SIMPLE, ("{name}-selinux", NOARCH))), 3),
        (_Kind("", "", (*_SIMPLE, ("{name}-libs", CODE), ("{name}-devel", FILES), ("{name}-doc", NOARCH))), 10),
        (_Kind("", "", (*_SIMPLE, ("{name}-devel", FILES), ("python3-{name}", CODE))), 5),
        (_Kind("", "", (("{name}", NOARCH),)), 8),
        (_Kind("python-", "", (("python3-{stem}", NOARCH),)), 14),
        (_Kind("python-", "", (("python3-{stem}", CODE),)), 4),
        (_Kind("python-", "", (("python3-{stem}", NOARCH), ("python-{stem}-doc", NOARCH))), 2),
        (_Kind("rust-", "", (("{stem}", CODE), ("rust-{stem}-devel", NOARCH))), 4),
        (_Kind("golang-", "", (("golang-{stem}-devel", NOARCH),)), 3),
        (_Kind("rubygem-", "", (("rubygem-{stem}", NOARCH), ("rubygem-{stem}-doc", NOARCH))), 2),
        (_Kind("", "-fonts", (("{name}", NOARCH),)), 2),
    )
)

_VERSIONS = Weighted((("{a}.{b}.{c}", 60), ("{a}.{b}", 18), ("{d}", 5), ("{year}.{month}.{c}", 5), ("0.{b}.{c}", 12)))
_EPOCHS = Weighted(((0, 92), (1, 6), (2, 2)))


def package_name(random: Random) -> str:
    """Return the name of a source package."""
    kind = _KINDS.pick(random)
    return f"{kind.prefix}{random_word(random)}{kind.suffix}"


def version(random: Random) -> str:
    """Return a version; some are release candidates or snapshots."""
    number = _VERSIONS.pick(random).format(
        a=random_integer(random, 0, 9),
        b=random_integer(random, 0, 29),
        c=random_integer(random, 0, 19),
        d=random_integer(random, 20, 299),
        year=random_integer(random, 2022, 2025),
        month=random_integer(random, 1, 12),
    )
    drawn = random.random()
    if drawn < 0.9:
        return number
    return f"{number}~rc{random_integer(random, 1, 4)}" if drawn < 0.94 else f"{number}^{_snapshot(random)}"


def _snapshot(random: Random) -> str:
    """Return the suffix of a snapshot's version: date and commit."""
    date = f"2026{random_integer(random, 1, 9):02d}{random_integer(random, 1, 28):02d}"
    return f"{date}git{''.join(pick(random, '0123456789abcdef') for _ in range(7))}"


def release_number(random: Random) -> int:
    """Return a release without its dist tag."""
    return 1 if chance(random, 0.6) else random_integer(random, 2, 12)


def epoch(random: Random) -> int:
    """Return an epoch, mostly 0."""
    return _EPOCHS.pick(random)


def source_package(random: Random, name: str) -> Source:
    """Return a source package with the given name, of a kind that fits it: ``python-x`` has a ``python3-x``."""
    matching = [
        (kind, weight)
        for kind, weight in zip(_KINDS.items, _KINDS.weights, strict=True)
        if name.startswith(kind.prefix) and name.endswith(kind.suffix)
    ]
    specific = [(kind, weight) for kind, weight in matching if kind.prefix or kind.suffix]
    kind = Weighted(specific or matching).pick(random)
    stem = name.removeprefix(kind.prefix) or name
    binaries = tuple((pattern.format(name=name, stem=stem), contents) for pattern, contents in kind.binaries)
    return Source(name, epoch(random), version(random), release_number(random), binaries)


def next_source_package(random: Random, source: Source) -> Source:
    """Return the next submission of a source package: a rebuild or a new version."""
    if chance(random, 0.5):
        return source._replace(release=source.release + 1)
    numbers = re.split(r"[~^]", source.version)[0].split(".")
    return source._replace(version=".".join([*numbers[:-1], str(int(numbers[-1]) + 1)]), release=1)


def built_packages(source: Source, chroot: MockChroot) -> list[NevraEntry]:
    """Return the packages built from a source package in a chroot, the source package first."""
    names = [(source.name, "src")]
    names += [(name, "noarch" if contents == NOARCH else chroot.arch) for name, contents in source.binaries]
    with_debuginfo = [name for name, contents in source.binaries if contents == CODE]
    if with_debuginfo and chroot.dist == ".el7":
        # The rpm of that time did not split debuginfo by package.
        names.append((f"{source.name}-debuginfo", chroot.arch))
    elif with_debuginfo:
        names += [(f"{name}-debuginfo", chroot.arch) for name in with_debuginfo]
        names.append((f"{source.name}-debugsource", chroot.arch))
    release = f"{source.release}{chroot.dist}"
    return [
        {"name": name, "epoch": source.epoch, "version": source.version, "release": release, "arch": arch}
        for name, arch in names
    ]
