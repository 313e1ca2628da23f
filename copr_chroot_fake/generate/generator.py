"""Generate Copr data from one ``Random``, after checking the caller's arguments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from ..api.build_config import derive_build_config
from ..engine.clock import VirtualClock
from ..engine.create import add_scenario
from ..engine.store import Store
from ..errors import InputError
from ..model.durations import LogNormal, draw_whole
from ..model.nevra import NevraEntry, parse_package
from ..model.progress import Progress
from ..model.states import State, StateName, parse_state
from ..scenario.entries import BuildEntry, ChrootEntry, ProjectEntry, Scenario
from ..scenario.spec import ProjectSpec, ScenarioSpec
from ..validation import checks
from ..validation.spec import parse
from . import packages, projects
from .builds import build_entry, history_with_state, random_history
from .mock_chroots import ACTIVE_CHROOTS, MOCK_CHROOTS, MockChroot, mock_chroot
from .random_choice import Weighted, pick, random_integer

DEFAULT_NOW = 1_790_000_000
"""A day in September 2026, as a Unix time."""

DEFAULT_FIRST_ID = 11_000_000
"""About the id of Copr's latest build at that time."""

DEFAULT_CHROOTS = 5
"""Average number of chroots of a build."""

_BUILDS_PER_PROJECT = 4

_INTERVAL = LogNormal(150, 1.5, 1, 6 * 3600)
"""Seconds from one build's submission to the next one's, and from the last one's to now."""


