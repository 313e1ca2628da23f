"""Generated builds: the history of each chroot, and the scenario entry that it leads to at a given time.

A history covers a build from its submission to its end. How long ago the build was submitted determines the state of
each chroot, so states, times and the clock are consistent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from ..model import defaults
from ..model.durations import LogNormal, draw_whole
from ..model.lifecycle import LIFECYCLES
from ..model.machine import Stamp, stamps_of
from ..model.states import State
from ..scenario.spec import BuildEntry, ChrootEntry, ProjectEntry, Scenario
from ..validation.checks import LARGEST_INTEGER
from .choices import MOCK_CHROOTS, MockChroot, draw
from .names import (
    OWNERS,
    Source,
    built_packages,
    dirname,
    enabled_chroots,
    fill,
    next_source_package,
    package_name,
    project_entry,
    source_package,
)

# All weights and speeds are estimates, not measurements.

_BUILDS_PER_PROJECT = 4

_INTERVAL = LogNormal(150, 1.5, 1, 6 * 3600)
"""Seconds from one build's submission to the next one's, and from the last one's to now."""

_STATES = (State.IMPORTING, State.PENDING, State.STARTING, State.RUNNING)
"""The state during each stage of a history; the first one may also be ``waiting``."""

_IMPORTING, _PENDING, _STARTING, _RUNNING = (stage.lasts or 0 for stage in LIFECYCLES["realistic"].stages)

_SLOWDOWN = {"aarch64": 1.2, "ppc64le": 1.3, "s390x": 1.6, "armv7hl": 4.0, "riscv64": 8.0}
"""Duration of a build by architecture, relative to x86_64."""

_AGE = LogNormal(3600, 2, 1, 366 * 24 * 3600)
"""Seconds since a build was submitted."""

_FAILURE_RATES = {0.02: 90, 0.5: 6, 1.0: 4}
"""Probability that a chroot fails; the same for all chroots of a build."""

_STATES_OF_BUILDS = {None: 95, State.CANCELED: 3, State.FORKED: 2}
"""Final states of whole builds; with ``None``, each chroot has its own."""

_TIMEOUTS = {18_000: 88, 36_000: 5, 72_000: 4, 7_200: 3}


class ChrootHistory(NamedTuple):
    """When the four stages of a chroot end, in seconds since submission, and its final state."""

    ends: tuple[int, ...]
    final_state: State

    def state_at(self, age: int, first: State) -> State:
        """Return the state ``age`` seconds after submission; ``first`` is the state during the first stage."""
        states = (first, *_STATES[1:])
        return next((state for end, state in zip(self.ends, states, strict=True) if age < end), self.final_state)


class BuildHistory(NamedTuple):
    """Seconds since a build was submitted, and the history and the current state of each chroot."""

    age: int
    chroots: list[ChrootHistory]
    states: list[State]


def random_history(random: Random, chroots: Sequence[MockChroot], age: int | None = None) -> BuildHistory:
    """Return the history of a build, ``age`` seconds after its submission."""
    histories = _histories(random, chroots, _final_states(random, chroots))
    age = int(draw_whole(_AGE, random)) if age is None else age
    first = random.choice((State.WAITING, State.IMPORTING))
    return BuildHistory(age, histories, [history.state_at(age, first) for history in histories])


def history_with_state(random: Random, chroots: Sequence[MockChroot], state: State) -> BuildHistory:
    """Return the history of a build whose chroots are all in the given state."""
    histories = _histories(random, chroots, [state] * len(chroots))
    if state.is_final:
        age = max((history.ends[-1] for history in histories), default=0) + int(draw_whole(_AGE, random))
    else:
        stage = _STATES.index(state) if state in _STATES else 0
        age = max(((0, *history.ends)[stage] for history in histories), default=0) + random.randint(0, 4)
    return BuildHistory(age, histories, [state] * len(histories))


def _final_states(random: Random, chroots: Sequence[MockChroot]) -> list[State]:
    """Return a final state for each chroot; some packages exclude one or more of them."""
    together = draw(random, _STATES_OF_BUILDS)
    if together is not None:
        return [together] * len(chroots)
    failed = draw(random, _FAILURE_RATES)
    skipped = 0.2 if random.random() < 0.05 else 0.0
    states = {State.SKIPPED: skipped, State.FAILED: failed, State.SUCCEEDED: 1 - failed}
    return [draw(random, states) for _ in chroots]


