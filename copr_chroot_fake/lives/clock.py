"""Time: the only place that knows what time it is, as Unix times in seconds.

Nothing ticks: what is due by now is worked out when somebody looks.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple, Protocol

from .. import checks
from ..errors import InputError

FIRST_NOW = 1_700_000_000
"""Where a virtual clock starts by default: 2023-11-14 22:13:20 UTC."""


class Clock(Protocol):
    """What a fake asks for the time."""

    def now(self) -> float:
        """The time now."""

    def reach(self, due: float) -> float:
        """When something happened that was due at a time and has been brought about now."""


def check_clock(clock: Clock) -> Clock:
    """The same clock, if it is one."""
    if not callable(getattr(clock, "now", None)) or not callable(getattr(clock, "reach", None)):
        raise InputError("clock", f"expected a VirtualClock or a SystemClock, got {checks.shown(clock)}")
    return clock


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
            self._now = checks.amount("now", self._now + checks.amount("seconds", seconds))
            return self._now

    def move_to(self, now: float) -> None:
        """Move on to a time.

        :raises InputError: for a time in the past.
        """
        with self._lock:
            if checks.amount("now", now) < self._now:
                raise _backwards(now, self._now)
            self._now = now

    def restore(self, now: float) -> None:
        """Go to any time, also back, as a snapshot does with all that happened since.

        :raises InputError: for what is no Unix time.
        """
        with self._lock:
            self._now = checks.amount("now", now)

    def reach(self, due: float) -> float:
        """When it was due, or later: a step by hand or by poll can be ahead of this clock."""
        return max(due, self._now)


class SystemClock:
    """The system's time; it can be sped up, slowed down, paused and moved on.

    :param speed: seconds of the fake for each second of the system.
    """

    def __init__(self, speed: float = 1) -> None:
        self._lock = threading.Lock()
        self._course = _Course(time.time(), time.monotonic(), check_speed("speed", speed))
        self._paused_speed: float | None = None

    def now(self) -> float:
        begun, since, speed = self._course
        # Copr's own times end there.
        return min(begun + (time.monotonic() - since) * speed, checks.LARGEST_INTEGER)

    @property
    def speed(self) -> float:
        """Seconds of the fake for each second of the system; while it is paused, those after it."""
        return self._course.speed if self._paused_speed is None else self._paused_speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = check_speed("speed", speed)
        with self._lock:
            if self._paused_speed is None:
                self._turn(checked)
            else:
                self._paused_speed = checked

    @property
    def is_paused(self) -> bool:
        return self._paused_speed is not None

    def pause(self) -> None:
        """Stand still until it is resumed; it can be moved meanwhile."""
        with self._lock:
            if self._paused_speed is None:
                self._paused_speed = self._course.speed
                self._turn(0)

    def resume(self) -> None:
        """Go on from where it stands."""
        with self._lock:
            if self._paused_speed is not None:
                self._turn(self._paused_speed)
                self._paused_speed = None

    def tick(self, seconds: float) -> float:
        """Move on by so many seconds at once; returns the new time.

        :raises InputError: for a step backwards.
        """
        with self._lock:
            checks.amount("now", self.now() + checks.amount("seconds", seconds))
            self._turn(self._course.speed, seconds)
            return self._course.begun

    def move_to(self, now: float) -> None:
        """Move on to a time at once.

        :raises InputError: for a time in the past.
        """
        with self._lock:
            if checks.amount("now", now) < self.now():
                raise _backwards(now, self.now())
            self._set(now)

    def restore(self, now: float) -> None:
        """Go to any time, also back.

        :raises InputError: for what is no Unix time.
        """
        with self._lock:
            self._set(checks.amount("now", now))

    def _set(self, now: float) -> None:
        """Go on from a time, exactly: a difference to the time now would be rounded."""
        self._course = _Course(now, time.monotonic(), self._course.speed)

    def _turn(self, speed: float, ahead: float = 0) -> None:
        """Another speed from now on, and perhaps a step ahead."""
        self._course = _Course(self.now() + ahead, time.monotonic(), speed)

    def reach(self, due: float) -> float:
        """Now: what a poll brings about happens at that poll."""
        return self.now()


class _Course(NamedTuple):
    """What a clock showed at a moment of the system's monotonic time, and its speed from there."""

    begun: float
    since: float
    speed: float


def check_speed(field: str, value: object) -> float:
    """Seconds of a clock for each second of the system, more than 0."""
    speed = checks.amount(field, value)
    if not speed:
        raise InputError(field, "time would stand still at 0; expected a number above 0")
    return speed


def _backwards(now: float, shown: float) -> InputError:
    return InputError("now", f"{now} is before the clock's {shown}; time does not run backwards")
