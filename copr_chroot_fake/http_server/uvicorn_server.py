"""Serving an ASGI application on a socket with uvicorn, until a signal or another thread stops it."""

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
from ..worlds.limits import MAX_HEAD
from .error_handler import ErrorHandler, Report, describe
from .protocol import FakeProtocol, ServedConfig
from .slow_clients import SlowClients

App = Callable[[Mapping[str, object], Receive, Send], Awaitable[None]]

SHUTDOWN_TIMEOUT = 60
"""Seconds for which a stopping server waits for its last responses; a second SIGINT ends it at once."""

_BACKLOG = 2048

_ACCEPTED_AT_ONCE = 16
"""Connections that are accepted in one turn of the event loop."""

_RESERVED_FILES = 64
"""Open files that are kept free of connections, for modules, the state file and connections accepted at once."""

_SWEEP_INTERVAL = 5
"""Seconds between two checks for slow clients."""

_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors of ``accept`` when system resources are exhausted."""

_LOG = logging.getLogger("copr_chroot_fake.server")


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 selects a free port.

    :raises OSError: if the address is not available.
    """
    listener = _bound_socket(host, port)
    listener.listen(_BACKLOG)
    return listener


def _bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that occupies an address, where connections are refused until it listens."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bound.family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Inherited by connections. Without it the kernel delays the body, which uvicorn
        # writes after the headers, until the client acknowledges the headers.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def end_on_signals() -> None:
    """Exit with status 0 on SIGINT and SIGTERM, the regular way to stop a server.

    While uvicorn runs, it handles these signals itself; after it has stopped, it
    raises the received one again.
    """
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _end)


def serve(app: App, listener: socket.socket, on_ready: Callable[[], None], max_head: int, report: Report) -> None:
    """Serve on a socket until a signal stops it; ``on_ready`` is called when it responds."""
    # Loaded modules stay, so exclude them from garbage collection.
    gc.freeze()

    def ready() -> None:
        on_ready()
        _return_large_blocks()

    FakeServer(app, listener, ready, max_head=max_head, report=report).run(sockets=[listener])


def _return_large_blocks() -> None:
    """Make the C library return the memory of large responses to the system as soon as they are sent.

    By default glibc raises its threshold and keeps the memory fragmented: 64 MiB of
    unread responses then take 400 MiB.
    """
    # Takes milliseconds to import.
    import ctypes

    mmap_threshold = -3
    # Other C libraries do not have this function.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(mmap_threshold, 1024 * 1024)


