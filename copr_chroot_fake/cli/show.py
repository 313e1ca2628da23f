"""Show a scenario as text: tables of its contents, and the stages of each planned lifecycle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone

from ..cli_output import printable
from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.lifecycle_run import LifecycleRun
from ..engine.project import Project
from ..fake import FakeCopr
from ..model.lifecycle import DELETED, LIFECYCLES, PlannedStage
from ..model.project import NO_SETTINGS
from ..model.states import State
from ..validation import checks
from ..validation.spec import dump


def show(fake: FakeCopr, name: str, ids: Collection[int], limit: int) -> Iterator[str]:
    """Yield the lines that describe a fake.

    :param name: the scenario that it was loaded from.
    :param ids: the builds to show; all if empty.
    :param limit: the maximum number of builds to show.
    """
    builds = [build for build in fake.builds.values() if not ids or build.id in ids]
    yield f"{printable(name)}: {_count_contents(fake)}"
    if not ids:
        yield from _show_overview(fake, builds[:limit])
    for build in builds[:limit]:
        yield from _show_build(build, fake.seed)
    if len(builds) > limit:
        more = checks.counted(len(builds) - limit, "build")
        yield f"\n… and {more} more; use --limit to show more, or --build to show one build"


def _count_contents(fake: FakeCopr) -> str:
    builds = fake.builds.values()
    counts = (
        checks.counted(len(builds), "build"),
        checks.counted(sum(len(build.chroots) for build in builds), "chroot"),
        checks.counted(len(fake.projects), "project"),
        checks.counted(len(fake.faults), "fault"),
    )
    return ", ".join(counts)


def _show_overview(fake: FakeCopr, builds: Sequence[Build]) -> Iterator[str]:
    projects = {build.project.full_name: build.project for build in builds}.values()
    rules = [(str(rule.id), str(rule)) for rule in fake.submission_rules]
    faults = [(str(active.id), ", ".join(_describe(dump(active.fault)))) for active in fake.faults]
    yield from _table(("Project", "Chroots", "Settings"), [_project_cells(project) for project in projects])
    yield from _table(("Rule", "Submitted builds"), rules)
    yield from _table(("Fault", "Requests and effect"), faults)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield an empty line and the lines of a table, unless it has no rows."""
    if rows:
        yield ""
        yield from _align([headings, *rows])


def _align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a line for each row; the columns are as wide as their longest cells."""
    lines = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(map(str.ljust, line, widths)).rstrip()


def _project_cells(project: Project) -> Sequence[str]:
    settings = [*_describe(dump(project.settings))]
    configured = sum(settings != NO_SETTINGS for settings in project.chroots.values())
    if configured:
        settings.append(f"{checks.counted(configured, 'chroot')} with own settings")
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


def _directory(build: Build) -> str:
    return f"{build.project.ownername}/{build.project_dirname}"


def _show_build(build: Build, seed: int) -> Iterator[str]:
    runs = {chroot: chroot.run for chroot in build.chroots if chroot.run is not None}
    names = dict.fromkeys(_lifecycle_name(chroot, run, seed) for chroot, run in runs.items())
    notes = [*names, *(["canceled"] if build.is_canceled else [])]
    yield ""
    yield "  ".join([f"Build {build.id}", *map(printable, (build.package or "", _directory(build))), *notes])
    fixed = [_chroot_cells(chroot) for chroot in build.chroots if chroot not in runs]
    if fixed:
        yield from _align([("Chroot", "State", "Started (UTC)", "Duration", "Packages"), *fixed])
    if runs:
        yield from _align([(chroot.name, _describe_run(run)) for chroot, run in runs.items()])


def _lifecycle_name(chroot: BuildChroot, run: LifecycleRun, seed: int) -> str:
    key = f"{seed}/{chroot.build.id}/{chroot.name}"
    return next((name for name, lifecycle in LIFECYCLES.items() if lifecycle.plan(key) == run.plan), "custom lifecycle")


def _chroot_cells(chroot: BuildChroot) -> Sequence[str]:
    started, ended = chroot.started_on, chroot.ended_on
    return (
        chroot.name,
        str(chroot.state),
        "" if started is None else datetime.fromtimestamp(started, timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
        "" if started is None or ended is None else str(timedelta(seconds=ended - started)),
        str(len(chroot.packages) or ""),
    )


def _describe_run(run: LifecycleRun) -> str:
    """Return the remaining stages, their duration, the progress mode and the hold."""
    stages = run.plan[run.index :]
    parts = [", ".join(map(_describe_stage, stages))]
    seconds = sum(stage.lasts or 0 for stage in stages)
    if seconds:
        parts.append(f"after {timedelta(seconds=round(seconds))}")
    if run.held_in is not None:
        parts.append(f"(held in {run.held_in})")
    if run.mode != "clock":
        parts.append(f"({run.mode})")
    return " ".join(parts)


def _describe_stage(stage: PlannedStage) -> str:
    name = f"{stage.state} (canceled)" if stage.canceled else str(stage.state)
    if stage.lasts is not None:
        return f"{name} {stage.lasts:g} s"
    return name if stage.state == DELETED or State(stage.state).is_final else f"{name} forever"
