"""Source packages, and the packages that one is built into in a chroot."""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

from ..model.nevra import NevraEntry
from . import names as naming
from .mock_chroots import MockChroot
from .random_choice import Weighted, chance, pick, whole

CODE, FILES, NOARCH = "code", "files", "noarch"
"""What a package has: compiled code, whose debuginfo is split off; other files of an architecture; neither."""


class Kind(NamedTuple):
    """A kind of source package: how one is named around its stem, and what it is built into."""

    prefix: str
    suffix: str
    binaries: tuple[tuple[str, str], ...]


class Source(NamedTuple):
    """A source package; its release is without a dist tag."""

    name: str
    epoch: int
    version: str
    release: int
    binaries: tuple[tuple[str, str], ...]


_KINDS = Weighted(
    (
        (Kind("", "", (("{name}", CODE),)), 22),
        (Kind("", "", (("{name}", CODE), ("{name}-doc", NOARCH))), 6),
        (Kind("", "", (("{name}", CODE), ("{name}-devel", FILES))), 12),
        (Kind("", "", (("{name}", CODE), ("{name}-selinux", NOARCH))), 3),
        (
            Kind("", "", (("{name}", CODE), ("{name}-libs", CODE), ("{name}-devel", FILES), ("{name}-doc", NOARCH))),
            10,
        ),
        (Kind("", "", (("{name}", CODE), ("{name}-devel", FILES), ("python3-{name}", CODE))), 5),
        (Kind("", "", (("{name}", NOARCH),)), 8),
        (Kind("python-", "", (("python3-{stem}", NOARCH),)), 14),
        (Kind("python-", "", (("python3-{stem}", CODE),)), 4),
        (Kind("python-", "", (("python3-{stem}", NOARCH), ("python-{stem}-doc", NOARCH))), 2),
        (Kind("rust-", "", (("{stem}", CODE), ("rust-{stem}-devel", NOARCH))), 4),
        (Kind("golang-", "", (("golang-{stem}-devel", NOARCH),)), 3),
        (Kind("rubygem-", "", (("rubygem-{stem}", NOARCH), ("rubygem-{stem}-doc", NOARCH))), 2),
        (Kind("", "-fonts", (("{name}", NOARCH),)), 2),
    )
)

_VERSIONS = Weighted((("{a}.{b}.{c}", 60), ("{a}.{b}", 18), ("{d}", 5), ("{year}.{month}.{c}", 5), ("0.{b}.{c}", 12)))
_EPOCHS = Weighted(((0, 92), (1, 6), (2, 2)))


def package_name(random: Random) -> str:
    kind = _KINDS.pick(random)
    return f"{kind.prefix}{naming.word(random)}{kind.suffix}"


def version(random: Random) -> str:
    number = _VERSIONS.pick(random).format(
        a=whole(random, 0, 9),
        b=whole(random, 0, 29),
        c=whole(random, 0, 19),
        d=whole(random, 20, 299),
        year=whole(random, 2022, 2025),
        month=whole(random, 1, 12),
    )
    drawn = random.random()
    if drawn < 0.9:
        return number
    return f"{number}~rc{whole(random, 1, 4)}" if drawn < 0.94 else f"{number}^{_snapshot(random)}"


def _snapshot(random: Random) -> str:
    """What a version says that was not released: the day and the commit."""
    day = f"2026{whole(random, 1, 9):02d}{whole(random, 1, 28):02d}"
    return f"{day}git{''.join(pick(random, '0123456789abcdef') for _ in range(7))}"


def release(random: Random) -> int:
    """The number with which a release begins."""
    return 1 if chance(random, 0.6) else whole(random, 2, 12)


def epoch(random: Random) -> int:
    return _EPOCHS.pick(random)


def source(random: Random, name: str) -> Source:
    """A source package of that name, built into what its name suggests."""
    fitting = [
        (kind, weight)
        for kind, weight in zip(_KINDS.things, _KINDS.weights, strict=True)
        if name.startswith(kind.prefix) and name.endswith(kind.suffix)
    ]
    telling = [(kind, weight) for kind, weight in fitting if kind.prefix or kind.suffix]
    kind = Weighted(telling or fitting).pick(random)
    stem = name.removeprefix(kind.prefix) or name
    binaries = tuple((pattern.format(name=name, stem=stem), what) for pattern, what in kind.binaries)
    return Source(name, epoch(random), version(random), release(random), binaries)


def newer(random: Random, source: Source) -> Source:
    """What is submitted next of a source package: a rebuild of it, or its next version."""
    if chance(random, 0.5):
        return source._replace(release=source.release + 1)
    numbers = re.split(r"[~^]", source.version)[0].split(".")
    return source._replace(version=".".join([*numbers[:-1], str(int(numbers[-1]) + 1)]), release=1)


def built(source: Source, chroot: MockChroot) -> list[NevraEntry]:
    """All that a source package is built into in a chroot, the source package first."""
    names = [(source.name, "src")]
    names += [(name, "noarch" if what == NOARCH else chroot.arch) for name, what in source.binaries]
    with_debuginfo = [name for name, what in source.binaries if what == CODE]
    # As rpm did until it learnt to split debuginfo by package.
    if with_debuginfo and chroot.dist == ".el7":
        names.append((f"{source.name}-debuginfo", chroot.arch))
    elif with_debuginfo:
        names += [(f"{name}-debuginfo", chroot.arch) for name in with_debuginfo]
        names.append((f"{source.name}-debugsource", chroot.arch))
    release = f"{source.release}{chroot.dist}"
    return [
        {"name": name, "epoch": source.epoch, "version": source.version, "release": release, "arch": arch}
        for name, arch in names
    ]
