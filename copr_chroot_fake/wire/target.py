"""Parsing of request targets (path and query), with the rules of Werkzeug and Flask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from ..errors import InputError
from ..excerpt import excerpt
from .endpoint_name import EndpointName

READ_METHODS = ("GET", "HEAD", "OPTIONS")
"""The methods that change nothing, and have no body."""


class Target(NamedTuple):
    """A parsed target.

    :param endpoint: ``None`` if no path of an endpoint matches.
    :param path: the decoded path.
    :param query: the query as sent.
    :param arguments: the query's arguments by name.
    :param raw_build_id: the build id as sent; ``None`` if the request names no build.
    :param build_id: the build id as a number; ``None`` if it is no 32-bit integer.
    :param lacks_slash: whether the path lacks the trailing slash that Copr's route has.
    :param parameters: the parameters in the path, by name.
    """

    endpoint: EndpointName | None
    path: str
    query: str
    arguments: Mapping[str, str]
    raw_build_id: str | int | None = None
    build_id: int | None = None
    chrootname: str | None = None
    lacks_slash: bool = False
    parameters: Mapping[str, str] = MappingProxyType({})


def split_target(target: str) -> tuple[str, str]:
    """Return the decoded path, and the query.

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
    # As in Werkzeug, an escaped slash separates segments, and invalid UTF-8 becomes U+FFFD.
    return unquote(path), query


def repeated(query: str, name: str) -> tuple[str, ...]:
    """Return each value of an argument."""
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
