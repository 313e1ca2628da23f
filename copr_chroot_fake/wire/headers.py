"""Request headers in the form that every adapter passes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..errors import InputError
from ..excerpt import excerpt
from ..validation.checks import is_mapping, plain_text

RawHeaders = Sequence[tuple[bytes, bytes]]
"""Names (in any case) and values as sent; few are ever read, so none is decoded in advance."""

Headers = Iterable[tuple[str | bytes, str | bytes]] | Mapping[str, str]
"""Names and values as text or bytes, as pairs or as a mapping."""


def encode_headers(headers: Headers) -> RawHeaders:
    """Encode headers as a client would send them.

    :raises InputError: if the headers are no pairs of text or bytes, or if no client can send them.
    """
    if type(headers) is tuple and not headers:
        # The most frequent case.
        return ()
    try:
        pairs: Iterable[tuple[object, object]] = headers.items() if is_mapping(headers) else headers  # type: ignore[assignment]  # or it is an error
        return [(_encode(name), _encode(value)) for name, value in pairs]
    except UnicodeEncodeError as error:
        raise InputError(
            "headers", f"{excerpt(error.object)} cannot be sent: {error.reason}; expected valid Unicode"
        ) from None
    except Exception as error:
        # A caller may pass objects that raise any exception.
        raise InputError("headers", "expected a mapping, or pairs of name and value, all text") from error


def _encode(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    text = plain_text(value)
    if text is None:
        raise TypeError
    # WSGI decodes headers as Latin-1, so this round-trips where possible.
    return text.encode("latin-1" if text.isascii() or max(text) <= "\xff" else "utf-8")


def read_header(headers: RawHeaders, name: bytes) -> str | None:
    """Return a header's value decoded as in WSGI; ``None`` if the request lacks it.

    As web servers do, strip white space around values and join repeated headers with a comma.

    :param name: the name in lower case.
    """
    # Comparing lengths first is faster: every request is searched for headers that hardly any has.
    values = [value for key, value in headers if len(key) == len(name) and key.lower() == name]
    return b",".join(value.strip(b" \t") for value in values).decode("latin-1") if values else None
