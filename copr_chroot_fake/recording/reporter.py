"""What a recording shows of itself while it goes on: a bar for each build on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from ..cli_output import printable
from ..client.results import ChrootStatus

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Reporter(Protocol):
    """Whom a recording tells about its progress."""

    def at_build(self, build_id: int, statuses: Sequence[ChrootStatus], read: int) -> None:
        """The chroots of a build are in these states, and the details of ``read`` of them have been read."""

    def say(self, line: str) -> None:
        """Something has happened."""


class Lines:
    """Plain lines: one when a build is first seen, and one whenever the states of its chroots change."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: dict[int, str] = {}

    def at_build(self, build_id: int, statuses: Sequence[ChrootStatus], read: int) -> None:
        line = f"build {build_id}: {states_of(statuses)}"
        if self._shown.get(build_id) != line:
            self._shown[build_id] = line
            self.say(line)

    def say(self, line: str) -> None:
        print(printable(line), file=self._stream, flush=True)


class Bars:
    """A bar for each build: how many of its chroots have been read, and in which states they are."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[int, TaskID] = {}

    def at_build(self, build_id: int, statuses: Sequence[ChrootStatus], read: int) -> None:
        if build_id not in self._tasks:
            self._tasks[build_id] = self._progress.add_task(f"build {build_id}", states="")
        self._progress.update(
            self._tasks[build_id],
            completed=read,
            total=len(statuses),
            states=states_of(statuses),
            # What is there at the end of it all is drawn at once.
            refresh=read == len(statuses),
        )

    def say(self, line: str) -> None:
        self._progress.console.print(printable(line))


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Bars on standard error if that is a terminal, and plain lines if not."""
    if not sys.stderr.isatty():
        yield Lines(sys.stderr)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(file=sys.stderr, markup=False, emoji=False, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[states]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        yield Bars(progress)


def states_of(statuses: Sequence[ChrootStatus]) -> str:
    """How many chroots are in which state."""
    counted = Counter(str(status.state) for status in statuses)
    return ", ".join(f"{count} {printable(state)}" for state, count in counted.most_common()) or "no chroots"
