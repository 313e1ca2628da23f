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

from ..cli_output import counted, printable
from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.faults import ActiveFault
from ..fake import FakeCopr
from ..model import defaults as made_up
from ..model.fault import write_fault
from ..model.lifecycle import LIVES
from ..model.project import Project
from ..model.states import State
from .bars import STYLES, bars, legend, letters_of
from .timeline import duration

_NUMBERS = ("Chroots", "Packages", "Took")
"""The columns that are aligned as numbers are."""

_WHICH = ("endpoint", "build_id", "chrootname", "after", "nth", "first", "every", "probability")
"""The fields of a fault that say which requests it hits; the others say what becomes of them."""


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
    letters = {letter for build, _ in shown for letter in letters_of(build)}
    if letters:
        parts.append(legend(letters))
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
    fixed = Counter(chroot.state for chroot in build.chroots if chroot.lifecycle_run is None)
    parts = [Text(f"{count} {state}", STYLES[state]) for state, count in fixed.most_common()]
    living = len(build.chroots) - fixed.total()
    return Text(", ").join([*parts, *([Text(f"{living} living")] if living else [])])


def _packages(chroot: BuildChroot) -> int:
    """How many packages it has, or will have in the end."""
    life = chroot.lifecycle_run
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
    lives = [(chroot, chroot.lifecycle_run) for chroot in chroots if chroot.lifecycle_run is not None]
    names = dict.fromkeys(_life_name(chroot, seed) for chroot, _ in lives)
    dirname = printable(f"{build.project.ownername}/{build.project_dirname}")
    title = Text.assemble((f"Build {build.id}", "bold"), f"  {printable(build.package)}  {dirname}")
    if names:
        title.append(f"  {', '.join(names)}", "italic")
    if build.is_canceled:
        title.append("  canceled", STYLES["canceled"])
    fixed = [chroot for chroot in chroots if chroot.lifecycle_run is None]
    parts: list[RenderableType] = [title]
    if fixed:
        parts.append(_chroots(fixed))
    if lives:
        parts.append(bars(lives, console))
    return Group(*parts)


def _life_name(chroot: BuildChroot, seed: int) -> str:
    for name, lifecycle in LIVES.items():
        if (
            chroot.lifecycle_run is not None
            and lifecycle.plan(f"{seed}/{chroot.build.id}/{chroot.name}") == chroot.lifecycle_run.plan
        ):
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
