"""A server in a thread, for a whole test session, with a world for each test.

The server responds as soon as it is created, and stops within milliseconds, without waiting for responses.

After a fork, the thread exists only in the parent, which continues to serve its
fakes. In the child, the server starts again, on another port, when it is given a fake.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

from ..validation.frozen import frozen
from ..worlds.initial import InitialConfig, InitialSnapshot
from ..worlds.world import Worlds, world_url
from .app import ServedApp
from .control_adapter import ControlAdapter
from .guard import Guard
from .server import FakeServer
from .sockets import bind, url_of

if TYPE_CHECKING:
    from ..fake import FakeCopr
    from ..scenario.load import ScenarioSource


class LiveServer:
    """A running server on a free port of 127.0.0.1, which serves each given fake under a name.

    :param fake_class: ``FakeCopr``, for the main world and for worlds that are created by control calls.
    """

    def __init__(self, fake_class: type[FakeCopr]) -> None:
        self._fake_class = fake_class
        self._start()
        _servers.add(self)

    def _start(self) -> None:
        self._process = os.getpid()
        initial_state = _Empty(self._fake_class)
        self._worlds = Worlds(initial_state, max_memory=sys.maxsize, main_initial_state=initial_state)
        # They exist only if a test adds them.
        self._worlds.are_fixed = True
        listener = bind("127.0.0.1", 0)
        self.url = url_of(listener)
        self._worlds.set_url(self.url)
        ready = threading.Event()
        control = ControlAdapter(self._worlds, InitialConfig(self._fake_class), Guard("127.0.0.1", None))
        self._server = FakeServer(ServedApp(self._worlds, control), listener, ready.set, has_date=False)
        self._thread = threading.Thread(target=self._run, name="copr-fake", daemon=True)
        self._thread.start()
        ready.wait()

    def _run(self) -> None:
        asyncio.run(self._server.serve())

    def add(self, name: str, fake: FakeCopr) -> str:
        """Serve a fake under a name and return its URL."""
        if self._is_in_parent:
            self._start()
        self._worlds.replace(name, InitialSnapshot(fake, fake.snapshot()), fake)
        return world_url(self.url, name)

    def remove(self, name: str) -> None:
        """Stop serving a fake, and reopen the port if one of its faults has closed it."""
        if not self._is_in_parent:
            self._worlds.delete(name)
            self._server.open_port()

    def stop(self) -> None:
        """Stop the server; it no longer listens when this returns."""
        if not self._is_in_parent:
            self._server.stop(at_once=True)
            self._thread.join()

    @property
    def _is_in_parent(self) -> bool:
        """Whether the thread runs in the process that this one was forked from."""
        return self._process != os.getpid()

    def abandon_sockets(self) -> None:
        """Leave the sockets to the parent process; otherwise they would stay open here when the parent closes them."""
        self._server.abandon_sockets()


_servers: WeakSet[LiveServer] = WeakSet()


def _abandon_sockets() -> None:
    for server in _servers:
        server.abandon_sockets()


# Windows cannot fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_sockets)


@frozen()
class _Empty:
    """The initial state of the main world, which is rarely used."""

    fake_class: type[FakeCopr]

    def make(self) -> FakeCopr:
        return self.fake_class()

    def make_from(self, scenario: ScenarioSource) -> FakeCopr:
        fake = self.make()
        fake.add_scenario(scenario)
        return fake
