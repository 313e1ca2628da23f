"""Parts of a file, as RFC 9110 has them: one, or several in one answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..wire.answer import Answer

MOST = 10
"""How many parts are sent at once; whoever asks for more gets the whole."""

_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})", re.ASCII)
_BOUNDARY = "copr-chroot-fake"


class Unsatisfiable(Exception):
    """No part that was asked for is there."""


def read_ranges(text: str, size: int) -> list[range]:
    """The parts that are asked for of what has so many bytes; none where that is not said as it should be.

    :raises Unsatisfiable: if none of them is there.
    """
    unit, _, said = text.partition("=")
    parts = [_RANGE.fullmatch(part.strip(" \t")) for part in said.split(",")]
    if unit.strip().lower() != "bytes" or len(parts) > MOST:
        return []
    ranges = []
    for part in parts:
        if part is None or not any(part.groups()) or (all(part.groups()) and int(part[1]) > int(part[2])):
            return []
        ranges.append(_part(part[1], part[2], size))
    there = [part for part in ranges if part]
    if not there:
        raise Unsatisfiable
    return there


def _part(first: str, last: str, size: int) -> range:
    if not first:
        return range(max(size - int(last), 0), size)
    return range(int(first), min(int(last) + 1, size) if last else size)


def cut(body: bytes, ranges: Sequence[range], type_: str, headers: Sequence[tuple[str, str]]) -> Answer:
    """An answer with the parts of a file."""
    if len(ranges) == 1:
        (part,) = ranges
        content = body[part.start : part.stop]
        of_part = (("Content-Type", type_), ("Content-Range", _content_range(part, len(body))))
        return Answer(206, (*of_part, ("Content-Length", str(len(content))), *headers), content)
    pieces = [_head(part, len(body), type_) + body[part.start : part.stop] for part in ranges]
    content = b"".join([*pieces, f"\r\n--{_BOUNDARY}--\r\n".encode()])
    type_ = f"multipart/byteranges; boundary={_BOUNDARY}"
    return Answer(206, (("Content-Type", type_), ("Content-Length", str(len(content))), *headers), content)


def _head(part: range, size: int, type_: str) -> bytes:
    head = f"\r\n--{_BOUNDARY}\r\nContent-Type: {type_}\r\nContent-Range: {_content_range(part, size)}\r\n\r\n"
    return head.encode()


def _content_range(part: range, size: int) -> str:
    return f"bytes {part.start}-{part.stop - 1}/{size}"
