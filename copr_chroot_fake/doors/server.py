"""The server door: the fake on a socket, served by uvicorn."""

from __future__ import annotations

import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Literal, TypedDict

import uvicorn

from .asgi import AsgiDoor


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    :raises OSError: if the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Connections inherit it. Without it the kernel holds back the body, which
    # uvicorn writes after the headers, until the client acknowledges those.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def end_on_signals() -> None:
    """Let SIGINT and SIGTERM end the process with status 0, which is how to end a server.

    uvicorn takes them over while it runs, and sends itself the one that came
    again once it has stopped.
    """
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _end)


def serve(app: AsgiDoor, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Answer on a socket until a signal ends it; ``on_ready`` is called once it answers."""
    # What has been loaded stays, so the garbage collector need not look through it again and again.
    gc.freeze()
    make_server(app, on_ready).run(sockets=[listener])


def make_server(app: AsgiDoor, on_ready: Callable[[], None]) -> uvicorn.Server:
    """A server that is ready to run, in a thread of its own too."""
    return _AnnouncedServer(uvicorn.Config(app, **settings(), timeout_graceful_shutdown=1), on_ready)


class Settings(TypedDict):
    http: Literal["httptools"]
    ws: Literal["none"]
    lifespan: Literal["off"]
    access_log: bool
    log_config: None
    log_level: str
    server_header: bool


def settings() -> Settings:
    """How uvicorn is to be, wherever it serves a fake: quick, quiet, and plain HTTP."""
    return {
        "http": "httptools",
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
        "log_config": None,
        "log_level": "warning",
        "server_header": False,
    }


class _AnnouncedServer(uvicorn.Server):
    """A uvicorn server that says when it has started."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def _end(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
