"""Show a scenario in the terminal: tables of its contents, and a bar for each lifecycle."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Literal

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..cli_output import counted, printable
from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.faults import ActiveFault
from ..engine.lifecycle_run import LifecycleRun
from ..engine.project import Project
from ..engine.submission_rules import SubmissionRule
from ..fake import FakeCopr
from ..model import defaults
from ..model.lifecycle import LIFECYCLES
from ..model.project import NO_SETTINGS
from ..model.states import State
from ..validation.spec import dump
from .timeline import STYLES, bars_table, format_duration, legend

_RIGHT_ALIGNED = ("Chroots", "Packages", "Duration")

_MATCH_FIELDS = ("endpoint", "build_id", "chrootname", "lasts", "after", "nth", "first", "every", "probability")
"""Fields of a fault that select requests; the others are its effects."""


def show(fake: FakeCopr, name: str, ids: Collection[int], limit: int) -> None:
    """Print the contents of a fake.

    :param name: the scenario that it was loaded from.
    :param ids: the builds to show; all if empty.
    :param limit: the maximum number of chroots to show.
    """
    color_system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(color_system=color_system, markup=False, emoji=False, highlight=False)
    builds = [build for build in fake.builds.values() if not ids or build.id in ids]
    selected = [*_select(builds, limit)]
    parts = [_title(name, fake)]
    if not ids:
        parts += _overview(fake, [build for build, _ in selected])
    parts += [_build(build, chroots, fake.seed, console) for build, chroots in selected]
    meanings = legend(build for build, _ in selected)
    if meanings is not None:
        parts.append(meanings)
    hidden = {
        "build": len(builds) - len(selected),
        "chroot": _count_chroots(builds) - sum(len(chroots) for _, chroots in selected),
    }
    counts = [counted(number, noun) for noun, number in hidden.items() if number]
    if counts:
        parts.append(Text(f"… and {', '.join(counts)} more; use --limit to show more, or --build to show one build"))
    for index, part in enumerate(parts):
        console.print(*([""] if index else []), part, sep="\n")


def _select(builds: Iterable[Build], limit: int) -> Iterator[tuple[Build, list[BuildChroot]]]:
    """Yield builds with the chroots to show, up to the given number of chroots."""
    for build in builds:
        if limit <= 0:
            return
        yield build, build.chroots[:limit]
        # A build without chroots takes up a line, too.
        limit -= max(len(build.chroots), 1)


def _count_chroots(builds: Iterable[Build]) -> int:
    return sum(len(build.chroots) for build in builds)


def _title(name: str, fake: FakeCopr) -> RenderableType:
    builds = fake.builds.values()
    counts = (
        counted(len(builds), "build"),
        counted(_count_chroots(builds), "chroot"),
        counted(len(fake.projects), "project"),
        counted(len(fake.faults), "fault"),
    )
    return Text.assemble((printable(name), "bold"), ": ", ", ".join(counts))


def _overview(fake: FakeCopr, builds: Sequence[Build]) -> Iterator[RenderableType]:
    projects = list({build.project.full_name: build.project for build in builds}.values())
    if projects:
        yield _projects(projects)
    if builds:
        yield _builds(builds)
    if len(fake.submission_rules):
        yield _rules(fake.submission_rules)
    if len(fake.faults):
        yield _faults(fake.faults)


def _table(columns: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in _RIGHT_ALIGNED else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) if isinstance(cell, str) else cell for cell in row))
    return table


def _projects(projects: Iterable[Project]) -> Table:
    rows = [(project.full_name, str(len(project.chroots)), ", ".join(_settings(project))) for project in projects]
    return _table(("Project", "Chroots", "Settings"), rows)


def _settings(project: Project) -> Iterator[str]:
    """Yield the settings of a project, and the number of its chroots with settings of their own."""
    for name, value in dump(project.settings).items():
        if isinstance(value, list):
            yield from map(str, value)
        else:
            yield name if value is True else f"{name} {_format(value)}"
    configured = sum(settings != NO_SETTINGS for settings in project.chroots.values())
    if configured:
        yield f"{counted(configured, 'chroot')} with own settings"


def _builds(builds: Iterable[Build]) -> Table:
    rows = [
        (
            str(build.id),
            build.package or "",
            f"{build.project.ownername}/{build.project_dirname}",
            str(len(build.chroots)),
            _states(build),
            str(sum(_count_packages(chroot) for chroot in build.chroots)),
        )
        for build in builds
    ]
    return _table(("Build", "Package", "Project", "Chroots", "States", "Packages"), rows)


def _states(build: Build) -> Text:
    fixed = Counter(chroot.state for chroot in build.chroots if chroot.lifecycle_run is None)
    parts = [Text(f"{count} {state}", STYLES[state]) for state, count in fixed.most_common()]
    advancing = len(build.chroots) - fixed.total()
    return Text(", ").join([*parts, *([Text(f"{advancing} advancing")] if advancing else [])])


def _count_packages(chroot: BuildChroot) -> int:
    """Return how many packages a chroot has, or will have at the end of its lifecycle."""
    run = chroot.lifecycle_run
    if run is None or run.plan[-1].state != State.SUCCEEDED:
        return len(chroot.packages)
    return len(defaults.packages(chroot.name, chroot.build.package) if run.packages is None else run.packages)


def _rules(rules: Iterable[SubmissionRule]) -> Table:
    return _table(("Rule", "Submitted builds"), [(str(rule.id), str(rule)) for rule in rules])


def _faults(faults: Iterable[ActiveFault]) -> Table:
    return _table(("Fault", "Requests", "Effect"), map(_fault_cells, faults))


def _fault_cells(active: ActiveFault) -> Sequence[str]:
    fields = dump(active.fault)
    matched = [f"{name} {value}" for name, value in fields.items() if name in _MATCH_FIELDS]
    effects = [f"{name} {_format(value)}" for name, value in fields.items() if name not in _MATCH_FIELDS]
    return str(active.id), ", ".join(matched) or "all", ", ".join(effects)


def _format(value: object) -> str:
    """Return a value of a fault as text, objects and lists without their punctuation."""
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_format(inner)}" for name, inner in value.items())
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def _build(build: Build, chroots: Sequence[BuildChroot], seed: int, console: Console) -> Group:
    runs = [(chroot, chroot.lifecycle_run) for chroot in chroots if chroot.lifecycle_run is not None]
    names = dict.fromkeys(_lifecycle_name(chroot, run, seed) for chroot, run in runs)
    dirname = printable(f"{build.project.ownername}/{build.project_dirname}")
    title = Text.assemble((f"Build {build.id}", "bold"), f"  {printable(build.package or '')}  {dirname}")
    if names:
        title.append(f"  {', '.join(names)}", "italic")
    if build.is_canceled:
        title.append("  canceled", STYLES["canceled"])
    fixed = [chroot for chroot in chroots if chroot.lifecycle_run is None]
    parts: list[RenderableType] = [title]
    if fixed:
        parts.append(_chroots(fixed))
    if runs:
        parts.append(bars_table(runs, console))
    return Group(*parts)


def _lifecycle_name(chroot: BuildChroot, run: LifecycleRun, seed: int) -> str:
    key = f"{seed}/{chroot.build.id}/{chroot.name}"
    return next((name for name, lifecycle in LIFECYCLES.items() if lifecycle.plan(key) == run.plan), "custom lifecycle")


def _chroots(chroots: Iterable[BuildChroot]) -> Table:
    return _table(("Chroot", "State", "Started (UTC)", "Duration", "Packages"), map(_chroot_cells, chroots))


def _chroot_cells(chroot: BuildChroot) -> Sequence[str | Text]:
    started, ended = chroot.started_on, chroot.ended_on
    return (
        chroot.name,
        Text(chroot.state.value, STYLES[chroot.state]),
        "" if started is None else datetime.fromtimestamp(started, timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
        "" if started is None or ended is None else format_duration(ended - started),
        str(len(chroot.packages) or ""),
    )
