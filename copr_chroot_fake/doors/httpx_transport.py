"""The httpx door: a transport that answers requests in memory, sync and async alike."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from ..service.answers import Answer


class HttpxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers every request that a client sends, whatever its host."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        status, headers, body = self._answer(request.method, request.url.raw_path.decode("ascii"))
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)
