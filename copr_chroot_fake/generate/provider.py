"""The provider for Faker: data that looks like Copr's, one piece at a time or a whole scenario."""

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
    from .generator import Making


class CoprProvider(BaseProvider):
    """What Copr has, made up: ``faker.add_provider(CoprProvider)``.

    What is made is consistent in itself, and goes straight into a scenario. The
    same seed gives the same data on every Python. Where a chroot is not said,
    it is one that exists, drawn as often as the kit's authors guess it is used.
    """

    @property
    def _made(self) -> Making:
        # Whoever asks for Faker's own fixture gets this provider, and need not use it.
        from .generator import Making

        return Making(self.generator.random)

    def copr_mock_chroot(self) -> str:
        """The name of a chroot that Copr offers or has offered."""
        return self._made.mock_chroot()

    def copr_owner(self) -> str:
        """The name of a user."""
        return self._made.owner()

    def copr_group(self) -> str:
        """The name of a group, with the ``@`` before it."""
        return self._made.group()

    def copr_project_name(self) -> str:
        """The name of a project, without its owner."""
        return self._made.project_name()

    def copr_dirname(self, projectname: str | None = None) -> str:
        """A directory of a project: mostly its own, now and then ``name:pr:12`` or ``name:custom:word``.

        :raises InputError: for what is no name.
        """
        return self._made.dirname(projectname)

    def copr_package_name(self) -> str:
        """The name of a source package."""
        return self._made.package_name()

    def copr_version(self) -> str:
        """The version of a package, now and then of a release candidate or a snapshot."""
        return self._made.version()

    def copr_release(self, chroot: str | None = None) -> str:
        """The release of a package built in a chroot, with the dist tag of its distribution.

        :raises InputError: for what is no name of a chroot.
        """
        return self._made.release(chroot)

    def copr_epoch(self) -> int:
        """An epoch: mostly 0."""
        return self._made.epoch()

    def copr_nevra(self, chroot: str | None = None, package: str | None = None) -> str:
        """One of the packages that a source package is built into, as ``name-[epoch:]version-release.arch``.

        :raises InputError: for what is no name of a chroot, or of a package.
        """
        return self._made.nevra(chroot, package)

    def copr_package_set(self, chroot: str | None = None, package: str | None = None) -> list[NevraEntry]:
        """All that a source package is built into in a chroot: itself, its packages, their debuginfo.

        :raises InputError: for what is no name of a chroot, or of a package.
        """
        return self._made.package_set(chroot, package)

    def copr_repository(self) -> str:
        """The address of an additional repository, ``copr://owner/project`` or another."""
        return self._made.repository()

    def copr_build_config(self, chroot: str | None = None) -> dict[str, object]:
        """A build configuration as Copr answers it, derived for a build in a chroot of a made-up project.

        :raises InputError: for what is no name of a chroot.
        """
        return self._made.build_config(chroot)

    def copr_project_entry(self, chroots: int | Iterable[str] = 5) -> ProjectEntry:
        """A project.

        :param chroots: the names of those that it has enabled, or about how many.
        :raises InputError: for a number or a name that is not possible.
        """
        return self._made.project_entry(chroots)

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
        """A build with its chroots.

        :param chroots: their names, or about how many; unless said all that its project has enabled, or about 5.
        :param project: its project, unless it is to be in one that no scenario describes.
        :param state: the state of all of them.
        :param now: the Unix time in seconds as of which it is what it is.
        :raises InputError: naming the value that is not possible.
        """
        return self._made.build_entry(id, chroots, project, package, state, now)

    def copr_chroot_entry(
        self,
        build_id: int | None = None,
        name: str | None = None,
        *,
        package: str | None = None,
        state: State | StateName | None = None,
        now: int | None = None,
    ) -> ChrootEntry:
        """A chroot of a build: its state, and the times, results and packages that fit it.

        :param now: the Unix time in seconds as of which it is what it is.
        :raises InputError: naming the value that is not possible.
        """
        return self._made.chroot_entry(build_id, name, package, state, now)

    def copr_scenario(
        self,
        builds: int = 10,
        chroots: int = 5,
        *,
        first_id: int | None = None,
        now: int | None = None,
        taken: Iterable[str] = (),
    ) -> Scenario:
        """A whole scenario: so many builds with about so many chroots each, in projects that fit them.

        :param first_id: the id of the first build; those of the others follow.
        :param now: the Unix time in seconds as of which all of it is what it is.
        :param taken: full names of projects that there are already, of which it has none.
        :raises InputError: naming the value that is not possible.
        """
        return self._made.scenario(builds, chroots, first_id, now, taken)


def seeded(seed: str) -> CoprProvider:
    """A provider by itself, without the hundreds that a Faker has."""
    return CoprProvider(Generator().seed_instance(seed))
