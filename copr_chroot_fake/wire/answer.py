"""Answers, and the two spellings of JSON in which Copr writes them."""

from __future__ import annotations

import json
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

JSON = "application/json"
HTML = "text/html; charset=utf-8"

CATCH_ALL = "Request wasn't successful, there is probably a bug in the Copr code."


class Failure(Enum):
    """How a connection fails."""

    REFUSED = "refused"
    RESET = "reset"
    """Before anything of the answer has come."""
    RESET_WITHIN = "reset-within"
    """When a part of the body has come."""
    TIMEOUT = "timeout"
    """Nothing ever comes, and the connection stays open."""


class Delivery(NamedTuple):
    """How an answer gets to the client, where a fault is in the way; it is the doors that see to it.

    :param delay: seconds until it begins.
    :param piece: how many bytes of the body come at a time; 0 for all.
    :param pause: seconds between two pieces.
    :param failure: how the connection fails, if it does.
    :param closed: for how many seconds nobody listens, where it is refused.
    """

    delay: float = 0
    piece: int = 0
    pause: float = 0
    failure: Failure | None = None
    closed: float = 0


class Answer(NamedTuple):
    """What the service answers to one request; ``delivery`` where it does not simply arrive."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delivery: Delivery | None = None

    def json(self) -> Any:
        """Return the document in the body.

        :raises ValueError: if the body is not JSON.
        """
        return json.loads(self.body)


class Refusal(Exception):
    """Ends the work on a request with an error answer.

    Errors of the REST layer are spelled with a space after ``:`` and ``,``;
    those raised outside it are compact.
    """

    def __init__(self, status: int, message: str, *, compact: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.compact = compact

    def answer(self) -> Answer:
        return json_answer(error_body(self.message, compact=self.compact), self.status)


def error_body(message: str, *, compact: bool = False) -> bytes:
    """An error in one of the two spellings."""
    separators = (",", ":") if compact else None
    return json.dumps({"error": message}, separators=separators).encode() + b"\n"


def json_answer(body: bytes, status: int = 200) -> Answer:
    return Answer(status, _json_headers(len(body)), body)


@lru_cache(maxsize=512)
def _json_headers(length: int) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", JSON), ("Content-Length", str(length)))
