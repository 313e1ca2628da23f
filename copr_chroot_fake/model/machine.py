"""The state machine of a build chroot: which event leads from which state to which, and what it stamps.

The table is complete, and the diagram in the docs is generated from it. Its source is the recordings of the service.
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
    CONFIRM_CANCEL = "confirm-cancel"
    FORK = "fork"

    def __str__(self) -> str:
        return self.value


class Stamp(str, Enum):
    """A field of a build chroot that an event sets, beside its state."""

    STARTED_ON = "started_on"
    ENDED_ON = "ended_on"
    RESULT_DIR = "result_dir"
    NO_RESULT_DIR = "no result_dir"
    PACKAGES = "packages"


class Transition(NamedTuple):
    """The effect of an event on a chroot in one of some states."""

    event: Event
    sources: tuple[State, ...]
    target: State
    stamps: tuple[Stamp, ...] = ()
    canceled: bool | None = None
    """Whether the build has to be canceled, or must not be; ``None`` if either is possible."""


_UNBUILT = (State.WAITING, State.IMPORTING, State.PENDING)
_BUILDING = (State.STARTING, State.RUNNING)
_TIMES = (Stamp.STARTED_ON, Stamp.ENDED_ON)

TRANSITIONS = (
    Transition(Event.IMPORT, (State.WAITING,), State.IMPORTING),
    Transition(Event.QUEUE, (State.WAITING, State.IMPORTING), State.PENDING),
    Transition(Event.START, (State.PENDING,), State.STARTING, (Stamp.STARTED_ON, Stamp.RESULT_DIR), canceled=False),
    Transition(Event.RUN, (State.STARTING,), State.RUNNING),
    Transition(Event.SUCCEED, _BUILDING, State.SUCCEEDED, (Stamp.ENDED_ON, Stamp.PACKAGES)),
    Transition(Event.FAIL, _BUILDING, State.FAILED, (Stamp.ENDED_ON,)),
    # The source build failed, or the package excludes the architecture: the chroot gets the times of the source build.
    Transition(Event.FAIL, (State.WAITING,), State.FAILED, _TIMES),
    Transition(Event.SKIP, _UNBUILT, State.SKIPPED, _TIMES),
    # The import failed: Copr stores no times, so the build never ends.
    Transition(Event.FAIL, (State.IMPORTING,), State.FAILED),
    # Its builder died. It keeps started_on until it starts again. A canceled build is not built again.
    Transition(Event.RESCHEDULE, _BUILDING, State.PENDING, (Stamp.NO_RESULT_DIR,), canceled=False),
    # A chroot that was starting keeps started_on and its result directory.
    Transition(Event.CONFIRM_CANCEL, (*_UNBUILT, State.STARTING), State.CANCELED, canceled=True),
    # A chroot that was running when it was canceled ends as failed.
    Transition(Event.CONFIRM_CANCEL, (State.RUNNING,), State.FAILED, (Stamp.ENDED_ON,), canceled=True),
    # A copy of a chroot that was built before.
    Transition(Event.FORK, (State.WAITING,), State.FORKED, (*_TIMES, Stamp.RESULT_DIR)),
)
"""All possible transitions. No transition has the state ``unknown``."""

_BY_EVENT = {(transition.event, source): transition for transition in TRANSITIONS for source in transition.sources}

_FORWARD = tuple(t for t in TRANSITIONS if t.event not in (Event.RESCHEDULE, Event.CONFIRM_CANCEL))


def find_transition(event: Event, state: State, canceled: bool) -> Transition | None:
    """Return the transition of an event in a state; ``None`` if it is impossible."""
    transition = _BY_EVENT.get((event, state))
    if transition is None or transition.canceled not in (None, canceled):
        return None
    return transition


def possible_events(state: State, canceled: bool) -> list[Event]:
    """Return the events that are possible in a state."""
    return [event for event in Event if find_transition(event, state, canceled)]


def event_between(source: State, target: State) -> Event | None:
    """Return the event that leads directly from one state to another; ``None`` if there is none."""
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
    State.SKIPPED: _TIMES,
    State.FORKED: (*_STARTED, Stamp.ENDED_ON),
}


def stamps_of(state: State) -> tuple[Stamp, ...]:
    """Return the fields that are set for a chroot that has reached a state in the usual way."""
    return _STAMPS_OF.get(state, ())


def shortest_paths(source: State) -> dict[State, list[Event]]:
    """Return the fewest events that lead to each state that can be reached, without rescheduling and canceling."""
    paths: dict[State, list[Event]] = {source: []}
    reached = deque([source])
    while reached:
        state = reached.popleft()
        for transition in _FORWARD:
            if state in transition.sources and transition.target not in paths:
                paths[transition.target] = [*paths[state], transition.event]
                reached.append(transition.target)
    return paths
