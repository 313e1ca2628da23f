"""What Copr says of a whole build, from its source and its chroots."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..model.states import State

_SOURCE_COUNTS = (State.STARTING, State.PENDING, State.RUNNING, State.IMPORTING, State.FAILED)
_FIRST_OF = (
    State.RUNNING,
    State.STARTING,
    State.PENDING,
    State.FAILED,
    State.SUCCEEDED,
    State.SKIPPED,
    State.FORKED,
)


def state_of(is_canceled: bool, source: State, chroots: Collection[State]) -> State:
    """The state of a build: canceled, its source's while that counts, else the first that any chroot is in."""
    if is_canceled:
        return State.CANCELED
    if source in _SOURCE_COUNTS:
        return source
    if not chroots:
        return State.WAITING
    for state in _FIRST_OF:
        if state in chroots:
            return state
    # What only waits is about to be pending; nothing else is left of which the service could say what it is.
    return State.PENDING if State.WAITING in chroots else State.UNKNOWN


def earliest(times: Iterable[int | None]) -> int | None:
    """When a build has started: when the first of its chroots has."""
    return min((time for time in times if time), default=None)


def latest(times: Iterable[int | None]) -> int | None:
    """When a build has ended: when the last of its chroots has, and not at all while one has no end."""
    last = 0
    for time in times:
        if time is None:
            return None
        last = max(last, time)
    return last or None
