"""Timeouts apply to whole calls and waits, and bodies have a maximum size."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, repeat

import anyio
import httpx
import pytest

from copr_chroot_fake import AsyncCoprClient, CoprClient, Dribble, FakeCopr, Fault
from copr_chroot_fake.client.errors import (
    BodyTooLargeError,
    ClientError,
    ConnectionFailedError,
    NotJsonError,
    RequestTimeoutError,
    TooManyRequestsError,
    WaitTimeoutError,
)

from .harness import F41, HTML, Harness, Stream, page_of, responding

TOO_MANY = httpx.Response(429, json={"error": "slow down"})


def slowly(harness: Harness, body: bytes, seconds: float) -> Stream:
    """Send a body byte by byte."""

    def pieces() -> Iterator[bytes]:
        for byte in body:
            harness.time += seconds
            yield bytes([byte])

    return Stream(pieces())


def streaming(make: Callable[[], Stream], **headers: str) -> tuple[httpx.MockTransport, list[Stream]]:
    """A transport that answers with new streams, and these."""
    streams: list[Stream] = []

    def answer(request: httpx.Request) -> httpx.Response:
        streams.append(make())
        return httpx.Response(200, headers=headers, stream=streams[-1])

    return httpx.MockTransport(answer), streams


def test_timeout_applies_to_the_whole_response(harness: Harness) -> None:
    """A response that sends a byte every 0.3 s misses a timeout of 2 s, and is not read on."""
    transport, streams = streaming(lambda: slowly(harness, b"x" * 1000, 0.3))
    with pytest.raises(RequestTimeoutError) as raised:
        harness.client(transport, timeout=2).get(1, F41)
    assert raised.value.message == "no complete response within 2 s; increase timeout if the service needs longer"
    (stream,) = streams
    assert (stream.read <= 8, stream.closed) == (True, True)


def test_slow_response_within_the_timeout_is_read(harness: Harness) -> None:
    """The pieces may be slow if the response is complete in time."""
    transport, _ = streaming(lambda: slowly(harness, page_of("running").content, 0.001))
    assert len(harness.client(transport, timeout=2).get_list(1)) == 1


def test_timeout_includes_the_wait_for_the_headers(harness: Harness) -> None:
    """Headers after the timeout are too late, even with the whole body."""

    def answer(request: httpx.Request) -> httpx.Response:
        harness.time += 3
        return page_of("running")

    with pytest.raises(RequestTimeoutError):
        harness.client(httpx.MockTransport(answer), timeout=2).get_list(1)


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


def test_wait_timeout_includes_a_slow_response(harness: Harness) -> None:
    """The error has the states of the last complete response."""
    bodies = iter([slowly(harness, page_of("running").content, 0.001), slowly(harness, b"x" * 1000, 0.3)])
    transport, _ = streaming(lambda: next(bodies))
    with pytest.raises(WaitTimeoutError) as raised:
        harness.client(transport).wait(1, timeout=5, poll=1)
    assert raised.value.states == {"c-0-x": "running"}
    assert 5 <= harness.time <= 5.7


def test_call_timeout_within_a_wait_is_its_own_error(harness: Harness) -> None:
    """A response that exceeds the timeout of a call is an error of the call while the wait has time left."""
    transport, _ = streaming(lambda: slowly(harness, b"x" * 1000, 0.3))
    with pytest.raises(RequestTimeoutError, match="within 2 s"):
        harness.client(transport, timeout=2).wait(1, F41, timeout=5, poll=1)


def test_wait_ends_before_a_retry_that_would_be_late(harness: Harness) -> None:
    """The pauses between retries count as waiting."""
    busy = httpx.Response(503, json={"error": "busy"}, headers={"Retry-After": "9"})
    with pytest.raises(ClientError, match="not retried: the pause of 9 s would exceed the timeout of 5 s"):
        harness.client(responding(busy)).wait(1, F41, timeout=5, poll=1)
    assert harness.pauses == []


def test_dribbled_response_misses_the_timeout(harness: Harness) -> None:
    """A dribble fault takes too long in total, though each piece is in time."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.faults.add(Fault(dribble=Dribble(bytes=10, every=1)))
    client = harness.client(fake.transport, timeout=3, now=fake.clock.now, sleep=fake.clock.tick)
    with pytest.raises(RequestTimeoutError):
        client.get(1, F41)


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


