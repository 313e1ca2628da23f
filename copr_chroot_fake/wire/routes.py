"""The table of routes: the paths of each endpoint, and the methods it accepts.

The first route whose pattern matches the path wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

ROOT = "/api_3"

RESULTS = "/results"
"""Path of the build results, if the fake serves them."""

COPRS = "/coprs"
"""Path of the web pages of projects."""

UPLOADS = "/tmp"
"""Path of uploaded files."""

READ_METHODS = ("GET", "HEAD", "OPTIONS")
POST_METHODS = ("POST", "OPTIONS")

EndpointName = Literal[
    "build-chroot",
    "build-chroot/list",
    "build-chroot/build-config",
    "build-chroot/built-packages",
    "build",
    "build/list",
    "build/built-packages",
    "build/source-chroot",
    "build/source-build-config",
    "build/create/url",
    "build/create/upload",
    "build/create/scm",
    "build/create/distgit",
    "build/create/pypi",
    "build/create/rubygems",
    "build/create/custom",
    "build/check-before-build",
    "build/cancel",
    "build/delete",
    "build/delete/list",
    "project",
    "project/list",
    "project/search",
    "project/add",
    "project/edit",
    "project/delete",
    "project/fork",
    "project/regenerate-repos",
    "project/permissions/get",
    "project/permissions/set",
    "project/permissions/request",
    "project/permissions/can_build_in",
    "project-chroot",
    "project-chroot/build-config",
    "project-chroot/edit",
    "package",
    "package/list",
    "package/add",
    "package/edit",
    "package/reset",
    "package/build",
    "package/delete",
    "mock-chroots/list",
    "monitor",
    "rpmrepo",
    "webhook/generate",
    "api-token",
    "auth-check",
    "gssapi_login",
    "home",
    "webhooks/github",
    "webhooks/gitlab",
    "webhooks/bitbucket",
    "webhooks/custom",
    "webhooks/custom-dir",
    "coprs/repo",
    "upload",
    "results",
]
"""The name of an endpoint: its path without ``/api_3/`` and without parameters."""


class Route(NamedTuple):
    """One path of an endpoint.

    :param path: the path with its parameters in braces.
    :param prefix: the part of the path that no parameter precedes.
    :param pattern: the regular expression of the path.
    :param trailing_slash: whether Copr registers the path with a trailing slash. A request without it reaches the
        endpoint too, but a method that the endpoint does not accept gets 404 instead of 405.
    :param deprecated_method: the method that gets a warning to use the first one instead.
    :param query_first: whether ``build_id`` and ``chrootname`` may be given in the query, before the path.
    """

    endpoint: EndpointName
    path: str
    prefix: str
    pattern: str
    methods: tuple[str, ...] = READ_METHODS
    trailing_slash: bool = False
    query_first: bool = False
    deprecated_method: str | None = None


class RouteMatch(NamedTuple):
    """A route, and the parameters in the path."""

    route: Route
    build_id: int | None
    parameters: Mapping[str, str]


_PARAMETERS = {
    # Decimal digits of any script; Python converts at most 4,300.
    "build_id": r"(?P<build_id>\d{1,4300})",
    "project_id": r"(?P<project_id>\d{1,4300})",
}
"""The patterns of path parameters that are more than one segment of any characters."""


def _route(
    endpoint: EndpointName, parameters: str = "", methods: tuple[str, ...] = READ_METHODS, base: str | None = None
) -> Route:
    """Return a route: its base, by default the name of the endpoint, and the parameters after it."""
    path = (f"{ROOT}/{endpoint}" if base is None else base) + parameters
    trailing_slash = path.endswith("/")
    full_path = path.rstrip("/")
    # Where the rule has a trailing slash, Werkzeug accepts a doubled one.
    pattern = re.escape(full_path) + ("/{0,2}" if trailing_slash else "/?")
    for name in re.findall(r"{(\w+)}", path):
        parameter = _PARAMETERS.get(name, rf"(?P<{name}>[^/]+)")
        pattern = pattern.replace(re.escape(f"{{{name}}}"), parameter)
    query_first = endpoint.startswith("build-chroot")
    prefix = full_path.partition("{")[0]
    shown_path = path if endpoint == "home" else full_path
    return Route(endpoint, shown_path, prefix, pattern, methods, trailing_slash, query_first)


def _renamed(endpoint: EndpointName, parameters: str, method: str, deprecated: str = "POST") -> Route:
    """Return the route of an endpoint that had another method before."""
    return _route(endpoint, parameters, (method, deprecated, "OPTIONS"))._replace(deprecated_method=deprecated)


def _webhook(endpoint: EndpointName, parameters: str) -> Route:
    return _route(endpoint, parameters, POST_METHODS, base=f"/{endpoint}")


ROUTES = (
    _route("build-chroot", "/"),
    _route("build-chroot/list"),
    _route("build-chroot/build-config"),
    _route("build-chroot/built-packages"),
    _route("build-chroot", "/{build_id}/{chrootname}"),
    _route("build-chroot/list", "/{build_id}"),
    _route("build-chroot/build-config", "/{build_id}/{chrootname}"),
    _route("build", "/{build_id}"),
    _route("build/list"),
    _route("build/built-packages", "/{build_id}"),
    _route("build/source-chroot", "/{build_id}"),
    _route("build/source-build-config", "/{build_id}"),
    _route("build/create/url", methods=POST_METHODS),
    _route("build/create/upload", methods=POST_METHODS),
    _route("build/create/scm", methods=POST_METHODS),
    _route("build/create/distgit", methods=POST_METHODS),
    _route("build/create/pypi", methods=POST_METHODS),
    _route("build/create/rubygems", methods=POST_METHODS),
    _route("build/create/custom", methods=POST_METHODS),
    _route("build/check-before-build", methods=POST_METHODS),
    _renamed("build/cancel", "/{build_id}", "PUT"),
    _renamed("build/delete", "/{build_id}", "DELETE"),
    _renamed("build/delete/list", "", "DELETE"),
    _route("project", "/"),
    _route("project/list"),
    _route("project/search"),
    _route("project/add", "/{ownername}", POST_METHODS),
    _renamed("project/edit", "/{ownername}/{projectname}", "PUT"),
    _renamed("project/delete", "/{ownername}/{projectname}", "DELETE"),
    _renamed("project/fork", "/{ownername}/{projectname}", "POST", "PUT"),
    _renamed("project/regenerate-repos", "/{ownername}/{projectname}", "PUT"),
    _route("project/permissions/get", "/{ownername}/{projectname}"),
    _route("project/permissions/set", "/{ownername}/{projectname}", ("PUT", "POST", "OPTIONS")),
    _renamed("project/permissions/request", "/{ownername}/{projectname}", "PUT"),
    _route("project/permissions/can_build_in", "/{who}/{ownername}/{projectname}"),
    _route("project-chroot", "/"),
    _route("project-chroot/build-config"),
    _renamed("project-chroot/edit", "/{ownername}/{projectname}/{chrootname}", "PUT"),
    _route("package", "/"),
    _route("package/list"),
    _route("package/add", "/{ownername}/{projectname}/{packagename}/{source_type}", POST_METHODS),
    _route("package/edit", "/{ownername}/{projectname}/{packagename}/", POST_METHODS),
    _route("package/edit", "/{ownername}/{projectname}/{packagename}/{source_type}", POST_METHODS),
    _renamed("package/reset", "", "PUT"),
    _route("package/build", methods=POST_METHODS),
    _renamed("package/delete", "", "DELETE"),
    _route("mock-chroots/list"),
    _route("monitor"),
    _route("rpmrepo", "/{ownername}/{dirname}/{name_release}"),
    _route("webhook/generate", "/{ownername}/{projectname}", POST_METHODS),
    _route("api-token", methods=POST_METHODS),
    _route("auth-check"),
    _route("gssapi_login"),
    _route("gssapi_login", "/web-ui"),
    _route("home", "/", base=ROOT),
    _webhook("webhooks/github", "/{project_id}/{secret}/"),
    _webhook("webhooks/github", "/{project_id}/{secret}/{packagename}/"),
    _webhook("webhooks/gitlab", "/{project_id}/{secret}/"),
    _webhook("webhooks/gitlab", "/{project_id}/{secret}/{packagename}/"),
    _webhook("webhooks/bitbucket", "/{project_id}/{secret}/"),
    _webhook("webhooks/bitbucket", "/{project_id}/{secret}/{packagename}/"),
    _webhook("webhooks/custom", "/{project_id}/{secret}/"),
    _webhook("webhooks/custom", "/{project_id}/{secret}/{packagename}/"),
    _webhook("webhooks/custom-dir", "/{ownername}/{dirname}/{secret}/{packagename}/"),
    _route("coprs/repo", "/g/{groupname}/{dirname}/repo/{name_release}/", base=COPRS),
    _route("coprs/repo", "/g/{groupname}/{dirname}/repo/{name_release}/{repofile}", base=COPRS),
    _route("coprs/repo", "/{ownername}/{dirname}/repo/{name_release}/", base=COPRS),
    _route("coprs/repo", "/{ownername}/{dirname}/repo/{name_release}/{repofile}", base=COPRS),
    _route("upload", "/{dirname}/{filename}", base=UPLOADS),
    Route(
        "results",
        f"{RESULTS}/",
        RESULTS,
        # {owner}/{directory of the project}/{chroot}/{result directory}, which begins with the build's id.
        rf"(?s:{RESULTS}(?:/+[^/]+/+[^/]+/+(?P<chrootname>[^/]+)(?:/+(?P<build_id>[0-9]{{8,10}})(?:-[^/]*)?)?)?(?:/.*)?)",
    ),
)


def routes(has_results: bool) -> tuple[Route, ...]:
    """Return the routes of a fake.

    :param has_results: whether the fake serves results.
    """
    return ROUTES if has_results else ROUTES[:-1]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a compiled pattern; all of them together would take a tenth of the time in which a server starts."""
    return re.compile(pattern)


def match_route(path: str, has_results: bool) -> RouteMatch | None:
    """Return the route of a decoded path; ``None`` if there is none."""
    for route in routes(has_results):
        match = _compiled(route.pattern).fullmatch(path) if path.startswith(route.prefix) else None
        if match is not None:
            parameters = match.groupdict()
            build_id = parameters.get("build_id")
            return RouteMatch(route, None if build_id is None else int(build_id), parameters)
    return None
