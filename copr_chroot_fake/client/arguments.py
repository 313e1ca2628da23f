"""What callers pass to the client, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import httpx

from ..errors import InputError
from ..validation import checks

T = TypeVar("T")

Arguments = Mapping[str, int | str]
"""The arguments of a query, by name."""

_LONGEST_TEXT = 10_000
"""Much longer ones make a URL that no server takes."""

_LARGEST_NUMBER = 2**63 - 1

_PATH = re.compile(r"[^\s/?#]+(?:/[^\s/?#]+)*/?")


def url(field: str, value: object) -> httpx.URL:
    """The address of the API, with a slash at its end."""
    address = checks.address(field, value)
    try:
        found = httpx.URL(f"{address}/api_3/")
        # As it is when it is looked up, which is too late for an argument that is wrong.
        found.host.encode("idna")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise InputError(field, f"{checks.shown_address(value)} is not an address: {error}") from None
    return found


def of_chroot(build_id: object, chrootname: object) -> Arguments:
    return {"build_id": _number("build_id", build_id), "chrootname": name("chrootname", chrootname)}


def of_page(build_id: object, limit: object, offset: object, order_type: object) -> Arguments:
    said: dict[str, int | str | None] = {
        "build_id": _number("build_id", build_id),
        "limit": checks.optional(_number)("limit", limit),
        "offset": checks.optional(_number)("offset", offset),
        "order_type": checks.optional(_order_type)("order_type", order_type),
    }
    return {key: each for key, each in said.items() if each is not None}


def path(field: str, value: object) -> str:
    """A path below the API."""
    found = _text(field, value)
    if not _PATH.fullmatch(found) or not {".", ".."}.isdisjoint(found.split("/")):
        raise InputError(field, f"{checks.shown(value)} is no path; expected one below /api_3, such as build/7")
    return found


def of_document(said: Mapping[str, object]) -> Arguments:
    """The arguments of any query."""
    return {_text("arguments", key): _number_or_text(key, value) for key, value in said.items()}


def function(field: str, value: T) -> T:
    if not callable(value):
        raise InputError(field, f"expected a function, got {checks.shown(value)}")
    return value


def transport(field: str, value: object, kind: type[object]) -> None:
    """A transport of httpx, or ``None``."""
    if value is not None and not isinstance(value, kind):
        raise InputError(field, f"expected a transport of httpx, a {kind.__name__}, got {checks.shown(value)}")


def _number(field: str, value: object) -> int:
    # Of a class of its own, as those of an enumeration, it may print as something else.
    return int(checks.whole_number(field, value))


def _order_type(field: str, value: object) -> str:
    return _text(field, checks.one_of(("ASC", "DESC"))(field, value))


def name(field: str, value: object) -> str:
    """The name of a chroot, or what may be one: the service decides."""
    return _text(field, checks.text(field, value))


def _number_or_text(field: str, value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise InputError(field, f"expected a whole number or a text, got {checks.shown(value)}")
    if isinstance(value, str):
        return _text(field, value)
    if abs(value) > _LARGEST_NUMBER:
        raise InputError(field, f"expected a whole number of at most 64 bits, got {checks.shown(value)}")
    return int(value)


def _text(field: str, value: object) -> str:
    """A text that can be part of a URL."""
    if not isinstance(value, str):
        raise InputError(field, f"expected a text, got {checks.shown(value)}")
    if len(value) > _LONGEST_TEXT:
        raise InputError(field, f"expected a text of at most {_LONGEST_TEXT} characters, got {len(value)}")
    if not checks.is_unicode(value):
        raise InputError(field, f"{checks.shown(value)} has a lone surrogate, which cannot be sent; leave it out")
    # As for numbers.
    return str.__str__(value)
