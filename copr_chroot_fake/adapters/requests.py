"""The requests door: what asks Copr's address through requests is answered, other addresses as responses is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
import responses
from requests.adapters import HTTPAdapter
from urllib3 import Retry, Timeout
from urllib3.connection import HTTPConnection, port_by_scheme
from urllib3.connectionpool import HTTPConnectionPool, connection_from_url
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    TimeoutStateError,
)

from ..fork_lock import new_lock
from ..wire.answer import Answer, Delivery
from ..wire.headers import encode_headers
from .delivery import Answering, await_begin, pieces

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class NoAnswerError(Exception):
    """An attempt has ended with an error of the socket's; whether there is another one is to be seen."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class FakeResponse(responses.CallbackResponse):
    """Answers whatever a test has no response of its own for.

    One that matched beside another would be removed: responses takes two for a
    sequence, each of which is used once.
    """

    def __init__(self, source: Answering, addresses: Sequence[str], mock: responses.RequestsMock) -> None:
        # What responses shows of it where nothing matches.
        shown = re.compile("|".join(map(re.escape, addresses)))
        super().__init__("any", shown, callback=self._respond, content_type=None)
        # Prepared as those of requests are, which is how a name that is not ASCII becomes one that is.
        self._origins = {_origin_of(requests.Request("GET", address).prepare()) for address in addresses}
        self._source = source
        self._mock = mock

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        if _origin_of(request) not in self._origins:
            return False, "URL does not match"
        others = (other for other in self._mock.registered() if other is not self)
        if any(other.matches(request)[0] for other in others):
            return False, "A response of the test's own matches"
        return True, ""

    def _respond(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes | BufferedReader]:
        parts = urlsplit(str(request.url))
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = self._source.answer(str(request.method), target, encode_headers(request.headers.items()))
        body = answer.body if answer.delivery is None else self._arrive(answer.delivery, answer, request)
        return answer.status, dict(answer.headers), body

    def _arrive(self, delivery: Delivery, answer: Answer, request: requests.PreparedRequest) -> BufferedReader:
        timeout = _read_timeout(request)
        try:
            await_begin(delivery, self._source, timeout)
        except OSError as error:
            raise NoAnswerError(error) from error
        return BufferedReader(_Body(pieces(answer, delivery, self._source, timeout)))


def _origin_of(request: requests.PreparedRequest) -> tuple[str, str | None, int | None]:
    """The scheme, host and port that a request asks, however they are written."""
    parts = urlsplit(str(request.url))
    return parts.scheme, parts.hostname, parts.port or port_by_scheme.get(parts.scheme)


class FakeMock(responses.RequestsMock):
    """A mock that tries again where a connection has failed, if the session's adapter is told to, as urllib3 does."""

    def __init__(self, source: Answering) -> None:
        super().__init__(assert_all_requests_are_fired=False)
        # That of responses, held while it looks for what matches.
        self._thread_lock = new_lock(innermost=True)  # type: ignore[assignment]  # any kind of lock does
        self._source = source

    def _on_request(
        self, adapter: HTTPAdapter, request: requests.PreparedRequest, *, retries: Retry | None = None, **kwargs: Any
    ) -> requests.Response:
        if retries is None:
            retries = adapter.max_retries
        else:
            self._source.pass_time(retries.get_backoff_time())
        try:
            return super()._on_request(adapter, request, retries=retries, **kwargs)
        except NoAnswerError as failed:
            left = _count(failed.error, retries, request)
        return self._on_request(adapter, request, retries=left, **kwargs)


def _count(error: OSError, retries: Retry, request: requests.PreparedRequest) -> Retry:
    """What is left of the retries after a failed attempt.

    :raises requests.RequestException: where nothing is left, the one that requests makes of the error then.
    """
    pool = connection_from_url(str(request.url))
    try:
        return retries.increment(
            request.method, request.path_url, error=_error_of_urllib3(error, pool, request.path_url), _pool=pool
        )
    except ReadTimeoutError as last:
        raise requests.ReadTimeout(last, request=request) from last
    except (MaxRetryError, ProtocolError) as last:
        raise requests.ConnectionError(last, request=request) from last


def _error_of_urllib3(error: OSError, pool: HTTPConnectionPool, url: str) -> HTTPError:
    if isinstance(error, ConnectionRefusedError):
        connection = cast(HTTPConnection, pool.ConnectionCls(pool.host, pool.port))
        return NewConnectionError(connection, f"Failed to establish a new connection: {error}")
    if isinstance(error, TimeoutError):
        return ReadTimeoutError(pool, url, "Read timed out.")
    return ProtocolError("Connection aborted.", error)


class _Body(RawIOBase):
    """A body that comes in pieces, and fails as a socket does, which urllib3 and requests make their own errors of."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._left = self._left or next(self._pieces, b"")
        into = memoryview(buffer).cast("B")
        taken, self._left = self._left[: len(into)], self._left[len(into) :]
        into[: len(taken)] = taken
        return len(taken)


def _read_timeout(request: requests.PreparedRequest) -> float | None:
    """What was said as ``timeout``: seconds, those to connect and those to read, or urllib3's object."""
    # Set by responses, for callbacks to see.
    said: object = getattr(request, "req_kwargs", {}).get("timeout")
    if isinstance(said, Timeout):
        return _read_timeout_of(said)
    return cast("float | None", said[1] if isinstance(said, tuple) else said)


def _read_timeout_of(timeout: Timeout) -> float | None:
    try:
        read = timeout.read_timeout
    except TimeoutStateError:
        # Only a total is said, of which connecting takes nothing here.
        read = None
    return min((seconds for seconds in (read, timeout.total) if isinstance(seconds, (int, float))), default=None)


@contextmanager
def answering_through_responses(source: Answering, base_url: str, *others: str) -> Iterator[responses.RequestsMock]:
    """A started mock whose answers to all of an address, or several, are the fake's."""
    with FakeMock(source) as mock:
        mock.add(FakeResponse(source, (base_url, *others), mock))
        yield mock
