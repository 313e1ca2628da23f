"""Leading HTTP requests to the control API, after checking access and the size of the body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from ..adapters.asgi import MAX_BODIES, MAX_BODY, BodyReader, HttpScope, Receive
from ..wire.answer import Answer
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
        self._bodies = BodyReader(max_body, max_bodies, "serve with a larger --max-body")

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
        headers = http["headers"]
        rejection = self._guard.rejection(dict(headers), self.is_open(path))
        body = rejection or await self._bodies.receive(headers, receive)
        return _without_body_for_head(body, http) if isinstance(body, Answer) else body

    async def answer(self, world: World, path: str, scope: Mapping[str, object], body: bytes) -> Answer:
        """Answer an admitted request; its path is relative to ``/_fake``."""
        http = cast(HttpScope, scope)
        method, query = http["method"], http["query_string"].decode("latin-1")
        answer = self._api.answer(world, "GET" if method == "HEAD" else method, path, query, body)
        return _without_body_for_head(answer if isinstance(answer, Answer) else await answer, http)


def _without_body_for_head(answer: Answer, http: HttpScope) -> Answer:
    return answer._replace(body=b"") if http["method"] == "HEAD" else answer
