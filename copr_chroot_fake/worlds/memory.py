"""The limit for the memory of all worlds together, by an estimate.

Additions to a world are charged in advance by a generous estimate, which takes no
time. Only when the charges reach the limit, all worlds are measured, and the charges
are corrected.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import CoprFakeError
from .limits import MAX_MEMORY

NEW_WORLD = 16 * 1024
"""Bytes of a world without builds."""

PER_BODY_BYTE = 16
"""Bytes retained for each byte in the body of a control call, at most: a scenario of builds with little but an id."""

PER_BUILD = 64 * 1024
"""Bytes of a build with its chroots, unless it has very many."""

PER_REQUEST = 300
"""Bytes of a request in the journal, without its target, headers and body."""


class NoMemoryError(CoprFakeError):
    """The worlds have reached their memory limit."""


class Memory:
    """Estimates the bytes that all worlds retain.

    :param measure: returns the bytes that they retain now.
    :param limit: maximum of bytes that they may retain.
    """

    def __init__(self, measure: Callable[[], int], limit: int = MAX_MEMORY) -> None:
        self._measure = measure
        self.limit = limit
        self.charged = 0
        """Upper estimate of the retained bytes. Requests add to it unchecked: none is rejected to save memory."""
        self._measured = 0
        self._may_be_less = True
        """Whether memory may have been freed since the last measurement."""

    def reserve(self, size: int) -> None:
        """Charge for objects that are about to be added.

        :raises NoMemoryError: if the limit would be exceeded; nothing is charged then.
        """
        if self.charged + size > self.limit:
            # If nothing was freed, rejecting takes no time, however many worlds there are.
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
        """Note that memory may have been freed: measure again before anything else is rejected."""
        self._may_be_less = True
