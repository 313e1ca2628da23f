"""Writing log lines in a thread, so that a slow reader of the log does not slow down the server."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

MAX_PENDING = 8 * 1024 * 1024
"""Default maximum of bytes that wait to be written."""

CLOSE_TIMEOUT = 0.5
"""Default maximum of seconds that :meth:`LineWriter.close` waits for the last lines; a server ends within a second."""


class LineWriter:
    """Writes lines in order; drops lines while too many wait to be read.

    :param file: file descriptor.
    :param dropped_line: returns the line that replaces a number of dropped lines.
    :param max_pending: maximum of bytes that wait to be written.
    """

    def __init__(self, file: int, dropped_line: Callable[[int], str], max_pending: int = MAX_PENDING) -> None:
        self._file = file
        self._dropped_line = dropped_line
        self._max_pending = max_pending
        self._changed = threading.Condition()
        self._pending: list[bytes] = []
        self._bytes = 0
        self._dropped = 0
        self._is_closing = False
        # A daemon, because a write may block forever.
        self._thread = threading.Thread(target=self._run, name="copr-fake-log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Append a line; never blocks."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._changed:
            if self._bytes + len(data) > self._max_pending:
                self._dropped += 1
                return
            self._append_dropped_count()
            self._append(data)
            self._changed.notify()

    def _append_dropped_count(self) -> None:
        if self._dropped:
            self._append(self._dropped_line(self._dropped).encode() + b"\n")
            self._dropped = 0

    def _append(self, data: bytes) -> None:
        self._pending.append(data)
        self._bytes += len(data)

    def close(self, timeout: float = CLOSE_TIMEOUT) -> None:
        """Write pending lines, for at most ``timeout`` seconds; nothing may be written after that."""
        with self._changed:
            self._append_dropped_count()
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
            # The reader may be gone.
            with suppress(OSError):
                self._write_all(data)
            with self._changed:
                self._bytes -= len(data)

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                # Not through sys.stderr: a blocked write would hold its lock until the interpreter ends.
                rest = rest[os.write(self._file, rest) :]
            except BlockingIOError:
                # Another process has made the file non-blocking.
                time.sleep(0.01)
