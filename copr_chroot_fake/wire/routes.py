"""Which paths the service answers, to which methods, and what each leads to."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

ROOT = "/api_3"

READING = ("GET", "HEAD", "OPTIONS")
CHANGING = ("OPTIONS", "PUT", "POST")

RESULTS = "/results"
"""Below which a fake has the results of builds, where it is told to."""

EndpointName = Literal[
    "build-chroot",
    "build-chroot/list",
    "build-chroot/build-config",
    "build-chroot/built-packages",
    "build",
    "build/list",
    "build/built-packages",
    "build/source-chroot",
    "build/cancel",
    "project",
    "mock-chroots/list",
    "monitor",
    "auth-check",
    "gssapi_login",
    "home",
    "results",
]


class Route(NamedTuple):
    """One path of the service, with what its path itself says.

    A path that Copr registers with a closing slash is there without one too, but
    only for the methods that it answers: any other finds nothing there, instead
    of being told that the method is not allowed.
    """

    endpoint: EndpointName
    path: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]
    closing_slash: bool
    names: tuple[str, ...]
    """What its path names."""
    heeds_query: bool
    """Whether build and chroot may be named by the query too, which counts before the path."""


class Found(NamedTuple):
    """A route, and the build and the chroot that the path names."""

    route: Route
    build_id: int | None
    chrootname: str | None


_NAMED = {
    # Any decimal digits, of any script, as many as Python converts.
    "build_id": r"(?P<build_id>\d{1,4300})",
    "chrootname": r"(?P<chrootname>[^/]+)",
}
"""What a path names, and how that is written in it."""


def _route(endpoint: EndpointName, path: str, methods: tuple[str, ...] = READING) -> Route:
    names = tuple(name for name in _NAMED if f"{{{name}}}" in path)
    # A closing slash may be doubled where the rule itself has one.
    closing_slash = path.endswith("/")
    pattern = re.escape(ROOT + path.rstrip("/")) + ("/{0,2}" if closing_slash else "/?")
    for name in names:
        pattern = pattern.replace(re.escape(f"{{{name}}}"), _NAMED[name])
    shown = ROOT + (path if path == "/" else path.rstrip("/"))
    heeds_query = path.startswith("/build-chroot/")
    return Route(endpoint, shown, re.compile(pattern), methods, closing_slash, names, heeds_query)


ROUTES = (
    _route("build-chroot", "/build-chroot/"),
    _route("build-chroot/list", "/build-chroot/list"),
    _route("build-chroot/build-config", "/build-chroot/build-config"),
    _route("build-chroot/built-packages", "/build-chroot/built-packages"),
    _route("build-chroot", "/build-chroot/{build_id}/{chrootname}"),
    _route("build-chroot/list", "/build-chroot/list/{build_id}"),
    _route("build-chroot/build-config", "/build-chroot/build-config/{build_id}/{chrootname}"),
    _route("build", "/build/{build_id}"),
    _route("build/list", "/build/list"),
    _route("build/built-packages", "/build/built-packages/{build_id}"),
    _route("build/source-chroot", "/build/source-chroot/{build_id}"),
    _route("build/cancel", "/build/cancel/{build_id}", CHANGING),
    _route("project", "/project/"),
    _route("mock-chroots/list", "/mock-chroots/list"),
    _route("monitor", "/monitor"),
    _route("auth-check", "/auth-check"),
    _route("gssapi_login", "/gssapi_login/"),
    _route("home", "/"),
    Route(
        "results",
        f"{RESULTS}/",
        # {owner}/{directory of the project}/{chroot}/{result directory}, which begins with the build's number.
        re.compile(
            f"{RESULTS}(?:/+[^/]+/+[^/]+/+(?P<chrootname>[^/]+)(?:/+(?P<build_id>[0-9]{{8,10}})(?:-[^/]*)?)?)?(?:/.*)?",
            re.DOTALL,
        ),
        READING,
        closing_slash=False,
        names=(),
        heeds_query=False,
    ),
)


def routes(has_results: bool) -> tuple[Route, ...]:
    """Those that there are: the last one is only where a fake has results."""
    return ROUTES if has_results else ROUTES[:-1]


def find_route(path: str, has_results: bool) -> Found | None:
    """The route of a decoded path; ``None`` if there is none."""
    for route in routes(has_results):
        found = route.pattern.fullmatch(path)
        if found is not None:
            named = found.groupdict()
            build_id = named.get("build_id")
            return Found(route, None if build_id is None else int(build_id), named.get("chrootname"))
    return None