class DataGenerator:
    """Generate one item after the other from the same ``Random``.

    The methods have the arguments of the :class:`~copr_chroot_fake.CoprProvider` methods of the same name.
    """

    def __init__(self, random: Random) -> None:
        self.random = random

    def mock_chroot(self) -> str:
        return MOCK_CHROOTS.pick(self.random).name

    def owner(self) -> str:
        return projects.owner(self.random)

    def group(self) -> str:
        return projects.group(self.random)

    def project_name(self) -> str:
        return projects.project_name(self.random)

    def dirname(self, projectname: str | None) -> str:
        checked = checks.optional(checks.path_segment)("projectname", projectname)
        return projects.dirname(self.random, self.project_name() if checked is None else checked)

    def package_name(self) -> str:
        return packages.package_name(self.random)

    def version(self) -> str:
        return packages.version(self.random)

    def epoch(self) -> int:
        return packages.epoch(self.random)

    def repository(self) -> str:
        return projects.repository(self.random)

    def release(self, chroot: str | None) -> str:
        number = packages.release_number(self.random)
        return f"{number}{self._chroot('chroot', chroot).dist}"

    def nevra(self, chroot: str | None, package: str | None) -> str:
        return str(parse_package("", pick(self.random, self.package_set(chroot, package))))

    def package_set(self, chroot: str | None, package: str | None) -> list[NevraEntry]:
        mock_chroot = self._chroot("chroot", chroot)
        return packages.built_packages(self._source(package), mock_chroot)

    def build_config(self, chroot: str | None) -> dict[str, object]:
        name = self._chroot("chroot", chroot).name
        project = self.project_entry([name])
        build = self.build_entry(None, None, project, None, State.RUNNING, None)
        # The API derives a configuration from a stored build, so this one gets a store of its own.
        store = Store(VirtualClock(), Progress("manual"), seed=0)
        scenario = {"projects": [project], "builds": [build]}
        add_scenario(parse(ScenarioSpec, "", scenario), store)
        return checks.json_object("build_config", derive_build_config(store.builds[build["id"]][name], store))

    def project_entry(self, chroots: int | Iterable[str]) -> ProjectEntry:
        return projects.project_entry(self.random, self._chroots(chroots))

    def build_entry(
        self,
        id: int | None,
        chroots: int | Iterable[str] | None,
        project: ProjectEntry | None,
        package: str | None,
        state: State | StateName | None,
        now: int | None,
    ) -> BuildEntry:
        random = self.random
        checked_state = checks.optional(parse_state)("state", state)
        checked_id = random_integer(random, 1, DEFAULT_FIRST_ID) if id is None else checks.positive("id", id)
        if project is None:
            mock_chroots = self._chroots(DEFAULT_CHROOTS if chroots is None else chroots)
            project = projects.project_entry(random, ())
        else:
            mock_chroots = self._chroots_of(project, chroots)
        source = self._source(package)
        if checked_state is None:
            history = random_history(random, mock_chroots)
        else:
            history = history_with_state(random, mock_chroots, checked_state)
        return build_entry(random, checked_id, project, source, mock_chroots, history, _checked_now(now))

    def chroot_entry(
        self,
        build_id: int | None,
        name: str | None,
        package: str | None,
        state: State | StateName | None,
        now: int | None,
    ) -> ChrootEntry:
        checked_id = checks.optional(checks.positive)("build_id", build_id)
        chroot = self._chroot("name", name).name
        entry: ChrootEntry = self.build_entry(checked_id, [chroot], None, package, state, now)["chroots"][0]
        return entry

    def scenario(
        self, builds: int, chroots: int, first_id: int | None, now: int | None, taken: Iterable[str]
    ) -> Scenario:
        number = checks.whole_number("builds", builds)
        average = _checked_average(chroots)
        checked_now = _checked_now(now)
        next_id = DEFAULT_FIRST_ID if first_id is None else checks.positive("first_id", first_id)
        generated = self._projects(-(-number // _BUILDS_PER_PROJECT), average, set(checks.texts("taken", taken)))
        intervals = [int(draw_whole(_INTERVAL, self.random)) for _ in range(number)]
        age = sum(intervals)
        entries = []
        for build_id, interval in enumerate(intervals, next_id):
            # Some projects have many more builds than others.
            project = generated[int(len(generated) * self.random.random() ** 2)]
            entries.append(project.next_build(self.random, build_id, checked_now, age))
            age -= interval
        return {
            "now": checked_now,
            "chroots": [chroot.name for chroot in MOCK_CHROOTS.items],
            "projects": [project.entry for project in generated],
            "builds": entries,
        }

    def _projects(self, number: int, average_chroots: int, taken: set[str]) -> list[_Project]:
        names: list[str] = []
        generated = []
        for _ in range(number):
            chroots = projects.enabled_chroots(self.random, average_chroots)
            entry = projects.project_entry(self.random, chroots, taken, names)
            names.append(f"{entry['ownername']}/{entry['projectname']}")
            taken.add(names[-1])
            sources = [self._source(None) for _ in range(random_integer(self.random, 1, 6))]
            generated.append(_Project(entry, chroots, sources))
        return generated

    def _chroot(self, parameter: str, name: str | None) -> MockChroot:
        return MOCK_CHROOTS.pick(self.random) if name is None else mock_chroot(checks.chroot_name(parameter, name))

    def _chroots(self, chroots: int | Iterable[str]) -> list[MockChroot]:
        if checks.is_kind(chroots, int):
            return projects.enabled_chroots(self.random, _checked_average(chroots))
        names = checks.texts("chroots", chroots)
        return [mock_chroot(checks.chroot_name(f"chroots[{index}]", name)) for index, name in enumerate(names)]

    def _chroots_of(self, project: ProjectEntry, chroots: int | Iterable[str] | None) -> list[MockChroot]:
        enabled = list(parse(ProjectSpec, "project", project).chroots)
        if checks.is_kind(chroots, int):
            number = min(_checked_average(chroots), len(enabled))
            return self._chroots(Weighted((name, 1) for name in enabled).sample(self.random, number))
        return self._chroots(enabled if chroots is None else chroots)

    def _source(self, package: str | None) -> packages.Source:
        checked = checks.optional(checks.path_segment)("package", package)
        return packages.source_package(self.random, self.package_name() if checked is None else checked)


@dataclass
class _Project:
    """A project with its chroots and the latest version of its source packages."""

    entry: ProjectEntry
    chroots: list[MockChroot]
    sources: list[packages.Source]

    def next_build(self, random: Random, id: int, now: int, age: int) -> BuildEntry:
        """Return the next build, submitted ``age`` seconds before ``now``."""
        source = pick(random, self.sources)
        self.sources[self.sources.index(source)] = packages.next_source_package(random, source)
        history = random_history(random, self.chroots, age)
        return build_entry(random, id, self.entry, source, self.chroots, history, now)


def _checked_average(chroots: int) -> int:
    maximum = len(ACTIVE_CHROOTS.items)
    average = checks.whole_number("chroots", chroots)
    if not 1 <= average <= maximum:
        raise InputError("chroots", f"expected an average number from 1 to {maximum}, got {average}")
    return average


def _checked_now(now: int | None) -> int:
    return DEFAULT_NOW if now is None else checks.unix_time("now", now)
