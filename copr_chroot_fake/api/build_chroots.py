"""Build chroots: their states, build configurations and built packages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..wire.answer import ApiError
from .build_config import REPO, derive_build_config, has_valid_priorities
from .builds import find_build, list_packages, no_such_build
from .context import RequestContext, Success, attributes, json_success, missing, nul_error
from .endpoint import Endpoint, Model, page_of, plain, texts
from .paging import CHROOT_TABLE, Paging, check_order, check_query, parse_paging, render_page, slice_page, sort_chroots

_BUILD_CHROOT = plain("started_on ended_on state name result_url")

_BUILD_CONFIG: Model = {
    **texts("additional_repos additional_packages with_opts without_opts"),
    **plain("enable_net is_background memory_limit timeout bootstrap bootstrap_image"),
    "repos": REPO,
}


@Endpoint("build-chroot/ build-chroot/{build_id}/{chrootname}", model=_BUILD_CHROOT, query_first=True, is_polled=True)
def get_build_chroot(context: RequestContext) -> Success:
    """Return a build chroot, by ``build_id=`` and ``chrootname=``."""
    return _chroot_response(render_chroot(_find_chroot(context, context.is_poll)))


# Clients that poll get the same few documents.
@lru_cache(maxsize=512)
def _chroot_response(chroot: bytes) -> Success:
    return Success(chroot + b"\n", (chroot,))


@Endpoint(
    "build-chroot/build-config build-chroot/build-config/{build_id}/{chrootname}",
    model=_BUILD_CONFIG,
    query_first=True,
)
def get_build_config(context: RequestContext) -> Success:
    """Return the build configuration of a build chroot; this does not count as a poll."""
    chroot = _find_chroot(context, False)
    own_config = chroot.build_config
    if own_config is not None:
        return json_success(own_config, (render_chroot(chroot),))
    config = derive_build_config(chroot, context.store)
    invalid_field = () if has_valid_priorities(config) else ("repos", "priority")
    return json_success(config, (render_chroot(chroot),), invalid_field)


@Endpoint("build-chroot/built-packages", model={"packages": plain("arch release version name epoch")}, query_first=True)
def get_built_packages(context: RequestContext) -> Success:
    """Return the packages that were built in a build chroot."""
    chroot = _find_chroot(context, context.is_poll)
    return json_success(list_packages(chroot, "arch epoch release version name"), (render_chroot(chroot),))


@Endpoint(
    "build-chroot/list build-chroot/list/{build_id}", model=page_of(_BUILD_CHROOT), query_first=True, is_polled=True
)
def list_build_chroots(context: RequestContext) -> Success:
    """Return the chroots of a build in pages, by ``build_id=``; an unknown build has an empty list."""
    target, raw_id = context.target, context.target.raw_build_id
    paging = parse_paging(target.arguments, context.default_limit, name_is_id=True)
    if raw_id is None:
        raise missing("build_id")
    check_order(paging.order, CHROOT_TABLE)
    if target.build_id is None:
        raise nul_error(raw_id) or ApiError(500, compact=True)
    check_query(paging, CHROOT_TABLE)
    build = context.store.find_build(target.build_id)
    if build is None:
        return Success(render_page((), paging))
    page = _poll_page(build, paging, context) if build.had_lifecycle else slice_page(build.chroots, paging)
    latest = build.rendered_page
    if latest is not None and latest[0] == paging:
        # Rendering the same page again would double the cost of a request.
        return cast(Success, latest[1])
    return _render_page(build, paging, page)


def _render_page(build: Build, paging: Paging, page: Iterable[BuildChroot]) -> Success:
    chroots = tuple(map(render_chroot, page))
    response = Success(render_page(chroots, paging), chroots)
    # Other orders depend on more, such as the chroots of the project.
    if paging.order == "id":
        build.rendered_page = paging, response
    return response


def _poll_page(build: Build, paging: Paging, context: RequestContext) -> Sequence[BuildChroot]:
    """Poll the chroots of a page and those that have not appeared yet; return the page."""
    is_poll = context.is_poll
    absent = {chroot for chroot in build.chroots if chroot.is_absent} if build.is_coupled else set()
    for chroot in absent:
        chroot.poll(is_poll)
    present = [chroot for chroot in build.chroots if not chroot.is_absent] if absent else build.chroots
    page = slice_page(present, paging)
    for chroot in page:
        if chroot.run is not None and chroot not in absent:
            chroot.poll(is_poll)
    # The poll may have deleted the build or changed the order.
    return sort_chroots(page, paging) if build.is_in_store else ()


def _find_chroot(context: RequestContext, is_poll: bool) -> BuildChroot:
    raw_id, build = find_build(context)
    name = context.target.chrootname
    if name is None:
        raise missing("chrootname")
    chroot = None if build is None else build.by_name.get(name)
    if chroot is not None and chroot.run is not None:
        chroot.poll(is_poll)
    if build is None or (build.is_coupled and not build.is_in_store):
        raise no_such_build(raw_id)
    if chroot is None or (build.is_coupled and chroot.is_absent):
        raise _no_such_chroot(context, raw_id, name)
    return chroot


def _no_such_chroot(context: RequestContext, raw_id: str | int, name: str) -> ApiError:
    """Return the error for a malformed chroot name, an unknown chroot, or a chroot that the build lacks."""
    if name.count("-") < 2:
        return ApiError(500, "Chroot identification is not valid")
    if name not in context.store.mock_chroots:
        return nul_error(name) or ApiError(404, f"Chroot {name} does not exist")
    return ApiError(404, f"Build {raw_id} was not submitted to {name} chroot.")


def render_chroot(chroot: BuildChroot) -> bytes:
    """Return the JSON of a chroot, cached until it changes."""
    if not chroot.rendered:
        chroot.rendered = json.dumps(attributes(chroot, _BUILD_CHROOT)).encode()
    return chroot.rendered
