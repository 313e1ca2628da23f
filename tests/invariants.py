"""Invariants of every response with a build chroot."""

from __future__ import annotations

from collections.abc import Mapping

from copr_chroot_fake import State
from copr_chroot_fake.model.machine import TRANSITIONS

FOLLOWS = {state: {t.target for t in TRANSITIONS if state in t.sources} for state in State}


def reachable(state: State) -> set[State]:
    """Return all states to which events lead from a state, and the state itself."""
    found, pending = {state}, [state]
    while pending:
        for target in FOLLOWS[pending.pop()] - found:
            found.add(target)
            pending.append(target)
    return found


REACHABLE = {state: reachable(state) for state in State}


def check_chroot(chroot: Mapping[str, object]) -> None:
    """Check that Copr could return this chroot if it has followed the transition table."""
    state = State(str(chroot["state"]))
    started, ended, results = chroot["started_on"], chroot["ended_on"], chroot["result_url"]
    if state in (State.STARTING, State.RUNNING, State.SUCCEEDED):
        assert started is not None, chroot
        assert results is not None, chroot
    if state is State.FAILED and started is None:
        # The import failed.
        assert (ended, results) == (None, None), chroot
    elif state in (State.SUCCEEDED, State.FAILED, State.SKIPPED, State.FORKED):
        assert isinstance(started, int), chroot
        assert isinstance(ended, int), chroot
        assert ended >= started, chroot
    else:
        assert ended is None, chroot
    if state in (State.WAITING, State.IMPORTING) or (state is State.CANCELED and started is None):
        assert results is None, chroot


def check_change(before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """Check that a later response can follow an earlier one: on a path of the table, with later times."""
    state, later = State(str(before["state"])), State(str(after["state"]))
    assert later in REACHABLE[state], (before, after)
    if state.is_final:
        assert before == after
    for time in ("started_on", "ended_on"):
        was, now = before[time], after[time]
        if isinstance(was, int):
            assert isinstance(now, int), (before, after)
            assert now >= was, (before, after)
