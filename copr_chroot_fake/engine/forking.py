"""Forking a project: its settings, chroots, packages, and the last successful build of each package in each chroot.

The copy of a build keeps most of what Copr stores about it, even whether it was canceled, and its batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter

from ..model import defaults
from ..model.states import State
from .build import Build
from .chroot import BuildChroot, ChrootData, Overrides
from .project import Project
from .source import SourceBuild
from .store import Store

_FORKABLE = (State.SUCCEEDED, State.FORKED)


def fork_project(
    store: Store, source: Project, ownername: str, projectname: str, creator: str
) -> Iterator[Build | Project]:
    """Fork a project into another one, which is added if there is none; yield what is added."""
    fork = store.projects.get(f"{ownername}/{projectname}")
    if fork is None:
        settings = replace(source.settings, persistent=False, auto_prune=True, contact=None)
        fork = Project(store, store.next_project_id(), ownername, projectname, settings=settings, creator=creator)
        fork.created_on = int(store.clock.now())
        fork.known_chroots = {name: source.known_chroots[name] for name in source.active_chroots}
        store.projects[fork.full_name] = fork
        yield fork
    # Copr's database finds the packages of a project by an index that ends with their names.
    for package in sorted(source.packages.values(), key=attrgetter("name")):
        if package.name not in fork.packages:
            fork.add_package(package.name, package.source_type, package.config)
            fork.update_package(package.name, max_builds=package.max_builds, chroot_denylist=package.chroot_denylist)
        for build, names in _last_successes(store, source, package.name):
            yield _fork_build(store, build, names, fork, package.name)


def _last_successes(store: Store, project: Project, package: str) -> list[tuple[Build, list[str]]]:
    """Return builds with those of their chroots that are the last success of a package."""
    found: dict[Build, list[str]] = {}
    builds = store.builds_in(project, package)
    for name in project.packages[package].allowed(project.active_chroots):
        for build in builds:
            if name in build and build[name].state in _FORKABLE:
                found.setdefault(build, []).append(name)
                break
    return [*found.items()]


def _fork_build(store: Store, build: Build, names: list[str], project: Project, package: str) -> Build:
    fork = replace(
        build,
        id=store.next_build_id(),
        project=project,
        project_dirname=project.projectname,
        stored_package=package,
        hidden_package=None,
    )
    fork.source = SourceBuild(
        fork,
        type=build.source.type,
        config=build.source.config,
        content=build.source.content,
        stored_state=State.FORKED,
        result_dir=defaults.source_result_dir(fork.id),
        results=build.source.results,
        package=build.source.package,
        planned_changelog=build.source.planned_changelog,
        is_independent=True,
    )
    for name in names:
        chroot = build[name]
        stored = ChrootData(
            State.FORKED,
            chroot.started_on,
            chroot.ended_on,
            fork.result_dir,
            overrides=Overrides(results=chroot.results, copied=chroot.files_of_packages),
        )
        fork.attach(BuildChroot(fork, name, stored))
    store.add_build(fork)
    return fork
