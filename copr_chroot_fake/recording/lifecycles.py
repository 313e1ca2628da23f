"""From what was seen of a chroot, and when, to a life that shows the same at the same times.

Where the service has stamped a time, that one counts, and not when somebody saw
it. What happened unseen between two looks is put in as the table of events has
it: two sightings say where it was, and only some ways lead from there to there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..client.results import ChrootStatus
from ..errors import InputError
from ..model.lifecycle import ABSENT, DELETED, PlannedStage, dump_plan, parse_lifecycle
from ..model.machine import Stamp, event_between, find_transition, shortest_path
from ..model.states import State
from .observations import BuildAnswers, ChrootAnswers, Sighting

_BUILDING = (State.STARTING, State.RUNNING)
_BUILT = (State.SUCCEEDED, State.FAILED)
_UNBUILT = (State.WAITING, State.IMPORTING, State.PENDING)


class Step(NamedTuple):
    """A chroot has come into a state at a Unix time, which the service has stamped, or somebody has seen."""

    state: str
    at: int
    is_stamped: bool = False
    without: frozenset[Stamp] = frozenset()


def live(
    entry: dict[str, object],
    build: BuildAnswers,
    chroot: ChrootAnswers,
    begun: int,
    canceled_at: int | None,
    left_out: list[str],
) -> None:
    """Give the entry of a chroot, which is as it was first seen, the life that was seen from there on.

    :param begun: when its life begins, as a Unix time.
    :param canceled_at: when its build was canceled, if it was.
    :param left_out: gets a line where no life is what was seen; the entry is then as it was seen last.
    """
    steps = _steps_of(build, chroot, begun)
    if len(steps) == 1:
        return
    stages = [*_stages_of(steps, canceled_at)]
    lifecycle = dump_plan(stages)
    try:
        parse_lifecycle("lifecycle", lifecycle)
    except InputError as error:
        left_out.append(f"build {build.id}, {entry['name']}: only how it was seen last, not how it got there: {error}")
        _stay(entry, chroot.last)
        return
    entry["lifecycle"] = lifecycle
    if stages[-1].state in _BUILT:
        # None is what came out, too.
        entry["packages"] = entry["packages"] or []
    if stages[0].state == ABSENT:
        entry.update(state=None, started_on=None, ended_on=None)


def _stay(entry: dict[str, object], status: ChrootStatus) -> None:
    entry.update(state=str(status.state), started_on=status.started_on, ended_on=status.ended_on)
    if status.result_url is None:
        entry["result_dir"] = None


def cancel_of(build: BuildAnswers, begun: int) -> int | None:
    """When a build is to be canceled, so that its chroots go on as they were seen to.

    That is when it was seen to be canceled, itself or the first of its chroots. But a life only has confirmations from
    then on: where something else has happened after that, it is as late as that.
    """
    if build.is_canceled:
        return begun
    lives = [_steps_of(build, chroot, begun) for chroot in build.chroots.values()]
    confirmed = [steps[-1].at for steps in lives if steps[-1].state == State.CANCELED]
    seen = [*confirmed, *([] if build.canceled_at is None else [build.canceled_at])]
    if not seen:
        return None
    other = [step.at for steps in lives for step in (steps[:-1] if _is_confirmed(steps) else steps)]
    return min([max([min(seen), *other]), *confirmed])


def _is_confirmed(steps: Sequence[Step]) -> bool:
    """Whether a chroot ends as it does in a canceled build."""
    before, last = steps[-2:] if len(steps) > 1 else (steps[0], steps[0])
    return last.state == State.CANCELED or (last.state == State.FAILED and before.state in _BUILDING)


def _steps_of(build: BuildAnswers, chroot: ChrootAnswers, begun: int) -> list[Step]:
    """What a chroot went through from a time on."""
    sightings = [*_merged(chroot.sightings)]
    first = sightings[0]
    steps = [Step(first.status.state, begun)]
    if first.at > build.seen_at:
        # It was not there yet when its build was first looked at.
        steps = [Step(ABSENT, begun), *_steps(_before(first.status), first)]
    for before, sighting in pairwise(sightings):
        between = _between(before.status, sighting.status)
        if between is not None:
            steps += _steps(between, sighting)
    if build.gone_at is not None and not sightings[-1].status.is_final:
        steps.append(Step(DELETED, build.gone_at))
    return _in_order(steps)


def _merged(sightings: Sequence[Sighting]) -> Iterator[Sighting]:
    """One for each state that a chroot has come into: when that was seen first, and how it was seen last."""
    latest, *rest = sightings
    for sighting in rest:
        if _between(latest.status, sighting.status) is None:
            latest = latest._replace(status=sighting.status)
        else:
            yield latest
            latest = sighting
    yield latest


def _steps(between: Sequence[State], sighting: Sighting) -> Iterator[Step]:
    """Unseen states, and the one that was seen."""
    status = sighting.status
    for state in (*between, State(status.state)):
        at, without = None, set()
        if state is State.STARTING:
            at = status.started_on
            if at is None:
                without.add(Stamp.STARTED_ON)
            # What waits again has lost its results.
            if status.result_url is None and status.state not in _UNBUILT:
                without.add(Stamp.RESULT_DIR)
        elif state in (*_BUILT, State.SKIPPED):
            at = status.ended_on
            if at is None:
                without.add(Stamp.ENDED_ON)
        elif state is State.RUNNING and state != status.state:
            yield Step(state, status.started_on or sighting.at)
            continue
        yield Step(state, sighting.at if at is None else at, at is not None, frozenset(without))


def _before(status: ChrootStatus) -> Sequence[State]:
    """What a chroot must have gone through that was not there at the look before."""
    if status.state == State.FAILED and status.result_url is None:
        return (State.WAITING,)
    if status.state in _BUILT:
        return _BUILDING
    return {State.RUNNING: (State.STARTING,), State.CANCELED: (State.PENDING,)}.get(State(status.state), ())


def _between(before: ChrootStatus, after: ChrootStatus) -> Sequence[State] | None:
    """What a chroot has gone through unseen from one look to the next; ``None`` if it has stayed what it was."""
    source, target = State(before.state), State(after.state)
    unseen: list[State] = []
    has_started = after.started_on not in (None, before.started_on)
    if source in _BUILDING and (target in _UNBUILT or target is State.CANCELED or _is_again(before, after)):
        # Its builder died.
        unseen.append(State.PENDING)
        source = State.PENDING
    if target is State.PENDING and source is State.PENDING and has_started:
        return (*unseen, State.STARTING)
    if source is target:
        return unseen[:-1] if unseen else None
    fails_to_import = target is State.FAILED and source in _UNBUILT and after.result_url is None
    if fails_to_import or (event_between(source, target) and not (target is State.FAILED and source in _UNBUILT)):
        return unseen
    if target is State.FAILED:
        return (*unseen, *_way(source, State.STARTING), State.STARTING)
    return (*unseen, *_way(source, target))


def _is_again(before: ChrootStatus, after: ChrootStatus) -> bool:
    """Whether a chroot that was being built has been started again since."""
    has_started = None not in (before.started_on, after.started_on) and before.started_on != after.started_on
    return has_started or (before.state == State.RUNNING and after.state == State.STARTING)


def _way(source: State, target: State) -> Sequence[State]:
    """The states on the shortest way, without its ends; none where there is no way."""
    states = []
    state = source
    for event in shortest_path(source, target) or ():
        transition = find_transition(event, state, canceled=False)
        assert transition is not None, "it is on a path through the table"
        state = transition.target
        states.append(state)
    return states[:-1]


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """No step before the one before it: what was stamped counts more than what was seen."""
    ordered = [*steps]
    for at in range(len(ordered) - 2, -1, -1):
        if not ordered[at].is_stamped:
            ordered[at] = ordered[at]._replace(at=min(ordered[at].at, ordered[at + 1].at))
    for at in range(len(ordered)):
        earliest = steps[0].at if at == 0 else ordered[at - 1].at
        ordered[at] = ordered[at]._replace(at=max(ordered[at].at, earliest))
    return ordered


def _stages_of(steps: Sequence[Step], canceled_at: int | None) -> Iterator[PlannedStage]:
    """Stages that last until the next step; once its build is canceled, there is only that to be confirmed."""
    *lasting, last = steps
    if _ends(last):
        if canceled_at is not None and last.state in (State.CANCELED, State.FAILED) and last.at >= canceled_at:
            yield from _confirmed(lasting, last.at, canceled_at)
        else:
            yield from _stages(lasting, last.at)
        yield PlannedStage(last.state, None, without=last.without)
    elif canceled_at is None:
        yield from _stages(steps, None)
    else:
        yield from _confirmed(steps, None, canceled_at)


def _ends(step: Step) -> bool:
    return step.state == DELETED or State(step.state).is_final


def _stages(steps: Sequence[Step], end: int | None) -> Iterator[PlannedStage]:
    ends = [*(step.at for step in steps[1:]), end]
    for step, until in zip(steps, ends, strict=True):
        yield PlannedStage(step.state, None if until is None else until - step.at, without=step.without)


def _confirmed(steps: Sequence[Step], end: int | None, canceled_at: int) -> Iterator[PlannedStage]:
    """The stages until a build is canceled, and the one in which its chroot stays until that is confirmed."""
    before = [step for at, step in enumerate(steps) if at == 0 or step.at <= canceled_at]
    last = before[-1]
    since = max(canceled_at, last.at)
    lasts = None if end is None else end - since
    if last.state == ABSENT:
        yield from _stages(steps, end)
    elif since == last.at:
        yield from _stages(before[:-1], since)
        yield PlannedStage(last.state, lasts, True, last.without)
    else:
        yield from _stages(before, since)
        yield PlannedStage(last.state, lasts, True)
