"""A server in a thread, for a whole test session, with a world of its own for every test.

Each fake is served under a path of its own, ``/worlds/<name>``. The server is
ready when it is there, and stopped within milliseconds: it waits for an event,
where uvicorn's own loop looks ten times a second whether it is to stop.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Mapping
from typing import cast

import uvicorn

from .asgi import AsgiDoor, Receive, Send
from .server import bind, settings, url_of

_PATH = re.compile(rb"/worlds/([^/]+)(/.*)?", re.DOTALL)


class Worlds:
    """An ASGI application that leads each path ``/worlds/<name>/…`` to the fake of that name."""

    def __init__(self) -> None:
        self._doors: dict[bytes, AsgiDoor] = {}

    def add(self, name: str, door: AsgiDoor) -> None:
        self._doors[name.encode()] = door

    def remove(self, name: str) -> None:
        del self._doors[name.encode()]

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(cast(bytes, scope["raw_path"]))
        door = None if found is None else self._doors.get(found[1])
        if found is None or door is None:
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await door({**scope, "raw_path": found[2] or b"/"}, receive, send)


class LiveServer:
    """A running server on a free port of loopback; ``worlds`` says what it serves."""

    def __init__(self) -> None:
        self.worlds = Worlds()
        listener = bind("127.0.0.1", 0)
        self.url = url_of(listener)
        self._ready = threading.Event()
        self._server = _EventedServer(uvicorn.Config(self.worlds, **settings(), date_header=False), self._ready)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="copr-fake", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _run(self, listener: socket.socket) -> None:
        asyncio.run(self._server.serve(sockets=[listener]))

    def url_of(self, name: str) -> str:
        return f"{self.url}/worlds/{name}"

    def stop(self) -> None:
        """Stop it; by the time that this returns nobody listens anymore."""
        self._server.stop()
        self._thread.join()


class _EventedServer(uvicorn.Server):
    """A uvicorn server that says when it is ready, and is told when to stop."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._ready.set()
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
