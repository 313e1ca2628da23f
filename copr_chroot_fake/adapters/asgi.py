"""The ASGI door: the fake as an application for any ASGI server or test client.

What a fault does takes its time here, and the connection really fails where the
server lets it: the kit's own does (see :mod:`~copr_chroot_fake.http_server.protocol`);
on any other the application ends with an error of the connection, as which
httpx's ASGI transport passes it on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Protocol, TypedDict, cast
from urllib.parse import quote

from ..wire.answer import Answer, Delivery, Failure
from ..wire.headers import RawHeaders
from .delivery import cut, error_of

Receive = Callable[[], Awaitable[Mapping[str, object]]]
Send = Callable[[dict[str, object]], Awaitable[None]]


class HttpScope(TypedDict):
    """What the fake reads of a request's scope; a server need not give the last three."""

    method: str
    path: str
    query_string: bytes
    raw_path: bytes | None
    headers: RawHeaders
    extensions: Mapping[str, object] | None


CONNECTION = "copr_chroot_fake.connection"
"""The ASGI extension by which a server lets its connections fail."""


class Connection(Protocol):
    """The connection on which a request has come."""

    def stay_silent(self) -> None:
        """Expect no answer on it."""

    def reset(self) -> None:
        """Cut it off at once, with a reset."""

    def close(self) -> None:
        """Close it once all that has been written is sent."""

    async def refuse(self, seconds: float) -> None:
        """Reset it, and refuse new ones for so many seconds."""

    async def refuse_others(self, seconds: float) -> None:
        """Refuse new ones for so many seconds."""


class AsgiDoor:
    """An ASGI application that answers from memory and ignores request bodies, as Copr does here."""

    def __init__(self, answer: Callable[[str, str, RawHeaders], Answer]) -> None:
        self._answer = answer

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            http = cast(HttpScope, scope)
            answer = self._answer(http["method"], target_of(http), http.get("headers", ()))
            if answer.delivery is None:
                await respond(answer, send)
            else:
                await _deliver(answer, answer.delivery, scope, receive, send)
        else:
            raise ValueError(f"the Copr fake speaks HTTP, not {scope['type']}")


async def respond(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": _raw(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})


async def _deliver(
    answer: Answer, delivery: Delivery, scope: Mapping[str, object], receive: Receive, send: Send
) -> None:
    """Let an answer arrive as a fault has it."""
    if delivery.failure is Failure.TIMEOUT:
        connection = connection_of(scope)
        if connection is not None:
            connection.stay_silent()
        await _disconnection(receive)
        return
    if await _is_gone_within(delivery.delay, receive):
        return
    if delivery.failure in (Failure.REFUSED, Failure.RESET):
        await _fail(delivery, scope)
        await _disconnection(receive)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": _raw(answer.headers)})
    for at, piece in enumerate(cut(answer.body, delivery)):
        if at and await _is_gone_within(delivery.pause, receive):
            return
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if delivery.failure is Failure.RESET_WITHIN:
        # Once what has been written has gone out: a reset takes back what has not been read.
        if await _is_gone_within(0.01, receive):
            return
        await _fail(delivery, scope)
        await _disconnection(receive)
        return
    await send({"type": "http.response.body", "body": b""})


async def _is_gone_within(seconds: float, receive: Receive) -> bool:
    """Wait so many seconds, or until the client is gone; whether it is."""
    # Only a fault needs it. It waits on asyncio and trio alike.
    import anyio

    with anyio.move_on_after(seconds):
        await _disconnection(receive)
        return True
    return False


async def _disconnection(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def connection_of(scope: Mapping[str, object]) -> Connection | None:
    """The connection on which a request has come, where the server is the kit's own."""
    extensions = cast(HttpScope, scope).get("extensions") or {}
    return cast("Connection | None", extensions.get(CONNECTION))


async def _fail(delivery: Delivery, scope: Mapping[str, object]) -> None:
    assert delivery.failure is not None
    connection = connection_of(scope)
    if connection is None:
        raise error_of(delivery.failure)
    if delivery.failure is Failure.REFUSED:
        await connection.refuse(delivery.closed)
    else:
        connection.reset()


@lru_cache(maxsize=512)
def _raw(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers)


def target_of(scope: HttpScope) -> str:
    """The request's target as sent; a server need not give the path in that form."""
    raw_path, query = scope.get("raw_path"), scope["query_string"]
    path = quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1")
    return f"{path}?{query.decode('latin-1')}" if query else path


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
