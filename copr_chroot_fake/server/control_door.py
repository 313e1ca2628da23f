"""The way to the control API over HTTP: who may ask, and how large a body may be."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Protocol, cast

from ..adapters.asgi import HttpScope, Receive
from ..wire.answer import Answer, error_body, json_answer
from .bounds import MAX_BODIES, MAX_BODY
from .guard import Guard
from .worlds import World


class Controlling(Protocol):
    """The control API, which does no I/O."""

    def answer(
        self, world: World, method: str, path: str, query: str, body: bytes
    ) -> Answer | Coroutine[object, None, Answer]:
        """The answer to a request below ``/_fake``, at once or later."""

    def is_open(self, path: str) -> bool:
        """Whether a path needs no token, as it tells nothing and does nothing."""


class ControlDoor:
    """Leads requests to the control API, which is loaded when somebody first asks for it.

    :param max_body: bytes in the body of one request.
    :param max_bodies: bytes in all bodies that are being received at the same time.
    """

    def __init__(
        self, load: Callable[[], Controlling], guard: Guard, max_body: int = MAX_BODY, max_bodies: int = MAX_BODIES
    ) -> None:
        self._load = load
        self._guard = guard
        self._max_body = max_body
        self._max_bodies = max_bodies
        self._receiving = 0
        """Bytes of all bodies that are being received."""
        self._loaded: Controlling | None = None

    def is_open(self, path: str) -> bool:
        """Whether a path, from ``/_fake`` on, needs no token."""
        return self._control.is_open(path)

    async def read_body(self, path: str, scope: Mapping[str, object], receive: Receive) -> bytes | Answer | None:
        """The body of a request that the guard admits, or the error; ``None`` if the client has disconnected.

        No world is looked at for it.
        """
        http = cast(HttpScope, scope)
        headers = dict(http["headers"])
        body = self._guard.refusal(headers, self.is_open(path)) or await self._receive(headers, receive)
        return _fit(body, http) if isinstance(body, Answer) else body

    async def answer(self, world: World, path: str, scope: Mapping[str, object], body: bytes) -> Answer:
        """Answer an admitted request, whose path from ``/_fake`` on is given."""
        http = cast(HttpScope, scope)
        method, query = http["method"], http["query_string"].decode("latin-1")
        answer = self._control.answer(world, "GET" if method == "HEAD" else method, path, query, body)
        return _fit(answer if isinstance(answer, Answer) else await answer, http)

    @property
    def _control(self) -> Controlling:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    async def _receive(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes | Answer | None:
        if _exceeds(headers.get(b"content-length", b"0"), self._max_body):
            return self._refuse_size()
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
                    return self._refuse_size()
                if len(body) < self._receiving > self._max_bodies:
                    problem = f"more than {self._max_bodies} bytes of other bodies are being received; try again later"
                    return json_answer(error_body(problem), 503)
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self._receiving -= len(body)

    def _refuse_size(self) -> Answer:
        problem = f"the body is larger than {self._max_body} bytes; serve with a larger --max-body"
        return json_answer(error_body(problem), 413)


def _exceeds(digits: bytes, limit: int) -> bool:
    """Whether a header says a number above a limit, however many digits it has."""
    significant = digits.lstrip(b"0")
    # Python reads no number of more than 4,300 digits.
    return significant.isdigit() and (len(significant) > 20 or int(significant) > limit)


def _fit(answer: Answer, http: HttpScope) -> Answer:
    """The answer as the request's method lets it be sent."""
    return answer._replace(body=b"") if http["method"] == "HEAD" else answer
