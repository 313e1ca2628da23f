"""The httpx door: a transport that answers requests in memory, sync and async alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from ..wire.answer import Answer, Delivery
from .delivery import Answering, await_begin, pieces

_ERRORS: dict[type[OSError], type[httpx.TransportError]] = {
    ConnectionRefusedError: httpx.ConnectError,
    ConnectionResetError: httpx.ReadError,
    TimeoutError: httpx.ReadTimeout,
}


class HttpxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers every request that a client sends, whatever its host."""

    def __init__(self, source: Answering) -> None:
        self._source = source

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        answer = self._source.answer(request.method, target, request.headers.raw)
        body = (
            httpx.ByteStream(answer.body) if answer.delivery is None else self._arrive(answer.delivery, answer, request)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def _arrive(self, delivery: Delivery, answer: Answer, request: httpx.Request) -> _Body:
        timeout: float | None = request.extensions.get("timeout", {}).get("read")
        try:
            await_begin(delivery, self._source, timeout)
        except OSError as error:
            raise _ERRORS[type(error)](str(error), request=request) from error
        return _Body(pieces(answer, delivery, self._source, timeout))


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, and perhaps not whole."""

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
