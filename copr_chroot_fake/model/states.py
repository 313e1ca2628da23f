"""The states of a build chroot, and their numbers in Copr's database."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Literal

from ..validation import checks
from ..validation.rule import Rule


class State(str, Enum):
    """A state of a build chroot; compares equal to its name.

    The API reference lists eight of them; the service also shows ``waiting``, ``forked`` and ``unknown``.
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
        """Whether a chroot in this state has ended, successfully or not."""
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

STATES: Mapping[str, State] = {state.value: state for state in State}
"""The states by name."""

parse_state = checks.named(STATES, "a state")


StateValue = Annotated[State, Rule(parse_state)]
