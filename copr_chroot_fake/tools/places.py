"""The lines of a text on which its places are: ``builds[3].chroots[0].state``.

A format's own walk goes through the places of a text, in their order, and into
those that are asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

Enter = Callable[[str], bool] | None
"""Whether to go through what is in a place; ``None`` to go through everything, and through each thing once."""


class Found(NamedTuple):
    """A place, how many others it is in, and from which line on it is, counted from 1."""

    place: str
    depth: int
    line: int


Walk = Callable[[str, Enter], Iterator[Found]]


class Wanted:
    """Places, so that it is quickly known whether something leads to one of them."""

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
    """The lines of places; of one that is not there, that of the innermost place around it."""
    wanted = Wanted(places)
    there: dict[str, Found] = {}
    for found in walk(text, wanted.leads_to_one):
        # A key can be written like a path; what is further out is more likely meant, and a later one counts.
        if found.place not in there or found.depth <= there[found.place].depth:
            there[found.place] = found
    return {place: next(there[outer].line for outer in _outwards(place) if outer in there) for place in wanted.places}


def _outwards(place: str) -> Iterator[str]:
    """A place, all that it may be in, and at last the whole."""
    yield place
    for sign in reversed([*re.finditer(r"[.\[]", place)]):
        yield place[: sign.start()]
    yield ""


def repeats(walk: Walk, text: str) -> Iterator[Found]:
    """The places that are there more than once, from the second time on."""
    seen: set[tuple[str, int]] = set()
    for place, depth, line in walk(text, None):
        if (place, depth) in seen:
            yield Found(place, depth, line)
        seen.add((place, depth))
