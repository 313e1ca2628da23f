"""How an answer arrives at a client in the same process, where a fault is in its way.

Nobody waits: what would take time passes on a clock that stands still, and a
client that would have given up by then is told so at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..errors import CoprFakeError
from ..service.answers import Answer, Delivery, Failure


class Answering(Protocol):
    """What a door leads to: a :class:`~copr_chroot_fake.FakeCopr`, or the API of one."""

    def answer(self, method: str, target: str) -> Answer:
        """What Copr answers, and how that is to arrive."""

    def pass_time(self, seconds: float) -> None:
        """Let seconds pass for which a client waits."""


class Broken(Exception):
    """A connection has failed; each door says so in the words of its library."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(WORDS[failure])
        self.failure = failure


WORDS = {
    Failure.REFUSED: "[Errno 111] Connection refused",
    Failure.RESET: "[Errno 104] Connection reset by peer",
    Failure.RESET_WITHIN: "[Errno 104] Connection reset by peer",
    Failure.TIMEOUT: "The read operation timed out",
}
"""What the system, or Python, says of each."""


def await_begin(delivery: Delivery, source: Answering, timeout: float | None) -> None:
    """Wait until an answer begins, for at most so many seconds.

    :raises Broken: if it never does.
    :raises CoprFakeError: for a client that would wait for ever.
    """
    if delivery.failure is Failure.REFUSED:
        raise Broken(delivery.failure)
    if delivery.failure is Failure.TIMEOUT:
        if timeout is None:
            raise CoprFakeError("a fault lets the read time out, and the client would wait for ever; give it a timeout")
        source.pass_time(timeout)
        raise Broken(Failure.TIMEOUT)
    _wait(delivery.delay, source, timeout)
    if delivery.failure is Failure.RESET:
        raise Broken(delivery.failure)


def pieces(answer: Answer, delivery: Delivery, source: Answering, timeout: float | None) -> Iterator[bytes]:
    """The body as it comes; each piece may be waited for as long as the beginning.

    :raises Broken: if it does not come whole.
    """
    for at, piece in enumerate(cut(answer.body, delivery)):
        if at:
            _wait(delivery.pause, source, timeout)
        yield piece
    if delivery.failure is Failure.RESET_WITHIN:
        raise Broken(delivery.failure)


def cut(body: bytes, delivery: Delivery) -> Iterator[bytes]:
    """What comes of a body, in the pieces in which it comes."""
    comes = body[: len(body) // 2] if delivery.failure is Failure.RESET_WITHIN else body
    size = delivery.piece or max(len(comes), 1)
    return (comes[at : at + size] for at in range(0, len(comes), size))


def _wait(seconds: float, source: Answering, timeout: float | None) -> None:
    if timeout is not None and seconds > timeout:
        source.pass_time(timeout)
        raise Broken(Failure.TIMEOUT)
    source.pass_time(seconds)
