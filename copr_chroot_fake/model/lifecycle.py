"""The life of a build chroot as data: the stages that it goes through, how long each lasts and how it ends.

A :class:`Lifecycle` is the rule, with durations and outcomes that may be drawn;
a *plan* is one life drawn from it. Beside the service's states there are two
stages in which a chroot is not there: ``absent``, before Copr knows which
chroots a build has, and ``deleted``, after its build is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from random import Random
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from ..errors import InputError
from ..validation import checks
from ..validation.errors import refuse, tried
from ..validation.fields import Fields, Form
from .durations import Duration, LogNormal, draw_whole, read_duration
from .machine import Stamp, event_between
from .states import State

ABSENT = "absent"
DELETED = "deleted"

QUIRKS = (Stamp.STARTED_ON, Stamp.ENDED_ON, Stamp.RESULT_DIR, Stamp.PACKAGES)
"""What a stage may go without."""


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
        for at, stage in enumerate(stages):
            if not checks.is_kind(stage, Stage):
                raise InputError(f"stages[{at}]", f"expected a Stage, got {checks.shown(stage)}")
        self._have(tuple(_read_stage(f"stages[{at}]", stage._asdict()) for at, stage in enumerate(stages)), "stages")

    @classmethod
    def _of(cls, stages: tuple[Stage, ...], place: str) -> Lifecycle:
        """A life of stages that each have been read; ``place`` is where they are."""
        made = cls.__new__(cls)
        made._have(stages, place)  # noqa: SLF001  # its own
        return made

    def _have(self, stages: tuple[Stage, ...], place: str) -> None:
        _check_order(place, stages)
        self.stages = stages
        self._fixed_plan = _plan_undrawn(stages)

    def plan(self, seed: str) -> Plan:
        """One life: the same for the same seed, and one that all share where nothing is drawn."""
        return self._fixed_plan or _draw(self.stages, Random(checks.text("seed", seed)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lifecycle) and self.stages == other.stages

    def __hash__(self) -> int:
        return hash(tuple(stage.state for stage in self.stages))

    def __repr__(self) -> str:
        return f"<Lifecycle {' '.join(str(stage.state) for stage in self.stages)}>"


LifecycleLike: TypeAlias = Lifecycle | str | Mapping[str, object]
"""A lifecycle, the name of one, or ``{"stages": […]}``."""


def _plan_undrawn(stages: Sequence[Stage]) -> Plan | None:
    """The one life that there can be, where nothing is to be drawn."""
    plan = []
    for state, lasts, ends, canceled, without in stages:
        if ends or not (lasts is None or isinstance(lasts, (float, int))):
            return None
        plan.append(PlannedStage(state, lasts, canceled, without))
    return tuple(plan)


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
    assert not isinstance(stage.ends, str), "it has been read"
    possible = [(ending, weight) for ending, weight in stage.ends.items() if weight]
    *others, (last, _) = possible
    left = random.random() * sum(weight for _, weight in possible)
    for ending, weight in others:
        left -= weight
        if left < 0:
            return ending
    return last


def _check_order(place: str, stages: Sequence[Stage]) -> None:
    if not stages:
        raise InputError(place, "a life has at least one stage")
    if stages[0].state == DELETED:
        refuse(f"{place}[0].state", "a life cannot begin with deleted; expected a state, or absent")
    for at, (stage, following) in enumerate(pairwise(stages)):
        if stage.lasts is None:
            refuse(f"{place}[{at}].lasts", "another stage follows; expected how many seconds this one lasts")
        for ending in (*stage.ends, following.state):
            _check_ending(place, at, stage, ending)
    last = stages[-1]
    if last.lasts is not None and not last.ends:
        refuse(f"{place}[{len(stages) - 1}].ends", "nothing follows; expected how it ends, or no seconds that it lasts")
    for ending in last.ends:
        _check_ending(place, len(stages) - 1, last, ending)


def _check_ending(place: str, at: int, stage: Stage, ending: str) -> None:
    if ending == ABSENT:
        refuse(f"{place}[{at}]", "absent can only be the first stage of a life, and no ending")
    elif not _can_follow(stage.state, stage.canceled, ending):
        canceled = ", once its build is canceled," if stage.canceled else ""
        refuse(f"{place}[{at}]", f"no event leads from {stage.state}{canceled} to {ending}; see the table of events")


@cache
def _can_follow(state: str, canceled: bool, following: str) -> bool:
    if state == DELETED:
        return False
    if not (isinstance(state, State) and isinstance(following, State)):
        return True
    if following is state:
        return True
    event = event_between(state, following)
    # A canceled build neither starts anything nor goes on with it.
    return event is not None and (not canceled or following in (State.CANCELED, State.FAILED))


def is_entangling(plan: Plan) -> bool:
    """Whether a chroot's life can change what the other chroots of its build go through, or who is there at all."""
    return any(stage.canceled or stage.state in (ABSENT, DELETED, State.CANCELED) for stage in plan)


