"""Faults on real connections, with clients that do not know the fake."""

from __future__ import annotations

import asyncio
import errno
import http.client
import itertools
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import httpx
import pytest
import requests

from copr_chroot_fake import FakeCopr, Fault
from copr_chroot_fake.server import server as server_module
from copr_chroot_fake.server.live_server import LiveServer

from .chroots import F41
from .served import (
    GET,
    HOME,
    LIST,
    PATIENCE,
    Server,
    Start,
    Tls,
    eventually,
    files_of,
    making_tls,
    raw,
    serving,
    start_request,
    starting,
)
from .worlds import fake_of

SCENARIO = {"builds": [{"id": 1, "chroots": [{"name": F41, "state": "running", "started_on": 9}]}]}
BODY = FakeCopr.from_scenario(SCENARIO).answer("GET", GET).body


MakeWorld = Callable[[], Server]
"""Creates a new world with a build."""


@contextmanager
def making_worlds(how: str) -> Iterator[MakeWorld]:
    """Worlds of a server process, or of the server in a thread that a test session has, with TLS or without."""
    numbers = itertools.count()
    if how == "process":
        with starting() as start:
            served = start()

            def make() -> Server:
                name = f"w{next(numbers)}"
                served.control("PUT", f"/worlds/{name}", {"scenario": SCENARIO})
                return served.world(name)

            yield make
    else:
        with making_tls() if how == "tls" else nullcontext(Tls(None, None)) as tls:
            live = LiveServer(tls.server)
            yield lambda: Server(live.add(f"w{next(numbers)}", FakeCopr.from_scenario(SCENARIO).service), tls.client)
            live.stop()


@pytest.fixture(scope="module", params=["process", "thread", "tls"])
def make_world(request: pytest.FixtureRequest) -> Iterator[MakeWorld]:
    with making_worlds(request.param) as make:
        yield make


@pytest.fixture
def server(make_world: MakeWorld) -> Server:
    return make_world()


@pytest.fixture(params=["process", "thread", "tls"])
def make_own_world(request: pytest.FixtureRequest) -> Iterator[MakeWorld]:
    """A world of a separate server, for tests that close its port."""
    with making_worlds(request.param) as make:
        yield make


# Responses that are received, but changed.


@pytest.mark.parametrize(
    "fault",
    [
        *({"status": status} for status in (204, 304, 404, 500, 502, 503, 504, 599)),
        {"body": "html"},
        {"body": "empty"},
        {"body": "cut"},
        {"body": "malformed"},
        {"delay": 0.01},
        {"dribble": {"bytes": 50, "every": 0.001}},
    ],
    ids=str,
)
def test_fault_response_is_sent_unchanged(server: Server, fault: dict[str, Any]) -> None:
    """The connection stays usable."""
    fake = FakeCopr.from_scenario(SCENARIO)
    fake.faults.add(Fault(**fault, first=2))
    server.control("POST", "/faults", {**fault, "first": 2})
    connection = server.open()
    for method, has_body in (("GET", True), ("HEAD", False), ("GET", True)):
        expected = fake.answer("GET", GET)
        connection.request(method, server.prefix + GET)
        got = connection.getresponse()
        headers = {name.title(): value for name, value in got.getheaders() if name.title() != "Date"}
        assert (got.status, headers) == (expected.status, dict(expected.headers))
        assert got.read() == (expected.body if has_body else b"")
    assert expected.body == BODY
    connection.close()


def test_delay_precedes_the_response(server: Server) -> None:
    """Other requests are not delayed."""
    begun = time.monotonic()
    with server.connect() as wire:
        start_request(server, wire, {"delay": 0.3, "nth": 1}, GET)
        assert server.call("GET", GET).body == BODY
        wire.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.socket.recv(1)
        wire.socket.settimeout(PATIENCE)
        assert wire.reply().body == BODY
    assert time.monotonic() - begun >= 0.3


