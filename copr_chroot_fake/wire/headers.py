"""A request's headers, as every door passes them on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import InputError
from ..excerpt import shown
from ..validation.checks import plain_text

RawHeaders = Sequence[tuple[bytes, bytes]]
"""Names, in any case, and values, as they are on the wire. Hardly any is ever looked at, so none is decoded before."""

Headers = Iterable[tuple[str | bytes, str | bytes]]
"""The same, or as texts."""


def raw(headers: Headers) -> RawHeaders:
    """Headers as they are on the wire.

    :raises InputError: for headers that are no pairs of texts, or of bytes, and for what no client can send.
    """
    try:
        return [(_encoded(name), _encoded(value)) for name, value in headers]
    except UnicodeEncodeError as error:
        raise InputError(
            "headers", f"{shown(error.object)} cannot be sent: {error.reason}; expected a text in Unicode"
        ) from None
    except Exception as error:
        # Those of a caller may be any object, which fails in its own way.
        raise InputError("headers", "expected pairs of name and value, both texts") from error


def _encoded(text: str | bytes) -> bytes:
    if type(text) is bytes:
        return text
    said = plain_text(text)
    if said is None:
        raise TypeError
    # What WSGI reads back as the same text, where that is possible.
    return said.encode("latin-1" if said.isascii() or max(said) <= "\xff" else "utf-8")


def read_header(headers: RawHeaders, name: bytes) -> str | None:
    """The value of the header whose name in small letters is ``name``, read as WSGI has it; ``None`` without one.

    White space around it is none of it, and several of one name are joined with
    a comma, as web servers do both.
    """
    # Each request is looked through for what hardly any has: comparing lengths sorts out most.
    values = [value for sent, value in headers if len(sent) == len(name) and sent.lower() == name]
    return b",".join(value.strip(b" \t") for value in values).decode("latin-1") if values else None
