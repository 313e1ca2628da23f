"""What a result directory is about: the build of one chroot, or of the source, as far as it has come by now."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..model import defaults as made_up
from ..model.nevra import Nevra
from ..model.project import SOURCES
from ..model.states import State


class Phase(Enum):
    """How far the builder is, which decides which files there are."""

    STARTING = "starting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_over(self) -> bool:
        return self not in (Phase.STARTING, Phase.RUNNING)


class Job(NamedTuple):
    """A build in a chroot; the backend's own word for it.

    :param project: its directory, below its owner.
    :param share: how much of it has run, from 0 to 1; ``None`` where only the seconds tell.
    :param running_for: for how many seconds it has run, whatever share of all that may be.
    :param modified: when the files that change were last written, as a Unix time.
    :param source: the source package, whose version is made up where nothing says it.
    """

    build_id: int
    chrootname: str
    project: str
    package: str
    phase: Phase
    share: float | None
    running_for: float
    started_on: int
    modified: int
    timeout: int
    source: Nevra
    packages: tuple[Nevra, ...]

    @property
    def is_of_source(self) -> bool:
        return self.chrootname == SOURCES


_PHASES = {
    State.STARTING: Phase.STARTING,
    State.RUNNING: Phase.RUNNING,
    State.UNKNOWN: Phase.RUNNING,
    State.SUCCEEDED: Phase.SUCCEEDED,
    State.FORKED: Phase.SUCCEEDED,
    State.FAILED: Phase.FAILED,
    State.CANCELED: Phase.CANCELED,
}
"""In all other states a chroot has not started, whatever result directory it is said to have."""


def job_of(chroot: BuildChroot) -> Job | None:
    """What a chroot's build is at; ``None`` while it has no results.

    Where results are delayed, it is as just before its end until that is over.
    """
    phase = _PHASES.get(chroot.state)
    if phase is None or chroot.is_absent or not chroot.result_dir:
        return None
    build, store = chroot.build, chroot.build.store
    now = store.clock.now()
    started_on = chroot.started_on or chroot.ended_on or build.submission.submitted_on or 0
    ended_on = chroot.ended_on or started_on
    if chroot.was_canceled and phase is Phase.FAILED:
        phase = Phase.CANCELED
    share = _share_run(chroot, now)
    modified = max(ended_on if phase.is_over else int(now), started_on)
    # By poll and by hand a chroot's own times can be ahead of the clock.
    if phase.is_over and store.results_delay and now < ended_on + store.results_delay:
        phase, share, modified = Phase.RUNNING, 1, ended_on
    return Job(
        build_id=build.id,
        chrootname=chroot.name,
        project=_project_of(build),
        package=build.package,
        phase=phase,
        share=share,
        running_for=max(now - started_on, 0),
        started_on=started_on,
        modified=modified,
        timeout=build.timeout,
        source=_source_of(chroot),
        packages=chroot.packages,
    )


def _share_run(chroot: BuildChroot, now: float) -> float | None:
    life = chroot.lifecycle_run
    return None if life is None or life.stage.state != State.RUNNING else life.elapsed_fraction(now)


_SOURCE_PHASES = {
    State.STARTING: Phase.STARTING,
    State.RUNNING: Phase.RUNNING,
    # What is imported is what the source build has made.
    State.IMPORTING: Phase.SUCCEEDED,
    State.SUCCEEDED: Phase.SUCCEEDED,
    State.FAILED: Phase.FAILED,
    State.CANCELED: Phase.CANCELED,
}


def source_job_of(build: Build) -> Job | None:
    """What a build's source build is at; ``None`` while it has no results. When it was, only its submission tells."""
    build.catch_up()
    phase = _SOURCE_PHASES.get(build.source_state)
    if phase is None:
        return None
    submitted_on = build.submission.submitted_on or build.started_on or 0
    now = build.store.clock.now()
    source = _read_source(build)
    return Job(
        build_id=build.id,
        chrootname=SOURCES,
        project=_project_of(build),
        package=build.package,
        phase=phase,
        share=None,
        running_for=max(now - submitted_on, 0),
        started_on=submitted_on,
        modified=submitted_on if phase.is_over else max(int(now), submitted_on),
        timeout=build.timeout,
        source=source,
        packages=(source,),
    )


def _project_of(build: Build) -> str:
    """The directory of the project that a build is in, below its owner."""
    return f"{build.project.ownername}/{build.project_dirname}"


def _read_source(build: Build) -> Nevra:
    version = build.submission.source_package.version or made_up.SOURCE_VERSION
    read = Nevra.parse(f"{build.package}-{version}.src")
    return Nevra(build.package, version, "1", "src") if read is None else read


def _source_of(chroot: BuildChroot) -> Nevra:
    made = made_up.packages(chroot.name, chroot.build.package)[0]
    return next((nevra for nevra in chroot.packages if nevra.arch == "src"), made)
