"""Which paths the service answers, to which methods, and what each leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
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


_OF_BUILD_CHROOTS = frozenset({Endpoint.GET, Endpoint.LIST, Endpoint.BUILD_CONFIG, Endpoint.BUILT_PACKAGES})


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


class Match(NamedTuple):
    """The route that a path leads to, the arguments in the path, and whether it lacks its closing slash."""

    endpoint: Endpoint
    build_id: int | None = None
    chrootname: str | None = None
    lacks_slash: bool = False
    methods: tuple[str, ...] = READING
    path: str = ""
    """The path itself, where it is one of results."""

    def build_asked(self, arguments: Mapping[str, str]) -> str | int | None:
        """The build that is meant, as sent: by the query before the path, where the endpoint heeds a query."""
        if self.endpoint in _OF_BUILD_CHROOTS:
            return arguments.get("build_id", self.build_id)
        return self.build_id

    def chroot_asked(self, arguments: Mapping[str, str]) -> str | None:
        """The chroot that is meant, in the same way."""
        if self.endpoint in _OF_BUILD_CHROOTS:
            return arguments.get("chrootname", self.chrootname)
        return self.chrootname if self.endpoint is Endpoint.RESULTS else None


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
    return Route(endpoint, shown, re.compile(pattern), methods, closing_slash, names)


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
    ),
)


def routes(has_results: bool) -> tuple[Route, ...]:
    """Those that there are: the last one is only where a fake has results."""
    return ROUTES if has_results else ROUTES[:-1]


@lru_cache(maxsize=1024)
def match(path: str, has_results: bool) -> Match | None:
    """The route of a decoded path; ``None`` if there is none."""
    for route in routes(has_results):
        found = route.pattern.fullmatch(path)
        if found is not None:
            arguments = found.groupdict()
            build_id = arguments.get("build_id")
            return Match(
                route.endpoint,
                None if build_id is None else int(build_id),
                arguments.get("chrootname"),
                route.closing_slash and not path.endswith("/"),
                route.methods,
                path if route.endpoint is Endpoint.RESULTS else "",
            )
    return None