def test_dribbled_body_arrives_in_pieces(server: Server) -> None:
    """A slow client may read several of them at once, but none before its time."""
    size = len(BODY) // 3 + 1
    server.control("POST", "/faults", {"dribble": {"bytes": size, "every": 0.1}})
    begun = time.monotonic()
    with server.connect() as wire:
        wire.send(raw("GET", server.prefix + GET))
        got = b""
        while len(got) < len(BODY):
            # The head arrives before the first piece, or with it.
            got += wire.socket.recv(65536).rpartition(b"\r\n\r\n")[2]
            assert time.monotonic() - begun >= 0.1 * (-(-len(got) // size) - 1)
    assert got == BODY


# Connections that fail.

Get = Callable[[str, float], bytes]
"""Requests a URL with a timeout for each read."""


def get_with_http_client(url: str, timeout: float) -> bytes:
    server = Server(url)
    connection = http.client.HTTPConnection(*server.address, timeout=timeout)
    try:
        connection.request("GET", server.prefix)
        return connection.getresponse().read()
    finally:
        connection.close()


def get_with_requests(url: str, timeout: float) -> bytes:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=timeout).content


def get_with_httpx(url: str, timeout: float) -> bytes:
    return httpx.get(url, timeout=timeout, trust_env=False, verify=False).content


FAILURES: dict[str, dict[Get, type[Exception]]] = {
    "reset": {
        get_with_http_client: ConnectionResetError,
        get_with_requests: requests.ConnectionError,
        get_with_httpx: httpx.ReadError,
    },
    "reset-within": {
        get_with_http_client: ConnectionResetError,
        get_with_requests: requests.exceptions.ChunkedEncodingError,
        get_with_httpx: httpx.ReadError,
    },
    "timeout": {
        get_with_http_client: TimeoutError,
        get_with_requests: requests.ReadTimeout,
        get_with_httpx: httpx.ReadTimeout,
    },
}
WORDS = {"reset": "reset by peer", "reset-within": "reset by peer", "timeout": "timed out"}


@pytest.mark.parametrize("make_world", ["process", "thread"], indirect=True)
@pytest.mark.parametrize("breaks", FAILURES)
@pytest.mark.parametrize("get", [get_with_http_client, get_with_requests, get_with_httpx])
def test_client_raises_the_error_of_a_real_failure(server: Server, breaks: str, get: Get) -> None:
    """The next request succeeds. Over TLS, some errors depend on the version of Python."""
    server.control("POST", "/faults", {"breaks": breaks, "nth": 1})
    with pytest.raises(FAILURES[breaks][get]) as failed:
        get(server.url + GET, 0.1 if breaks == "timeout" else PATIENCE)
    assert type(failed.value) is FAILURES[breaks][get]
    if get is not get_with_httpx:
        # httpx has no error for failures while it reads.
        assert WORDS[breaks] in str(failed.value)
    assert get(server.url + GET, PATIENCE) == BODY


def test_reset_within_follows_half_of_the_body(server: Server) -> None:
    server.control("POST", "/faults", {"breaks": "reset-within"})
    with server.connect() as wire:
        wire.send(raw("GET", server.prefix + GET))
        with pytest.raises(ConnectionResetError):
            wire.rest()
        got = wire.got
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"content-length: %d" % len(BODY) in head
    assert body == BODY[: len(BODY) // 2]


def test_delayed_reset_follows_its_delay(server: Server) -> None:
    server.control("POST", "/faults", {"breaks": "reset", "delay": 0.05})
    begun = time.monotonic()
    with server.connect() as wire:
        wire.send(raw("GET", server.prefix + GET))
        with pytest.raises(ConnectionResetError):
            wire.socket.recv(1)
    assert time.monotonic() - begun >= 0.05


def test_timeout_fault_keeps_the_connection_open(server: Server) -> None:
    """Other connections get responses."""
    server.control("POST", "/faults", {"breaks": "timeout", "nth": 1})
    with server.connect() as wire:
        wire.send(raw("GET", server.prefix + GET) * 3)
        wire.send(raw("GET", server.prefix + GET))
        wire.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            wire.socket.recv(1)
    assert server.call("GET", GET).body == BODY


# A closed port refuses connections to all worlds.


def refuse(server: Server, seconds: float) -> None:
    """Close the port for a number of seconds."""
    server.control("POST", "/faults", {"breaks": "refused", "nth": 1, "seconds": seconds})
    with server.connect() as wire:
        wire.send(raw("GET", server.prefix + GET))
        with pytest.raises(ConnectionResetError):
            wire.socket.recv(1)


def test_matching_request_is_reset_and_closes_the_port(server: Server) -> None:
    """The port opens again after the given seconds."""
    with server.connect() as kept:
        kept.send(raw("GET", server.prefix + GET))
        assert kept.reply().body == BODY
        begun = time.monotonic()
        refuse(server, 0.3)
        with pytest.raises(ConnectionRefusedError) as refused:
            server.connect()
        assert refused.value.errno == errno.ECONNREFUSED
        assert kept.rest() == b""
    assert eventually(lambda: not server.is_refusing)
    assert time.monotonic() - begun >= 0.3
    assert server.call("GET", GET).body == BODY


@pytest.mark.parametrize("selection", [{}, {"endpoint": "build-chroot/list"}], ids=str)
def test_refusal_counts_only_requests_that_match(server: Server, selection: dict[str, str]) -> None:
    """Connections, control calls and other requests neither count nor close the port."""
    server.control("POST", "/faults", {"breaks": "refused", "first": 1, "seconds": 0, **selection})
    server.connect().socket.close()
    if selection:
        assert server.call("GET", GET).body == BODY
    assert server.control("GET", "/faults")["faults"][0]["hits"] == 0
    with server.connect() as wire:
        wire.send(raw("GET", server.prefix + LIST))
        with pytest.raises(ConnectionResetError):
            wire.socket.recv(1)
    assert eventually(lambda: not server.is_refusing)
    (fault,) = server.control("GET", "/faults")["faults"]
    assert (fault["seen"], fault["hits"]) == (1, 1)
    assert server.call("GET", LIST).status == 200


def test_each_request_of_the_fault_is_refused(server: Server) -> None:
    """Connections to the closed port do not count."""
    server.control("POST", "/faults", {"breaks": "refused", "first": 2, "seconds": 0.2})
    for _ in range(2):
        with server.connect() as wire:
            wire.send(raw("GET", server.prefix + GET))
            with pytest.raises(ConnectionResetError):
                wire.reply()
        assert server.is_refusing
        assert eventually(lambda: not server.is_refusing)
    assert server.call("GET", GET).body == BODY
    (fault,) = server.control("GET", "/faults")["faults"]
    assert (fault["seen"], fault["hits"]) == (3, 2)


def test_closed_port_stays_reserved(make_own_world: MakeWorld) -> None:
    server = make_own_world()
    refuse(server, 300)
    with socket.socket() as other, pytest.raises(OSError) as refused:
        other.bind(server.address)
    assert refused.value.errno == errno.EADDRINUSE
    assert server.is_refusing


def test_pending_response_is_finished_when_port_closes(make_own_world: MakeWorld) -> None:
    """In every world."""
    server, other = make_own_world(), make_own_world()
    with server.connect() as one, other.connect() as two:
        start_request(server, one, {"nth": 1, "delay": 0.1}, GET)
        start_request(other, two, {"nth": 1, "delay": 0.1}, GET)
        refuse(server, 300)
        assert server.is_refusing
        assert [one.reply().body, two.reply().body] == [BODY, BODY]
        assert [one.rest(), two.rest()] == [b"", b""]


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"delay": 9}, {"breaks": "reset"}, {"breaks": "reset-within"}, {"breaks": "timeout"}],
    ids=str,
)
def test_fault_affects_only_its_world(make_world: MakeWorld, fault: dict[str, Any]) -> None:
    """Unless it closes the port, which all worlds share."""
    server, other = make_world(), make_world()
    with server.connect() as wire:
        start_request(server, wire, fault, GET)
        for _ in range(3):
            assert other.call("GET", GET).body == BODY
    assert other.control("GET", "/faults") == {"faults": [], "total": 0}


