"""A lock that tells listeners when it is released.

State is computed on access, and changes under the store's lock. So a listener of the lock notices each change.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

Listener = Callable[[], None]

Lock: TypeAlias = AbstractContextManager[object]
"""A lock that a thread can acquire repeatedly."""


class ObservedLock:
    """A lock that calls listeners after its outermost release.

    :param lock: the lock itself, which may be in use.
    """

    __slots__ = ("_acquire", "_release", "is_held", "listeners")

    def __init__(self, lock: Lock) -> None:
        self._acquire = lock.__enter__
        self._release = lock.__exit__
        self.is_held: Callable[[], bool] = lock._is_owned  # type: ignore[attr-defined]  # noqa: SLF001
        """Return whether this thread holds it. threading.Condition uses this method; there is no public one."""
        self.listeners: tuple[Listener, ...] = ()

    def __enter__(self) -> object:
        return self._acquire()

    def __exit__(self, *error: object) -> None:
        self._release(None, None, None)
        if not self.is_held():
            _call(self.listeners)


def _call(listeners: tuple[Listener, ...]) -> None:
    """Call all listeners, even if one raises an exception."""
    if listeners:
        try:
            listeners[0]()
        finally:
            _call(listeners[1:])
