"""The Faker provider: its methods generate Copr data of one kind, or a whole scenario."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import TYPE_CHECKING

from ..errors import InputError, needing
from ..model.nevra import NevraEntry, parse_package
from ..validation import checks
from . import names
from .choices import MOCK_CHROOTS, MockChroot, draw, mock_chroot

with needing("CoprProvider", "Faker", "faker"):
    from faker import Generator
    from faker.providers import BaseProvider

if TYPE_CHECKING:
    from ..engine.build import Build
    from ..engine.store import Store
    from ..model.states import State, StateName
    from ..scenario.spec import BuildEntry, ChrootEntry, ProjectEntry, Scenario

DEFAULT_NOW = 1_790_000_000
"""A day in September 2026, as a Unix time."""

DEFAULT_FIRST_ID = 11_000_000
"""About the id of Copr's latest build at that time."""

DEFAULT_CHROOTS = 5
"""Average number of chroots of a build."""


class CoprProvider(BaseProvider):
    """Generate Copr data: ``faker.add_provider(CoprProvider)``.

    The data is consistent and can be used in a scenario. The same seed gives the same data.
    Omitted arguments get random values. A random chroot is one of Copr's; popular chroots are more frequent.
    """

    # Faker's own pytest fixture has this provider too, and most tests never call it: slow imports are in its methods.

    @property
    def _random(self) -> Random:
        random: Random = self.generator.random
        return random

    def copr_mock_chroot(self) -> str:
        """Return the name of a chroot that Copr offers."""
        return draw(self._random, MOCK_CHROOTS).name

    def copr_owner(self) -> str:
        """Return the name of a user."""
        return names.fill(self._random, names.OWNERS)

    def copr_group(self) -> str:
        """Return the name of a group, with its ``@``."""
        return names.fill(self._random, names.GROUPS)

    def copr_project_name(self) -> str:
        """Return the name of a project, without its owner."""
        return names.fill(self._random, names.PROJECTS)

    def copr_dirname(self, projectname: str | None = None) -> str:
        """Return a directory of a project: mostly the main one, else ``name:pr:12`` or ``name:custom:word``.

        :raises InputError: if the name is invalid.
        """
        checked = checks.optional(checks.path_segment)("projectname", projectname)
        return names.dirname(self._random, self.copr_project_name() if checked is None else checked)

    def copr_package_name(self) -> str:
        """Return the name of a source package."""
        return names.package_name(self._random)

    def copr_version(self) -> str:
        """Return the version of a package; some are release candidates or snapshots."""
        return names.version(self._random)

    def copr_release(self, chroot: str | None = None) -> str:
        """Return the release of a package built in a chroot, with its dist tag.

        :raises InputError: if the name is invalid.
        """
        number = names.release_number(self._random)
        return f"{number}{self._chroot('chroot', chroot).dist}"

    def copr_epoch(self) -> int:
        """Return an epoch, mostly 0."""
        return draw(self._random, names.EPOCHS)

    def copr_nevra(self, chroot: str | None = None, package: str | None = None) -> str:
        """Return one of the packages built from a source package, as ``name-[epoch:]version-release.arch``.

        :raises InputError: if a name is invalid.
        """
        return str(parse_package("", self._random.choice(self.copr_package_set(chroot, package))))

    def copr_package_set(self, chroot: str | None = None, package: str | None = None) -> list[NevraEntry]:
        """Return all packages built from a source package in a chroot: source, subpackages and debuginfo.

        :raises InputError: if a name is invalid.
        """
        mock_chroot = self._chroot("chroot", chroot)
        return names.built_packages(self._source(package), mock_chroot)

    def copr_repository(self) -> str:
        """Return the URL of an additional repository, ``copr://owner/project`` or another one."""
        return names.repository(self._random)

    def copr_project_entry(self, chroots: int | Iterable[str] = 5) -> ProjectEntry:
        """Return a project.

        :param chroots: the names of its enabled chroots, or their average number.
        :raises InputError: if a name or the number is invalid.
        """
        return names.project_entry(self._random, self._chroots(chroots))

    def copr_build_entry(
        self,
        id: int | None = None,
        chroots: int | Iterable[str] | None = None,
        *,
        project: ProjectEntry | None = None,
        package: str | None = None,
        state: State | StateName | None = None,
        now: int | None = None,
    ) -> BuildEntry:
        """Return a build with its chroots.

        :param chroots: their names or their average number; by default the chroots of ``project``, else about 5.
        :param project: the project that it belongs to; by default a generated one.
        :param state: the state of all chroots; by default, each chroot's state fits its times.
        :param now: the current time, as a Unix time in seconds.
        :raises InputError: if an argument is invalid.
        """
        from ..model.states import parse_state
        from .histories import build_entry, history_with_state, random_history

        random = self._random
        checked_state = checks.optional(parse_state)("state", state)
        checked_id = random.randint(1, DEFAULT_FIRST_ID) if id is None else checks.positive("id", id)
        if project is None:
            mock_chroots = self._chroots(DEFAULT_CHROOTS if chroots is None else chroots)
            project = names.project_entry(random, ())
        else:
            mock_chroots = self._chroots_of(project, chroots)
        source = self._source(package)
        if checked_state is None:
            history = random_history(random, mock_chroots)
        else:
            history = history_with_state(random, mock_chroots, checked_state)
        return build_entry(random, checked_id, project, source, mock_chroots, history, _checked_now(now))

    def copr_chroot_entry(
        self,
        build_id: int | None = None,
        name: str | None = None,
        *,
        package: str | None = None,
        state: State | StateName | None = None,
        now: int | None = None,
    ) -> ChrootEntry:
        """Return a chroot of a build: its state, and times, result directory and packages that fit it.

        :param now: the current time, as a Unix time in seconds.
        :raises InputError: if an argument is invalid.
        """
        checked_id = checks.optional(checks.positive)("build_id", build_id)
        chroot = self._chroot("name", name).name
        build = self.copr_build_entry(checked_id, [chroot], package=package, state=state, now=now)
        entry: ChrootEntry = build["chroots"][0]
        return entry

    def copr_scenario(
        self,
        builds: int = 10,
        chroots: int = 5,
        *,
        first_id: int | None = None,
        now: int | None = None,
        taken: Iterable[str] = (),
    ) -> Scenario:
        """Return a scenario: projects, and builds in the order of their submission.

        :param builds: the number of builds.
        :param chroots: the average number of chroots of a build.
        :param first_id: the id of the first build; the next builds have the following ids.
        :param now: the current time, as a Unix time in seconds.
        :param taken: full names that no project gets, for example of projects that already exist.
        :raises InputError: if an argument is invalid.
        """
        from .histories import scenario_entry

        return scenario_entry(
            self._random,
            checks.whole_number("builds", builds),
            _checked_average(chroots),
            DEFAULT_FIRST_ID if first_id is None else checks.positive("first_id", first_id),
            _checked_now(now),
            checks.texts("taken", taken),
        )

    def _chroot(self, parameter: str, name: str | None) -> MockChroot:
        if name is None:
            return draw(self._random, MOCK_CHROOTS)
        return mock_chroot(checks.chroot_name(parameter, name))

    def _chroots(self, chroots: int | Iterable[str]) -> list[MockChroot]:
        if checks.is_kind(chroots, int):
            return names.enabled_chroots(self._random, _checked_average(chroots))
        listed = checks.texts("chroots", chroots)
        return [mock_chroot(checks.chroot_name(f"chroots[{index}]", name)) for index, name in enumerate(listed)]

    def _chroots_of(self, project: ProjectEntry, chroots: int | Iterable[str] | None) -> list[MockChroot]:
        from ..scenario.spec import ProjectSpec
        from ..validation.spec import parse

        enabled = list(parse(ProjectSpec, "project", project).chroots)
        if checks.is_kind(chroots, int):
            number = min(_checked_average(chroots), len(enabled))
            return self._chroots(self._random.sample(enabled, number))
        return self._chroots(enabled if chroots is None else chroots)

    def _source(self, package: str | None) -> names.Source:
        checked = checks.optional(checks.path_segment)("package", package)
        return names.source_package(self._random, self.copr_package_name() if checked is None else checked)


