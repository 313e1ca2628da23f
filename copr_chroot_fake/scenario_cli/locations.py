"""The line of a text on which a place is, such as ``builds[3].chroots[0].state``.

Each format has a walk of its own, which goes through the places of a text in
their order, and into those that it is told to enter.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

Enter = Callable[[str], bool] | None
"""Whether to enter a place; ``None`` to enter all, and an alias of YAML only once."""


class Found(NamedTuple):
    """A place, how many others it is in, and the line on which it begins, counted from 1."""

    place: str
    depth: int
    line: int


Walk = Callable[[str, Enter], Iterator[Found]]


class Wanted:
    """Places that are wanted; it quickly tells whether another place leads to one of them."""

    def __init__(self, places: Iterable[str]) -> None:
        self.places = sorted(set(places))
        self._exact = frozenset(self.places)

    def leads_to_one(self, place: str) -> bool:
        return place in self._exact or self._has_one_in(place)

    def _has_one_in(self, place: str) -> bool:
        return not place or any(self._has_prefix(f"{place}{sign}") for sign in ".[")

    def _has_prefix(self, prefix: str) -> bool:
        at = bisect_left(self.places, prefix)
        return at < len(self.places) and self.places[at].startswith(prefix)


def lines(walk: Walk, text: str, places: Iterable[str]) -> dict[str, int]:
    """The line of each place; for one that is not there, that of the innermost place around it."""
    wanted = Wanted(places)
    there: dict[str, Found] = {}
    for found in walk(text, wanted.leads_to_one):
        # A key can look like a path: the outer one is more likely meant. Of a repeated key the last one counts.
        if found.place not in there or found.depth <= there[found.place].depth:
            there[found.place] = found
    return {place: next(there[outer].line for outer in _outwards(place) if outer in there) for place in wanted.places}


def _outwards(place: str) -> Iterator[str]:
    """A place, all places that it may be in, and finally the whole."""
    yield place
    for sign in reversed([*re.finditer(r"[.\[]", place)]):
        yield place[: sign.start()]
    yield ""


def repeats(walk: Walk, text: str) -> Iterator[Found]:
    """The places that occur more than once, each from its second time on."""
    seen: set[tuple[str, int]] = set()
    for place, depth, line in walk(text, None):
        if (place, depth) in seen:
            yield Found(place, depth, line)
        seen.add((place, depth))
