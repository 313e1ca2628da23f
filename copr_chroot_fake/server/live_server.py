"""A server in a thread, for a whole test session, with a world for each test.

The server responds as soon as it is created, and stops within milliseconds, without waiting for responses.

After a fork, the thread exists only in the parent, which continues to serve its
fakes. In the child, the server starts again, on another port, when it is given a fake.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLContext
from weakref import WeakSet

from ..control.worlds import InitialConfig, InitialSnapshot, Worlds, world_url
from ..engine.snapshot import take
from ..options import FakeOptions
from ..scenario.files import ScenarioSource
from ..service import Service
from .addresses import TlsServer, bind, url_of
from .app import ControlAdapter, ServedApp
from .context import App
from .guard import Guard
from .server import FakeServer


class ServerThread:
    """A server in a thread, which starts at once and runs until :meth:`stop`.

    :param tls: the certificate of the server; without it, the server speaks plain HTTP.
    """

    def __init__(self, app: App, listener: socket.socket, tls: SSLContext | None = None) -> None:
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


class LiveServer:
    """A running server on a free port of 127.0.0.1, which serves each given fake under a name.

    :param tls: the certificate of the server; without it, the server speaks plain HTTP.
    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._tls = tls
        self._start()

    def _start(self) -> None:
        initial_state = _Empty()
        self._worlds = Worlds(initial_state, main_initial_state=initial_state)
        # They exist only if a test adds them.
        self._worlds.are_fixed = True
        listener = bind("127.0.0.1", 0)
        self.url = url_of(listener, "http" if self._tls is None else "https")
        self._worlds.set_url(self.url)
        control = ControlAdapter(self._worlds, InitialConfig(), Guard("127.0.0.1", None))
        self._thread = ServerThread(ServedApp(self._worlds, control), listener, self._tls)

    def add(self, name: str, service: Service) -> str:
        """Serve a fake under a name and return its URL."""
        if self._thread.is_in_parent:
            self._start()
        self._worlds.replace(name, InitialSnapshot(service, take(service.store)), service)
        return world_url(self.url, name)

    def remove(self, name: str) -> None:
        """Stop serving a fake, and reopen the port if one of its faults has closed it."""
        if not self._thread.is_in_parent:
            self._worlds.delete(name)
            self._thread.open_port()

    def stop(self) -> None:
        """Stop the server; it no longer listens when this returns."""
        self._thread.stop()


class _Empty:
    """The initial state of the main world, which is rarely used."""

    def make(self) -> Service:
        return Service(FakeOptions())

    def make_from(self, scenario: ScenarioSource) -> Service:
        service = self.make()
        service.add_scenario(scenario)
        return service


@contextmanager
def serving(service: Service, tls: SSLContext | None = None) -> Iterator[str]:
    """Serve a fake with its results and yield its URL; afterwards, its results have their old URL again."""
    results_url = service.store.results_root
    server = LiveServer(tls)
    try:
        yield server.add("fake", service)
    finally:
        server.stop()
        service.store.move_results(results_url)


@contextmanager
def serving_tls(service: Service) -> Iterator[TlsServer]:
    """Serve a fake over TLS, with a certificate of a new authority; this needs the extra ``tls``."""
    from .tls import LOOPBACK, certificate_authority

    with certificate_authority() as authority, serving(service, authority.context_for(*LOOPBACK)) as url:
        yield TlsServer(url, authority.file)
