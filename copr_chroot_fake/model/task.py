"""Tasks of Copr's build system, which its messages are about: source builds and build chroots."""

from __future__ import annotations

from .source import UNBUILT
from .states import State

_ENDED_FROM = {
    State.IMPORTING: UNBUILT,
    State.SUCCEEDED: (*UNBUILT, State.IMPORTING),
    State.FAILED: (State.PENDING, State.STARTING, State.RUNNING),
    State.CANCELED: (State.STARTING, State.RUNNING),
}
"""The states from which a task ends as it enters a state.

A chroot that fails while it waits for its source package, and one that is canceled before it starts, never was a task.
"""


def is_announced(state: State, started_on: int | None) -> bool:
    """Return whether the start of a task needs no message anymore: it runs, or it is rescheduled and keeps its start.

    Copr announces the first attempt only.
    """
    return state is State.RUNNING or (state is State.PENDING and started_on is not None)


def is_rescheduled(before: State, after: State) -> bool:
    """Return whether the builder of a task has died."""
    return after is State.PENDING and before in (State.STARTING, State.RUNNING)


def chroot_task_ends(before: State, after: State) -> bool:
    """Return whether the task of a build chroot ends with a change of its state."""
    return after is not State.IMPORTING and before in _ENDED_FROM.get(after, ())


def source_task_ends(before: State, after: State) -> bool:
    """Return whether the task of a source build ends with a change of its state; the import is no part of it."""
    return before is not State.IMPORTING and before in _ENDED_FROM.get(after, ())
