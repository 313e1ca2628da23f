"""Random choices that give the same result for a seed on every Python version.

They only call ``Random.random()``, the one method whose results Python promises not to change.
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
    """Return ``True`` with the given probability."""
    return random.random() < probability


def random_integer(random: Random, minimum: int, maximum: int) -> int:
    """Return an integer from a uniform distribution that includes both bounds."""
    return minimum + int(random.random() * (maximum - minimum + 1))


def pick(random: Random, choices: Sequence[T]) -> T:
    """Return one of the choices; all are equally likely."""
    return choices[int(random.random() * len(choices))]


class Weighted(Generic[T]):
    """Items that are drawn in proportion to their weights."""

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        listed = list(pairs)
        self.items = [item for item, _ in listed]
        self.weights = [weight for _, weight in listed]
        self._cumulative = list(accumulate(self.weights))

    def pick(self, random: Random) -> T:
        """Return one item."""
        # The product can be rounded up to the total; the upper bound keeps the index valid.
        return self.items[bisect(self._cumulative, random.random() * self._cumulative[-1], 0, len(self.items) - 1)]

    def sample(self, random: Random, number: int) -> list[T]:
        """Return ``number`` different items, in their original order (algorithm of Efraimidis and Spirakis)."""
        keys = [-math.log(1 - random.random()) / weight for weight in self.weights]
        selected = sorted(range(len(keys)), key=keys.__getitem__)[:number]
        return [self.items[index] for index in sorted(selected)]
