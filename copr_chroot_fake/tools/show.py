"""A scenario as it is seen in a terminal."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Literal, NamedTuple

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..builds import made_up
from ..builds.build import Build
from ..builds.chroot import BuildChroot
from ..builds.projects import Project
from ..fake import FakeCopr
from ..faults.active import ActiveFault
from ..faults.fault import write_fault
from ..lives.life import Life
from ..lives.lifecycle import DELETED, LIVES
from ..states import State
from . import timeline
from .printable import counted, printable
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

_NUMBERS = ("Chroots", "Packages", "Took")
"""The columns that are aligned as numbers are."""

_WHICH = ("endpoint", "build_id", "chrootname", "nth", "first", "every", "probability")
_PROGRESS = {"clock": "", "poll": ", by poll", "manual": ", by hand", "immediate": ", at once"}


class _Shown(NamedTuple):
    """A build, and those of its chroots that are shown."""

    build: Build
    chroots: list[BuildChroot]


def show(fake: FakeCopr, name: str, ids: Collection[int], limit: int) -> None:
    """Print what a fake has.

    :param ids: the builds to show; all if there are none.
    :param limit: how many chroots to show at most.
    """
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(color_system=colours, markup=False, emoji=False, highlight=False)
    builds = [build for build in fake.builds.values() if not ids or build.id in ids]
    shown = [*_within(builds, limit)]
    parts = [_title(name, fake)]
    if not ids:
        parts += _overview(fake, [build for build, _ in shown])
    parts += [_build(build, chroots, fake.seed, console) for build, chroots in shown]
    letters = {letter for build, _ in shown for letter in _letters(build)}
    if letters:
        parts.append(_legend(letters))
    builds_left = len(builds) - len(shown)
    chroots_left = _count_chroots(builds) - sum(len(chroots) for _, chroots in shown)
    left = [counted(count, what) for count, what in ((builds_left, "build"), (chroots_left, "chroot")) if count]
    if left:
        parts.append(Text(f"… and {', '.join(left)} more; --limit shows more of them, --build those of a build"))
    for number, part in enumerate(parts):
        console.print(*([""] if number else []), part, sep="\n")


def _within(builds: Iterable[Build], limit: int) -> Iterator[_Shown]:
    """The first builds and their chroots, up to so many chroots."""
    for build in builds:
        if limit <= 0:
            return
        yield _Shown(build, build.chroots[:limit])
        # A build without chroots takes its line, too.
        limit -= max(len(build.chroots), 1)


def _count_chroots(builds: Iterable[Build]) -> int:
    return sum(len(build.chroots) for build in builds)


def _title(name: str, fake: FakeCopr) -> RenderableType:
    builds = fake.builds.values()
    said = (
        counted(len(builds), "build"),
        counted(_count_chroots(builds), "chroot"),
        counted(len(fake.projects), "project"),
        counted(len(fake.faults), "fault"),
    )
    return Text.assemble((printable(name), "bold"), ": ", ", ".join(said))


def _overview(fake: FakeCopr, builds: Sequence[Build]) -> Iterator[RenderableType]:
    projects = list({build.project.full_name: build.project for build in builds}.values())
    if projects:
        yield _projects(projects)
    if builds:
        yield _builds(builds)
    if len(fake.faults):
        yield _faults(fake.faults)


def _row(table: Table, *cells: str | Text) -> None:
    table.add_row(*(Text(printable(cell)) if isinstance(cell, str) else cell for cell in cells))


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in _NUMBERS else "left")
    return table


def _projects(projects: Iterable[Project]) -> Table:
    table = _table("Project", "Chroots", "Settings")
    for project in projects:
        _row(table, project.full_name, str(len(project.chroots)), ", ".join(_settings(project)))
    return table


def _settings(project: Project) -> Iterator[str]:
    """The settings of a project, and how many of its chroots have their own."""
    if project.bootstrap is not None:
        yield f"bootstrap {project.bootstrap}"
    if project.repo_priority is not None:
        yield f"repo_priority {project.repo_priority}"
    yield from (name for name in ("devel_mode", "module_hotfixes") if getattr(project, name))
    yield from project.additional_repos
    changed = sum(any(settings) for settings in project.chroots.values())
    if changed:
        yield f"{changed} of its chroots have their own"


def _builds(builds: Iterable[Build]) -> Table:
    table = _table("Build", "Package", "Project", "Chroots", "States", "Packages")
    for build in builds:
        _row(
            table,
            str(build.id),
            build.package,
            f"{build.project.ownername}/{build.project_dirname}",
            str(len(build.chroots)),
            _states(build),
            str(sum(_packages(chroot) for chroot in build.chroots)),
        )
    return table


def _states(build: Build) -> Text:
    counted = Counter(chroot.state for chroot in build.chroots if chroot.life is None)
    parts = [Text(f"{count} {state}", STYLES[state]) for state, count in counted.most_common()]
    living = len(build.chroots) - counted.total()
    return Text(", ").join([*parts, *([Text(f"{living} living")] if living else [])])


def _packages(chroot: BuildChroot) -> int:
    """How many packages it has, or will have in the end."""
    life = chroot.life
    if life is None or life.plan[-1].state != State.SUCCEEDED:
        return len(chroot.packages)
    return len(made_up.packages(chroot.name, chroot.build.package) if life.packages is None else life.packages)


def _faults(faults: Iterable[ActiveFault]) -> Table:
    table = _table("Fault", "Hits", "What goes wrong")
    for active in faults:
        said = write_fault(active.fault)
        which = [f"{name} {value}" for name, value in said.items() if name in _WHICH]
        wrong = [f"{name} {_written(value)}" for name, value in said.items() if name not in _WHICH]
        _row(table, str(active.id), ", ".join(which) or "everything", ", ".join(wrong))
    return table


def _written(value: object) -> str:
    """A value of a fault; of an object, its names and values."""
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_written(inner)}" for name, inner in value.items())
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def _build(build: Build, chroots: Sequence[BuildChroot], seed: int, console: Console) -> Group:
    lives = [(chroot, chroot.life) for chroot in chroots if chroot.life is not None]
    names = dict.fromkeys(_life_name(chroot, seed) for chroot, _ in lives)
    dirname = printable(f"{build.project.ownername}/{build.project_dirname}")
    title = Text.assemble((f"Build {build.id}", "bold"), f"  {printable(build.package)}  {dirname}")
    if names:
        title.append(f"  {', '.join(names)}", "italic")
    if build.is_canceled:
        title.append("  canceled", STYLES["canceled"])
    fixed = [chroot for chroot in chroots if chroot.life is None]
    parts: list[RenderableType] = [title]
    if fixed:
        parts.append(_chroots(fixed))
    if lives:
        parts.append(_timelines(lives, console))
    return Group(*parts)


def _life_name(chroot: BuildChroot, seed: int) -> str:
    for name, lifecycle in LIVES.items():
        if chroot.life is not None and lifecycle.plan(f"{seed}/{chroot.build.id}/{chroot.name}") == chroot.life.plan:
            return name
    return "a life of its own"


def _chroots(chroots: Iterable[BuildChroot]) -> Table:
    table = _table("Chroot", "State", "Started (UTC)", "Took", "Packages")
    for chroot in chroots:
        started, ended = chroot.started_on, chroot.ended_on
        _row(
            table,
            chroot.name,
            Text(chroot.state.value, STYLES[chroot.state]),
            "" if started is None else datetime.fromtimestamp(started, timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
            "" if started is None or ended is None else duration(ended - started),
            str(len(chroot.packages) or ""),
        )
    return table


def _timelines(lives: Sequence[tuple[BuildChroot, Life]], console: Console) -> Table:
    plans = [life.plan[life.at :] for _, life in lives]
    ends = [_end(life) for _, life in lives]
    names = max(len(chroot.name) for chroot, _ in lives)
    names = min(names, console.width // 3)
    bars = max(8, console.width - names - max(len(end.plain) for end in ends) - 2)
    scale = timeline.scale_for(plans, bars)
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=names, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=bars, no_wrap=True, overflow="crop")
    grid.add_column(overflow="fold")
    grid.add_row("", Text(_axis(scale), "bright_black"), "")
    for (chroot, life), end in zip(lives, ends, strict=True):
        _row(grid, chroot.name, _bar(life, scale, "-" if console.options.ascii_only else "━"), end)
    return grid


def _axis(scale: Scale) -> str:
    axis = ""
    for cell, seconds in timeline.ticks(scale, 9):
        longer = f"{axis:<{cell}}{duration(seconds)}"
        axis = longer if len(longer) <= scale.cells else axis
    return axis


def _bar(life: Life, scale: Scale, line: str) -> Text:
    bar = Text()
    for piece in timeline.pieces(life.plan[life.at :], scale):
        style = STYLES["canceled" if piece.letter == timeline.CANCELED else piece.state]
        bar.append(piece.letter, f"bold {style}")
        bar.append(line * (piece.cells - 1), style)
    if timeline.is_open(life.plan) and len(bar) > 1:
        bar.right_crop()
        bar.append(">", style)
    return bar


def _end(life: Life) -> Text:
    """How a life ends, and when."""
    stages = life.plan[life.at :]
    last, seconds = stages[-1].state, duration(timeline.seconds_of(stages))
    if timeline.is_open(stages):
        end = Text(f"{last} for ever", STYLES[last])
    elif len(stages) == 1:
        end = Text(str(last), STYLES[last])
    else:
        end = Text(f"{'build deleted' if last == DELETED else last} after {seconds}", STYLES[last])
    held = "" if life.held_in is None else f", held in {life.held_in}"
    return end.append(held + _PROGRESS[life.how], "default")


def _letters(build: Build) -> Iterator[str]:
    """The letters that stand for the stages of its chroots' lives."""
    for chroot in build.chroots:
        if chroot.life is not None:
            yield from map(timeline.letter_of, timeline.lasting(chroot.life.plan[chroot.life.at :]))


def _legend(letters: Collection[str]) -> Text:
    names = {**{letter: state for state, letter in timeline.LETTERS.items()}, timeline.CANCELED: "canceled"}
    parts = [
        Text.assemble((letter, f"bold {STYLES[name]}"), f" {name}")
        for letter, name in names.items()
        if letter in letters
    ]
    return Text("  ").join(parts)
