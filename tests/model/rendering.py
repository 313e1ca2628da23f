"""Documents of the model's builds and chroots."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .service import Build, Chroot

RESULTS = "https://download.copr.fedorainfracloud.org/results"
TAGS = {"fedora-41-x86_64": ".fc41", "epel-9-s390x": ".el9", "fedora-rawhide-aarch64": ""}


def chroot_fields(build: Build, chroot: Chroot) -> dict[str, object]:
    results = f"{RESULTS}/{build.owner}/{build.dirname}/{chroot.name}/{chroot.result_dir}/"
    return {
        "started_on": chroot.started_on,
        "ended_on": chroot.ended_on,
        "state": chroot.state,
        "name": chroot.name,
        "result_url": results if chroot.result_dir else None,
    }


def build_fields(build: Build) -> dict[str, object]:
    started = [chroot.started_on for chroot in build.present_chroots if chroot.started_on is not None]
    ended = [chroot.ended_on for chroot in build.present_chroots]
    return {
        "chroots": [chroot.name for chroot in build.present_chroots],
        "ended_on": max((time or 0 for time in ended), default=None) if None not in ended else None,
        "id": build.id,
        "is_background": False,
        "ownername": build.owner,
        "project_dirname": build.dirname,
        "projectname": build.project,
        "repo_url": f"{RESULTS}/{build.owner}/{build.project}",
        "started_on": min(started, default=None),
        "state": build.state,
        **build.submission,
        "source_package": source_package(build),
    }


def source_package(build: Build) -> Mapping[str, object]:
    if not build.has_source_package:
        return {"name": build.name, "url": None, "version": None}
    directory = f"{RESULTS}/{build.owner}/{build.dirname}/srpm-builds/{build.id:08d}"
    return {"name": build.name, "url": f"{directory}/{build.package}-1.0-1.src.rpm", "version": "1.0-1"}


def packages(build: Build, chroot: Chroot) -> list[dict[str, object]]:
    if not chroot.has_packages:
        return []
    arches = ("src", chroot.name.rpartition("-")[2])
    common = {"name": build.package, "epoch": None, "version": "1.0", "release": f"1{TAGS[chroot.name]}"}
    return [{**common, "arch": arch} for arch in arches]


def line(document: Mapping[str, object]) -> str:
    return json.dumps(document) + "\n"
