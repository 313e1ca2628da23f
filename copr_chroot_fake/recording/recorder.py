"""Poll builds of a Copr, once or until they have ended, and collect its responses."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..client.clients import CoprClient
from ..client.errors import ClientError, NotFoundError, ServerError
from ..client.results import BuiltPackage, ChrootStatus

MAX_FAILURES = 10
"""The number of consecutive failed rounds after which the recorder gives up."""

_MAX_READS = 10
"""Maximum number of reads of a chroot that changes while it is read."""

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
        """The latest result URL; it is missing while a chroot is rebuilt."""
        return next((status.result_url for _, status in reversed(self.statuses) if status.result_url), None)

    @property
    def needs_details(self) -> bool:
        """Whether to read the details: for the first time, or after the chroot has ended."""
        return self.details is None or (self.last.is_final and not self.details.status.is_final)


@dataclass
class ObservedBuild:
    """A build and its chroots by name, in the order of the list; times are Unix times."""

    id: int
    first_seen: int
    build: Json
    """The first response to ``/build/<id>``, with the latest source package."""
    source: Json | None = None
    """The response to ``/build/source-chroot/<id>``, if there is one."""
    chroots: dict[str, ObservedChroot] = field(default_factory=dict)
    canceled_at: int | None = None
    """When the build was first seen canceled, if it was not from the beginning."""
    deleted_at: int | None = None

    @property
    def project(self) -> str:
        """The full name of its project."""
        return f"{self.build.get('ownername')}/{self.build.get('projectname')}"

    @property
    def was_canceled(self) -> bool:
        """Whether the build was canceled before the recording began."""
        return self.build.get("state") == "canceled"

    @property
    def has_failed(self) -> bool:
        """Whether the build has ended without chroots."""
        return not self.chroots and self.build.get("state") in ("failed", "canceled")

    @property
    def unread_chroots(self) -> int:
        """The number of chroots whose details have not been read."""
        return sum(chroot.details is None for chroot in self.chroots.values())

    @property
    def is_finished(self) -> bool:
        """Whether everything has ended and has been read."""
        chroots = self.chroots.values()
        has_ended = bool(chroots) and all(chroot.last.is_final and not chroot.needs_details for chroot in chroots)
        return has_ended or self.has_failed or self.deleted_at is not None


@dataclass
class Observations:
    """Everything observed since a Unix time."""

    started_at: int
    builds: dict[int, ObservedBuild] = field(default_factory=dict)
    projects: dict[str, Json | None] = field(default_factory=dict)
    """Responses to ``/project`` by full name; ``None`` if there is none."""
    mock_chroots: tuple[str, ...] | None = None
    """The chroots known to Copr, in its order; ``None`` if they have not been read."""


@dataclass
class Recorder:
    """Observe builds of a Copr.

    :param build_ids: the builds, in order.
    :param interval: seconds from the start of a round to the next one; ``None`` to read the builds only once.
    :param report: receives a line for each event.
    :param now: returns the Unix time.
    :param sleep: pauses for some seconds.
    """

    client: CoprClient
    build_ids: Sequence[int]
    interval: float | None
    report: Callable[[str], object]
    now: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep

    def __post_init__(self) -> None:
        self._not_found: set[int] = set()
        self.observations = Observations(int(self.now()))
        self._builds = self.observations.builds

    def run(self, save: Callable[[], object]) -> None:
        """Poll the builds until all have ended, or once.

        :param save: called whenever there is something new to save.
        :raises ClientError: if the first round fails, or ten rounds in a row.
        """
        started = self.now()
        self._run_round(self.build_ids, save)
        failures = 0
        while self.interval is not None and (unfinished := self._unfinished()):
            self.sleep(max(0.0, started + self.interval - self.now()))
            started = self.now()
            try:
                self._run_round(unfinished, save)
                failures = 0
            except ClientError as error:
                failures += 1
                if failures == MAX_FAILURES:
                    raise
                self.report(f"{error}; polling again in {self.interval:g} s")
                started = self.now()

    def missing(self) -> Iterator[str]:
        """Yield a line for each part of the builds that was not read."""
        for build_id in self.build_ids:
            build = self._builds.get(build_id)
            if build_id in self._not_found:
                yield f"there is no build {build_id}"
            elif build is None:
                yield f"build {build_id}: nothing has been read"
            else:
                if build.unread_chroots:
                    yield f"build {build_id}: {build.unread_chroots} of {len(build.chroots)} chroots"
                if self.interval is None and build.deleted_at is not None:
                    yield f"build {build_id}: it was deleted while it was read"
                elif self.interval is not None and not build.is_finished:
                    yield f"build {build_id}: the end of its lifecycle"

    @property
    def has_observations(self) -> bool:
        """Whether a chroot, or a build without chroots, has been read completely."""
        return any(not build.chroots or build.unread_chroots < len(build.chroots) for build in self._builds.values())

    def _unfinished(self) -> list[int]:
        return [build.id for build in self._builds.values() if not build.is_finished]

    def _run_round(self, build_ids: Sequence[int], save: Callable[[], object]) -> None:
        has_changed = False
        try:
            for build_id in build_ids:
                has_changed |= self._poll(build_id)
        finally:
            if has_changed:
                save()

    def _poll(self, build_id: int) -> bool:
        """Poll a build and read missing details; return whether anything has changed.

        :raises ClientError: if a request fails; everything read before is kept.
        """
        try:
            return self._observe(build_id)
        except NotFoundError as error:
            if error.missing != "build":
                raise
        build = self._builds.get(build_id)
        if build is None:
            self._not_found.add(build_id)
            return False
        build.deleted_at = int(self.now())
        self.report(f"build {build_id} has been deleted")
        return True

    def _observe(self, build_id: int) -> bool:
        document = self.client.get_document(f"build/{build_id}")
        statuses = tuple(self.client.iter_all(build_id))
        at = int(self.now())
        has_changed = build_id not in self._builds
        if has_changed:
            # Read the source build once: its later states follow from the chroots' states.
            self._builds[build_id] = ObservedBuild(build_id, at, document, self._fetch_source(build_id))
            counts = Counter(str(status.state) for status in statuses).most_common()
            self.report(f"build {build_id}: {', '.join(f'{count} {state}' for state, count in counts) or 'no chroots'}")
        build = self._builds[build_id]
        if not statuses and document.get("state") in ("failed", "canceled"):
            # The source build has failed, so there are no chroots to derive its state from.
            has_changed |= document != build.build
            build.build, build.source = document, self._fetch_source(build_id)
        has_changed |= _update_build(build, document, at)
        for status in statuses:
            has_changed |= self._add_status(build, at, status)
        has_changed |= self._read_details(build, statuses)
        self._read_project(build.project)
        return has_changed

    def _add_status(self, build: ObservedBuild, at: int, status: ChrootStatus) -> bool:
        """Add a chroot's status if it differs from the previous one; return whether it does."""
        chroot = build.chroots.get(status.name)
        if chroot is None:
            build.chroots[status.name] = ObservedChroot([ObservedStatus(at, status)])
        elif chroot.last != status:
            chroot.statuses.append(ObservedStatus(at, status))
            self.report(f"build {build.id}, {status.name}: {status.state}")
        else:
            return False
        return True

    def _read_details(self, build: ObservedBuild, statuses: Sequence[ChrootStatus]) -> bool:
        """Read missing details of chroots; return whether any were read."""
        missing = [status for status in statuses if build.chroots[status.name].needs_details]
        for status in missing:
            details = self._fetch_details(build.id, status)
            self._add_status(build, int(self.now()), details.status)
            build.chroots[status.name].details = details
        return bool(missing)

    def _fetch_details(self, build_id: int, status: ChrootStatus) -> ChrootDetails:
        """Return a chroot's details and its status, both from the same time.

        Read a chroot again if its status changes meanwhile.
        """
        for _ in range(_MAX_READS):
            build_config = self._fetch_build_config(build_id, status.name)
            packages = self.client.get_built_packages(build_id, status.name)
            before, status = status, self.client.get(build_id, status.name)
            if status == before:
                break
        return ChrootDetails(status, build_config, packages)

    def _fetch_build_config(self, build_id: int, name: str) -> Json | None:
        """Return a build configuration; ``None`` for 500, Copr's response if the project no longer has the chroot."""
        try:
            return self.client.get_document("build-chroot/build-config", build_id=build_id, chrootname=name)
        except ServerError as error:
            if error.status != 500:
                raise
            return None

    def _fetch_source(self, build_id: int) -> Json | None:
        """Return the source build; ``None`` if it has no results yet."""
        return self._fetch_or_none(f"build/source-chroot/{build_id}")

    def _read_project(self, full_name: str) -> None:
        """Read a project, and the chroots known to Copr, once each."""
        observations = self.observations
        if full_name not in observations.projects:
            ownername, _, projectname = full_name.partition("/")
            observations.projects[full_name] = self._fetch_or_none(
                "project", ownername=ownername, projectname=projectname
            )
        if observations.mock_chroots is None:
            observations.mock_chroots = tuple(self.client.get_document("mock-chroots/list"))

    def _fetch_or_none(self, path: str, **arguments: str) -> Json | None:
        """Return a document; ``None`` if there is none, or if the endpoint fails."""
        try:
            return self.client.get_document(path, **arguments)
        except NotFoundError as error:
            if error.missing == "build":
                raise
        except ServerError:
            pass
        return None


def _update_build(build: ObservedBuild, document: Json, at: int) -> bool:
    """Update the source package and the cancellation; return whether the build has been canceled since."""
    build.build = {**build.build, "source_package": document.get("source_package")}
    if document.get("state") != "canceled" or build.was_canceled or build.canceled_at is not None:
        return False
    build.canceled_at = at
    return True
