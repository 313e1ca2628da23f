"""Records when tasks start and end; sorted on read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from ..model.project import SOURCES
from ..model.states import STATUS_NUMBERS, State

if TYPE_CHECKING:
    from .build import Build

MESSAGES_KEPT = 10_000
"""The number of latest messages that are kept."""

END, STARTS = "copr.build.end", ("copr.build.start", "copr.chroot.start")
"""The topics of messages; a start is announced twice."""

Topic = str


class Task(NamedTuple):
    """A task that has started or ended; its package and version are unknown to Copr's backend for a source build."""

    position: int
    """What puts tasks in order: the Unix time at which it happened, by the clock."""
    at: int
    """The Unix time of the transition, to which a poll or a step by hand can be ahead of the clock."""
    status: int
    build_id: int
    chrootname: str
    ownername: str
    projectname: str
    package: str | None
    version: str | None
    submitter: str | None


Entry = tuple[int, Topic, Task]
"""The number of a message, counted from 1, its topic, and the task that it is about."""


class MessageLog:
    """The latest messages. The caller holds the store's lock."""

    __slots__ = ("_last_number", "entries", "noted", "undelivered")

    def __init__(self) -> None:
        # Lists, as an empty deque takes as much memory as a whole build, and most fakes have no messages.
        self.noted: list[Task] = []
        """What has happened since the messages were read, in the order in which it was found out."""
        self.entries: list[Entry] = []
        """The messages in order, which never changes again."""
        self.undelivered: deque[Entry] | None = None
        """The messages that subscribers will get; ``None`` if there are no subscribers."""
        self._last_number = 0

    def note_chroot(self, build: Build, chrootname: str, state: State, at: int) -> None:
        """Note that the task of a chroot is running or has ended."""
        self._note(build, chrootname, state, at, build.stored_package, build.source.package.version)

    def note_source(self, build: Build, state: State, at: int) -> None:
        """Note that the task of a source build is running or has ended; it can be the build of a known package."""
        self._note(build, SOURCES, state, at, build.stored_package, None)

    def _note(
        self, build: Build, chrootname: str, state: State, at: int, package: str | None, version: str | None
    ) -> None:
        project = build.project
        # The backend knows no other ends than success and failure.
        status = STATUS_NUMBERS[state if state in (State.RUNNING, State.SUCCEEDED) else State.FAILED]
        position = min(at, int(build.store.clock.now()))
        if self.undelivered is None and len(self.noted) >= 2 * MESSAGES_KEPT:
            del self.noted[:-MESSAGES_KEPT]
        self.noted.append(
            Task(
                position,
                at,
                status,
                build.id,
                chrootname,
                project.ownername,
                project.projectname,
                package,
                version,
                build.submitter,
            )
        )

    def deliver(self, has_subscribers: bool) -> None:
        """Set whether there are subscribers, which get every note from now on."""
        self.undelivered = deque() if has_subscribers else None

    def arrange(self) -> None:
        """Sort the notes and append them to the earlier messages; the caller has applied all due transitions."""
        if not self.noted:
            return
        arranged: list[Entry] = []
        for task in sorted(self.noted, key=itemgetter(0)):
            for topic in STARTS if task.status == STATUS_NUMBERS[State.RUNNING] else (END,):
                arranged.append((self._last_number + len(arranged) + 1, topic, task))
        self.entries.extend(arranged)
        del self.entries[:-MESSAGES_KEPT]
        if self.undelivered is not None:
            self.undelivered.extend(arranged)
        self._last_number = arranged[-1][0]
        self.noted.clear()

    def clear(self) -> None:
        """Drop all messages; the numbers continue."""
        self.restore(())

    def restore(self, entries: Iterable[Entry]) -> None:
        """Have other messages; what subscribers are about to get stays."""
        self.noted.clear()
        self.entries.clear()
        self.entries.extend(entries)
