"""How Copr writes builds, projects and what else clients ask for beside build chroots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..model.project import Project
from ..model.states import STATUS_NUMBERS
from .rendering import line


def build(shown: Build) -> bytes:
    return shown.rendered or _render(shown)


def _render(shown: Build) -> bytes:
    """What the API shows of a build, which is kept with it, as it takes a look at each of its chroots."""
    project, submission = shown.project, shown.submission
    fields = {
        "chroots": [chroot.name for chroot in shown.known_chroots],
        "ended_on": shown.ended_on,
        "id": shown.id,
        "is_background": shown.is_background,
        "ownername": project.ownername,
        "project_dirname": shown.project_dirname,
        "projectname": project.projectname,
        "repo_url": f"{shown.store.results_root}/{project}",
        "started_on": shown.started_on,
        "state": shown.state.value,
        "submitted_on": submission.submitted_on,
        "submitter": submission.submitter,
        "source_package": {
            "name": shown.package,
            "url": submission.source_package.url,
            "version": submission.source_package.version,
        },
    }
    shown.rendered = json.dumps(fields).encode()
    return shown.rendered


def packages(shown: Build) -> bytes:
    """The packages of each chroot, whose fields are in another order than those of one chroot alone."""
    return line(
        {
            chroot.name: {
                "packages": [
                    {
                        "name": nevra.name,
                        "arch": nevra.arch,
                        "version": nevra.version,
                        "release": nevra.release,
                        "epoch": nevra.epoch,
                    }
                    for nevra in chroot.packages
                ]
            }
            for chroot in shown.known_chroots
        }
    )


def source_chroot(shown: Build) -> bytes:
    return line({"state": shown.source_state.value, "result_url": shown.source_results_url})


def project(shown: Project, store: Store) -> bytes:
    root = f"{store.results_root}/{shown}"
    return line(
        {
            "name": shown.projectname,
            "persistent": False,
            "additional_repos": shown.additional_repos,
            "storage": "backend",
            "homepage": None,
            "contact": None,
            "description": None,
            "instructions": None,
            "devel_mode": shown.devel_mode,
            "unlisted_on_hp": False,
            "auto_prune": True,
            "enable_net": True,
            "bootstrap": shown.bootstrap or "default",
            "isolation": "default",
            "module_hotfixes": shown.module_hotfixes,
            "appstream": True,
            "packit_forge_projects_allowed": [],
            "follow_fedora_branching": True,
            "repo_priority": shown.repo_priority,
            "id": list(store.projects).index(shown.full_name) + 1,
            "ownername": shown.ownername,
            "full_name": shown.full_name,
            "chroot_repos": {name: f"{root}/{name}/" for name in shown.chroots},
        }
    )


def mock_chroots(names: Iterable[str]) -> bytes:
    """Each chroot with the comment that the service has on it, which is none here."""
    return line(dict.fromkeys(names, ""))


def monitor(packages: Mapping[str, Sequence[BuildChroot]]) -> bytes:
    """The latest of each package, spaced as the service streams it."""
    shown = ",\n".join(json.dumps({"name": name, "chroots": _latest(packages[name])}) for name in packages)
    start = '{"output": "ok","message": "Project monitor request successful","packages": [\n'
    return f"{start}{shown}]}}".encode()


def _latest(chroots: Iterable[BuildChroot]) -> dict[str, object]:
    return {
        chroot.name: {
            "state": chroot.state.value,
            "status": STATUS_NUMBERS[chroot.state],
            "build_id": chroot.build.id,
            "pkg_version": chroot.build.submission.source_package.version,
        }
        for chroot in chroots
    }
