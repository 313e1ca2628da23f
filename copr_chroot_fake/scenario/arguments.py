"""Entries for builds that are added by hand; what the caller leaves out is made up to fit.

A scenario file is taken literally: what it leaves out is as the service has it
for a new object. A build added in a test should look like one that Copr has
built, so here times fit the state, the result directory fits the build, and a
chroot that succeeded has packages that fit its distribution.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import cast

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.interrupts import all_or_nothing
from ..errors import InputError
from ..model import defaults as made_up
from ..model.lifecycle import DEFAULT_LIFE, LIVES, LifecycleLike, read_lifecycle
from ..model.machine import Stamp, stamps_of
from ..model.progress import ProgressLike, read_progress
from ..model.project import SourcePackage, replace_chroots
from ..model.states import State, StateName
from ..validation import checks
from .chroots import ChrootDefaults, add_entry
from .entries import ChrootEntry, ChrootSettings, ProjectChrootEntry

FIRST_START = 1_700_000_000
"""When a chroot starts that is given no time, as a Unix time."""

BUILD_SECONDS = 300
"""How long such a chroot takes from start to end, in seconds."""

Chroots = Iterable[str] | Mapping[str, StateName | State | ChrootSettings]
"""Names of chroots, or by name the state in which each stays, or its settings."""

_time = checks.optional(checks.unix_time)

_STATES = frozenset(State)


def chroot_entries(
    build_id: int, chroots: Chroots, package: str, state: State | None, lifecycle: LifecycleLike | None
) -> Iterator[ChrootEntry]:
    """Entries for a build's chroots; ``state`` and ``lifecycle`` are those of the chroots that say neither."""
    default = {name: value for name, value in (("state", state), ("lifecycle", lifecycle)) if value is not None}
    for at, (name, settings) in enumerate(_named(chroots)):
        place = f"chroots[{at}]"
        state_name = checks.plain_text(settings)
        if state_name in LIVES and state_name not in _STATES:
            expected = f"a state, or {{'lifecycle': {state_name!r}}}"
            raise InputError(f"{place}.state", f"{state_name!r} is a life, and no state; expected {expected}")
        said = {"state": state_name} if state_name is not None else checks.mapping(place, settings)
        if "state" not in said and "lifecycle" not in said:
            said = {**default, **said}
        yield _chroot_entry(place, build_id, name, said, package)


def come_about(build: Build) -> None:
    """Give a build a source package that fits its chroots, and the state that only they can have led to."""
    chroots = [chroot.save() for chroot in build.chroots]
    version = _source_version(build)
    build.submission = build.submission._replace(
        source_result_dir=build.source_result_dir,
        source_package=SourcePackage(version, f"{build.source_results_url}/{build.package}-{version}.src.rpm"),
    )
    fixed = [chroot.state for chroot in chroots if chroot.lifecycle_run is None]
    if State.IMPORTING in fixed:
        build.source_state = State.IMPORTING
    if State.CANCELED in fixed and all(chroot.state.is_final and chroot.lifecycle_run is None for chroot in chroots):
        # Nothing else leads there. Where others are not over yet it would end them, though they were asked for.
        build.mark_canceled(build.store.clock.now())


def add_chroot(
    build: Build,
    name: str,
    state: State | StateName | None,
    lifecycle: LifecycleLike | None,
    progress: ProgressLike | None,
) -> BuildChroot:
    """Add a chroot to a build that is in its store already."""
    store = build.store
    # What is due has happened by now, whatever the life of the new one does to the build.
    build.catch_up()
    checked_name = checks.chroot_name("chrootname", name)
    if checked_name in build:
        raise InputError("chrootname", f"build {build.id} has {checked_name} already; expected another")
    checked_state = checks.optional(checks.state)("state", state)
    if checked_state is not None and lifecycle is None and progress is not None:
        raise InputError(
            "progress", "a chroot that stays in a state has none; expected a lifecycle too, or no progress"
        )
    (entry,) = chroot_entries(build.id, [checked_name], build.package, checked_state, lifecycle)
    defaults = ChrootDefaults(
        read_lifecycle("lifecycle", DEFAULT_LIFE if lifecycle is None else lifecycle),
        store.progress if progress is None else read_progress("progress", progress),
        store.clock.now(),
    )
    with all_or_nothing(store) as undo:
        undo.append(build.undo_attached())
        undo.append(partial(replace_chroots, build.project, build.project.chroots))
        chroot = add_entry("", entry, build, defaults)
        store.know([chroot.name])
        store.index.note_chroots(build, [chroot.name])
        build.project.enable(chroot.name)
    return chroot


