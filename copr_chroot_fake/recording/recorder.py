"""Taking down what is answered about builds, look by look; whenever that ends, what was seen so far is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ..client.clients import CoprClient
from ..client.errors import NotFoundError
from ..client.results import ChrootStatus
from . import fetch as reading
from .fetch import GoneError
from .observations import Answers, BuildAnswers, ChrootAnswers, Details, Sighting
from .parsing import Json
from .project_lookup import UNKNOWN, home_of
from .reporter import Reporter

_ENDS = ("failed", "canceled")
"""How a build can end that has no chroots."""


@dataclass
class Taken:
    """What has been read of one build so far."""

    id: int
    seen_at: int
    sightings: dict[str, tuple[Sighting, ...]] = field(default_factory=dict)
    details: dict[str, tuple[ChrootStatus, Details]] = field(default_factory=dict)
    """With the status that they belong to."""
    build: Json | None = None
    source: Json | None = None
    canceled_at: int | None = None
    gone_at: int | None = None

    def see(self, at: int, status: ChrootStatus) -> bool:
        """Note how a chroot is doing; whether that is something new."""
        seen = self.sightings.get(status.name, ())
        if seen and seen[-1].status == status:
            return False
        self.sightings[status.name] = (*seen, Sighting(at, status))
        return True

    def lacks_details(self, name: str) -> bool:
        """Whether a chroot's details have not been read, or only before it had ended."""
        status, _ = self.details.get(name, (None, None))
        return status is None or (self.sightings[name][-1].status.is_final and not status.is_final)

    @property
    def unread(self) -> list[str]:
        return [name for name in self.sightings if name not in self.details]

    @property
    def is_finished(self) -> bool:
        """Whether nothing more comes: all of it has ended and is read, or it has failed before it had chroots."""
        if self.gone_at is not None:
            return True
        if not self.sightings:
            return self.build is not None and self.build.get("state") in _ENDS
        return all(seen[-1].status.is_final and not self.lacks_details(name) for name, seen in self.sightings.items())

    def answers(self) -> BuildAnswers:
        chroots = {
            name: ChrootAnswers(seen, self.details[name][1])
            for name, seen in self.sightings.items()
            if name in self.details
        }
        return BuildAnswers(self.id, chroots, self.seen_at, self.build, self.source, self.canceled_at, self.gone_at)


class Recorder:
    """Looks at builds, and keeps what it has seen.

    :param now: the time, as a Unix time.
    """

    def __init__(self, client: CoprClient, now: Callable[[], float], reporter: Reporter) -> None:
        self._client = client
        self._now = now
        self._reporter = reporter
        self._begun = int(now())
        self._projects: dict[str, Json | None] = {}
        self._mock_chroots: tuple[str, ...] | None = None
        self.taken: dict[int, Taken] = {}

    def answers(self) -> Answers:
        told = {name: project for name, project in self._projects.items() if project is not None}
        builds = tuple(taken.answers() for taken in self.taken.values())
        return Answers(self._begun, builds, told, self._mock_chroots or ())

    def unfinished(self, ids: Iterable[int]) -> list[int]:
        return [number for number in ids if number not in self.taken or not self.taken[number].is_finished]

    @property
    def has_something(self) -> bool:
        """Whether anything has been read whole."""
        return any(taken.details or not taken.sightings for taken in self.taken.values())

    def look(self, build_id: int, has_time: Callable[[], bool]) -> bool:
        """Look at a build, and read what has not been read of it; whether anything of it has changed.

        :param has_time: whether there is time for another chroot; what is not read now is to be read at the next look.
        :raises GoneError: if there is no such build, and never was.
        :raises ClientError: if it cannot be read; what has been read is kept.
        """
        try:
            return self._look(build_id, has_time)
        except GoneError:
            pass
        except NotFoundError as error:
            if error.missing != "build":
                raise
        taken = self.taken.get(build_id)
        if taken is None:
            raise GoneError(build_id)
        taken.gone_at = int(self._now())
        self._reporter.say(f"build {build_id} has been deleted")
        return True

    def _look(self, build_id: int, has_time: Callable[[], bool]) -> bool:
        taken = self.taken.get(build_id)
        told = None if taken is not None and taken.build is None else reading.read_build(self._client, build_id)
        statuses = reading.read_statuses(self._client, build_id)
        at = int(self._now())
        is_new = taken is None
        if taken is None:
            # As it is now: what its chroots do tells how it goes on.
            source = None if told is None else reading.read_source(self._client, build_id)
            taken = self.taken[build_id] = Taken(build_id, at, build=told, source=source)
        changed = is_new | (told is not None and self._note_told(taken, told, at))
        if not statuses and told is not None and not is_new and told.get("state") in _ENDS:
            # Its source has failed, of which there is nothing to replay.
            taken.build, taken.source = told, reading.read_source(self._client, build_id)
        for status in statuses:
            changed |= self._see(taken, at, status)
        changed |= self._read_details(taken, statuses, has_time)
        self._read_around(taken)
        return changed

    def _read_details(self, taken: Taken, statuses: Sequence[ChrootStatus], has_time: Callable[[], bool]) -> bool:
        """Read the details that are lacking, at least one chroot's, while there is time; whether any were."""
        self._reporter.at_build(taken.id, statuses, len(taken.details))
        lacking = [status for status in statuses if taken.lacks_details(status.name)]
        for status in lacking:
            latest, details = reading.read_details(self._client, taken.id, status)
            self._see(taken, int(self._now()), latest)
            taken.details[status.name] = (latest, details)
            self._reporter.at_build(taken.id, statuses, len(taken.details))
            if not has_time():
                break
        return bool(lacking)

    def _see(self, taken: Taken, at: int, status: ChrootStatus) -> bool:
        is_new = taken.see(at, status)
        if is_new and len(taken.sightings[status.name]) > 1:
            self._reporter.say(f"build {taken.id}, {status.name}: {status.state}")
        return is_new

    def _note_told(self, taken: Taken, told: Json, at: int) -> bool:
        """What a build's own endpoint tells later: what its source package is, and when it was canceled."""
        first = taken.build or told
        taken.build = {**first, "source_package": told.get("source_package")}
        if told.get("state") != "canceled" or first.get("state") == "canceled" or taken.canceled_at is not None:
            return False
        taken.canceled_at = at
        return True

    def _read_around(self, taken: Taken) -> None:
        """What the service tells of a build's project and of the chroots that it knows, once each."""
        project = home_of(taken.answers()).project
        if project not in self._projects and project != UNKNOWN:
            self._projects[project] = reading.read_project(self._client, project)
        if self._mock_chroots is None:
            self._mock_chroots = reading.read_mock_chroots(self._client)
