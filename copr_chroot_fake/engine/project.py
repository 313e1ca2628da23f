"""A project: its settings, chroots, packages, directories and permissions.

Every value in it is replaced as a whole when it changes, so that it can be read meanwhile, and a snapshot only has to
keep the values.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import InputError
from ..excerpt import public_dir
from ..model.package import Package
from ..model.project import NO_SETTINGS, Permissions, ProjectChroot, ProjectSettings
from ..model.source import SourceType
from ..model.states import State
from ..validation import checks

if TYPE_CHECKING:
    from .store import Store

DROPPED_DAYS = 7
"""Days until Copr deletes the results of a chroot that a project has dropped."""

_SECONDS_PER_DAY = 24 * 60 * 60


@dataclass(eq=False, repr=False, slots=True)
class Project:
    """A project of a fake."""

    store: Store
    id: int
    ownername: str
    projectname: str
    _: KW_ONLY
    settings: ProjectSettings
    creator: str | None = None
    """The user who added it, who is its owner even if it is the project of a group; ``None`` if unknown."""
    created_on: int | None = None
    """Unix time at which it was added; ``None`` if unknown."""
    permissions: Mapping[str, Permissions] = field(default_factory=dict)
    """By user, in the order in which they were requested or granted."""
    stored_packages: dict[str, Package] = field(default_factory=dict, init=False)
    """By name, in the order of their ids, as of the last catch-up."""
    directories: dict[str, None] = field(init=False)
    """The main directory, and those of builds of pull requests or other purposes."""
    webhook_secret: str | None = None
    published: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By chroot, the builds that the repository had when it was last regenerated, for ``devel_mode``."""
    full_name: str = field(init=False)
    """``owner/project``."""
    added_after: int = field(init=False)
    """The number of requests before it was added."""
    known_chroots: Mapping[str, ProjectChroot] = field(default_factory=dict)
    """The settings of its chroots by name, those that it has dropped included."""
    build_ids: dict[str | None, list[int]] = field(default_factory=dict, init=False)
    """The ids of its builds by package, in ascending order; those of all builds are under ``None``."""

    def __post_init__(self) -> None:
        self.directories = {self.projectname: None}
        self.full_name = f"{self.ownername}/{self.projectname}"
        self.added_after = self.store.requests

    __dir__ = public_dir

    def __repr__(self) -> str:
        return f"<Project {self.full_name}>"

    def __str__(self) -> str:
        return self.full_name

    @property
    def packages(self) -> dict[str, Package]:
        """Its packages by name, in the order of their ids."""
        self.store.catch_up_for_lookup()
        return self.stored_packages

    @property
    def group(self) -> str | None:
        """The name of the group that owns it, with an ``@``; ``None`` for the project of a user."""
        return self.ownername if self.ownername.startswith("@") else None

    @property
    def chroots(self) -> Mapping[str, ProjectChroot]:
        """The settings of the chroots that are enabled in it, by name, read-only."""
        return MappingProxyType({name: row for name, row in self.known_chroots.items() if row.dropped_on is None})

    @property
    def active_chroots(self) -> list[str]:
        """The enabled chroots that the service has not deactivated: those that builds can use."""
        return [name for name in self.chroots if self.store.mock_chroots[name]]

    def publish(self) -> None:
        """Regenerate the repositories, which only a project with ``devel_mode`` needs."""
        published: dict[str, list[int]] = {}
        for chroot in (chroot for build in self.store.builds_in(self) for chroot in build.chroots):
            if chroot.state in (State.SUCCEEDED, State.FORKED):
                published.setdefault(chroot.name, []).append(chroot.build.id)
        self.published = published

    def enable(self, chrootname: str) -> None:
        """Enable a chroot; one that was dropped has its former settings again.

        :raises InputError: for an invalid name.
        """
        self.enable_chroots([checks.chroot_name("chrootname", chrootname)])

    def disable(self, chrootname: str) -> None:
        """Drop a chroot, as a maintainer does; builds that were submitted to it keep it.

        :raises InputError: if it is not enabled.
        """
        name = checks.text("chrootname", chrootname)
        with self.store.lock:
            if name not in self.chroots:
                enabled = checks.listing(self.chroots) or "none"
                raise InputError("chrootname", f"{self} has not enabled {checks.excerpt(name)}; enabled: {enabled}")
            self.drop_chroots([name])

    def enable_chroots(self, chrootnames: Iterable[str]) -> None:
        """Enable chroots that are not enabled, after the others."""
        with self.store.lock:
            missing = [name for name in chrootnames if name not in self.chroots]
            if missing:
                self.store.know(missing)
                self._move_last({name: _enabled(self._row(name)) for name in missing})

    def drop_chroots(self, chrootnames: Iterable[str]) -> None:
        now = int(self.store.clock.now())
        self._move_last({name: replace(self._row(name), dropped_on=now) for name in chrootnames})

    def _move_last(self, changed: Mapping[str, ProjectChroot]) -> None:
        """Store chroots after the others: Copr's database moves rows of which an indexed column changes."""
        kept = {name: row for name, row in self.known_chroots.items() if name not in changed}
        self.known_chroots = {**kept, **changed}

    def note_build(self, build_id: int, package: str | None) -> None:
        """Add a build to its builds, or to those of its package once that is known."""
        for ids in (self.build_ids.setdefault(key, []) for key in {None, package}):
            at = bisect_left(ids, build_id)
            if ids[at : at + 1] != [build_id]:
                ids.insert(at, build_id)

    def forget_build(self, build_id: int, package: str | None) -> None:
        """Remove a deleted build."""
        for ids in (self.build_ids[key] for key in {None, package}):
            del ids[bisect_left(ids, build_id)]

    def _row(self, chrootname: str) -> ProjectChroot:
        return self.known_chroots.get(chrootname, NO_SETTINGS)

    def days_until_deletion(self, chroot: ProjectChroot) -> int | None:
        """Return the full days until Copr deletes what a dropped chroot contains; ``None`` for an enabled one."""
        if chroot.dropped_on is None:
            return None
        # Even the first request comes a moment after the chroot was dropped.
        left = chroot.dropped_on + DROPPED_DAYS * _SECONDS_PER_DAY - self.store.clock.now() - 1
        return max(int(left // _SECONDS_PER_DAY), 0)

    def add_package(
        self, name: str, source_type: SourceType, config: Mapping[str, object], *, id: int | None = None
    ) -> Package:
        """Add a package, by default with the next id."""
        number = self.store.next_package_id() if id is None else id
        package = self.stored_packages[name] = Package(number, name, source_type, config)
        return package

    def update_package(self, name: str, **changed: object) -> None:
        """Replace fields of a package."""
        self.stored_packages[name] = replace(self.stored_packages[name], **changed)  # type: ignore[arg-type]  # its fields


def _enabled(row: ProjectChroot) -> ProjectChroot:
    """Return the settings of a chroot as enabled; those that never were changed are shared."""
    return row if row.dropped_on is None else replace(row, dropped_on=None)
