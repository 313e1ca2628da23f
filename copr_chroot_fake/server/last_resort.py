"""The response when the server's own code fails: a JSON 500, one line in the log, and the end of the connection."""

from __future__ import annotations

import reprlib
import traceback
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from ..adapters.asgi import HttpScope, Receive, Send, connection_of, respond, target_of
from ..wire.answer import error_body, json_answer

if TYPE_CHECKING:
    from .serving import App

PROBLEM = "internal error; the server has logged it"
"""What a client is told."""

Report = Callable[[str], None]
"""Writes a line to the log of the server."""


class LastResort:
    """An ASGI application that responds where another one fails.

    :param report: gets one line for each failure.
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
            await _end(scope, send)


async def _end(scope: Mapping[str, object], send: Send) -> None:
    answer = json_answer(error_body(PROBLEM), 500)
    try:
        await respond(answer._replace(headers=(*answer.headers, ("Connection", "close"))), send)
    except Exception:
        # The response had begun, or what sends it is what fails.
        connection = connection_of(scope)
        if connection is None:
            raise
        connection.close()


def describe(what: str, error: BaseException) -> str:
    """One line that says where the kit's code failed, and how; nothing in it is longer than a screen's width."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = "".join(f", in {PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"internal error: {_short.repr(what)[1:-1]}: {type(error).__name__}: {_short.repr(str(error))}{place}"


_short = reprlib.Repr()
_short.maxstring = 200
