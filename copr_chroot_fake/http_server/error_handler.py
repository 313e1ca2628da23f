"""Handling internal errors of the server: a JSON 500 response, one log line, and a closed connection."""

from __future__ import annotations

import reprlib
import traceback
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from ..adapters.asgi import HttpScope, Receive, Send, connection_of, respond, target_of
from ..wire.answer import error_body, json_answer

if TYPE_CHECKING:
    from .uvicorn_server import App

PROBLEM = "internal error; the server has logged it"
"""The error message that a client receives."""

Report = Callable[[str], None]
"""Writes a line to the server's log."""


class ErrorHandler:
    """ASGI middleware that responds to exceptions of an application.

    :param report: receives one line for each exception.
    """

    def __init__(self, app: App, report: Report) -> None:
        self._app = app
        self._report = report

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            http = cast(HttpScope, scope)
            self._report(describe(f"{http['method']} {target_of(http)}", error))
            await _respond(scope, send)


async def _respond(scope: Mapping[str, object], send: Send) -> None:
    answer = json_answer(error_body(PROBLEM), 500)
    try:
        await respond(answer._replace(headers=(*answer.headers, ("Connection", "close"))), send)
    except Exception:
        # A response had already begun, or sending itself fails.
        connection = connection_of(scope)
        if connection is None:
            raise
        connection.close()


def describe(context: str, error: BaseException) -> str:
    """Return one log line: the context (such as method and target), the exception and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    location = "".join(f", in {PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"internal error: {_short.repr(context)[1:-1]}: {type(error).__name__}: {_short.repr(str(error))}{location}"


_short = reprlib.Repr()
_short.maxstring = 200
