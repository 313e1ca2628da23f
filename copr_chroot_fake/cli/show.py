"""Show a scenario in the terminal: tables of its contents, and a bar for each planned lifecycle.

A bar has a segment for each stage, proportional to its duration and at least one cell wide.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ..cli_output import counted, printable
from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.lifecycle_run import LifecycleRun
from ..engine.project import Project
from ..fake import FakeCopr
from ..model import defaults
from ..model.lifecycle import DELETED, LIFECYCLES, PlannedStage
from ..model.project import NO_SETTINGS
from ..model.states import State
from ..validation.spec import dump

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
_STYLES = {name: style for name, (_, style) in _LETTERS_AND_STYLES.items()} | {"deleted": "bright_red"}

_PROGRESS_NOTES = {"clock": "", "poll": ", by poll", "manual": ", manual", "immediate": ", immediate"}


def show(fake: FakeCopr, name: str, ids: Collection[int], limit: int) -> None:
    """Print the contents of a fake.

    :param name: the scenario that it was loaded from.
    :param ids: the builds to show; all if empty.
    :param limit: the maximum number of builds to show.
    """
    color_system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(color_system=color_system, markup=False, emoji=False, highlight=False)
    builds = [build for build in fake.builds.values() if not ids or build.id in ids]
    shown = builds[:limit]
    console.print(_title(name, fake))
    for table in [] if ids else _overview(fake, shown):
        console.print("", table, sep="\n")
    for build in shown:
        console.print("", *_build(build, fake.seed, console), sep="\n")
    if any(chroot.lifecycle_run for build in shown for chroot in build.chroots):
        console.print("", _legend(), sep="\n")
    if len(builds) > limit:
        more = counted(len(builds) - limit, "build")
        console.print(f"\n… and {more} more; use --limit to show more, or --build to show one build")


def _title(name: str, fake: FakeCopr) -> Text:
    builds = fake.builds.values()
    counts = (
        counted(len(builds), "build"),
        counted(sum(len(build.chroots) for build in builds), "chroot"),
        counted(len(fake.projects), "project"),
        counted(len(fake.faults), "fault"),
    )
    return Text.assemble((printable(name), "bold"), ": ", ", ".join(counts))


def _overview(fake: FakeCopr, builds: Sequence[Build]) -> Iterator[Table]:
    projects = list({build.project.full_name: build.project for build in builds}.values())
    if projects:
        yield _table(("Project", "Chroots", "Settings"), map(_project_cells, projects))
    if builds:
        yield _table(("Build", "Package", "Project", "Chroots", "States", "Packages"), map(_build_cells, builds))
    if len(fake.submission_rules):
        rules = [(str(rule.id), str(rule)) for rule in fake.submission_rules]
        yield _table(("Rule", "Submitted builds"), rules)
    if len(fake.faults):
        faults = [(str(active.id), ", ".join(_describe(dump(active.fault)))) for active in fake.faults]
        yield _table(("Fault", "Requests and effect"), faults)


def _table(columns: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) if isinstance(cell, str) else cell for cell in row))
    return table


def _project_cells(project: Project) -> Sequence[str]:
    settings = [*_describe(dump(project.settings))]
    configured = sum(settings != NO_SETTINGS for settings in project.chroots.values())
    if configured:
        settings.append(f"{counted(configured, 'chroot')} with own settings")
    return project.full_name, str(len(project.chroots)), ", ".join(settings)


def _describe(fields: Mapping[str, object]) -> Iterator[str]:
    """Yield each field as text, without punctuation."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield f"{name} {' '.join(_describe(value))}"
        elif isinstance(value, list):
            yield f"{name} {' '.join(map(str, value))}"
        else:
            yield name if value is True else f"{name} {value}"


def _build_cells(build: Build) -> Sequence[str | Text]:
    packages = sum(_count_packages(chroot) for chroot in build.chroots)
    directory = f"{build.project.ownername}/{build.project_dirname}"
    return str(build.id), build.package or "", directory, str(len(build.chroots)), _states(build), str(packages)


def _states(build: Build) -> Text:
    fixed = Counter(chroot.state for chroot in build.chroots if chroot.lifecycle_run is None)
    parts = [Text(f"{count} {state}", _STYLES[state]) for state, count in fixed.most_common()]
    advancing = len(build.chroots) - fixed.total()
    return Text(", ").join([*parts, *([Text(f"{advancing} advancing")] if advancing else [])])


def _count_packages(chroot: BuildChroot) -> int:
    """Return how many packages a chroot has, or will have at the end of its lifecycle."""
    run = chroot.lifecycle_run
    if run is None or run.plan[-1].state != State.SUCCEEDED:
        return len(chroot.packages)
    return len(defaults.packages(chroot.name, chroot.build.package) if run.packages is None else run.packages)


