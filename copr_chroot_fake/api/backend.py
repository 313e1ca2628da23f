"""The tasks that Copr's backend and its builders read, below ``/backend/``; the logs of builds have their URLs.

The fields are those of ``backend_general.py`` in Copr's frontend. These requests do not count as polls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..model.source import UNIMPORTED, SourceType
from ..model.states import State
from ..wire.answer import Answer, json_answer
from ..wire.target import cast_integer
from .build_config import derive_build_config, first_setting
from .context import RequestContext
from .endpoint import Endpoint

_DIST_GIT = "https://copr-dist-git.fedorainfracloud.org/git"

_SOURCE_NUMBERS: Mapping[SourceType, int] = {
    "unset": 0,
    "link": 1,
    "upload": 2,
    "pypi": 5,
    "rubygems": 6,
    "scm": 8,
    "custom": 9,
    "distgit": 10,
}
"""The numbers of the source types in Copr's database."""


@Endpoint("/backend/get-build-task/{task_id}/")
def get_build_task(context: RequestContext) -> Answer:
    """Return the task of a build chroot, ``BUILD_ID-CHROOT``; ``null`` if there is none."""
    task_id = context.target.parameters["task_id"]
    build_id, dash, chrootname = task_id.partition("-")
    if not dash:
        return _answer({"msg": f"Invalid task_id {task_id}"}, 400)
    build = context.store.find_build(cast_integer(build_id) if build_id.isdecimal() else None)
    chroot = None if build is None else build.by_name.get(chrootname)
    if chroot is None or chroot.is_absent or chrootname not in chroot.build.project.chroots:
        return _answer(None)
    return _answer(_chroot_task(chroot))


@Endpoint("/backend/get-srpm-build-task/{build_id}/")
def get_srpm_build_task(context: RequestContext) -> Answer:
    """Return the task of a source build."""
    build = context.store.find_build(context.target.build_id)
    if build is None:
        return _answer({"msg": "Specified task ID not found"}, 404)
    source, config = build.source, build.source.config
    return _answer(
        {
            **_source_job(build),
            "source_type": _SOURCE_NUMBERS[source.type],
            "source_json": json.dumps(config),
            "submitter": _submitter(build),
            "project_name": build.project.projectname,
            "project_dirname": build.project_dirname,
            "package_name": build.package,
            "appstream": build.project.settings.appstream,
            "repos": str(config.get("repos") or "").split(),
        }
    )


@Endpoint("/backend/pending-jobs/")
def list_pending_jobs(context: RequestContext) -> Answer:
    """Return the source builds and build chroots that are pending, unless another batch blocks them."""
    store = context.store
    store.catch_up()
    now = store.clock.now()
    ready = [
        build
        for build in store.current_builds.values()
        if not build.is_canceled and store.unblocked_at(build.batch) <= now
    ]
    # Those in the background wait until the others have started.
    ready.sort(key=lambda build: (build.is_background, build.id))
    jobs = [_source_job(build) for build in ready if build.source_state is State.PENDING]
    chroots = (chroot for build in ready for chroot in build.known_chroots)
    return _answer([*jobs, *(_chroot_job(chroot) for chroot in chroots if chroot.state is State.PENDING)])


def _answer(document: object, status: int = 200) -> Answer:
    return json_answer(json.dumps(document, separators=(",", ":")).encode() + b"\n", status)


def _source_job(build: Build) -> dict[str, object]:
    return _job(build, str(build.id), build.source.config.get("chroot"))


def _chroot_job(chroot: BuildChroot) -> dict[str, object]:
    # Copr's administrators can give tags to chroots and owners; the fake has none.
    return {**_job(chroot.build, f"{chroot.build.id}-{chroot.name}", chroot.name), "tags": []}


def _job(build: Build, task_id: str, chrootname: object) -> dict[str, object]:
    """Return what the backend needs to schedule a task."""
    return {
        "task_id": task_id,
        "build_id": build.id,
        "project_owner": build.project.ownername,
        "sandbox": f"{build.project}--{_submitter(build)}",
        "background": build.is_background,
        "chroot": chrootname,
    }


def _submitter(build: Build) -> str:
    """Return the submitter of a build; the owner for a webhook, whose address the fake does not keep."""
    return build.submitter or build.project.ownername


def _chroot_task(chroot: BuildChroot) -> dict[str, object]:
    """Return what a builder needs to build a chroot."""
    build, settings = chroot.build, chroot.build.project.settings
    config = chroot.build_config or derive_build_config(chroot, build.store)
    of_chroot = build.project.chroots[chroot.name]
    modules = of_chroot.additional_modules
    repository = f"{build.project.ownername}/{build.project_dirname}/{build.package}"
    task = {
        **_chroot_job(chroot),
        "project_name": build.project.projectname,
        "project_dirname": build.project_dirname,
        "submitter": _submitter(build),
        "repos": config.get("repos"),
        "memory_reqs": build.memory_limit,
        "timeout": build.timeout,
        "enable_net": build.enable_net,
        "git_repo": f"{_DIST_GIT}/{repository}",
        "git_hash": None if chroot.state in UNIMPORTED else _commit(f"{repository}/{build.source.version}"),
        "package_name": build.package,
        "package_version": build.source.version,
        "uses_devel_repo": settings.devel_mode,
        "isolation": first_setting(build.isolation, of_chroot.isolation, settings.isolation) or "default",
        "fedora_review": settings.fedora_review,
        "appstream": settings.appstream,
        "repo_priority": settings.repo_priority,
        "buildroot_pkgs": config.get("additional_packages"),
        "with_opts": config.get("with_opts"),
        "without_opts": config.get("without_opts"),
        "bootstrap": config.get("bootstrap", "default"),
    }
    if "bootstrap_image" in config:
        task["bootstrap_image"] = config["bootstrap_image"]
    if modules:
        toggles = [{"disable": name[1:]} if name[0] == "!" else {"enable": name} for name in modules]
        task["modules"] = {"toggle": toggles}
    return task


def _commit(imported: str) -> str:
    """Return the commit of an import; equal sources have equal commits."""
    return hashlib.sha1(imported.encode(errors="replace"), usedforsecurity=False).hexdigest()
