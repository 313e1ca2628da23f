"""A mock for requests that answers everything sent to Copr's address, as an extension of responses."""

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

from ..wire.answer import Answer, Delivery
from ..wire.headers import encode_headers
from .delivery import Responder, body_pieces, wait_for_response

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@contextmanager
def mock_requests(responder: Responder, *urls: str) -> Iterator[responses.RequestsMock]:
    """Start a mock that answers every request to the servers at ``urls``."""
    with FakeMock(responder) as mock:
        mock.add(FakeResponse(responder, urls, mock))
        yield mock


class FakeResponse(responses.CallbackResponse):
    """Answers the requests that no other response of the mock matches with the fake.

    If two responses match, responses treats them as a sequence, uses each once and removes it.
    """

    def __init__(self, responder: Responder, urls: Sequence[str], mock: responses.RequestsMock) -> None:
        # Only for the message of responses about a request that nothing matches.
        pattern = re.compile("|".join(map(re.escape, urls)))
        super().__init__("any", pattern, callback=self._respond, content_type=None)
        # Preparing converts host names to ASCII, as for the requests to match.
        self._origins = {_origin(requests.Request("GET", url).prepare()) for url in urls}
        self._responder = responder
        self._mock = mock

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        if _origin(request) not in self._origins:
            return False, "URL does not match"
        others = (other for other in self._mock.registered() if other is not self)
        if any(other.matches(request)[0] for other in others):
            return False, "A response of the test's own matches"
        return True, ""

    def _respond(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes | BufferedReader]:
        parts = urlsplit(str(request.url))
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = encode_headers(request.headers.items())
        answer = self._responder.answer(str(request.method), target, headers, _read_body(request))
        body = answer.body if answer.delivery is None else self._deliver(answer, answer.delivery, request)
        return answer.status, dict(answer.headers), body

    def _deliver(self, answer: Answer, delivery: Delivery, request: requests.PreparedRequest) -> BufferedReader:
        timeout = _read_timeout(request)
        try:
            wait_for_response(delivery, self._responder, timeout)
        except OSError as error:
            raise _AttemptFailedError(error) from error
        return BufferedReader(_Body(body_pieces(answer, delivery, self._responder, timeout)))


def _read_body(request: requests.PreparedRequest) -> bytes:
    """Return the body as bytes; requests accepts a text, bytes, a file or an iterable of bytes."""
    body: Any = request.body
    if hasattr(body, "read"):
        body = body.read()
    if body is None or isinstance(body, (str, bytes)):
        return body.encode() if isinstance(body, str) else body or b""
    return b"".join(body)


def _origin(request: requests.PreparedRequest) -> tuple[str, str | None, int | None]:
    """Return the scheme, host and port of a request's URL in normal form."""
    parts = urlsplit(str(request.url))
    return parts.scheme, parts.hostname, parts.port or port_by_scheme.get(parts.scheme)


class _AttemptFailedError(Exception):
    """The connection of one attempt failed; the session may retry."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class FakeMock(responses.RequestsMock):
    """Retries failed connections as often as the session's adapter is configured to; responses itself does not."""

    def __init__(self, responder: Responder) -> None:
        super().__init__(assert_all_requests_are_fired=False)
        self._responder = responder

    def _on_request(
        self, adapter: HTTPAdapter, request: requests.PreparedRequest, *, retries: Retry | None = None, **kwargs: Any
    ) -> requests.Response:
        if retries is None:
            retries = adapter.max_retries
        else:
            self._responder.pass_time(retries.get_backoff_time())
        try:
            return super()._on_request(adapter, request, retries=retries, **kwargs)
        except _AttemptFailedError as failed:
            retries_left = _count_attempt(failed.error, retries, request)
        return self._on_request(adapter, request, retries=retries_left, **kwargs)


def _count_attempt(error: OSError, retries: Retry, request: requests.PreparedRequest) -> Retry:
    """Return the retries that are left after a failed attempt.

    :raises requests.RequestException: if there are none; the one that requests raises for ``error``.
    """
    pool = connection_from_url(str(request.url))
    url = request.path_url
    try:
        return retries.increment(request.method, url, error=_urllib3_error(error, pool, url), _pool=pool)
    except ReadTimeoutError as last:
        raise requests.ReadTimeout(last, request=request) from last
    except (MaxRetryError, ProtocolError) as last:
        raise requests.ConnectionError(last, request=request) from last


def _urllib3_error(error: OSError, pool: HTTPConnectionPool, url: str) -> HTTPError:
    if isinstance(error, ConnectionRefusedError):
        connection = cast(HTTPConnection, pool.ConnectionCls(pool.host, pool.port))
        return NewConnectionError(connection, f"Failed to establish a new connection: {error}")
    if isinstance(error, TimeoutError):
        return ReadTimeoutError(pool, url, "Read timed out.")
    return ProtocolError("Connection aborted.", error)


class _Body(RawIOBase):
    """A body that arrives in pieces; urllib3 and requests convert its socket errors."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._rest = self._rest or next(self._pieces, b"")
        target = memoryview(buffer).cast("B")
        piece, self._rest = self._rest[: len(target)], self._rest[len(target) :]
        target[: len(piece)] = piece
        return len(piece)


def _read_timeout(request: requests.PreparedRequest) -> float | None:
    """Return the read timeout in seconds; requests accepts seconds, a pair (connect, read) or urllib3's ``Timeout``."""
    # responses stores the arguments of the call here.
    timeout: object = getattr(request, "req_kwargs", {}).get("timeout")
    if not isinstance(timeout, Timeout):
        return cast("float | None", timeout[1] if isinstance(timeout, tuple) else timeout)
    try:
        read = timeout.read_timeout
    except TimeoutStateError:
        # It only has a total, from which urllib3 subtracts the time to connect: zero here.
        read = None
    return min((seconds for seconds in (read, timeout.total) if isinstance(seconds, (int, float))), default=None)
