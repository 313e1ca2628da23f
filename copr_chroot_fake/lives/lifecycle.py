"""The life of a build chroot as data: the stages that it goes through, how long each lasts and how it ends.

A :class:`Lifecycle` is the rule, with durations and outcomes that may be drawn;
a *plan* is one life drawn from it. Beside the service's states there are two
stages in which a chroot is not there: ``absent``, before Copr knows which
chroots a build has, and ``deleted``, after its build is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from .. import checks
from ..checks import Fields, Form
from ..errors import InputError
from ..states import State
from .durations import Duration, LogNormal, draw_whole, read_duration, write_duration
from .machine import Stamp, event_between

ABSENT = "absent"
DELETED = "deleted"

_QUIRKS = (Stamp.STARTED_ON, Stamp.ENDED_ON, Stamp.RESULT_DIR, Stamp.PACKAGES)


class Stage(NamedTuple):
    """A state, how long it lasts in seconds, and how it ends.

    :param lasts: seconds, fixed or drawn; ``None`` for ever.
    :param ends: what comes then, one or several by weight, where that is not
        simply the next stage: the next stage's state goes on, any other ends the life.
    :param canceled: whether the build is canceled when this stage begins.
    :param without: what is not stamped when it begins, though Copr would.
    """

    state: str
    lasts: Duration | None = None
    ends: Mapping[str, float] | str = MappingProxyType({})
    canceled: bool = False
    without: frozenset[Stamp] = frozenset()


LifecycleLike: TypeAlias = "Lifecycle | str | Mapping[str, object]"
"""A lifecycle, the name of one, or ``{"stages": […]}``."""


class PlannedStage(NamedTuple):
    """A stage of one life, with everything drawn."""

    state: str
    lasts: float | None
    canceled: bool = False
    without: frozenset[Stamp] = frozenset()


Plan = tuple[PlannedStage, ...]


class Lifecycle:
    """The stages that a build chroot goes through, one after the other.

    :raises InputError: naming the stage that cannot be, or that cannot follow the one before it.
    """

    __slots__ = ("_fixed_plan", "stages")

    def __init__(self, *stages: Stage) -> None:
        self.stages = _check_stages(stages)
        drawn = any(stage.ends or not isinstance(stage.lasts, (int, float, type(None))) for stage in self.stages)
        self._fixed_plan = None if drawn else _draw(self.stages, Random(0))

    def plan(self, seed: str) -> Plan:
        """One life: the same for the same seed, and one that all share where nothing is drawn."""
        return self._fixed_plan or _draw(self.stages, Random(seed))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lifecycle) and self.stages == other.stages

    def __hash__(self) -> int:
        return hash(tuple(stage.state for stage in self.stages))

    def __repr__(self) -> str:
        return f"<Lifecycle {' '.join(str(stage.state) for stage in self.stages)}>"


def _draw(stages: Sequence[Stage], random: Random) -> Plan:
    plan = []
    for stage, following in zip(stages, (*stages[1:], None), strict=True):
        lasts = None if stage.lasts is None else draw_whole(stage.lasts, random)
        plan.append(PlannedStage(stage.state, lasts, stage.canceled, stage.without))
        if stage.ends:
            ending = _draw_ending(stage, random)
            if following is None or ending != following.state:
                plan.append(PlannedStage(ending, None))
                break
    return tuple(plan)


def _draw_ending(stage: Stage, random: Random) -> str:
    possible = [(ending, weight) for ending, weight in _read_ends("ends", stage.ends).items() if weight]
    left = random.random() * sum(weight for _, weight in possible)
    for ending, weight in possible:
        left -= weight
        if left < 0:
            return ending
    return possible[-1][0]


def _check_stages(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    if not stages:
        raise InputError("stages", "a life has at least one stage")
    checked = tuple(_check_stage(f"stages[{at}]", stage) for at, stage in enumerate(stages))
    if checked[0].state == DELETED:
        raise InputError("stages[0].state", "a life cannot begin with deleted; expected a state, or absent")
    for at, (stage, following) in enumerate(zip(checked, (*checked[1:], None), strict=True)):
        _check_order(f"stages[{at}]", stage, following)
    return checked


def _check_order(place: str, stage: Stage, following: Stage | None) -> None:
    if following is not None and stage.lasts is None:
        raise InputError(f"{place}.lasts", "another stage follows; expected how many seconds this one lasts")
    if following is None and stage.lasts is not None and not stage.ends:
        raise InputError(f"{place}.ends", "nothing follows; expected how it ends, or no seconds that it lasts")
    for ending in (*stage.ends, *([] if following is None else [following.state])):
        if ending == ABSENT:
            raise InputError(place, "absent can only be the first stage of a life, and no ending")
        if stage.state == DELETED or not _can_follow(stage, ending):
            canceled = ", once its build is canceled," if stage.canceled else ""
            raise InputError(place, f"no event leads from {stage.state}{canceled} to {ending}; see the table of events")


def _can_follow(stage: Stage, following: str) -> bool:
    if not (isinstance(stage.state, State) and isinstance(following, State)):
        return True
    if following is stage.state:
        return True
    event = event_between(stage.state, following)
    # A canceled build neither starts anything nor goes on with it.
    return event is not None and (not stage.canceled or following in (State.CANCELED, State.FAILED))


def is_entangling(plan: Plan) -> bool:
    """Whether a chroot's life can change what the other chroots of its build go through, or who is there at all."""
    return any(stage.canceled or stage.state in (ABSENT, DELETED, State.CANCELED) for stage in plan)


