"""What a request asks for, read out of its target once for all who want to know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from .query import cast_integer, read_target
from .routes import EndpointName, find_route


class Question(NamedTuple):
    """A target, understood.

    Build and chroot are named by the query before the path, where the endpoint heeds a query.

    :param endpoint: what is asked; ``None`` where there is no such path.
    :param build_sent: the build, as sent; ``None`` where none is named.
    :param build_id: its number, if what was sent is one.
    :param methods: those that the endpoint answers.
    :param lacks_slash: whether the closing slash is missing that the path has with Copr.
    """

    endpoint: EndpointName | None
    path: str
    arguments: Mapping[str, str]
    build_sent: str | int | None = None
    build_id: int | None = None
    chrootname: str | None = None
    methods: tuple[str, ...] = ()
    lacks_slash: bool = False


def read_question(target: str, has_results: bool) -> Question:
    """Read a target as sent, with the paths of results where there are any.

    :raises InputError: for what no client can send.
    """
    return (_read_cached if len(target) <= _LONGEST_CACHED else _read)(target, has_results)


_LONGEST_CACHED = 1000
"""How many characters a target has at most that is remembered: no client that polls needs more."""


def _read(target: str, has_results: bool) -> Question:
    path, arguments = read_target(target)
    found = find_route(path, has_results)
    if found is None:
        return Question(None, path, arguments)
    route, build_in_path, chroot_in_path = found
    heeded = arguments if route.heeds_query else {}
    build_sent = heeded.get("build_id", build_in_path)
    return Question(
        route.endpoint,
        path,
        arguments,
        build_sent,
        None if build_sent is None else cast_integer(build_sent),
        heeded.get("chrootname", chroot_in_path),
        route.methods,
        route.closing_slash and not path.endswith("/"),
    )


# Whoever polls sends the same few targets again and again.
_read_cached = lru_cache(maxsize=1024)(_read)
