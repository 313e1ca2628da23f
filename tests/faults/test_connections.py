"""In process, a connection fails as a real one does, with each client library."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, NamedTuple

import httpx
import httpx2
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from copr_chroot_fake import Dribble, FakeCopr, Fault

from .helpers import COPR_ANSWER, GET, IN_PROCESS, URL

TIMEOUT = 0.05
"""The read timeout in process, in seconds."""

REAL_TIMEOUTS = {"timeout": [TIMEOUT], "late": [TIMEOUT], "stalled": [TIMEOUT, 1.0]}
"""The read timeouts to try with real connections; a busy machine can be too slow for the first."""


class Outcome(NamedTuple):
    """How a request ended."""

    when: str
    kinds: tuple[type[object], ...] = ()
    has_request: bool = False
    body: bytes = b""


def outcome(send: Callable[[], Any], read: Callable[[Any, list[bytes]], object]) -> Outcome:
    """Send a request, read the body piece by piece, and return how that ended."""
    got: list[bytes] = []
    when = "sending"
    try:
        response = send()
        when = "reading"
        read(response, got)
    except Exception as error:
        return Outcome(when, kinds_of(error), has_request(error), b"".join(got))
    return Outcome("answered", body=b"".join(got))


def kinds_of(error: Exception) -> tuple[type[object], ...]:
    """Return the types of the error and of those that requests wraps in it."""
    inner = error.args[0] if isinstance(error, requests.RequestException) else None
    errors = [error, inner, getattr(inner, "reason", None)]
    return tuple(type(each) for each in errors if isinstance(each, Exception))


def has_request(error: Any) -> bool:
    try:
        return getattr(error, "request", None) is not None
    except RuntimeError:
        # httpx raises this if there is none.
        return False


Caller = Callable[[str, Any, float], Outcome]
"""Requests a URL, with a transport (or ``None``) and a read timeout in seconds."""


def httpx_caller(lib: Any, *, stream: bool) -> Caller:
    def read(response: Any, got: list[bytes]) -> None:
        for piece in response.iter_bytes():
            got.append(piece)

    def call(url: str, transport: Any, seconds: float) -> Outcome:
        timeout = lib.Timeout(10, read=seconds)
        with lib.Client(transport=transport, verify=False, timeout=timeout, trust_env=False) as client:
            request = client.build_request("GET", url)
            return outcome(lambda: client.send(request, stream=stream), read)

    return call


def async_httpx_caller(lib: Any, *, stream: bool) -> Caller:
    async def read(response: Any, got: list[bytes]) -> None:
        async for piece in response.aiter_bytes():
            got.append(piece)

    def call(url: str, transport: Any, seconds: float) -> Outcome:
        loop = asyncio.new_event_loop()
        run = loop.run_until_complete
        timeout = lib.Timeout(10, read=seconds)
        client = lib.AsyncClient(transport=transport, verify=False, timeout=timeout, trust_env=False)
        request = client.build_request("GET", url)
        try:
            return outcome(
                lambda: run(client.send(request, stream=stream)), lambda response, got: run(read(response, got))
            )
        finally:
            run(client.aclose())
            loop.close()

    return call


def requests_caller(*, stream: bool = False, retries: int | Retry = 0) -> Caller:
    def read(response: requests.Response, got: list[bytes]) -> None:
        for piece in response.iter_content(7):
            got.append(piece)

    def call(url: str, transport: None, seconds: float) -> Outcome:
        with requests.Session() as session:
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retries))
            return outcome(lambda: session.get(url, timeout=(10, seconds), stream=stream), read)

    return call


CALLERS: dict[str, Caller] = {
    "httpx": httpx_caller(httpx, stream=False),
    "httpx stream": httpx_caller(httpx, stream=True),
    "httpx async": async_httpx_caller(httpx, stream=False),
    "httpx async stream": async_httpx_caller(httpx, stream=True),
    "httpx2": httpx_caller(httpx2, stream=False),
    "httpx2 stream": httpx_caller(httpx2, stream=True),
    "httpx2 async": async_httpx_caller(httpx2, stream=False),
    "httpx2 async stream": async_httpx_caller(httpx2, stream=True),
    "requests": requests_caller(),
    "requests stream": requests_caller(stream=True),
    "requests retrying": requests_caller(retries=Retry(2)),
    "requests retrying once": requests_caller(retries=Retry(2, read=1, connect=1)),
    "requests not retrying": requests_caller(retries=Retry(False)),
}

ADAPTERS = {"httpx": ["transport", "mock_httpx"], "httpx2": ["mock_httpx2"], "requests": ["mock_requests"]}
CALLERS_AND_ADAPTERS = [(name, adapter) for name in CALLERS for adapter in ADAPTERS[name.split()[0]]]

Act = Callable[[socket.socket], object]
"""What a server does with a connection when it has read the request."""

HEAD = (
    b"HTTP/1.1 200 OK\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in COPR_ANSWER.headers) + b"\r\n"
)


def send_pieces(connection: socket.socket, *pieces: bytes) -> None:
    for piece in pieces:
        connection.sendall(piece)


def reset(connection: socket.socket, *pieces: bytes) -> None:
    send_pieces(connection, *pieces)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def go_silent(connection: socket.socket, *pieces: bytes) -> None:
    """Send nothing more until the client disconnects."""
    send_pieces(connection, *pieces)
    connection.recv(1)


HALF = COPR_ANSWER.body[: len(COPR_ANSWER.body) // 2]

FAILURES: dict[str, tuple[Fault, Act | None]] = {
    "refused": (Fault(breaks="refused"), None),
    "reset": (Fault(breaks="reset"), reset),
    "reset after a while": (Fault(breaks="reset", delay=0.01), reset),
    "reset within": (Fault(breaks="reset-within"), lambda connection: reset(connection, HEAD, HALF)),
    "reset after nothing": (
        Fault(breaks="reset-within", body="empty"),
        lambda connection: reset(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ),
    "timeout": (Fault(breaks="timeout"), go_silent),
    "late": (Fault(delay=9), go_silent),
    "stalled": (
        Fault(dribble=Dribble(bytes=20, every=9)),
        lambda connection: go_silent(connection, HEAD, COPR_ANSWER.body[:20]),
    ),
    "dribbled": (
        Fault(dribble=Dribble(bytes=100, every=0.01)),
        lambda connection: send_pieces(
            connection, HEAD, *(COPR_ANSWER.body[at : at + 100] for at in range(0, len(COPR_ANSWER.body), 100))
        ),
    ),
}


@contextmanager
def failing_server(act: Act | None) -> Iterator[tuple[str, list[bytes]]]:
    """Run a real server on loopback; yield its URL and the requests it receives. Without ``act`` the port is closed."""
    received: list[bytes] = []

    def run() -> None:
        while True:
            connection, _ = listener.accept()
            # The client may have disconnected.
            with connection, suppress(OSError):
                request = connection.recv(65536)
                if request == b"stop":
                    return
                received.append(request)
                assert act is not None
                act(connection)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = threading.Thread(target=run)
        if act is not None:
            listener.listen()
            serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{GET}", received
        if act is not None:
            with socket.create_connection(listener.getsockname()) as last:
                last.sendall(b"stop")
            serving.join()


@cache
def real_outcome(caller: str, failure: str, seconds: float) -> tuple[Outcome, int]:
    """Return the outcome with a real connection, and the number of attempts."""
    _, act = FAILURES[failure]
    with failing_server(act) as (url, received):
        real = CALLERS[caller](url, None, seconds)
    return real, len(received)


@pytest.mark.slow
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("caller", "adapter"), CALLERS_AND_ADAPTERS)
def test_in_process_failure_equals_a_real_one(fake: FakeCopr, caller: str, adapter: str, failure: str) -> None:
    """The exception, its time, the received part of the body and the number of attempts are equal."""
    fake.faults.add(FAILURES[failure][0])
    with IN_PROCESS[adapter](fake) as opened:
        in_process = CALLERS[caller](URL, opened if adapter == "transport" else None, TIMEOUT)
    for seconds in REAL_TIMEOUTS.get(failure, [10]):
        real, attempts = real_outcome(caller, failure, seconds)
        if real == in_process:
            break
    assert in_process == real
    # A refused connection reaches no server that could count it.
    assert failure == "refused" or len(fake.requests) == attempts


@pytest.mark.parametrize("failure", ["refused", "reset", "timeout"])
def test_requests_retries_as_its_adapter_is_configured(fake: FakeCopr, failure: str) -> None:
    """Backoff takes time only on the fake's clock."""
    began = fake.clock.now()
    fake.faults.add(Fault(breaks=failure, first=2))  # type: ignore[arg-type]  # pytest passes a plain str; all three are valid
    fake.faults.add(Fault(status=503, nth=3))
    retries = Retry(5, backoff_factor=10, status_forcelist=[503])
    with IN_PROCESS["mock_requests"](fake):
        got = requests_caller(retries=retries)(URL, None, TIMEOUT)
    assert got == Outcome("answered", body=COPR_ANSWER.body)
    assert [request.status for request in fake.requests] == [0, 0, 503, 200]
    waited = 2 * TIMEOUT if failure == "timeout" else 0
    assert fake.clock.now() - began == pytest.approx(0 + 20 + 40 + waited)


def test_all_kinds_of_failure_use_up_retries(fake: FakeCopr) -> None:
    """Refused connections and error statuses count alike."""
    fake.faults.add(Fault(status=503, every=2))
    fake.faults.add(Fault(breaks="refused"))
    with IN_PROCESS["mock_requests"](fake):
        got = requests_caller(retries=Retry(4, status_forcelist=[503]))(URL, None, TIMEOUT)
    assert (got.when, got.kinds[0]) == ("sending", requests.ConnectionError)
    assert [request.status for request in fake.requests] == [0, 503, 0, 503, 0]


@pytest.mark.parametrize(
    ("breaks", "error"),
    [
        ("refused", ConnectionRefusedError),
        ("reset", ConnectionResetError),
        ("reset-within", ConnectionResetError),
    ],
)
def test_asgi_app_in_process_raises_a_connection_error(fake: FakeCopr, breaks: Any, error: type[Exception]) -> None:
    """httpx's ASGI transport passes it on."""
    fake.faults.add(Fault(breaks=breaks))

    async def send() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=fake.asgi), verify=False) as client:
            await client.get(URL)

    with pytest.raises(error):
        asyncio.run(send())
