"""Writing a fake out as a scenario that loads back to the same answers."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict
from typing import cast

from ..model.lifecycle import dump_plan
from ..model.nevra import dump_package
from ..model.progress import dump_progress
from ..model.project import Project, ProjectChroot
from ..model.states import State
from ..scenario.entries import BuildEntry, ChrootEntry, ProjectEntry, Scenario
from .build import Build
from .chroot import BuildChroot
from .create import WITHOUT_RESULTS
from .lifecycle_run import LifecycleRun
from .store import Store


def write_scenario(store: Store) -> Scenario:
    """All that a store has; each life is written from where it is, with nothing left to chance."""
    with store.lock:
        now = store.clock.now()
        return {
            "now": now,
            "chroots": list(store.mock_chroots),
            "projects": [write_project(project) for project in store.projects.values()],
            "builds": [
                _write_build(build, now) for build in [*store.builds.values()] if store.find_build(build.id) is not None
            ],
            "faults": [*store.faults.write()],
        }


def write_project(project: Project) -> ProjectEntry:
    """A project as an entry of a scenario."""
    written = {
        "ownername": project.ownername,
        "projectname": project.projectname,
        "additional_repos": list(project.additional_repos),
        "devel_mode": project.devel_mode,
        "module_hotfixes": project.module_hotfixes,
        "repo_priority": project.repo_priority,
        "bootstrap": project.bootstrap,
        "chroots": {name: _write_project_chroot(chroot) for name, chroot in project.chroots.items()},
    }
    return cast(ProjectEntry, written)


def _write_project_chroot(chroot: ProjectChroot) -> Mapping[str, object]:
    """Only what is set, as most chroots of most projects have nothing set."""
    settings = asdict(chroot).items()
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings if value}


def _write_build(build: Build, now: float) -> BuildEntry:
    written = {
        "id": build.id,
        "ownername": build.project.ownername,
        "projectname": build.project.projectname,
        "project_dirname": build.project_dirname,
        "package": build.package,
        "memory_limit": build.memory_limit,
        "timeout": build.timeout,
        "enable_net": build.enable_net,
        "is_background": build.is_background,
        "bootstrap": build.bootstrap,
        "canceled": build.is_canceled,
        "confirmed_by": build.confirmed_by,
        **_write_submission(build),
        "chroots": [_write_chroot(chroot, now) for chroot in build.chroots],
    }
    return cast(BuildEntry, written)


def _write_submission(build: Build) -> Mapping[str, object]:
    store = build.store
    # The fake may be served at another address when it is read again.
    source_package = build.submission.source_package.moved(store.results_root, store.own_results_root)
    return {
        **build.submission._asdict(),
        "source_state": build.source_state.value,
        "source_package": asdict(source_package),
    }


def _write_chroot(chroot: BuildChroot, now: float) -> ChrootEntry:
    chroot.catch_up()
    life = chroot.lifecycle_run
    result_dir, packages = chroot.result_dir or None, chroot.packages or None
    # What it has not got yet is what its life will give it.
    if life is not None and chroot.state in WITHOUT_RESULTS:
        result_dir = life.result_dir
    if life is not None and chroot.state is not State.SUCCEEDED:
        packages = life.packages
    written = {
        "name": chroot.name,
        "state": None if chroot.is_absent else chroot.state.value,
        "started_on": chroot.started_on,
        "ended_on": chroot.ended_on,
        "result_dir": result_dir,
        "packages": None if packages is None else [dump_package(nevra) for nevra in packages],
        "result_url": chroot.overrides.result_url,
        "build_config": copy.deepcopy(chroot.overrides.build_config),
        "canceled": (chroot.was_canceled and chroot.state is State.FAILED) or None,
        **({} if life is None else _write_life(life, now)),
    }
    if life is not None and life.result_dir is not None and life.result_dir != result_dir:
        written["planned_result_dir"] = life.result_dir
    if life is not None and not chroot.is_absent:
        written["stage"] = life.index
    return cast(ChrootEntry, {key: value for key, value in written.items() if value is not None})


def _write_life(life: LifecycleRun, now: float) -> Mapping[str, object]:
    """A life as it was drawn, from its beginning on: an event can lead back to an earlier stage."""
    return {
        "lifecycle": dump_plan(life.plan),
        "progress": dump_progress(life.progress),
        "polls": life.polls,
        "remaining": None if life.due is None else life.due - now,
        "hold": None if life.held_in is None else life.held_in.value,
    }
