"""Load on a server over plain sockets: requests per second, and latency."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

CONNECTIONS = 8
MANY_CONNECTIONS = 64


def rate(port: int, target: str, times: int = 150) -> Callable[[], float]:
    """Return a function that measures requests per second over several connections."""
    request = _request(target)

    def run() -> float:
        with _connections(port, CONNECTIONS) as connections:
            length = _response_length(connections[0], request)
            began = time.perf_counter()
            for _ in range(times):
                for connection in connections:
                    connection.sendall(request)
                for connection in connections:
                    _receive(connection, length)
            return times * CONNECTIONS / (time.perf_counter() - began)

    return run


def reconnecting_rate(port: int, target: str, times: int = 150) -> Callable[[], float]:
    """Return a function that measures requests per second of one client that opens a connection for each."""
    request = _request(target, "Connection: close\r\n")

    def run() -> float:
        began = time.perf_counter()
        for _ in range(times):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(request)
                while connection.recv(65536):
                    pass
        return times / (time.perf_counter() - began)

    return run


def latency(port: int, target: str, requests: int = 6400) -> Callable[[], float]:
    """Return a function that measures the 99th percentile of the latency, in seconds.

    There are many clients. Each sends the next request as soon as it has received a response.
    """
    request = _request(target)

    def run() -> float:
        latencies: list[float] = []
        with _connections(port, MANY_CONNECTIONS) as connections, selectors.DefaultSelector() as selector:
            length = _response_length(connections[0], request)
            for connection in connections:
                connection.sendall(request)
                selector.register(connection, selectors.EVENT_READ, time.perf_counter())
            while len(latencies) < requests:
                for key, _ in selector.select():
                    readable = key.fileobj
                    assert isinstance(readable, socket.socket)
                    _receive(readable, length)
                    latencies.append(time.perf_counter() - key.data)
                    readable.sendall(request)
                    selector.modify(readable, selectors.EVENT_READ, time.perf_counter())
            for connection in connections:
                _receive(connection, length)
        return sorted(latencies)[int(len(latencies) * 0.99)]

    return run


def send_repeatedly(port: int, target: str, times: int) -> None:
    """Send so many requests over several connections."""
    rate(port, target, times // CONNECTIONS)()


def send_each(port: int, targets: Iterable[str]) -> None:
    """Send a request for each target, on one connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for target in targets:
            _response_length(connection, _request(target))


def _request(target: str, header: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode()


@contextmanager
def _connections(port: int, number: int) -> Iterator[list[socket.socket]]:
    """Open connections for one measurement; the server closes connections that are idle for some seconds."""
    with ExitStack() as opened:
        yield [opened.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(number)]


def _receive(connection: socket.socket, length: int) -> None:
    while length:
        received = len(connection.recv(length))
        assert received, "the server has closed the connection"
        length -= received


def _response_length(connection: socket.socket, request: bytes) -> int:
    """Send a request, receive its response and return the number of bytes in it."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    content_length = int(headers[b"content-length"])
    _receive(connection, content_length - len(body))
    return len(head) + 4 + content_length
