"""The ASGI door: the fake as an application for any ASGI server or test client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import cast
from urllib.parse import quote

from ..service.answers import Answer

Receive = Callable[[], Awaitable[Mapping[str, object]]]
Send = Callable[[dict[str, object]], Awaitable[None]]


class AsgiDoor:
    """An ASGI application that answers from memory and ignores request bodies, as Copr does here."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        self._answer = answer

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._respond(scope, send)
        else:
            raise ValueError(f"the Copr fake speaks HTTP, not {scope['type']}")

    async def _respond(self, scope: Mapping[str, object], send: Send) -> None:
        status, headers, body = self._answer(str(scope["method"]), _target(scope))
        await send({"type": "http.response.start", "status": status, "headers": _raw(headers)})
        await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=512)
def _raw(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers)


def _target(scope: Mapping[str, object]) -> str:
    """The request's target as sent; a server need not give the path in that form."""
    raw_path = cast("bytes | None", scope.get("raw_path"))
    path = quote(cast(str, scope["path"])) if raw_path is None else raw_path.decode("latin-1")
    query = cast(bytes, scope["query_string"]).decode("latin-1")
    return f"{path}?{query}" if query else path


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
