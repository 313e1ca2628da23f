"""uvicorn's HTTP protocol, with limits for each connection, and connections that faults can break."""

from __future__ import annotations

import asyncio
import re
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
from .error_handler import PROBLEM, Report, describe
from .slow_clients import SlowClients

REQUEST_TIMEOUT = 60
"""Seconds within which a request must arrive, from the time of its first byte, or of the connection."""

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}(?= )")

# The parser rejects PRI, with which a client begins HTTP/2.
_PARSED_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI")

_METHOD_STAND_IN = b"REPORT"
"""A method without a meaning here. The parser gets it instead of any other, as it rejects unknown ones."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ServedConfig(uvicorn.Config):
    """uvicorn's configuration, with that of the protocol."""

    max_head: int
    """Maximum of bytes of a request before its body."""
    on_refuse: Callable[[float], Awaitable[None]]
    """Refuses new connections for a number of seconds."""
    on_connect: Callable[[], None]
    """Called for each new connection."""
    slow_clients: SlowClients
    report: Report
    """Writes a line to the server's log."""


class FakeProtocol(HttpToolsProtocol):
    """One connection."""

    is_silent = False
    _is_waiting = False
    """Whether the next request is not answered until the client has read the last response."""
    _method: str | None = None
    """The method of the request, if the parser has got another."""
    _in_head = False
    _is_head_new = False
    _has_received_body = False
    _head_bytes = 0
    """Bytes received of the head, or after it of anything but the body, such as trailers."""
    _received = 0
    _deadline: asyncio.TimerHandle | None = None
    _final_response: bytes | None = None
    """Sent, if not empty, after the responses to earlier requests; then the connection is closed. Once it is set, all
    received data is ignored."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._config = cast(ServedConfig, self.config)
        self._max_head = self._config.max_head
        self._unanswered: deque[RequestResponseCycle] = deque()
        self.flow = _Flow(transport, self._unanswered)
        self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self._reject)
        self._config.on_connect()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._clear_deadline()
        self._config.slow_clients.forget(self)
        for cycle in self._unanswered:
            _cancel(cycle)

    def pause_writing(self) -> None:
        """Stop reading and answering requests while the client does not read responses."""
        super().pause_writing()
        self.flow.pause_reading()
        self._config.slow_clients.pause(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._config.slow_clients.resume(self)
        if self._is_waiting:
            self._is_waiting = False
            super().on_response_complete()
        else:
            self.flow.resume_reading()

    @property
    def unread(self) -> int:
        """Bytes in the server that wait to be read by the client."""
        return self.transport.get_write_buffer_size()

    @property
    def idle_since(self) -> float | None:
        """The loop's time since when no request is being answered; ``None`` while one is."""
        if self._unanswered:
            return None
        if self._deadline is not None:
            return self._deadline.when() - REQUEST_TIMEOUT
        keep_alive = self.timeout_keep_alive_task
        return 0 if keep_alive is None else keep_alive.when() - self.timeout_keep_alive

    def abort(self) -> None:
        """Reset the connection and discard unread bytes, including those in the system's buffers."""
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            # It may be closed already.
            with suppress(OSError):
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def close(self) -> None:
        """Close the connection after sending what has been written."""
        for cycle in self._unanswered:
            _cancel(cycle)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.is_silent or self._final_response is not None:
            return
        try:
            self._receive(data)
        except Exception as error:
            self._config.report(describe("a connection", error))
            self._reject(500, PROBLEM)

    def _receive(self, data: bytes) -> None:
        self._received = len(data)
        self._is_head_new = self._has_received_body = False
        if not self._in_head and (self.cycle is None or not self.cycle.more_body):
            data = self._replace_method(data)
        super().data_received(data)
        if self._in_head:
            # The piece in which a head begins may also contain the end of the previous request.
            self._head_bytes = self._parsed_bytes() if self._is_head_new else self._head_bytes + len(data)
        elif self.cycle is not None and self.cycle.more_body:
            self._head_bytes = 0 if self._has_received_body else self._head_bytes + len(data)
        else:
            self._clear_deadline()
            return
        if self._head_bytes > self._max_head:
            self._reject_head()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self._reject)

    def _replace_method(self, data: bytes) -> bytes:
        """Return the beginning of a request with a method that the parser accepts, if it has one in full."""
        match = _METHOD.match(data)
        if match is None or match[0] in _PARSED_METHODS:
            return data
        self._method = match[0].decode()
        return _METHOD_STAND_IN + data[match.end() :]

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _parsed_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _reject_head(self) -> None:
        problem = f"the head of the request is larger than {self._max_head} bytes; serve with a larger --max-head"
        self._reject(431, problem)

    def send_400_response(self, msg: str) -> None:
        self._reject(400, msg)

    def _reject(self, status: int | None = None, problem: str = "") -> None:
        """Ignore further data, answer complete requests, send an error response if there is a status, and close."""
        if self._final_response is not None:
            return
        self._final_response = b"" if status is None else _error_response(status, problem)
        if not self._in_head and self._unanswered and self._unanswered[-1].more_body:
            broken = self._unanswered.pop()
            if self.pipeline and self.pipeline[0][0] is broken:
                self.pipeline.popleft()
            if broken.response_started:
                self._final_response = b""
            elif broken.scope["method"] == "HEAD":
                head, end, _ = self._final_response.partition(b"\r\n\r\n")
                self._final_response = head + end
            _cancel(broken)
        if not self._unanswered:
            self._end()

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self._final_response or b"")
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._clear_deadline()
        self._in_head = self._is_head_new = True
        self._head_bytes = 0
        self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]  # uvicorn declares a dict

    def on_headers_complete(self) -> None:
        # A head that arrived in one piece within the limit need not be counted.
        if (self._received > self._max_head or not self._is_head_new) and self._parsed_bytes() > self._max_head:
            self._reject_head()
            raise ValueError("stop parsing")
        super().on_headers_complete()
        if self._method is not None:
            # The application, which has this scope, starts later.
            self.scope["method"] = self._method
            self._method = None
        self._unanswered.append(self.cycle)
        self._in_head = False
        self._has_received_body = True
        # The parser reports trailers as headers too; they must not replace the checked ones.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        self._has_received_body = True
        super().on_body(body)

    def on_response_complete(self) -> None:
        self._unanswered.popleft()
        if self.flow.write_paused:
            self._is_waiting = True
        else:
            super().on_response_complete()
        if self._final_response is not None and not self._unanswered:
            self._end()

    def shutdown(self) -> None:
        """Close the connection when the server stops: finish responses, and give up on incomplete requests."""
        cycle = self.cycle
        if self.is_silent:
            self.transport.close()
        elif cycle is not None and cycle.more_body and not cycle.response_complete:
            self._reject()
        else:
            super().shutdown()

    def stay_silent(self) -> None:
        """Never respond again, neither to the current request nor to pipelined ones."""
        self.is_silent = True
        self.pipeline.clear()
        while len(self._unanswered) > 1:
            self._unanswered.pop()

    def reset(self) -> None:
        """Reset the connection, unless the client has closed it."""
        if not self.transport.is_closing():
            self.abort()

    async def refuse(self, seconds: float) -> None:
        """Refuse new connections for a number of seconds, and reset this one."""
        # In this order, because the client may reconnect at once.
        await self.refuse_others(seconds)
        self.reset()

    async def refuse_others(self, seconds: float) -> None:
        """Refuse new connections for a number of seconds."""
        await self._config.on_refuse(seconds)


class _Flow(FlowControl):
    """Resumes reading only if no pipelined request waits, and the client reads its responses."""

    def __init__(self, transport: asyncio.Transport, unanswered: deque[RequestResponseCycle]) -> None:
        super().__init__(transport)
        self._unanswered = unanswered

    def resume_reading(self) -> None:
        if len(self._unanswered) < 2 and not self.write_paused:
            super().resume_reading()


def _cancel(cycle: RequestResponseCycle) -> None:
    """Tell the application that the client of a request is gone."""
    cycle.disconnected = True
    cycle.message_event.set()


def _error_response(status: int, problem: str) -> bytes:
    """Return the response to an invalid request, after which the connection is closed."""
    body = error_body(problem)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
