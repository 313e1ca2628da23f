"""Random choices, also among the mock chroots of Copr.

They give the same result for a seed on every Python version, because they only call ``Random.random()``, the one method
whose results Python promises not to change.

The names of chroots are from Copr's announcements and issues, as of autumn 2026. How often each is used is an estimate,
not a measurement.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, NamedTuple, TypeVar

from ..model.defaults import dist_tag, package_arch

T = TypeVar("T")


def chance(random: Random, probability: float) -> bool:
    """Return ``True`` with the given probability."""
    return random.random() < probability


def random_integer(random: Random, minimum: int, maximum: int) -> int:
    """Return an integer from a uniform distribution that includes both bounds."""
    return minimum + int(random.random() * (maximum - minimum + 1))


def pick(random: Random, choices: Sequence[T]) -> T:
    """Return one of the choices; all are equally likely."""
    return choices[int(random.random() * len(choices))]


class Weighted(Generic[T]):
    """Items that are drawn in proportion to their weights."""

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        listed = list(pairs)
        self.items = [item for item, _ in listed]
        self.weights = [weight for _, weight in listed]
        self._cumulative = list(accumulate(self.weights))

    def pick(self, random: Random) -> T:
        """Return one item."""
        # The product can be rounded up to the total; the upper bound keeps the index valid.
        return self.items[bisect(self._cumulative, random.random() * self._cumulative[-1], 0, len(self.items) - 1)]

    def sample(self, random: Random, number: int) -> list[T]:
        """Return ``number`` different items, in their original order (algorithm of Efraimidis and Spirakis)."""
        keys = [-math.log(1 - random.random()) / weight for weight in self.weights]
        selected = sorted(range(len(keys)), key=keys.__getitem__)[:number]
        return [self.items[index] for index in sorted(selected)]


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


def _chroots_of(release: str, weight: float, arches: str, dist: str | None) -> list[tuple[MockChroot, float]]:
    """Return the chroots of a release with their weights."""
    weights = {arch: _ARCH_WEIGHTS.get(arch, 4.0) for arch in sorted(arches.split())}
    share = weight / sum(weights.values())
    return [(_mock_chroot(f"{release}-{arch}", dist), share * weights[arch]) for arch in weights]


def _mock_chroot(name: str, dist: str | None) -> MockChroot:
    return MockChroot(name, dist_tag(name) if dist is None else dist, package_arch(name))


MOCK_CHROOTS = Weighted(pair for release in _RELEASES for pair in _chroots_of(*release))
"""All chroots, ordered by name."""

_BY_NAME = {chroot.name: chroot for chroot in MOCK_CHROOTS.items}


def mock_chroot(name: str) -> MockChroot:
    """Return the chroot with the given name; if it is not in the table, derive dist tag and architecture from it."""
    return _BY_NAME.get(name) or _mock_chroot(name, None)