def _build(build: Build, seed: int, console: Console) -> Iterator[RenderableType]:
    runs = {chroot: chroot.lifecycle_run for chroot in build.chroots if chroot.lifecycle_run is not None}
    names = dict.fromkeys(_lifecycle_name(chroot, run, seed) for chroot, run in runs.items())
    directory = printable(f"{build.project.ownername}/{build.project_dirname}")
    title = Text.assemble((f"Build {build.id}", "bold"), f"  {printable(build.package or '')}  {directory}")
    if names:
        title.append(f"  {', '.join(names)}", "italic")
    if build.is_canceled:
        title.append("  canceled", _STYLES["canceled"])
    yield title
    fixed = [chroot for chroot in build.chroots if chroot not in runs]
    if fixed:
        yield _table(("Chroot", "State", "Started (UTC)", "Duration", "Packages"), map(_chroot_cells, fixed))
    if runs:
        yield _bars(runs, console)


def _lifecycle_name(chroot: BuildChroot, run: LifecycleRun, seed: int) -> str:
    key = f"{seed}/{chroot.build.id}/{chroot.name}"
    return next((name for name, lifecycle in LIFECYCLES.items() if lifecycle.plan(key) == run.plan), "custom lifecycle")


def _chroot_cells(chroot: BuildChroot) -> Sequence[str | Text]:
    started, ended = chroot.started_on, chroot.ended_on
    return (
        chroot.name,
        Text(chroot.state.value, _STYLES[chroot.state]),
        "" if started is None else datetime.fromtimestamp(started, timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
        "" if started is None or ended is None else str(timedelta(seconds=ended - started)),
        str(len(chroot.packages) or ""),
    )


def _remaining(run: LifecycleRun) -> Sequence[PlannedStage]:
    return run.plan[run.index :]


def is_endless(stages: Sequence[PlannedStage]) -> bool:
    """Return whether the last stage never ends."""
    last = stages[-1].state
    return last != DELETED and not (isinstance(last, State) and last.is_final)


def drawn_stages(stages: Sequence[PlannedStage]) -> Sequence[PlannedStage]:
    """Return the stages that a bar shows: all but the final state."""
    return stages if is_endless(stages) else stages[:-1]


def name_of(stage: PlannedStage) -> str:
    """Return the name of a stage in the legend."""
    return "canceling" if stage.canceled else str(stage.state)


def _bars(runs: Mapping[BuildChroot, LifecycleRun], console: Console) -> Table:
    """Return a row for each chroot: its name, its bar on a common scale, and its final state."""
    plans = {chroot.name: _remaining(run) for chroot, run in runs.items()}
    results = [_result(run) for run in runs.values()]
    name_cells = min(max(map(len, plans)), console.width // 3)
    cells = max(8, console.width - name_cells - max(map(len, results)) - 2)
    longest = max(_seconds(stages) * (1.25 if is_endless(stages) else 1) for stages in plans.values())
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=name_cells, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=cells, no_wrap=True, overflow="crop")
    grid.add_column(overflow="fold")
    line = "-" if console.options.ascii_only else "━"
    for (name, stages), result in zip(plans.items(), results, strict=True):
        grid.add_row(Text(printable(name)), _bar(stages, longest, cells, line), result)
    return grid


def _bar(stages: Sequence[PlannedStage], longest: float, cells: int, line: str) -> Text:
    """Return a bar of at most so many cells; ``longest`` are the seconds for which it has all of them."""
    bar = Text()
    drawn = drawn_stages(stages)
    for index, stage in enumerate(drawn):
        # Leave a cell for each stage that follows.
        available = cells - len(bar) - (len(drawn) - index - 1)
        width = available if stage.lasts is None else round(stage.lasts / longest * cells) if longest else 1
        style = _STYLES[name_of(stage)]
        bar.append(LETTERS[name_of(stage)], f"bold {style}")
        bar.append(line * (max(1, min(width, available)) - 1), style)
    if is_endless(stages) and len(bar) > 1:
        bar.right_crop()
        bar.append(">", style)
    return bar


def _seconds(stages: Iterable[PlannedStage]) -> float:
    """Return the duration of all stages that end."""
    return sum(stage.lasts or 0 for stage in stages)


def _result(run: LifecycleRun) -> Text:
    """Return the final state of a lifecycle, with the time until then and what delays it."""
    stages = _remaining(run)
    last = stages[-1].state
    if is_endless(stages):
        end = f"{last} forever"
    else:
        end = "build deleted" if last == DELETED else str(last)
        if len(stages) > 1:
            end = f"{end} after {timedelta(seconds=round(_seconds(stages)))}"
    hold = "" if run.held_in is None else f", held in {run.held_in}"
    return Text.assemble((end, _STYLES[last]), hold, _PROGRESS_NOTES[run.mode])


def _legend() -> Text:
    """Return the meaning of the letters."""
    parts = [Text.assemble((letter, f"bold {_STYLES[name]}"), f"={name}") for name, letter in LETTERS.items()]
    return Text("  ").join(parts)
