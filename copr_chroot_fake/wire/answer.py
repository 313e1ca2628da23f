"""The response to a request, Copr's two JSON styles for errors, and faults of the connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

Headers = tuple[tuple[str, str], ...]
"""Names and values of a response's headers, in order."""

JSON = "application/json"
HTML = "text/html; charset=utf-8"

CATCH_ALL = "Request wasn't successful, there is probably a bug in the Copr code."
"""The message of Copr's handler for unexpected exceptions."""


class Failure(Enum):
    """How a connection fails."""

    REFUSED = "refused"
    RESET = "reset"
    """Before the first byte of the response."""
    RESET_WITHIN = "reset-within"
    """In the middle of the body."""
    TIMEOUT = "timeout"
    """No response; the connection stays open."""


class Delivery(NamedTuple):
    """How an adapter delivers a response that a fault has hit.

    :param delay: seconds until the response begins.
    :param piece: bytes of the body per piece; 0 for the whole body at once.
    :param pause: seconds between two pieces.
    :param failure: how the connection fails; ``None`` if it does not.
    :param closed: seconds for which the port stays closed after a refused connection.
    :param poll_loop: the message of the error that a client in the same process gets instead of the response.
    """

    delay: float = 0
    piece: int = 0
    pause: float = 0
    failure: Failure | None = None
    closed: float = 0
    poll_loop: str = ""


class Answer(NamedTuple):
    """The response to one request; ``delivery`` is ``None`` unless a fault delays or breaks it."""

    status: int
    headers: Headers
    body: bytes
    delivery: Delivery | None = None

    def __repr__(self) -> str:
        return f"<Answer: status {self.status}, {len(self.body)} bytes>"

    def json(self) -> Any:
        """Parse the body as JSON.

        :raises ValueError: if the body is not JSON.
        """
        return json.loads(self.body)


class ApiError(Exception):
    """An error response; raising it ends the request.

    :param compact: whether the JSON has no spaces, as in Copr's errors from outside its REST layer.
    """

    def __init__(self, status: int, message: str = CATCH_ALL, *, compact: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.compact = compact

    def answer(self) -> Answer:
        """Return the response."""
        return json_answer(error_body(self.message, compact=self.compact), self.status)


@contextmanager
def crashing_on(*kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions that Copr's code does not expect into its error response.

    :raises ApiError: 500.
    """
    try:
        yield
    except kinds:
        raise ApiError(500) from None


def error_body(message: str, *, compact: bool = False) -> bytes:
    """Return the JSON of an error in one of Copr's two styles."""
    separators = (",", ":") if compact else None
    return json.dumps({"error": message}, separators=separators).encode() + b"\n"


def make_answer(body: bytes, content_type: str, status: int = 200, headers: Headers = ()) -> Answer:
    """Return a response with a body; ``headers`` are those besides its type and length."""
    return Answer(status, (("Content-Type", content_type), ("Content-Length", str(len(body))), *headers), body)


def unsniffed(answer: Answer) -> Answer:
    """Keep browsers from guessing another content type, such as HTML with scripts."""
    return answer._replace(headers=(*answer.headers, ("X-Content-Type-Options", "nosniff")))


def json_answer(body: bytes, status: int = 200) -> Answer:
    """Return a JSON response."""
    return Answer(status, _json_headers(len(body)), body)


@lru_cache(maxsize=512)
def _json_headers(length: int) -> Headers:
    return (("Content-Type", JSON), ("Content-Length", str(length)))
