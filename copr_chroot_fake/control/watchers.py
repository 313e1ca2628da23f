"""Functions that are called when a world may have changed; without any, nothing is observed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident

from ..engine.clock import SystemClock, VirtualClock
from ..service import Service

Watcher = Callable[[], None]


class Watchers:
    """The watchers of one world, whose fake can be replaced.

    They are called in the thread that has changed the fake, so they must be short, and may be called without a change.
    """

    __slots__ = ("_reader", "_service", "_watchers")

    def __init__(self, service: Service) -> None:
        self._service = service
        self._watchers: tuple[Watcher, ...] = ()
        self._reader: int | None = None
        """The thread that only reads at the moment."""

    def add(self, watcher: Watcher) -> None:
        self._set((*self._watchers, watcher))

    def remove(self, watcher: Watcher) -> None:
        """Remove a watcher, unless it is removed already."""
        self._set(tuple(other for other in self._watchers if other != watcher))

    def _set(self, watchers: tuple[Watcher, ...]) -> None:
        was_observing, self._watchers = bool(self._watchers), watchers
        if was_observing != bool(watchers):
            self._observe(bool(watchers))

    def follow(self, service: Service) -> None:
        """Observe another fake instead."""
        if self._watchers:
            self._observe(False)
        self._service = service
        if self._watchers:
            self._observe(True)
        self.notify()

    def _observe(self, is_observing: bool) -> None:
        store = self._service.store
        (store.add_listener if is_observing else store.remove_listener)(self.notify)
        clock = store.clock
        if isinstance(clock, VirtualClock | SystemClock):
            others = tuple(listener for listener in clock.listeners if listener != self.notify)
            clock.listeners = (*others, self.notify) if is_observing else others

    def notify(self) -> None:
        """Call the watchers, unless this thread only reads."""
        if self._reader != get_ident():
            for watcher in self._watchers:
                watcher()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Call no watcher for what this thread does within the block, because it only reads."""
        self._reader = get_ident()
        try:
            yield
        finally:
            self._reader = None
