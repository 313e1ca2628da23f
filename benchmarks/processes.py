"""Processes that are measured, or that measure. Servers run on the first core, their clients on the others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

# Python writes its bytecode, as pip does during installation.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
CORES = sorted(os.sched_getaffinity(0))

Command = Callable[[int], list[str]]
"""Returns the command that starts a server on a port."""


class Running(NamedTuple):
    """A server that is ready."""

    port: int
    pid: int

    @property
    def memory(self) -> int:
        return memory_of(self.pid)


def memory_of(pid: int) -> int:
    """Return the resident memory of a process, in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def python(module: str, *arguments: str) -> Command:
    """Return the command for a Python module whose first argument is the port."""
    return lambda port: [sys.executable, "-m", module, str(port), *arguments]


def serving(*arguments: str) -> Command:
    """Return the command for the fake's own server."""
    return lambda port: [sys.executable, "-m", "copr_chroot_fake", "serve", "--port", str(port), *arguments]


def static_app(port: int) -> list[str]:
    """Return the command for uvicorn with an application that does as little as possible."""
    options = ["--port", str(port), "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", "benchmarks.static_app:app", *options]


@contextmanager
def running(command: Command) -> Iterator[Running]:
    """Run a server, and this process on the other cores."""
    port = _free_port()
    os.sched_setaffinity(0, CORES[:1])
    process = subprocess.Popen(command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    os.sched_setaffinity(0, CORES[1:] or CORES)
    with process:
        try:
            _wait_until_ready(port, process)
            yield Running(port, process.pid)
        finally:
            process.terminate()
            os.sched_setaffinity(0, CORES)


def startup_seconds(command: Command) -> float:
    """Return the time from the start of a server to its first response."""
    began = time.perf_counter()
    with running(command):
        return time.perf_counter() - began


def printed_by(*arguments: str) -> float:
    """Return the number that a Python process prints."""
    command = [sys.executable, *arguments]
    return float(subprocess.run(command, check=True, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True).stdout)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(1)
                return
        except ConnectionRefusedError:
            time.sleep(0.002)
    raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
