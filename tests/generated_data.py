"""Checks that generated data is consistent, using the responses of a fake that contains it."""

from __future__ import annotations

import json
import re
from typing import Any

from copr_chroot_fake import FakeCopr, Nevra

from .invariants import check_chroot

DIST_TAGS = {
    "fedora": r"\.fc{version}",
    "fedora-rawhide": r"\.fc\d+",
    "fedora-eln": r"\.eln\d+",
    "amazonlinux": r"\.amzn2023",
    "mageia": r"\.mga{version}",
    "mageia-cauldron": r"\.mga\d+",
    "opensuse-tumbleweed": r"\.suse\.tw",
    "opensuse-leap": r"\.suse\.lp{digits}",
    "openeuler": r"\.oe{digits}",
    "openmandriva": "",
    "custom": "",
}
"""Pattern of the dist tag by distribution, with or without its version; all others are Enterprise Linux."""

PACKAGE_ARCHES = {"i386": "i686", "armhfp": "armv7hl"}


def get_build_chroot(fake: FakeCopr, path: str, **parameters: object) -> Any:
    """Return the JSON document at a path below ``/api_3/build-chroot``."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    # A plus in a query means a space.
    answer = fake.answer("GET", f"/api_3/build-chroot{path}?{query}".replace("+", "%2B"))
    assert answer.status == 200, answer
    return json.loads(answer.body)


def dist_tag_pattern(chrootname: str) -> str:
    distribution, version, _ = chrootname.rsplit("-", 2)
    pattern = DIST_TAGS.get(f"{distribution}-{version}", DIST_TAGS.get(distribution, r"\.el{version}"))
    return pattern.format(version=version, digits=version.replace(".", ""))


def check_responses(fake: FakeCopr, now: int) -> None:
    """Check that all responses about the fake's builds are consistent."""
    submitted = 0
    for build in fake.builds.values():
        assert submitted <= (build.submitted_on or 0) <= now
        submitted = build.submitted_on or 0
        items = get_build_chroot(fake, "/list", build_id=build.id)["items"]
        assert len(items) == len(build.chroots) > 0
        sources = set()
        for item in items:
            check_chroot(item)
            times = [item[field] for field in ("started_on", "ended_on") if item[field] is not None]
            assert [submitted, *times, now] == sorted([submitted, *times, now])
            directory = (
                f"/{build.project.ownername}/{build.project_dirname}/{item['name']}/{build.id:08d}-{build.package}/"
            )
            assert item["result_url"] is None or item["result_url"].endswith(directory)
            chroot = {"build_id": build.id, "chrootname": item["name"]}
            packages = get_build_chroot(fake, "/built-packages", **chroot)["packages"]
            check_packages(item, packages)
            sources |= {
                (package["name"], package["epoch"], package["version"], package["release"].partition(".")[0])
                for package in packages
                if package["arch"] == "src"
            }
            config = get_build_chroot(fake, "/build-config", **chroot)
            assert config["repos"][0]["baseurl"].endswith(f"{build.project}/{item['name']}/")
        assert len(sources) <= 1
        assert all(name == build.package for name, *_ in sources)


def check_packages(chroot: Any, packages: list[Any]) -> None:
    """Check that built packages fit each other and the chroot, a JSON object."""
    name = chroot["name"]
    assert bool(packages) is (chroot["state"] == "succeeded")
    nevras = [Nevra(**package) for package in packages]
    assert [nevra.arch for nevra in nevras].count("src") == bool(packages)
    assert len(set(map(str, nevras))) == len(nevras)
    arch = name.rpartition("-")[2]
    assert {nevra.arch for nevra in nevras} <= {"src", "noarch", PACKAGE_ARCHES.get(arch, arch)}
    for nevra in nevras:
        assert Nevra.parse(str(nevra)) is not None
        assert (nevra.version, nevra.epoch) == (nevras[0].version, nevras[0].epoch)
        assert re.fullmatch(rf"\d+{dist_tag_pattern(name)}", nevra.release), (name, nevra)
        if nevra.name.endswith(("-doc", "-fonts", "-selinux")):
            assert nevra.arch in ("noarch", "src")
        if nevra.name.endswith(("-debuginfo", "-debugsource")):
            assert nevra.arch not in ("noarch", "src")
