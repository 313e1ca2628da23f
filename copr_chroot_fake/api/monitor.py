"""The monitor: the latest build of each package of a project, in each chroot."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence

from ..engine.chroot import BuildChroot
from ..engine.project import Project
from ..engine.store import Store
from ..model.states import STATUS_NUMBERS, State
from ..wire.answer import ApiError
from ..wire.target import repeated
from .context import RequestContext, Success, nul_error
from .endpoint import Endpoint
from .projects import find_project

_LOGS: Mapping[str, tuple[str, Container[State]]] = {
    "url_build_log": ("builder-live.log", (State.RUNNING,)),
    "url_backend_log": ("backend.log", (State.STARTING, State.RUNNING)),
}
"""The name of each log, and the states in which it is not compressed, by the field with its URL."""

_ADDITIONAL_FIELDS = (*_LOGS, "url_build")
"""Copr accepts the last one and ignores it."""


@Endpoint("monitor", is_polled=True)
def get_monitor(context: RequestContext) -> Success:
    """Return the latest build of each package in each chroot.

    ``project_dirname=`` selects another directory, ``additional_fields[]=`` adds the URLs of logs.
    """
    target, store = context.target, context.store
    project = find_project(context)
    fields = {*repeated(target.query, "additional_fields[]")}
    wrong_fields = sorted(fields.difference(_ADDITIONAL_FIELDS))
    if wrong_fields:
        raise ApiError(400, f"Wrong additional_fields argument(s): {', '.join(wrong_fields)}")
    dirname = _find_dirname(project, target.arguments.get("project_dirname"))
    packages = {}
    store.catch_up()
    for package in sorted(package for package in project.build_ids if package is not None):
        latest = _latest_chroots(store, project, package, dirname)
        if latest:
            packages[package] = latest
    for chroot in (chroot for latest in packages.values() for chroot in latest):
        chroot.poll(context.is_poll)
    return Success(_render_monitor(packages, [field for field in _LOGS if field in fields]))


def _find_dirname(project: Project, dirname: str | None) -> str:
    """Return the name of a directory of the project, by default the main one.

    :raises ApiError: 404 if there is no such directory.
    """
    if not dirname:
        return project.projectname
    if dirname in project.directories:
        return dirname
    raise nul_error(dirname) or ApiError(404, f"Dirname '{dirname}' doesn't exist in '{project}' copr")


def _latest_chroots(store: Store, project: Project, package: str, dirname: str) -> list[BuildChroot]:
    """Return the newest build chroot of a package for each of the project's chroots."""
    latest: dict[str, BuildChroot] = {}
    active = {*project.active_chroots}
    for build_id in reversed(project.build_ids[package]):
        build = store.builds[build_id]
        if build.project_dirname == dirname:
            for chroot in build.known_chroots:
                latest.setdefault(chroot.name, chroot)
        if active <= latest.keys():
            break
    return [chroot for chroot in latest.values() if chroot.name in active]


def _render_monitor(packages: Mapping[str, Sequence[BuildChroot]], url_fields: Sequence[str]) -> bytes:
    """Return the packages with the white space of Copr's streamed response."""
    items = ",\n".join(
        json.dumps({"name": name, "chroots": {chroot.name: _chroot_fields(chroot, url_fields) for chroot in chroots}})
        for name, chroots in packages.items()
    )
    start = '{"output": "ok","message": "Project monitor request successful","packages": [\n'
    return f"{start}{items}]}}".encode()


def _chroot_fields(chroot: BuildChroot, url_fields: Iterable[str]) -> dict[str, object]:
    return {
        "state": chroot.state.value,
        "status": STATUS_NUMBERS[chroot.state],
        "build_id": chroot.build.id,
        **{field: _log_url(chroot, *_LOGS[field]) for field in url_fields},
        "pkg_version": chroot.build.source.version,
    }


def _log_url(chroot: BuildChroot, name: str, uncompressed_in: Container[State]) -> str | None:
    """Return the URL of a log; ``None`` while there is none. It is compressed when the chroot has ended."""
    if chroot.result_url is None:
        return None
    url = f"{chroot.result_url.rstrip('/')}/{name}"
    if chroot.state in uncompressed_in:
        return url
    return f"{url}.gz" if chroot.state in _COMPRESSED_IN else None


_COMPRESSED_IN = (State.FAILED, State.SUCCEEDED, State.CANCELED, State.IMPORTING)
