"""A second actor: functions that change the fake just before or after a request, to test races."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from .faults import Subject

When = Literal["before", "after"]


@dataclass(eq=False)
class Actor:
    """A function that is called at requests until it is canceled; as a context manager, until the end of the block.

    :param nth: only at this matching request, counted from 1; ``None`` for each of them.
    :param seen: the number of matching requests so far.
    """

    callback: Callable[[], object]
    when: When
    subject: Subject
    nth: int | None
    _actors: list[Actor] = field(repr=False)
    seen: int = 0
    _is_acting: bool = False

    def cancel(self) -> None:
        """Stop calling the function."""
        if self in self._actors:
            self._actors.remove(self)

    def __enter__(self) -> Actor:
        return self

    def __exit__(self, *error: object) -> None:
        self.cancel()

    def act(self, when: When, subject: Subject) -> None:
        """Call the function if a request matches; not at requests that the function itself makes."""
        expected = zip(self.subject, subject, strict=True)
        if self._is_acting or when != self.when or any(own not in (None, sent) for own, sent in expected):
            return
        self.seen += 1
        if self.nth in (None, self.seen):
            self._is_acting = True
            try:
                self.callback()
            finally:
                self._is_acting = False
