"""The server door: the fake on a socket, served by uvicorn, until a signal or another thread ends it."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import math
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from types import FrameType
from typing import cast

import uvicorn

from ..adapters.asgi import Receive, Send
from .bounds import MAX_HEAD
from .last_resort import LastResort, Report, describe
from .protocol import FakeProtocol, ServedConfig
from .unread import Unread

App = Callable[[Mapping[str, object], Receive, Send], Awaitable[None]]

GRACE = 60
"""How many seconds a server that is to end waits for what is being answered; a second SIGINT ends it at once."""

_BACKLOG = 2048

_ACCEPTED_AT_ONCE = 16
"""How many connections are accepted before anything else is done."""

_RESERVED_FILES = 64
"""How many open files the system allows that no connections may take: those accepted at once, modules, the state."""

_SWEEP = 5
"""Seconds between two looks at which clients read."""

_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The errors by which a system says that it can accept no more connections."""

_LOG = logging.getLogger("copr_chroot_fake.server")


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    :raises OSError: if the address cannot be listened on.
    """
    listener = _hold(host, port)
    listener.listen(_BACKLOG)
    return listener


def _hold(host: str, port: int) -> socket.socket:
    """A socket that has an address, where connections are refused until it listens."""
    held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if held.family == socket.AF_INET6:
            held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Connections inherit it. Without it the kernel holds back the body, which
        # uvicorn writes after the headers, until the client acknowledges those.
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        held.bind((host, port))
    except BaseException:
        held.close()
        raise
    return held


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


def serve(app: App, listener: socket.socket, on_ready: Callable[[], None], max_head: int, report: Report) -> None:
    """Answer on a socket until a signal ends it; ``on_ready`` is called once it answers."""
    # What has been loaded stays, so the garbage collector need not look through it again and again.
    gc.freeze()

    def be_ready() -> None:
        on_ready()
        _return_large_blocks()

    FakeServer(app, listener, be_ready, max_head=max_head, report=report).run(sockets=[listener])


def _return_large_blocks() -> None:
    """Have the C library give the memory of large responses back to the system as soon as they are sent.

    By default glibc learns to keep it, in pieces: 64 MiB of unread responses then
    take 400 MiB.
    """
    # It takes some milliseconds to load.
    import ctypes

    mmap_threshold = -3
    # Other C libraries have no such function.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(mmap_threshold, 1024 * 1024)


class FakeServer(uvicorn.Server):
    """A uvicorn server that says when it has started, can refuse connections for a while, and survives its clients.

    :param report: gets a line for each failure of the server's own code, and when the system's resources are used up.
    """

    def __init__(
        self,
        app: App,
        listener: socket.socket,
        on_ready: Callable[[], None],
        *,
        max_head: int = MAX_HEAD,
        date_header: bool = True,
        report: Report = _LOG.error,
        unread: Unread | None = None,
    ) -> None:
        config = _config(LastResort(app, report), max_head, date_header)
        config.on_refuse = self.close_port
        config.on_connect = self._make_room
        config.report = report
        config.unread = self._unread = Unread() if unread is None else unread
        super().__init__(config)
        self._report = report
        self._listener = listener
        self._address = listener.getsockname()[:2]
        self._on_ready = on_ready
        self._held: socket.socket | None = None
        self._reopening: asyncio.TimerHandle | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._last_failure = self._last_warning = -math.inf
        self._max_connections = max(_max_files() - _RESERVED_FILES, _ACCEPTED_AT_ONCE)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_error)
        self._sweeping = loop.call_later(_SWEEP, self._sweep)
        await super().startup(sockets)
        for listener in sockets or []:
            # uvicorn has asyncio listen anew, with its own backlog.
            listener.listen(_BACKLOG)

    def _on_error(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Log in one line what asyncio would log with a traceback."""
        error, message = context.get("exception"), str(context.get("message"))
        if isinstance(error, OSError) and error.errno in _RESOURCES and "accept" in message:
            # asyncio says so several times at once, and then tries again after a second.
            if loop.time() - self._last_failure > 0.5:
                self._last_failure = loop.time()
                self._shed(str(error.strerror), 3 / 4)
        else:
            self._report(describe(message, error) if isinstance(error, Exception) else f"internal error: {message}")

    def _make_room(self) -> None:
        """Close some connections if there are nearly as many as the system allows."""
        if len(self.server_state.connections) > self._max_connections:
            self._shed("the limit of open files is near", 1 / 4)

    def _shed(self, reason: str, share: float) -> None:
        """Close a share of the idle connections, those first on which nothing has been answered for longest."""
        idle = sorted(self._idle_connections, key=lambda found: found[0])
        for _, connection in idle[: math.ceil(len(idle) * share)]:
            connection.abort()
        now = asyncio.get_running_loop().time()
        if now - self._last_warning > 60:
            self._last_warning = now
            self._report(
                f"cannot keep all {len(self.server_state.connections)} connections: {reason}; closed idle ones; "
                "allow more open files, for example with ulimit -n"
            )

    @property
    def _idle_connections(self) -> Iterator[tuple[float, FakeProtocol]]:
        for connection in cast("set[FakeProtocol]", self.server_state.connections):
            if connection.idle_since is not None:
                yield connection.idle_since, connection

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._unread.sweep(cast("set[FakeProtocol]", self.server_state.connections), loop.time())
        self._sweeping = loop.call_later(_SWEEP, self._sweep)

    async def main_loop(self) -> None:
        # Not at the end of startup(): after a signal that comes by then, uvicorn before 0.41 ends without shutdown().
        self._on_ready()
        await self.stay_ready()

    async def stay_ready(self) -> None:
        """Be ready until the server is to end."""
        await super().main_loop()

    async def close_port(self, seconds: float) -> None:
        """Refuse connections for so many seconds, and let go of those on which nothing is being answered."""
        await self._stop_listening()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # Held, as otherwise anybody who asks the system for a free port may be given it meanwhile.
        self._held = self._held or _hold(*self._address)
        if self._reopening is not None:
            self._reopening.cancel()
        loop = asyncio.get_running_loop()
        self._reopening = loop.call_later(seconds, lambda: loop.create_task(self.open_port()))

    @property
    def is_port_closed(self) -> bool:
        return self._held is not None

    async def open_port(self) -> None:
        """Listen again at the same address, if the port is closed."""
        if self._held is None or self.should_exit:
            return
        held, self._held = self._held, None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._connect, sock=held, backlog=_ACCEPTED_AT_ONCE, start_serving=False)
        self.servers = [server]
        await server.start_serving()
        held.listen(_BACKLOG)

    async def _stop_listening(self) -> None:
        """Let nobody in anymore; whoever has been let in by then gets a connection."""
        loop = asyncio.get_running_loop()
        # asyncio takes a few turns to make a connection, and it must not close
        # the server meanwhile: it would lose the connection without closing it,
        # and print a traceback from Python 3.13 on.
        with suppress(NotImplementedError):  # on Windows, where there is no such turn
            for server in self.servers:
                for listener in server.sockets:
                    loop.remove_reader(listener)
        await _take_turns()
        for server in self.servers:
            server.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is being answered, for ``GRACE`` seconds at most, and cut off the rest."""
        await self._close_door()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        end = loop.time() + GRACE
        while self._is_answering and not self.force_exit and loop.time() < end:
            await asyncio.sleep(0.02)
        await self._cut_off()

    @property
    def _is_answering(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)

    async def _close_door(self) -> None:
        """Stop listening, once all who have connected have a connection."""
        await _take_turns()
        await self._stop_listening()

    async def _cut_off(self) -> None:
        """Cut off every connection, so that nothing is left to be answered."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # What answers them ends by that, as does what makes connections of those that the system has let in.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if tasks:
            await asyncio.wait(tasks, timeout=1)
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._held is not None:
            self._held.close()

    def abandon_sockets(self) -> None:
        """Put something else in the place of its sockets, which another process goes on using."""
        transports = [connection.transport for connection in self.server_state.connections]
        sockets = [transport.get_extra_info("socket") for transport in transports]
        listeners = [listener for server in getattr(self, "servers", ()) for listener in server.sockets]
        nothing = os.open(os.devnull, os.O_RDWR)
        for left in (self._listener, self._held, *listeners, *sockets):
            if left is not None and left.fileno() >= 0:
                # Not closed, as nobody here knows what else has been told the number.
                os.dup2(nothing, left.fileno(), inheritable=False)
        os.close(nothing)

    def _connect(self) -> asyncio.Protocol:
        return FakeProtocol(self.config, self.server_state, self.lifespan.state)


def _max_files() -> float:
    """How many files the process may have open."""
    try:
        import resource
    except ImportError:  # on Windows
        return math.inf
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else soft


async def _take_turns() -> None:
    """Let the loop go as far as it needs to make a connection for somebody who has just connected."""
    for _ in range(3):
        await asyncio.sleep(0)


def _config(app: App, max_head: int, date_header: bool) -> ServedConfig:
    """The configuration of uvicorn, wherever it serves a fake: quick, quiet, and plain HTTP."""
    config = ServedConfig(
        app,
        interface="asgi3",
        http=FakeProtocol,
        ws="none",
        lifespan="off",
        backlog=_ACCEPTED_AT_ONCE,
        access_log=False,
        log_config=None,
        log_level="error",
        server_header=False,
        proxy_headers=False,
        date_header=date_header,
    )
    config.max_head = max_head
    return config


def _end(signum: int, frame: FrameType | None) -> None:
    # Another one must not interrupt what happens at the end, such as saving the state.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(0)