def read_stage_name(place: str, value: object) -> str:
    return _read_name(place, value, "stage", _STAGE_NAMES)


def _read_ending(place: str, value: object) -> str:
    return _read_name(place, value, "ending", _ENDING_NAMES)


def _read_name(place: str, value: object, kind: str, names: Mapping[str, str]) -> str:
    said = checks.plain_text(value)
    name = None if said is None else names.get(said)
    if name is None:
        raise InputError(place, f"{checks.shown(value)} is no {kind}; {checks.choices(said, names)}")
    return name


_STATE_NAMES: Mapping[str, str] = {state.value: state for state in State}
_STAGE_NAMES: Mapping[str, str] = {**_STATE_NAMES, ABSENT: ABSENT, DELETED: DELETED}
_ENDING_NAMES: Mapping[str, str] = {**_STATE_NAMES, DELETED: DELETED}
_STAGE = Form(("state",), ("state", "lasts", "ends", "canceled", "without"))
_LIFECYCLE = Form(("stages",))


def read_lifecycle(place: str, value: object) -> Lifecycle:
    """The name of a life, or ``{"stages": […]}``.

    :raises InputError: for a name that there is not, listing those that there are, or naming the stage that cannot be.
    """
    if checks.is_kind(value, Lifecycle):
        return value
    if checks.plain_text(value) is not None:
        return LIVES[checks.one_of(LIVES)(place, value)]
    fields = Fields(place, value, _LIFECYCLE)
    stages = tuple(fields.each("stages", _read_stage))
    fields.insist("stages")
    return Lifecycle._of(stages, f"{place}.stages")  # noqa: SLF001  # this module's


_NO_ENDS: dict[str, float] = {}


def _read_stage(place: str, entry: object) -> Stage:
    fields = Fields(place, entry, _STAGE)
    state = fields.require("state", read_stage_name, ABSENT)
    said = fields.said(_STAGE_CHECKS)
    lasts: Duration | None = said.get("lasts")
    ends: dict[str, float] = said.get("ends", _NO_ENDS)
    if ends and (lasts is None or not any(ends.values())) and fields.is_right("lasts", "ends"):
        refuse(f"{place}.ends", "expected weights that are not all 0, and a stage that lasts some seconds")
    return Stage(state, lasts, ends, said.get("canceled", False), said.get("without", frozenset()))


def _read_ends(place: str, value: object) -> dict[str, float]:
    """One ending, or several by weight."""
    if checks.plain_text(value) is not None:
        return {_read_ending(place, value): 1}
    ends = {}
    for ending, weight in checks.mapping(place, value).items():
        name = tried(_read_ending, place, ending, DELETED)
        ends[name] = tried(checks.amount, f"{place}.{checks.key(ending)}", weight, 1)
    return ends


def _read_stamps(place: str, value: object) -> frozenset[Stamp]:
    names = [tried(_read_quirk, place, name, None) for name in checks.texts(place, value)]
    return frozenset(Stamp(name) for name in names if name is not None)


_read_quirk = checks.one_of(QUIRKS)

_STAGE_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "lasts": read_duration,
    "ends": _read_ends,
    "canceled": checks.flag,
    "without": _read_stamps,
}


def write_lifecycle(stages: Sequence[PlannedStage]) -> dict[str, object]:
    """What reads back to the same stages."""
    return {"stages": [_write_stage(stage) for stage in stages]}


def _write_stage(stage: PlannedStage) -> dict[str, object]:
    written: dict[str, object] = {"state": str(stage.state)}
    if stage.lasts is not None:
        written["lasts"] = stage.lasts
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
    "source-fails": (Stage("waiting", 10), Stage("failed")),
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
