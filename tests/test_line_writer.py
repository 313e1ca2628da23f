"""Log lines are written in a thread, and never block the server."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import BinaryIO

import pytest

from copr_chroot_fake.http_server import line_writer
from copr_chroot_fake.http_server.line_writer import LineWriter

from .served import eventually

Pipe = tuple[BinaryIO, BinaryIO]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """The two ends of a pipe, closed after the test."""
    ends = os.pipe()
    with os.fdopen(ends[1], "wb", buffering=0) as writing, os.fdopen(ends[0], "rb", buffering=0) as reading:
        yield reading, writing


def read_all(end: BinaryIO, into: list[bytes]) -> threading.Thread:
    """A thread that reads until the other end is closed."""

    def read() -> None:
        while piece := end.read(65536):
            into.append(piece)

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def dropped(count: int) -> str:
    return f"{count} dropped"


def test_reader_gets_every_line(pipe: Pipe) -> None:
    """In order, from many threads."""
    reading, writing = pipe
    got: list[bytes] = []
    reader = read_all(reading, got)
    writer = LineWriter(writing.fileno(), dropped)

    def write(name: str) -> None:
        for number in range(5000):
            writer.write(f"{name} {number} \xe9\ud800")

    threads = [threading.Thread(target=write, args=name) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close(10)
    writing.close()
    reader.join()
    lines = b"".join(got).decode().splitlines()
    for name in "ab":
        assert [line for line in lines if line[0] == name] == [f"{name} {n} \xe9\\ud800" for n in range(5000)]
    assert len(lines) == 10_000


def test_dropped_lines_are_counted(pipe: Pipe) -> None:
    """The count replaces the lines, and pending bytes are limited."""
    reading, writing = pipe
    writer = LineWriter(writing.fileno(), dropped, max_pending=200_000)
    for number in range(10_000):
        writer.write(f"{number:099}")
    got: list[bytes] = []
    reader = read_all(reading, got)
    assert eventually(lambda: len(got) >= 3)
    writer.write("later")
    writer.close(10)
    writing.close()
    reader.join()
    *kept, count, last = b"".join(got).decode().splitlines()
    assert last == "later"
    assert [int(line) for line in kept] == list(range(len(kept)))
    assert 2000 <= len(kept) <= 2000 + 700
    assert count == f"{10_000 - len(kept)} dropped"


def test_count_of_last_dropped_lines_is_written(pipe: Pipe) -> None:
    """Also if no line follows."""
    reading, writing = pipe
    writer = LineWriter(writing.fileno(), dropped, max_pending=10)
    writer.write("x" * 10)
    writer.close(10)
    assert reading.read(100) == b"1 dropped\n"


def test_hanging_reader_delays_the_end_by_the_timeout(pipe: Pipe) -> None:
    reading, writing = pipe
    writer = LineWriter(writing.fileno(), dropped)
    writer.write("x" * 1_000_000)
    begun = time.monotonic()
    writer.close(0.05)
    assert time.monotonic() - begun < 5
    # End its thread, which would write to the next file with the same number.
    reading.close()
    writer.close(10)


def test_closed_reader_is_not_an_error(pipe: Pipe) -> None:
    """The lines are lost."""
    reading, writing = pipe
    reading.close()
    writer = LineWriter(writing.fileno(), dropped, max_pending=1000)
    for _ in range(100):
        writer.write("x" * 99)
    writer.close(10)


def test_non_blocking_file_is_supported(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that shares the terminal or pipe can make it non-blocking."""
    reading, writing = pipe
    os.set_blocking(writing.fileno(), False)
    is_blocked = threading.Event()
    monkeypatch.setattr(line_writer, "time", SimpleNamespace(sleep=lambda _: is_blocked.set()))
    writer = LineWriter(writing.fileno(), dropped)
    writer.write("x" * 300_000)
    assert is_blocked.wait(10)
    got: list[bytes] = []
    reader = read_all(reading, got)
    writer.close(10)
    writing.close()
    reader.join()
    assert b"".join(got) == b"x" * 300_000 + b"\n"
