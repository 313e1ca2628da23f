"""Answers, and the two spellings of JSON in which Copr writes them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

JSON = "application/json"
HTML = "text/html; charset=utf-8"

CATCH_ALL = "Request wasn't successful, there is probably a bug in the Copr code."


class Answer(NamedTuple):
    """What the service answers to one request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


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
        separators = (",", ":") if self.compact else None
        return json_answer(json.dumps({"error": self.message}, separators=separators).encode() + b"\n", self.status)


def json_answer(body: bytes, status: int = 200) -> Answer:
    return Answer(status, _json_headers(len(body)), body)


@lru_cache(maxsize=512)
def _json_headers(length: int) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", JSON), ("Content-Length", str(length)))
