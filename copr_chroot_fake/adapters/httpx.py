"""A transport for httpx that answers requests in memory, sync and async alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from ..wire.answer import Answer, Delivery
from .delivery import Responder, body_pieces, wait_for_response

_ERRORS: dict[type[OSError], type[httpx.TransportError]] = {
    ConnectionRefusedError: httpx.ConnectError,
    ConnectionResetError: httpx.ReadError,
    TimeoutError: httpx.ReadTimeout,
}


class HttpxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers every request, for any host."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    def __repr__(self) -> str:
        return f"<HttpxTransport of {self._responder}>"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._respond(request, b"" if request.method == "GET" else request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._respond(request, b"" if request.method == "GET" else await request.aread())

    def _respond(self, request: httpx.Request, body: bytes) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        answer = self._responder.answer(request.method, target, request.headers.raw, body)
        if answer.delivery is None:
            stream: httpx.ByteStream | _Body = httpx.ByteStream(answer.body)
        else:
            stream = self._deliver(answer, answer.delivery, request)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)

    def _deliver(self, answer: Answer, delivery: Delivery, request: httpx.Request) -> _Body:
        timeout: float | None = request.extensions.get("timeout", {}).get("read")
        try:
            wait_for_response(delivery, self._responder, timeout)
        except OSError as error:
            raise _ERRORS[type(error)](str(error), request=request) from error
        return _Body(body_pieces(answer, delivery, self._responder, timeout))


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces and may end early."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except OSError as error:
            # The client adds the request.
            raise _ERRORS[type(error)](str(error)) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece
