"""The Faker provider: its methods generate Copr data of one kind, or a whole scenario."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import needing

with needing("CoprProvider", "Faker", "faker"):
    from faker import Generator
    from faker.providers import BaseProvider

if TYPE_CHECKING:
    from ..model.nevra import NevraEntry
    from ..model.states import State, StateName
    from ..scenario.entries import BuildEntry, ChrootEntry, ProjectEntry, Scenario
    from .generator import DataGenerator


class CoprProvider(BaseProvider):
    """Generate Copr data: ``faker.add_provider(CoprProvider)``.

    The data is consistent and can be used in a scenario. The same seed gives the same data on every Python version.
    Omitted arguments get random values. A random chroot is one of Copr's; popular chroots are more frequent.
    """

    @property
    def _generate(self) -> DataGenerator:
        # Faker's own pytest fixture has this provider too, and most of its users never call it.
        from .generator import DataGenerator

        return DataGenerator(self.generator.random)

    def copr_mock_chroot(self) -> str:
        """Return the name of a chroot that Copr offers or has offered."""
        return self._generate.mock_chroot()

    def copr_owner(self) -> str:
        """Return the name of a user."""
        return self._generate.owner()

    def copr_group(self) -> str:
        """Return the name of a group, with its ``@``."""
        return self._generate.group()

    def copr_project_name(self) -> str:
        """Return the name of a project, without its owner."""
        return self._generate.project_name()

    def copr_dirname(self, projectname: str | None = None) -> str:
        """Return a directory of a project: mostly the main one, else ``name:pr:12`` or ``name:custom:word``.

        :raises InputError: if the name is invalid.
        """
        return self._generate.dirname(projectname)

    def copr_package_name(self) -> str:
        """Return the name of a source package."""
        return self._generate.package_name()

    def copr_version(self) -> str:
        """Return the version of a package; some are release candidates or snapshots."""
        return self._generate.version()

    def copr_release(self, chroot: str | None = None) -> str:
        """Return the release of a package built in a chroot, with its dist tag.

        :raises InputError: if the name is invalid.
        """
        return self._generate.release(chroot)

    def copr_epoch(self) -> int:
        """Return an epoch, mostly 0."""
        return self._generate.epoch()

    def copr_nevra(self, chroot: str | None = None, package: str | None = None) -> str:
        """Return one of the packages built from a source package, as ``name-[epoch:]version-release.arch``.

        :raises InputError: if a name is invalid.
        """
        return self._generate.nevra(chroot, package)

    def copr_package_set(self, chroot: str | None = None, package: str | None = None) -> list[NevraEntry]:
        """Return all packages built from a source package in a chroot: source, subpackages and debuginfo.

        :raises InputError: if a name is invalid.
        """
        return self._generate.package_set(chroot, package)

    def copr_repository(self) -> str:
        """Return the URL of an additional repository, ``copr://owner/project`` or another one."""
        return self._generate.repository()

    def copr_build_config(self, chroot: str | None = None) -> dict[str, object]:
        """Return the build configuration that Copr would send for a generated build in a chroot.

        :raises InputError: if the name is invalid.
        """
        return self._generate.build_config(chroot)

    def copr_project_entry(self, chroots: int | Iterable[str] = 5) -> ProjectEntry:
        """Return a project.

        :param chroots: the names of its enabled chroots, or their average number.
        :raises InputError: if a name or the number is invalid.
        """
        return self._generate.project_entry(chroots)

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
        :param state: the state of all chroots; by default each has a state that fits its times.
        :param now: the current time, as a Unix time in seconds.
        :raises InputError: if an argument is invalid.
        """
        return self._generate.build_entry(id, chroots, project, package, state, now)

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
        return self._generate.chroot_entry(build_id, name, package, state, now)

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
        :param first_id: the id of the first build; the others have the ids after it.
        :param now: the current time, as a Unix time in seconds.
        :param taken: full names that no project gets, for example of projects that already exist.
        :raises InputError: if an argument is invalid.
        """
        return self._generate.scenario(builds, chroots, first_id, now, taken)


def seeded_provider(seed: str) -> CoprProvider:
    """Return a provider without Faker's own providers, which take long to load."""
    return CoprProvider(Generator().seed_instance(seed))
