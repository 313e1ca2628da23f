"""Runs the same test with the sync and the async client, and provides responses for them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import httpx

from copr_chroot_fake import AsyncCoprClient, CoprClient


class Harness:
    """Makes clients of one kind, with a virtual clock; ``pauses`` are their sleeps in seconds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.loop = asyncio.new_event_loop()
        self.pauses: list[float] = []
        self._to_close: list[Callable[[], object]] = []
        self.time = 0.0
        """The time of the clients in seconds; their sleeps, and slow responses, advance it."""

    def client(self, transport: Any = None, url: str = "https://copr.example", **options: Any) -> Any:
        """Make a client with the methods of the sync one; ``sleep`` and ``now`` are virtual."""

        def sleep(seconds: float) -> None:
            self.pauses.append(seconds)
            self.time += seconds

        async def async_sleep(seconds: float) -> None:
            sleep(seconds)

        options = {"now": lambda: self.time, "sleep": sleep if self.kind == "sync" else async_sleep, **options}
        if self.kind == "sync":
            client = CoprClient(url, transport=transport, **options)
            self._to_close.append(client.close)
            return client
        blocking = BlockingClient(AsyncCoprClient(url, transport=transport, **options), self.loop)
        self._to_close.append(blocking.aclose)
        return blocking

    def close(self) -> None:
        """Close all clients."""
        for close in self._to_close:
            close()
        # As asyncio.run does: streams that were not read to their end are closed by tasks of the loop.
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        for task in asyncio.all_tasks(self.loop):
            self.loop.run_until_complete(task)
        self.loop.close()


class BlockingClient:
    """An async client with blocking methods."""

    def __init__(self, client: AsyncCoprClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            result = attribute(*args, **kwargs)
            if inspect.isasyncgen(result):
                return self._loop.run_until_complete(self._collect(result))
            return self._loop.run_until_complete(result)

        return call

    @staticmethod
    async def _collect(items: Any) -> list[Any]:
        return [item async for item in items]


def responding(*answers: httpx.Response | Exception) -> httpx.MockTransport:
    """Return the responses (or raise the exceptions) in turn, and the last one from then on."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        # A response can be read only once.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return httpx.MockTransport(handle)


def page_of(*states: str, limit: int | None = None, **more: object) -> httpx.Response:
    items = [
        {"name": f"c-{at}-x", "state": state, "started_on": 1, "ended_on": None, "result_url": None}
        for at, state in enumerate(states)
    ]
    meta = {"limit": limit, "offset": 0, "order": "id", "order_type": "ASC"}
    return httpx.Response(200, json={"items": items, "meta": meta, **more})


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, which counts the pieces that were read and records whether it was closed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self.read = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.read += 1
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


HTML = httpx.Response(502, headers={"Content-Type": "text/html"}, text="<html>Bad Gateway</html>")
