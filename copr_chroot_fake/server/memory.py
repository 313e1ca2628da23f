"""The limit for the memory of all worlds together, by an estimate.

Whatever adds to a world is charged in advance, and generously, which takes no
time. Only when the charges reach the limit are all worlds measured, and the
charges replaced by what is really there.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import CoprFakeError
from .bounds import MAX_MEMORY

NEW_WORLD = 16 * 1024
"""Bytes of a world without builds."""

PER_BODY_BYTE = 16
"""Bytes that each byte in the body of a control call takes at most: a scenario of builds with little but an id."""

PER_BUILD = 64 * 1024
"""Bytes that a build takes with its chroots, unless it has very many."""

PER_REQUEST = 300
"""Bytes that a request in the journal takes beside its target."""


class NoMemoryError(CoprFakeError):
    """The worlds have reached the limit of their memory."""


class Memory:
    """Estimates the bytes that all worlds retain.

    :param measure: returns how many they retain.
    :param limit: how many they may retain.
    """

    def __init__(self, measure: Callable[[], int], limit: int = MAX_MEMORY) -> None:
        self._measure = measure
        self.limit = limit
        self.charged = 0
        """What is retained at most. Requests add to it without a check, as none is rejected for its record."""
        self._measured = 0
        self._may_be_less = True
        """Whether something may have been freed since the last measurement."""

    def reserve(self, size: int) -> None:
        """Charge for what is about to be added.

        :raises NoMemoryError: if there is no room for it, naming what would help; nothing is charged then.
        """
        if self.charged + size > self.limit:
            # Without a change a rejection takes no time, however many there are.
            if self._may_be_less or self.charged - self._measured > self.limit // 64:
                self._measured = self.charged = self._measure()
                self._may_be_less = False
            if self.charged + size > self.limit:
                raise NoMemoryError(
                    f"no memory left: worlds take about {self.charged} of {self.limit} bytes, this may take {size}; "
                    "delete worlds or snapshots, or serve with a larger --max-memory"
                )
        self.charged += size

    def free(self) -> None:
        """Note that something may have been freed: all is measured before anything else is rejected."""
        self._may_be_less = True
