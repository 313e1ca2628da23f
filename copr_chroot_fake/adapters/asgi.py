"""The fake as an ASGI application, for any ASGI server or test client.

Delays take real time. For a failed connection, the application raises the error that a socket raises, which httpx's
ASGI transport passes on to the client. The kit's own server does not use ASGI; there connections really fail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypedDict, cast
from urllib.parse import quote

from ..wire.answer import Answer, Delivery, Failure
from ..wire.headers import RawHeaders
from ..wire.target import READ_METHODS
from .delivery import socket_error, split_body

Receive = Callable[[], Awaitable[Mapping[str, object]]]
Send = Callable[[dict[str, object]], Awaitable[None]]


class HttpScope(TypedDict):
    """The parts of a request's scope that the fake reads; ``raw_path`` is optional in ASGI."""

    method: str
    path: str
    query_string: bytes
    raw_path: bytes | None
    headers: RawHeaders


class AsgiApp:
    """An ASGI application that answers from memory."""

    def __init__(self, answer: Callable[[str, str, RawHeaders, bytes], Answer]) -> None:
        self._answer = answer

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _handle_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._handle_request(cast(HttpScope, scope), receive, send)
        else:
            raise ValueError(f"the Copr fake speaks HTTP, not {scope['type']}")

    async def _handle_request(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        body = b"" if scope["method"] in READ_METHODS else await _receive_body(receive)
        if body is None:
            return
        answer = self._answer(scope["method"], _target_of(scope), scope.get("headers", ()), body)
        if answer.delivery is None:
            await respond(answer, send)
        else:
            await _deliver(answer, answer.delivery, receive, send)


async def _receive_body(receive: Receive) -> bytes | None:
    """Return the body of a request; ``None`` if the client has disconnected."""
    body = bytearray()
    while (message := await receive())["type"] != "http.disconnect":
        body += cast(bytes, message.get("body", b""))
        if not message.get("more_body", False):
            return bytes(body)
    return None


async def respond(answer: Answer, send: Send) -> None:
    """Send a complete response."""
    await send({"type": "http.response.start", "status": answer.status, "headers": _encode(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})


async def _deliver(answer: Answer, delivery: Delivery, receive: Receive, send: Send) -> None:
    """Send a response as a fault prescribes: late, in pieces, in part or not at all.

    :raises OSError: if the fault breaks the connection.
    """
    if delivery.failure is Failure.TIMEOUT:
        await _wait_for_disconnect(receive)
        return
    if await _disconnects_within(delivery.delay, receive):
        return
    if delivery.failure in (Failure.REFUSED, Failure.RESET):
        raise socket_error(delivery.failure)
    await send({"type": "http.response.start", "status": answer.status, "headers": _encode(answer.headers)})
    for number, piece in enumerate(split_body(answer.body, delivery)):
        if number and await _disconnects_within(delivery.pause, receive):
            return
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if delivery.failure is Failure.RESET_WITHIN:
        raise socket_error(delivery.failure)
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


def _encode(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers]


def _target_of(scope: HttpScope) -> str:
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