def _histories(random: Random, chroots: Sequence[MockChroot], states: Sequence[State]) -> list[ChrootHistory]:
    """Return the history of each chroot; the stages that its final state leaves out take no time."""
    imported = int(draw_whole(_IMPORTING, random))
    duration = draw_whole(_RUNNING, random)
    histories = []
    for chroot, state in zip(chroots, states, strict=True):
        pending = imported + int(draw_whole(_PENDING, random))
        starting = pending + int(draw_whole(_STARTING, random))
        running = starting + int(duration * _SLOWDOWN.get(chroot.arch, 1) * (0.8 + 0.4 * random.random()))
        last = imported if state in (State.SKIPPED, State.CANCELED) else running
        ends = tuple(min(end, last) for end in (imported, pending, starting, running))
        histories.append(ChrootHistory(ends, state))
    return histories


def build_entry(
    random: Random,
    id: int,
    project: ProjectEntry,
    source: Source,
    chroots: Sequence[MockChroot],
    history: BuildHistory,
    now: int,
) -> BuildEntry:
    """Return a build in its state at ``now``, a Unix time."""
    ownername = project["ownername"]
    submitted_on = now - history.age
    entry: BuildEntry = {
        "id": id,
        "ownername": ownername,
        "projectname": project["projectname"],
        "project_dirname": dirname(random, project["projectname"]),
        "package": source.name,
        "memory_limit": 2048,
        "timeout": draw(random, _TIMEOUTS),
        "enable_net": random.random() < 0.2,
        "is_background": random.random() < 0.1,
        "submitted_on": _clamp(submitted_on),
        "submitter": fill(random, OWNERS) if ownername.startswith("@") else ownername,
        "source_state": _source_state(history.states).value,
        "source_result_dir": defaults.source_result_dir(id),
        "source_package": {"version": f"{source.version}-{source.release}"},
        "chroots": [
            _chroot_entry(id, source, chroot, state, chroot_history, submitted_on)
            for chroot, state, chroot_history in zip(chroots, history.states, history.chroots, strict=True)
        ],
    }
    if State.CANCELED in history.states:
        entry["canceled"] = True
    return entry


def _chroot_entry(
    build_id: int, source: Source, chroot: MockChroot, state: State, history: ChrootHistory, submitted_on: int
) -> ChrootEntry:
    stamps = stamps_of(state)
    entry: ChrootEntry = {"name": chroot.name, "state": state.value}
    if Stamp.STARTED_ON in stamps:
        entry["started_on"] = _clamp(submitted_on + history.ends[1])
    if Stamp.ENDED_ON in stamps:
        entry["ended_on"] = _clamp(submitted_on + history.ends[3])
    if Stamp.RESULT_DIR in stamps:
        entry["result_dir"] = defaults.result_dir(build_id, source.name)
    if Stamp.PACKAGES in stamps:
        entry["packages"] = built_packages(source, chroot)
    return entry


def _source_state(states: Sequence[State]) -> State:
    """Return the state of the source build: no chroot is queued or built before the source package is imported."""
    return next((state for state in states if state in (State.WAITING, State.IMPORTING, State.FORKED)), State.SUCCEEDED)


def _clamp(time: int) -> int:
    """Return the nearest Unix time that Copr can store."""
    return min(max(0, time), LARGEST_INTEGER)


class _Project(NamedTuple):
    """A project with its chroots and the latest version of its source packages."""

    entry: ProjectEntry
    chroots: list[MockChroot]
    sources: list[Source]


def scenario_entry(
    random: Random, builds: int, average_chroots: int, first_id: int, now: int, taken: Iterable[str]
) -> Scenario:
    """Return a scenario; see :meth:`.CoprProvider.copr_scenario`."""
    projects = _projects(random, -(-builds // _BUILDS_PER_PROJECT), average_chroots, set(taken))
    intervals = [int(draw_whole(_INTERVAL, random)) for _ in range(builds)]
    age = sum(intervals)
    entries = []
    for build_id, interval in enumerate(intervals, first_id):
        # Some projects have many more builds than others.
        project = projects[int(len(projects) * random.random() ** 2)]
        source = random.choice(project.sources)
        project.sources[project.sources.index(source)] = next_source_package(random, source)
        history = random_history(random, project.chroots, age)
        entries.append(build_entry(random, build_id, project.entry, source, project.chroots, history, now))
        age -= interval
    return {
        "now": now,
        "chroots": [chroot.name for chroot in MOCK_CHROOTS],
        "projects": [project.entry for project in projects],
        "builds": entries,
    }


def _projects(random: Random, number: int, average_chroots: int, taken: set[str]) -> list[_Project]:
    names: list[str] = []
    projects = []
    for _ in range(number):
        chroots = enabled_chroots(random, average_chroots)
        entry = project_entry(random, chroots, taken, names)
        names.append(f"{entry['ownername']}/{entry['projectname']}")
        taken.add(names[-1])
        sources = [source_package(random, package_name(random)) for _ in range(random.randint(1, 6))]
        projects.append(_Project(entry, chroots, sources))
    return projects
