"""The endpoints of build chroots: one of them, a page of a build's, a configuration, the packages."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..wire.answer import CATCH_ALL, Refusal
from . import rendering as views
from .context import Asking, Shown, build_asked, impossible_text, no_such_build, require
from .paging import BUILD_CHROOT, Paging, check_order, check_range, cut_page, put_in_order, read_paging


def show_one(asking: Asking) -> Shown:
    chroot = views.chroot(_find(asking, asking.counts))
    return Shown(chroot + b"\n", (chroot,))


def show_config(asking: Asking) -> Shown:
    chroot = _find(asking, False)
    return Shown(views.config(chroot, asking.store), (views.chroot(chroot),))


def show_packages(asking: Asking) -> Shown:
    chroot = _find(asking, asking.counts)
    return Shown(views.packages(chroot), (views.chroot(chroot),))


def show_page(asking: Asking) -> Shown:
    question = asking.question
    paging = read_paging(question.arguments, asking.default_limit)
    require("build_id", question.build_sent)
    check_order(paging.order, BUILD_CHROOT)
    if question.build_id is None:
        raise Refusal(500, CATCH_ALL, compact=True)
    check_range(paging)
    build = asking.store.find_build(question.build_id)
    shown = [] if build is None else views.chroots(_page(build, paging, asking))
    return Shown(views.page(shown, paging), shown)


def _page(build: Build, paging: Paging, asking: Asking) -> Sequence[BuildChroot]:
    """The chroots of a page, which counts as a poll of each, and of those that are not there yet."""
    store, counts = asking.store, asking.counts
    if not build.had_lifecycle:
        return cut_page(build.chroots, paging, store)
    appearing = {chroot for chroot in build.chroots if chroot.is_absent} if build.is_coupled else set()
    for chroot in appearing:
        chroot.poll(counts)
    there = [chroot for chroot in build.chroots if not chroot.is_absent] if appearing else build.chroots
    page = cut_page(there, paging, store)
    for chroot in page:
        if chroot.lifecycle_run is not None and chroot not in appearing:
            chroot.poll(counts)
    # A look may have brought about that it is deleted.
    return put_in_order(page, paging, store) if build.is_in_store else ()


def _find(asking: Asking, counts: bool) -> BuildChroot:
    sent, build = build_asked(asking)
    name = str(require("chrootname", asking.question.chrootname))
    chroot = None if build is None else build.get(name)
    if chroot is not None and chroot.lifecycle_run is not None:
        chroot.poll(counts)
    if build is None or (build.is_coupled and not build.is_in_store):
        raise no_such_build(sent)
    if chroot is None or (build.is_coupled and chroot.is_absent):
        raise _no_such_chroot(asking, sent, name)
    return chroot


def _no_such_chroot(asking: Asking, sent: str | int, name: str) -> Refusal:
    """Why a build has no such chroot: the name is malformed, is of no chroot, or of one it is not built in."""
    if name.count("-") < 2:
        return Refusal(500, "Chroot identification is not valid")
    if name not in asking.store.mock_chroots:
        return impossible_text(name) or Refusal(404, f"Chroot {name} does not exist")
    return Refusal(404, f"Build {sent} was not submitted to {name} chroot.")
