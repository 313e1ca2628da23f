"""The httpx2 door: the same as for httpx, for the library that carries it on."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from ..service.answers import Answer


class Httpx2Transport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Answers every request that a client sends, whatever its host."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        self._answer = answer

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        status, headers, body = self._answer(request.method, request.url.raw_path.decode("ascii"))
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return self.handle_request(request)
