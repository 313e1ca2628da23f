"""Leading HTTP requests to the control API, after checking access and the size of the body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from ..adapters.asgi import HttpScope, Receive
from ..wire.answer import Answer, error_body, json_answer
from ..worlds.limits import MAX_BODIES, MAX_BODY
from .guard import Guard

if TYPE_CHECKING:
    from ..admin.control_api import ControlApi
    from ..worlds.initial import InitialConfig
    from ..worlds.world import World, Worlds


class ControlAdapter:
    """Answers requests to the control API, which is imported at the first one.

    :param initial: options of worlds that are created by a control call, unless the call overrides them.
    :param save: saves the state of all worlds and returns where; ``None`` if the server has no state file.
    :param max_body: bytes in the body of one request.
    :param max_bodies: bytes in all bodies that are being received at the same time.
    """

    def __init__(
        self,
        worlds: Worlds,
        initial: InitialConfig,
        guard: Guard,
        save: Callable[[Worlds], Awaitable[str]] | None = None,
        *,
        max_body: int = MAX_BODY,
        max_bodies: int = MAX_BODIES,
    ) -> None:
        self._worlds = worlds
        self._initial = initial
        self._guard = guard
        self._save = save
        self._max_body = max_body
        self._max_bodies = max_bodies
        self._receiving = 0
        """Bytes received so far of all bodies that are not complete."""

    @cached_property
    def _api(self) -> ControlApi:
        from ..admin.call import Setting
        from ..admin.control_api import ControlApi

        return ControlApi(Setting(self._worlds, self._initial, self._save))

    def is_open(self, path: str) -> bool:
        """Whether a path, relative to ``/_fake``, needs no token."""
        return self._api.is_open(path)

    async def read_body(self, path: str, scope: Mapping[str, object], receive: Receive) -> bytes | Answer | None:
        """Return the body of an admitted request, or the error; ``None`` if the client has disconnected.

        This depends on no world.
        """
        http = cast(HttpScope, scope)
        headers = dict(http["headers"])
        body = self._guard.rejection(headers, self.is_open(path)) or await self._receive(headers, receive)
        return _without_body_for_head(body, http) if isinstance(body, Answer) else body

    async def answer(self, world: World, path: str, scope: Mapping[str, object], body: bytes) -> Answer:
        """Answer an admitted request; its path is relative to ``/_fake``."""
        http = cast(HttpScope, scope)
        method, query = http["method"], http["query_string"].decode("latin-1")
        answer = self._api.answer(world, "GET" if method == "HEAD" else method, path, query, body)
        return _without_body_for_head(answer if isinstance(answer, Answer) else await answer, http)

    async def _receive(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes | Answer | None:
        if _exceeds(headers.get(b"content-length", b"0"), self._max_body):
            return self._too_large()
        body = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                piece = cast(bytes, message.get("body", b""))
                body += piece
                self._receiving += len(piece)
                if len(body) > self._max_body:
                    return self._too_large()
                if len(body) < self._receiving > self._max_bodies:
                    problem = f"more than {self._max_bodies} bytes of other bodies are being received; try again later"
                    return json_answer(error_body(problem), 503)
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self._receiving -= len(body)

    def _too_large(self) -> Answer:
        problem = f"the body is larger than {self._max_body} bytes; serve with a larger --max-body"
        return json_answer(error_body(problem), 413)


def _exceeds(digits: bytes, limit: int) -> bool:
    """Whether the number in a header is above a limit, however many digits it has."""
    significant = digits.lstrip(b"0")
    # Python converts at most 4,300 digits.
    return significant.isdigit() and (len(significant) > 20 or int(significant) > limit)


def _without_body_for_head(answer: Answer, http: HttpScope) -> Answer:
    return answer._replace(body=b"") if http["method"] == "HEAD" else answer
