"""How an answer arrives at a client in the same process, where a fault is in its way.

Nobody waits: what would take time passes on a clock that stands still, and a
client that would have given up by then is told so at once. A connection fails
with the error that a socket has then, of which each door makes its library's own.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Protocol

from ..errors import CoprFakeError
from ..wire.answer import Answer, Delivery, Failure
from ..wire.headers import RawHeaders


class Answering(Protocol):
    """What a door leads to: a :class:`~copr_chroot_fake.FakeCopr`, or the API of one."""

    def answer(self, method: str, target: str, headers: RawHeaders = ()) -> Answer:
        """What Copr answers, and how that is to arrive."""

    def pass_time(self, seconds: float) -> None:
        """Let seconds pass for which a client waits."""


def error_of(failure: Failure) -> OSError:
    """What a socket raises where a connection fails so."""
    if failure is Failure.TIMEOUT:
        return TimeoutError("timed out")
    number = errno.ECONNREFUSED if failure is Failure.REFUSED else errno.ECONNRESET
    return OSError(number, os.strerror(number))


def await_begin(delivery: Delivery, source: Answering, timeout: float | None) -> None:
    """Wait until an answer begins, for at most so many seconds.

    :raises ConnectionError: if the connection fails before.
    :raises TimeoutError: if it does not begin in time.
    :raises CoprFakeError: for a client that would wait for ever.
    """
    if delivery.failure is Failure.TIMEOUT:
        if timeout is None:
            raise CoprFakeError("a fault lets the read time out, and the client would wait for ever; give it a timeout")
        source.pass_time(timeout)
        raise error_of(delivery.failure)
    _wait(delivery.delay, source, timeout)
    if delivery.failure in (Failure.REFUSED, Failure.RESET):
        raise error_of(delivery.failure)


def pieces(answer: Answer, delivery: Delivery, source: Answering, timeout: float | None) -> Iterator[bytes]:
    """The body as it comes; each piece may be waited for as long as the beginning.

    :raises ConnectionError: if the connection fails before it is whole.
    :raises TimeoutError: if a piece does not come in time.
    """
    for at, piece in enumerate(cut(answer.body, delivery)):
        if at:
            _wait(delivery.pause, source, timeout)
        yield piece
    # Whoever has got all that was announced, which may be nothing, reads no further.
    if delivery.failure is Failure.RESET_WITHIN and answer.body:
        raise error_of(delivery.failure)


def cut(body: bytes, delivery: Delivery) -> Iterator[bytes]:
    """What comes of a body, in the pieces in which it comes."""
    comes = body[: len(body) // 2] if delivery.failure is Failure.RESET_WITHIN else body
    size = delivery.piece or max(len(comes), 1)
    return (comes[at : at + size] for at in range(0, len(comes), size))


def _wait(seconds: float, source: Answering, timeout: float | None) -> None:
    if timeout is not None and seconds > timeout:
        source.pass_time(timeout)
        raise error_of(Failure.TIMEOUT)
    source.pass_time(seconds)
