"""Reading the target of a request the way Flask's URL parsing does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from ..errors import InputError
from ..excerpt import shown

# White space, a sign, leading zeros, and no more digits than a 32-bit integer has.
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?)0*([0-9]{1,10})[ \t\n\v\f\r]*")


class Target(NamedTuple):
    """The path with its escapes resolved, and the arguments by name."""

    path: str
    arguments: Mapping[str, str]


def read_target(target: str) -> Target:
    """Read path and query as sent. Of a repeated argument the first counts; blank ones are kept.

    :raises InputError: for what no client can send.
    """
    try:
        target.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            "target", f"{shown(target)} cannot be sent: {error.reason}; expected a text in Unicode"
        ) from None
    path, _, query = target.partition("?")
    arguments: dict[str, str] = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            arguments.setdefault(_decode(name), _decode(value))
    # An escaped slash is a slash too; what is not UTF-8 becomes U+FFFD.
    return Target(unquote(path), MappingProxyType(arguments))


def _decode(text: str) -> str:
    """An argument's name or value, in which bytes that are not UTF-8 stay escaped, as Werkzeug leaves them."""
    decoded = unquote_to_bytes(text.replace("+", " ")).decode(errors="surrogateescape")
    return decoded if decoded.isascii() else _UNDECODABLE.sub(_escape, decoded)


_UNDECODABLE = re.compile("[\udc80-\udcff]")


def _escape(found: re.Match[str]) -> str:
    return f"%{ord(found[0]) - 0xDC00:02X}"


def cast_integer(sent: str | int) -> int | None:
    """A number as PostgreSQL casts a text to a 32-bit integer; what the path has as a number needs no cast."""
    if isinstance(sent, int):
        return sent
    if len(sent) < 10 and sent.isascii() and sent.isdigit():
        return int(sent)
    integer = _INTEGER.fullmatch(sent)
    if integer is None:
        return None
    value = int(integer[1] + integer[2])
    return value if -(2**31) <= value < 2**31 else None
