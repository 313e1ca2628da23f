"""Whole scenarios: projects, and their builds in the order in which they were submitted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from ..model.durations import LogNormal, draw_whole
from ..scenario.entries import BuildEntry, ProjectEntry, Scenario
from . import outcomes as courses
from . import packages, projects
from .builds import build_entry
from .mock_chroots import MOCK_CHROOTS, MockChroot
from .random_choice import pick, whole

NOW = 1_790_000_000
"""The time where none is given, as a Unix time in seconds: in September 2026, when Fedora 45 was to come."""

FIRST_ID = 11_000_000
"""The id of a scenario's first build; Copr was about there then."""

_BUILDS_PER_PROJECT = 4

_GAP = LogNormal(150, 1.5, 1, 6 * 3600)
"""How many seconds pass from one build to the next, and from the last one to now."""


@dataclass(slots=True)
class _Work:
    """A project, what it has enabled, and the source packages that its latest builds are of."""

    entry: ProjectEntry
    chroots: list[MockChroot]
    sources: list[packages.Source]


def scenario(
    random: Random, builds: int, chroots: int, *, now: int, first_id: int, taken: Collection[str] = ()
) -> Scenario:
    """So many builds with about so many chroots each, in projects that are none of those ``taken``."""
    works = _works(random, -(-builds // _BUILDS_PER_PROJECT), chroots, taken)
    gaps = [int(draw_whole(_GAP, random)) for _ in range(builds)]
    age = sum(gaps)
    entries = []
    for number, gap in enumerate(gaps):
        entries.append(_next_build(random, first_id + number, _busy(random, works), now, age))
        age -= gap
    return {
        "now": now,
        "chroots": [chroot.name for chroot in MOCK_CHROOTS.things],
        "projects": [work.entry for work in works],
        "builds": entries,
    }


def _works(random: Random, number: int, chroots: int, taken: Collection[str]) -> list[_Work]:
    names: list[str] = []
    all_taken = set(taken)
    works = []
    for _ in range(number):
        enabled = projects.enabled(random, chroots)
        entry = projects.project(random, enabled, all_taken, names)
        names.append(f"{entry['ownername']}/{entry['projectname']}")
        all_taken.add(names[-1])
        sources = [packages.source(random, packages.package_name(random)) for _ in range(whole(random, 1, 6))]
        works.append(_Work(entry, enabled, sources))
    return works


def _busy(random: Random, works: list[_Work]) -> _Work:
    """One of the projects, of which some build far more than others."""
    return works[int(len(works) * random.random() ** 2)]


def _next_build(random: Random, id: int, work: _Work, now: int, age: int) -> BuildEntry:
    source = pick(random, work.sources)
    work.sources[work.sources.index(source)] = packages.newer(random, source)
    course = courses.drawn(random, work.chroots, age)
    return build_entry(random, id, work.entry, source, work.chroots, course, now)
