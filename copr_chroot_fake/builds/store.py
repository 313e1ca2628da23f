"""The in-memory database of one fake: the chroots that it knows, its projects and its builds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..faults.active import Faults
from ..faults.fault import WrittenFault
from ..lives.clock import Clock, VirtualClock
from ..lives.lifecycle import ABSENT
from ..lives.progress import Progress
from ..states import State
from .accounts import Account
from .build import Build
from .chroot import BuildChroot
from .index import BuildIndex
from .projects import RESULTS_URL, Project, register_project
from .record import Change


@dataclass
class Batch:
    """What one scenario adds, read and checked as a whole before any of it is in the store."""

    mock_chroots: Sequence[str] = ()
    projects: dict[str, Project] = field(default_factory=dict)
    builds: dict[int, Build] = field(default_factory=dict)
    faults: Sequence[WrittenFault] = ()
    now: float | None = None
    """The time that a virtual clock is to show."""


CHANGES_KEPT = 10_000
"""How many changes a fake remembers, those that were noticed last."""


class Store:
    """Projects by full name, builds by id, and the known chroots, in the order of their ``mock_chroot_id``.

    What changes anything, or must see several things as they are at one moment,
    holds the lock.
    """

    def __init__(self, clock: Clock, progress: Progress, seed: int) -> None:
        self.clock = clock
        self.progress = progress
        self.seed = seed
        self.faults = Faults(seed)
        self.lock = threading.RLock()
        self.mock_chroots: dict[str, None] = {}
        self.projects: dict[str, Project] = {}
        self.builds: dict[int, Build] = {}
        self.entangled: dict[int, Build] = {}
        """The builds whose chroots' lives can end the build itself."""
        self.index = BuildIndex(self.builds)
        self.accounts: dict[str, Account] = {}
        """By login; while there are none, any login will do."""
        self.removed: set[int] = set()
        """Builds that have been there."""
        self.changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self.own_results_root = RESULTS_URL
        """The address below which the results of builds are wherever the fake is served."""
        self.results_root = RESULTS_URL
        """The address below which they are said to be."""
        self.serves_results = False
        """Whether they are there, below ``/results``."""
        self.results_delay: float = 0
        """How many seconds after the end of a build they are there."""

    def add(self, batch: Batch) -> None:
        """Take in a batch; the service knows a chroot from where it is first named."""
        with self.lock:
            if batch.now is not None and isinstance(self.clock, VirtualClock):
                self.clock.restore(self.begin_of(batch))
            self.know(batch.mock_chroots)
            for project in batch.projects.values():
                register_project(project, self.mock_chroots)
            for build in batch.builds.values():
                self.know(chroot.name for chroot in build.chroots)
            self.projects.update(batch.projects)
            self.builds.update(batch.builds)
            for build in batch.builds.values():
                # A scenario is written with the fake's own address, wherever it is served.
                build.move_source(self.own_results_root, self.results_root)
                self.index.add(build)
                self.note_entangled(build)
                for chroot in build.chroots:
                    self.note_begun(chroot)
            for fault in batch.faults:
                self.faults.add_written(fault)

    def note_begun(self, chroot: BuildChroot) -> None:
        """Remember where a life begins, which it has before the store had its build."""
        if chroot.life is not None and chroot.life.stage.state != ABSENT:
            self.changes.append(
                Change(int(chroot.life.begun), chroot.build.id, chroot.name, State(chroot.life.stage.state))
            )

    def note_entangled(self, build: Build) -> None:
        if build.is_entangled:
            self.entangled[build.id] = build

    def clear(self) -> None:
        """Have no projects, builds, chroots and faults anymore; the clock goes on."""
        with self.lock:
            for kept in (self.mock_chroots, self.projects, self.builds, self.entangled, self.removed, self.changes):
                kept.clear()
            self.index.forget()
            self.faults.clear()

    def move_results(self, results_root: str) -> None:
        """Have the results at another address, also those of builds that are there."""
        with self.lock:
            before, self.results_root = self.results_root, results_root
            for build in self.builds.values():
                build.move_source(before, results_root)
                build.forget_rendered()
                for chroot in build.chroots:
                    chroot.forget_rendered()

    def remove(self, build: Build) -> None:
        """Forget a build, if it is still the one of its id."""
        if self.builds.get(build.id) is build:
            del self.builds[build.id]
            self.index.remove(build)
            self.entangled.pop(build.id, None)
            self.removed.add(build.id)

    def reseed(self, seed: int) -> None:
        """Draw all that is drawn from now on from another seed."""
        with self.lock:
            self.seed = seed
            self.faults.reseed(seed)

    def catch_up(self) -> None:
        """Let the builds go that are to be gone by now."""
        with self.lock:
            for build in list(self.entangled.values()):
                build.catch_up()

    def catch_up_all(self) -> None:
        """Let everything happen that is due by now, to every build."""
        with self.lock:
            for build in list(self.builds.values()):
                build.catch_up()

    def begin_of(self, batch: Batch) -> float:
        """When the lives in a batch begin: what has no builds yet can be at any time, else time only moves on."""
        now = self.clock.now()
        if batch.now is None or not isinstance(self.clock, VirtualClock):
            return now
        return max(now, batch.now) if self.builds else batch.now

    def know(self, names: Iterable[str]) -> None:
        self.mock_chroots.update(dict.fromkeys(names))

    def find_build(self, build_id: int) -> Build | None:
        """A build that is there now: the life of one of its chroots can have deleted it."""
        build = self.builds.get(build_id)
        if build is None or not build.is_entangled:
            return build
        build.catch_up()
        return self.builds.get(build_id)
