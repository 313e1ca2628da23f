"""Server-sent events of a world: their content, and when to send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING

from . import views

if TYPE_CHECKING:
    from .worlds import World, Worlds

EVENT_STREAM = "text/event-stream"

KEEP_ALIVE = b":\n\n"
"""A comment, which clients ignore."""

MIN_INTERVAL = 0.25
"""Seconds between two events of a stream; changes within this time are one event."""

MAX_SILENCE = 10
"""Seconds after which a stream without events sends a comment, so that nobody considers the connection dead."""


class WorldEvents:
    """A response with an event for the current state of a world, and one after each change, until it is deleted."""

    # The end of the connection is that of the body: the client of a stream has no use for the connection afterwards.
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: {EVENT_STREAM}\r\ncache-control: no-store\r\nconnection: close\r\n"
        "x-content-type-options: nosniff\r\n"
    ).encode()
    """The status line and headers, without ``Date`` and the empty line."""

    def __init__(self, worlds: Worlds, world: World) -> None:
        self._worlds = worlds
        self._world = world

    def read(self) -> bytes | None:
        """Return an event with the state of the world; ``None`` if it is deleted or replaced."""
        if self._world not in self._worlds:
            return None
        with self._world.watchers.reading():
            return f"data: {json.dumps(views.world(self._world))}\n\n".encode()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces of the body, each at the time to send it."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def notice() -> None:
            # Called in any thread; the loop may have ended.
            with suppress(RuntimeError):
                if not changed.is_set():
                    loop.call_soon_threadsafe(changed.set)

        self._world.watchers.add(notice)
        try:
            while True:
                # Before reading, so that no change after it is missed.
                changed.clear()
                event = self.read()
                if event is None:
                    return
                yield event
                await asyncio.sleep(MIN_INTERVAL)
                while not await self._wait(changed):
                    yield KEEP_ALIVE
        finally:
            self._world.watchers.remove(notice)

    async def _wait(self, changed: asyncio.Event) -> bool:
        """Wait for the next change, but not too long; return whether there was one."""
        due = self._seconds_to_wait()
        try:
            await asyncio.wait_for(changed.wait(), min(due, MAX_SILENCE))
        except asyncio.TimeoutError:
            return due <= MAX_SILENCE
        return True

    def _seconds_to_wait(self) -> float:
        """Return the seconds until the next automatic transition, which is a change; ``inf`` if there is none."""
        store = self._world.service.store
        with self._world.watchers.reading(), store.lock:
            store.catch_up()
            return store.seconds_to_wait
