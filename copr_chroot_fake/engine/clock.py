"""Clocks: the only source of the current time, as Unix time in seconds.

Nothing ticks: due transitions are applied on access.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, Protocol, cast

from ..errors import InputError
from ..validation import checks

FIRST_NOW = 1_700_000_000
"""Where a virtual clock starts by default: 2023-11-14 22:13:20 UTC."""


class Clock(Protocol):
    """A source of time."""

    def now(self) -> float:
        """Return the current time."""

    def reach(self, due: float) -> float:
        """Return the time to record for a transition that was due at ``due`` and is applied now."""


def check_clock(location: str, value: object) -> Clock:
    """Return a clock.

    :raises InputError: for any other value.
    """
    clock = cast(Clock, value)
    try:
        is_clock = callable(clock.now) and callable(clock.reach)
    except Exception:
        is_clock = False
    if not is_clock:
        raise InputError(location, f"expected a VirtualClock or a SystemClock, got {checks.excerpt(clock)}")
    return clock


class _MovableClock(ABC):
    """What the kit's clocks have in common: tests can move them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.listeners: tuple[Callable[[], None], ...] = ()
        """Functions that are called after the clock was moved, or its speed has changed."""

    @abstractmethod
    def _time(self) -> float:
        """Return the current time, even if a subclass of the clock has another ``now``."""

    @abstractmethod
    def _set(self, now: float) -> None:
        """Continue from a time."""

    def tick(self, seconds: float) -> float:
        """Move the clock forward by a number of seconds at once, and return the new time.

        :raises InputError: for a step backwards.
        """
        with self._lock:
            current = self._time()
            now = current + checks.amount("seconds", seconds)
            if now > checks.LARGEST_INTEGER:
                limit = f"cannot go beyond {checks.LARGEST_INTEGER}; expected fewer"
                raise InputError("seconds", f"the clock is at {current:.10g}, and {limit}")
            self._set(now)
        self._call_listeners()
        return now

    def move_to(self, now: float) -> None:
        """Move the clock forward to a time at once.

        :raises InputError: for a time in the past.
        """
        with self._lock:
            to, current = checks.amount("now", now), self._time()
            if to < current:
                raise InputError("now", f"{to} is before the clock's {current}; time does not run backwards")
            self._set(to)
        self._call_listeners()

    def restore(self, now: float) -> None:
        """Set the clock to any time, also an earlier one, as restoring a snapshot does.

        :raises InputError: for an invalid Unix time.
        """
        with self._lock:
            self._set(checks.amount("now", now))
        self._call_listeners()

    def _call_listeners(self) -> None:
        for listener in self.listeners:
            listener()


class VirtualClock(_MovableClock):
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float = FIRST_NOW) -> None:
        super().__init__()
        self._now = checks.amount("now", now)

    def now(self) -> float:
        return self._now

    _time = now

    def __repr__(self) -> str:
        return f"<VirtualClock at {self._now:.10g}>"

    def _set(self, now: float) -> None:
        self._now = now

    def reach(self, due: float) -> float:
        """Return the later of both times: progress by poll or by method calls can be ahead of this clock."""
        return max(checks.number("due", due), self._now)


class _Course(NamedTuple):
    """The time of a clock at one time of the system's monotonic clock, and its speed from there.

    It is replaced as a whole, so that a thread or an interrupt sees no part of a change.
    """

    begun: float
    since: float
    speed: float
    paused_speed: float | None
    """The speed after a pause; ``None`` while it is not paused."""


class SystemClock(_MovableClock):
    """The system's time; it can be sped up, slowed down, paused and moved forward.

    :param speed: seconds of the fake for each second of the system.
    """

    def __init__(self, speed: float = 1) -> None:
        super().__init__()
        self._course = _Course(time.time(), time.monotonic(), check_speed("speed", speed), paused_speed=None)

    def now(self) -> float:
        begun, since, speed, _ = self._course
        # The largest time that Copr can store.
        return min(begun + (time.monotonic() - since) * speed, checks.LARGEST_INTEGER)

    _time = now

    def __repr__(self) -> str:
        return f"<SystemClock at {self.now():.10g}, speed {self.speed:g}{', paused' if self.is_paused else ''}>"

    @property
    def speed(self) -> float:
        """Seconds of the fake for each second of the system; while it is paused, the speed after the pause."""
        course = self._course
        return course.speed if course.paused_speed is None else course.paused_speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = check_speed("speed", speed)
        with self._lock:
            if self.is_paused:
                self._course = self._course._replace(paused_speed=checked)
            else:
                self._turn(checked)
        self._call_listeners()

    @property
    def is_paused(self) -> bool:
        return self._course.paused_speed is not None

    def pause(self) -> None:
        """Stop the clock until it is resumed; it can be moved meanwhile."""
        with self._lock:
            if not self.is_paused:
                self._turn(0, paused_speed=self._course.speed)
        self._call_listeners()

    def resume(self) -> None:
        """Let the clock run again, from its current time."""
        with self._lock:
            self._turn(self.speed)
        self._call_listeners()

    def _set(self, now: float) -> None:
        """Continue from a time, exactly: a difference to the current time would be rounded."""
        self._course = self._course._replace(begun=now, since=time.monotonic())

    def _turn(self, speed: float, paused_speed: float | None = None) -> None:
        """Use another speed from now on."""
        self._course = _Course(self.now(), time.monotonic(), speed, paused_speed)

    def reach(self, due: float) -> float:
        """Return the current time: a transition that a poll applies happens at that poll."""
        return self.now()


def check_speed(field: str, value: object) -> float:
    """Return a valid speed: seconds of a clock for each second of the system, more than 0."""
    speed = checks.amount(field, value)
    if not speed:
        raise InputError(field, "time would stand still at 0; expected a number above 0")
    return speed
