"""A figure, and measuring two things in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

from copr_chroot_fake import FakeCopr


class Figure(NamedTuple):
    """One line of the table; ``within`` says how far it may go."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bound(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"

    @property
    def within(self) -> bool:
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def of_its_bound(self) -> float:
        """How much of what it may take it takes: up to 1 is within its bound."""
        if self.at_most is not None:
            return self.value / self.at_most
        return (self.at_least or 0) / self.value

    @property
    def is_far_off(self) -> bool:
        """Whether a ratio is so bad that no neighbour on a busy machine accounts for it."""
        return self.unit == "times" and self.of_its_bound > FAR


FAR = 5
"""How many times its bound a ratio has to be to be far off."""


def ratio(ours: Callable[[], float], other: Callable[[], float], rounds: int) -> float:
    """The median of the quotients of measurements taken in turn, after one of each that does not count."""
    ours(), other()
    return statistics.median(ours() / other() for _ in range(rounds))


def difference(ours: Callable[[], float], other: Callable[[], float], rounds: int) -> float:
    """The difference of the lower quartiles of measurements taken in turn: what disturbs them only ever adds."""
    ours(), other()
    taken = [(ours(), other()) for _ in range(rounds)]
    return _lower_quartile([one for one, _ in taken]) - _lower_quartile([one for _, one in taken])


def _lower_quartile(values: list[float]) -> float:
    return statistics.quantiles(values, n=4)[0]


def timed(work: Callable[[], object], times: int = 200) -> Callable[[], float]:
    """How many seconds something takes, done so many times."""

    def run() -> float:
        began = time.perf_counter()
        for _ in range(times):
            work()
        return time.perf_counter() - began

    return run


def asked(fake: FakeCopr, target: str, times: int = 300) -> Callable[[], float]:
    """How many seconds so many answers take, without any door."""
    assert fake.answer("GET", target).status == 200
    return timed(lambda: fake.answer("GET", target), times)
