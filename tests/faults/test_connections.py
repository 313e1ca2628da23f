"""In process a connection fails as it does in reality, whichever the library."""

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

from .asked import GET, IN_PROCESS, OWN, URL

TIMEOUT = 0.05
"""For how long clients wait for what comes next, in seconds."""

PATIENCE = {"timeout": [TIMEOUT], "late": [TIMEOUT], "stalled": [TIMEOUT, 1.0]}
"""For how long they do in reality; where a busy machine can be too late for that, they are asked again."""


class Outcome(NamedTuple):
    """How a request ended, of which all is to be the same in process and in reality."""

    when: str
    kinds: tuple[type[object], ...] = ()
    has_request: bool = False
    body: bytes = b""


def outcome(send: Callable[[], Any], read: Callable[[Any, list[bytes]], object]) -> Outcome:
    """Of sending a request and reading the body piece by piece."""
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
    """Its class, and those of what requests has made it of."""
    inner = error.args[0] if isinstance(error, requests.RequestException) else None
    made_of = [error, inner, getattr(inner, "reason", None)]
    return tuple(type(part) for part in made_of if isinstance(part, Exception))


def has_request(error: Any) -> bool:
    try:
        return getattr(error, "request", None) is not None
    except RuntimeError:
        # So httpx tells that there is none.
        return False


Caller = Callable[[str, Any, float], Outcome]
"""Asks an address, with a transport where the library has them, and a timeout to read."""


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

DOORS_OF = {"httpx": ["transport", "respx"], "httpx2": ["httpx2"], "requests": ["requests"]}
CALLERS_AND_DOORS = [(name, door) for name in CALLERS for door in DOORS_OF[name.split()[0]]]

Act = Callable[[socket.socket], object]
"""What a server does with a connection on which a request has come."""

HEAD = b"HTTP/1.1 200 OK\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in OWN.headers) + b"\r\n"


def sending(connection: socket.socket, *pieces: bytes) -> None:
    for piece in pieces:
        connection.sendall(piece)


def reset(connection: socket.socket, *pieces: bytes) -> None:
    sending(connection, *pieces)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say_no_more(connection: socket.socket, *pieces: bytes) -> None:
    """Until the client has gone."""
    sending(connection, *pieces)
    connection.recv(1)


HALF = OWN.body[: len(OWN.body) // 2]

FAILURES: dict[str, tuple[Fault, Act | None]] = {
    "refused": (Fault(breaks="refused"), None),
    "reset": (Fault(breaks="reset"), reset),
    "reset after a while": (Fault(breaks="reset", delay=0.01), reset),
    "reset within": (Fault(breaks="reset-within"), lambda connection: reset(connection, HEAD, HALF)),
    "reset after nothing": (
        Fault(breaks="reset-within", body="empty"),
        lambda connection: reset(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ),
    "timeout": (Fault(breaks="timeout"), say_no_more),
    "late": (Fault(delay=9), say_no_more),
    "stalled": (
        Fault(dribble=Dribble(bytes=20, every=9)),
        lambda connection: say_no_more(connection, HEAD, OWN.body[:20]),
    ),
    "dribbled": (
        Fault(dribble=Dribble(bytes=100, every=0.01)),
        lambda connection: sending(connection, HEAD, *(OWN.body[at : at + 100] for at in range(0, len(OWN.body), 100))),
    ),
}


@contextmanager
def failing_server(act: Act | None) -> Iterator[tuple[str, list[bytes]]]:
    """A real server on loopback, and the requests that have come; nobody listens where it is to do nothing."""
    came: list[bytes] = []

    def run() -> None:
        while True:
            connection, _ = listener.accept()
            # A client may have gone before.
            with connection, suppress(OSError):
                request = connection.recv(65536)
                if request == b"stop":
                    return
                came.append(request)
                assert act is not None
                act(connection)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = threading.Thread(target=run)
        if act is not None:
            listener.listen()
            serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{GET}", came
        if act is not None:
            with socket.create_connection(listener.getsockname()) as last:
                last.sendall(b"stop")
            serving.join()


@cache
def in_reality(caller: str, failure: str, seconds: float) -> tuple[Outcome, int]:
    """What the real library makes of it, and how many times it tries."""
    _, act = FAILURES[failure]
    with failing_server(act) as (url, came):
        real = CALLERS[caller](url, None, seconds)
    return real, len(came)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("caller", "door"), CALLERS_AND_DOORS)
def test_in_process_a_connection_fails_as_a_real_one_does(fake: FakeCopr, caller: str, door: str, failure: str) -> None:
    """With the same exception of the library, as early or late, after as much of the body and as many tries."""
    fake.faults.add(FAILURES[failure][0])
    with IN_PROCESS[door](fake) as transport:
        in_process = CALLERS[caller](URL, transport if door in ("transport", "httpx2") else None, TIMEOUT)
    for seconds in PATIENCE.get(failure, [10]):
        real, tries = in_reality(caller, failure, seconds)
        if real == in_process:
            break
    assert in_process == real
    # Nobody counts what is refused in reality.
    assert failure == "refused" or len(fake.requests) == tries


@pytest.mark.parametrize("failure", ["refused", "reset", "timeout"])
def test_requests_tries_again_as_its_adapter_is_told_to(fake: FakeCopr, failure: str) -> None:
    """Until it gets an answer, in no time but on the fake's clock."""
    began = fake.clock.now()
    fake.faults.add(Fault(breaks=failure, first=2))  # type: ignore[arg-type]  # one of them
    fake.faults.add(Fault(status=503, nth=3))
    retries = Retry(5, backoff_factor=10, status_forcelist=[503])
    with IN_PROCESS["requests"](fake):
        got = requests_caller(retries=retries)(URL, None, TIMEOUT)
    assert got == Outcome("answered", body=OWN.body)
    assert [request.status for request in fake.requests] == [0, 0, 503, 200]
    waited = 2 * TIMEOUT if failure == "timeout" else 0
    assert fake.clock.now() - began == pytest.approx(0 + 20 + 40 + waited)


def test_retries_are_counted_over_all_that_goes_wrong(fake: FakeCopr) -> None:
    """Refused connections and statuses alike use them up."""
    fake.faults.add(Fault(status=503, every=2))
    fake.faults.add(Fault(breaks="refused"))
    with IN_PROCESS["requests"](fake):
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
    """Which httpx's ASGI transport passes on."""
    fake.faults.add(Fault(breaks=breaks))

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=fake.asgi), verify=False) as client:
            await client.get(URL)

    with pytest.raises(error):
        asyncio.run(ask())
