"""What advances by itself in a fake, by the time at which it is due."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import Protocol, TypeAlias

from .lifecycle_run import LifecycleRun


class Advancing(Protocol):
    """A chroot or a source build with a lifecycle."""

    @property
    def run(self) -> LifecycleRun | None: ...

    @property
    def order(self) -> tuple[float, int, int]:
        """What puts items in order that are due at the same time."""

    @property
    def next_due(self) -> float:
        """Unix time of its next transition; ``inf`` if none happens by itself, ``-inf`` for the next catch-up."""

    @property
    def waits_for_reading(self) -> bool:
        """Whether looking up builds and chroots does not advance it, even if it is due."""

    def enter_next_stage(self, now: float) -> None:
        """Make the transition that is due."""


_Entry: TypeAlias = tuple[float, tuple[float, int, int], int, Advancing]
"""When an item is due, its order, a tie-breaker, and the item."""


class Timeline:
    """A heap of due times. The caller holds the store's lock.

    A change of an item only adds an entry if it is due earlier than before. The entry of an item that is due later, or
    never, is replaced when its time comes.
    """

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._immediate: list[_Entry] = []
        """The same for those that wait for reading."""

    @property
    def next_due(self) -> float:
        """Unix time of the next transition after :meth:`catch_up`; ``inf`` if there is none."""
        return self._heap[0][0] if self._heap else math.inf

    def is_due(self, now: float, is_lookup: bool = False) -> bool:
        """Whether :meth:`catch_up` has something to do."""
        return bool(self._heap and self._heap[0][0] <= now) or (bool(self._immediate) and not is_lookup)

    def schedule(self, item: Advancing) -> None:
        """Add an item, or note that it has changed."""
        run, due = item.run, item.next_due
        if run is not None and due < run.scheduled:
            run.scheduled = due
            heap = self._immediate if item.waits_for_reading else self._heap
            heappush(heap, (due, item.order, id(item), item))

    def catch_up(self, now: float, is_lookup: bool = False) -> None:
        """Make everything happen that is due by now, each transition at its own time.

        A transition reads stored fields only: what is read from outside catches up first.

        :param is_lookup: whether to leave out those that wait for reading.
        """
        while self.is_due(now, is_lookup):
            self._advance_first(self._immediate if self._immediate and not is_lookup else self._heap, now)

    def _advance_first(self, heap: list[_Entry], now: float) -> None:
        due, _, _, item = heappop(heap)
        run = item.run
        if run is None or run.scheduled != due:
            return
        run.scheduled = math.inf
        if item.next_due == due:
            item.enter_next_stage(now)
        self.schedule(item)

    def clear(self) -> None:
        self._heap.clear()
        self._immediate.clear()
