"""The monitor: the latest build of each package of a project, in each chroot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from ..engine.chroot import BuildChroot
from ..engine.project import Project
from ..engine.store import Store
from ..model.states import STATUS_NUMBERS
from .context import RequestContext, Success
from .projects import find_project


def get_monitor(context: RequestContext) -> Success:
    """Answer ``monitor``."""
    project, store = find_project(context), context.store
    dirname = context.target.arguments.get("project_dirname") or project.projectname
    packages = {}
    for package in sorted(store.index.packages(project.full_name)):
        latest = _latest_chroots(store, project, package, dirname)
        if latest:
            packages[package] = latest
    for chroot in (chroot for latest in packages.values() for chroot in latest):
        chroot.poll(context.is_poll)
    return Success(_render_monitor(packages))


def _latest_chroots(store: Store, project: Project, package: str, dirname: str) -> list[BuildChroot]:
    """Return the newest build chroot of a package for each of the project's chroots."""
    latest: dict[str, BuildChroot] = {}
    chroot_count = store.index.number_of_chroots(project.full_name, package)
    for build_id in store.index.newest_first(project.full_name, package):
        build = store.find_build(build_id)
        if build is None or build.project_dirname != dirname:
            continue
        for chroot in build.known_chroots:
            latest.setdefault(chroot.name, chroot)
        if len(latest) == chroot_count:
            break
    active = project.active_chroots
    return [chroot for chroot in latest.values() if chroot.name in active]


def _render_monitor(packages: Mapping[str, Sequence[BuildChroot]]) -> bytes:
    """Return the packages with the white space of Copr's streamed response."""
    items = ",\n".join(json.dumps({"name": name, "chroots": _chroot_fields(packages[name])}) for name in packages)
    start = '{"output": "ok","message": "Project monitor request successful","packages": [\n'
    return f"{start}{items}]}}".encode()


def _chroot_fields(chroots: Iterable[BuildChroot]) -> dict[str, object]:
    return {
        chroot.name: {
            "state": chroot.state.value,
            "status": STATUS_NUMBERS[chroot.state],
            "build_id": chroot.build.id,
            "pkg_version": chroot.build.source.version,
        }
        for chroot in chroots
    }
