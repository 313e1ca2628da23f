"""The attacks on a server, by clients that have no regard for it."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from random import Random

from copr_chroot_fake.server.responses import PROBLEM

from ..fuzz.mutating import mutate
from ..served import PATIENCE, Server, Wire, raw
from .requests import LARGE, REQUESTS

CLIENTS = 40
"""Clients that send requests at the same time."""

PIPELINED = (50, 5000)
"""Numbers of requests that clients send at once and whose responses they do not read: at least 12 MB of them."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n")


class Responses:
    """The responses to mutated requests."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.unanswered = 0
        """Connections that the server has closed without a response."""
        self.unexpected: list[str] = []
        """Descriptions of responses that no request may get.

        A 500 is expected where Copr itself has one, for example for an id or a limit that is no number. An exception in
        the kit's own code has another body.
        """

    def add(self, case: str, received: bytes) -> None:
        """Add all that was received on a connection."""
        if not received:
            self.unanswered += 1
        elif not received.startswith(b"HTTP/1.1 "):
            self.unexpected.append(f"{case}: {received[:300]!r} is no HTTP")
        self.statuses.update(int(head[1]) for head in _HEAD.finditer(received))
        if PROBLEM.encode() in received:
            self.unexpected.append(f"{case}: internal error")


def send_mutated(server: Server, seeds: Sequence[int]) -> Responses:
    """Send a case of one or more mutated requests for each seed, each on a connection of its own."""
    responses = Responses()

    def send(seeds: Sequence[int]) -> None:
        for seed in seeds:
            sent = mutate(REQUESTS, Random(seed))
            case = f"seed {seed}, {sent[:300]!r}"
            try:
                responses.add(case, _exchange(server, sent))
            except (OSError, EOFError) as error:
                responses.unexpected.append(f"{case}: {type(error).__name__}: {error}")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, [seeds[client::CLIENTS] for client in range(CLIENTS)]))
    return responses


def _exchange(server: Server, sent: bytes) -> bytes:
    """Send bytes, and return everything received until the server closes or resets the connection.

    :raises TimeoutError: if it does neither.
    :raises OSError: if it accepts no connection.
    :raises EOFError: if it ends the handshake of TLS.
    """
    received = b""
    with server.connect() as wire, suppress(ConnectionError, EOFError):
        wire.send(sent)
        wire.end()
        while piece := wire.socket.recv(65536):
            received += piece
    return received


@contextmanager
def idle_connections(server: Server, count: int) -> Iterator[list[Wire]]:
    """Open connections, of which a third sends nothing, a third a part of a head, and a third a part of a body."""
    beginnings = (b"GET /api_3/", raw("POST", "/api_3/build/create/url", b"x" * 1000)[:-900])
    with ExitStack() as opened:
        wires = []
        for number in range(count):
            if number % 3 == 2:
                # Without a handshake, too.
                opened.enter_context(socket.create_connection(server.address, timeout=PATIENCE))
                continue
            wire = opened.enter_context(server.connect())
            wire.send(beginnings[number % 3])
            wires.append(wire)
            if number % 2:
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        yield wires


def trickle(wires: Sequence[Wire], seconds: float) -> None:
    """Send one byte after the other on all connections."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for wire in wires:
            # The server may have closed it.
            with suppress(OSError):
                wire.send(b"x")
        time.sleep(0.5)


@contextmanager
def unread_connections(server: Server, count: int) -> Iterator[None]:
    """Send requests with large responses on connections, and read no response."""
    released = threading.Event()

    def hold(number: int) -> None:
        with server.connect() as wire:
            # The server stops reading, or disconnects the client.
            with suppress(OSError):
                wire.send(LARGE * PIPELINED[number % 2])
            released.wait()

    with ThreadPoolExecutor(count) as pool:
        holding = [pool.submit(hold, number) for number in range(count)]
        try:
            yield
        finally:
            released.set()
        for each in holding:
            each.result()


def send_logged(server: Server, count: int) -> int:
    """Send requests with long lines in the access log; return how many got a response."""

    def send(count: int) -> int:
        connection = server.open()
        answered = 0
        for _ in range(count):
            connection.request("GET", f"/_fake/?{'x' * 1000}")
            response = connection.getresponse()
            response.read()
            answered += response.status == 200
        connection.close()
        return answered

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(send, [count // CLIENTS] * CLIENTS))
