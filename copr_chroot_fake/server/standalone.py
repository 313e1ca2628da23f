"""The standalone server: worlds, control API, limits, access log and state file put together."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..http_server.app import ServedApp
from ..http_server.control_adapter import ControlAdapter
from ..http_server.error_handler import Report
from ..http_server.guard import Guard
from ..http_server.uvicorn_server import App, serve, url_of
from ..worlds.initial import InitialConfig
from ..worlds.world import Worlds
from .state_file import StateFile

if TYPE_CHECKING:
    from ..http_server.access_log import LogStyle


class StandaloneServer:
    """A server that is ready to run.

    :param initial: initial state of the main world and of new worlds.
    :param guard: access control of the control API; ``None`` for no control API.
    :param state: file to load from and to save to; ``None`` for none.
    :param public_url: where clients reach the server, if not where it listens.
    :raises CoprFakeError: for an invalid scenario or state.
    """

    def __init__(
        self,
        initial: InitialConfig,
        *,
        guard: Guard | None,
        state: StateFile | None,
        max_worlds: int,
        max_memory: int,
        max_body: int,
        max_head: int,
        public_url: str | None = None,
    ) -> None:
        self._state = state
        self._max_head = max_head
        self._public_url = public_url
        # Created even if the state replaces it, to report invalid scenarios now and not at a reset.
        fake = initial.make()
        loaded = None if state is None else state.load(initial, max_worlds, max_memory)
        self._worlds = Worlds(initial, max_worlds, fake, max_memory=max_memory) if loaded is None else loaded
        save = None if state is None else state.save_while_serving
        control = None if guard is None else ControlAdapter(self._worlds, initial, guard, save, max_body=max_body)
        self._app: App = ServedApp(self._worlds, control)

    def log_requests(self, style: LogStyle, write: Callable[[str], None]) -> None:
        """Write a line for each request from now on."""
        from ..http_server.access_log import AccessLog

        self._app = AccessLog(self._app, style, write)

    def serve(self, listener: socket.socket, on_ready: Callable[[], None], report: Report) -> None:
        """Serve until a signal stops it, and save the state then.

        :param report: receives a line for each internal error.
        :raises CoprFakeError: if the state cannot be saved.
        """
        self._worlds.set_url(self._public_url or url_of(listener))
        try:
            serve(self._app, listener, on_ready, self._max_head, report)
        finally:
            if self._state is not None:
                self._state.save_at_end(self._worlds)
