"""Log lines are written whole or not at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from copr_chroot_fake.server.log import LineWriter

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


@pytest.mark.parametrize("is_blocking", [True, False])
def test_lines_of_many_threads_are_whole(pipe: Pipe, is_blocking: bool) -> None:
    """Each thread's are in order. Another process that shares the pipe can make it non-blocking."""
    reading, writing = pipe
    os.set_blocking(writing.fileno(), is_blocking)
    got: list[bytes] = []
    reader = read_all(reading, got)
    writer = LineWriter(writing.fileno(), dropped)

    def write(name: str) -> None:
        for number in range(100):
            writer.write(f"{name} {number} \xe9\ud800{'x' * 100_000}")

    threads = [threading.Thread(target=write, args=name) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    writing.close()
    reader.join()
    lines = b"".join(got).decode().splitlines()
    kept = [line for line in lines if "dropped" not in line]
    for name in "ab":
        numbers = [int(line.split()[1]) for line in kept if line[0] == name]
        assert numbers == sorted(numbers)
    assert {line.partition("\xe9")[2] for line in kept} == {"\\ud800" + "x" * 100_000}


def test_dropped_lines_are_counted(pipe: Pipe) -> None:
    """The count replaces them. Writing never blocks."""
    reading, writing = pipe
    writer = LineWriter(writing.fileno(), dropped)
    for number in range(10_000):
        writer.write(f"{number:099}")
    got: list[bytes] = [reading.read(1_000_000)]
    writer.write("later")
    writer.write("last")
    writing.close()
    read_all(reading, got).join()
    *kept, count, later, last = b"".join(got).decode().splitlines()
    assert (later, last) == ("later", "last")
    assert [int(line) for line in kept] == list(range(len(kept)))
    assert count == f"{10_000 - len(kept)} dropped"


def test_count_of_last_dropped_lines_is_written(pipe: Pipe) -> None:
    """Also if no line follows."""
    reading, writing = pipe
    writer = LineWriter(writing.fileno(), dropped)
    for number in range(1000):
        writer.write(f"{number:0999}")
    reading.read(1_000_000)
    writer.close()
    assert reading.read(1_000_000).endswith(b" dropped\n")


def test_closed_reader_is_not_an_error(pipe: Pipe) -> None:
    """The lines are lost."""
    reading, writing = pipe
    reading.close()
    writer = LineWriter(writing.fileno(), dropped)
    for _ in range(100):
        writer.write("x" * 99)
    writer.close()
