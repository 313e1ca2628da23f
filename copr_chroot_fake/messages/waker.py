"""A thread that notices when something is due on the system's clock, without polling it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from weakref import WeakMethod


class Waker:
    """Calls a method in a thread at the times that the method returns, until it is closed or its object is gone.

    :param act: returns the seconds until the next call; ``inf`` for never.
    """

    def __init__(self, act: Callable[[], float]) -> None:
        # The thread must not keep a fake alive that nobody uses anymore.
        self._act = WeakMethod(act, self._forget)
        # Reentrant, because the object can go while the thread holds it.
        self._changed = threading.Condition()
        self._is_due = True
        self._is_closed = False
        threading.Thread(target=self._run, name="copr-fake-messages", daemon=True).start()

    def wake(self) -> None:
        """Call the method soon, because the time at which it is due may have changed."""
        with self._changed:
            self._is_due = True
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _forget(self, _: object) -> None:
        self.close()

    def _run(self) -> None:
        seconds = math.inf
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_due or self._is_closed, min(seconds, threading.TIMEOUT_MAX))
                if self._is_closed:
                    return
                self._is_due = False
            act = self._act()
            if act is None:
                return
            seconds = act()
            del act
