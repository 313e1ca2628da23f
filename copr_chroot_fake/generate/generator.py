"""What the provider makes, once what it was told is checked."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from ..api.build_config import derive_build_config
from ..errors import InputError
from ..fake import FakeCopr
from ..model.nevra import NevraEntry, read_nevra
from ..model.states import State, StateName
from ..scenario.builds import read_project
from ..scenario.entries import BuildEntry, ChrootEntry, ProjectEntry, Scenario
from ..validation import checks
from . import builds, packages, projects, scenarios
from . import names as naming
from . import outcomes as courses
from . import random_choice as draws
from .mock_chroots import MOCK_CHROOTS, OFFERED, MockChroot, mock_chroot

CHROOTS_OF_A_BUILD = 5
"""About how many chroots a build has, unless said."""


class Making:
    """Makes one thing after the other, all of them drawn from one ``Random``."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def mock_chroot(self) -> str:
        return MOCK_CHROOTS.pick(self.random).name

    def owner(self) -> str:
        return naming.owner(self.random)

    def group(self) -> str:
        return naming.group(self.random)

    def project_name(self) -> str:
        return naming.project_name(self.random)

    def dirname(self, projectname: str | None) -> str:
        given = checks.optional(checks.path_segment)("projectname", projectname)
        return naming.dirname(self.random, naming.project_name(self.random) if given is None else given)

    def package_name(self) -> str:
        return packages.package_name(self.random)

    def version(self) -> str:
        return packages.version(self.random)

    def epoch(self) -> int:
        return packages.epoch(self.random)

    def repository(self) -> str:
        return projects.repository(self.random)

    def release(self, chroot: str | None) -> str:
        return f"{packages.release(self.random)}{self._chroot('chroot', chroot).dist}"

    def nevra(self, chroot: str | None, package: str | None) -> str:
        return str(read_nevra("", draws.pick(self.random, self.package_set(chroot, package))))

    def package_set(self, chroot: str | None, package: str | None) -> list[NevraEntry]:
        built_in = self._chroot("chroot", chroot)
        return packages.built(self._source(package), built_in)

    def build_config(self, chroot: str | None) -> dict[str, object]:
        name = self._chroot("chroot", chroot).name
        project = self.project_entry([name])
        build = self.build_entry(None, None, project, None, State.RUNNING, None)
        fake = FakeCopr.from_scenario({"projects": [project], "builds": [build]})
        made = fake.builds[build["id"]]
        return checks.json_object("build_config", derive_build_config(made[name], made.store))

    def project_entry(self, chroots: int | Iterable[str]) -> ProjectEntry:
        return projects.project(self.random, self._chroots(chroots), (), ())

    def build_entry(
        self,
        id: int | None,
        chroots: int | Iterable[str] | None,
        project: ProjectEntry | None,
        package: str | None,
        state: State | StateName | None,
        now: int | None,
    ) -> BuildEntry:
        said = checks.optional(checks.state)("state", state)
        checked_id = draws.whole(self.random, 1, scenarios.FIRST_ID) if id is None else checks.positive("id", id)
        if project is None:
            built_in = self._chroots(CHROOTS_OF_A_BUILD if chroots is None else chroots)
            project = projects.project(self.random, (), (), ())
        else:
            built_in = self._chroots_of(project, chroots)
        source = self._source(package)
        course = courses.drawn(self.random, built_in) if said is None else courses.told(self.random, built_in, said)
        return builds.build_entry(self.random, checked_id, project, source, built_in, course, _now(now))

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
        return self.build_entry(checked_id, [chroot], None, package, state, now)["chroots"][0]

    def scenario(
        self, builds: int, chroots: int, first_id: int | None, now: int | None, taken: Iterable[str]
    ) -> Scenario:
        return scenarios.scenario(
            self.random,
            checks.whole_number("builds", builds),
            _number_of_chroots(chroots),
            now=_now(now),
            first_id=scenarios.FIRST_ID if first_id is None else checks.positive("first_id", first_id),
            taken=checks.texts("taken", taken),
        )

    def _chroot(self, field: str, name: str | None) -> MockChroot:
        return MOCK_CHROOTS.pick(self.random) if name is None else mock_chroot(checks.chroot_name(field, name))

    def _chroots(self, chroots: int | Iterable[str]) -> list[MockChroot]:
        if checks.is_kind(chroots, int):
            return projects.enabled(self.random, _number_of_chroots(chroots))
        names = checks.texts("chroots", chroots)
        return [mock_chroot(checks.chroot_name(f"chroots[{at}]", name)) for at, name in enumerate(names)]

    def _chroots_of(self, project: ProjectEntry, chroots: int | Iterable[str] | None) -> list[MockChroot]:
        enabled = list(read_project("project", project).chroots)
        if checks.is_kind(chroots, int):
            number = min(_number_of_chroots(chroots), len(enabled))
            return self._chroots(draws.Weighted((name, 1) for name in enabled).sample(self.random, number))
        return self._chroots(enabled if chroots is None else chroots)

    def _source(self, package: str | None) -> packages.Source:
        given = checks.optional(checks.path_segment)("package", package)
        return packages.source(self.random, packages.package_name(self.random) if given is None else given)


def _number_of_chroots(chroots: int) -> int:
    most = len(OFFERED.things)
    number = checks.whole_number("chroots", chroots)
    if not 1 <= number <= most:
        raise InputError("chroots", f"{number} is not possible; expected 1 to {most}, about so many for each build")
    return number


def _now(now: int | None) -> int:
    return scenarios.NOW if now is None else checks.unix_time("now", now)
