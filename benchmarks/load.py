"""Load on a server over plain sockets: requests per second, and latency."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import NamedTuple

CONNECTIONS = 8
MANY_CONNECTIONS = 64


def rate(port: int, target: str, requests: int = 6400) -> Callable[[], float]:
    """Return a function that measures requests per second over several connections, which keep the server busy."""
    return lambda: requests / _load(port, target, CONNECTIONS, requests).seconds


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
    return lambda: sorted(_load(port, target, MANY_CONNECTIONS, requests).latencies)[int(requests * 0.99)]


class _Load(NamedTuple):
    """Measured load: the seconds from the first to the last response, and those of each request."""

    seconds: float
    latencies: list[float]


def _load(port: int, target: str, clients: int, requests: int) -> _Load:
    """Send so many requests, and measure them.

    Each client sends the next request as soon as it has received a response. It takes less time for a request than any
    of the servers.
    """
    request, latencies, began = _request(target), list[float](), dict[int, float]()
    with ExitStack() as opened, closing(select.epoll()) as readable:
        # The server closes connections that are idle for some seconds, so each measurement opens its own.
        connections = [opened.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(clients)]
        by_number = {connection.fileno(): connection for connection in connections}
        length = _response_length(connections[0], request)
        for number, connection in by_number.items():
            readable.register(number, select.EPOLLIN)
            began[number] = time.perf_counter()
            connection.sendall(request)
        start = time.perf_counter()
        while len(latencies) < requests:
            for number, _ in readable.poll():
                connection = by_number[number]
                _receive(connection, length)
                now = time.perf_counter()
                latencies.append(now - began[number])
                began[number] = now
                connection.sendall(request)
        seconds = time.perf_counter() - start
        for connection in connections:
            _receive(connection, length)
    return _Load(seconds, latencies)


def send_repeatedly(port: int, target: str, times: int) -> None:
    """Send so many requests over several connections."""
    _load(port, target, CONNECTIONS, times)


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
