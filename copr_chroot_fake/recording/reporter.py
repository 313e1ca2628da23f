"""Report the progress of a recording: a bar per build on a terminal, plain lines elsewhere."""

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
    """Receive the progress of a recording."""

    def update(self, build_id: int, statuses: Sequence[ChrootStatus], completed: int) -> None:
        """Report the states of a build's chroots, and the number of chroots whose details have been read."""

    def print(self, line: str) -> None:
        """Report an event."""


class LineReporter:
    """Print a line when a build is first seen, and whenever the states of its chroots change."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._printed: dict[int, str] = {}

    def update(self, build_id: int, statuses: Sequence[ChrootStatus], completed: int) -> None:
        line = f"build {build_id}: {_count_states(statuses)}"
        if self._printed.get(build_id) != line:
            self._printed[build_id] = line
            self.print(line)

    def print(self, line: str) -> None:
        print(printable(line), file=self._stream, flush=True)


class BarReporter:
    """Draw a bar per build: the number of chroots that have been read, and their states."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[int, TaskID] = {}

    def update(self, build_id: int, statuses: Sequence[ChrootStatus], completed: int) -> None:
        if build_id not in self._tasks:
            self._tasks[build_id] = self._progress.add_task(f"build {build_id}", states="")
        self._progress.update(
            self._tasks[build_id],
            completed=completed,
            total=len(statuses),
            states=_count_states(statuses),
            # Draw the last update at once: the recording may end with it.
            refresh=completed == len(statuses),
        )

    def print(self, line: str) -> None:
        self._progress.console.print(printable(line))


@contextmanager
def open_reporter() -> Iterator[Reporter]:
    """Yield a reporter that suits standard error."""
    if not sys.stderr.isatty():
        yield LineReporter(sys.stderr)
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
        yield BarReporter(progress)


def _count_states(statuses: Sequence[ChrootStatus]) -> str:
    counts = Counter(str(status.state) for status in statuses)
    return ", ".join(f"{count} {printable(state)}" for state, count in counts.most_common()) or "no chroots"
