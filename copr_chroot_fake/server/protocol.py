"""uvicorn's HTTP protocol, with bounds on what a connection holds, and connections that a fault lets fail for real."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import cast

import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ..adapters.asgi import CONNECTION
from ..wire.answer import error_body
from .last_resort import PROBLEM, Report, describe
from .unread import Unread

PATIENCE = 60
"""How many seconds a request may take to come whole, from its connection or its own beginning on."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ServedConfig(uvicorn.Config):
    """A configuration of uvicorn's, with what the protocol has to know besides."""

    max_head: int
    """How many bytes a request may have before its body."""
    on_refuse: Callable[[float], Awaitable[None]]
    """What happens where connections are to be refused for so many seconds."""
    on_connect: Callable[[], None]
    """Called for each new connection."""
    unread: Unread
    """Disconnects clients that do not read."""
    report: Report
    """Writes a line to the log of the server."""


class FakeProtocol(HttpToolsProtocol):
    """One connection."""

    is_silent = False
    _is_waiting = False
    """Whether the next request is answered only once the client has read the last response."""
    _in_head = False
    _is_head_new = False
    _has_body_come = False
    _head_bytes = 0
    """How much has come of a head, or after one without being of a body: trailers and the like."""
    _received = 0
    _deadline: asyncio.TimerHandle | None = None
    _last_words: bytes | None = None
    """What is said once all is answered that came before; nothing that has come since counts."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._config = cast(ServedConfig, self.config)
        self._max_head = self._config.max_head
        self._unanswered: deque[RequestResponseCycle] = deque()
        self.flow = _Flow(transport, self._unanswered)
        self._deadline = self.loop.call_later(PATIENCE, self._refuse)
        self._config.on_connect()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget_deadline()
        self._config.unread.forget(self)
        for cycle in self._unanswered:
            _let_go(cycle)

    def pause_writing(self) -> None:
        """The client does not read: no more requests are read or answered until it does."""
        super().pause_writing()
        self.flow.pause_reading()
        self._config.unread.pause(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._config.unread.resume(self)
        if self._is_waiting:
            self._is_waiting = False
            super().on_response_complete()
        else:
            self.flow.resume_reading()

    @property
    def unread(self) -> int:
        """Bytes that wait in the server to be read by the client."""
        return self.transport.get_write_buffer_size()

    @property
    def idle_since(self) -> float | None:
        """The loop's time since when nothing is being answered; ``None`` while something is."""
        if self._unanswered:
            return None
        if self._deadline is not None:
            return self._deadline.when() - PATIENCE
        keep_alive = self.timeout_keep_alive_task
        return 0 if keep_alive is None else keep_alive.when() - self.timeout_keep_alive

    def abort(self) -> None:
        """Disconnect the client at once, with a reset; what it has not read is lost, also what the system keeps."""
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            # It may have been closed since.
            with suppress(OSError):
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def close(self) -> None:
        """Close the connection once all that has been written is sent."""
        for cycle in self._unanswered:
            _let_go(cycle)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.is_silent or self._last_words is not None:
            return
        try:
            self._receive(data)
        except Exception as error:
            self._config.report(describe("a connection", error))
            self._refuse(500, PROBLEM)

    def _receive(self, data: bytes) -> None:
        self._received = len(data)
        self._is_head_new = self._has_body_come = False
        super().data_received(data)
        if self._in_head:
            # Of the piece in which a head begins, only what has been parsed is surely its own.
            self._head_bytes = self._parsed_bytes() if self._is_head_new else self._head_bytes + len(data)
        elif self.cycle is not None and self.cycle.more_body:
            self._head_bytes = 0 if self._has_body_come else self._head_bytes + len(data)
        else:
            self._forget_deadline()
            return
        if self._head_bytes > self._max_head:
            self._refuse_head()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(PATIENCE, self._refuse)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _parsed_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse_head(self) -> None:
        problem = f"the head of the request is larger than {self._max_head} bytes; serve with a larger --max-head"
        self._refuse(431, problem)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse(self, status: int | None = None, problem: str = "") -> None:
        """Take no more; what has come whole is still answered, and then, if there is something to say, why."""
        if self._last_words is not None:
            return
        self._last_words = b"" if status is None else _answer(status, problem)
        if not self._in_head and self._unanswered and self._unanswered[-1].more_body:
            broken = self._unanswered.pop()
            if self.pipeline and self.pipeline[0][0] is broken:
                self.pipeline.popleft()
            if broken.response_started:
                self._last_words = b""
            elif broken.scope["method"] == "HEAD":
                head, end, _ = self._last_words.partition(b"\r\n\r\n")
                self._last_words = head + end
            _let_go(broken)
        if not self._unanswered:
            self._end()

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self._last_words or b"")
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._forget_deadline()
        self._in_head = self._is_head_new = True
        self._head_bytes = 0
        self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]  # any server's own is a dict

    def on_headers_complete(self) -> None:
        # What has come in one piece that is no larger need not be counted.
        if (self._received > self._max_head or not self._is_head_new) and self._parsed_bytes() > self._max_head:
            self._refuse_head()
            raise ValueError("nothing of it is to be parsed anymore")
        super().on_headers_complete()
        self._unanswered.append(self.cycle)
        self._in_head = False
        self._has_body_come = True
        # What comes after the body is called headers too, and must not take the place of those that have been checked.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        self._has_body_come = True
        super().on_body(body)

    def on_response_complete(self) -> None:
        self._unanswered.popleft()
        if self.flow.write_paused:
            self._is_waiting = True
        else:
            super().on_response_complete()
        if self._last_words is not None and not self._unanswered:
            self._end()

    def shutdown(self) -> None:
        """The server is to end: what is being answered is finished, and what would never be is let go of."""
        cycle = self.cycle
        if self.is_silent:
            self.transport.close()
        elif cycle is not None and cycle.more_body and not cycle.response_complete:
            self._refuse()
        else:
            super().shutdown()

    def stay_silent(self) -> None:
        """No answer will ever come, neither to the request that is being answered nor to those that wait for it."""
        self.is_silent = True
        self.pipeline.clear()
        while len(self._unanswered) > 1:
            self._unanswered.pop()

    def reset(self) -> None:
        """Cut the connection off at once, with a reset; the client may have been quicker."""
        if not self.transport.is_closing():
            self.abort()

    async def refuse(self, seconds: float) -> None:
        """Refuse new ones for so many seconds, and reset it."""
        # In this order, as whoever has been reset may connect at once.
        await self.refuse_others(seconds)
        self.reset()

    async def refuse_others(self, seconds: float) -> None:
        """Refuse new ones for so many seconds."""
        await self._config.on_refuse(seconds)


class _Flow(FlowControl):
    """Reads on only if no request waits for the answer to another one, and no answer waits for the client to read."""

    def __init__(self, transport: asyncio.Transport, unanswered: deque[RequestResponseCycle]) -> None:
        super().__init__(transport)
        self._unanswered = unanswered

    def resume_reading(self) -> None:
        if len(self._unanswered) < 2 and not self.write_paused:
            super().resume_reading()


def _let_go(cycle: RequestResponseCycle) -> None:
    """Let whoever answers a request know that nobody hears it."""
    cycle.disconnected = True
    cycle.message_event.set()


def _answer(status: int, problem: str) -> bytes:
    """An answer to what is no request."""
    body = error_body(problem)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
