"""What a server passes to its application, and what the application returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, Protocol

from ..adapters.body_limits import BodyLimits
from ..wire.answer import Answer
from ..wire.headers import RawHeaders


class Request:
    """A request whose head has arrived.

    :param target: path and query as sent, without the scheme and host of an absolute target.
    :param headers: with names in lower case.
    :param head_bytes: bytes of the head.
    :param keeps_alive: whether the client may send another request on the connection.
    :param expects_continue: whether the client waits for status 100 before it sends the body.
    """

    __slots__ = ("expects_continue", "head_bytes", "headers", "keeps_alive", "method", "refuse_next", "target")

    def __init__(
        self,
        method: str,
        target: str,
        headers: RawHeaders,
        head_bytes: int = 0,
        keeps_alive: bool = True,
        expects_continue: bool = False,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.head_bytes = head_bytes
        self.keeps_alive = keeps_alive
        self.expects_continue = expects_continue
        self.refuse_next: Callable[[], float | None] | None = None
        """Set by the application if a fault may refuse the next connection: returns for how many seconds to close the
        port, or ``None``. The server calls it once, just before the response, whose recipient may connect at once."""


class Stream(Protocol):
    """A response whose body takes as long as the client wants; the server closes it in any case."""

    @property
    def head(self) -> bytes:
        """The status line and headers, with ``Connection: close``, but without ``Date`` and the empty line."""

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces of the body, each when it is to be sent."""

    def close(self) -> None:
        """Release what the stream has used."""


Response = Answer | Awaitable[Answer] | Stream

Respond = Callable[[bytes], Response]
"""Returns the response to a request with its body."""


class BodyWanted(NamedTuple):
    """An application's reply to a request that it cannot answer without the body."""

    limits: BodyLimits
    respond: Respond


App = Callable[[Request], "Answer | BodyWanted"]
"""An application: returns the response to a request, or asks for its body, which is ignored otherwise."""
