"""What holds of everything that a client can see of a build chroot, whatever happens behind it."""

from __future__ import annotations

from collections.abc import Mapping

from copr_chroot_fake import State
from copr_chroot_fake.model.machine import TRANSITIONS

FOLLOWS = {state: {t.target for t in TRANSITIONS if state in t.sources} for state in State}


def reachable(state: State) -> set[State]:
    """Where events lead from a state, that state itself included."""
    reached, todo = {state}, [state]
    while todo:
        for target in FOLLOWS[todo.pop()] - reached:
            reached.add(target)
            todo.append(target)
    return reached


REACHABLE = {state: reachable(state) for state in State}


def check_one(shown: Mapping[str, object]) -> None:
    """One view of a chroot that has followed the table is one that Copr could show."""
    state = State(str(shown["state"]))
    started, ended, results = shown["started_on"], shown["ended_on"], shown["result_url"]
    if state in (State.STARTING, State.RUNNING, State.SUCCEEDED):
        assert started is not None, shown
        assert results is not None, shown
    if state in (State.SUCCEEDED, State.FAILED, State.SKIPPED):
        assert isinstance(started, int), shown
        assert isinstance(ended, int), shown
        assert ended >= started, shown
    else:
        assert ended is None, shown
    if state in (State.WAITING, State.IMPORTING, State.CANCELED):
        assert results is None, shown


def check_step(before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """Two views, one after the other, can have been so: on a path of the table, and no time runs backwards."""
    state, later = State(str(before["state"])), State(str(after["state"]))
    assert later in REACHABLE[state], (before, after)
    if state.is_final:
        assert before == after
    for time in ("started_on", "ended_on"):
        was, now = before[time], after[time]
        if isinstance(was, int):
            assert isinstance(now, int), (before, after)
            assert now >= was, (before, after)
