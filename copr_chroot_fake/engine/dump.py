"""Writing a fake as a scenario that loads back to the same responses."""

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from ..model.lifecycle import dump_lifecycle, dump_plan
from ..model.nevra import Nevra, dump_package
from ..model.package import Package
from ..model.progress import dump_progress
from ..model.result_file import dump_results
from ..model.source import DIST_GITS
from ..model.states import State
from ..scenario.defaults import without_missing
from ..scenario.spec import (
    BuildEntry,
    BuildSpec,
    ChrootEntry,
    LastIds,
    MockChroot,
    PackageSpec,
    ProjectEntry,
    Scenario,
    dump_mock_chroot,
)
from ..validation import checks
from ..validation.spec import dump, fields_of
from .build import Build
from .chroot import BuildChroot
from .lifecycle_run import LifecycleRun
from .project import Project
from .source import SourceBuild
from .store import Store


def write_scenario(store: Store) -> Scenario:
    """Return everything that a store has; each lifecycle continues where it is, with nothing left to chance."""
    with store.changing():
        now = store.clock.now()
        builds = [
            _write_build(build, now) for build in [*store.builds.values()] if store.find_build(build.id) is not None
        ]
        return {
            "now": now,
            "chroots": [dump_mock_chroot(MockChroot(*chroot)) for chroot in store.mock_chroots.items()],
            "projects": [write_project(project) for project in store.projects.values()],
            "builds": builds,
            "faults": [*store.faults.write()],
            **_write_rest(store),
        }


def _write_rest(store: Store) -> Mapping[str, object]:
    """Return what most fakes do not have."""
    written = {
        "accounts": [{**dump(account), "token": account.token} for account in store.accounts.values()],
        "groups": [dump(group) for group in store.groups.values()],
        "dist_gits": [
            {"name": name, "clone_url": url} for name, url in store.dist_gits.items() if DIST_GITS.get(name) != url
        ],
        "batches": [{"id": batch.id, "blocked_by": batch.blocked_by} for batch in store.batches.values()],
        "submissions": store.submission_rules.write(),
        "last_ids": dump(
            LastIds(build=store.last_build_id, project=store.last_project_id, package=store.last_package_id)
        ),
    }
    return {key: value for key, value in written.items() if value}


def write_project(project: Project) -> ProjectEntry:
    """Return a project as an entry of a scenario."""
    _, *directories = project.directories
    written = {
        "ownername": project.ownername,
        "projectname": project.projectname,
        "id": project.id,
        **dump(project.settings),
        "chroots": {name: dump(chroot) for name, chroot in project.known_chroots.items()},
        "creator": project.creator,
        "created_on": project.created_on,
        "permissions": {user: asdict(permissions) for user, permissions in project.permissions.items()},
        "packages": [write_package(package) for package in project.packages.values()],
        "directories": directories,
        "webhook_secret": project.webhook_secret,
        "published": {name: [*ids] for name, ids in project.published.items()},
    }
    return {key: value for key, value in written.items() if value not in (None, [], {})}


def write_package(package: Package) -> Mapping[str, object]:
    """Return a package as an entry of a scenario."""
    return dump(
        PackageSpec(
            id=package.id,
            name=package.name,
            source_type=package.source_type,
            source_dict=package.config,
            webhook_rebuild=package.webhook_rebuild,
            max_builds=package.max_builds,
            chroot_denylist=package.chroot_denylist,
        )
    )


_OF_BUILD = [name for name in fields_of(BuildSpec) if name in Build.__slots__ and name not in ("project", "source")]
"""The fields that a build and its spec have in common."""


def _write_build(build: Build, now: float) -> BuildEntry:
    store, source = build.store, build.source
    # The fake may be served at another address when it is read again.
    package = source.package.moved(store.results_root, store.own_results_root)
    written = {
        **{name: getattr(build, name) for name in _OF_BUILD},
        "ownername": build.project.ownername,
        "projectname": build.project.projectname,
        "package": build.stored_package or build.hidden_package,
        **_write_hidden(build),
        "canceled": build.is_canceled,
        "source_state": source.stored_state.value,
        "source_result_dir": source.result_dir,
        "source_package": asdict(package),
        "source": _write_source(source, now),
        "chroots": [_write_chroot(chroot, now) for chroot in build.stored_chroots],
    }
    return {**written, "source_results": dump_results(source.results)} if source.results else written


def _write_hidden(build: Build) -> Mapping[str, object]:
    is_hidden = build.hidden_package is not None
    return {} if is_hidden == build.may_hide_package else {"hides_package": is_hidden}


def _write_source(source: SourceBuild, now: float) -> Mapping[str, object] | None:
    run = source.run
    written = {
        "type": source.type if source.is_independent or source.type != "unset" else None,
        "config": copy.deepcopy(source.config) if source.is_independent or source.config else None,
        "content": None if source.content is None else b64encode(source.content).decode(),
        "started_on": source.started_on,
        "ended_on": source.ended_on,
        "name": source.planned_name,
        "version": source.planned_version,
        "changelog": source.planned_changelog,
        "lifecycle": None if source.lifecycle is None else dump_lifecycle(source.lifecycle),
        "outcomes": {name: dump(outcome) for name, outcome in source.outcomes.items()} or None,
        "progress": None if source.progress is None else dump_progress(source.progress),
        "advances": (run is not None) if source.is_independent else None,
        "polls": None if run is None else run.polls,
        "remaining": None if run is None or run.due is None else run.due - now,
        "announced": None if source.is_announced == source.default_announced else source.is_announced,
        "made": None if source.is_independent or source.is_made == source.default_made else source.is_made,
    }
    given = {key: value for key, value in written.items() if value is not None}
    if source.is_independent:
        return given
    return {**given, "follows": True} if given else None


def _write_chroot(chroot: BuildChroot, now: float) -> ChrootEntry:
    run = chroot.run
    written = {
        "name": chroot.name,
        "state": None if chroot.is_absent else chroot.state.value,
        "started_on": chroot.started_on,
        "ended_on": chroot.ended_on,
        "result_dir": chroot.result_dir or None,
        "packages": _write_packages(chroot.packages) or None,
        "result_url": chroot.overrides.result_url,
        "build_config": copy.deepcopy(chroot.overrides.build_config),
        "results": dump_results(chroot.results) or None,
        "copied": _write_packages(chroot.overrides.copied) or None,
        "canceled": (chroot.stored.was_canceled and chroot.state is State.FAILED) or None,
        "late_start": bool(checks.end_problem(chroot.started_on, chroot.ended_on)) or None,
        "announced": None if chroot.stored.is_announced == chroot.default_announced else chroot.stored.is_announced,
        **({} if run is None else _write_run(run, now)),
    }
    if run is not None and not chroot.is_absent:
        written["stage"] = run.index
    return without_missing(written)


def _write_run(run: LifecycleRun, now: float) -> Mapping[str, object]:
    """Return a whole plan, as an event can lead back to an earlier stage."""
    planned = {
        "result_dir": run.result_dir,
        "packages": None if run.packages is None else _write_packages(run.packages),
    }
    return {
        "lifecycle": dump_plan(run.plan),
        "progress": dump_progress(run.progress),
        "polls": run.polls,
        "remaining": None if run.due is None else run.due - now,
        "hold": None if run.held_in is None else run.held_in.value,
        "planned": {key: value for key, value in planned.items() if value is not None},
    }


def _write_packages(packages: Iterable[Nevra]) -> list[object]:
    return [dump_package(nevra) for nevra in packages]
