"""Time: the only place that knows what time it is, as Unix times in seconds.

Nothing ticks. What a clock moves is worked out when somebody looks.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

from .. import checks
from ..errors import InputError

FIRST_NOW = 1_700_000_000
"""When a virtual clock starts that nobody set: 2023-11-14 22:13:20 UTC."""


class Clock(Protocol):
    """What a fake asks for the time."""

    def now(self) -> float:
        """The time now."""

    def reach(self, due: float) -> float:
        """When something happened that was due at a time and has been brought about now."""


class VirtualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float = FIRST_NOW) -> None:
        self._now = checks.amount("now", now)
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def tick(self, seconds: float) -> float:
        """Move on by so many seconds; returns the new time.

        :raises InputError: for a step backwards.
        """
        with self._lock:
            self._now += checks.amount("seconds", seconds)
            return self._now

    def move_to(self, now: float) -> None:
        """Move on to a time.

        :raises InputError: for a time that has been.
        """
        with self._lock:
            if checks.amount("now", now) < self._now:
                raise InputError("now", f"{now} is before the clock's {self._now}; time does not run backwards")
            self._now = now

    def restore(self, now: float) -> None:
        """Take the time back to what it was, together with all that happened since."""
        with self._lock:
            self._now = now

    def reach(self, due: float) -> float:
        """No earlier than it was due: this clock need not have been moved for it."""
        return max(due, self._now)


class SystemClock:
    """The system's time, which can run faster or slower from now on.

    :param speed: seconds of the fake for each second of the system.
    """

    def __init__(self, speed: float = 1) -> None:
        if not checks.amount("speed", speed):
            raise InputError("speed", "time would stand still at 0; expected a number above 0")
        self.speed = speed
        self._began = time.time()
        self._began_monotonic = time.monotonic()

    def now(self) -> float:
        return self._began + (time.monotonic() - self._began_monotonic) * self.speed

    def reach(self, due: float) -> float:
        """Now: what a poll brings about happens at the poll."""
        return self.now()
