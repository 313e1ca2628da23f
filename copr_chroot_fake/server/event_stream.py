"""Responses with server-sent events: when to send them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ..control.events import EVENT_STREAM, KEEP_ALIVE
from ..control.limits import MAX_STREAMS
from ..wire.answer import Answer, error_body, json_answer

if TYPE_CHECKING:
    from ..control.events import WorldEvents

MIN_INTERVAL = 0.25
"""Seconds between two events of a stream; changes within this time are one event."""

MAX_SILENCE = 10
"""Seconds after which a stream without events sends a comment, so that nobody considers the connection dead."""

# The end of the connection is that of the body: the client of a stream has no use for the connection afterwards.
_HEAD = (
    f"HTTP/1.1 200 OK\r\ncontent-type: {EVENT_STREAM}\r\ncache-control: no-store\r\nconnection: close\r\n"
    "x-content-type-options: nosniff\r\n"
).encode()


class EventStream:
    """A response with an event for the current state of a world, and one after each change."""

    head = _HEAD
    """The status line and headers, without ``Date`` and the empty line."""

    def __init__(self, events: WorldEvents, streams: set[EventStream]) -> None:
        self._events = events
        self._streams = streams
        self._streams.add(self)
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._is_noticed = False
        """Whether the loop has been woken since the last event."""
        events.watch(self._notice)

    def _notice(self) -> None:
        """Note a change; called in any thread."""
        if not self._is_noticed:
            self._is_noticed = True
            # The loop may have ended.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._changed.set)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces of the body, each at the time to send it."""
        while True:
            self._changed.clear()
            self._is_noticed = False
            event = self._events.read()
            if event is None:
                return
            yield event
            await asyncio.sleep(MIN_INTERVAL)
            while not await self._wait():
                yield KEEP_ALIVE

    async def _wait(self) -> bool:
        """Wait for the next change, but not too long; return whether there was one."""
        due = self._events.seconds_to_wait()
        try:
            await asyncio.wait_for(self._changed.wait(), min(due, MAX_SILENCE))
        except asyncio.TimeoutError:
            return due <= MAX_SILENCE
        return True

    def close(self) -> None:
        """Stop watching the world."""
        self._events.unwatch(self._notice)
        self._streams.discard(self)


class EventStreams:
    """The streams of a server, whose number is limited."""

    def __init__(self) -> None:
        self._open: set[EventStream] = set()

    def open(self, events: WorldEvents) -> EventStream | Answer:
        """Return a new stream, which the caller closes, or the error if there are too many."""
        if len(self._open) >= MAX_STREAMS:
            return json_answer(error_body(f"there are {MAX_STREAMS} event streams already; close one first"), 409)
        return EventStream(events, self._open)
