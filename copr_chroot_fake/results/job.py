"""The build behind a result directory: its current phase and everything that the files depend on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..model import defaults
from ..model.nevra import Nevra
from ..model.project import SOURCES, is_in_pulp
from ..model.states import State


class Job(NamedTuple):
    """A chroot's build or a source build; *job* is the backend's term.

    :param phase: starting, running, succeeded, failed or canceled; it determines the files.
    :param fraction: how much of the build is done, from 0 to 1; ``None`` if its duration is unknown.
    :param elapsed: seconds since the start.
    :param modified: when the changing files were last written, as a Unix time.
    :param source: the source package; it has a default version if the build has none.
    :param results: the files that a test has added, by name.
    """

    build: Build
    chrootname: str
    phase: State
    fraction: float | None
    elapsed: float
    started_on: int
    modified: int
    source: Nevra
    packages: tuple[Nevra, ...]
    results: Mapping[str, bytes]

    @property
    def is_source_build(self) -> bool:
        return self.chrootname == SOURCES

    @property
    def is_in_pulp(self) -> bool:
        """Whether its packages are in Pulp, and only the other files in its directory."""
        return not self.is_source_build and is_in_pulp(self.build.project.settings)

    @property
    def package(self) -> str:
        """The name of the package, even before Copr shows it; a default if the build has none."""
        return self.build.hidden_package or self.build.package or defaults.PACKAGE

    @property
    def directory(self) -> str:
        """The owner and the project directory, ``owner/dirname``."""
        return f"{self.build.project.ownername}/{self.build.project_dirname}"


_STARTED = {state: state for state in (State.STARTING, State.RUNNING, State.SUCCEEDED, State.FAILED, State.CANCELED)}

_PHASES = {**_STARTED, State.UNKNOWN: State.RUNNING, State.FORKED: State.SUCCEEDED}
"""In all other states the build has not started, even if the chroot has a result directory."""

# The import begins after the end of the source build. A fork has a copy of the results.
_SOURCE_PHASES = {**_STARTED, State.IMPORTING: State.SUCCEEDED, State.FORKED: State.SUCCEEDED}


def has_results(chroot: BuildChroot) -> bool:
    """Return whether the build of a chroot has started, and has a directory for its results."""
    return chroot.state in _PHASES and not chroot.is_absent and bool(chroot.result_dir)


def job_of(chroot: BuildChroot) -> Job:
    """Return the build of a chroot that has results.

    If results are delayed, the build keeps its last state before the end until the delay is over.
    """
    phase = _PHASES[chroot.state]
    build, store = chroot.build, chroot.build.store
    now = store.clock.now()
    started_on = chroot.started_on or chroot.ended_on or build.submitted_on or 0
    ended_on = chroot.ended_on or started_on
    if chroot.stored.was_canceled and phase is State.FAILED:
        phase = State.CANCELED
    run = chroot.run
    fraction = None if run is None or run.stage.state != State.RUNNING else run.elapsed_fraction(now)
    modified = max(ended_on if phase.is_final else int(now), started_on)
    # Progress by poll or by method calls can set times that are ahead of the clock.
    if phase.is_final and store.results_delay and now < ended_on + store.results_delay:
        phase, fraction, modified = State.RUNNING, 1, ended_on
    return Job(
        build=build,
        chrootname=chroot.name,
        phase=phase,
        fraction=fraction,
        elapsed=max(now - started_on, 0),
        started_on=started_on,
        modified=modified,
        source=_source_of(chroot),
        packages=chroot.files_of_packages,
        results=chroot.results,
    )


def has_source_results(build: Build) -> bool:
    """Return whether the source build of a build has started."""
    return build.source_state in _SOURCE_PHASES


def source_job_of(build: Build) -> Job:
    """Return a source build that has results; it has no duration, because Copr stores no times for it."""
    phase = _SOURCE_PHASES[build.source_state]
    submitted_on = build.submitted_on or build.started_on or 0
    now = build.store.clock.now()
    source = _source_package_of(build)
    return Job(
        build=build,
        chrootname=SOURCES,
        phase=phase,
        fraction=None,
        elapsed=max(now - submitted_on, 0),
        started_on=submitted_on,
        modified=submitted_on if phase.is_final else max(int(now), submitted_on),
        source=source,
        packages=(source,),
        results=build.source.results,
    )


def _source_package_of(build: Build) -> Nevra:
    version = build.source.version or defaults.SOURCE_VERSION
    name = build.package or defaults.PACKAGE
    parsed = Nevra.parse(f"{name}-{version}.src")
    return Nevra(name, version, "1", "src") if parsed is None else parsed


def _source_of(chroot: BuildChroot) -> Nevra:
    default = chroot.build.default_packages(chroot.name)[0]
    return next((nevra for nevra in chroot.files_of_packages if nevra.arch == "src"), default)
