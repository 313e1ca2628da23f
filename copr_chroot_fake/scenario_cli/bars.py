"""Lives as bars in a terminal, and what their letters mean."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..cli_output import printable
from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.lifecycle_run import LifecycleRun
from ..model.lifecycle import DELETED, PlannedStage
from . import timeline
from .timeline import Scale, duration

STYLES = {
    "absent": "bright_black",
    "waiting": "bright_black",
    "importing": "magenta",
    "pending": "yellow",
    "starting": "cyan",
    "running": "blue",
    "succeeded": "green",
    "failed": "red",
    "canceled": "bright_red",
    "skipped": "bright_black",
    "forked": "green",
    "unknown": "bright_black",
    "deleted": "bright_red",
}

_PROGRESS = {"clock": "", "poll": ", by poll", "manual": ", by hand", "immediate": ", at once"}


def bars(lives: Sequence[tuple[BuildChroot, LifecycleRun]], console: Console) -> Table:
    """The bars of a build's chroots below a common axis, each with how it ends."""
    plans = [rest_of(life) for _, life in lives]
    ends = [_end(life) for _, life in lives]
    names = max(len(chroot.name) for chroot, _ in lives)
    names = min(names, console.width // 3)
    cells = max(8, console.width - names - max(len(end.plain) for end in ends) - 2)
    scale = timeline.scale_for(plans, cells)
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=names, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=cells, no_wrap=True, overflow="crop")
    grid.add_column(overflow="fold")
    grid.add_row("", Text(_axis(scale), "bright_black"), "")
    line = "-" if console.options.ascii_only else "━"
    for (chroot, life), end in zip(lives, ends, strict=True):
        grid.add_row(Text(printable(chroot.name)), _bar(life, scale, line), end)
    return grid


def rest_of(life: LifecycleRun) -> Sequence[PlannedStage]:
    """The stages of a life from where it is."""
    return life.plan[life.index :]


def _axis(scale: Scale) -> str:
    axis = ""
    for cell, seconds in timeline.ticks(scale, 9):
        longer = f"{axis:<{cell}}{duration(seconds)}"
        axis = longer if len(longer) <= scale.cells else axis
    return axis


def _bar(life: LifecycleRun, scale: Scale, line: str) -> Text:
    bar = Text()
    for piece in timeline.pieces(rest_of(life), scale):
        style = STYLES["canceled" if piece.letter == timeline.CANCELED else piece.state]
        bar.append(piece.letter, f"bold {style}")
        bar.append(line * (piece.cells - 1), style)
    if timeline.is_open(life.plan) and len(bar) > 1:
        bar.right_crop()
        bar.append(">", style)
    return bar


def _end(life: LifecycleRun) -> Text:
    """How a life ends, and when."""
    stages = rest_of(life)
    last, seconds = stages[-1].state, duration(timeline.seconds_of(stages))
    if timeline.is_open(stages):
        end = Text(f"{last} for ever", STYLES[last])
    elif len(stages) == 1:
        end = Text(str(last), STYLES[last])
    else:
        end = Text(f"{'build deleted' if last == DELETED else last} after {seconds}", STYLES[last])
    held = "" if life.held_in is None else f", held in {life.held_in}"
    return end.append(held + _PROGRESS[life.mode], "default")


def letters_of(build: Build) -> Iterator[str]:
    """The letters that stand for the stages of its chroots' lives."""
    for chroot in build.chroots:
        if chroot.lifecycle_run is not None:
            yield from map(timeline.letter_of, timeline.lasting(rest_of(chroot.lifecycle_run)))


def legend(letters: Collection[str]) -> Text:
    """What the letters of some bars mean."""
    meanings = [(letter, state, STYLES[state]) for state, letter in timeline.LETTERS.items()]
    meanings.append((timeline.CANCELED, "canceling", STYLES["canceled"]))
    parts = [
        Text.assemble((letter, f"bold {style}"), f" {meaning}")
        for letter, meaning, style in meanings
        if letter in letters
    ]
    return Text("  ").join(parts)