def test_faults_print_and_leak_nothing(start: Start) -> None:
    served = start()
    files = files_of(served.process)
    faults: list[dict[str, Any]] = [
        {"breaks": "timeout"},
        {"breaks": "reset"},
        {"breaks": "reset-within"},
        {"delay": 0.05},
        {"dribble": {"bytes": 1, "every": 0.001}},
    ]
    for fault, at_once, more, is_reset in itertools.product(faults, (1, 3), (0, 1, 3), (False, True)):
        served.control("DELETE", "/faults")
        with served.connect() as wire:
            start_request(served, wire, fault, " HTTP/1.1\r\n\r\nGET ".join([HOME] * at_once))
            with suppress(ConnectionResetError):
                wire.send(raw("GET", LIST) * more)
            if is_reset:
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    # After it is ready, the server may still have a module open that it imports.
    assert eventually(lambda: files_of(served.process) <= files)
    assert served.end(timeout=4) == (0, "", "")


def test_client_may_leave_before_the_port_closes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> None:
        wire.socket.close()
        for _ in range(1000):
            await asyncio.sleep(0)

    with serving() as server:
        server.control(
            "POST", "/faults", {"breaks": "refused", "endpoint": "build-chroot/list", "nth": 1, "seconds": 0.01}
        )
        monkeypatch.setattr(server_module, "_run_pending", leave)
        wire = server.connect()
        wire.send(raw("GET", LIST))
        assert eventually(lambda: next(iter(fake_of(server.worlds.main).faults)).hits == 1)
        assert eventually(lambda: not server.is_refusing)
    assert caplog.records == []
