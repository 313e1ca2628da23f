"""Builds and their chroots, as entries of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ..engine.build import CANCEL_SECONDS
from ..model import defaults as made_up
from ..model.machine import Stamp, stamps_of
from ..model.states import State
from ..scenario.entries import BuildEntry, ChrootEntry, ProjectEntry
from ..validation.checks import LARGEST_INTEGER
from . import names as naming
from . import packages
from .mock_chroots import MockChroot
from .outcomes import Course, Fate
from .random_choice import Weighted, chance

_TIMEOUTS = Weighted(((18_000, 88), (36_000, 5), (72_000, 4), (7_200, 3)))


def build_entry(
    random: Random,
    id: int,
    project: ProjectEntry,
    source: packages.Source,
    chroots: Sequence[MockChroot],
    course: Course,
    now: int,
) -> BuildEntry:
    """A build as it is at a time."""
    owner = project["ownername"]
    submitted = now - course.age
    entry: BuildEntry = {
        "id": id,
        "ownername": owner,
        "projectname": project["projectname"],
        "project_dirname": naming.dirname(random, project["projectname"]),
        "package": source.name,
        "memory_limit": 2048,
        "timeout": _TIMEOUTS.pick(random),
        "enable_net": chance(random, 0.2),
        "is_background": chance(random, 0.1),
        "submitted_on": _time(submitted),
        "submitter": naming.owner(random) if owner.startswith("@") else owner,
        "source_state": _source_state(course).value,
        "source_result_dir": made_up.source_result_dir(id),
        "source_package": {"version": f"{source.version}-{source.release}"},
        "chroots": [
            _chroot_entry(id, source, chroot, state, fate, submitted)
            for chroot, state, fate in zip(chroots, course.states, course.fates, strict=True)
        ],
    }
    if course.canceled is not None:
        entry["canceled"] = True
        entry["confirmed_by"] = _time(submitted + course.canceled + CANCEL_SECONDS)
    return entry


def _chroot_entry(
    build_id: int, source: packages.Source, chroot: MockChroot, state: State, fate: Fate, submitted: int
) -> ChrootEntry:
    stamps = stamps_of(state)
    entry: ChrootEntry = {"name": chroot.name, "state": state.value}
    if Stamp.STARTED_ON in stamps:
        entry["started_on"] = _time(submitted + fate.started)
    if Stamp.ENDED_ON in stamps:
        entry["ended_on"] = _time(submitted + fate.ended)
    if Stamp.RESULT_DIR in stamps:
        entry["result_dir"] = made_up.result_dir(build_id, source.name)
    if Stamp.PACKAGES in stamps:
        entry["packages"] = packages.built(source, chroot)
    return entry


def _source_state(course: Course) -> State:
    """That of the source package: no chroot is built, or in the queue, before that is imported."""
    waiting = [state for state in course.states if state in (State.WAITING, State.IMPORTING)]
    return waiting[0] if waiting else State.SUCCEEDED


def _time(seconds: int) -> int:
    """A time that Copr can have, however early or late the fake's clock is."""
    return min(max(0, seconds), LARGEST_INTEGER)
