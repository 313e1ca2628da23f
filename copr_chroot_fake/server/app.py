"""The application that a server runs: it leads each path to a world's Copr, or to what controls it.

``/api_3/…`` is the Copr of the server's own world, ``/_fake/…`` controls it, and
``/worlds/<name>`` has the same two below it for a world of that name. So has
``/@<name>``; :func:`~.worlds.address_in` says why there is a short form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import unquote

from ..doors.asgi import Receive, Send, connection_of, respond
from ..errors import InputError
from ..service.answers import Answer, error_body, json_answer
from .control_door import ControlDoor
from .worlds import TooManyError, World, Worlds

WORLDS, SHORT_WORLDS = b"/worlds/", b"/@"
CONTROL = b"/_fake"


class ServedApp:
    """The ASGI application of a server; without a ``control`` nobody can steer it from outside."""

    def __init__(self, worlds: Worlds, control: ControlDoor | None) -> None:
        self._worlds = worlds
        self._control = control

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        path = cast(bytes, scope["raw_path"])
        world: World | Answer
        if path.startswith((WORLDS, SHORT_WORLDS)):
            name, path = _split(path)
            scope = {**scope, "raw_path": path}
            world = self._find(name)
        else:
            world = self._worlds.main
        if isinstance(world, Answer):
            await respond(world, send)
        elif path.startswith(CONTROL) and path[len(CONTROL) : len(CONTROL) + 1] in (b"", b"/"):
            gate = _Gate(world, scope, send)
            await self._lead_to_control(world, path[len(CONTROL) :].decode("latin-1"), scope, receive, gate.send)
            await gate.close_if_due()
        elif world.fake.faults:
            gate = _Gate(world, scope, send)
            await world.door(scope, receive, gate.send)
            await gate.close_if_due()
        else:
            await world.door(scope, receive, send)

    def _find(self, name: str) -> World | Answer:
        """The world of a name, or why there is none."""
        try:
            return self._worlds.get(name)
        except InputError as error:
            return json_answer(error_body(str(error)), 404)
        except TooManyError as error:
            return json_answer(error_body(str(error)), 503)

    async def _lead_to_control(
        self, world: World, path: str, scope: Mapping[str, object], receive: Receive, send: Send
    ) -> None:
        if self._control is None:
            await respond(json_answer(error_body("nobody controls this server; serve without --no-control"), 404), send)
        else:
            await self._control.answer(world, path, scope, receive, send)


def _split(path: bytes) -> tuple[str, bytes]:
    """The name of the world below which a path is, and the path that is left there."""
    prefix = WORLDS if path.startswith(WORLDS) else SHORT_WORLDS
    name, slash, rest = path[len(prefix) :].partition(b"/")
    return unquote(name.decode("latin-1")), slash + rest or b"/"


class _Gate:
    """Refuses the next connection already where the next request would be refused, whatever it is.

    It does so before an answer goes out, as whoever has that may connect at once.
    """

    def __init__(self, world: World, scope: Mapping[str, object], send: Send) -> None:
        self._world = world
        self._connection = connection_of(scope)
        self._send = send

    async def send(self, message: dict[str, object]) -> None:
        await self.close_if_due()
        await self._send(message)

    async def close_if_due(self) -> None:
        """At most once for each request."""
        connection, self._connection = self._connection, None
        seconds = None if connection is None else self._world.fake.faults.refuse_next()
        if connection is not None and seconds is not None:
            await connection.refuse_others(seconds)