class FakeServer(uvicorn.Server):
    """A uvicorn server that can refuse connections for a while, and limits what clients can take up.

    :param on_ready: called when the server responds.
    :param report: receives a line for each internal error, and when system resources are exhausted.
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
        slow_clients: SlowClients | None = None,
    ) -> None:
        config = _config(ErrorHandler(app, report), max_head, date_header)
        config.on_refuse = self.close_port
        config.on_connect = self._make_room
        config.report = report
        config.slow_clients = self._slow_clients = slow_clients or SlowClients()
        super().__init__(config)
        self._report = report
        self._listener = listener
        self._address = listener.getsockname()[:2]
        self._on_ready = on_ready
        self._reserved: socket.socket | None = None
        self._reopening: asyncio.TimerHandle | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._last_failure = self._last_warning = -math.inf
        self._max_connections = max(_max_files() - _RESERVED_FILES, _ACCEPTED_AT_ONCE)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_error)
        self._sweeping = loop.call_later(_SWEEP_INTERVAL, self._sweep)
        await super().startup(sockets)
        for listener in sockets or []:
            # uvicorn makes asyncio listen again, with its own backlog.
            listener.listen(_BACKLOG)

    def _on_error(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Log errors on one line, where asyncio would log a traceback."""
        error, message = context.get("exception"), str(context.get("message"))
        if isinstance(error, OSError) and error.errno in _RESOURCES and "accept" in message:
            # asyncio reports this several times at once, and tries again after a second.
            if loop.time() - self._last_failure > 0.5:
                self._last_failure = loop.time()
                self._close_idle(str(error.strerror), 3 / 4)
        else:
            self._report(describe(message, error) if isinstance(error, Exception) else f"internal error: {message}")

    def _make_room(self) -> None:
        """Close some idle connections if the limit of open files is near."""
        if len(self.server_state.connections) > self._max_connections:
            self._close_idle("the limit of open files is near", 1 / 4)

    def _close_idle(self, reason: str, share: float) -> None:
        """Close a share of the idle connections, beginning with those that have been idle for longest."""
        idle = sorted(self._idle_connections, key=lambda item: item[0])
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
        self._slow_clients.sweep(cast("set[FakeProtocol]", self.server_state.connections), loop.time())
        self._sweeping = loop.call_later(_SWEEP_INTERVAL, self._sweep)

    async def main_loop(self) -> None:
        # Not at the end of startup(): after a signal by then, uvicorn before 0.41 ends without shutdown().
        self._on_ready()
        await self.wait_until_stopped()

    async def wait_until_stopped(self) -> None:
        """Return when the server is to stop."""
        await super().main_loop()

    async def close_port(self, seconds: float) -> None:
        """Refuse connections for a number of seconds, and close idle ones."""
        await self._stop_listening()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # Keep the address, because the system may give a free port to another process.
        self._reserved = self._reserved or _bound_socket(*self._address)
        if self._reopening is not None:
            self._reopening.cancel()
        loop = asyncio.get_running_loop()
        self._reopening = loop.call_later(seconds, lambda: loop.create_task(self.open_port()))

    @property
    def is_port_closed(self) -> bool:
        return self._reserved is not None

    async def open_port(self) -> None:
        """Listen again at the same address, if the port is closed."""
        if self._reserved is None or self.should_exit:
            return
        reserved, self._reserved = self._reserved, None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._connect, sock=reserved, backlog=_ACCEPTED_AT_ONCE, start_serving=False)
        self.servers = [server]
        await server.start_serving()
        reserved.listen(_BACKLOG)

    async def _stop_listening(self) -> None:
        """Stop accepting connections; those accepted so far are set up."""
        loop = asyncio.get_running_loop()
        # asyncio takes a few turns to set up a connection. Closing the server in the
        # meantime would lose the connection without closing it, and print a traceback
        # from Python 3.13 on.
        with suppress(NotImplementedError):  # on Windows, which has no add_reader
            for server in self.servers:
                for listener in server.sockets:
                    loop.remove_reader(listener)
        await _run_pending()
        for server in self.servers:
            server.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish responses within ``SHUTDOWN_TIMEOUT`` seconds, and abort the others."""
        await self._stop_accepting()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        end = loop.time() + SHUTDOWN_TIMEOUT
        while self._is_answering and not self.force_exit and loop.time() < end:
            await asyncio.sleep(0.02)
        await self._abort_connections()

    @property
    def _is_answering(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)

    async def _stop_accepting(self) -> None:
        """Stop listening, after setting up the connections of clients that have connected."""
        await _run_pending()
        await self._stop_listening()

    async def _abort_connections(self) -> None:
        """Abort all connections."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # This ends their tasks, and those that set up accepted connections.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if tasks:
            await asyncio.wait(tasks, timeout=1)
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._reserved is not None:
            self._reserved.close()

    def abandon_sockets(self) -> None:
        """Detach from the sockets in a forked child; the parent process continues to use them."""
        transports = [connection.transport for connection in self.server_state.connections]
        sockets = [transport.get_extra_info("socket") for transport in transports]
        listeners = [listener for server in getattr(self, "servers", ()) for listener in server.sockets]
        null = os.open(os.devnull, os.O_RDWR)
        for each in (self._listener, self._reserved, *listeners, *sockets):
            if each is not None and each.fileno() >= 0:
                # Replaced, not closed: the loop or other code may still refer to the descriptor.
                os.dup2(null, each.fileno(), inheritable=False)
        os.close(null)

    def _connect(self) -> asyncio.Protocol:
        return FakeProtocol(self.config, self.server_state, self.lifespan.state)


def _max_files() -> float:
    """Return the maximum number of open files of the process."""
    try:
        import resource
    except ImportError:  # on Windows
        return math.inf
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else soft


async def _run_pending() -> None:
    """Run the event loop until connections that were just accepted are set up."""
    for _ in range(3):
        await asyncio.sleep(0)


def _config(app: App, max_head: int, date_header: bool) -> ServedConfig:
    """Return uvicorn's configuration: fast, without output, HTTP only."""
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
    # Further signals must not interrupt saving the state.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(0)
