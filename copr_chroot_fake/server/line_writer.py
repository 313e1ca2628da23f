"""Writing lines of the server's log: each of them whole, or not at all."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress

CLOSE_TIMEOUT = 0.5
"""Seconds that :meth:`LineWriter.close` waits for a reader."""


class LineWriter:
    """Writes lines in order; drops and counts lines while nobody reads them.

    A line is written before the call returns, so none is cut when the process ends. Up to 4 KiB, a line never blocks
    the server; a longer one can, until its reader has caught up.

    :param file: file descriptor.
    :param dropped_line: returns the line that replaces a number of dropped lines.
    """

    def __init__(self, file: int, dropped_line: Callable[[int], str]) -> None:
        self._file = file
        self._dropped_line = dropped_line
        self._lock = threading.Lock()
        self._dropped = 0

    def write(self, line: str) -> None:
        """Write a line from any thread."""
        with self._lock:
            self._write_count()
            if self._dropped or not self._write(line):
                self._dropped += 1

    def close(self) -> None:
        """Write the number of the last dropped lines, if somebody reads soon."""
        with self._lock:
            self._write_count(CLOSE_TIMEOUT)

    def _write_count(self, timeout: float = 0) -> None:
        if self._dropped and self._write(self._dropped_line(self._dropped), timeout):
            self._dropped = 0

    def _write(self, line: str, timeout: float = 0) -> bool:
        """Write a line if somebody reads within a number of seconds; return whether it was written."""
        rest = memoryview(line.encode("utf-8", "backslashreplace") + b"\n")
        # The reader may be gone.
        with suppress(OSError):
            if not self._is_writable(timeout):
                return False
            while rest:
                try:
                    # Not through sys.stderr: a blocked write would hold its lock until the interpreter ends.
                    rest = rest[os.write(self._file, rest) :]
                except BlockingIOError:
                    # Another process has made the file non-blocking.
                    self._is_writable(None)
        return True

    def _is_writable(self, timeout: float | None) -> bool:
        return bool(select.select([], [self._file], [], timeout)[1])
