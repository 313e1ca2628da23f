"""A server in a thread of this process.

After a fork, the thread exists only in the parent. The child leaves the sockets to it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

from .request import App
from .server import FakeServer

if TYPE_CHECKING:
    import ssl


class ServerThread:
    """A server in a thread, which starts at once and runs until :meth:`stop`.

    :param tls: the certificate of the server; without it, the server speaks plain HTTP.
    """

    def __init__(self, app: App, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self._process = os.getpid()
        ready = threading.Event()
        self._server = FakeServer(app, listener, ready.set, has_date=False, tls=tls)
        self._thread = threading.Thread(target=self._run, name="copr-fake", daemon=True)
        self._thread.start()
        ready.wait()
        _threads.add(self)

    def _run(self) -> None:
        asyncio.run(self._server.serve())

    @property
    def is_in_parent(self) -> bool:
        """Whether the thread runs in the process that this one was forked from."""
        return self._process != os.getpid()

    def open_port(self) -> None:
        """Listen again, if a fault has closed the port."""
        self._server.open_port()

    def stop(self) -> None:
        """Stop the server without waiting for responses; it no longer listens when this returns."""
        if not self.is_in_parent:
            self._server.stop(at_once=True)
            self._thread.join()

    def abandon_sockets(self) -> None:
        """Leave the sockets to the parent process; otherwise they would stay open here when the parent closes them."""
        self._server.abandon_sockets()


_threads: WeakSet[ServerThread] = WeakSet()


def _abandon_sockets() -> None:
    for thread in _threads:
        thread.abandon_sockets()


# Windows cannot fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_sockets)
