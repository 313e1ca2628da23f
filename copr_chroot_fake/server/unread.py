"""Clients that do not read: how long, and how much, the server keeps for them what it has written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from .bounds import MAX_UNREAD, READ_PATIENCE


class Written(Protocol):
    """A connection to which a server has written."""

    @property
    def unread(self) -> int:
        """Bytes that wait in the server to be read by the client."""

    def abort(self) -> None:
        """Disconnect the client, and forget what waits."""


class Unread:
    """Disconnects clients that do not read.

    A client is disconnected when it has read nothing for ``patience`` seconds, or,
    those that have been waited for longest first, when more than ``max_bytes``
    wait for all clients together.
    """

    def __init__(self, max_bytes: int = MAX_UNREAD, patience: float = READ_PATIENCE) -> None:
        self._max_bytes = max_bytes
        self._patience = patience
        self._waiting: dict[Written, int] = {}
        """Bytes that wait for those clients that read more slowly than the server writes, longest first."""
        self._bytes = 0
        self._has_read: set[Written] = set()
        """Clients that have read since the last :meth:`sweep`."""
        self._unread: dict[Written, tuple[int, float]] = {}
        """What waited at the last sweep, and the time since when the client has read nothing."""

    def pause(self, connection: Written) -> None:
        """Note that a connection has a full buffer, and gets nothing more until the client has read it."""
        self._waiting[connection] = connection.unread
        self._bytes += connection.unread
        while self._bytes > self._max_bytes and len(self._waiting) > 1:
            slowest = next(iter(self._waiting))
            self.forget(slowest)
            slowest.abort()

    def resume(self, connection: Written) -> None:
        """Note that the client has read its full buffer."""
        self._has_read.add(connection)
        self.forget(connection)

    def forget(self, connection: Written) -> None:
        """Expect nothing more to be read; the connection may be closed."""
        self._bytes -= self._waiting.pop(connection, 0)

    def sweep(self, connections: Iterable[Written], now: float) -> None:
        """Disconnect clients that have read nothing for too long; to be called every few seconds.

        :param now: the time in seconds on any clock.
        """
        unread: dict[Written, tuple[int, float]] = {}
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
            if now - since >= self._patience:
                connection.abort()
