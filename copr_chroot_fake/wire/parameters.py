"""The parameters of headers such as ``Content-Type: multipart/form-data; boundary=x``, with the rules of Werkzeug."""

from __future__ import annotations

import re
from urllib.parse import unquote

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
