"""Random choices with weights, also among the mock chroots of Copr.

The names of chroots are from Copr's announcements and issues, as of autumn 2026. How often each is used is an estimate,
not a measurement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from random import Random
from typing import NamedTuple, TypeVar

from ..model.defaults import dist_tag, package_arch

T = TypeVar("T")


def draw(random: Random, weights: Mapping[T, float]) -> T:
    """Return one of the items, in proportion to their weights."""
    return random.choices([*weights], [*weights.values()])[0]


def sample(random: Random, weights: Mapping[T, float], number: int) -> list[T]:
    """Return ``number`` different items, in their original order (algorithm of Efraimidis and Spirakis)."""
    keys = {item: random.random() ** (1 / weight) for item, weight in weights.items()}
    selected = nlargest(number, keys, key=keys.__getitem__)
    return [item for item in weights if item in selected]


class MockChroot(NamedTuple):
    """A mock chroot, with the dist tag and the architecture of the packages built in it."""

    name: str
    dist: str
    arch: str


_FOUR = "aarch64 ppc64le s390x x86_64"
_FIVE = "aarch64 i386 ppc64le s390x x86_64"
_SIX = "aarch64 i386 ppc64le riscv64 s390x x86_64"
_TWO = "aarch64 x86_64"
_MAGEIA = "aarch64 i586 x86_64"

_RELEASES: Sequence[tuple[str, float, str, str | None]] = (
    ("alma+epel-10", 0.2, "x86_64_v2", None),
    ("alma+epel-9", 0.3, _FOUR, None),
    ("alma-kitten+epel-10", 0.2, f"{_FOUR} x86_64_v2", None),
    ("almalinux-10", 0.1, "x86_64_v2", None),
    ("almalinux-9", 0.2, _FOUR, None),
    ("almalinux-kitten-10", 0.1, "aarch64", None),
    ("amazonlinux-2023", 1.2, _TWO, None),
    ("centos-stream+epel-next-9", 1.0, _FOUR, None),
    ("centos-stream-10", 2.5, _FOUR, None),
    ("centos-stream-9", 3.0, _FOUR, None),
    ("custom-1", 0.2, _FOUR, None),
    ("epel-10", 7.0, _FOUR, None),
    ("epel-8", 4.5, _FOUR, None),
    ("epel-9", 10.0, _FOUR, None),
    ("fedora-43", 16.0, _FIVE, None),
    ("fedora-44", 20.0, _SIX, None),
    ("fedora-45", 8.0, _FOUR, None),
    ("fedora-eln", 1.5, _FOUR, ".eln156"),
    ("fedora-rawhide", 13.0, _SIX, ".fc46"),
    ("mageia-9", 0.5, _MAGEIA, None),
    ("mageia-cauldron", 0.4, _MAGEIA, ".mga10"),
    ("openeuler-22.03", 0.1, _TWO, ".oe2203"),
    ("openeuler-24.03", 0.3, _TWO, ".oe2403"),
    ("openmandriva-cooker", 0.1, _TWO, None),
    ("openmandriva-rolling", 0.1, _TWO, None),
    ("opensuse-leap-16.0", 0.8, _FOUR, ".suse.lp160"),
    ("opensuse-tumbleweed", 2.0, "aarch64 i586 ppc64le s390x x86_64", ".suse.tw"),
    ("rhel+epel-10", 1.0, _FOUR, None),
    ("rhel-10", 0.8, _FOUR, None),
    ("rhel-8", 0.7, "aarch64 s390x x86_64", None),
    ("rhel-9", 1.2, _FOUR, None),
    ("rocky-10", 0.1, "riscv64", None),
)
"""Name, weight and architectures of each version of a distribution, and the dist tag that its name does not show."""

_ARCH_WEIGHTS = {"x86_64": 60.0, "aarch64": 22.0}
"""The weight of a release is divided among its architectures in these proportions; others have 4."""


def _chroots_of(release: str, weight: float, arches: str, dist: str | None) -> Iterator[tuple[MockChroot, float]]:
    """Yield the chroots of a release with their weights."""
    weights = {arch: _ARCH_WEIGHTS.get(arch, 4.0) for arch in sorted(arches.split())}
    for arch, share in weights.items():
        yield _mock_chroot(f"{release}-{arch}", dist), weight * share / sum(weights.values())


def _mock_chroot(name: str, dist: str | None) -> MockChroot:
    return MockChroot(name, dist_tag(name) if dist is None else dist, package_arch(name))


MOCK_CHROOTS = {chroot: weight for release in _RELEASES for chroot, weight in _chroots_of(*release)}
"""The weights of all chroots, ordered by name."""

_BY_NAME = {chroot.name: chroot for chroot in MOCK_CHROOTS}


def mock_chroot(name: str) -> MockChroot:
    """Return the chroot with the given name; if it is not in the table, derive dist tag and architecture from it."""
    return _BY_NAME.get(name) or _mock_chroot(name, None)
