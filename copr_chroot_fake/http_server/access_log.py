"""The access log: one line for each request, as text or JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Literal, cast

from ..adapters.asgi import HttpScope, Receive, Send, target_of
from .uvicorn_server import App

LogStyle = Literal["text", "json"]


class AccessLog:
    """ASGI middleware that writes a line at the end of each request."""

    def __init__(self, app: App, style: LogStyle, write: Callable[[str], None]) -> None:
        self._app = app
        self._style = style
        self._write = write

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        status, size = 0, 0

        async def send_and_count(message: dict[str, object]) -> None:
            nonlocal status, size
            status = cast(int, message.get("status", status))
            size += len(cast(bytes, message.get("body", b"")))
            await send(message)

        try:
            await self._app(scope, receive, send_and_count)
        except Exception:
            # The server responds with 500 then, unless a response has begun.
            status = status or 500
            raise
        finally:
            entry = _entry(scope, status, size, time.perf_counter() - start)
            self._write(json.dumps(entry) if self._style == "json" else _line(entry))


def dropped_line(style: LogStyle, count: int) -> str:
    """Return the line that replaces lines dropped because nobody read the log."""
    now = _now()
    return json.dumps({"time": now, "dropped": count}) if style == "json" else f"{now} {count} lines dropped"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _entry(scope: Mapping[str, object], status: int, size: int, seconds: float) -> dict[str, object]:
    http = cast(HttpScope, scope)
    client = cast("tuple[str, int] | None", scope.get("client"))
    return {
        "time": _now(),
        "client": client and client[0],
        "method": http["method"],
        "target": target_of(http),
        "status": status or None,
        "bytes": size,
        "milliseconds": round(seconds * 1000, 3),
    }


def _line(entry: Mapping[str, object]) -> str:
    return (
        f"{entry['time']} {entry['client']} {entry['method']} {entry['target']} -> "
        f"{entry['status'] or 'no response'}, {entry['bytes']} bytes, {entry['milliseconds']} ms"
    )
