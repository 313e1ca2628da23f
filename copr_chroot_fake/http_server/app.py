"""The ASGI application of a server: it routes requests to the worlds and their control API.

``/api_3/…`` is the Copr of the main world, and ``/_fake/…`` its control API. Named worlds
have the same paths below ``/worlds/<name>``, and below the short form ``/@<name>``
(see :func:`~copr_chroot_fake.worlds.world.world_url`).

A world is created by the first request to its Copr, or by the first successful
control call. Rejected requests never create one, nor do control paths that need
no token, or requests from pages of other sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import unquote

from ..adapters.asgi import BodyReader, HttpScope, Receive, Send, connection_of, received, respond
from ..errors import InputError
from ..journal.details import MAX_BODY, headers_bytes
from ..wire.answer import Answer, error_body, json_answer
from ..wire.routes import READ_METHODS
from ..worlds.memory import PER_REQUEST, NoMemoryError
from ..worlds.world import TooManyError, World, Worlds
from .control_adapter import ControlAdapter
from .guard import reject_foreign_page

WORLDS, SHORT_WORLDS = b"/worlds/", b"/@"
CONTROL = b"/_fake"


class ServedApp:
    """The ASGI application of a server; without ``control`` it has no control API."""

    def __init__(self, worlds: Worlds, control: ControlAdapter | None) -> None:
        self._worlds = worlds
        self._memory = worlds.memory
        self._control = control
        self._bodies = BodyReader()

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        path, name = cast(bytes, scope["raw_path"]), None
        if path.startswith((WORLDS, SHORT_WORLDS)):
            name, path = _split(path)
            scope = {**scope, "raw_path": path}
        if path.startswith(CONTROL) and path[len(CONTROL) : len(CONTROL) + 1] in (b"", b"/"):
            await self._answer_control(name, path[len(CONTROL) :].decode("latin-1"), scope, receive, send)
            return
        world = self._worlds.main if name is None else self._worlds.find(name) or self._create(name, scope)
        if isinstance(world, Answer):
            await respond(world, send)
            return
        headers, size = cast(HttpScope, scope)["headers"], 0
        if scope["method"] not in READ_METHODS:
            body = await self._bodies.receive(headers, receive)
            if body is None:
                return
            if isinstance(body, Answer):
                await respond(body, send)
                return
            size = min(len(body), MAX_BODY)
            receive = received(body, receive)
        # Unchecked: no request is rejected to save memory, since the journal has its own limit.
        size += PER_REQUEST + len(cast(bytes, scope["query_string"])) + headers_bytes(headers)
        self._memory.charged += size
        if world.fake.faults:
            gate = _Gate(world, scope, send)
            await world.app(scope, receive, gate.send)
            await gate.close_if_due()
        else:
            await world.app(scope, receive, send)

    def _create(self, name: str, scope: Mapping[str, object]) -> World | Answer:
        """Create a world for a request to its Copr, or return the error."""
        rejection = reject_foreign_page(dict(cast(HttpScope, scope)["headers"]))
        world = rejection or self._draft(name)
        if isinstance(world, World):
            self._worlds.add(world)
        return world

    def _draft(self, name: str) -> World | Answer:
        """Return a new world that is not added yet, or the error."""
        try:
            return self._worlds.draft(name)
        except InputError as error:
            return json_answer(error_body(str(error)), 404)
        except (TooManyError, NoMemoryError) as error:
            return json_answer(error_body(str(error)), 503)

    async def _answer_control(
        self, name: str | None, path: str, scope: Mapping[str, object], receive: Receive, send: Send
    ) -> None:
        if self._control is None:
            await respond(
                json_answer(error_body("this server has no control API; serve without --no-control"), 404), send
            )
            return
        body = await self._control.read_body(path, scope, receive)
        if body is None:
            return
        if isinstance(body, Answer):
            await respond(body, send)
            return
        # Only now: another request may have created or deleted the world while the body was being read.
        found = self._worlds.main if name is None else self._worlds.find(name)
        world = found or self._draft(name or "")
        if isinstance(world, Answer):
            await respond(world, send)
            return
        answer = await self._control.answer(world, path, scope, body)
        if found is None and answer.status < 400 and not self._control.is_open(path):
            self._worlds.add(world)
        gate = _Gate(world, scope, send)
        await respond(answer, gate.send)


def _split(path: bytes) -> tuple[str, bytes]:
    """Split a path into the name of its world and the path within that world."""
    prefix = WORLDS if path.startswith(WORLDS) else SHORT_WORLDS
    name, slash, rest = path[len(prefix) :].partition(b"/")
    return unquote(name.decode("latin-1")), slash + rest or b"/"


class _Gate:
    """Closes the port if the next request will be refused by a fault, whichever request it is.

    This happens before the current response is sent, because its recipient may connect at once.
    """

    def __init__(self, world: World, scope: Mapping[str, object], send: Send) -> None:
        self._world = world
        self._connection = connection_of(scope)
        self._send = send

    async def send(self, message: dict[str, object]) -> None:
        await self.close_if_due()
        await self._send(message)

    async def close_if_due(self) -> None:
        """Close the port if the next request will be refused; at most once per request."""
        connection, self._connection = self._connection, None
        seconds = None if connection is None else self._world.fake.faults.refuse_next()
        if connection is not None and seconds is not None:
            await connection.refuse_others(seconds)
