"""Which paths the service answers, to which methods, and what each leads to."""

from __future__ import annotations

import re
from enum import Enum
from typing import Literal, NamedTuple

ROOT = "/api_3"

READING = ("GET", "HEAD", "OPTIONS")
CHANGING = ("OPTIONS", "PUT", "POST")

RESULTS = "/results"
"""Below which a fake has the results of builds, where it is told to."""

EndpointName = Literal[
    "get",
    "list",
    "build-config",
    "built-packages",
    "build",
    "build-list",
    "build-packages",
    "source-chroot",
    "cancel",
    "project",
    "mock-chroots",
    "monitor",
    "auth-check",
    "gssapi-login",
    "swagger",
    "home",
    "results",
]


class Endpoint(Enum):
    """What a request asks for."""

    HOME = "home"
    GET = "get"
    LIST = "list"
    BUILD_CONFIG = "build-config"
    BUILT_PACKAGES = "built-packages"
    BUILD = "build"
    BUILD_LIST = "build-list"
    BUILD_PACKAGES = "build-packages"
    SOURCE_CHROOT = "source-chroot"
    CANCEL = "cancel"
    PROJECT = "project"
    MOCK_CHROOTS = "mock-chroots"
    MONITOR = "monitor"
    AUTH_CHECK = "auth-check"
    GSSAPI_LOGIN = "gssapi-login"
    SWAGGER = "swagger"
    RESULTS = "results"

    # Of an enum's own making is one in Python, which takes as long as much of an answer.
    __hash__ = object.__hash__


class Route(NamedTuple):
    """One path of the service, with what its path itself says.

    A path that Copr registers with a closing slash is there without one too, but
    only for the methods that it answers: any other finds nothing there, instead
    of being told that the method is not allowed.
    """

    endpoint: Endpoint
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


def _route(endpoint: Endpoint, path: str, methods: tuple[str, ...] = READING) -> Route:
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
    _route(Endpoint.GET, "/build-chroot/"),
    _route(Endpoint.LIST, "/build-chroot/list"),
    _route(Endpoint.BUILD_CONFIG, "/build-chroot/build-config"),
    _route(Endpoint.BUILT_PACKAGES, "/build-chroot/built-packages"),
    _route(Endpoint.GET, "/build-chroot/{build_id}/{chrootname}"),
    _route(Endpoint.LIST, "/build-chroot/list/{build_id}"),
    _route(Endpoint.BUILD_CONFIG, "/build-chroot/build-config/{build_id}/{chrootname}"),
    _route(Endpoint.BUILD, "/build/{build_id}"),
    _route(Endpoint.BUILD_LIST, "/build/list"),
    _route(Endpoint.BUILD_PACKAGES, "/build/built-packages/{build_id}"),
    _route(Endpoint.SOURCE_CHROOT, "/build/source-chroot/{build_id}"),
    _route(Endpoint.CANCEL, "/build/cancel/{build_id}", CHANGING),
    _route(Endpoint.PROJECT, "/project/"),
    _route(Endpoint.MOCK_CHROOTS, "/mock-chroots/list"),
    _route(Endpoint.MONITOR, "/monitor"),
    _route(Endpoint.AUTH_CHECK, "/auth-check"),
    _route(Endpoint.GSSAPI_LOGIN, "/gssapi_login/"),
    _route(Endpoint.SWAGGER, "/swagger.json"),
    _route(Endpoint.HOME, "/"),
    Route(
        Endpoint.RESULTS,
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
