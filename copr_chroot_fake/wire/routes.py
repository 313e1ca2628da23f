"""The table of routes: the paths of each endpoint, and the methods it accepts.

The first route whose pattern matches the path wins.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

ROOT = "/api_3"

RESULTS = "/results"
"""Path of the build results, if the fake serves them."""

READ_METHODS = ("GET", "HEAD", "OPTIONS")
WRITE_METHODS = ("OPTIONS", "PUT", "POST")

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
"""The name of an endpoint: its path without ``/api_3/`` and without parameters."""


class Route(NamedTuple):
    """One path of an endpoint.

    :param path: the path with its parameters in braces.
    :param trailing_slash: whether Copr registers the path with a trailing slash. A request without it reaches the
        endpoint too, but a method that the endpoint does not accept gets 404 instead of 405.
    :param query_first: whether ``build_id`` and ``chrootname`` may be given in the query, before the path.
    """

    endpoint: EndpointName
    path: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...] = READ_METHODS
    trailing_slash: bool = False
    query_first: bool = False


class RouteMatch(NamedTuple):
    """A route, and the build and the chroot named by the path."""

    route: Route
    build_id: int | None
    chrootname: str | None


_PARAMETERS = {
    # Decimal digits of any script; Python converts at most 4,300.
    "build_id": r"(?P<build_id>\d{1,4300})",
    "chrootname": r"(?P<chrootname>[^/]+)",
}
"""The pattern of each path parameter."""


def _route(endpoint: EndpointName, path: str, methods: tuple[str, ...] = READ_METHODS) -> Route:
    trailing_slash = path.endswith("/")
    full_path = ROOT + path.rstrip("/")
    # Where the rule has a trailing slash, Werkzeug accepts a doubled one.
    pattern = re.escape(full_path) + ("/{0,2}" if trailing_slash else "/?")
    for name, parameter in _PARAMETERS.items():
        pattern = pattern.replace(re.escape(f"{{{name}}}"), parameter)
    query_first = path.startswith("/build-chroot/")
    return Route(
        endpoint, ROOT + path if path == "/" else full_path, re.compile(pattern), methods, trailing_slash, query_first
    )


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
    _route("build/cancel", "/build/cancel/{build_id}", WRITE_METHODS),
    _route("project", "/project/"),
    _route("mock-chroots/list", "/mock-chroots/list"),
    _route("monitor", "/monitor"),
    _route("auth-check", "/auth-check"),
    _route("gssapi_login", "/gssapi_login"),
    _route("gssapi_login", "/gssapi_login/web-ui"),
    _route("home", "/"),
    Route(
        "results",
        f"{RESULTS}/",
        # {owner}/{directory of the project}/{chroot}/{result directory}, which begins with the build's id.
        re.compile(
            f"{RESULTS}(?:/+[^/]+/+[^/]+/+(?P<chrootname>[^/]+)(?:/+(?P<build_id>[0-9]{{8,10}})(?:-[^/]*)?)?)?(?:/.*)?",
            re.DOTALL,
        ),
    ),
)


def routes(has_results: bool) -> tuple[Route, ...]:
    """Return the routes of a fake.

    :param has_results: whether the fake serves results.
    """
    return ROUTES if has_results else ROUTES[:-1]


def match_route(path: str, has_results: bool) -> RouteMatch | None:
    """Return the route of a decoded path; ``None`` if there is none."""
    for route in routes(has_results):
        match = route.pattern.fullmatch(path)
        if match is not None:
            parameters = match.groupdict()
            build_id = parameters.get("build_id")
            return RouteMatch(route, None if build_id is None else int(build_id), parameters.get("chrootname"))
    return None
