"""A whole attack on servers in processes of their own, and what must hold during and after it."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.parse import quote

from ..served import PATIENCE, Served, Start, eventually, files_of, starting
from .attacks import idle_connections, send_logged, send_mutated, trickle, unread_connections
from .health import BOUND, watching
from .requests import SCENARIO

ROUNDS = 4
"""The same attacks are repeated, to see whether they take memory that is never released."""

MIB = 1024 * 1024

MAX_GROWTH = 32 * MIB
"""Bytes by which the memory after each of the last two rounds may exceed that after both of the first two.

Memory that Python and the allocator have not released yet differs by 20 MiB from round to round. With the default
numbers, a leak of 500 bytes for each case of mutated requests, or of 4 KB for each idle connection, exceeds the bound.
"""

MAX_END = 1.0
"""Seconds after SIGTERM within which a server must end."""

MAX_WORLDS = 100
"""Few, as each named world has its own copy of the scenario."""

LOG_ENTRY = {"time", "client", "method", "target", "status", "bytes", "milliseconds"}
"""The keys of a line of the access log."""

MAX_SHOWN = 5


@dataclass
class Attack:
    """An attack, which prints each check with its measurement, and collects the violated ones.

    :param requests: number of cases of mutated requests.
    :param connections: number of idle and slow connections.
    :param clients: number of clients that do not read.
    :param logged: number of requests to a server whose log nobody reads.
    :param hold: seconds for which connections are held.
    :param seed: of the first case.
    """

    requests: int = 284_000
    connections: int = 10_000
    clients: int = 200
    logged: int = 20_000
    hold: float = 10
    seed: int = 0
    tls: bool = False
    violations: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Attack two servers, the second of which has a log that nobody reads."""
        with tempfile.TemporaryFile("w+") as log, starting() as start:
            server = self._start(start, log, "--log", "json")
            with self._collecting("the attack ends"):
                self._attack_in_rounds(server)
            with self._collecting("SIGTERM"), idle_connections(server, 100):
                self._end(server)
            log.seek(0)
            self._check_log(log)
        reading, writing = os.pipe()
        with os.fdopen(reading), os.fdopen(writing, "w") as log, starting() as start:
            server = self._start(start, log)
            with self._collecting("the attack ends"):
                self._fill_log(server)
            self._end(server)

    def _start(self, start: Start, log: IO[str], *arguments: str) -> Served:
        tls = ["--tls"] if self.tls else []
        limit = f"--max-worlds={MAX_WORLDS}"
        server = start(SCENARIO, "--access-log", limit, *arguments, *tls, stderr=log)
        server.get("/_fake/health")
        # Until it has closed the connection.
        time.sleep(0.2)
        return server

    def _check(self, is_right: bool, text: str, details: Sequence[str] = ()) -> None:
        text = "; ".join([text, *details[:MAX_SHOWN]])
        print("  ok    " if is_right else "  FAILED", text, flush=True)
        if not is_right:
            self.violations.append(text)

    @contextmanager
    def _collecting(self, attack: str) -> Iterator[None]:
        """Count errors of the clients as a violation."""
        try:
            yield
        except (OSError, EOFError, HTTPException, AssertionError) as error:
            self._check(False, f"{attack}: {type(error).__name__}: {error}")

    @contextmanager
    def _watching(self, server: Served, attack: str) -> Iterator[None]:
        """Check that the server answers others during an attack."""
        began = time.monotonic()
        with watching(server.url, server.authority if self.tls else None) as results, self._collecting(attack):
            yield
        (health,) = results
        seconds = time.monotonic() - began
        text = f"{attack}: {seconds:.0f} s, {health.requests} health checks, each within {health.slowest:.2f} s"
        self._check(not health.failures and health.slowest <= BOUND, f"{text}, at most {BOUND:g}", health.failures)

    # The attacks on the first server.

    def _attack_in_rounds(self, server: Served) -> None:
        files, memory = files_of(server.process), [memory_of(server)]
        size = self.requests // ROUNDS
        for number in range(ROUNDS):
            print(f"Round {number + 1} of {ROUNDS}")
            with self._watching(server, f"{size:,} mutated requests"):
                first = self.seed + number * size
                self._send_mutated(server, range(first, first + size))
            idle, unread = f"{self.connections:,} idle and slow connections", f"{self.clients} clients that do not read"
            with self._watching(server, idle), idle_connections(server, self.connections) as slow:
                trickle(slow, self.hold)
                show_use(server)
            with self._watching(server, unread), unread_connections(server, self.clients):
                time.sleep(self.hold)
                show_use(server)
            reset(server)
            self._check_files(server, files)
            memory.append(memory_of(server))
        growth = min(memory[-2:]) - max(memory[1:3])
        sizes = ", ".join(f"{each / MIB:.0f}" for each in memory)
        self._check(
            growth <= MAX_GROWTH,
            f"memory before and after each round: {sizes} MiB; from the first two to the last two: {growth / MIB:+.0f} "
            f"MiB, at most {MAX_GROWTH // MIB}",
        )

    def _send_mutated(self, server: Served, seeds: range) -> None:
        responses = send_mutated(server, seeds)
        counts = ", ".join(f"{count:,} {status}" for status, count in sorted(responses.statuses.items()))
        text = f"responses: {counts}; {responses.unanswered:,} connections without one"
        self._check(not responses.unexpected, text, responses.unexpected)

    def _check_files(self, server: Served, before: int) -> None:
        eventually(lambda: files_of(server.process) <= before)
        left = files_of(server.process)
        self._check(left <= before, f"{left} open files, {before} before")

    def _check_log(self, log: IO[str]) -> None:
        count, others = 0, []
        for line in log:
            count += 1
            if not is_log_entry(line):
                others.append(repr(line))
        self._check(not others, f"{count:,} lines on standard error, {len(others):,} of them not of the log", others)

    # The attack on the second server.

    def _fill_log(self, server: Served) -> None:
        print("A log that nobody reads")
        files, before = files_of(server.process), memory_of(server)
        with self._watching(server, f"{self.logged:,} requests"):
            answered = send_logged(server, self.logged)
            self._check(answered == self.logged, f"{answered:,} responses")
        self._check_files(server, files)
        growth, bound = memory_of(server) - before, 16 * MIB
        self._check(growth <= bound, f"memory has grown by {growth // MIB} MiB, at most {bound // MIB}")

    def _end(self, server: Served) -> None:
        process, began = server.process, time.monotonic()
        delay = delay_at_begin = processor_delay(server)
        process.send_signal(signal.SIGTERM)
        while process.poll() is None and time.monotonic() < began + PATIENCE:
            delay = max(delay, processor_delay(server))
            time.sleep(0.005)
        if process.returncode is None:
            self._check(False, f"the server has not ended {PATIENCE} s after SIGTERM")
            return
        waited = delay - delay_at_begin
        seconds = time.monotonic() - began - waited
        output, _ = process.communicate()
        self._check(
            process.returncode == 0 and seconds <= MAX_END,
            f"ended with status {process.returncode} after {seconds:.2f} s, at most {MAX_END:g}, without "
            f"{waited:.2f} s in which other programs had the processors",
        )
        self._check(output == "", f"standard output has nothing beside the URLs: {output!r}")


def is_log_entry(line: str) -> bool:
    """Return whether a line is one of the access log as JSON."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and entry.keys() == LOG_ENTRY


def memory_of(server: Served) -> int:
    """Return the resident memory of a server in bytes."""
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


def processor_delay(server: Served) -> float:
    """Return the seconds for which a server has waited for a processor since its start; 0 if that is unknown."""
    try:
        return int(Path(f"/proc/{server.process.pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0


def show_use(server: Served) -> None:
    """Print what a server uses during an attack."""
    print(f"         {files_of(server.process):,} open files, {memory_of(server) // MIB} MiB")


def reset(server: Served) -> None:
    """Delete the worlds, and reset the rest, so that only what leaks is left."""
    while worlds := server.control("GET", "/worlds")["worlds"]:
        for world in worlds:
            server.control("DELETE", f"/worlds/{quote(world['name'], safe='')}")
    server.control("POST", "/reset")
