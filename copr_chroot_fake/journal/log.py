"""The log of requests, bounded in number and in bytes: the oldest entries are dropped first."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

Record = tuple[str, str, int, float, bool, Sequence[bytes], "int | None", int]
"""One request: method, target, status, time, whether it matched, the chroots that were shown, the id of the fault that
hit it, and its number.

A plain tuple, as one is made for each request; all else is read out of the target when somebody asks.
"""

REQUESTS_KEPT = 10_000
"""Default number of requests that a fake keeps: the latest ones."""

MAX_BYTES = 64 * 2**20
"""How many bytes the entries of a log take at most, by estimate; the latest entry is kept whatever its size."""

REFERENCE_BYTES = 8
"""How many bytes it takes to refer to a chroot as it was shown, which all entries that show it unchanged share."""

_ENTRY_BYTES = 256
"""About how many bytes an entry takes beside its texts and the chroots that it shows."""


class RequestLog:
    """The latest requests, which are numbered without gaps, and an account of those that matched nothing.

    Entries are simply appended to :attr:`entries`, which is bounded in number. To do next to nothing for most requests,
    only those above :attr:`large_size` are accounted for in bytes: all others together take at most half of the limit.
    The caller holds the store's lock.

    :param max_entries: how many requests are kept.
    :param max_bytes: how many bytes they take at most, by estimate.
    """

    __slots__ = ("_accounted", "_large_bytes", "_max_large_bytes", "_unmatched", "entries", "large_size")

    def __init__(self, max_entries: int, max_bytes: int = MAX_BYTES) -> None:
        self.entries: deque[Record] = deque(maxlen=max_entries)
        self.large_size = max_bytes // 2 // max(max_entries, 1)
        """An entry with more bytes than that has to be passed to :meth:`account`."""
        self._max_large_bytes = max_bytes // 2
        self._large_bytes = 0
        self._accounted: list[tuple[Record, int]] = []
        """The entries that are large or unmatched, each with its bytes if it is large."""
        self._unmatched: dict[tuple[str, str], tuple[int, Record]] = {}

    @property
    def first_number(self) -> int:
        """The number of the first request that is kept; 0 if there is none."""
        return self.entries[0][7] if self.entries else 0

    @property
    def unmatched(self) -> dict[tuple[str, str], tuple[int, Record]]:
        """How many of the requests that are kept matched nothing, and the last one, by method and target."""
        self._forget_dropped()
        return self._unmatched

    def account(self, size: int) -> None:
        """Account for the latest entry, which is large or unmatched; ``size`` is that of its texts and chroots."""
        if not self.entries:
            return
        record = self.entries[-1]
        if not record[4]:
            count, _ = self._unmatched.get(record[:2], (0, record))
            self._unmatched[record[:2]] = count + 1, record
        bytes_ = size + _ENTRY_BYTES if size > self.large_size else 0
        self._accounted.append((record, bytes_))
        self._large_bytes += bytes_
        self._forget_dropped()
        while self._large_bytes > self._max_large_bytes and len(self.entries) > 1:
            self.entries.popleft()
            self._forget_dropped()

    def _forget_dropped(self) -> None:
        """Take the entries out of the account that have been dropped since."""
        first, dropped = self.first_number, 0
        for record, bytes_ in self._accounted:
            if record[7] >= first:
                break
            dropped += 1
            self._large_bytes -= bytes_
            if not record[4]:
                self._forget_unmatched(record)
        if dropped:
            del self._accounted[:dropped]

    def _forget_unmatched(self, record: Record) -> None:
        count, last = self._unmatched[record[:2]]
        if count > 1:
            self._unmatched[record[:2]] = count - 1, last
        else:
            del self._unmatched[record[:2]]

    def clear(self) -> None:
        """Drop all requests; the numbers go on."""
        self.entries.clear()
        self._accounted.clear()
        self._unmatched.clear()
        self._large_bytes = 0
