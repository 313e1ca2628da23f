"""Disconnecting clients that do not read their responses."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Connection(Protocol):
    """A connection with a write buffer."""

    @property
    def unread(self) -> int:
        """Bytes in the server that wait to be read by the client."""

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
