"""The bytes of responses."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from ..wire.answer import Answer, error_body, json_answer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"

PROBLEM = "internal error; the server has logged it"
"""The error message for internal errors."""

_NAME = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class ResponseHead(NamedTuple):
    """The head of a response, without the header ``Date`` and without the empty line at its end.

    :param length: bytes of the body; ``None`` if the status allows no body, and no length.
    :param closes: whether it announces that the connection will be closed.
    """

    status_line: bytes
    fields: bytes
    length: int | None
    closes: bool


@lru_cache(maxsize=512)
def encode_head(status: int, headers: tuple[tuple[str, str], ...]) -> ResponseHead:
    """Encode the head of a response; names of headers are in lower case.

    :raises ValueError: for headers that cannot be sent, or without the length of the body.
    """
    fields, length, closes = b"", None, False
    for name, value in headers:
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise ValueError(f"invalid header {name!r}: {value!r}")
        name = name.lower()
        if name == "content-length":
            length = int(value)
        elif name == "connection":
            closes = value == "close"
        fields += f"{name}: {value}\r\n".encode()
    if length is None and status not in (204, 304):
        raise ValueError(f"the response with status {status} has no Content-Length")
    return ResponseHead(f"HTTP/1.1 {status} {_phrase(status)}\r\n".encode(), fields, length, closes)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def date_header(clock: Callable[[], float] = time.time) -> Callable[[], bytes]:
    """Return a function that returns the header ``Date``, which it formats once per second."""
    formatted, header = -1, b""

    def current() -> bytes:
        nonlocal formatted, header
        now = int(clock())
        if now != formatted:
            formatted, header = now, f"date: {formatdate(now, usegmt=True)}\r\n".encode()
        return header

    return current


def internal_error() -> Answer:
    """Return the response to a request that has failed with an internal error."""
    answer = json_answer(error_body(PROBLEM), 500)
    return answer._replace(headers=(*answer.headers, ("Connection", "close")))


def rejection(status: int, problem: str, *, has_body: bool = True) -> bytes:
    """Encode the response to bytes that are no valid request, after which the connection is closed.

    :param has_body: whether the response may have a body, unlike one to HEAD.
    """
    answer = json_answer(error_body(problem), status)
    head = encode_head(status, (*answer.headers, ("Connection", "close")))
    return head.status_line + head.fields + b"\r\n" + (answer.body if has_body else b"")
