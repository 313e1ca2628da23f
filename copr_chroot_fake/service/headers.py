"""A request's headers, as every door passes them on."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import InputError

Headers = Iterable[tuple[str, str]]
"""Names, in any case, and values."""

RawHeaders = Iterable[tuple[bytes, bytes]]


def decoded(headers: RawHeaders) -> list[tuple[str, str]]:
    """Headers as they are on the wire, whose bytes are read as WSGI has them."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def read_header(headers: Headers, name: str) -> str | None:
    """The value of the header whose name in small letters is ``name``, ``None`` without one.

    White space around it is none of it, and several of one name are joined with
    a comma, as web servers do both.

    :raises InputError: for headers that are no pairs of texts.
    """
    try:
        # The method of str itself takes nothing else: bytes would just never be equal.
        values = [value.strip(" \t") for sent, value in headers if str.lower(sent) == name]
        return ",".join(values) if values else None
    except (AttributeError, TypeError, ValueError):
        raise InputError("headers", "expected pairs of name and value, both texts") from None
