"""Near misses: what exists that comes closest to what an unmatched request asked for.

Each search looks at a bounded number of candidates, however many there are.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain, islice

from ..engine.build import Build
from ..engine.store import Store
from ..validation import checks
from ..wire.routes import RESULTS, EndpointName, routes
from ..wire.target import parse_target
from .request import Request

_OF_PROJECTS: tuple[EndpointName, ...] = ("project", "build/list", "monitor")
"""The endpoints that are asked about a project."""


def near_miss(store: Store, request: Request) -> str:
    """What exists that comes closest to what a request did not find, as a text."""
    path = request.target.partition("?")[0]
    if request.endpoint is None:
        return _near_path(path, store.serves_results)
    if request.endpoint in _OF_PROJECTS:
        return _near_project(store.projects, request.arguments)
    if request.endpoint == "results":
        return _near_results(store, path)
    build = None if request.build_id is None else store.builds.get(request.build_id)
    if build is None:
        sent = parse_target(request.target, store.serves_results).raw_build_id
        return f"{_near_builds(store.builds, str(sent))}, {checks.shortened(str(sent))} is not"
    return _near_chroots(build, request.chrootname or "")


def _near_path(path: str, has_results: bool) -> str:
    (close,) = checks.nearest(path, [route.path for route in routes(has_results)], 1, 0)
    return f"{close} is there, {checks.shortened(path)} is not"


def _near_project(projects: Iterable[str], arguments: Mapping[str, str]) -> str:
    sent = f"{arguments.get('ownername', '')}/{arguments.get('projectname', '')}"
    near = checks.nearest(sent, projects, 1, 0)
    if not near:
        return "there are no projects"
    return f"project {checks.shortened(near[0])} is there, {checks.shortened(sent)} is not"


def _near_results(store: Store, path: str) -> str:
    directories = (
        f"{RESULTS}/{build.project.ownername}/{build.project_dirname}/{chroot.name}/{chroot.result_dir}/"
        for build in islice(store.builds.values(), checks.MAX_CANDIDATES)
        for chroot in build.chroots
        if chroot.result_dir
    )
    near = checks.nearest(path, directories, 1, 0)
    there = f"{checks.shortened(near[0], 300)} is there" if near else "there are no results"
    return f"{there}, {checks.shortened(path, 300)} is not"


def _near_builds(builds: Mapping[int, Build], sent: str) -> str:
    """By what is written rather than by number: a digit is sooner missing than wrong by one."""
    near = checks.nearest(sent, chain(_ids_one_edit_away(builds, sent), map(str, builds)), 3, 0)
    if not near:
        return "there are no builds"
    return f"build{'s' if len(near) > 1 else ''} {', '.join(near)} {'are' if len(near) > 1 else 'is'} there"


def _ids_one_edit_away(builds: Container[int], sent: str) -> Iterator[str]:
    """Existing ids with one digit more, less or other than what was sent, without looking at all builds."""
    digits = "0123456789"
    if not sent.isdecimal() or not sent.isascii() or len(sent) > len(str(checks.LARGEST_INTEGER)):
        return
    cuts = [(sent[:at], sent[at:]) for at in range(len(sent) + 1)]
    shorter = (head + tail[1:] for head, tail in cuts if tail)
    longer = (head + digit + tail for head, tail in cuts for digit in digits)
    other = (head + digit + tail[1:] for head, tail in cuts if tail for digit in digits)
    for text in chain(shorter, longer, other):
        if text and str(int(text)) == text and int(text) in builds:
            yield text


def _near_chroots(build: Build, sent: str) -> str:
    close = checks.nearest(sent, build.keys(), 3, 0.3) or list(islice(build.keys(), 3))
    return f"build {build.id} has {checks.listing(close) or 'no chroots'}, not {checks.excerpt(sent)}"
