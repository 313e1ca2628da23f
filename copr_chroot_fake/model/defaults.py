"""What the kit makes up for a build where nothing is said, so that it looks like one that Copr has built."""

from __future__ import annotations

import re
import sys

from .nevra import Nevra

_DIST_TAGS = {
    "fedora": "fc",
    "mageia": "mga",
    "amazonlinux": "amzn",
    **dict.fromkeys(("epel", "rhel", "centos-stream", "rocky", "oraclelinux", "almalinux", "almalinux-kitten"), "el"),
    **dict.fromkeys(("rhel+epel", "centos-stream+epel-next", "alma+epel", "alma-kitten+epel"), "el"),
}

SOURCE_VERSION = "1.0-1"
"""Version and release of a source package, which has no dist tag yet."""

_PACKAGE_ARCHES = {"i386": "i686", "armhfp": "armv7hl"}
"""What packages are built for where a chroot's name says another architecture."""


def dist_tag(chrootname: str) -> str:
    """What the release of a package ends in that was built in a chroot; empty where its name does not tell it."""
    distribution, version, _ = chrootname.rsplit("-", 2)
    tag = _DIST_TAGS.get(distribution)
    number = re.match(r"\d+", version)
    return f".{tag}{number[0]}" if tag and number else ""


def package_arch(chrootname: str) -> str:
    """The architecture of the packages built in a chroot that have one."""
    arch = chrootname.rpartition("-")[2]
    return sys.intern(_PACKAGE_ARCHES.get(arch, arch))


def packages(chrootname: str, package: str) -> tuple[Nevra, ...]:
    """The source and the one binary package of a build, with the dist tag of its chroot where the name tells it."""
    release = sys.intern(f"1{dist_tag(chrootname)}")
    return tuple(Nevra(package, "1.0", release, arch) for arch in ("src", package_arch(chrootname)))


def result_dir(build_id: int, package: str) -> str:
    """The name of the result directory that a build has in each of its chroots."""
    return f"{source_result_dir(build_id)}-{package}"


def source_result_dir(build_id: int) -> str:
    """The name of the result directory of a source build."""
    return f"{build_id:08d}"
