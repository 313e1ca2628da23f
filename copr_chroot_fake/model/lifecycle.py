"""The lifecycle of a build chroot as data: the stages it goes through, how long each lasts and how it ends.

A :class:`Lifecycle` is the rule, with durations and outcomes that may be random; a *plan* is one sequence drawn from
it. Beside the service's states there are two stages without a chroot: ``absent``, before Copr knows which chroots a
build has, and ``deleted``, after the build is gone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias, TypedDict

from ..errors import InputError, InputErrors, below
from ..validation import checks
from ..validation.checks import Amount
from ..validation.rule import Keywords, Relation, Rule, Written, frozen
from ..validation.spec import dump, parse, parse_list, parse_mapping, validate
from .durations import Duration, DurationValue, LogNormal, Uniform, draw_whole
from .machine import Stamp, event_between
from .states import STATES, State, StateName, parse_state

ABSENT = "absent"
DELETED = "deleted"

OMITTABLE = (Stamp.STARTED_ON, Stamp.ENDED_ON, Stamp.RESULT_DIR, Stamp.PACKAGES)
"""What the service may fail to set when a stage begins."""

_STAGES: Mapping[str, str] = {**STATES, ABSENT: ABSENT, DELETED: DELETED}
_ENDINGS: Mapping[str, str] = {**STATES, DELETED: DELETED}

_parse_ending = checks.named(_ENDINGS, "an ending")
_parse_stamp = checks.named({stamp.value: stamp for stamp in OMITTABLE})


def _parse_endings(location: str, value: object) -> Mapping[str, float]:
    """Return the weights of one ending or several."""
    if checks.plain_text(value) is not None:
        return {_parse_ending(location, value): 1}
    return parse_mapping(_parse_ending, checks.amount, location, value)


def _dump_endings(weights: Mapping[str, float]) -> object:
    return {str(ending): weight for ending, weight in weights.items()}


def _parse_stamps(location: str, value: object) -> frozenset[Stamp]:
    return frozenset(parse_list(_parse_stamp, location, value))


def _dump_stamps(stamps: frozenset[Stamp]) -> object:
    return sorted(stamp.value for stamp in stamps)


StageName = Annotated[str, Rule(checks.named(_STAGES, "a stage"), str), Keywords(enum=[*_STAGES])]
_Ending = Annotated[str, Keywords(enum=[*_ENDINGS])]
_Stamp = Annotated[str, Keywords(enum=[stamp.value for stamp in OMITTABLE])]
_Endings = Annotated[
    Mapping[str, float] | str, Rule(_parse_endings, _dump_endings), Written(_Ending | Mapping[_Ending, Amount])
]
_Stamps = Annotated[frozenset[Stamp], Rule(_parse_stamps, _dump_stamps), Written(list[_Stamp])]


def _check_ends(stage: Stage) -> Iterable[tuple[str, str]]:
    if stage.ends and (stage.lasts is None or not any(_weights_of(stage).values())):
        yield "ends", "expected weights that are not all 0, and a stage that lasts some seconds"


@frozen()
class Stage:
    """A state, how many seconds it lasts, and how it ends if not simply with the next stage.

    :param lasts: seconds, fixed or random; forever if ``None``.
    :param ends: the state that follows, or several with their weights. If it is the state of the next stage, the
        lifecycle continues there; any other state ends it.
    :param canceled: whether the build is canceled when the stage begins.
    :param without: values that the service fails to set when the stage begins.
    :raises InputError: naming the field.
    """

    state: StageName
    lasts: DurationValue | None = None
    ends: _Endings = field(default_factory=dict)
    canceled: bool = False
    without: _Stamps = frozenset()
    _RELATIONS: ClassVar[tuple[object, ...]] = (Relation(("lasts", "ends"), _check_ends, frozenset({"ends"})),)

    def __post_init__(self) -> None:
        validate(self)


def _weights_of(stage: Stage) -> Mapping[str, float]:
    """Return the endings of a stage by their weights."""
    return _parse_endings("ends", stage.ends) if isinstance(stage.ends, str) else stage.ends


class PlannedStage(NamedTuple):
    """A stage of one plan, with everything drawn; ``lasts`` in seconds."""

    state: str
    lasts: float | None
    canceled: bool = False
    without: frozenset[Stamp] = frozenset()


Plan = tuple[PlannedStage, ...]


class Lifecycle:
    """The stages that a build chroot goes through, one after the other.

    :raises InputErrors: naming each stage that is invalid, or that cannot follow the one before it.
    """

    __slots__ = ("_fixed_plan", "stages")

    def __init__(self, *stages: Stage) -> None:
        for at, stage in enumerate(stages):
            if not checks.is_kind(stage, Stage):
                raise InputError(f"stages[{at}]", f"expected a Stage, got {checks.excerpt(stage)}")
        errors = [InputError(f"stages{location}", problem) for location, problem in _order_errors(stages)]
        if errors:
            raise InputErrors(errors)
        self.stages = stages
        is_random = any(stage.ends or isinstance(stage.lasts, (Uniform, LogNormal)) for stage in stages)
        self._fixed_plan = None if is_random else _draw(stages, Random(0), ())

    def plan(self, seed: str, *, through: State | None = None) -> Plan:
        """Return one plan: the same for the same seed, and the same for all seeds if nothing is random.

        :param through: a state that it must contain, if the lifecycle can get there.
        """
        state = None if through is None else parse_state("through", through)
        return self._fixed_plan or _draw(self.stages, Random(checks.text("seed", seed)), _way_to(self, state))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lifecycle) and self.stages == other.stages

    def __hash__(self) -> int:
        return hash(tuple(stage.state for stage in self.stages))

    def __repr__(self) -> str:
        return f"<Lifecycle {' '.join(str(stage.state) for stage in self.stages)}>"


LifecycleName = Literal[
    "succeeds",
    "as-deployed",
    "fails",
    "source-fails",
    "import-fails",
    "skipped",
    "canceled-while-pending",
    "canceled-while-running",
    "retried",
    "forked",
    "stuck-pending",
    "stuck-running",
    "no-ended-on",
    "deleted",
    "appears-late",
    "realistic",
]
"""The names in :data:`LIFECYCLES`, for type checkers."""


class LifecycleFields(TypedDict):
    """The fields of a lifecycle, for type checkers."""

    stages: Iterable[Stage | StageFields]


class _StageState(TypedDict):
    state: StateName | Literal["absent", "deleted"]


class StageFields(_StageState, total=False):
    """The fields of a :class:`Stage`, for type checkers."""

    lasts: Duration | Mapping[str, object] | None
    ends: StateName | Literal["deleted"] | Mapping[StateName | Literal["deleted"], float]
    canceled: bool
    without: Iterable[Literal["started_on", "ended_on", "result_dir", "packages"]]


LifecycleLike: TypeAlias = Lifecycle | LifecycleName | LifecycleFields
"""A lifecycle, the name of one, or ``{"stages": […]}``."""


def positions(lifecycle: Lifecycle, state: State) -> list[int]:
    """Return the indexes that the stages of a state can have in a plan."""
    found = []
    for index, (stage, following) in enumerate(zip(lifecycle.stages, (*lifecycle.stages[1:], None), strict=True)):
        endings = [ending for ending, weight in _weights_of(stage).items() if weight]
        if stage.state == state:
            found.append(index)
        if state in endings and (following is None or following.state != state):
            found.append(index + 1)
        if endings and (following is None or following.state not in endings):
            break
    return found


def has_end(lifecycle: Lifecycle, index: int) -> bool:
    """Whether the stage at an index of a plan can end."""
    return index < len(lifecycle.stages) and lifecycle.stages[index].lasts is not None


def _way_to(lifecycle: Lifecycle, state: State | None) -> Sequence[str]:
    """Return the endings of the first stages with which a plan reaches a state."""
    found = [] if state is None else positions(lifecycle, state)
    if not found or state is None:
        return ()
    return [*(stage.state for stage in lifecycle.stages[1 : found[0]]), state][: found[0]]


def _draw(stages: Sequence[Stage], random: Random, required: Sequence[str]) -> Plan:
    """Return a random plan; ``required`` are the endings of its first stages that are not random."""
    plan = []
    for index, (stage, following) in enumerate(zip(stages, (*stages[1:], None), strict=True)):
        lasts = None if stage.lasts is None else draw_whole(stage.lasts, random)
        plan.append(PlannedStage(stage.state, lasts, stage.canceled, stage.without))
        if stage.ends:
            drawn = _draw_ending(_weights_of(stage), random)
            ending = required[index] if index < len(required) else drawn
            if following is None or ending != following.state:
                plan.append(PlannedStage(ending, None))
                break
    return tuple(plan)


def _draw_ending(weights: Mapping[str, float], random: Random) -> str:
    possible = [(ending, weight) for ending, weight in weights.items() if weight]
    *others, (last, _) = possible
    left = random.random() * sum(weight for _, weight in possible)
    for ending, weight in others:
        left -= weight
        if left < 0:
            return ending
    return last


def _order_errors(stages: Sequence[Stage]) -> Iterator[tuple[str, str]]:
    if not stages:
        yield "", "a lifecycle has at least one stage"
        return
    if stages[0].state == DELETED:
        yield "[0].state", "a lifecycle cannot begin with deleted; expected a state, or absent"
    for at, (stage, following) in enumerate(itertools.pairwise(stages)):
        if stage.lasts is None:
            yield f"[{at}].lasts", "another stage follows; expected the seconds that this one lasts"
        for ending in (*_weights_of(stage), following.state):
            yield from _ending_errors(at, stage, ending)
    last = stages[-1]
    if last.lasts is not None and not last.ends:
        yield f"[{len(stages) - 1}].ends", "no stage follows; expected the final state, or a stage without lasts"
    for ending in _weights_of(last):
        yield from _ending_errors(len(stages) - 1, last, ending)


def _ending_errors(at: int, stage: Stage, ending: str) -> Iterator[tuple[str, str]]:
    if ending == ABSENT:
        yield f"[{at}]", "absent can only be the first stage of a lifecycle, and not an ending"
    elif not _can_follow(stage.state, stage.canceled, ending):
        canceled = ", once its build is canceled," if stage.canceled else ""
        yield f"[{at}]", f"no event leads from {stage.state}{canceled} to {ending}; see the table of events"


@cache
def _can_follow(state: str, canceled: bool, following: str) -> bool:
    if state == DELETED:
        return False
    if not (isinstance(state, State) and isinstance(following, State)):
        return True
    if following is state:
        return True
    event = event_between(state, following)
    # A canceled build starts nothing and continues nothing.
    return event is not None and (not canceled or following in (State.CANCELED, State.FAILED))


def couples_chroots(plan: Plan) -> bool:
    """Whether a chroot's plan can affect the other chroots of its build: it cancels or deletes it, or appears late."""
    return any(stage.canceled or stage.state in (ABSENT, DELETED, State.CANCELED) for stage in plan)


