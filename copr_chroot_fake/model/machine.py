"""The state machine of a build chroot: which event leads from which state to which, and what it stamps.

The table is the whole of it, and what the diagram in the docs is drawn from.
It says what the recorded lives of builds show; what no recording shows (an
import that fails, a fork) it has from the service's source.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple

from .states import State


class Event(str, Enum):
    """What can happen to a build chroot."""

    IMPORT = "import"
    QUEUE = "queue"
    START = "start"
    RUN = "run"
    SUCCEED = "succeed"
    FAIL = "fail"
    SKIP = "skip"
    RESCHEDULE = "reschedule"
    CONFIRM_CANCEL = "confirm cancel"
    FORK = "fork"

    def __str__(self) -> str:
        return self.value


class Stamp(str, Enum):
    """What an event writes on a build chroot beside its state."""

    STARTED_ON = "started_on"
    ENDED_ON = "ended_on"
    RESULT_DIR = "result_dir"
    NO_RESULT_DIR = "no result_dir"
    PACKAGES = "packages"


class Transition(NamedTuple):
    """What an event does to a chroot in some states."""

    event: Event
    sources: tuple[State, ...]
    target: State
    stamps: tuple[Stamp, ...] = ()
    canceled: bool | None = None
    """Whether the build has to have been canceled, or not; ``None`` where it does not matter."""


_UNBUILT = (State.WAITING, State.IMPORTING, State.PENDING)
_BUILDING = (State.STARTING, State.RUNNING)
_AT_ONCE = (Stamp.STARTED_ON, Stamp.ENDED_ON)

TRANSITIONS = (
    Transition(Event.IMPORT, (State.WAITING,), State.IMPORTING),
    Transition(Event.QUEUE, (State.WAITING, State.IMPORTING), State.PENDING),
    Transition(Event.START, (State.PENDING,), State.STARTING, (Stamp.STARTED_ON, Stamp.RESULT_DIR), canceled=False),
    Transition(Event.RUN, (State.STARTING,), State.RUNNING),
    Transition(Event.SUCCEED, _BUILDING, State.SUCCEEDED, (Stamp.ENDED_ON, Stamp.PACKAGES)),
    Transition(Event.FAIL, _BUILDING, State.FAILED, (Stamp.ENDED_ON,)),
    # The source or its import failed, of which the chroots learn all at once.
    Transition(Event.FAIL, (State.WAITING, State.IMPORTING), State.FAILED, _AT_ONCE),
    Transition(Event.SKIP, _UNBUILT, State.SKIPPED, _AT_ONCE),
    # Its builder died. It keeps started_on until it starts again.
    Transition(Event.RESCHEDULE, _BUILDING, State.PENDING, (Stamp.NO_RESULT_DIR,)),
    # A chroot that was starting keeps started_on and its result directory.
    Transition(Event.CONFIRM_CANCEL, (*_UNBUILT, State.STARTING), State.CANCELED, canceled=True),
    # A chroot that was running when it was canceled ends as failed.
    Transition(Event.CONFIRM_CANCEL, (State.RUNNING,), State.FAILED, (Stamp.ENDED_ON,), canceled=True),
    Transition(Event.FORK, (State.WAITING,), State.FORKED, (Stamp.RESULT_DIR,)),
)
"""All that can happen. ``unknown`` is in none: nothing leads there, and nothing away."""

_BY_EVENT = {(transition.event, source): transition for transition in TRANSITIONS for source in transition.sources}

_FORWARD = tuple(t for t in TRANSITIONS if t.event not in (Event.RESCHEDULE, Event.CONFIRM_CANCEL))


def find_transition(event: Event, state: State, canceled: bool) -> Transition | None:
    """What an event does in a state; ``None`` where it cannot happen."""
    transition = _BY_EVENT.get((event, state))
    if transition is None or transition.canceled not in (None, canceled):
        return None
    return transition


def possible_events(state: State, canceled: bool) -> list[Event]:
    return [event for event in Event if find_transition(event, state, canceled)]


def event_between(source: State, target: State) -> Event | None:
    """The event that leads straight from one state to another; ``None`` where none does."""
    for transition in TRANSITIONS:
        if source in transition.sources and transition.target is target:
            return transition.event
    return None


_STARTED = (Stamp.STARTED_ON, Stamp.RESULT_DIR)

_STAMPS_OF = {
    State.STARTING: _STARTED,
    State.RUNNING: _STARTED,
    State.SUCCEEDED: (*_STARTED, Stamp.ENDED_ON, Stamp.PACKAGES),
    State.FAILED: (*_STARTED, Stamp.ENDED_ON),
    State.SKIPPED: _AT_ONCE,
    State.FORKED: (Stamp.RESULT_DIR,),
}


def stamps_of(state: State) -> tuple[Stamp, ...]:
    """What is written down of a chroot that has got to a state the usual way."""
    return _STAMPS_OF.get(state, ())


def shortest_path(source: State, target: State) -> list[Event] | None:
    """The fewest events, none of them a mishap, that lead from one state to another."""
    paths: dict[State, list[Event]] = {source: []}
    reached = deque([source])
    while reached and target not in paths:
        state = reached.popleft()
        for transition in _FORWARD:
            if state in transition.sources and transition.target not in paths:
                paths[transition.target] = [*paths[state], transition.event]
                reached.append(transition.target)
    return paths.get(target)
