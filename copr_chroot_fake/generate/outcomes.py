"""What becomes of the chroots of a build, and when.

A build is drawn from its beginning to its end; how long ago it was submitted
says how far each of its chroots has got. So states fit times, and both the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from ..engine.build import CANCEL_SECONDS
from ..model.durations import LogNormal, draw_whole
from ..model.lifecycle import LIFECYCLES
from ..model.states import State
from .mock_chroots import MockChroot
from .random_choice import Weighted, chance, pick, whole

_UNFINISHED = (State.IMPORTING, State.PENDING, State.STARTING, State.RUNNING)

_IMPORTING, _PENDING, _STARTING, _RUNNING = (stage.lasts or 0 for stage in LIFECYCLES["realistic"].stages)

_PACE = {"aarch64": 1.2, "ppc64le": 1.3, "s390x": 1.6, "armv7hl": 4.0, "riscv64": 8.0}
"""How many times longer a build takes than on x86_64; an estimate of the kit's authors, as are the weights."""

_AGE = LogNormal(3600, 2, 1, 366 * 24 * 3600)
"""How long ago a build was submitted, in seconds."""

_FAILURES = Weighted(((0.02, 90), (0.5, 6), (1.0, 4)))
"""How likely it is that a chroot fails, which differs by build."""

_GONE_THROUGH = {State.FORKED: 0, State.SKIPPED: 1, State.CANCELED: 2}
"""How many stages there are before an end; all of them before any other."""


class Fate(NamedTuple):
    """When the stages of a chroot are over, in seconds from its build's submission, and how it ends."""

    ends: tuple[int, ...]
    outcome: State

    @property
    def imported(self) -> int:
        return self.ends[0]

    @property
    def started(self) -> int:
        return self.ends[1]

    @property
    def ended(self) -> int:
        return self.ends[3]


class Course(NamedTuple):
    """What has become of a build: how many seconds ago it was submitted, and its chroots' fates and states."""

    age: int
    fates: list[Fate]
    states: list[State]
    canceled: int | None
    """When a user has canceled it, in seconds from its submission."""


def drawn(random: Random, chroots: Sequence[MockChroot], age: int | None = None) -> Course:
    """What becomes of a build, so many seconds after its submission."""
    stages = _stages(random, chroots)
    if chance(random, 0.02):
        fates = [_ending(ends, State.FORKED) for ends in stages]
    else:
        failure, excluded = _FAILURES.pick(random), _excluded(random, chroots)
        fates = [
            _ending(ends, _outcome(random, chroot, failure, excluded))
            for ends, chroot in zip(stages, chroots, strict=True)
        ]
    over = _over(fates)
    canceled_at = whole(random, 0, over) if chance(random, 0.03) else over
    fates = [_canceled(fate, canceled_at) for fate in fates]
    age = int(draw_whole(_AGE, random)) if age is None else age
    first = pick(random, (State.WAITING, State.IMPORTING))
    states = [_state_at(fate, age, first) for fate in fates]
    return Course(age, fates, states, canceled_at if canceled_at < min(age, over) else None)


def told(random: Random, chroots: Sequence[MockChroot], state: State) -> Course:
    """What becomes of a build of which every chroot is in a state, if need be for a while."""
    stages = _stages(random, chroots)
    fates = [_ending(ends, state) for ends in stages]
    if state.is_final:
        age = _over(fates) + int(draw_whole(_AGE, random))
    else:
        at = _UNFINISHED.index(state) if state in _UNFINISHED else 0
        age = max(((0, *ends)[at] for ends in stages), default=0) + whole(random, 0, 4)
    canceled = max(0, _over(fates) - CANCEL_SECONDS) if state is State.CANCELED else None
    return Course(age, fates, [state] * len(fates), canceled)


def _over(fates: Sequence[Fate]) -> int:
    """When all of them have ended."""
    return max((fate.ended for fate in fates), default=0)


def _stages(random: Random, chroots: Sequence[MockChroot]) -> list[tuple[int, ...]]:
    """When the stages of each chroot are over, if it is built to the end."""
    imported = int(draw_whole(_IMPORTING, random))
    work = draw_whole(_RUNNING, random)
    stages: list[tuple[int, ...]] = []
    for chroot in chroots:
        pending = imported + int(draw_whole(_PENDING, random))
        starting = pending + int(draw_whole(_STARTING, random))
        running = starting + int(work * _PACE.get(chroot.arch, 1) * (0.8 + 0.4 * random.random()))
        stages.append((imported, pending, starting, running))
    return stages


def _excluded(random: Random, chroots: Sequence[MockChroot]) -> str | None:
    """The architecture that the package excludes, if there is one."""
    others = [chroot.arch for chroot in chroots if chroot.arch != "x86_64"]
    return pick(random, others) if others and chance(random, 0.05) else None


def _outcome(random: Random, chroot: MockChroot, failure: float, excluded: str | None) -> State:
    failed = chance(random, failure)
    if chroot.arch == excluded:
        return State.SKIPPED
    return State.FAILED if failed else State.SUCCEEDED


def _ending(ends: tuple[int, ...], outcome: State) -> Fate:
    """The fate of a chroot that ends in a way, perhaps before all stages are gone through."""
    gone = _GONE_THROUGH.get(outcome, len(ends))
    over = ends[gone - 1] if gone else 0
    return Fate((*ends[:gone], *[over] * (len(ends) - gone)), outcome)


def _canceled(fate: Fate, at: int) -> Fate:
    """What a fate becomes when a user cancels the build: what is being built then ends as failed."""
    if fate.ended <= at:
        return fate
    over = at + CANCEL_SECONDS
    if fate.started > at:
        return Fate((min(fate.imported, over), over, over, over), State.CANCELED)
    return Fate((fate.imported, fate.started, min(fate.ends[2], over), over), State.FAILED)


def _state_at(fate: Fate, age: int, first: State) -> State:
    """Where it is so many seconds after the submission; ``first`` is what the first stage is called."""
    for end, state in zip(fate.ends, (first, *_UNFINISHED[1:]), strict=True):
        if age < end:
            return state
    return fate.outcome