@frozen(kw_only=True)
class _LifecycleObject:
    """The stages that a build chroot goes through, one after the other."""

    stages: Annotated[tuple[Stage, ...], Keywords(minItems=1)]


def parse_lifecycle(location: str, value: object) -> Lifecycle:
    """Return the lifecycle of a name, or of ``{"stages": […]}``.

    :raises InputErrors: for an unknown name, listing the known ones, or naming each invalid stage.
    """
    if checks.is_kind(value, Lifecycle):
        return value
    if checks.plain_text(value) is not None:
        return checks.named(LIFECYCLES)(location, value)
    stages = parse(_LifecycleObject, location, value).stages
    try:
        return Lifecycle(*stages)
    except InputError as error:
        raise below(error, location) from None


def dump_lifecycle(lifecycle: Lifecycle) -> dict[str, object]:
    """Return what parses back to the same lifecycle."""
    return {"stages": [dump(stage) for stage in lifecycle.stages]}


def dump_plan(plan: Iterable[PlannedStage]) -> dict[str, object]:
    """Return what parses back to a lifecycle with one possible plan."""
    return {"stages": [_dump_planned(stage) for stage in plan]}


def _dump_planned(stage: PlannedStage) -> dict[str, object]:
    dumped: dict[str, object] = {
        "state": str(stage.state),
        "lasts": stage.lasts,
        "canceled": stage.canceled or None,
        "without": _dump_stamps(stage.without) or None,
    }
    return {name: value for name, value in dumped.items() if value is not None}