def test_endless_body_is_read_up_to_the_limit(harness: Harness) -> None:
    """The error names the limit."""
    transport, streams = streaming(lambda: Stream(repeat(b"x" * 100)))
    with pytest.raises(BodyTooLargeError) as raised:
        harness.client(transport, max_body=1000).get(1, F41)
    assert raised.value.message == "the response has more than 1000 bytes; increase max_body to accept it"
    (stream,) = streams
    assert (stream.read <= 12, stream.closed) == (True, True)


@pytest.mark.parametrize("is_compressed", [False, True])
def test_body_may_have_exactly_the_limit(harness: Harness, is_compressed: bool) -> None:
    """One byte more is too much, compressed or decompressed."""
    content = page_of("running").content
    headers = {"Content-Encoding": "gzip"} if is_compressed else {}
    sent = gzip.compress(content) if is_compressed else content

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["Accept-Encoding"] == "gzip"
        return httpx.Response(200, headers=headers, stream=Stream([sent]))

    assert len(harness.client(httpx.MockTransport(handle), max_body=len(content)).get_list(1)) == 1
    with pytest.raises(BodyTooLargeError):
        harness.client(httpx.MockTransport(handle), max_body=len(content) - 1).get_list(1)


def test_gzip_bomb_is_decompressed_only_up_to_the_limit(harness: Harness) -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    transport, _ = streaming(lambda: Stream([bomb]), **{"Content-Encoding": "gzip"})
    client = harness.client(transport, max_body=100_000)
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLargeError):
            client.get(1, F41)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_cancellation_is_not_a_timeout() -> None:
    """A task canceled during a response ends as canceled, and the response is closed."""
    started = asyncio.Event()

    class Silent(Stream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]  # an untyped stream of a user
            started.set()
            await asyncio.Event().wait()
            yield b""

    stream = Silent([])
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=stream))

    async def cancel() -> None:
        async with AsyncCoprClient(transport=transport) as client:
            task = asyncio.ensure_future(client.get(1, F41))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancel())
    assert stream.closed


class Dribbling:
    """A server on a real socket that sends a byte every few milliseconds, and counts them."""

    def __init__(self, at_once: bytes, byte: bytes) -> None:
        self._at_once = at_once
        self._byte = byte
        self.sent = 0
        self.over = threading.Event()

    def serve(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(self._at_once)
                for self.sent in count(1):
                    if self.sent == 1000 or self.over.wait(0.01):
                        return
                    connection.sendall(self._byte)
            except OSError:
                # The client is gone.
                pass
            finally:
                self.over.set()


@contextmanager
def dribbling(at_once: bytes, byte: bytes) -> Iterator[tuple[Dribbling, str]]:
    server = Dribbling(at_once, byte)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=(listener,))
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{listener.getsockname()[1]}"
            # The connection is closed at the deadline.
            assert server.over.wait(5)
        finally:
            server.over.set()
            thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    ("at_once", "byte"),
    [(HEAD, b"x"), (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), (b"", b"HTTP/1.1 100 Continue\r\n\r\n")],
    ids=["body", "header", "informational"],
)
@pytest.mark.parametrize("kind", ["sync", "asyncio", "trio"])
def test_dribbling_server_times_out(at_once: bytes, byte: bytes, kind: str) -> None:
    """On a real socket, bytes that keep arriving do not keep the request open, in any part of the response."""

    async def send_async(url: str) -> None:
        async with AsyncCoprClient(url, timeout=0.1) as client:
            await client.get(1, F41)

    def send(url: str) -> None:
        if kind == "sync":
            with CoprClient(url, timeout=0.1) as client:
                client.get(1, F41)
        else:
            anyio.run(send_async, url, backend=kind)

    with dribbling(at_once, byte) as (server, url), pytest.raises(RequestTimeoutError, match=r"within 0\.1 s"):
        send(url)
    assert server.sent < 1000


def test_silent_tls_handshake_times_out() -> None:
    """On a real socket, the deadline includes connecting."""
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


def test_each_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later addresses get the remaining time; the error names a host without addresses."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    with listener, CoprClient(f"http://copr.test:{port}", retries=0, timeout=0.1) as client:
        # It accepts connections, but sends nothing.
        with pytest.raises(RequestTimeoutError):
            client.get(1, F41)
        found.pop()
        with pytest.raises(ConnectionFailedError, match="refused"):
            client.get(1, F41)
        found.clear()
        with pytest.raises(ConnectionFailedError, match=r"copr\.test has no address"):
            client.get(1, F41)
