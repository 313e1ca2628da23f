"""The access log: one line for each request, as text or JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Literal

from .request import Request

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
