"""Request headers in the form that every adapter passes on, and the parameters of headers, with Werkzeug's rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

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


_KEY = re.compile(r"([\w!#$%&'*+\-.^`|~]+)=", re.ASCII)
_TOKEN = re.compile(r"[\w!#$%&'*+\-.^`|~]+", re.ASCII)
_QUOTED = re.compile(r'"(?:\\[\\"]|[^"\\]|\\(?![\\"]))*"')
_ESCAPED = re.compile(r"\\(.)")
_DELIMITER = re.compile(r";[ \t]*")
_ENCODED = re.compile(r"([\w!#$%&*+\-.^`|~]*)'[\w!#$%&*+\-.^`|~]*'([\w!#$%&'*+\-.^`|~]+)$", re.ASCII)

CHARSETS = ("ascii", "us-ascii", "utf-8", "iso-8859-1")
"""The charsets that Werkzeug knows; it ignores others."""


def parse_parameters(header: str) -> dict[str, str]:
    """Return the parameters of a header by their names in lower case; invalid ones are skipped.

    Values that are continued in several parameters, as in RFC 2231, are not supported; no client of Copr sends them.
    """
    found: dict[str, str] = {}
    start, _, rest = header.partition(";")
    if not start.strip(" \t"):
        return found
    rest = rest.strip(" \t")
    position = 0
    while position < len(rest):
        key = _KEY.match(rest, position)
        if key is not None:
            position = key.end()
            value = _TOKEN.match(rest, position) or _QUOTED.match(rest, position)
            if value is not None:
                position = value.end()
                name = key[1].lower()
                found[name.removesuffix("*")] = _decode(value[0]) if name.endswith("*") else _unquote(value[0])
            elif rest.startswith('"', position):
                break
        delimiter = _DELIMITER.search(rest, position)
        if delimiter is None:
            break
        position = delimiter.end()
    return found


def _unquote(value: str) -> str:
    if value.startswith('"'):
        value = _ESCAPED.sub(r"\1", value[1:-1])
    return value.replace("%22", '"')


def _decode(value: str) -> str:
    """Decode a value with its charset, such as ``utf-8''%41``."""
    match = _ENCODED.match(value)
    if match is None:
        return value
    charset, text = match[1].lower(), match[2]
    return unquote(text, encoding=charset) if charset in CHARSETS else text
