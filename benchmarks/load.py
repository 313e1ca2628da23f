"""Load on a server over plain sockets: requests per second, and latency."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack

CONNECTIONS = 8
MANY_CONNECTIONS = 64


def rate(port: int, target: str, requests: int = 1600) -> Callable[[], float]:
    """Return a function that measures requests per second over several connections, which keep the server busy."""

    def run() -> float:
        began = time.perf_counter()
        return len(_latencies(port, target, CONNECTIONS, requests)) / (time.perf_counter() - began)

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
    """Return a function that measures the 99th percentile of the latency with many clients, in seconds."""
    return lambda: sorted(_latencies(port, target, MANY_CONNECTIONS, requests))[int(requests * 0.99)]


def _latencies(port: int, target: str, clients: int, requests: int) -> list[float]:
    """Send so many requests, and return the seconds of each.

    Each client sends the next request as soon as it has received a response.
    """
    request, latencies = _request(target), list[float]()
    with ExitStack() as opened, selectors.DefaultSelector() as selector:
        # The server closes connections that are idle for some seconds, so each measurement opens its own.
        connections = [opened.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(clients)]
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
    return latencies


def send_repeatedly(port: int, target: str, times: int) -> None:
    """Send so many requests over several connections."""
    _latencies(port, target, CONNECTIONS, times)


def send_each(port: int, targets: Iterable[str]) -> None:
    """Send a request for each target, on one connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for target in targets:
            _response_length(connection, _request(target))


def _request(target: str, header: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode()


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
