"""The fake as an ASGI application, for any ASGI server or test client.

Delays take real time. A failed connection really fails on the kit's own server (see
:mod:`~copr_chroot_fake.http_server.protocol`), which supports the extension :data:`CONNECTION`. On any other server the
application raises the connection error, which httpx's ASGI transport passes on to the client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Protocol, TypedDict, cast
from urllib.parse import quote

from ..wire.answer import Answer, Delivery, Failure, error_body, json_answer
from ..wire.headers import RawHeaders
from ..wire.routes import READ_METHODS
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


MAX_BODY = 64 * 1024 * 1024
"""Bytes in the body of one request."""

MAX_BODIES = 256 * 1024 * 1024
"""Bytes in all bodies that are being received at the same time."""


class BodyReader:
    """Receives the bodies of requests within limits.

    :param max_body: bytes in the body of one request.
    :param max_bodies: bytes in all bodies that are being received at the same time.
    :param remedy: what to do about a body that is too large, for the message of the error.
    """

    def __init__(self, max_body: int = MAX_BODY, max_bodies: int = MAX_BODIES, remedy: str = "send less") -> None:
        self._max_body = max_body
        self._max_bodies = max_bodies
        self._remedy = remedy
        self._receiving = 0
        """Bytes received so far of all bodies that are not complete."""

    async def receive(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes | Answer | None:
        """Return the body of a request, or the error; ``None`` if the client has disconnected."""
        if _exceeds(dict(headers).get(b"content-length", b"0"), self._max_body):
            return self._too_large()
        body = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                piece = cast(bytes, message.get("body", b""))
                body += piece
                self._receiving += len(piece)
                if len(body) > self._max_body:
                    return self._too_large()
                if len(body) < self._receiving > self._max_bodies:
                    problem = f"more than {self._max_bodies} bytes of other bodies are being received; try again later"
                    return json_answer(error_body(problem), 503)
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self._receiving -= len(body)

    def _too_large(self) -> Answer:
        return json_answer(error_body(f"the body is larger than {self._max_body} bytes; {self._remedy}"), 413)


def _exceeds(digits: bytes, limit: int) -> bool:
    """Whether the number in a header is above a limit, however many digits it has."""
    significant = digits.lstrip(b"0")
    # Python converts at most 4,300 digits.
    return significant.isdigit() and (len(significant) > 20 or int(significant) > limit)


def received(body: bytes, receive: Receive) -> Receive:
    """Return a function that receives a body that was read already, and then what follows."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Mapping[str, object]:
        return pending.pop() if pending else await receive()

    return receive_again


class AsgiApp:
    """An ASGI application that answers from memory."""

    def __init__(self, answer: Callable[[str, str, RawHeaders, bytes], Answer]) -> None:
        self._answer = answer
        self._bodies = BodyReader()

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _handle_lifespan(receive, send)
        elif scope["type"] == "http":
            http = cast(HttpScope, scope)
            method, headers = http["method"], http.get("headers", ())
            body = b"" if method in READ_METHODS else await self._bodies.receive(headers, receive)
            if body is None:
                return
            if isinstance(body, Answer):
                await respond(body, send)
                return
            answer = self._answer(method, target_of(http), headers, body)
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
