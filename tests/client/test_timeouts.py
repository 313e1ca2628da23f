"""Timeouts of calls and waits, pauses between retries, and proxies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from copr_chroot_fake import CoprClient
from copr_chroot_fake.client.errors import (
    ClientError,
    ConnectionFailedError,
    NotJsonError,
    RequestTimeoutError,
    TooManyRequestsError,
    WaitTimeoutError,
)

from ..chroots import F41
from .harness import HTML, Harness, page_of, responding

TOO_MANY = httpx.Response(429, json={"error": "slow down"})


def test_each_attempt_gets_the_remaining_time(harness: Harness) -> None:
    """The timeout of the transport shrinks with each retry."""
    given: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        given.append(request.extensions["timeout"]["read"])
        harness.time += 2
        raise httpx.ConnectError("refused")

    with pytest.raises(ClientError):
        harness.client(httpx.MockTransport(answer), timeout=10).get(1, F41)
    assert given == [10, 7, 3]


def test_timeout_includes_retries_and_their_pauses(harness: Harness) -> None:
    """The client does not start a pause that would end after the timeout; the error says so."""
    with pytest.raises(NotJsonError) as raised:
        harness.client(responding(HTML), timeout=4).get(1, F41)
    assert harness.pauses == [1, 2]
    assert raised.value.message == (
        "expected JSON, got text/html; not retried: the pause of 4 s would exceed the timeout of 4 s"
    )
    assert raised.value.status == 502


class Silent(httpx.MockTransport):
    """Returns a first page and then nothing within the timeout."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._answers = [page_of("running")]
        super().__init__(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self._answers:
            return self._answers.pop()
        self._harness.time += request.extensions["timeout"]["read"]
        raise httpx.ReadTimeout("timed out")


def test_wait_timeout_includes_a_slow_response(harness: Harness) -> None:
    """The error has the states of the last response."""
    with pytest.raises(WaitTimeoutError) as raised:
        harness.client(Silent(harness)).wait(1, timeout=5, poll=1)
    assert raised.value.states == {"c-0-x": "running"}
    assert harness.time == 5


def test_call_timeout_within_a_wait_is_its_own_error(harness: Harness) -> None:
    """A response that exceeds the timeout of a call is an error of the call while the wait has time left."""
    with pytest.raises(RequestTimeoutError, match="within 2 s"):
        harness.client(Silent(harness), timeout=2).wait(1, timeout=5, poll=1)


def test_wait_ends_before_a_retry_that_would_be_late(harness: Harness) -> None:
    """The pauses between retries count as waiting."""
    busy = httpx.Response(503, json={"error": "busy"}, headers={"Retry-After": "9"})
    with pytest.raises(ClientError, match="not retried: the pause of 9 s would exceed the timeout of 5 s"):
        harness.client(responding(busy)).wait(1, F41, timeout=5, poll=1)
    assert harness.pauses == []


def test_too_many_requests_is_retried(harness: Harness) -> None:
    """After the last attempt it is a TooManyRequestsError."""
    assert len(harness.client(responding(TOO_MANY, TOO_MANY, page_of("running"))).get_list(1)) == 1
    assert harness.pauses == [1, 2]
    with pytest.raises(TooManyRequestsError, match="slow down") as raised:
        harness.client(responding(TOO_MANY), retries=0).get(1, F41)
    assert (raised.value.status, raised.value.retry_after) == (429, None)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "20"}, 20),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT", "Date": "Fri, 31 Dec 1999 23:59:49 GMT"}, 10),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT", "Date": "Fri, 31 Dec 1999 23:59:59 GMT"}, 1),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 1),
        ({"Retry-After": "soon"}, 1),
        ({"Retry-After": "-5"}, 1),
        ({"Retry-After": "1.5"}, 1),
        ({"Retry-After": "Fri, 99 Dec 1999 23:59:59 GMT"}, 1),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT", "Date": "today"}, 1),
    ],
)
def test_retry_after_is_respected(harness: Harness, status: int, headers: dict[str, str], pause: float) -> None:
    """In seconds or as a date on the service's clock; it never shortens the usual pause."""
    busy = httpx.Response(status, json={"error": "busy"}, headers=headers)
    client = harness.client(responding(busy, page_of("running")))
    assert len(client.get_list(1)) == 1
    assert harness.pauses == [pause]


@pytest.mark.parametrize("when", ["31", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_is_bounded_by_the_timeout(harness: Harness, when: str) -> None:
    """The client does not wait beyond the timeout."""
    busy = httpx.Response(503, json={"error": "busy"}, headers={"Retry-After": when})
    with pytest.raises(
        ClientError, match=r"busy; not retried: the pause of .* s would exceed the timeout of 30 s"
    ) as raised:
        harness.client(responding(busy, page_of("running"))).get_list(1)
    assert harness.pauses == []
    assert raised.value.retry_after is not None
    assert raised.value.retry_after >= 31


def test_silent_tls_handshake_times_out() -> None:
    """On a real socket, the timeout includes connecting."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with CoprClient(url, timeout=0.1) as client, pytest.raises(RequestTimeoutError, match=r"within 0\.1 s"):
            client.get(1, F41)


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_proxy_of_the_environment_is_used(variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like httpx, except for hosts in no_proxy."""
    monkeypatch.delenv("no_proxy", raising=False)
    with answering_once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (address, heads):
        monkeypatch.setenv(variable, f"{scheme}user:secret@{address}")
        with CoprClient("http://copr.test", retries=0) as client:
            assert client.get_document("build/1") == {}
        monkeypatch.setenv("no_proxy", "copr.invalid")
        with CoprClient("http://copr.invalid", retries=0) as client, pytest.raises(ConnectionFailedError) as raised:
            client.get_document("build/1")
    (head,) = heads
    assert head.startswith(b"GET http://copr.test/api_3/build/1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in head
    assert "secret" not in str(raised.value)


@contextmanager
def answering_once(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Run a server that answers one request; yield its address and the request line."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                heads.append(connection.recv(65536))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heads
        thread.join()
