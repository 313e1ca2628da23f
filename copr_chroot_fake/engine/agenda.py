"""The next transition of each build, so that catching up takes time only for those that are due."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .build import Build


class Agenda:
    """Builds by the Unix time of their next automatic transition."""

    __slots__ = ("_blocked", "_until", "_waiting", "changed")

    def __init__(self) -> None:
        self.changed: dict[Build, None] = {}
        """The builds that have changed since the last catch-up; the time of their next transition is not known yet."""
        self._waiting: list[tuple[float, int, int, Build]] = []
        """Time, id, tie-breaker and build of each transition, as a heap; some times are obsolete."""
        self._until: dict[Build, float] = {}
        """The earliest time in the heap of each build."""
        self._blocked: dict[Build, None] = {}
        """The builds whose source build may wait for another batch, whose end they are not told of."""

    def clear(self) -> None:
        for kept in (self.changed, self._waiting, self._until, self._blocked):
            kept.clear()

    def is_due(self, now: float) -> bool:
        """Return whether :meth:`catch_up` may have something to do."""
        return bool(self.changed or self._blocked or (self._waiting and self._waiting[0][0] <= now))

    @property
    def wakes_at(self) -> float:
        """Unix time at which to catch up again, if nothing else happens; ``inf`` if never. It has caught up."""
        return self._waiting[0][0] if self._waiting else math.inf

    def catch_up(self, now: float) -> None:
        """Make everything happen that is due by now; the caller holds the store's lock."""
        while self._waiting and self._waiting[0][0] <= now:
            time, _, _, build = heappop(self._waiting)
            if self._until.get(build) == time:
                del self._until[build]
            self.changed[build] = None
        self.changed.update(self._blocked)
        self._blocked = {}
        while self.changed:
            builds, self.changed = self.changed, {}
            for build in builds:
                if build.is_in_store:
                    build.catch_up()
                    self._wait(build)

    def _wait(self, build: Build) -> None:
        time = build.quiet_until
        if build.source.may_be_blocked:
            self._blocked[build] = None
            time = build.source.due
        if math.isfinite(time) and time < self._until.get(build, math.inf):
            self._until[build] = time
            heappush(self._waiting, (time, build.id, id(build), build))
