"""Delayed, partial and failed responses for clients in the same process.

These delays take no real time: a delay moves the fake's virtual clock, and a client with a shorter read timeout gets
its timeout at once. A failed connection raises the error that a socket raises; each adapter converts it to its
library's own.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Protocol

from ..errors import CoprFakeError, PollLoopError
from ..wire.answer import Answer, Delivery, Failure
from ..wire.headers import RawHeaders


class Responder(Protocol):
    """The interface of a fake for adapters."""

    def answer(self, method: str, target: str, headers: RawHeaders = (), body: bytes = b"") -> Answer:
        """Return Copr's response, and how to deliver it."""

    def pass_time(self, seconds: float) -> None:
        """Move a virtual clock by the ``seconds`` that a client waits."""


def socket_error(failure: Failure) -> OSError:
    """Return the error that a socket raises for a failed connection."""
    if failure is Failure.TIMEOUT:
        return TimeoutError("timed out")
    number = errno.ECONNREFUSED if failure is Failure.REFUSED else errno.ECONNRESET
    return OSError(number, os.strerror(number))


def wait_for_response(delivery: Delivery, responder: Responder, timeout: float | None) -> None:
    """Wait until the response begins.

    :param timeout: the client's read timeout in seconds.
    :raises ConnectionError: if the connection fails first.
    :raises TimeoutError: if the response does not begin in time.
    :raises CoprFakeError: if the client would wait forever.
    :raises PollLoopError: if the client polls without waiting.
    """
    if delivery.poll_loop:
        raise PollLoopError(delivery.poll_loop)
    if delivery.failure is Failure.TIMEOUT:
        if timeout is None:
            raise CoprFakeError("a fault makes the read time out, but the client would wait forever; give it a timeout")
        responder.pass_time(timeout)
        raise socket_error(delivery.failure)
    _wait(delivery.delay, responder, timeout)
    if delivery.failure in (Failure.REFUSED, Failure.RESET):
        raise socket_error(delivery.failure)


def body_pieces(answer: Answer, delivery: Delivery, responder: Responder, timeout: float | None) -> Iterator[bytes]:
    """Yield the body piece by piece; ``timeout`` applies to each piece.

    :raises ConnectionError: if the connection fails before the end of the body.
    :raises TimeoutError: if a piece does not arrive in time.
    """
    for number, piece in enumerate(split_body(answer.body, delivery)):
        if number:
            _wait(delivery.pause, responder, timeout)
        yield piece
    # A client stops reading at Content-Length, so it does not notice a reset after an empty body.
    if delivery.failure is Failure.RESET_WITHIN and answer.body:
        raise socket_error(delivery.failure)


def split_body(body: bytes, delivery: Delivery) -> Iterator[bytes]:
    """Split the part of a body that is delivered into pieces."""
    delivered = body[: len(body) // 2] if delivery.failure is Failure.RESET_WITHIN else body
    size = delivery.piece or max(len(delivered), 1)
    return (delivered[start : start + size] for start in range(0, len(delivered), size))


def _wait(seconds: float, responder: Responder, timeout: float | None) -> None:
    if timeout is not None and seconds > timeout:
        responder.pass_time(timeout)
        raise socket_error(Failure.TIMEOUT)
    responder.pass_time(seconds)
