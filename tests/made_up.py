"""What holds of data that is made up, asked of a fake that has it: all of it fits together, as Copr's does."""

from __future__ import annotations

import json
import re
from typing import Any

from copr_chroot_fake import FakeCopr, Nevra

from .invariants import check_one

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
"""What releases end in, by distribution or that with its version; all others are kinds of Enterprise Linux."""

PACKAGE_ARCHES = {"i386": "i686", "armhfp": "armv7hl"}


def ask(fake: FakeCopr, endpoint: str, **arguments: object) -> Any:
    query = "&".join(f"{name}={value}" for name, value in arguments.items())
    # A plus in a query is a space.
    answer = fake.answer("GET", f"/api_3/build-chroot{endpoint}?{query}".replace("+", "%2B"))
    assert answer.status == 200, answer
    return json.loads(answer.body)


def dist_tag_pattern(chrootname: str) -> str:
    distribution, version, _ = chrootname.rsplit("-", 2)
    pattern = DIST_TAGS.get(f"{distribution}-{version}", DIST_TAGS.get(distribution, r"\.el{version}"))
    return pattern.format(version=version, digits=version.replace(".", ""))


def check_served(fake: FakeCopr, now: int) -> None:
    """Everything that the fake answers about its builds fits together."""
    submitted = 0
    for build in fake.builds.values():
        assert submitted <= (build.submission.submitted_on or 0) <= now
        submitted = build.submission.submitted_on or 0
        shown = ask(fake, "/list", build_id=build.id)["items"]
        assert len(shown) == len(build.chroots) > 0
        sources = set()
        for item in shown:
            check_one(item)
            times = [item[time] for time in ("started_on", "ended_on") if item[time] is not None]
            assert [submitted, *times, now] == sorted([submitted, *times, now])
            where = f"/{build.project.ownername}/{build.project_dirname}/{item['name']}/{build.id:08d}-{build.package}/"
            assert item["result_url"] is None or item["result_url"].endswith(where)
            built = ask(fake, "/built-packages", build_id=build.id, chrootname=item["name"])["packages"]
            check_packages(item, built)
            sources |= {
                (package["name"], package["epoch"], package["version"], package["release"].partition(".")[0])
                for package in built
                if package["arch"] == "src"
            }
            config = ask(fake, "/build-config", build_id=build.id, chrootname=item["name"])
            assert config["repos"][0]["baseurl"].endswith(f"{build.project}/{item['name']}/")
        assert len(sources) <= 1
        assert all(name == build.package for name, *_ in sources)


def check_packages(shown: Any, packages: list[Any]) -> None:
    name = shown["name"]
    assert bool(packages) is (shown["state"] == "succeeded")
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
