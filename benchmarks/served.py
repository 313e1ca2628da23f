"""The served fake beside uvicorn with a static application: requests per second, and time until ready.

Both servers run on one core, and what asks them on another where there is one.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .figures import Figure, ratio
from .in_process import GET, LIST, hundred_chroots
from .processes import ENVIRONMENT

CONNECTIONS = 8
CORES = sorted(os.sched_getaffinity(0))


def measure(rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as running:
        fake = running.enter_context(_running(_fake(_write_scenario(Path(directory)))))
        static = running.enter_context(_running(_static))
        get, page, least = _rate(fake, GET), _rate(fake, LIST), _rate(static, GET)
        yield Figure(
            "served get, requests/s / uvicorn with a static app", ratio(get, least, rounds), "times", None, 0.75
        )
        yield Figure("served list of 100, requests/s / served get", ratio(page, get, rounds), "times", None, 0.6)
    ready = ratio(lambda: _ready(_fake(None)), lambda: _ready(_static), rounds)
    yield Figure("serve, time until it answers / the same static app", ready, "times", 1.5)


def _write_scenario(directory: Path) -> Path:
    names = [chroot.name for chroot in hundred_chroots().builds[1].chroots]
    chroots = [
        {"name": name, "state": "succeeded", "started_on": 1, "ended_on": 2, "result_dir": "d"} for name in names
    ]
    path = directory / "hundred.json"
    path.write_text(json.dumps({"builds": [{"id": 1, "chroots": chroots}]}))
    return path


def _fake(scenario: Path | None) -> Callable[[int], list[str]]:
    return lambda port: [
        *(sys.executable, "-m", "copr_chroot_fake", "serve", "--port", str(port)),
        *([] if scenario is None else [str(scenario)]),
    ]


def _static(port: int) -> list[str]:
    options = ["--port", str(port), "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", "benchmarks.static_app:app", *options]


@contextmanager
def _running(command: Callable[[int], list[str]]) -> Iterator[int]:
    """The port of a server that answers, on the first core; this process asks from the others."""
    port = _free_port()
    os.sched_setaffinity(0, CORES[:1])
    process = subprocess.Popen(command(port), stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    os.sched_setaffinity(0, CORES[1:] or CORES)
    with process:
        try:
            _wait(port)
            yield port
        finally:
            process.terminate()
            os.sched_setaffinity(0, CORES)


def _ready(command: Callable[[int], list[str]]) -> float:
    began = time.perf_counter()
    with _running(command):
        return time.perf_counter() - began


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait(port: int) -> None:
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(_request("/"))
                assert connection.recv(1)
                return
        except ConnectionRefusedError:
            time.sleep(0.002)


def _request(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: copr\r\n\r\n".encode()


def _rate(port: int, target: str, times: int = 150) -> Callable[[], float]:
    """Requests per second over several connections, each of which has one request under way."""
    request = _request(target)
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    length = _answer_length(connections[0], request)

    def run() -> float:
        began = time.perf_counter()
        for _ in range(times):
            for connection in connections:
                connection.sendall(request)
            for connection in connections:
                left = length
                while left:
                    left -= len(connection.recv(left))
        return times * CONNECTIONS / (time.perf_counter() - began)

    return run


def _answer_length(connection: socket.socket, request: bytes) -> int:
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    while left:
        left -= len(connection.recv(left))
    return len(head) + 4 + int(fields[b"content-length"])
