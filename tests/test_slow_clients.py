"""Clients that do not read or send, or use up connections, do not block others."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext, suppress

import pytest

from copr_chroot_fake.server.request import Request
from copr_chroot_fake.wire.answer import Answer

from .examples import sample
from .served import (
    HOME,
    LIST,
    PATIENCE,
    Server,
    Start,
    Tls,
    TlsSocket,
    Wire,
    eventually,
    making_tls,
    raw,
    running,
    serving,
)

MIB = 1024 * 1024
LARGE = 16 * MIB
"""Bytes in a response that no socket buffers of the system hold."""


def large_response(request: Request) -> Answer:
    return Answer(200, (("Content-Length", str(LARGE)),), bytes(LARGE))


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> Iterator[Tls]:
    with making_tls() if request.param == "tls" else nullcontext(Tls(None, None)) as tls:
        yield tls


def connect(server: Server) -> Wire:
    """Open a connection with a small receive buffer."""
    client = socket.socket()
    client.settimeout(PATIENCE)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.connect(server.address)
    return Wire(client if server.tls is None else TlsSocket(client, server.tls, server.address[0]))


def disconnected(wire: Wire) -> bool:
    """Read everything; return whether the server disconnected before the end of the response."""
    received = 0
    with suppress(ConnectionError):
        while piece := wire.socket.recv(MIB):
            received += len(piece)
            if received >= LARGE:
                return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_client_that_does_not_read_loses_its_connection(connection: str, tls: Tls) -> None:
    """Also if the connection was to be closed; other clients may read slowly."""
    with running(large_response, read_timeout=0.3, tls=tls.server) as url:
        server = Server(url, tls.client)
        with connect(server) as silent, connect(server) as slow:
            for wire in (silent, slow):
                wire.send(raw("GET", HOME, Connection=connection))
                assert wire.socket.recv(1)
            received = 1
            while received < LARGE:
                received += len(slow.socket.recv(MIB // 16))
            assert eventually(lambda: is_reset(silent))


def is_reset(wire: Wire) -> bool:
    """Return whether the server has reset a connection, without reading from it."""
    return wire.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def test_200_idle_connections_do_not_disturb() -> None:
    """With and without a part of a request."""
    with serving() as server, ExitStack() as open_still:
        for number in range(200):
            wire = open_still.enter_context(server.connect())
            wire.send(raw("GET", HOME)[: number % 40])
        assert server.get(HOME) == {"version": 3}


@pytest.mark.sampled
@pytest.mark.skipif(os.name != "posix", reason="the limit of open files is set with POSIX calls")
@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["plain", "tls"])
@pytest.mark.parametrize("is_lowered_later", sample([True, False]))
def test_server_without_file_descriptors_closes_idle_connections(
    start: Start, is_lowered_later: bool, options: list[str]
) -> None:
    """It logs one warning, keeps busy connections, and accepts new ones."""
    import resource

    limits = (80, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    if is_lowered_later and not hasattr(resource, "prlimit"):
        pytest.skip("the limit of another process can be set on Linux only")
    if is_lowered_later:
        # The server read its limit before, and does not know about the change.
        served = start(*options)
        resource.prlimit(served.process.pid, resource.RLIMIT_NOFILE, limits)
    else:
        served = start(*options, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
    served.control("POST", "/faults", {"nth": 1, "delay": 0.5})
    with served.connect() as used, ExitStack() as open_still:
        used.send(raw("GET", HOME))
        assert eventually(lambda: served.request_count == 1)
        for _ in range(100):
            # Over TLS, without a handshake.
            open_still.enter_context(socket.create_connection(served.address, timeout=PATIENCE))
        assert len(served.get(LIST)["items"]) > 0
        assert used.reply().status == 200
    status, output, errors = served.end()
    (line,) = errors.splitlines()
    assert (status, output) == (0, "")
    assert re.match("cannot keep all [0-9]+ connections: .*; closed idle ones; .* ulimit -n", line)


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [True, False])
def test_no_response_is_made_before_the_last_is_read(at_once: bool, tls: Tls) -> None:
    """However many requests a client sends; all are answered once it reads."""
    calls = []

    def counting(request: Request) -> Answer:
        calls.append(request)
        return large_response(request)

    with (
        running(counting, tls=tls.server) as url,
        connect(Server(url, tls.client)) as wire,
        connect(Server(url, tls.client)) as other,
    ):
        if at_once:
            wire.send(raw("GET", HOME) * 5)
            assert eventually(lambda: bool(calls))
        else:
            for _ in range(5):
                wire.send(raw("GET", HOME))
                assert eventually(lambda: bool(calls))
        other.send(raw("GET", HOME))
        assert other.socket.recv(1)
        assert len(calls) == 2
        received = 0
        while received < 5 * LARGE:
            received += len(wire.socket.recv(MIB))
        assert len(calls) == 6
