"""The way to the control API over HTTP: who may ask, and how large a body may be."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Protocol, cast

from ..doors.asgi import HttpScope, Receive, Send, respond
from ..service.answers import Answer, error_body, json_answer
from .bounds import MAX_BODY
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
    """Leads requests to the control API, which is loaded when somebody first asks for it."""

    def __init__(self, load: Callable[[], Controlling], guard: Guard, max_body: int = MAX_BODY) -> None:
        self._load = load
        self._guard = guard
        self._max_body = max_body
        self._loaded: Controlling | None = None

    async def answer(self, world: World, path: str, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        """Answer a request whose path, from ``/_fake`` on, is given."""
        control = self._loaded = self._loaded or self._load()
        http = cast(HttpScope, scope)
        headers = dict(http["headers"])
        answer = self._guard.refusal(headers, control.is_open(path))
        if answer is None:
            body = await self._read(headers, receive)
            if body is None:
                return
            answer = body if isinstance(body, Answer) else await _ask(control, world, path, http, body)
        await respond(answer._replace(body=b"") if http["method"] == "HEAD" else answer, send)

    async def _read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes | Answer | None:
        """The body, or why it is not taken; ``None`` if the client has gone before its end."""
        said = headers.get(b"content-length", b"0")
        body = bytearray()
        more = True
        while more and len(body) <= self._max_body and not (said.isdigit() and int(said) > self._max_body):
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += cast(bytes, message.get("body", b""))
            more = bool(message.get("more_body", False))
        if more or len(body) > self._max_body:
            return json_answer(
                error_body(f"the body is larger than {self._max_body} bytes; serve with a larger --max-body"), 413
            )
        return bytes(body)


async def _ask(control: Controlling, world: World, path: str, http: HttpScope, body: bytes) -> Answer:
    method, query = http["method"], http["query_string"].decode("latin-1")
    answer = control.answer(world, "GET" if method == "HEAD" else method, path, query, body)
    return answer if isinstance(answer, Answer) else await answer
