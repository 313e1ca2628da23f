"""The observations of a recording: responses about builds, projects and chroots, before they become a scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from ..client.results import BuiltPackage, ChrootStatus
from ..errors import InputError

T = TypeVar("T")
Json = Mapping[str, object]


class ObservedStatus(NamedTuple):
    """A chroot's status at a Unix time."""

    at: int
    status: ChrootStatus


class ChrootDetails(NamedTuple):
    """The build configuration and packages of a chroot, and its status at that time."""

    status: ChrootStatus
    build_config: Json | None
    """``None`` if Copr responded with 500."""
    packages: tuple[BuiltPackage, ...]


@dataclass
class ObservedChroot:
    """A chroot: its status at each change, and its latest details."""

    statuses: list[ObservedStatus]
    details: ChrootDetails | None = None

    @property
    def first(self) -> ChrootStatus:
        return self.statuses[0].status

    @property
    def last(self) -> ChrootStatus:
        return self.statuses[-1].status

    @property
    def result_url(self) -> str | None:
        """The latest result URL; a chroot that is built again has none for a while."""
        return next(
            (observed.status.result_url for observed in reversed(self.statuses) if observed.status.result_url), None
        )

    @property
    def needs_details(self) -> bool:
        """Whether the details have not been read, or not since the chroot reached its final state."""
        return self.details is None or (self.last.is_final and not self.details.status.is_final)


@dataclass
class ObservedBuild:
    """A build and its chroots by name, in the order of the list; times are Unix times."""

    id: int
    first_seen: int
    build: Json | None = None
    """The first response to ``/build/<id>``, if Copr has that endpoint."""
    source: Json | None = None
    """The response to ``/build/source-chroot/<id>``, if there is one."""
    chroots: dict[str, ObservedChroot] = field(default_factory=dict)
    canceled_at: int | None = None
    """When the build was first seen canceled, if it was not from the beginning."""
    deleted_at: int | None = None

    @property
    def was_canceled(self) -> bool:
        """Whether the build was canceled before the recording began."""
        return self.build is not None and self.build.get("state") == "canceled"

    @property
    def unread_chroots(self) -> int:
        """The number of chroots whose details have not been read."""
        return sum(chroot.details is None for chroot in self.chroots.values())

    @property
    def is_finished(self) -> bool:
        """Whether everything has ended and has been read, or the build has failed without chroots."""
        if self.deleted_at is not None:
            return True
        if not self.chroots:
            return self.build is not None and self.build.get("state") in ("failed", "canceled")
        return all(chroot.last.is_final and not chroot.needs_details for chroot in self.chroots.values())


@dataclass
class Observations:
    """Everything observed since a Unix time."""

    started_at: int
    builds: dict[int, ObservedBuild] = field(default_factory=dict)
    projects: dict[str, Json | None] = field(default_factory=dict)
    """Responses to ``/project`` by full name; ``None`` if there is none."""
    mock_chroots: tuple[str, ...] | None = None
    """The chroots known to Copr, in its order; ``None`` if they have not been read."""


def valid(check: Callable[[str, object], T], value: object) -> T | None:
    """Return a value from a response, which can contain anything; ``None`` if it fails a check."""
    try:
        return check("", value)
    except InputError:
        return None
