"""What the kit makes up for a build where nothing is said, so that it looks like one that Copr has built."""

from __future__ import annotations

import re
import sys

from .nevra import Nevra

_DIST_TAGS = {
    "fedora": "fc",
    "epel": "el",
    "rhel": "el",
    "centos-stream": "el",
    "mageia": "mga",
    "amazonlinux": "amzn",
}


def packages(chrootname: str, package: str) -> tuple[Nevra, ...]:
    """The source and the one binary package of a build, with the dist tag of its chroot where the name tells it."""
    distribution, version, arch = chrootname.rsplit("-", 2)
    tag = _DIST_TAGS.get(distribution)
    number = re.match(r"\d+", version)
    release = sys.intern(f"1.{tag}{number[0]}" if tag and number else "1")
    return tuple(Nevra(package, "1.0", release, built_for) for built_for in ("src", sys.intern(arch)))
