"""Poll builds of a Copr, once or until they have ended, and collect its responses."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..client.clients import CoprClient
from ..client.errors import ClientError, NotFoundError
from ..client.results import ChrootStatus
from .fetch import fetch_build, fetch_details, fetch_mock_chroots, fetch_project, fetch_source, fetch_statuses
from .observations import Json, Observations, ObservedBuild, ObservedChroot, ObservedStatus
from .project_lookup import UNKNOWN, find_project_dir
from .reporter import Reporter

MAX_FAILURES = 10
"""The number of consecutive failed rounds after which the recorder gives up."""


@dataclass
class Recorder:
    """Observe builds of a Copr.

    :param build_ids: the builds, in order.
    :param interval: seconds from the start of a round to the next one; ``None`` to read the builds only once.
    :param now: returns the Unix time.
    :param monotonic: returns the seconds by which rounds are scheduled.
    :param sleep: pauses for some seconds.
    """

    client: CoprClient
    build_ids: Sequence[int]
    interval: float | None
    reporter: Reporter
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
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
        started = self.monotonic()
        deadline = math.inf if self.interval is None else started + self.interval
        for build_id in self.build_ids:
            if self._poll(build_id, deadline):
                save()
        if self.interval is None:
            return
        failures = 0
        while self._unfinished():
            self.sleep(max(0.0, started + self.interval - self.monotonic()))
            started = self.monotonic()
            try:
                self._run_round(started + self.interval, save)
                failures = 0
            except ClientError as error:
                failures += 1
                if failures == MAX_FAILURES:
                    raise
                self.reporter.print(f"{error}; polling again in {self.interval:g} s")
                started = self.monotonic()

    def missing(self) -> Iterator[str]:
        """Yield a line for each part of the builds that has not been observed."""
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

    def _unfinished(self) -> list[ObservedBuild]:
        return [build for build in self._builds.values() if not build.is_finished]

    def _run_round(self, deadline: float, save: Callable[[], object]) -> None:
        has_changed = False
        try:
            for build in self._unfinished():
                has_changed |= self._poll(build.id, deadline)
        finally:
            if has_changed:
                save()

    def _poll(self, build_id: int, deadline: float) -> bool:
        """Poll a build, and read details until the deadline; return whether anything has changed.

        :raises ClientError: if a request fails; everything read before is kept.
        """
        try:
            return self._observe(build_id, deadline)
        except NotFoundError as error:
            if error.missing != "build":
                raise
        build = self._builds.get(build_id)
        if build is None:
            self._not_found.add(build_id)
            return False
        build.deleted_at = int(self.now())
        self.reporter.print(f"build {build_id} has been deleted")
        return True

    def _observe(self, build_id: int, deadline: float) -> bool:
        build = self._builds.get(build_id)
        is_new = build is None
        document = None if build is not None and build.build is None else fetch_build(self.client, build_id)
        statuses = fetch_statuses(self.client, build_id)
        at = int(self.now())
        if build is None:
            # The source build as it is now: its later states follow from those of the chroots.
            source = None if document is None else fetch_source(self.client, build_id)
            build = self._builds[build_id] = ObservedBuild(build_id, at, document, source)
        has_changed = is_new | (document is not None and _update_build(build, document, at))
        if not is_new and not statuses and document is not None and document.get("state") in ("failed", "canceled"):
            # The source build has failed; there are no chroots from which its state could follow.
            build.build, build.source = document, fetch_source(self.client, build_id)
        for status in statuses:
            has_changed |= self._add_status(build, at, status)
        has_changed |= self._read_details(build, statuses, deadline)
        self._read_project(build)
        return has_changed

    def _add_status(self, build: ObservedBuild, at: int, status: ChrootStatus) -> bool:
        """Add a chroot's status if it differs from the previous one; return whether it does."""
        chroot = build.chroots.get(status.name)
        if chroot is None:
            build.chroots[status.name] = ObservedChroot([ObservedStatus(at, status)])
        elif chroot.last != status:
            chroot.statuses.append(ObservedStatus(at, status))
            self.reporter.print(f"build {build.id}, {status.name}: {status.state}")
        else:
            return False
        return True

    def _read_details(self, build: ObservedBuild, statuses: Sequence[ChrootStatus], deadline: float) -> bool:
        """Read missing details of chroots, at least one, until the deadline; return whether any were read.

        The details of a large build take longer than the interval, in which changes would be missed.
        """
        self.reporter.update(build.id, statuses, len(build.chroots) - build.unread_chroots)
        missing = [status for status in statuses if build.chroots[status.name].needs_details]
        for status in missing:
            details = fetch_details(self.client, build.id, status)
            self._add_status(build, int(self.now()), details.status)
            build.chroots[status.name].details = details
            self.reporter.update(build.id, statuses, len(build.chroots) - build.unread_chroots)
            if self.monotonic() >= deadline:
                break
        return bool(missing)

    def _read_project(self, build: ObservedBuild) -> None:
        """Read the build's project, and the chroots known to Copr, once each."""
        observations, project = self.observations, find_project_dir(build).project
        if project not in observations.projects and project != UNKNOWN:
            observations.projects[project] = fetch_project(self.client, project)
        if observations.mock_chroots is None:
            observations.mock_chroots = fetch_mock_chroots(self.client)


def _update_build(build: ObservedBuild, document: Json, at: int) -> bool:
    """Update the source package and the cancellation; return whether the build has been canceled since."""
    first = build.build or document
    build.build = {**first, "source_package": document.get("source_package")}
    if document.get("state") != "canceled" or build.was_canceled or build.canceled_at is not None:
        return False
    build.canceled_at = at
    return True