def split_full_name(full_name: str) -> tuple[str, str]:
    """The owner, and the project or a directory of it."""
    owner, slash, name = checks.text("project", full_name).partition("/")
    if not (owner and slash and name):
        raise InputError("project", f"{checks.shown(full_name)} is no full name; expected owner/project")
    return checks.path_segment("project", owner), checks.path_segment("project", name)


def project_chroots(chroots: Iterable[str] | Mapping[str, ProjectChrootEntry]) -> Mapping[str, ProjectChrootEntry]:
    if checks.is_mapping(chroots):
        return cast("Mapping[str, ProjectChrootEntry]", chroots)
    return {name: {} for name in checks.texts("chroots", chroots)}


def _source_version(build: Build) -> str:
    """The version of the source package that its chroots have, or will have in the end, else of the first of others.

    Without the dist tag that each chroot adds.
    """
    versions: dict[bool, str] = {}
    for chroot in build.chroots:
        moment = chroot.save()
        planned = None if moment.lifecycle_run is None else moment.lifecycle_run.packages
        for nevra in moment.packages or planned or ():
            release = nevra.release.removesuffix(made_up.dist_tag(chroot.name))
            versions.setdefault(nevra.arch == "src", f"{nevra.version}-{release}")
    return versions.get(True) or versions.get(False) or made_up.SOURCE_VERSION


def _named(chroots: Chroots) -> Iterable[tuple[str, StateName | State | ChrootSettings]]:
    if checks.is_mapping(chroots):
        return cast("Mapping[str, StateName | State | ChrootSettings]", checks.mapping("chroots", chroots)).items()
    return ((name, {}) for name in checks.texts("chroots", chroots))


def _chroot_entry(place: str, build_id: int, name: str, said: Mapping[str, object], package: str) -> ChrootEntry:
    state = checks.optional(checks.state)(f"{place}.state", said.get("state"))
    name = checks.chroot_name(f"{place}.name", name)
    times = {time: _time(f"{place}.{time}", said[time]) for time in ("started_on", "ended_on") if time in said}
    made_up_settings = {} if state is None else _made_up(build_id, name, package, state, times)
    return cast(ChrootEntry, {"name": name, **made_up_settings, **said})


def _made_up(build_id: int, name: str, package: str, state: State, times: Mapping[str, int | None]) -> ChrootSettings:
    """Settings that fit a state and the times that are given."""
    settings: ChrootSettings = {"state": state}
    stamps = stamps_of(state)
    if Stamp.RESULT_DIR in stamps:
        settings["result_dir"] = made_up.result_dir(build_id, package)
    if Stamp.STARTED_ON in stamps:
        # Copr skips a chroot in no time.
        seconds = 0 if state is State.SKIPPED else BUILD_SECONDS
        ended_on = times.get("ended_on")
        started_on = times.get("started_on", FIRST_START if ended_on is None else max(0, ended_on - seconds))
        settings["started_on"] = started_on
        if Stamp.ENDED_ON in stamps and started_on is not None:
            settings["ended_on"] = min(started_on + seconds, checks.LARGEST_INTEGER)
    if Stamp.PACKAGES in stamps:
        settings["packages"] = made_up.packages(name, package)
    return settings
