"""The log of a server: a line for each request, and for each internal error."""

from __future__ import annotations

import json
import os
import reprlib
import select
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePath
from typing import Literal

from .request import Request

_STANDARD_ERROR = 2


def write_line(line: str) -> None:
    """Write a line to standard error from any thread, unless nobody reads it.

    Up to 4 KiB, a line never blocks the server; a longer one can, until its reader has caught up.
    """
    # The reader may be gone.
    with suppress(OSError):
        if select.select([], [_STANDARD_ERROR], [], 0)[1]:
            # Not through sys.stderr: a blocked write would hold its lock until the interpreter ends.
            os.write(_STANDARD_ERROR, line.encode("utf-8", "backslashreplace") + b"\n")


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
