"""Server-sent events: their content, and the time of the next one. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import views

if TYPE_CHECKING:
    from .worlds import World, Worlds

EVENT_STREAM = "text/event-stream"

KEEP_ALIVE = b":\n\n"
"""A comment, which clients ignore."""


class WorldEvents:
    """The events of a world, until it is deleted or replaced."""

    def __init__(self, worlds: Worlds, world: World) -> None:
        self._worlds = worlds
        self._world = world

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call a function after each change, in any thread; a due transition is no change until it is applied."""
        self._world.watchers.add(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        self._world.watchers.remove(watcher)

    def read(self) -> bytes | None:
        """Return an event with the state of the world; ``None`` if it no longer exists."""
        if self._world not in self._worlds:
            return None
        with self._world.watchers.reading():
            return f"data: {json.dumps(views.world(self._world))}\n\n".encode()

    def seconds_to_wait(self) -> float:
        """Return the seconds until the next automatic transition, which is a change; ``inf`` if there is none."""
        store = self._world.service.store
        with self._world.watchers.reading(), store.lock:
            store.catch_up()
            return store.seconds_to_wait
