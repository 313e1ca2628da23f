"""Finds code that waits for something that never happens: it polls without end and gets the same response each time."""

from __future__ import annotations

import math
from typing import Literal

from ..wire.answer import Answer

Kind = Literal["polls", "repeats", "wait"]
"""Which limit a loop exceeds: that of polls at the same time, of repeated responses, or of the time that passes."""

_MAX_RESOURCES = 10_000
"""The maximum number of resources with a count; beyond it, counting starts again."""

_MIN_REPEATS = 10
"""Responses below which no time is too long: a test may move the clock by weeks between a few requests."""


class Poll:
    """The polls of one resource since its response has changed.

    :param since: the Unix time of the first of them.
    :param repeats: their number without a write or a request for another endpoint in between.
    :param polls: the number of the latest ones that were at the same time.
    """

    __slots__ = ("at", "polls", "repeats", "run", "seen", "since")

    def __init__(self) -> None:
        self.polls = self.repeats = self.run = 0
        self.at = self.since = 0.0
        self.seen: tuple[int, int] | None = None


class PollLoops:
    """Counts the polls of each resource; the caller holds the store's lock.

    :param max_polls: polls of a resource at the same time; ``None`` for no limit.
    :param max_repeats: repeated equal responses to equal requests; ``None`` for no limit.
    :param max_wait: seconds that may pass while the response stays the same; ``None`` for no limit.
    """

    def __init__(self, max_polls: int | None, max_repeats: int | None, max_wait: float | None) -> None:
        self.max_polls = math.inf if max_polls is None else max_polls
        self._max_repeats = math.inf if max_repeats is None else max_repeats
        self._max_wait = math.inf if max_wait is None else max_wait
        # By the hash of the target, which can be long.
        self._polls: dict[int, Poll] = {}
        self._endpoint: str | None = None
        self._run = 0
        """The number of the current run of requests for one endpoint."""
        self.sent = ""
        """The first error that a client in another process got, which may hide it."""

    def count(self, endpoint: str | None, target: str, now: float, answer: Answer | None) -> tuple[Poll, Kind] | None:
        """Count a poll; return the polls of its resource, and the limit that they exceed, if they do.

        :param answer: the response; ``None`` for one that a fault has changed, which is not compared.
        """
        if endpoint != self._endpoint:
            self.interrupt(endpoint)
        poll = self._polls.get(hash(target)) or self._add(hash(target))
        if poll.at != now:
            poll.at, poll.polls = now, 0
        seen = poll.seen if answer is None else (answer.status, hash(answer.body))
        if seen != poll.seen or poll.run != self._run:
            poll.polls = poll.polls if seen == poll.seen else 0
            poll.seen, poll.run, poll.repeats, poll.since = seen, self._run, 0, now
        poll.polls += 1
        poll.repeats += 1
        if now - poll.since > self._max_wait and poll.repeats > _MIN_REPEATS:
            return poll, "wait"
        if poll.repeats > self._max_repeats:
            return poll, "repeats"
        return (poll, "polls") if poll.polls > self.max_polls else None

    def _add(self, key: int) -> Poll:
        if len(self._polls) >= _MAX_RESOURCES:
            self._polls.clear()
        return self._polls.setdefault(key, Poll())

    def interrupt(self, endpoint: str | None = None) -> None:
        """Begin another run of requests: after a write, or with a request for another endpoint."""
        self._endpoint = endpoint
        self._run += 1

    def clear(self) -> None:
        """Restart all counts."""
        self._polls.clear()
