"""A figure, and measurements that alternate."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from copr_chroot_fake import FakeCopr

FAR_OUTSIDE = 5
"""A ratio is far outside its bound if it is this many times as bad."""


@dataclass(frozen=True)
class Figure:
    """A measured value with its bound, which is either a maximum or a minimum.

    :param name: for a ratio, the two things compared, with a slash between them.
    """

    name: str
    value: float
    unit: str = "times"
    maximum: float | None = None
    minimum: float = 0

    @property
    def bound(self) -> str:
        return f"≥ {self.minimum:g}" if self.maximum is None else f"≤ {self.maximum:g}"

    @property
    def fraction_of_bound(self) -> float:
        """The value relative to its bound: at most 1 if it is within the bound."""
        return self.minimum / self.value if self.maximum is None else self.value / self.maximum

    @property
    def is_within(self) -> bool:
        return self.fraction_of_bound <= 1

    @property
    def is_far_outside(self) -> bool:
        """Whether a ratio is too bad to be explained by other load on the machine."""
        return self.unit == "times" and self.fraction_of_bound > FAR_OUTSIDE


def ratio(measured: Callable[[], float], baseline: Callable[[], float], rounds: int) -> float:
    """Return the median of the quotients of alternating measurements, after a first round that does not count."""
    measured(), baseline()
    return statistics.median(measured() / baseline() for _ in range(rounds))


def timed(function: Callable[[], object], times: int = 200) -> Callable[[], float]:
    """Return a function that measures the seconds for so many calls."""

    def run() -> float:
        began = time.perf_counter()
        for _ in range(times):
            function()
        return time.perf_counter() - began

    return run


def timed_requests(fake: FakeCopr, target: str, times: int = 300) -> Callable[[], float]:
    """Return a function that measures the seconds for so many requests, without an adapter."""
    assert fake.answer("GET", target).status == 200
    return timed(lambda: fake.answer("GET", target), times)