def _checked_average(chroots: int) -> int:
    maximum = len(MOCK_CHROOTS)
    average = checks.whole_number("chroots", chroots)
    if not 1 <= average <= maximum:
        raise InputError("chroots", f"expected an average number from 1 to {maximum}, got {average}")
    return average


def _checked_now(now: int | None) -> int:
    return DEFAULT_NOW if now is None else checks.unix_time("now", now)


def seeded_provider(seed: str) -> CoprProvider:
    """Return a provider without Faker's own providers, which take long to load."""
    return CoprProvider(Generator().seed_instance(seed))


def populate(store: Store, builds: int, chroots: int, seed: int | None) -> list[Build]:
    """Add generated builds to a store, in their state at the time of its clock, and return them."""
    from ..engine.create import add_scenario
    from ..scenario.spec import ScenarioSpec
    from ..validation.spec import parse

    checked_seed = checks.optional(checks.whole_number)("seed", seed)
    with store.lock:
        store.catch_up()
        first_id = store.last_build_id + 1
        # The id makes a second call add other builds.
        provider = seeded_provider(f"{store.seed if checked_seed is None else checked_seed}/{first_id}")
        scenario = provider.copr_scenario(
            builds, chroots, first_id=first_id, now=int(store.clock.now()), taken=list(store.projects)
        )
        # Loading it must not move the clock.
        del scenario["now"]
        return add_scenario(parse(ScenarioSpec, "", scenario), store)
