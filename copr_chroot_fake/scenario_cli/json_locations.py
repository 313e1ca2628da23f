"""The places of a JSON text, which is known to be valid, as it has been read before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..validation.checks import dotted
from .locations import Enter, Found

_after_space = re.compile(r"[ \t\n\r]*").match
_read = json.JSONDecoder().raw_decode


@dataclass
class _Around:
    """An object or a list that the walk is in."""

    place: str
    end: str
    count: int = 0


def walk(text: str, enter: Enter) -> Iterator[Found]:
    """Each place, beginning with the whole; what is not to be entered is skipped."""
    lines = _Lines(text)
    around: list[_Around] = []
    place, begin = "", _skip(text, 0)
    at = begin
    while True:
        yield Found(place, len(around), lines.of(begin))
        if text[at] in "{[" and (enter is None or enter(place)):
            around.append(_Around(place, "}" if text[at] == "{" else "]"))
            at = _skip(text, at + 1)
        else:
            at = _skip(text, _read(text, at)[1])
        while around and text[at] == around[-1].end:
            around.pop()
            at = _skip(text, at + 1)
        if not around:
            return
        inner = around[-1]
        begin = at = _skip(text, at + 1) if inner.count else at
        if inner.end == "}":
            key, at = _read(text, at)
            place = dotted(inner.place, key)
            at = _skip(text, _skip(text, at) + 1)
        else:
            place = f"{inner.place}[{inner.count}]"
        inner.count += 1


def _skip(text: str, at: int) -> int:
    space = _after_space(text, at)
    assert space is not None
    return space.end()


class _Lines:
    """The lines of offsets, which are asked for in ascending order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def of(self, at: int) -> int:
        self._line += self._text.count("\n", self._at, at)
        self._at = at
        return self._line
