"""Which builds have something due, so that to catch up costs what has become due, however many builds there are."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .build import Build


class Agenda:
    """Builds that go on by themselves, by the time when something happens to each of them next."""

    __slots__ = ("_until", "_waiting", "noted")

    def __init__(self) -> None:
        self.noted: dict[Build, None] = {}
        """The builds that have changed since, in whatever way: nobody knows when something happens to them next."""
        self._waiting: list[tuple[float, int, Build]] = []
        """Time, serial number and build of each wait, as a heap; a build can be in it for a time that is obsolete."""
        self._until: dict[Build, float] = {}
        """The earliest time in the heap of each build."""

    def clear(self) -> None:
        for kept in (self.noted, self._waiting, self._until):
            kept.clear()

    def catch_up(self, now: float) -> None:
        """Let everything happen that is due by now; the caller holds the store's lock."""
        while self._waiting and self._waiting[0][0] <= now:
            time, _, build = heappop(self._waiting)
            if self._until.get(build) == time:
                del self._until[build]
            self.noted[build] = None
        while self.noted:
            builds, self.noted = self.noted, {}
            for build in builds:
                if build.is_known:
                    build.catch_up()
                    self._wait(build)

    def _wait(self, build: Build) -> None:
        time = build.quiet_until
        if math.isfinite(time) and time < self._until.get(build, math.inf):
            self._until[build] = time
            heappush(self._waiting, (time, id(build), build))
