"""Draws that come out the same on every Python.

Of a ``Random`` they use only ``random()``, the one method whose results Python
promises to keep.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def chance(random: Random, probability: float) -> bool:
    return random.random() < probability


def whole(random: Random, least: int, most: int) -> int:
    """Any whole number from ``least`` to ``most``, each as likely as the others."""
    return least + int(random.random() * (most - least + 1))


def pick(random: Random, choices: Sequence[T]) -> T:
    return choices[int(random.random() * len(choices))]


class Weighted(Generic[T]):
    """Things to draw, each as often as its weight says."""

    def __init__(self, weights: Iterable[tuple[T, float]]) -> None:
        pairs = list(weights)
        self.things = [thing for thing, _ in pairs]
        self.weights = [weight for _, weight in pairs]
        self._sums = list(accumulate(self.weights))

    def pick(self, random: Random) -> T:
        # A product that is rounded up to the whole sum is the last thing's too.
        return self.things[bisect(self._sums, random.random() * self._sums[-1], 0, len(self.things) - 1)]

    def sample(self, random: Random, number: int) -> list[T]:
        """So many different things, in their own order."""
        # Each draws how long it takes to come up; those that come first are taken (Efraimidis and Spirakis).
        waits = [-math.log(1 - random.random()) / weight for weight in self.weights]
        first = sorted(range(len(waits)), key=waits.__getitem__)[:number]
        return [self.things[at] for at in sorted(first)]
