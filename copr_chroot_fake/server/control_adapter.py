"""Leading HTTP requests to the control API, after checking access and the size of the body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from ..adapters.body_limits import MAX_BODIES, MAX_CONTROL_BODY, BodyLimits
from ..wire.answer import Answer, unsniffed
from .guard import Guard
from .request import Request, Response

if TYPE_CHECKING:
    from ..control.api import ControlApi
    from ..control.initial import InitialConfig
    from ..control.worlds import World, Worlds
    from .event_stream import EventStreams


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
        max_body: int = MAX_CONTROL_BODY,
        max_bodies: int = MAX_BODIES,
    ) -> None:
        self._worlds = worlds
        self._initial = initial
        self._guard = guard
        self._save = save
        self._limits = BodyLimits(max_body, max_bodies, "serve with a larger --max-body")

    @cached_property
    def _api(self) -> ControlApi:
        from ..control.api import ControlApi
        from ..control.call import Setting

        return ControlApi(Setting(self._worlds, self._initial, self._save))

    def is_open(self, target: str) -> bool:
        """Whether a target, relative to ``/_fake``, needs no token."""
        return self._api.is_open(target.partition("?")[0])

    def admit(self, target: str, request: Request) -> BodyLimits | Answer:
        """Return the limits for the body of a call that is admitted, or the error.

        This depends on no world.
        """
        headers = request.headers
        rejection = self._guard.rejection(request.effective_headers, self.is_open(target))
        rejection = rejection or self._limits.rejection(headers)
        return self._limits if rejection is None else unsniffed(rejection)

    def answer(self, world: World, target: str, request: Request, body: bytes) -> Response:
        """Answer an admitted call; its target is relative to ``/_fake``."""
        method = "GET" if request.method == "HEAD" else request.method
        path, _, query = target.partition("?")
        answer = self._api.answer(world, method, path, query, body)
        if isinstance(answer, Awaitable):
            return _unsniffed_later(answer)
        response = answer if isinstance(answer, Answer) else self._streams.open(answer)
        return unsniffed(response) if isinstance(response, Answer) else response

    @cached_property
    def _streams(self) -> EventStreams:
        from .event_stream import EventStreams

        return EventStreams()


async def _unsniffed_later(answer: Awaitable[Answer]) -> Answer:
    return unsniffed(await answer)
