"""A whole server put together: worlds, control, bounds, log and state."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from .app import ServedApp
from .control_door import ControlDoor, Controlling
from .guard import Guard
from .last_resort import Report
from .recipe import Recipe
from .serving import App, serve, url_of
from .state_file import StateFile
from .worlds import Worlds

if TYPE_CHECKING:
    from .access_log import LogStyle


class Launch:
    """A server that is ready to run.

    :param guard: who may control it; ``None`` for nobody.
    :param public_url: where clients reach it, if that is not where it listens.
    :param state: the file that it goes on from and saves to; ``None`` for none.
    :raises CoprFakeError: for a mistake in a scenario or in the state.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        guard: Guard | None,
        state: StateFile | None,
        max_worlds: int,
        max_memory: int,
        max_body: int,
        max_head: int,
        public_url: str | None = None,
    ) -> None:
        self._recipe = recipe
        self._state = state
        self._max_head = max_head
        self._public_url = public_url
        # Made even if the state takes its place, so that what cannot be is told of now, and not at a reset.
        begun = recipe.make()
        kept = None if state is None else state.load(recipe, max_worlds, max_memory)
        self._worlds = Worlds(recipe, max_worlds, begun, max_memory=max_memory) if kept is None else kept
        control = None if guard is None else ControlDoor(self._load_control, guard, max_body)
        self._app: App = ServedApp(self._worlds, control)

    def _load_control(self) -> Controlling:
        from ..admin.call import Setting
        from ..admin.dispatch import ControlApi

        save = None if self._state is None else self._state.save_while_serving
        return ControlApi(Setting(self._worlds, self._recipe, save))

    def log_requests(self, style: LogStyle, write: Callable[[str], None]) -> None:
        """Write a line for each request from now on."""
        from .access_log import AccessLog

        self._app = AccessLog(self._app, style, write)

    def serve(self, listener: socket.socket, on_ready: Callable[[], None], report: Report) -> None:
        """Answer until a signal ends it, and save the state then.

        :param report: gets a line for each failure of the server's own code.
        :raises CoprFakeError: if it cannot be saved.
        """
        self._worlds.be_at(self._public_url or url_of(listener))
        try:
            serve(self._app, listener, on_ready, self._max_head, report)
        finally:
            if self._state is not None:
                self._state.save_at_end(self._worlds)
