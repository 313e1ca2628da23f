"""Derive lifecycles from observed statuses.

A time stamped by Copr takes precedence over the time of a poll. States that were missed between two polls are derived
from the transition table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..client.results import ChrootStatus
from ..model.lifecycle import ABSENT, DELETED, PlannedStage
from ..model.machine import Stamp, event_between, find_transition, shortest_paths
from ..model.states import State
from .recorder import ObservedBuild, ObservedChroot, ObservedStatus

_BUILDING = (State.STARTING, State.RUNNING)
_BUILT = (State.SUCCEEDED, State.FAILED)
_UNBUILT = (State.WAITING, State.IMPORTING, State.PENDING)


class Step(NamedTuple):
    """A state of a chroot and its start, as a Unix time: stamped by Copr, or the time of a poll."""

    state: str
    at: int
    is_stamped: bool = False
    without: frozenset[Stamp] = frozenset()


def derive_lifecycles(
    build: ObservedBuild, chroots: Mapping[str, ObservedChroot], started_at: int
) -> Mapping[str, Sequence[PlannedStage]]:
    """Return the stages of each chroot by name, beginning at the start of the recording."""
    steps = {name: _find_steps(build, chroot, started_at) for name, chroot in chroots.items()}
    canceled_at = _find_cancellation(build, [*steps.values()], started_at)
    return {name: [*_plan_stages(steps[name], canceled_at)] if len(steps[name]) > 1 else [] for name in chroots}


def _find_cancellation(build: ObservedBuild, chroots: Sequence[Sequence[Step]], started_at: int) -> int | None:
    """Return when the recorded build is canceled, as a Unix time.

    That is when the build, or the first of its chroots, was seen canceled. But a lifecycle can only have confirmations
    after the cancellation: if a chroot has entered another state later, the cancellation is put off until then.
    """
    if build.was_canceled:
        return started_at
    confirmed = [steps[-1].at for steps in chroots if steps[-1].state == State.CANCELED]
    observed = [*confirmed, *([] if build.canceled_at is None else [build.canceled_at])]
    if not observed:
        return None
    other = [step.at for steps in chroots for step in (steps[:-1] if _is_confirmed(steps) else steps)]
    return min([max([min(observed), *other]), *confirmed])


def _is_confirmed(steps: Sequence[Step]) -> bool:
    """Return whether a chroot ends as chroots of a canceled build do."""
    before, last = steps[-2:] if len(steps) > 1 else (steps[0], steps[0])
    return last.state == State.CANCELED or (last.state == State.FAILED and before.state in _BUILDING)


def _find_steps(build: ObservedBuild, chroot: ObservedChroot, started_at: int) -> list[Step]:
    """Return the states of a chroot since the start of the recording."""
    observed = [*_merge_unchanged(chroot.statuses)]
    first = observed[0]
    steps = [Step(first.status.state, started_at)]
    if first.at > build.first_seen:
        # The first poll of the build did not have this chroot.
        steps = [Step(ABSENT, started_at), *_stamp(_states_before(first.status), first, started_at)]
    for before, after in pairwise(observed):
        missed = _states_between(before.status, after.status)
        if missed is not None:
            steps += _stamp(missed, after, before.at)
    if build.deleted_at is not None and not observed[-1].status.is_final:
        steps.append(Step(DELETED, build.deleted_at))
    return _order(steps)


def _merge_unchanged(statuses: Sequence[ObservedStatus]) -> Iterator[ObservedStatus]:
    """Yield one entry per state that the chroot entered: the time of the first poll and the last status."""
    latest, *rest = statuses
    for observed in rest:
        if _states_between(latest.status, observed.status) is None:
            latest = latest._replace(status=observed.status)
        else:
            yield latest
            latest = observed
    yield latest


def _stamp(missed: Sequence[State], observed: ObservedStatus, since: int) -> Iterator[Step]:
    """Yield steps for the states that were missed since another poll, and for the observed one."""
    status = observed.status
    for state in (*missed, State(status.state)):
        at, without = None, set()
        if state is State.STARTING:
            at = status.started_on
            if at is None:
                without.add(Stamp.STARTED_ON)
            # A chroot that waits again has lost its results.
            if status.result_url is None and status.state not in _UNBUILT:
                without.add(Stamp.RESULT_DIR)
        elif state in (*_BUILT, State.SKIPPED):
            at = status.ended_on
            if at is None:
                without.add(Stamp.ENDED_ON)
            # The import was missed: chroots that fail while waiting have both times, chroots that fail then have none.
            if status.started_on is None and at is None:
                without.add(Stamp.STARTED_ON)
        elif state is State.FORKED and status.ended_on is not None and status.ended_on > since:
            # The original build's times are earlier.
            at = status.ended_on
        elif state is State.RUNNING and state != status.state:
            yield Step(state, status.started_on or observed.at)
            continue
        yield Step(state, observed.at if at is None else at, at is not None, frozenset(without))


def _states_before(status: ChrootStatus) -> Sequence[State]:
    """Return the states that a chroot must have gone through if it did not exist at the previous poll."""
    if status.state == State.FAILED and status.result_url is None:
        return (State.WAITING,)
    if status.state in _BUILT:
        return _BUILDING
    return {State.RUNNING: (State.STARTING,), State.CANCELED: (State.PENDING,)}.get(State(status.state), ())


def _states_between(before: ChrootStatus, after: ChrootStatus) -> Sequence[State] | None:
    """Return the states that were missed between two polls; ``None`` if the chroot kept its state."""
    source, target = State(before.state), State(after.state)
    missed: list[State] = []
    has_started = after.started_on not in (None, before.started_on)
    if source in _BUILDING and (target in _UNBUILT or target is State.CANCELED or _has_restarted(before, after)):
        # The builder died.
        missed.append(State.PENDING)
        source = State.PENDING
    if target is State.PENDING and source is State.PENDING and has_started:
        return (*missed, State.STARTING)
    if source is target:
        return missed[:-1] if missed else None
    fails_to_import = target is State.FAILED and source in _UNBUILT and after.result_url is None
    if fails_to_import or (event_between(source, target) and not (target is State.FAILED and source in _UNBUILT)):
        return missed
    if target is State.FAILED:
        return (*missed, *_states_on_path(source, State.STARTING), State.STARTING)
    return (*missed, *_states_on_path(source, target))


def _has_restarted(before: ChrootStatus, after: ChrootStatus) -> bool:
    """Return whether a running build of a chroot was restarted."""
    has_started = None not in (before.started_on, after.started_on) and before.started_on != after.started_on
    return has_started or (before.state == State.RUNNING and after.state == State.STARTING)


def _states_on_path(source: State, target: State) -> Sequence[State]:
    """Return the states on the shortest path, without its ends; none if there is no path."""
    states = []
    state = source
    for event in shortest_paths(source).get(target, ()):
        transition = find_transition(event, state, canceled=False)
        assert transition is not None, "it is on a path through the table"
        state = transition.target
        states.append(state)
    return states[:-1]


def _order(steps: Sequence[Step]) -> list[Step]:
    """Make the times ascend; a stamped time takes precedence over the time of a poll."""
    ordered = [*steps]
    for at in range(len(ordered) - 2, -1, -1):
        if not ordered[at].is_stamped:
            ordered[at] = ordered[at]._replace(at=min(ordered[at].at, ordered[at + 1].at))
    for at in range(len(ordered)):
        earliest = steps[0].at if at == 0 else ordered[at - 1].at
        ordered[at] = ordered[at]._replace(at=max(ordered[at].at, earliest))
    return ordered


def _plan_stages(steps: Sequence[Step], canceled_at: int | None) -> Iterator[PlannedStage]:
    """Yield stages that last until the next step; after a cancellation only its confirmation can follow."""
    *lasting, last = steps
    if last.state == DELETED or State(last.state).is_final:
        if canceled_at is not None and last.state in (State.CANCELED, State.FAILED) and last.at >= canceled_at:
            yield from _plan_canceled(lasting, last.at, canceled_at)
        else:
            yield from _plan_until(lasting, last.at)
        yield PlannedStage(last.state, None, without=last.without)
    elif canceled_at is None:
        yield from _plan_until(steps, None)
    else:
        yield from _plan_canceled(steps, None, canceled_at)


def _plan_until(steps: Sequence[Step], end: int | None) -> Iterator[PlannedStage]:
    """Yield stages; the last one ends at a Unix time, or never."""
    ends = [*(step.at for step in steps[1:]), end]
    for step, until in zip(steps, ends, strict=True):
        yield PlannedStage(step.state, None if until is None else until - step.at, without=step.without)


def _plan_canceled(steps: Sequence[Step], end: int | None, canceled_at: int) -> Iterator[PlannedStage]:
    """Yield the stages until the build is canceled, and the stage in which the chroot waits for the confirmation."""
    before = [step for at, step in enumerate(steps) if at == 0 or step.at <= canceled_at]
    last = before[-1]
    since = max(canceled_at, last.at)
    lasts = None if end is None else end - since
    if last.state == ABSENT:
        yield from _plan_until(steps, end)
    elif since == last.at:
        yield from _plan_until(before[:-1], since)
        yield PlannedStage(last.state, lasts, True, last.without)
    else:
        yield from _plan_until(before, since)
        yield PlannedStage(last.state, lasts, True)
