"""Which paths the service answers, and what each leads to."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Literal, NamedTuple

ROOT = "/api_3"

EndpointName = Literal["get", "list", "build-config", "built-packages", "home"]


class Endpoint(Enum):
    """What a request asks for."""

    HOME = "home"
    GET = "get"
    LIST = "list"
    BUILD_CONFIG = "build-config"
    BUILT_PACKAGES = "built-packages"


class Route(NamedTuple):
    """One path of the service, with what its path itself says.

    A path that Copr registers with a closing slash is there without one too, but
    only for the methods that it answers: any other finds nothing there, instead
    of being told that the method is not allowed.
    """

    endpoint: Endpoint
    pattern: re.Pattern[str]
    closing_slash: bool = False


class Match(NamedTuple):
    """The route that a path leads to, the arguments in the path, and whether it lacks its closing slash."""

    endpoint: Endpoint
    build_id: int | None = None
    chrootname: str | None = None
    lacks_slash: bool = False


def _route(endpoint: Endpoint, path: str) -> Route:
    # A closing slash may be doubled where the rule itself has one.
    closing_slash = path.endswith("/")
    pattern = path[:-1] + "/{0,2}" if closing_slash else path + "/?"
    return Route(endpoint, re.compile(ROOT + pattern), closing_slash)


# Any decimal digits, of any script, as many as Python converts.
_BUILD = r"(?P<build_id>\d{1,4300})"
_CHROOT = r"(?P<chrootname>[^/]+)"

ROUTES = (
    _route(Endpoint.GET, "/build-chroot/"),
    _route(Endpoint.LIST, "/build-chroot/list"),
    _route(Endpoint.BUILD_CONFIG, "/build-chroot/build-config"),
    _route(Endpoint.BUILT_PACKAGES, "/build-chroot/built-packages"),
    _route(Endpoint.GET, f"/build-chroot/{_BUILD}/{_CHROOT}"),
    _route(Endpoint.LIST, f"/build-chroot/list/{_BUILD}"),
    _route(Endpoint.BUILD_CONFIG, f"/build-chroot/build-config/{_BUILD}/{_CHROOT}"),
    _route(Endpoint.HOME, "/"),
)


@lru_cache(maxsize=1024)
def match(path: str) -> Match | None:
    """The route of a decoded path; ``None`` if the service has none."""
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found is not None:
            arguments = found.groupdict()
            build_id = arguments.get("build_id")
            return Match(
                route.endpoint,
                None if build_id is None else int(build_id),
                arguments.get("chrootname"),
                route.closing_slash and not path.endswith("/"),
            )
    return None
