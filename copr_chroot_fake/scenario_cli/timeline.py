"""Draw planned lifecycles as bars: a segment for each stage, proportional to its duration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..cli_output import printable
from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.lifecycle_run import LifecycleRun
from ..model.lifecycle import DELETED, PlannedStage
from ..model.states import State

_LETTERS_AND_STYLES = {
    "absent": ("A", "bright_black"),
    "waiting": ("W", "bright_black"),
    "importing": ("I", "magenta"),
    "pending": ("P", "yellow"),
    "starting": ("S", "cyan"),
    "running": ("R", "blue"),
    "succeeded": ("D", "green"),
    "failed": ("F", "red"),
    "canceled": ("C", "bright_red"),
    "skipped": ("K", "bright_black"),
    "forked": ("O", "green"),
    "unknown": ("U", "bright_black"),
    # During this stage the build is already canceled.
    "canceling": ("X", "bright_red"),
}
LETTERS = {name: letter for name, (letter, _) in _LETTERS_AND_STYLES.items()}
STYLES = {name: style for name, (_, style) in _LETTERS_AND_STYLES.items()} | {"deleted": "bright_red"}

_PROGRESS_NOTES = {"clock": "", "poll": ", by poll", "manual": ", manual", "immediate": ", immediate"}

_TICK_STEPS = (1, 2, 5, 10, 15, 30, *(60 * n for n in (1, 2, 5, 10, 15, 30)), *(3600 * n for n in (1, 2, 3, 6, 12, 24)))
"""Intervals between two ticks of an axis, in seconds."""

_TICK_CELLS = 9
"""Minimum number of cells between two ticks, so that their labels do not touch."""


class Segment(NamedTuple):
    """The part of a bar for one stage: its name in the legend, and its width."""

    name: str
    cells: int


class Scale(NamedTuple):
    """The duration that the bars of a build cover, and their width in terminal cells."""

    seconds: float
    cells: int

    def cell(self, seconds: float) -> int:
        """Return the cell of a time."""
        return round(seconds / self.seconds * self.cells) if self.seconds else 0


def remaining_stages(run: LifecycleRun) -> Sequence[PlannedStage]:
    """Return the stages of a lifecycle from the current one on."""
    return run.plan[run.index :]


def is_endless(stages: Sequence[PlannedStage]) -> bool:
    """Return whether the last stage never ends."""
    last = stages[-1].state
    return last != DELETED and not (isinstance(last, State) and last.is_final)


def drawn_stages(stages: Sequence[PlannedStage]) -> Sequence[PlannedStage]:
    """Return the stages that a bar shows: all but the final state."""
    return stages if is_endless(stages) else stages[:-1]


def total_seconds(stages: Iterable[PlannedStage]) -> float:
    """Return the duration of all stages that end."""
    return sum(stage.lasts or 0 for stage in stages)


def name_of(stage: PlannedStage) -> str:
    """Return the name of a stage in the legend."""
    return "canceling" if stage.canceled else str(stage.state)


def scale_for(lifecycles: Sequence[Sequence[PlannedStage]], cells: int) -> Scale:
    """Return a scale for all the given lifecycles, with space for stages that never end."""
    factor = 1.25 if any(is_endless(stages) for stages in lifecycles) else 1
    return Scale(max(total_seconds(stages) for stages in lifecycles) * factor, cells)


def segments(stages: Sequence[PlannedStage], scale: Scale) -> list[Segment]:
    """Return the segments of a bar; even the shortest stage gets a cell, unless the bar is too narrow for all."""
    drawn = drawn_stages(stages)
    ends = [*_segment_ends(drawn, scale)]
    _fit(ends, scale.cells)
    begins = [0, *ends][: len(ends)]
    return [
        Segment(name_of(stage), end - begin)
        for stage, begin, end in zip(drawn, begins, ends, strict=True)
        if end > begin
    ]


def _segment_ends(stages: Iterable[PlannedStage], scale: Scale) -> Iterator[int]:
    """Yield the cell after each stage."""
    seconds, end = 0.0, 0
    for stage in stages:
        seconds += stage.lasts or 0
        end = max(end + 1, scale.cells if stage.lasts is None else scale.cell(seconds))
        yield end


def _fit(ends: list[int], cells: int) -> None:
    """Move ends to the left so that the bar fits the cells, leaving one for each stage if possible."""
    for index in range(len(ends) - 1, -1, -1):
        ends[index] = min(ends[index], cells)
        cells = max(cells - 1, 0)


def ticks(scale: Scale) -> list[tuple[int, float]]:
    """Return the ticks of an axis: cells and their times, in seconds."""
    minimum = scale.seconds / max(scale.cells, 1) * _TICK_CELLS
    days = _TICK_STEPS[-1]
    step: float = next((step for step in _TICK_STEPS if step >= minimum), 0) or days * (minimum // days + 1)
    return [(scale.cell(number * step), number * step) for number in range(int(scale.seconds // step) + 1)]


def format_duration(seconds: float) -> str:
    """Return a duration, rounded to seconds, in at most two units."""
    rounded = round(seconds)
    for unit, size, smaller, smaller_size in (("d", 86_400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if rounded >= size:
            rest = rounded % size // smaller_size
            return f"{rounded // size}{unit} {rest:02}{smaller}" if rest else f"{rounded // size}{unit}"
    return f"{rounded}s"


def bars_table(runs: Sequence[tuple[BuildChroot, LifecycleRun]], console: Console) -> Table:
    """Return a row for each chroot: its name, its bar on a common scale, and its final state."""
    plans = [remaining_stages(run) for _, run in runs]
    results = [_result(run) for _, run in runs]
    name_cells = min(max(len(chroot.name) for chroot, _ in runs), console.width // 3)
    cells = max(8, console.width - name_cells - max(len(result.plain) for result in results) - 2)
    scale = scale_for(plans, cells)
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=name_cells, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=cells, no_wrap=True, overflow="crop")
    grid.add_column(overflow="fold")
    grid.add_row("", Text(_axis(scale), "bright_black"), "")
    line = "-" if console.options.ascii_only else "━"
    for (chroot, _), stages, result in zip(runs, plans, results, strict=True):
        grid.add_row(Text(printable(chroot.name)), _bar(stages, scale, line), result)
    return grid


def _axis(scale: Scale) -> str:
    axis = ""
    for cell, seconds in ticks(scale):
        longer = f"{axis:<{cell}}{format_duration(seconds)}"
        axis = longer if len(longer) <= scale.cells else axis
    return axis


def _bar(stages: Sequence[PlannedStage], scale: Scale, line: str) -> Text:
    bar = Text()
    for segment in segments(stages, scale):
        style = STYLES[segment.name]
        bar.append(LETTERS[segment.name], f"bold {style}")
        bar.append(line * (segment.cells - 1), style)
    if is_endless(stages) and len(bar) > 1:
        bar.right_crop()
        bar.append(">", style)
    return bar


def _result(run: LifecycleRun) -> Text:
    """Return the final state of a lifecycle, with the time until then and what delays it."""
    stages = remaining_stages(run)
    last = stages[-1].state
    if is_endless(stages):
        result = Text(f"{last} forever", STYLES[last])
    elif len(stages) == 1:
        result = Text(str(last), STYLES[last])
    else:
        name = "build deleted" if last == DELETED else last
        result = Text(f"{name} after {format_duration(total_seconds(stages))}", STYLES[last])
    hold = "" if run.held_in is None else f", held in {run.held_in}"
    return result.append(hold + _PROGRESS_NOTES[run.mode], "default")


def legend(builds: Iterable[Build]) -> Text | None:
    """Return the meaning of the letters in the bars of builds, or ``None`` if there are no bars."""
    runs = [chroot.lifecycle_run for build in builds for chroot in build.chroots if chroot.lifecycle_run is not None]
    names = {name_of(stage) for run in runs for stage in drawn_stages(remaining_stages(run))}
    parts = [
        Text.assemble((letter, f"bold {STYLES[name]}"), f" {name}") for name, letter in LETTERS.items() if name in names
    ]
    return Text("  ").join(parts) if parts else None
