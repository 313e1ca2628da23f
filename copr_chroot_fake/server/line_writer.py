"""Lines that are written to a file by a thread of its own, so that nobody waits for whoever reads them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

MAX_PENDING = 8 * 1024 * 1024
"""Bytes of lines that wait to be written."""

FLUSH = 2
"""Seconds that :meth:`LineWriter.close` waits for the last lines to be written."""


class LineWriter:
    """Writes lines in their order, and drops those for which there is no room because nobody reads.

    :param file: the descriptor of the file.
    :param dropped: makes the line that says how many lines were dropped in its place.
    :param max_pending: bytes of lines that may wait to be written.
    """

    def __init__(self, file: int, dropped: Callable[[int], str], max_pending: int = MAX_PENDING) -> None:
        self._file = file
        self._dropped_line = dropped
        self._max_pending = max_pending
        self._changed = threading.Condition()
        self._pending: list[bytes] = []
        self._bytes = 0
        self._dropped = 0
        self._is_closing = False
        # A daemon, as it may hang in a write for ever.
        self._thread = threading.Thread(target=self._run, name="copr-fake-log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Add a line, without waiting."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._changed:
            if self._bytes + len(data) > self._max_pending:
                self._dropped += 1
                return
            if self._dropped:
                self._append(self._dropped_line(self._dropped).encode() + b"\n")
                self._dropped = 0
            self._append(data)
            self._changed.notify()

    def _append(self, data: bytes) -> None:
        self._pending.append(data)
        self._bytes += len(data)

    def close(self, timeout: float = FLUSH) -> None:
        """Write what is pending, for so many seconds at most; nothing may be added after that."""
        with self._changed:
            if self._dropped:
                self._append(self._dropped_line(self._dropped).encode() + b"\n")
                self._dropped = 0
            self._is_closing = True
            self._changed.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._pending and not self._is_closing:
                    self._changed.wait()
                data = b"".join(self._pending)
                if not data:
                    return
                self._pending.clear()
            # Nobody may read them anymore.
            with suppress(OSError):
                self._write_all(data)
            with self._changed:
                self._bytes -= len(data)

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                # Not through sys.stderr, whose lock a hanging write would keep until the interpreter ends.
                rest = rest[os.write(self._file, rest) :]
            except BlockingIOError:
                # Somebody has made the file non-blocking.
                time.sleep(0.01)
