"""Parsing of request targets (path and query), with the rules of Werkzeug and Flask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from ..errors import InputError
from ..excerpt import excerpt
from .routes import EndpointName, match_route


class Target(NamedTuple):
    """A parsed target.

    :param endpoint: ``None`` if no route matches.
    :param path: the decoded path.
    :param arguments: the query's arguments by name.
    :param raw_build_id: the build id as sent; ``None`` if the request names no build.
    :param build_id: the build id as a number; ``None`` if it is no 32-bit integer.
    :param methods: the methods that the endpoint accepts.
    :param lacks_slash: whether the path lacks the trailing slash that Copr's route has.
    :param parameters: the parameters in the path, by name.
    :param deprecated_method: the method that gets a warning to use the first one instead.
    :param additional_fields: each value of the monitor's argument ``additional_fields[]``, the only one that may be
        repeated.
    """

    endpoint: EndpointName | None
    path: str
    arguments: Mapping[str, str]
    raw_build_id: str | int | None = None
    build_id: int | None = None
    chrootname: str | None = None
    methods: tuple[str, ...] = ()
    lacks_slash: bool = False
    parameters: Mapping[str, str] = MappingProxyType({})
    deprecated_method: str | None = None
    additional_fields: tuple[str, ...] = ()


def parse_target(target: str, has_results: bool) -> Target:
    """Parse a target as sent.

    :param has_results: whether the fake serves results.
    :raises InputError: if no client can send the target.
    """
    return (_parse_cached if len(target) <= _MAX_CACHED_LENGTH else _parse)(target, has_results)


_MAX_CACHED_LENGTH = 1000
"""Characters of the longest target that is cached; clients that poll send shorter ones."""


def _parse(target: str, has_results: bool) -> Target:
    path, arguments = split_target(target)
    match = match_route(path, has_results)
    if match is None:
        return Target(None, path, arguments)
    route, path_build_id, parameters = match
    overrides = arguments if route.query_first else {}
    raw_build_id = overrides.get("build_id", path_build_id)
    return Target(
        route.endpoint,
        path,
        arguments,
        raw_build_id,
        None if raw_build_id is None else cast_integer(raw_build_id),
        overrides.get("chrootname", parameters.get("chrootname")),
        route.methods,
        route.trailing_slash and not path.endswith("/"),
        parameters,
        route.deprecated_method,
        _values(target, "additional_fields[]") if route.endpoint == "monitor" else (),
    )


# Clients that poll repeat the same few targets.
_parse_cached = lru_cache(maxsize=1024)(_parse)


def split_target(target: str) -> tuple[str, Mapping[str, str]]:
    """Return the decoded path and the query's arguments; the first of a repeated argument counts.

    A fragment, which clients do not send, is ignored.

    :raises InputError: if no client can send the target.
    """
    try:
        target.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            "target", f"{excerpt(target)} cannot be sent: {error.reason}; expected valid Unicode"
        ) from None
    path, _, query = target.partition("#")[0].partition("?")
    arguments = parse_urlencoded(query)
    # As in Werkzeug, an escaped slash separates segments, and invalid UTF-8 becomes U+FFFD.
    return unquote(path), MappingProxyType(arguments)


def _values(target: str, name: str) -> tuple[str, ...]:
    """Return each value of a repeated argument."""
    query = target.partition("#")[0].partition("?")[2]
    return tuple(value for key, value in _split_query(query) if key == name)


def _split_query(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            yield _decode(name), _decode(value)


def parse_urlencoded(text: str) -> dict[str, str]:
    """Return the arguments of a query or the fields of a form; the first of a repeated one counts."""
    found: dict[str, str] = {}
    for name, value in _split_query(text):
        found.setdefault(name, value)
    return found


def _decode(text: str) -> str:
    """Decode an argument's name or value; as in Werkzeug, bytes that are no UTF-8 stay escaped."""
    decoded = unquote_to_bytes(text.replace("+", " ")).decode(errors="surrogateescape")
    return decoded if decoded.isascii() else _UNDECODABLE.sub(_escape, decoded)


_UNDECODABLE = re.compile("[\udc80-\udcff]")


def _escape(match: re.Match[str]) -> str:
    return f"%{ord(match[0]) - 0xDC00:02X}"


# White space, a sign, leading zeros, and no more digits than a 32-bit integer has.
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?)0*([0-9]{1,10})[ \t\n\v\f\r]*")


def cast_integer(value: str | int) -> int | None:
    """Cast text to a 32-bit integer as PostgreSQL does; path parameters are integers already."""
    if isinstance(value, int):
        return value
    if len(value) < 10 and value.isascii() and value.isdigit():
        return int(value)
    match = _INTEGER.fullmatch(value)
    if match is None:
        return None
    integer = int(match[1] + match[2])
    return integer if -(2**31) <= integer < 2**31 else None
