"""What the connections of a server share: the application, the log, and how they are counted and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from socket import socket
from typing import NamedTuple, Protocol, cast

from ..wire.answer import Answer
from .log import AccessLog, Report
from .request import BodyWanted, Request

_BUFFER_SIZE = 64 * 1024
"""Bytes that are received at once."""


class Connection(Protocol):
    """A connection, as the server sees it."""

    @property
    def socket(self) -> socket:
        """Its socket."""

    @property
    def unread(self) -> int:
        """Bytes in the server that wait to be read by the client."""

    def shutdown(self) -> None:
        """Close it, after the response in progress if its request is complete."""

    def drop(self) -> None:
        """Close it without sending what has not been sent yet."""

    def abort(self) -> None:
        """Disconnect the client and discard unread bytes."""


class ReadTimer:
    """Disconnects a client that reads nothing for a number of seconds.

    It runs while the connection's buffer is full, and after the connection was closed.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._unread = 0
        """Bytes that were unread when the timer was started."""
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start, unless it runs or nothing is unread."""
        self._unread = self._connection.unread
        if self._timer is None and self._unread:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._check)

    def stop(self) -> None:
        """Stop: the client has read."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        self._timer = None
        if self._connection.unread < self._unread:
            self.start()
        else:
            self._connection.abort()


def connection_of(transport: asyncio.BaseTransport) -> asyncio.Transport:
    """Return the transport of the connection itself, below any TLS."""
    return cast(asyncio.Transport, transport.get_extra_info("connection", transport))


@dataclass(eq=False, repr=False)
class Context:
    """What the connections of a server share.

    :param max_head: maximum of bytes of a request before its body.
    :param read_timeout: seconds after which a client that reads nothing is disconnected.
    :param report: writes a line to the server's log.
    :param date_header: returns the header ``Date``, or nothing.
    :param close_port: refuses new connections for a number of seconds.
    :param on_end: called at the end of each connection and task.
    """

    app: App
    max_head: int
    read_timeout: float
    report: Report
    access_log: AccessLog | None
    date_header: Callable[[], bytes]
    close_port: Callable[[float], Coroutine[object, object, None]]
    on_end: Callable[[], None]
    connections: set[Connection] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    # For each read, asyncio would otherwise allocate 256 KiB, which takes longer than to answer.
    buffer: memoryview = field(default_factory=lambda: memoryview(bytearray(_BUFFER_SIZE)))

    def start(self, coroutine: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run a coroutine in a task."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self.on_end()


class Tunnel(Protocol):
    """Takes over a connection after CONNECT."""

    def take_over(self, context: Context, transport: asyncio.Transport, unread: bytes) -> None:
        """Set another protocol for a connection.

        :param unread: received bytes that follow the request.
        """

    def close(self) -> None:
        """Give up, because the client has left."""


class TunnelWanted(NamedTuple):
    """An application's reply to CONNECT: opens the tunnel, or returns the error."""

    open: Callable[[], Awaitable[Answer | Tunnel]]


App = Callable[[Request], "Answer | BodyWanted | TunnelWanted"]
"""An application: returns the response to a request, or asks for its body or a tunnel; else a body is ignored."""
