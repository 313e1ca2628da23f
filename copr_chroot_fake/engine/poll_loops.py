"""Finds code that polls in a loop without waiting, while the clock stands still."""

from __future__ import annotations

from ..wire.answer import Answer

_MAX_RESOURCES = 10_000
"""The maximum number of resources with a count; beyond it, counting starts again."""


class PollLoops:
    """Counts the polls of each resource at the same time; the caller holds the store's lock.

    A response that changes restarts the count. To keep polls cheap, responses are compared only from half of the limit.

    :param max_polls: polls of a resource at the same time; ``None`` for no limit.
    """

    __slots__ = ("_answers", "_at", "_compare_from", "_counts", "max_polls")

    def __init__(self, max_polls: int | None) -> None:
        self.max_polls = max_polls
        self._compare_from = 0 if max_polls is None else (max_polls + 1) // 2
        self._at = 0.0
        # By the hash of the target, which can be long.
        self._counts: dict[int, int] = {}
        self._answers: dict[int, Answer] = {}

    def count(self, target: str, now: float, answer: Answer | None) -> bool:
        """Count a poll; return whether it exceeds the limit.

        :param answer: the response; ``None`` for one that a fault has changed, which is not compared.
        """
        if self.max_polls is None:
            return False
        if now != self._at:
            self.clear()
            self._at = now
        key = hash(target)
        count = self._counts.get(key, 0) + 1
        if count == 1 and len(self._counts) >= _MAX_RESOURCES:
            self.clear()
        self._counts[key] = count
        return count >= self._compare_from and self._is_exceeded(key, count, answer, self.max_polls)

    def _is_exceeded(self, key: int, count: int, answer: Answer | None, max_polls: int) -> bool:
        if answer is not None and self._answers.setdefault(key, answer) != answer:
            self._counts[key] = 1
            del self._answers[key]
            return False
        return count > max_polls

    def clear(self) -> None:
        """Restart all counts."""
        self._counts.clear()
        self._answers.clear()
