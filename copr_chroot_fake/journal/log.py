"""The log of requests, bounded in number and in bytes: the oldest entries are dropped first."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ..wire.headers import RawHeaders
from .details import Details

Entry = tuple[str, str, int, float, bool, Sequence[bytes], "int | None", int, RawHeaders, "Details | None"]
"""A recorded request: method, target, status, time, whether it matched, the builds or chroots in the response, the id
of the fault that hit it, its number, its headers without secrets, and its details if it has a user, a body or effect.

A plain tuple, as one is made for each request; everything else is parsed from the target when it is needed.
"""

MAX_BYTES = 64 * 2**20
"""The maximum size of a log, by estimate; the latest entry is kept whatever its size."""

REFERENCE_BYTES = 8
"""The size of a reference to a build's or chroot's document, which entries share while it is unchanged."""

_ENTRY_BYTES = 256
"""The approximate size of an entry without its texts and the chroots in its response."""


class RequestLog:
    """The latest requests, which are numbered without gaps, and a count of those that matched nothing.

    Entries are simply appended to :attr:`entries`, which is bounded in number. Only entries above :attr:`large_size`
    are accounted for in bytes, to keep requests cheap: all others together take at most half of the limit.
    The caller holds the store's lock.

    :param max_entries: how many requests are kept.
    :param max_bytes: the maximum size, by estimate.
    """

    __slots__ = ("_accounted", "_large_bytes", "_max_large_bytes", "_unmatched", "entries", "large_size")

    def __init__(self, max_entries: int, max_bytes: int = MAX_BYTES) -> None:
        self.entries: deque[Entry] = deque(maxlen=max_entries)
        self.large_size = max_bytes // 2 // max(max_entries, 1)
        """The size in bytes above which :meth:`account` must be called for an entry."""
        self._max_large_bytes = max_bytes // 2
        self._large_bytes = 0
        self._accounted: list[tuple[Entry, int]] = []
        """The large and the unmatched entries; the size is 0 unless it is large."""
        self._unmatched: dict[tuple[str, str], tuple[int, Entry]] = {}

    @property
    def first_number(self) -> int:
        """The number of the first request that is kept; 0 if there is none."""
        return self.entries[0][7] if self.entries else 0

    @property
    def unmatched(self) -> dict[tuple[str, str], tuple[int, Entry]]:
        """The number of kept requests that matched nothing, and the last one, by method and target."""
        self._forget_dropped()
        return self._unmatched

    def account(self, size: int) -> None:
        """Account for the latest entry, which is large or unmatched; ``size`` is that of its texts and chroots."""
        if not self.entries:
            return
        entry = self.entries[-1]
        if not entry[4]:
            count, _ = self._unmatched.get(entry[:2], (0, entry))
            self._unmatched[entry[:2]] = count + 1, entry
        bytes_ = size + _ENTRY_BYTES if size > self.large_size else 0
        self._accounted.append((entry, bytes_))
        self._large_bytes += bytes_
        self._forget_dropped()
        while self._large_bytes > self._max_large_bytes and len(self.entries) > 1:
            self.entries.popleft()
            self._forget_dropped()

    def _forget_dropped(self) -> None:
        """Remove dropped entries from the account."""
        first, dropped = self.first_number, 0
        for entry, bytes_ in self._accounted:
            if entry[7] >= first:
                break
            dropped += 1
            self._large_bytes -= bytes_
            if not entry[4]:
                self._forget_unmatched(entry)
        if dropped:
            del self._accounted[:dropped]

    def _forget_unmatched(self, entry: Entry) -> None:
        count, last = self._unmatched[entry[:2]]
        if count > 1:
            self._unmatched[entry[:2]] = count - 1, last
        else:
            del self._unmatched[entry[:2]]

    def clear(self) -> None:
        """Drop all requests; the numbers continue."""
        self.entries.clear()
        self._accounted.clear()
        self._unmatched.clear()
        self._large_bytes = 0
