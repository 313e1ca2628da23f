"""The in-memory database of one fake: mock chroots, projects, builds, accounts and faults."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from ..fork_lock import new_lock
from ..model.account import Account
from ..model.fault import FaultSpec
from ..model.lifecycle import ABSENT
from ..model.progress import Progress
from ..model.project import RESULTS_URL, Project, Submission, enable_chroots, register_project, replace_chroots
from ..model.states import State
from ..validation import checks
from .agenda import Agenda
from .build import Build
from .build_index import BuildIndex
from .chroot import BuildChroot, Change
from .clock import Clock, VirtualClock
from .faults import Faults
from .interrupts import all_or_nothing, complete


@dataclass
class Batch:
    """The content of one scenario, complete and checked before any of it is in the store."""

    mock_chroots: Sequence[str] = ()
    projects: dict[str, Project] = field(default_factory=dict)
    builds: dict[int, Build] = field(default_factory=dict)
    faults: Sequence[FaultSpec] = ()
    now: float | None = None
    """The new time of a virtual clock."""


CHANGES_KEPT = 10_000
"""The number of latest changes that are kept."""


class Store:
    """Projects by full name, builds by id, and mock chroots, in the order of their ``mock_chroot_id``.

    Hold the lock to change anything, or to read several values consistently.
    """

    def __init__(self, clock: Clock, progress: Progress, seed: int) -> None:
        self.clock = clock
        self.progress = progress
        self.seed = seed
        self.lock = new_lock()
        self.faults = Faults(seed, self.lock)
        self.mock_chroots: dict[str, None] = {}
        self.projects: dict[str, Project] = {}
        self.builds: dict[int, Build] = {}
        self.agenda = Agenda()
        self.coupled_agenda = Agenda()
        """The builds with coupled chroots: a lifecycle can cancel or delete the whole build."""
        self.index = BuildIndex(self.builds)
        self.accounts: dict[str, Account] = {}
        """By login; if there are none, any login is accepted."""
        self.removed: set[int] = set()
        """The ids of deleted builds."""
        self.changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self.own_results_root = RESULTS_URL
        """The URL of results as configured."""
        self.results_root = RESULTS_URL
        """The URL of results while the fake is served."""
        self.serves_results = False
        """Whether the fake serves results, below ``/results``."""
        self.results_delay: float = 0
        """Seconds from the end of a build until its results appear."""
        self.rendered_bytes = 0
        """The size of rendered chroots that are not accounted for in the log yet."""

    def add(self, batch: Batch, *, enable: bool = False) -> None:
        """Add a batch, all of it or nothing; mock chroots are added in the order in which they are first named.

        :param enable: whether projects enable the chroots of the builds that they get.
        """
        with self.lock, all_or_nothing(self) as undo:
            if batch.now is not None and isinstance(self.clock, VirtualClock):
                undo.append(partial(self.clock.restore, self.clock.now()))
                self.clock.restore(self.begin_of(batch))
            if batch.faults:
                undo.append(partial(self.faults.restore, self.faults.save()))
                for fault in batch.faults:
                    self.faults.add_written(fault)
            self._add_builds(batch)
            for build in batch.builds.values() if enable else ():
                undo.append(partial(replace_chroots, build.project, build.project.chroots))
                enable_chroots(build.project, (chroot.name for chroot in build.chroots))

    def _add_builds(self, batch: Batch) -> None:
        self.know(batch.mock_chroots)
        for project in batch.projects.values():
            register_project(project, self.mock_chroots)
        for build in batch.builds.values():
            self.know(chroot.name for chroot in build.chroots)
        self.projects.update(batch.projects)
        self.builds.update(batch.builds)
        for build in batch.builds.values():
            # A scenario is written with the fake's own address, wherever it is served.
            build.submission = build.moved_submission(self.own_results_root, self.results_root)
            self.index.add(build)
            build.agenda.changed[build] = None
            for chroot in build.chroots:
                self.note_begun(chroot)

    def note_begun(self, chroot: BuildChroot) -> None:
        """Record the first state of a lifecycle, which starts before its build is in the store."""
        if chroot.lifecycle_run is not None and chroot.lifecycle_run.stage.state != ABSENT:
            self.changes.append(
                Change(
                    int(chroot.lifecycle_run.started_at),
                    chroot.build.id,
                    chroot.name,
                    State(chroot.lifecycle_run.stage.state),
                )
            )

    def next_build_id(self) -> int:
        """Return an id above all earlier ids; after the largest one, the first free id."""
        last = max((0, *self.builds, *self.removed))
        if last < checks.LARGEST_INTEGER:
            return last + 1
        return next(number for number in count(1) if number not in self.builds and number not in self.removed)

    def reset(self, now: float, seed: int) -> None:
        """Clear everything, with the time of a virtual clock and the seed."""
        with self.lock:
            self.clear()
            self.accounts.clear()
            self.reseed(seed)
            if isinstance(self.clock, VirtualClock):
                self.clock.restore(now)

    def clear(self) -> None:
        """Delete all projects, builds, chroots and faults; keep the clock and the accounts."""
        with self.lock:
            complete(self._clear)

    def _clear(self) -> None:
        for kept in (self.mock_chroots, self.projects, self.builds, self.removed, self.changes):
            kept.clear()
        self.agenda.clear()
        self.coupled_agenda.clear()
        self.index.forget()
        self.faults.clear()

    def move_results(self, results_root: str) -> None:
        """Change the URL of results, also for existing builds."""
        with self.lock:
            submissions = [build.moved_submission(self.results_root, results_root) for build in self.builds.values()]
            complete(partial(self._move_results, results_root, submissions))

    def _move_results(self, results_root: str, submissions: Iterable[Submission]) -> None:
        self.results_root = results_root
        for build, submission in zip(self.builds.values(), submissions, strict=True):
            build.submission = submission
            build.forget_rendered()
            for chroot in build.chroots:
                chroot.forget_rendered()

    def remove(self, build: Build) -> None:
        """Remove a build, unless another has its id by now."""
        if self.builds.get(build.id) is not build:
            return
        try:
            self.index.remove(build)
            self._remove(build.id)
        except BaseException:
            self.index.forget()
            self._remove(build.id)
            raise

    def _remove(self, build_id: int) -> None:
        self.builds.pop(build_id, None)
        self.removed.add(build_id)

    def reseed(self, seed: int) -> None:
        """Use another random seed."""
        with self.lock:
            complete(partial(self._reseed, seed))

    def _reseed(self, seed: int) -> None:
        self.seed = seed
        self.faults.reseed(seed)

    def catch_up(self) -> None:
        """Make everything happen that is due to builds with coupled chroots, which deletes some."""
        with self.lock:
            self.coupled_agenda.catch_up(self.clock.now())

    def catch_up_all(self) -> None:
        """Make everything happen that is due, to every build."""
        with self.lock:
            self.coupled_agenda.catch_up(self.clock.now())
            self.agenda.catch_up(self.clock.now())

    def begin_of(self, batch: Batch) -> float:
        """Return when the lifecycles in a batch start; time moves backwards only while there are no builds."""
        now = self.clock.now()
        if batch.now is None or not isinstance(self.clock, VirtualClock):
            return now
        return max(now, batch.now) if self.builds else batch.now

    def know(self, names: Iterable[str]) -> None:
        self.mock_chroots.update(dict.fromkeys(names))

    def find_build(self, build_id: int) -> Build | None:
        """Return a build unless it does not exist, or is deleted by one of its chroots' lifecycles by now."""
        build = self.builds.get(build_id)
        if build is None or not build.is_coupled:
            return build
        build.catch_up()
        return self.builds.get(build_id)
