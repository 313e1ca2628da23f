"""Serving an application on a socket, until a signal or another thread stops it."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from ..control.limits import MAX_HEAD, READ_TIMEOUT
from .addresses import BACKLOG, occupy
from .connection import HttpProtocol
from .context import App, Context
from .log import AccessLog, Report, describe
from .responses import date_header as make_date_header

if TYPE_CHECKING:
    import ssl

SHUTDOWN_TIMEOUT = 60
"""Seconds for which a stopping server waits for its last responses; a second SIGINT ends it at once."""

_ACCEPTED_AT_ONCE = 16
"""Connections that are accepted in one turn of the event loop."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_LOG = logging.getLogger("copr_chroot_fake.server")


def end_on_signals() -> None:
    """Exit with status 0 on SIGINT and SIGTERM, the regular way to stop a server that is not running yet."""
    for signum in _SIGNALS:
        signal.signal(signum, _exit)


def _exit(signum: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise SystemExit(0)


def _ignore_signals() -> None:
    # Further signals must not interrupt saving the state.
    for signum in _SIGNALS:
        signal.signal(signum, signal.SIG_IGN)


def serve_until_signal(
    app: App,
    listener: socket.socket,
    on_ready: Callable[[], None],
    max_head: int,
    report: Report,
    access_log: AccessLog | None,
    tls: ssl.SSLContext | None,
) -> None:
    """Serve on a socket until a signal stops it; ``on_ready`` is called when it responds."""
    server = FakeServer(app, listener, on_ready, max_head=max_head, report=report, access_log=access_log, tls=tls)
    with _stopping_on_signals(server):
        asyncio.run(server.serve())


@contextmanager
def _stopping_on_signals(server: FakeServer) -> Iterator[None]:
    """Have the first signal stop a server when it has finished its responses, and a second SIGINT at once."""

    def stop(signum: int, frame: FrameType | None) -> None:
        server.stop(at_once=server.is_stopping and signum == signal.SIGINT)

    for signum in _SIGNALS:
        signal.signal(signum, stop)
    try:
        yield
    finally:
        _ignore_signals()


class FakeServer:
    """A server that can refuse connections for a while, and limits what clients can take up.

    :param on_ready: called when the server responds.
    :param has_date: whether responses have the header ``Date``.
    :param report: receives a line for each internal error, and when system resources are exhausted.
    :param tls: the certificate of the server; without it, the server speaks plain HTTP.
    """

    def __init__(
        self,
        app: App,
        listener: socket.socket,
        on_ready: Callable[[], None],
        *,
        max_head: int = MAX_HEAD,
        has_date: bool = True,
        report: Report = _LOG.error,
        read_timeout: float = READ_TIMEOUT,
        access_log: AccessLog | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._context = Context(
            app,
            max_head,
            read_timeout,
            report,
            access_log,
            make_date_header() if has_date else bytes,
            self.close_port,
            self._check_end,
        )
        self._report = report
        self._tls = tls
        self._listener = listener
        self._address = listener.getsockname()[:2]
        self._on_ready = on_ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self.is_stopping = self._stops_at_once = False
        self._reserved: socket.socket | None = None
        self._reopening: asyncio.TimerHandle | None = None
        self._has_reported_limit = False

    async def serve(self) -> None:
        """Serve until :meth:`stop`."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._on_error)
        self._stopped, self._ended = asyncio.Event(), asyncio.Event()
        await self._listen(self._listener)
        self._on_ready()
        await self.wait_until_stopped()
        await self._shut_down()

    async def wait_until_stopped(self) -> None:
        """Return when the server is to stop."""
        if not self.is_stopping:
            await self._stopped.wait()

    async def _listen(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HttpProtocol(self._context, loop, self._tls), sock=listener, backlog=_ACCEPTED_AT_ONCE
        )
        # asyncio has made it listen again, with a backlog of as many connections as it accepts at once.
        listener.listen(BACKLOG)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server; can be called from any thread, and by the handler of a signal.

        :param at_once: whether to abort responses in progress, instead of waiting for them.
        """
        self.is_stopping = True
        self._stops_at_once |= at_once
        # The loop may not run yet, or not anymore.
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._on_stop)

    def _on_stop(self) -> None:
        self._stopped.set()
        self._check_end()

    @property
    def is_busy(self) -> bool:
        """Whether there are connections, or requests that have not been finished."""
        return bool(self._context.connections or self._context.tasks)

    def _check_end(self) -> None:
        """Note whether a stopping server has nothing left to do."""
        if self.is_stopping and (self._stops_at_once or not self.is_busy):
            self._ended.set()

    def _on_error(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Log errors on one line, where asyncio would log a traceback."""
        error, message = context.get("exception"), str(context.get("message"))
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            # asyncio reports this several times a second, until it can accept connections again.
            if not self._has_reported_limit:
                self._has_reported_limit = True
                self._report(f"connections wait: {error.strerror}; allow more, for example with ulimit -n")
        else:
            self._report(describe(message, error) if isinstance(error, Exception) else f"internal error: {message}")

    async def close_port(self, seconds: float) -> None:
        """Refuse connections for a number of seconds, and close idle ones."""
        # In a task of its own, because the client for whose request this is may leave meanwhile.
        await asyncio.shield(self._context.start(self._close_port(seconds)))

    async def _close_port(self, seconds: float) -> None:
        await self._stop_listening()
        for connection in list(self._context.connections):
            connection.shutdown()
        # Keep the address, because the system may give a free port to another process.
        self._reserved = self._reserved or occupy(*self._address)
        if self._reopening is not None:
            self._reopening.cancel()
        self._reopening = asyncio.get_running_loop().call_later(seconds, lambda: self._context.start(self._open_port()))

    def open_port(self) -> None:
        """Listen again at the same address, if the port is closed; can be called from any other thread."""
        if self._reserved is not None and self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._open_port(), self._loop).result()

    async def _open_port(self) -> None:
        if self._reserved is None or self.is_stopping:
            return
        reserved, self._reserved = self._reserved, None
        await self._listen(reserved)

    async def _stop_listening(self) -> None:
        """Stop accepting connections; those accepted so far are set up."""
        loop = asyncio.get_running_loop()
        if self._server is None:
            return
        # asyncio takes a few turns to set up a connection. Closing the server in the
        # meantime would lose the connection without closing it, and print a traceback
        # from Python 3.13 on.
        with suppress(NotImplementedError):  # on Windows, which has no add_reader
            for listener in self._server.sockets:
                loop.remove_reader(listener)
        await _run_pending()
        self._server.close()

    async def _shut_down(self) -> None:
        """Finish responses within ``SHUTDOWN_TIMEOUT`` seconds, and abort the others."""
        self.is_stopping = True
        # Clients that have connected are set up first.
        await _run_pending()
        await self._stop_listening()
        self._listener.close()
        for connection in list(self._context.connections):
            connection.shutdown()
        self._check_end()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._ended.wait(), SHUTDOWN_TIMEOUT)
        await self._abort_connections()

    async def _abort_connections(self) -> None:
        for connection in list(self._context.connections):
            connection.drop()
        # This ends their tasks, and those that set up accepted connections.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if tasks:
            await asyncio.wait(tasks, timeout=1)
        if self._reserved is not None:
            self._reserved.close()

    def abandon_sockets(self) -> None:
        """Detach from the sockets in a forked child; the parent process continues to use them."""
        sockets = [connection.socket for connection in self._context.connections]
        listeners = [] if self._server is None else self._server.sockets
        null = os.open(os.devnull, os.O_RDWR)
        for each in (self._listener, self._reserved, *listeners, *sockets):
            if each is not None and each.fileno() >= 0:
                # Replaced, not closed: the loop or other code may still refer to the descriptor.
                os.dup2(null, each.fileno(), inheritable=False)
        os.close(null)


async def _run_pending() -> None:
    """Run the event loop until connections that were just accepted are set up."""
    for _ in range(3):
        await asyncio.sleep(0)
