"""Builds: reading, listing, canceling and deleting them; built packages, source builds and uploads.

A response that shows a build, or chroots of it, counts as a poll of these chroots.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..errors import EventError
from ..model.source import UNIMPORTED
from ..model.states import State
from ..wire.answer import HTML, Answer, ApiError, make_answer
from ..wire.target import cast_integer
from .context import RequestContext, Success, attributes, json_success, missing, nul_error
from .endpoint import Endpoint, Kind, Model, page_of, plain, texts
from .paging import BUILD_TABLE, Paging, check_order, check_query, parse_paging, render_page
from .projects import check_deletable, find_project
from .users import authenticate, may_build_in, may_delete

_WITH_LOG = (State.RUNNING, State.IMPORTING, State.SUCCEEDED, State.FAILED, State.CANCELED)
"""States of a source build in which its log has an address."""

BUILD: Model = {
    **texts("chroots"),
    **plain("ended_on id is_background ownername project_dirname projectname repo_url started_on state submitted_on"),
    **plain("submitter"),
    "source_package": plain("name url version"),
}
"""The fields of a build, in the order of the response."""

_SOURCE_CONFIG: Model = {
    **plain("source_type"),
    "source_dict": Kind.ANYTHING,
    **plain("memory_limit timeout is_background"),
}


@Endpoint("build/{build_id}", model=BUILD, is_polled=True)
def get_build(context: RequestContext) -> Success:
    """Return a build."""
    build = render_build(_poll_build(context))
    return Success(build + b"\n", (build,))


@Endpoint("build/built-packages/{build_id}")
def get_built_packages(context: RequestContext) -> Success:
    """Return the packages built in each chroot."""
    chroots = _poll_build(context).known_chroots
    return json_success({chroot.name: list_packages(chroot, "name arch version release epoch") for chroot in chroots})


@Endpoint("build/source-chroot/{build_id}", model=plain("state result_url"), is_polled=True)
def get_source_chroot(context: RequestContext) -> Success:
    """Return the source build; this is a poll of the chroots that wait for it.

    Copr fails unless the log of the source build has an address.
    """
    build = _find_build(context)
    if build.source.run is not None:
        build.poll(context.is_poll)
    elif context.is_poll:
        for chroot in build.chroots:
            if chroot.is_absent or chroot.state in UNIMPORTED:
                chroot.poll(True)
    if not build.is_in_store:
        raise no_such_build(build.id)
    # A source build that follows from the lifecycles of the chroots has a directory, whether or not it was named.
    has_directory = bool(build.source.result_dir) or (build.had_lifecycle and not build.source.is_independent)
    if not has_directory or build.source_state not in _WITH_LOG:
        raise ApiError(500)
    return json_success({"state": build.source_state.value, "result_url": build.source_results_url})


@Endpoint("build/list", model=page_of(BUILD), is_polled=True)
def list_builds(context: RequestContext) -> Success:
    """Return the builds of a project in pages, newest first; ``packagename=`` and ``status=`` filter them.

    Copr filters by status after the offset and before the limit.
    """
    arguments, store = context.target.arguments, context.store
    paging = parse_paging(arguments, context.default_limit)
    project = find_project(context)
    check_order(paging.order, BUILD_TABLE)
    package, status = arguments.get("packagename"), arguments.get("status")
    if package and (error := nul_error(package)):
        raise error
    limit = None if status else paging.limit
    check_query(paging._replace(limit=limit), BUILD_TABLE, joined=("package",) if package else ())
    builds = store.builds_in(project, package or None, paging.offset, limit)
    if status:
        paging = paging._replace(limit=_status_limit(context, paging))
        builds = _filter_by_state(builds, status, paging.limit)
    polled = list(_poll_builds(builds, status, context.is_poll))
    return Success(render_page(polled, paging), polled)


@Endpoint("build/source-build-config/{build_id}", model=_SOURCE_CONFIG)
def get_source_build_config(context: RequestContext) -> Success:
    """Return where the source comes from; this does not count as a poll."""
    build = _find_build(context)
    source = build.source
    return json_success(attributes(build, _SOURCE_CONFIG, source_type=source.type, source_dict=source.config))


@Endpoint("build/cancel/{build_id}", methods=("PUT",), deprecated="POST", model=BUILD)
def cancel_build(context: RequestContext) -> Success:
    """Cancel a build; the chroots keep their states until the backend confirms."""
    user = authenticate(context)
    build = _find_build(context)
    if not may_build_in(user, build.project):
        raise ApiError(403, "You are not allowed to cancel this build.")
    try:
        if build.source_state in (State.FAILED, State.CANCELED):
            # For Copr the build has ended with its source build, whatever its chroots do.
            raise EventError("the source build has ended")
        build.cancel()
    except EventError:
        raise ApiError(409, f"Cannot cancel build {build.id}") from None
    return Success(render_build(build) + b"\n")


@Endpoint("build/delete/{build_id}", methods=("DELETE",), deprecated="POST", model=BUILD)
def delete_build(context: RequestContext) -> Success:
    """Delete a finished build."""
    user = authenticate(context)
    build = _find_build(context)
    if not may_delete(user, build.project):
        raise ApiError(403, f"User '{user.name}' doesn't have permissions to delete build {build.id}")
    if not build.is_finished:
        raise ApiError(500, f"User '{user.name}' can not delete build {build.id}")
    answer = Success(render_build(build) + b"\n")
    context.store.remove(build)
    return answer


@Endpoint("build/delete/list", methods=("DELETE",), deprecated="POST", model={"builds": Kind.TEXTS})
def delete_builds(context: RequestContext) -> Success:
    """Delete finished builds: all of them or none."""
    user = authenticate(context)
    ids = _listed_ids(context)
    found = _find_listed(ids, context.store)
    missing = [listed for listed, build in found.items() if build is None]
    builds = [build for build in found.values() if build is not None]
    check_deletable(user, builds, missing)
    if len({build.project for build in builds}) > 1:
        raise ApiError(400, "Can not delete builds from more projects")
    for build in builds:
        context.store.remove(build)
    return json_success({"builds": [build.id for build in map(found.get, ids) if build is not None]})


def _find_listed(ids: Iterable[Hashable], store: Store) -> Mapping[Hashable, Build | None]:
    """Return the build of each listed id; 1.0 equals 1, as in Copr's set of ids.

    :raises ApiError: 500 for a value that the database cannot compare with an integer, and for the id of a build as
        text, which the database finds, but Copr's set lacks.
    """
    found: dict[Hashable, Build | None] = dict.fromkeys(ids)
    for listed in found:
        number = _listed_number(listed)
        build = store.find_build(number)
        if not isinstance(listed, str):
            found[listed] = build
        elif build is not None and number not in found:
            raise ApiError(500)
    return found


def _listed_number(listed: Hashable) -> int | None:
    """Return an id as the integer that the database reads; ``None`` if it is no integer.

    :raises ApiError: 500 if the database cannot compare it with an integer.
    """
    if isinstance(listed, float):
        return int(listed) if listed.is_integer() else None
    if listed is None or type(listed) is int:
        return listed
    number = cast_integer(listed) if isinstance(listed, str) else None
    if number is None:
        raise ApiError(500, compact=True)
    return number


def _listed_ids(context: RequestContext) -> list[Hashable]:
    """Return the ids in the body.

    :raises ApiError: 500 unless they are a list of hashable values.
    """
    document = context.body.json()
    ids = document.get("builds") if isinstance(document, dict) else None
    if isinstance(ids, str) and ids:
        raise ApiError(500, compact=True)
    if not isinstance(ids, list) or any(isinstance(listed, (list, dict)) for listed in ids):
        raise ApiError(500)
    return ids


@Endpoint("/tmp/{dirname}/{filename}", alias="upload")
def get_upload(context: RequestContext) -> Answer:
    """Return an uploaded file."""
    parameters = context.target.parameters
    for build in context.store.builds.values():
        config = build.source.config
        if config.get("tmp") == parameters["dirname"] and config.get("pkg") == parameters["filename"]:
            return make_answer(build.source.content or b"", "application/octet-stream")
    return make_answer(b"Not Found\n", HTML, 404)


def find_build(context: RequestContext) -> tuple[str | int, Build | None]:
    """Return the build id as sent, and the build if it exists.

    :raises ApiError: 400 if the request lacks a build id.
    """
    raw_id = context.target.raw_build_id
    if raw_id is None:
        raise missing("build_id")
    return raw_id, context.store.find_build(context.target.build_id)


def no_such_build(raw_id: str | int) -> ApiError:
    """Return the error for a build that does not exist."""
    return nul_error(raw_id) or ApiError(404, f"Build {raw_id} does not exist.")


def _find_build(context: RequestContext) -> Build:
    raw_id, build = find_build(context)
    if build is None:
        raise no_such_build(raw_id)
    return build


def _poll_build(context: RequestContext) -> Build:
    build = _find_build(context)
    build.poll(context.is_poll)
    if not build.is_in_store:
        raise no_such_build(build.id)
    return build


def _status_limit(context: RequestContext, paging: Paging) -> int | None:
    """Return the limit of a list filtered by status, in which a limit of 0 means no builds."""
    sent = context.target.arguments.get("limit", "")
    return int(sent) if sent.strip() else paging.limit


def _filter_by_state(builds: Sequence[Build], status: str, limit: int | None) -> list[Build]:
    """Return the builds in a state; as in a Python slice, a negative limit omits the last ones."""
    matches = (build for build in builds if build.state == status)
    if limit is None or limit < 0:
        return [*matches][:limit]
    return [*islice(matches, min(limit, len(builds)))]


def _poll_builds(builds: Sequence[Build], status: str | None, is_poll: bool) -> Iterator[bytes]:
    """Poll and render builds; omit those that the poll deletes or moves to another status."""
    for build in builds:
        build.poll(is_poll)
        if build.is_in_store and (not status or build.state == status):
            yield render_build(build)


def render_build(build: Build) -> bytes:
    """Return the JSON of a build, cached until one of its chroots changes."""
    # First, because due transitions change several of its fields.
    build.store.catch_up()
    if build.rendered:
        return build.rendered
    project, source = build.project, build.source
    fields = attributes(
        build,
        BUILD,
        chroots=[chroot.name for chroot in build.known_chroots],
        ownername=project.ownername,
        projectname=project.projectname,
        repo_url=f"{build.store.results_root}/{project}",
        source_package={"name": build.package, "url": source.url, "version": source.version},
    )
    build.rendered = json.dumps(fields).encode()
    return build.rendered


def list_packages(chroot: BuildChroot, keys: str) -> dict[str, object]:
    """Return the packages of a chroot with these keys, whose order differs between responses."""
    return {"packages": [attributes(nevra, keys.split()) for nevra in chroot.packages]}