_Arguments = tuple[Any, ...]
"""Those of a :class:`Stage`."""

_TO_RUNNING: tuple[_Arguments, ...] = (("importing", 10), ("pending", 30), ("starting", 20), ("running", 240))

_BY_NAME: Mapping[LifecycleName, tuple[_Arguments, ...]] = {
    # The documented lifecycle, and the same as the deployed service begins it.
    "succeeds": (*_TO_RUNNING, ("succeeded",)),
    "as-deployed": (("waiting", 10), *_TO_RUNNING[1:], ("succeeded",)),
    "fails": (*_TO_RUNNING, ("failed",)),
    "source-fails": (("waiting", 10), ("failed",)),
    "import-fails": (("importing", 10), ("failed",)),
    "skipped": (("importing", 10), ("skipped",)),
    "canceled-while-pending": (("importing", 10), ("pending", 30), ("pending", 10, {}, True), ("canceled",)),
    "canceled-while-running": (*_TO_RUNNING, ("running", 10, {}, True), ("failed",)),
    "retried": (*_TO_RUNNING, *_TO_RUNNING[1:], ("succeeded",)),
    "forked": (("waiting", 10), ("forked",)),
    "stuck-pending": (("importing", 10), ("pending",)),
    "stuck-running": (*_TO_RUNNING[:-1], ("running",)),
    "no-ended-on": (*_TO_RUNNING, ("succeeded", None, {}, False, ("ended_on",))),
    "deleted": (*_TO_RUNNING, ("deleted",)),
    "appears-late": (("absent", 10), *_TO_RUNNING[1:], ("succeeded",)),
    # Durations as Copr has them.
    "realistic": (
        ("importing", LogNormal(15, 0.5, 5, 120)),
        ("pending", LogNormal(40, 1, 5, 1800)),
        ("starting", LogNormal(20, 0.5, 5, 180)),
        ("running", LogNormal(240, 0.8, 30, 7200), {"succeeded": 9, "failed": 1}),
    ),
}


LIFECYCLES: Mapping[LifecycleName, Lifecycle] = MappingProxyType(
    {name: Lifecycle(*itertools.starmap(Stage, stages)) for name, stages in _BY_NAME.items()}
)
"""The lifecycles that occur in the real service, by name."""

DEFAULT_LIFECYCLE: LifecycleName = "succeeds"

UNBUILT_LIFECYCLES: Mapping[Lifecycle, str] = {
    LIFECYCLES[name]: name for name in ("source-fails", "import-fails", "skipped", "forked")
}
"""The names of lifecycles in which the source build or the import ends a chroot before it is built."""

LifecycleValue = Annotated[Lifecycle, Rule(parse_lifecycle, dump_lifecycle), Written(LifecycleName | _LifecycleObject)]
