"""Checks the arguments of the client before a request is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import httpx

from ..errors import InputError
from ..validation import checks

T = TypeVar("T")

Arguments = Mapping[str, int | str]
"""Query arguments by name."""

_LONGEST_TEXT = 10_000
"""In characters; servers reject much longer URLs."""

LARGEST_NUMBER = 2**63 - 1
"""No service stores larger integers, and Python refuses to print very large ones."""

_PATH = re.compile(r"[^\s/?#]+(?:/[^\s/?#]+)*/?")


def url(value: object) -> httpx.URL:
    """Return the URL of the API, with a trailing slash."""
    address = checks.address("url", value)
    try:
        api = httpx.URL(f"{address}/api_3/")
        # Resolving the host does this too, but only when the first request is sent.
        api.host.encode("idna")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise InputError("url", f"{checks.address_excerpt(value)} is not an address: {error}") from None
    return api


def chroot_query(build_id: object, chrootname: object) -> Arguments:
    return {"build_id": _number("build_id", build_id), "chrootname": name("chrootname", chrootname)}


def page_query(build_id: object, limit: object, offset: object, order_type: object) -> Arguments:
    values: dict[str, int | str | None] = {
        "build_id": _number("build_id", build_id),
        "limit": checks.optional(_number)("limit", limit),
        "offset": checks.optional(_number)("offset", offset),
        "order_type": checks.optional(_order_type)("order_type", order_type),
    }
    return {key: value for key, value in values.items() if value is not None}


def path(value: object) -> str:
    """Check a path below the API."""
    text = _text("path", value)
    if not (_PATH.fullmatch(text) and text.isprintable()) or not {".", ".."}.isdisjoint(text.split("/")):
        raise InputError("path", f"{checks.excerpt(value)} is no path; expected one below /api_3, such as build/7")
    return text


def any_query(arguments: Mapping[str, object]) -> Arguments:
    """Check the arguments of any endpoint."""
    return {_text("arguments", key): _number_or_text(key, value) for key, value in arguments.items()}


def function(location: str, value: T) -> T:
    if not callable(value):
        raise InputError(location, f"expected a function, got {checks.excerpt(value)}")
    return value


def transport(value: object, kind: type[object]) -> None:
    """Check that a value is a transport of httpx or ``None``."""
    if value is not None and not isinstance(value, kind):
        raise InputError("transport", f"expected a transport of httpx, a {kind.__name__}, got {checks.excerpt(value)}")


def _number(location: str, value: object) -> int:
    # Convert subclasses such as IntEnum, which may print as something else.
    return int(checks.whole_number(location, value))


def _order_type(location: str, value: object) -> str:
    return _text(location, checks.one_of(("ASC", "DESC"))(location, value))


def name(location: str, value: object) -> str:
    """Check that a value is text; whether it names a chroot is for the service to decide."""
    return _text(location, checks.text(location, value))


def _number_or_text(location: str, value: object) -> int | str:
    number = checks.plain_integer(value)
    if number is None:
        if checks.plain_text(value) is None:
            raise InputError(location, f"expected a whole number or a text, got {checks.excerpt(value)}")
        return _text(location, value)
    if abs(number) > LARGEST_NUMBER:
        raise InputError(location, f"expected a whole number of at most 64 bits, got {checks.excerpt(value)}")
    return number


def _text(location: str, value: object) -> str:
    """Check that a value is text that can be part of a URL."""
    text = checks.any_text(location, value)
    if len(text) > _LONGEST_TEXT:
        raise InputError(location, f"expected a text of at most {_LONGEST_TEXT} characters, got {len(text)}")
    if not checks.is_unicode(text):
        raise InputError(location, f"{checks.excerpt(text)} has a lone surrogate, which cannot be sent; leave it out")
    return text
