"""The mock chroots of Copr, with an estimate of how often each is used.

The names are from Copr's announcements and issues, as of autumn 2026. The weights are estimates, not measurements.
"""

from __future__ import annotations

from typing import NamedTuple

from ..model.defaults import dist_tag, package_arch
from .random_choice import Weighted


class MockChroot(NamedTuple):
    """A mock chroot, with the dist tag and the architecture of the packages built in it."""

    name: str
    dist: str
    arch: str


class _Release(NamedTuple):
    """A version of a distribution; ``dist`` is its dist tag if that does not follow from the name."""

    name: str
    weight: float
    arches: str
    dist: str | None = None


_FOUR = "aarch64 ppc64le s390x x86_64"
_FIVE = "aarch64 i386 ppc64le s390x x86_64"
_SIX = "aarch64 i386 ppc64le riscv64 s390x x86_64"
_TWO = "aarch64 x86_64"
_MAGEIA = "aarch64 i586 x86_64"

_RELEASES = (
    _Release("alma+epel-10", 0.2, "x86_64_v2"),
    _Release("alma+epel-9", 0.3, _FOUR),
    _Release("alma-kitten+epel-10", 0.2, f"{_FOUR} x86_64_v2"),
    _Release("almalinux-10", 0.1, "x86_64_v2"),
    _Release("almalinux-9", 0.2, _FOUR),
    _Release("almalinux-kitten-10", 0.1, "aarch64"),
    _Release("amazonlinux-2023", 1.2, _TWO),
    _Release("centos-stream+epel-next-9", 1.0, _FOUR),
    _Release("centos-stream-10", 2.5, _FOUR),
    _Release("centos-stream-9", 3.0, _FOUR),
    _Release("custom-1", 0.2, _FOUR),
    _Release("epel-10", 7.0, _FOUR),
    _Release("epel-8", 4.5, _FOUR),
    _Release("epel-9", 10.0, _FOUR),
    _Release("fedora-43", 16.0, _FIVE),
    _Release("fedora-44", 20.0, _SIX),
    _Release("fedora-45", 8.0, _FOUR),
    _Release("fedora-eln", 1.5, _FOUR, ".eln156"),
    _Release("fedora-rawhide", 13.0, _SIX, ".fc46"),
    _Release("mageia-9", 0.5, _MAGEIA),
    _Release("mageia-cauldron", 0.4, _MAGEIA, ".mga10"),
    _Release("openeuler-22.03", 0.1, _TWO, ".oe2203"),
    _Release("openeuler-24.03", 0.3, _TWO, ".oe2403"),
    _Release("openmandriva-cooker", 0.1, _TWO),
    _Release("openmandriva-rolling", 0.1, _TWO),
    _Release("opensuse-leap-16.0", 0.8, _FOUR, ".suse.lp160"),
    _Release("opensuse-tumbleweed", 2.0, "aarch64 i586 ppc64le s390x x86_64", ".suse.tw"),
    _Release("rhel+epel-10", 1.0, _FOUR),
    _Release("rhel-10", 0.8, _FOUR),
    _Release("rhel-8", 0.7, "aarch64 s390x x86_64"),
    _Release("rhel-9", 1.2, _FOUR),
    _Release("rocky-10", 0.1, "riscv64"),
)

_ARCH_WEIGHTS = {
    "x86_64": 60.0,
    "aarch64": 22.0,
    "ppc64le": 6.0,
    "s390x": 4.0,
    "i386": 4.0,
    "i586": 4.0,
    "x86_64_v2": 4.0,
    "riscv64": 2.0,
}
"""The weight of a release is divided among its architectures in these proportions."""


def _chroots_of(release: _Release) -> list[tuple[MockChroot, float]]:
    """Return the chroots of a release with their weights."""
    arches = sorted(release.arches.split())
    total = sum(_ARCH_WEIGHTS[arch] for arch in arches)
    return [
        (_mock_chroot(f"{release.name}-{arch}", release.dist), release.weight * _ARCH_WEIGHTS[arch] / total)
        for arch in arches
    ]


def _mock_chroot(name: str, dist: str | None) -> MockChroot:
    return MockChroot(name, dist_tag(name) if dist is None else dist, package_arch(name))


MOCK_CHROOTS = Weighted(pair for release in _RELEASES for pair in _chroots_of(release))
"""All chroots, ordered by name."""

_BY_NAME = {chroot.name: chroot for chroot in MOCK_CHROOTS.items}


def mock_chroot(name: str) -> MockChroot:
    """Return the chroot with the given name; if it is not in the table, derive dist tag and architecture from it."""
    return _BY_NAME.get(name) or _mock_chroot(name, None)
