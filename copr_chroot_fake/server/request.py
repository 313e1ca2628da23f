"""The requests that a server passes to its application, and the application's replies."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple, Protocol

from ..control.limits import MAX_BODY
from ..wire.answer import Answer
from ..wire.headers import RawHeaders


class Request:
    """A request whose head has arrived.

    :param target: path and query as sent, without the scheme and host of an absolute target; host and port for CONNECT.
    :param headers: with names in lower case.
    :param head_bytes: bytes of the head.
    :param keeps_alive: whether the client may send another request on the connection.
    :param expects_continue: whether the client waits for status 100 before it sends the body.
    :param authority: host and port of an absolute target, or of CONNECT; ``None`` for any other.
    """

    __slots__ = (
        "authority",
        "expects_continue",
        "head_bytes",
        "headers",
        "keeps_alive",
        "method",
        "target",
    )

    def __init__(
        self,
        method: str,
        target: str,
        headers: RawHeaders,
        head_bytes: int = 0,
        keeps_alive: bool = True,
        expects_continue: bool = False,
        authority: str | None = None,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.head_bytes = head_bytes
        self.keeps_alive = keeps_alive
        self.expects_continue = expects_continue
        self.authority = authority

    @property
    def effective_headers(self) -> dict[bytes, bytes]:
        """The headers; an absolute target replaces ``Host``, as RFC 9112 3.2.2 requires."""
        headers = dict(self.headers)
        if self.authority is not None:
            headers[b"host"] = self.authority.encode()
        return headers


class Stream(Protocol):
    """A response whose body may have no end."""

    @property
    def head(self) -> bytes:
        """The status line and headers, with ``Connection: close``, but without ``Date`` and the empty line."""

    def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces of the body, each at the time to send it."""


Response = Answer | Stream

Respond = Callable[[bytes], Response]
"""Returns the response to a request with its body."""


class BodyWanted(NamedTuple):
    """An application's reply to a request that it cannot answer without the body.

    :param max_body: maximum bytes of the body.
    :param remedy: what to do about a larger one, for the message of the error.
    """

    respond: Respond
    max_body: int = MAX_BODY
    remedy: str = "send less"
