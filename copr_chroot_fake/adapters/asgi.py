"""The fake as an ASGI application, for any ASGI server or test client.

Delays take real time. A failed connection really fails on the kit's own server (see
:mod:`~copr_chroot_fake.http_server.protocol`), which supports the extension :data:`CONNECTION`. On any other server the
application raises the connection error, which httpx's ASGI transport passes on to the client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Protocol, TypedDict, cast
from urllib.parse import quote

from ..wire.answer import Answer, Delivery, Failure
from ..wire.headers import RawHeaders
from .delivery import socket_error, split_body

Receive = Callable[[], Awaitable[Mapping[str, object]]]
Send = Callable[[dict[str, object]], Awaitable[None]]


class HttpScope(TypedDict):
    """The parts of a request's scope that the fake reads; the last three are optional in ASGI."""

    method: str
    path: str
    query_string: bytes
    raw_path: bytes | None
    headers: RawHeaders
    extensions: Mapping[str, object] | None


CONNECTION = "copr_chroot_fake.connection"
"""The ASGI extension with which a server offers a request's :class:`Connection`."""


class Connection(Protocol):
    """The connection of a request, which can be made to fail."""

    def stay_silent(self) -> None:
        """Expect no response."""

    def reset(self) -> None:
        """Reset the connection at once."""

    def close(self) -> None:
        """Close the connection when everything written has been sent."""

    async def refuse(self, seconds: float) -> None:
        """Reset the connection, and refuse new ones for ``seconds``."""

    async def refuse_others(self, seconds: float) -> None:
        """Refuse new connections for ``seconds``."""


class AsgiApp:
    """An ASGI application that answers from memory. It ignores request bodies, as Copr does for these endpoints."""

    def __init__(self, answer: Callable[[str, str, RawHeaders], Answer]) -> None:
        self._answer = answer

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _handle_lifespan(receive, send)
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
    """Send a complete response."""
    await send({"type": "http.response.start", "status": answer.status, "headers": _encode(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})


async def _deliver(
    answer: Answer, delivery: Delivery, scope: Mapping[str, object], receive: Receive, send: Send
) -> None:
    """Send a response as a fault prescribes: late, in pieces, in part or not at all."""
    if delivery.failure is Failure.TIMEOUT:
        connection = connection_of(scope)
        if connection is not None:
            connection.stay_silent()
        await _wait_for_disconnect(receive)
        return
    if await _disconnects_within(delivery.delay, receive):
        return
    if delivery.failure in (Failure.REFUSED, Failure.RESET):
        await _fail(delivery, scope)
        await _wait_for_disconnect(receive)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": _encode(answer.headers)})
    for number, piece in enumerate(split_body(answer.body, delivery)):
        if number and await _disconnects_within(delivery.pause, receive):
            return
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if delivery.failure is Failure.RESET_WITHIN:
        # A reset discards what the client has not read yet, so let the written part arrive first.
        if await _disconnects_within(0.01, receive):
            return
        await _fail(delivery, scope)
        await _wait_for_disconnect(receive)
        return
    await send({"type": "http.response.body", "body": b""})


async def _disconnects_within(seconds: float, receive: Receive) -> bool:
    """Wait for ``seconds``, or until the client disconnects; return whether it did."""
    # Imported late because only faults need it. It works on asyncio and trio.
    import anyio

    with anyio.move_on_after(seconds):
        await _wait_for_disconnect(receive)
        return True
    return False


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def connection_of(scope: Mapping[str, object]) -> Connection | None:
    """Return the request's connection if the server is the kit's own, else ``None``."""
    extensions = cast(HttpScope, scope).get("extensions") or {}
    return cast("Connection | None", extensions.get(CONNECTION))


async def _fail(delivery: Delivery, scope: Mapping[str, object]) -> None:
    assert delivery.failure is not None
    connection = connection_of(scope)
    if connection is None:
        raise socket_error(delivery.failure)
    if delivery.failure is Failure.REFUSED:
        await connection.refuse(delivery.closed)
    else:
        connection.reset()


@lru_cache(maxsize=512)
def _encode(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers)


def target_of(scope: HttpScope) -> str:
    """Return the request target as sent, or rebuilt from the decoded path if the server gives no raw one."""
    raw_path, query = scope.get("raw_path"), scope["query_string"]
    path = quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1")
    return f"{path}?{query.decode('latin-1')}" if query else path


async def _handle_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
