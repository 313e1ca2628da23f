"""What the source build of a build goes through: nobody reports it, as what its chroots do tells it."""

from __future__ import annotations

from .states import State

SOURCE_STATES = (State.RUNNING, State.IMPORTING, State.SUCCEEDED)
"""What a source build that is well goes through, as far as its chroots tell it."""

BEFORE_THE_END = (State.WAITING, State.PENDING, State.STARTING, State.RUNNING, State.IMPORTING)
"""What a source build is in that has not ended."""
UNIMPORTED = (State.WAITING, State.IMPORTING)
"""What a chroot is in that waits for the source package."""


def source_of(first: str) -> State:
    """Where the source build is while a chroot is in the first stage of its life."""
    if first == State.IMPORTING:
        return State.IMPORTING
    # Copr does not know the chroots, or lets them wait, until there is a source package.
    return State.RUNNING if first in ("absent", State.WAITING) else State.SUCCEEDED


def source_after(source: State, before: State, after: State) -> State:
    """Where it is when a chroot has come from one state into another."""
    if source not in BEFORE_THE_END or after is State.WAITING:
        return source
    if after is State.IMPORTING:
        return State.IMPORTING
    if before in UNIMPORTED and after in (State.FAILED, State.CANCELED):
        # Chroots fail before they are built where their source does, or its import.
        return after
    return State.SUCCEEDED
