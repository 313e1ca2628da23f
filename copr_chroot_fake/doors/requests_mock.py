"""The requests door: what asks Copr's address through requests is answered, other addresses as responses is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import requests
import responses

from ..service.answers import Answer, Delivery, Failure
from .arrival import Answering, Broken, await_begin, pieces

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_ERRORS: dict[Failure, type[requests.RequestException]] = {
    Failure.REFUSED: requests.ConnectionError,
    Failure.RESET: requests.ConnectionError,
    Failure.TIMEOUT: requests.ReadTimeout,
}


class FakeResponse(responses.CallbackResponse):
    """Answers whatever a test has no response of its own for.

    One that matched beside another would be removed: responses takes two for a
    sequence, each of which is used once.
    """

    def __init__(self, source: Answering, base_url: str, mock: responses.RequestsMock) -> None:
        self._address = re.compile(re.escape(base_url.rstrip("/")) + r"([/?].*)?\Z", re.DOTALL)
        super().__init__("any", self._address, callback=self._respond, content_type=None)
        self._source = source
        self._mock = mock

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        if not self._address.match(str(request.url)):
            return False, "URL does not match"
        others = (other for other in self._mock.registered() if other is not self)
        if any(other.matches(request)[0] for other in others):
            return False, "A response of the test's own matches"
        return True, ""

    def _respond(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes | BufferedReader]:
        parts = urlsplit(str(request.url))
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = self._source.answer(str(request.method), target)
        body = answer.body if answer.delivery is None else self._arrive(answer.delivery, answer, request)
        return answer.status, dict(answer.headers), body

    def _arrive(self, delivery: Delivery, answer: Answer, request: requests.PreparedRequest) -> BufferedReader:
        timeout = _read_timeout(request)
        try:
            await_begin(delivery, self._source, timeout)
        except Broken as broken:
            raise _ERRORS[broken.failure](str(broken), request=request) from None
        return BufferedReader(_Body(pieces(answer, delivery, self._source, timeout)))


class _Body(RawIOBase):
    """A body that comes in pieces, and fails as a socket does, which urllib3 and requests make their own errors of."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        try:
            self._left = self._left or next(self._pieces, b"")
        except Broken as broken:
            error = TimeoutError if broken.failure is Failure.TIMEOUT else ConnectionResetError
            raise error(str(broken)) from None
        into = memoryview(buffer).cast("B")
        taken, self._left = self._left[: len(into)], self._left[len(into) :]
        into[: len(taken)] = taken
        return len(taken)


def _read_timeout(request: requests.PreparedRequest) -> float | None:
    """What was said as ``timeout``: seconds, or those to connect and those to read."""
    # Set by responses, for callbacks to see.
    said: object = getattr(request, "req_kwargs", {}).get("timeout")
    timeout = said[1] if isinstance(said, tuple) else getattr(said, "read_timeout", said)
    return cast("float | None", timeout)


@contextmanager
def answering_through_responses(source: Answering, base_url: str) -> Iterator[responses.RequestsMock]:
    """A started mock whose answers to all of an address are the fake's."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add(FakeResponse(source, base_url, mock))
        yield mock
