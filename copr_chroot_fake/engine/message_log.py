"""The messages about tasks that have started or ended."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MESSAGES_KEPT = 10_000
"""The number of latest messages that are kept."""

END, STARTS = "copr.build.end", ("copr.build.start", "copr.chroot.start")
"""The topics of messages; a start is announced twice."""

Topic = str


class Task(NamedTuple):
    """A task that has started or ended; its package and version are unknown to Copr's backend for a source build."""

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
    """The latest messages. The caller holds the store's lock, and has applied what was due."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=MESSAGES_KEPT)
        """The messages in the order in which their causes happened."""
        self.undelivered: deque[Entry] | None = None
        """The messages that subscribers will get; ``None`` if there are no subscribers."""
        self._last_number = 0

    def add(self, task: Task, *topics: Topic) -> None:
        """Publish that a task has started or ended."""
        for topic in topics:
            self._last_number += 1
            self.entries.append((self._last_number, topic, task))
            if self.undelivered is not None:
                self.undelivered.append(self.entries[-1])

    def deliver(self, has_subscribers: bool) -> None:
        """Set whether there are subscribers, which get every message from now on."""
        self.undelivered = deque() if has_subscribers else None

    def clear(self) -> None:
        """Drop all messages; the numbers continue."""
        self.entries.clear()