def _check_stage(place: str, stage: object) -> Stage:
    if not isinstance(stage, Stage):
        raise InputError(place, f"expected a Stage, got {checks.shown(stage)}")
    lasts = None if stage.lasts is None else read_duration(f"{place}.lasts", stage.lasts)
    ends = {
        read_stage_name(f"{place}.ends", ending): weight
        for ending, weight in _read_ends(f"{place}.ends", stage.ends).items()
    }
    if ends and (lasts is None or not sum(ends.values())):
        raise InputError(f"{place}.ends", "expected weights that are not all 0, and a stage that lasts some seconds")
    without = _read_stamps(f"{place}.without", stage.without)
    state = read_stage_name(f"{place}.state", stage.state)
    return Stage(state, lasts, ends, checks.flag(f"{place}.canceled", stage.canceled), without)


def read_stage_name(place: str, value: object) -> str:
    if isinstance(value, str) and value in (ABSENT, DELETED):
        return value
    try:
        return State(value)
    except ValueError:
        valid = [*(state.value for state in State), ABSENT, DELETED]
        raise InputError(place, f"{checks.shown(value)} is no stage; {checks.choices(value, valid)}") from None


_STAGE = Form(("state",), ("state", "lasts", "ends", "canceled", "without"))
_LIFECYCLE = Form(("stages",), ("stages",))


def read_lifecycle(place: str, value: object) -> Lifecycle:
    """The name of a life, or ``{"stages": […]}``.

    :raises InputError: for a name that there is not, listing those that there are, or naming the stage that cannot be.
    """
    if isinstance(value, Lifecycle):
        return value
    if isinstance(value, str):
        return LIVES[checks.one_of(LIVES)(place, value)]
    stages = [
        _read_stage(f"{place}.stages[{at}]", entry)
        for at, entry in enumerate(Fields(place, value, _LIFECYCLE).entries("stages"))
    ]
    try:
        return Lifecycle(*stages)
    except InputError as error:
        raise InputError(f"{place}.{error.field}", error.problem) from None


def _read_stage(place: str, entry: object) -> Stage:
    fields = Fields(place, entry, _STAGE)
    return Stage(
        fields.require("state", read_stage_name),
        fields.read("lasts", read_duration, None),
        fields.read("ends", _read_ends, dict[str, float]()),
        fields.read("canceled", checks.flag, False),
        fields.read("without", _read_stamps, frozenset()),
    )


