"""Chroots of builds, read from their entries: each stays in a state, or lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from ..engine.build import Build
from ..engine.chroot import BuildChroot, Overrides
from ..engine.lifecycle_run import LifecycleRun
from ..model.lifecycle import Lifecycle, Plan, read_lifecycle
from ..model.nevra import Nevra, read_packages
from ..model.progress import Progress, read_progress
from ..model.states import State
from ..validation import checks
from ..validation.errors import refuse
from ..validation.fields import Fields
from . import entries


class ChrootDefaults(NamedTuple):
    """How the chroots of a build live and progress that do not say it themselves."""

    lifecycle: Lifecycle | None
    progress: Progress
    begun: float
    """When they begin to live, as a Unix time."""
    are_right: bool = True
    """Whether it is known how they live."""


class _Said(NamedTuple):
    """The fields of a chroot, each checked by itself."""

    name: str
    state: State | None = None
    lifecycle: Lifecycle | None = None
    progress: Progress | None = None
    looks: int | None = None
    stage: int | None = None
    remaining: float | None = None
    hold: State | None = None
    started_on: int | None = None
    ended_on: int | None = None
    result_dir: str | None = None
    planned_result_dir: str | None = None
    packages: tuple[Nevra, ...] | None = None
    result_url: str | None = None
    build_config: Mapping[str, object] | None = None
    canceled: bool | None = None


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "state": checks.state,
    "lifecycle": read_lifecycle,
    "progress": read_progress,
    "looks": checks.whole_number,
    "stage": checks.whole_number,
    "remaining": checks.remaining,
    "hold": checks.state,
    "started_on": checks.unix_time,
    "ended_on": checks.unix_time,
    "result_dir": entries.result_dir,
    "planned_result_dir": entries.result_dir,
    "packages": read_packages,
    "result_url": checks.text,
    "build_config": checks.json_object,
    "canceled": checks.flag,
}
"""The fields of a chroot other than its name; most chroots have few of them."""

_OF_A_LIFE = ("progress", "looks", "stage", "remaining", "hold", "planned_result_dir")
"""The fields that need a lifecycle."""

WITHOUT_RESULTS = (State.WAITING, State.IMPORTING, State.PENDING)
"""The states in which what is said of a living chroot's result directory is about the one that it will have."""


def add_chroots(fields: Fields, build: Build, begun: float) -> None:
    """Add the chroots of a build's entry; those that live begin to at the time ``begun``."""
    defaults = ChrootDefaults(
        lifecycle=fields.read("lifecycle", read_lifecycle, None),
        progress=fields.read("progress", read_progress, build.store.progress),
        begun=begun,
        are_right=fields.is_right("lifecycle"),
    )
    fields.read_each("chroots", partial(add_entry, build=build, defaults=defaults))


def add_entry(place: str, entry: object, build: Build, defaults: ChrootDefaults) -> BuildChroot:
    """Add the chroot of an entry to a build that has not got it yet."""
    chroot = _read_chroot(place, entry, build, defaults)
    if chroot.name in build:
        refuse(checks.dotted(place, "name"), f"build {build.id} has {chroot.name} already; expected another")
    build.attach(chroot)
    return chroot


def _read_chroot(place: str, entry: object, build: Build, defaults: ChrootDefaults) -> BuildChroot:
    fields = Fields(place, entry, entries.CHROOT_FORM)
    said = _Said(fields.require("name", checks.chroot_name, "?"), **fields.said(_CHECKS))
    checks.end_after_start(checks.dotted(place, "ended_on"), said.started_on, said.ended_on)
    if said.canceled and said.state is not State.FAILED and fields.is_right("state"):
        refuse(
            checks.dotted(place, "canceled"), "what is canceled while it is built ends as failed; expected that state"
        )
    if not fields.is_right("state", "lifecycle") or not (defaults.are_right or said.lifecycle or said.state):
        # It is not known how it should live, so nothing can be said of what goes with that.
        chroot = _make(build, said, State.WAITING, "", ())
    elif lifecycle := said.lifecycle or (defaults.lifecycle if said.state is None else None):
        chroot = _living(place, said, build, defaults, lifecycle)
    else:
        _refuse(place, said, _OF_A_LIFE, "only a chroot that lives has it; expected a lifecycle too")
        chroot = _make(build, said, said.state or State.WAITING, said.result_dir or "", said.packages or ())
    fields.insist("name")
    return chroot


def _living(place: str, said: _Said, build: Build, defaults: ChrootDefaults, lifecycle: Lifecycle) -> BuildChroot:
    """A chroot that lives from a state that it says, else from the first of its life."""
    plan = lifecycle.plan(f"{build.store.seed}/{build.id}/{said.name}")
    life = LifecycleRun(
        plan,
        said.progress or defaults.progress,
        defaults.begun,
        index=_stage_index(place, said, plan),
        remaining=said.remaining,
        polls=said.looks or 0,
        packages=said.packages,
        result_dir=said.result_dir if said.planned_result_dir is None else said.planned_result_dir,
    )
    if said.remaining is not None and life.stage.lasts is None:
        refuse(checks.dotted(place, "remaining"), f"{life.stage.state} lasts for ever there; expected none")
    if said.hold is not None and all(stage.state != said.hold for stage in plan):
        refuse(checks.dotted(place, "hold"), f"its life does not get to {said.hold}; it has {lifecycle}")
    life.held_in = said.hold
    if said.state is None:
        given_by_life = ("stage", "started_on", "ended_on")
        _refuse(place, said, given_by_life, "its life gives it; expected none, or the state it is in")
        chroot = _make(build, said, State.WAITING, "", ())
        chroot.start_lifecycle(life)
    elif life.stage.state == said.state:
        # What the life still leads to is not there yet.
        result_dir = "" if said.state in WITHOUT_RESULTS else said.result_dir
        packages = said.packages if said.state is State.SUCCEEDED else None
        chroot = _make(build, said, said.state, result_dir or "", packages or ())
        chroot.resume_lifecycle(life)
    else:
        refuse(checks.dotted(place, "state"), f"{said.state} is no stage of its life, {lifecycle}")
        chroot = _make(build, said, said.state, "", ())
    return chroot


def _stage_index(place: str, said: _Said, plan: Plan) -> int:
    """The stage of a life that a chroot is in: as given, else the first one of its state, else the first one."""
    possible = [at for at, stage in enumerate(plan) if stage.state == said.state]
    if said.stage in possible:
        return said.stage
    if said.stage is not None and possible:
        expected = ", ".join(map(str, possible))
        refuse(checks.dotted(place, "stage"), f"{said.stage} is no stage that is {said.state}; expected {expected}")
    return possible[0] if possible else 0


def _make(build: Build, said: _Said, state: State, result_dir: str, packages: tuple[Nevra, ...]) -> BuildChroot:
    chroot = BuildChroot(
        build,
        said.name,
        state,
        started_on=said.started_on,
        ended_on=said.ended_on,
        result_dir=result_dir,
        packages=packages,
        overrides=Overrides(said.result_url, said.build_config)
        if said.result_url or said.build_config is not None
        else None,
    )
    chroot.was_canceled = bool(said.canceled)
    return chroot


def _refuse(place: str, said: _Said, names: Sequence[str], problem: str) -> None:
    for name in names:
        if getattr(said, name) is not None:
            refuse(checks.dotted(place, name), problem)
