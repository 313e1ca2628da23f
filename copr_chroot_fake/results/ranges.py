"""Byte ranges of a file (RFC 9110, section 14).

A request for several ranges gets the whole file, which RFC 9110 allows.
"""

from __future__ import annotations

import re

_RANGE = re.compile(r"[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII)


class UnsatisfiableRangeError(Exception):
    """The range begins after the end of the file."""


def parse_range(header: str, size: int) -> range | None:
    """Return the range of a Range header; ``None`` if it is invalid or has several ranges.

    :param size: bytes of the whole file.
    :raises UnsatisfiableRangeError: if the range begins after the end of the file.
    """
    unit, _, value = header.partition("=")
    match = _RANGE.fullmatch(value)
    if unit.strip().lower() != "bytes" or match is None:
        return None
    first, last = match.groups()
    if not (first or last) or (first and last and int(first) > int(last)):
        return None
    if first:
        part = range(int(first), min(int(last) + 1, size) if last else size)
    else:
        part = range(max(size - int(last), 0), size)
    if not part:
        raise UnsatisfiableRangeError
    return part
