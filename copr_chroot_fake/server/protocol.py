"""uvicorn's HTTP protocol, with a bound on the head of a request, and connections that a fault lets fail for real."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..doors.asgi import CONNECTION, Receive, Send, respond
from ..service.answers import error_body, json_answer

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ServedConfig(uvicorn.Config):
    """A configuration of uvicorn's, with what the protocol has to know besides."""

    max_head: int
    """How many bytes a request may have before its body."""
    on_refuse: Callable[[float], None]
    """What happens where connections are to be refused for so many seconds."""


class FakeProtocol(HttpToolsProtocol):
    """One connection."""

    is_silent = False
    _in_head = False
    _is_head_new = False
    _head_bytes = 0
    _received = 0

    def data_received(self, data: bytes) -> None:
        self._received = len(data)
        self._is_head_new = False
        super().data_received(data)
        if self._in_head:
            # Of the piece in which a head begins, only what has been parsed is surely its own.
            self._head_bytes = self._parsed_bytes() if self._is_head_new else self._head_bytes + len(data)
            if self._head_bytes > self._most:
                self._refuse_head()

    @property
    def _most(self) -> int:
        return cast(ServedConfig, self.config).max_head

    def _parsed_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse_head(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            body = error_body(_too_large(self._most))
            head = f"HTTP/1.1 431 \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._is_head_new = True
        self._head_bytes = 0
        self.scope["extensions"] = cast("dict[str, dict[object, object]]", {CONNECTION: self})

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._received + self._head_bytes > self._most and self._parsed_bytes() > self._most:
            app, self.app = self.app, _refuse_large(self._most)
            super().on_headers_complete()
            self.app = app
        else:
            super().on_headers_complete()

    def shutdown(self) -> None:
        """The server is to end: what is being answered is finished, and what would never be is let go of."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and (self.is_silent or cycle.more_body):
            self.transport.close()
        else:
            super().shutdown()

    def stay_silent(self) -> None:
        """No answer will ever come."""
        self.is_silent = True

    def reset(self) -> None:
        """Cut the connection off at once, with a reset."""
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def refuse(self, seconds: float) -> None:
        """Reset it, and refuse new ones for so many seconds."""
        self.reset()
        self.refuse_others(seconds)

    def refuse_others(self, seconds: float) -> None:
        """Refuse new ones for so many seconds."""
        cast(ServedConfig, self.config).on_refuse(seconds)


def _too_large(most: int) -> str:
    return f"the head of the request is larger than {most} bytes; serve with a larger --max-head"


def _refuse_large(most: int) -> Callable[[Mapping[str, object], Receive, Send], Awaitable[None]]:
    async def app(scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        await respond(json_answer(error_body(_too_large(most)), 431), send)

    return app
