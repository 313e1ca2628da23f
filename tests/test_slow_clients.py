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


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the limit of open files is set with POSIX calls")
@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["plain", "tls"])
def test_server_without_file_descriptors_reports_it(start: Start, options: list[str]) -> None:
    """With one line; it answers again once connections end."""
    import resource

    limits = (80, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    served = start(*options, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
    with ExitStack() as open_still:
        for _ in range(100):
            # Over TLS, without a handshake.
            open_still.enter_context(socket.create_connection(served.address, timeout=PATIENCE))
        assert served.process.stderr is not None
        line = served.process.stderr.readline()
    assert len(served.get(LIST)["items"]) > 0
    assert served.end() == (0, "", "")
    assert re.match("connections wait: .*; allow more, for example with ulimit -n", line)


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
