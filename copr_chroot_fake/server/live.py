"""A server in a thread, for a whole test session, with a world of its own for every test.

The server answers as soon as it is made, and stops within milliseconds: it waits
for an event, where uvicorn's own loop looks ten times a second whether it is to
stop.

A process that is forked has no such thread. Its parent goes on serving what it
was given, and in the child a server begins anew, on another port, as soon as it
is given a fake.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from ..errors import InputError
from .app import ServedApp
from .control_door import ControlDoor, Controlling
from .guard import Guard
from .serving import FakeServer, bind, url_of
from .worlds import Worlds, address_in

if TYPE_CHECKING:
    from ..fake import FakeCopr


class LiveServer:
    """A running server on a free port of 127.0.0.1. It serves the fakes that it is given, each under a name."""

    def __init__(self) -> None:
        self._start()
        _servers.add(self)

    def _start(self) -> None:
        self._process = os.getpid()
        self._worlds = Worlds(_Given(), max_memory=sys.maxsize, main=_Empty())
        listener = bind("127.0.0.1", 0)
        self.url = url_of(listener)
        self._worlds.be_at(self.url)
        ready = threading.Event()
        app = ServedApp(self._worlds, ControlDoor(self._load_control, Guard("127.0.0.1", None)))
        self._server = _EventedServer(app, listener, ready.set)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="copr-fake", daemon=True)
        self._thread.start()
        ready.wait()

    def _run(self, listener: socket.socket) -> None:
        asyncio.run(self._server.serve(sockets=[listener]))

    def _load_control(self) -> Controlling:
        from ..admin.call import Setting
        from ..admin.dispatch import ControlApi
        from .recipe import Recipe

        return ControlApi(Setting(self._worlds, Recipe(), None))

    def add(self, name: str, fake: FakeCopr) -> str:
        """Serve a fake under a name; returns its address."""
        from .recipe import SameFake

        if self._is_of_parent:
            self._start()
        self._worlds.put(name, SameFake(fake, fake.snapshot()), fake)
        return address_in(self.url, name)

    def remove(self, name: str) -> None:
        """Stop serving a fake, and open the port again if one of its faults has closed it."""
        if not self._is_of_parent:
            self._worlds.delete(name)
            self._server.reopen()

    def stop(self) -> None:
        """Stop the server. When this returns, it no longer listens."""
        if not self._is_of_parent:
            self._server.stop()
            self._thread.join()

    @property
    def _is_of_parent(self) -> bool:
        """Whether it runs in the process that this one was forked from."""
        return self._process != os.getpid()

    def abandon_sockets(self) -> None:
        """Leave the sockets to the parent process, which alone serves them: else closing them there would not do."""
        self._server.abandon_sockets()


_servers: WeakSet[LiveServer] = WeakSet()


def _abandon_sockets() -> None:
    for server in _servers:
        server.abandon_sockets()


# Windows cannot fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_sockets)


class _Given:
    """The beginning of worlds that exist only if somebody adds them."""

    def make_empty(self) -> FakeCopr:
        return self.make()

    def make(self) -> FakeCopr:
        raise InputError("world", "there is none of that name")


class _Empty:
    """The beginning of the server's own world, which hardly anybody asks for."""

    def make_empty(self) -> FakeCopr:
        return self.make()

    def make(self) -> FakeCopr:
        from ..fake import FakeCopr

        return FakeCopr()


class _EventedServer(FakeServer):
    """A server that another thread tells to stop."""

    def __init__(self, app: ServedApp, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        super().__init__(app, listener, on_ready, date_header=False)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def reopen(self) -> None:
        """Listen again, before this returns."""
        if self.is_port_closed:
            asyncio.run_coroutine_threadsafe(self.open_port(), self._loop).result()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await super().startup(sockets)

    async def stay_ready(self) -> None:
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._close_door()
        for listener in sockets or []:
            listener.close()
        await self._cut_off()
