"""The log of a server: a line for each request, and for each internal error."""

from __future__ import annotations

import json
import os
import reprlib
import select
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePath
from typing import Literal

from .request import Request

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


LogStyle = Literal["text", "json"]


class AccessLog:
    """Writes a line at the end of each request."""

    def __init__(self, style: LogStyle, write: Callable[[str], None]) -> None:
        self._style = style
        self._write = write

    def add(self, client: str | None, request: Request, status: int | None, size: int, seconds: float) -> None:
        """Add a request.

        :param status: of the response; ``None`` if there is none.
        :param size: bytes of the body that were sent.
        :param seconds: from the request to the end of its response.
        """
        entry = {
            "time": _now(),
            "client": client,
            "method": request.method,
            "target": request.target,
            "status": status,
            "bytes": size,
            "milliseconds": round(seconds * 1000, 3),
        }
        self._write(json.dumps(entry) if self._style == "json" else _line(entry))


def dropped_line(style: LogStyle, count: int) -> str:
    """Return the line that replaces lines dropped because nobody read the log."""
    now = _now()
    return json.dumps({"time": now, "dropped": count}) if style == "json" else f"{now} {count} lines dropped"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _line(entry: Mapping[str, object]) -> str:
    return (
        f"{entry['time']} {entry['client']} {entry['method']} {entry['target']} -> "
        f"{entry['status'] or 'no response'}, {entry['bytes']} bytes, {entry['milliseconds']} ms"
    )


Report = Callable[[str], None]
"""Writes a line to the server's log."""


def describe(context: str, error: BaseException) -> str:
    """Return one log line: the context (such as method and target), the exception and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    location = "".join(f", in {PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"internal error: {_short.repr(context)[1:-1]}: {type(error).__name__}: {_short.repr(str(error))}{location}"


_short = reprlib.Repr()
_short.maxstring = 200
