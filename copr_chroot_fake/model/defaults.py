"""Plausible defaults for the omitted fields of a build, as if Copr had built it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import lru_cache

from .nevra import Nevra

PACKAGE = "hello"
"""The package of a build whose source does not tell its name."""

MEMORY_LIMIT = 2048
"""In MB, as Copr has it."""

TIMEOUT = 18_000
"""In seconds, as Copr has it."""

_DIST_TAGS = {
    "fedora": "fc",
    "mageia": "mga",
    "amazonlinux": "amzn",
    **dict.fromkeys(("epel", "rhel", "centos-stream", "rocky", "oraclelinux", "almalinux", "almalinux-kitten"), "el"),
    **dict.fromkeys(("rhel+epel", "centos-stream+epel-next", "alma+epel", "alma-kitten+epel"), "el"),
}

SOURCE_VERSION = "1.0-1"
"""Version and release of a source package whose source does not tell them; it has no dist tag."""

_PACKAGE_ARCHES = {"i386": "i686", "armhfp": "armv7hl"}
"""The architecture of packages for chroots that are named after another one."""


def dist_tag(chrootname: str) -> str:
    """Return the end of the release of packages built in a chroot; empty if its name does not tell it."""
    distribution, version, _ = chrootname.rsplit("-", 2)
    tag = _DIST_TAGS.get(distribution)
    number = re.match(r"\d+", version)
    return f".{tag}{number[0]}" if tag and number else ""


def package_arch(chrootname: str) -> str:
    """Return the architecture of packages built in a chroot."""
    arch = chrootname.rpartition("-")[2]
    return sys.intern(_PACKAGE_ARCHES.get(arch, arch))


# Patterns are compiled when they are first used, as most processes never use them.
_EVR = r"(?a:(?:([0-9]{1,9}):)?([\w.+~^]+)-([\w.+~^]+))"
_DIST_TAG = rf"\.(?:{'|'.join(sorted({*_DIST_TAGS.values()}))})[0-9]+(?:_[0-9]+)?$"


def packages(
    chrootname: str, package: str | None, source_version: str = SOURCE_VERSION, *, has_dist_tag: bool = True
) -> tuple[Nevra, ...]:
    """Return a source and a binary package of a version, with the dist tag of the chroot if it has one."""
    found = re.fullmatch(_EVR, source_version) or re.fullmatch(_EVR, SOURCE_VERSION)
    assert found is not None
    epoch, version, release = found[1], sys.intern(found[2]), found[3]
    release = sys.intern(re.sub(_DIST_TAG, "", release) + dist_tag(chrootname) if has_dist_tag else release)
    number = None if epoch is None else int(epoch)
    return _source_and_binary(package or PACKAGE, version, release, package_arch(chrootname), number)


# Chroots of one architecture share their packages: a fake can have a million chroots.
@lru_cache(maxsize=512)
def _source_and_binary(name: str, version: str, release: str, arch: str, epoch: int | None) -> tuple[Nevra, ...]:
    return Nevra(name, version, release, "src", epoch), Nevra(name, version, release, arch, epoch)


@lru_cache(maxsize=512)
def result_dir(build_id: int, package: str | None) -> str:
    """Return the name of the result directory that a build has in each of its chroots."""
    return f"{source_result_dir(build_id)}-{package or PACKAGE}"


def source_result_dir(build_id: int) -> str:
    """Return the name of the result directory of a source build."""
    return f"{build_id:08d}"


_PREFIXES = {"pypi_package_name": "python-", "gem_name": "rubygem-"}
"""The usual prefixes of packages that are made from those of other languages."""

_FILE = r"(?i:([^/]+?)(?:(?:-[^-/]+-[^-/]+|-[0-9][^-/]*)?\.(?:no)?src\.rpm|\.spec|\.git)/*$)"
"""Only the name of a source package ends in its version and release."""


def package_of(config: Mapping[str, object]) -> str | None:
    """Return a name for the package of a source: that of its upstream package, file or repository, if it has one."""
    for field, prefix in _PREFIXES.items():
        if config.get(field):
            return prefix + _clean(str(config[field]))
    for field in ("pkg", "url", "clone_url"):
        file = str(config.get(field) or "").partition("?")[0].rstrip("/").rpartition("/")[2]
        match = re.match(_FILE, file)
        name = _clean(match[1] if match else file)
        if name:
            return name
    return None


_SOURCE_PACKAGE = r"(?ai:-([\w.+~^]+-[\w.+~^]+)\.(?:no)?src\.rpm)"


def version_of(config: Mapping[str, object]) -> str:
    """Return a version for a source: that of its source package or upstream package, if it tells one."""
    location = str(config.get("pkg") or config.get("url") or "").partition("?")[0]
    found = re.search(_SOURCE_PACKAGE, location)
    if found is not None:
        return found[1]
    upstream = re.fullmatch(_EVR, f"{config.get('pypi_package_version') or ''}-1")
    return SOURCE_VERSION if upstream is None else upstream[0]


def _clean(name: str) -> str:
    return re.sub(r"[^-+_.a-zA-Z0-9]+", "-", name).strip("-")
