"""Disconnecting clients that do not read their responses, to bound the memory for unread bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ..worlds.limits import MAX_UNREAD, READ_TIMEOUT


class Connection(Protocol):
    """A connection with a write buffer."""

    @property
    def unread(self) -> int:
        """Bytes in the server that wait to be read by the client."""

    def abort(self) -> None:
        """Disconnect the client and discard unread bytes."""


class SlowClients:
    """Disconnects slow clients.

    A client is disconnected if it has read nothing for ``timeout`` seconds. If more than
    ``max_bytes`` wait for all clients together, those that have been slow for longest are
    disconnected first.
    """

    def __init__(self, max_bytes: int = MAX_UNREAD, timeout: float = READ_TIMEOUT) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._paused: dict[Connection, int] = {}
        """Unread bytes of each connection with a full buffer, the longest paused first."""
        self._bytes = 0
        self._has_read: set[Connection] = set()
        """Connections whose client has read since the last :meth:`sweep`."""
        self._unread: dict[Connection, tuple[int, float]] = {}
        """Unread bytes at the last sweep, and the time since when the client has read nothing."""

    def pause(self, connection: Connection) -> None:
        """Note that the buffer of a connection is full: nothing is written until the client has read it."""
        self._paused[connection] = connection.unread
        self._bytes += connection.unread
        while self._bytes > self._max_bytes and len(self._paused) > 1:
            slowest = next(iter(self._paused))
            self.forget(slowest)
            slowest.abort()

    def resume(self, connection: Connection) -> None:
        """Note that the client has read its full buffer."""
        self._has_read.add(connection)
        self.forget(connection)

    def forget(self, connection: Connection) -> None:
        """Note that nothing waits for the client anymore; the connection may be closed."""
        self._bytes -= self._paused.pop(connection, 0)

    def sweep(self, connections: Iterable[Connection], now: float) -> None:
        """Disconnect clients that have read nothing for too long; call this every few seconds.

        :param now: time in seconds on any monotonic clock.
        """
        unread: dict[Connection, tuple[int, float]] = {}
        for connection in connections:
            size = connection.unread
            if not size:
                continue
            before, since = self._unread.get(connection, (size, now))
            if size < before or connection in self._has_read:
                since = now
            unread[connection] = (size, since)
        self._unread = unread
        self._has_read.clear()
        for connection, (_, since) in list(unread.items()):
            if now - since >= self._timeout:
                connection.abort()
