"""Builds: one of them, the pages of a project's list, built packages, source builds, and cancellation.

A response that shows a build, or chroots of it, counts as a poll of these chroots.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice

from ..engine.build import Build
from ..engine.store import Store
from ..errors import EventError
from ..model.project import Project
from ..model.source_states import UNIMPORTED
from ..model.states import State
from ..wire.answer import CATCH_ALL, ApiError
from .authentication import authenticate, may_cancel
from .context import RequestContext, Success, find_build, no_such_build, nul_error
from .paging import BUILD, Paging, check_order, check_query, parse_paging
from .projects import find_project
from .rendering import json_line, render_page

_WITH_LOG = (State.RUNNING, State.IMPORTING, State.SUCCEEDED, State.FAILED, State.CANCELED)
"""States of a source build in which its log has an address."""

_POST_WARNING = (("Warning", "This method is deprecated: Use PUT method instead of POST"),)


def get_build(context: RequestContext) -> Success:
    """Answer ``build``."""
    return Success(_render_build(_poll_build(context)) + b"\n")


def get_built_packages(context: RequestContext) -> Success:
    """Answer ``build/built-packages``."""
    return Success(_render_packages(_poll_build(context)))


def get_source_chroot(context: RequestContext) -> Success:
    """Answer ``build/source-chroot``, a poll of the chroots that wait for the source build.

    Copr fails unless the log of the source build has an address.
    """
    raw_id, build = find_build(context)
    if build is None:
        raise no_such_build(raw_id)
    build.catch_up()
    if context.is_poll:
        for chroot in build.chroots:
            if chroot.is_absent or chroot.state in UNIMPORTED:
                chroot.poll(True)
    if not build.is_in_store:
        raise no_such_build(raw_id)
    # The source build of a build with a lifecycle has a directory, whether or not a scenario gives its name.
    has_directory = bool(build.submission.source_result_dir) or build.had_lifecycle
    if not has_directory or build.source_state not in _WITH_LOG:
        raise ApiError(500, CATCH_ALL)
    return Success(json_line({"state": build.source_state.value, "result_url": build.source_results_url}))


def list_builds(context: RequestContext) -> Success:
    """Answer ``build/list``; Copr filters by status after the offset and before the limit."""
    arguments, store = context.target.arguments, context.store
    paging = parse_paging(arguments, context.default_limit)
    project = find_project(context)
    check_order(paging.order, BUILD)
    package, status = arguments.get("packagename"), arguments.get("status")
    if package and (error := nul_error(package)):
        raise error
    limit = None if status else paging.limit
    check_query(paging._replace(limit=limit), BUILD, joined=("package",) if package else ())
    builds = _newest_builds(store, project, package or None, paging.offset, limit)
    if status:
        paging = paging._replace(limit=_status_limit(context, paging))
        builds = _filter_by_state(builds, status, paging.limit)
    return Success(render_page(list(_poll_builds(builds, status, context.is_poll)), paging))


def cancel_build(context: RequestContext) -> Success:
    """Answer ``build/cancel``; the chroots keep their states until the backend confirms."""
    user = authenticate(context)
    raw_id, build = find_build(context)
    if build is None:
        raise no_such_build(raw_id)
    if not may_cancel(context.store, user, build):
        raise ApiError(403, "You are not allowed to cancel this build.")
    build.catch_up()
    try:
        if build.source_state in (State.FAILED, State.CANCELED):
            # For Copr the build has ended with its source build, whatever its chroots do.
            raise EventError("the source build has ended")
        build.cancel()
    except EventError:
        raise ApiError(409, f"Cannot cancel build {build.id}") from None
    return Success(_render_build(build) + b"\n", headers=_POST_WARNING if context.method == "POST" else ())


def _poll_build(context: RequestContext) -> Build:
    raw_id, build = find_build(context)
    if build is not None:
        build.poll(context.is_poll)
    if build is None or not build.is_in_store:
        raise no_such_build(raw_id)
    return build


def _newest_builds(store: Store, project: Project, package: str | None, offset: int, limit: int | None) -> list[Build]:
    """Return the builds of a page; repeat if catching up with the clock has deleted some."""
    while True:
        builds = [store.builds[build_id] for build_id in store.index.page(project.full_name, package, offset, limit)]
        for build in builds:
            build.catch_up()
        if all(build.is_in_store for build in builds):
            return builds


def _status_limit(context: RequestContext, paging: Paging) -> int | None:
    """Return the limit of a list filtered by status, where a limit of 0 means no builds at all."""
    sent = context.target.arguments.get("limit", "")
    return int(sent) if sent.strip() else paging.limit


def _filter_by_state(builds: Sequence[Build], status: str, limit: int | None) -> list[Build]:
    """Return the builds in a state; a limit cuts them as a slice in Python does, so a negative one omits the last."""
    matches = (build for build in builds if build.state == status)
    if limit is None or limit < 0:
        return [*matches][:limit]
    return [*islice(matches, min(limit, len(builds)))]


def _poll_builds(builds: Sequence[Build], status: str | None, is_poll: bool) -> Iterator[bytes]:
    """Poll and render builds; omit those that the poll deletes or moves to another status."""
    for build in builds:
        build.poll(is_poll)
        if build.is_in_store and (not status or build.state == status):
            yield _render_build(build)


def _render_build(build: Build) -> bytes:
    """Return the JSON of a build, cached until one of its chroots changes."""
    if build.rendered:
        return build.rendered
    project, submission = build.project, build.submission
    fields = {
        "chroots": [chroot.name for chroot in build.known_chroots],
        "ended_on": _ended_on(build),
        "id": build.id,
        "is_background": build.is_background,
        "ownername": project.ownername,
        "project_dirname": build.project_dirname,
        "projectname": project.projectname,
        "repo_url": f"{build.store.results_root}/{project}",
        "started_on": build.started_on,
        "state": build.state.value,
        "submitted_on": submission.submitted_on,
        "submitter": submission.submitter,
        "source_package": {
            "name": build.package,
            "url": submission.source_package.url,
            "version": submission.source_package.version,
        },
    }
    build.rendered = json.dumps(fields).encode()
    return build.rendered


def _ended_on(build: Build) -> int | None:
    """Return when the last of its chroots ended, ``None`` while one of them has no end; 0 is a time like any other."""
    ends = [chroot.ended_on for chroot in build.known_chroots]
    return None if None in ends else max(ends, default=None)  # type: ignore[type-var]  # none of them is None


def _render_packages(build: Build) -> bytes:
    """Return the packages of each chroot; the keys are in another order than for one chroot."""
    return json_line(
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
            for chroot in build.known_chroots
        }
    )
