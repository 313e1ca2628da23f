"""The states that a build chroot can be in, and what Copr calls them in its database."""

from __future__ import annotations

from enum import Enum
from typing import Literal


class State(str, Enum):
    """A state of a build chroot; compares equal to its name.

    The API reference lists eight of them; the service also shows ``waiting``,
    ``forked`` and ``unknown``.
    """

    IMPORTING = "importing"
    WAITING = "waiting"
    PENDING = "pending"
    STARTING = "starting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    FORKED = "forked"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value

    @property
    def is_final(self) -> bool:
        """Whether a chroot in this state has ended, in whatever way."""
        return self in _FINAL


StateName = Literal[
    "importing",
    "waiting",
    "pending",
    "starting",
    "running",
    "succeeded",
    "failed",
    "canceled",
    "skipped",
    "forked",
    "unknown",
]

_FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELED, State.SKIPPED, State.FORKED})

STATUS_NUMBERS = {
    State.FAILED: 0,
    State.SUCCEEDED: 1,
    State.CANCELED: 2,
    State.RUNNING: 3,
    State.PENDING: 4,
    State.SKIPPED: 5,
    State.STARTING: 6,
    State.IMPORTING: 7,
    State.FORKED: 8,
    State.WAITING: 9,
    State.UNKNOWN: 1000,
}
"""The service's ``status`` column, by which a list can be ordered."""
