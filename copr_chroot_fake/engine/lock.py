"""A lock that tells listeners when it is released.

State is computed on access, and changes under the store's lock. So a listener of the lock notices each change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[], None]


class Lock:
    """A lock that a thread can acquire repeatedly; it calls listeners after its outermost release."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.depth = 0
        """How often the thread that holds it has acquired it; 0 while none holds it."""
        self.listeners: tuple[Listener, ...] = ()

    def __enter__(self) -> None:
        self._lock.acquire()
        self.depth += 1

    def __exit__(self, *error: object) -> None:
        self.depth -= 1
        listeners = () if self.depth else self.listeners
        self._lock.release()
        if listeners:
            _call(listeners)

    @contextmanager
    def without_listeners(self) -> Iterator[None]:
        """Hold the lock, and call no listeners when it is released."""
        with self._lock:
            self.depth += 1
            try:
                yield
            finally:
                self.depth -= 1

    def add_listener(self, listener: Listener) -> None:
        """Call a function after each outermost release, and so after each change."""
        with self.without_listeners():
            self.listeners += (listener,)

    def remove_listener(self, listener: Listener) -> None:
        with self.without_listeners():
            self.listeners = tuple(other for other in self.listeners if other != listener)


def _call(listeners: tuple[Listener, ...]) -> None:
    """Call all listeners, even if one raises an exception."""
    if listeners:
        try:
            listeners[0]()
        finally:
            _call(listeners[1:])