def _read_ends(place: str, value: object) -> dict[str, float]:
    """One ending, or several by weight."""
    if isinstance(value, str):
        return {value: 1}
    weights = checks.mapping(place, value)
    return {ending: checks.amount(f"{place}.{ending}", weight) for ending, weight in weights.items()}


def _read_stamps(place: str, value: object) -> frozenset[Stamp]:
    return frozenset(Stamp(checks.one_of(_QUIRKS)(place, stamp)) for stamp in checks.texts(place, value))


def write_lifecycle(stages: Sequence[Stage | PlannedStage]) -> dict[str, object]:
    """What reads back to the same stages."""
    return {"stages": [_write_stage(stage) for stage in stages]}


def _write_stage(stage: Stage | PlannedStage) -> dict[str, object]:
    written: dict[str, object] = {"state": str(stage.state)}
    if stage.lasts is not None:
        written["lasts"] = write_duration(stage.lasts)
    if isinstance(stage, Stage) and stage.ends:
        written["ends"] = {str(ending): weight for ending, weight in _read_ends("ends", stage.ends).items()}
    if stage.canceled:
        written["canceled"] = True
    if stage.without:
        written["without"] = sorted(stamp.value for stamp in stage.without)
    return written


_TO_RUNNING = (Stage("importing", 10), Stage("pending", 30), Stage("starting", 20), Stage("running", 240))

_STAGES: dict[str, tuple[Stage, ...]] = {
    # The documented life, and the same as the deployed service begins it.
    "succeeds": (*_TO_RUNNING, Stage("succeeded")),
    "as-deployed": (Stage("waiting", 10), *_TO_RUNNING[1:], Stage("succeeded")),
    "fails": (*_TO_RUNNING, Stage("failed")),
    "import-fails": (Stage("importing", 10), Stage("failed")),
    "skipped": (Stage("importing", 10), Stage("skipped")),
    "canceled-while-pending": (
        Stage("importing", 10),
        Stage("pending", 30),
        Stage("pending", 10, canceled=True),
        Stage("canceled"),
    ),
    "canceled-while-running": (*_TO_RUNNING, Stage("running", 10, canceled=True), Stage("failed")),
    "retried": (*_TO_RUNNING, *_TO_RUNNING[1:], Stage("succeeded")),
    "forked": (Stage("waiting", 10), Stage("forked")),
    "stuck-pending": (Stage("importing", 10), Stage("pending")),
    "stuck-running": (*_TO_RUNNING[:-1], Stage("running")),
    "no-ended-on": (*_TO_RUNNING, Stage("succeeded", without=frozenset({Stamp.ENDED_ON}))),
    "deleted": (*_TO_RUNNING, Stage("deleted")),
    "appears-late": (Stage("absent", 10), *_TO_RUNNING[1:], Stage("succeeded")),
    # Durations as Copr has them.
    "realistic": (
        Stage("importing", LogNormal(15, 0.5, 5, 120)),
        Stage("pending", LogNormal(40, 1, 5, 1800)),
        Stage("starting", LogNormal(20, 0.5, 5, 180)),
        Stage("running", LogNormal(240, 0.8, 30, 7200), {"succeeded": 9, "failed": 1}),
    ),
}


class _Lives(Mapping[str, Lifecycle]):
    """Makes and checks a life when it is asked for, as hardly anybody asks for all."""

    def __init__(self) -> None:
        self._made: dict[str, Lifecycle] = {}

    def __getitem__(self, name: str) -> Lifecycle:
        if name not in self._made:
            self._made[name] = Lifecycle(*_STAGES[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_STAGES)

    def __len__(self) -> int:
        return len(_STAGES)


LIVES: Mapping[str, Lifecycle] = _Lives()
"""The lives that happen out there, by name."""

DEFAULT_LIFE = "succeeds"
