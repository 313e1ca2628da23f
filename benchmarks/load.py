"""Load on a server over plain sockets: requests per second, and how late answers come."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

CONNECTIONS = 8
MANY = 64


def request(target: str, more: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()


def rate(port: int, target: str, times: int = 150) -> Callable[[], float]:
    """Requests per second over several connections."""
    sent = request(target)

    def run() -> float:
        with _connected(port, CONNECTIONS) as connections:
            length = _answer_length(connections[0], sent)
            began = time.perf_counter()
            for _ in range(times):
                for connection in connections:
                    connection.sendall(sent)
                for connection in connections:
                    _receive(connection, length)
            return times * CONNECTIONS / (time.perf_counter() - began)

    return run


def reconnecting_rate(port: int, target: str, times: int = 150) -> Callable[[], float]:
    """Requests per second of one client, with a connection for each, for servers that keep none open."""
    sent = request(target, "Connection: close\r\n")

    def run() -> float:
        began = time.perf_counter()
        for _ in range(times):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(sent)
                while connection.recv(65536):
                    pass
        return times / (time.perf_counter() - began)

    return run


def late(port: int, target: str, requests: int = 6400) -> Callable[[], float]:
    """Within how many seconds 99 of 100 answers come to many clients, each of which asks again at once."""
    sent = request(target)

    def run() -> float:
        taken: list[float] = []
        with _connected(port, MANY) as connections, selectors.DefaultSelector() as selector:
            length = _answer_length(connections[0], sent)
            for connection in connections:
                connection.sendall(sent)
                selector.register(connection, selectors.EVENT_READ, time.perf_counter())
            while len(taken) < requests:
                for key, _ in selector.select():
                    asked = key.fileobj
                    assert isinstance(asked, socket.socket)
                    _receive(asked, length)
                    taken.append(time.perf_counter() - key.data)
                    asked.sendall(sent)
                    selector.modify(asked, selectors.EVENT_READ, time.perf_counter())
            for connection in connections:
                _receive(connection, length)
        return sorted(taken)[int(len(taken) * 0.99)]

    return run


def ask_often(port: int, target: str, times: int) -> None:
    """So many requests over several connections."""
    rate(port, target, times // CONNECTIONS)()


def ask_each(port: int, targets: Iterable[str]) -> None:
    """One request for each target, on one connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for target in targets:
            _answer_length(connection, request(target))


@contextmanager
def _connected(port: int, number: int) -> Iterator[list[socket.socket]]:
    """Connections of one measurement: the server closes those on which nobody has asked for some seconds."""
    with ExitStack() as opened:
        yield [opened.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(number)]


def _receive(connection: socket.socket, length: int) -> None:
    while length:
        received = len(connection.recv(length))
        assert received, "the server has closed the connection"
        length -= received


def _answer_length(connection: socket.socket, sent: bytes) -> int:
    connection.sendall(sent)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    _receive(connection, left)
    return len(head) + 4 + int(fields[b"content-length"])
