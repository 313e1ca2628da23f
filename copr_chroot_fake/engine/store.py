"""The in-memory database of one fake: mock chroots, projects, builds, users and faults."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from random import Random

from ..errors import InputError
from ..model.account import Account, Group, fas_name_of
from ..model.lifecycle import ABSENT
from ..model.progress import Progress
from ..model.project import COPR_URL, RESULTS_PATH, RESULTS_URL, UPLOADS_PATH
from ..model.source import DIST_GITS
from ..model.states import State
from ..validation import checks
from .build import Build
from .chroot import BuildChroot, Change
from .clock import Clock, SystemClock, VirtualClock
from .collection import Collection as ReadOnlyCollection
from .counted import first_free
from .faults import Faults
from .lock import Lock
from .message_log import Entry, MessageLog
from .poll_loops import PollLoops
from .project import Project
from .submission_rules import SubmissionRules
from .timeline import Timeline


@dataclass
class Batch:
    """A batch; its builds start only when all builds of the batch before it have ended.

    :param blocked_by: the id of the batch that it waits for; ``None`` if it waits for none.
    :param builds: the ids of its builds, those of deleted ones included.
    """

    id: int
    blocked_by: int | None = None
    builds: list[int] = field(default_factory=list)


CONTENT = (
    "mock_chroots",
    "projects",
    "builds",
    "batches",
    "accounts",
    "groups",
    "dist_gits",
    "removed",
    "changes",
    "seed",
    "last_build_id",
    "last_project_id",
    "last_package_id",
    "last_batch_id",
)
"""The fields of a store that a snapshot restores."""

CHANGES_KEPT = 10_000
"""The number of latest changes that are kept."""


class Store:
    """Projects by full name, builds by id, and mock chroots, in the order of their ``mock_chroot_id``.

    Hold the lock to change anything, or to read several values consistently.
    """

    def __init__(self, clock: Clock, progress: Progress, seed: int, loops: PollLoops | None = None) -> None:
        self.clock = clock
        self.progress = progress
        self.seed = seed
        self.lock = Lock()
        self.faults = Faults(seed, clock, self.lock)
        self.submission_rules = SubmissionRules(self.lock)
        self.mock_chroots: dict[str, bool] = {}
        """Whether each is active, by name."""
        self.projects: dict[str, Project] = {}
        self.builds: dict[int, Build] = {}
        self.timeline = Timeline()
        self.accounts: dict[str, Account] = {}
        """By login; if there are none, any login is accepted."""
        self.groups: dict[str, Group] = {}
        """By name."""
        self.dist_gits = dict(DIST_GITS)
        """The dist-gits of packages by name, with their URLs; the first is the default."""
        self.batches: dict[int, Batch] = {}
        self.first_build_id = 1
        """The id of the first build."""
        self.last_build_id = 0
        self.last_project_id = 0
        self.last_package_id = 0
        """The highest ids that were given; the ids of deleted objects are not used again."""
        self.last_batch_id = 0
        self.removed: set[int] = set()
        """The ids of deleted builds."""
        self.changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self.messages = MessageLog()
        self.own_results_root = RESULTS_URL
        """The URL of results as configured."""
        self.results_root = RESULTS_URL
        """The URL of results while the fake is served."""
        self.repositories: dict[tuple[str, ...], tuple[object, object]] = {}
        """The metadata of repositories, and the packages in them; cached until these change."""
        self.results_delay: float = 0
        """Seconds from the end of a build until its results appear."""
        self.poll_loops = PollLoops(None, None, None) if loops is None else loops
        self.requests = 0
        """The number of requests so far."""

    @property
    def frontend_url(self) -> str:
        """The URL of the service: Copr's, or that of the server if it serves the results."""
        is_served = self.results_root != self.own_results_root
        return self.results_root.removesuffix(RESULTS_PATH) if is_served else COPR_URL

    @property
    def uploads_root(self) -> str:
        """The URL of uploaded files."""
        return f"{self.frontend_url}{UPLOADS_PATH}"

    def add_build(self, build: Build) -> None:
        """Add a build, and to its project its package and its directory."""
        self.know(build.names)
        self.builds[build.id] = build
        self.last_build_id = max(self.last_build_id, build.id)
        project, package = build.project, build.stored_package
        project.directories.setdefault(build.project_dirname)
        if package is not None and package not in project.stored_packages:
            project.add_package(package, build.source.type, build.source.config)
        project.note_build(build.id, package)
        if build.batch is not None:
            self.put_in_batch(build, build.batch)
        for chroot in build.stored_chroots:
            self._note_begun(chroot)

    def _note_begun(self, chroot: BuildChroot) -> None:
        """Record the first state of a lifecycle, which starts before its build is in the store."""
        if chroot.run is not None and chroot.run.stage.state != ABSENT:
            self.changes.append(
                Change(
                    int(chroot.run.started_at),
                    chroot.build.id,
                    chroot.name,
                    State(chroot.run.stage.state),
                )
            )

    def next_build_id(self) -> int:
        """Return an id above all earlier ids; after the largest one, the first free id."""
        if self.last_build_id < checks.LARGEST_INTEGER:
            return self.last_build_id + 1
        return first_free(chain(self.builds, self.removed))

    def start_ids(self, build_id: int) -> None:
        """Let the first build have this id, also after everything is deleted."""
        self.first_build_id = build_id
        self.last_build_id = build_id - 1

    def continue_ids(self, build_id: int) -> None:
        """Let the next build have this id.

        :raises InputError: unless it is above all earlier ones.
        """
        with self.lock:
            if build_id <= self.last_build_id:
                problem = f"{build_id} is not above {self.last_build_id}, the highest id so far; expected a higher one"
                raise InputError("next_build_id", problem)
            self.last_build_id = build_id - 1

    def next_directory(self) -> str:
        """Return the name of a directory for an uploaded file."""
        return f"tmp{Random(f'{self.seed}/{self.last_build_id}').getrandbits(32):08x}"

    def next_project_id(self) -> int:
        """Return and use up the next id of a project; after the largest one, the first that is free."""
        if self.last_project_id == checks.LARGEST_INTEGER:
            return first_free(project.id for project in self.projects.values())
        self.last_project_id += 1
        return self.last_project_id

    def next_package_id(self) -> int:
        """Return and use up the next id of a package; after the largest one, the first that is free."""
        if self.last_package_id == checks.LARGEST_INTEGER:
            return first_free(
                package.id for project in self.projects.values() for package in project.stored_packages.values()
            )
        self.last_package_id += 1
        return self.last_package_id

    def reset(self, now: float, seed: int) -> None:
        """Clear everything, with the time of a virtual clock and the seed."""
        with self.lock:
            self.clear()
            self.accounts.clear()
            self.groups.clear()
            self.dist_gits = dict(DIST_GITS)
            self.reseed(seed)
            if isinstance(self.clock, VirtualClock):
                self.clock.restore(now)

    def clear(self) -> None:
        """Delete all projects, builds, chroots, submission rules and faults; keep the clock and the accounts."""
        with self.lock:
            for kept in (self.mock_chroots, self.projects, self.builds, self.batches, self.removed, self.changes):
                kept.clear()
            self.messages.clear()
            self.repositories.clear()
            self.last_build_id = self.first_build_id - 1
            self.last_project_id = self.last_package_id = self.last_batch_id = 0
            self.timeline.clear()
            self.submission_rules.clear()
            self.faults.clear()
            self.poll_loops.clear()

    def move_results(self, results_root: str) -> None:
        """Change the URL of results, also for existing builds."""
        with self.lock:
            for build in self.builds.values():
                build.source.package = build.source.package.moved(self.results_root, results_root)
                build.forget_all_rendered()
            self.results_root = results_root

    def remove(self, build: Build) -> None:
        """Remove a build, unless another has its id by now."""
        if self.builds.get(build.id) is build:
            build.project.forget_build(build.id, build.stored_package)
            del self.builds[build.id]
            self.removed.add(build.id)
            self.schedule_after(build)

    def reseed(self, seed: int) -> None:
        """Use another random seed."""
        with self.lock:
            self.seed = seed
            self.faults.seed = seed

    @property
    def is_due(self) -> bool:
        """Whether :meth:`catch_up` has something to do."""
        return self.timeline.is_due(self.clock.now())

    def catch_up(self) -> None:
        """Make everything happen that is due."""
        if self.timeline.is_due(self.clock.now()):
            with self.lock:
                self.timeline.catch_up(self.clock.now())

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock, once everything that is due has happened."""
        with self.lock:
            self.catch_up()
            yield

    def catch_up_for_lookup(self) -> None:
        """Make everything happen that is due and can affect which builds and chroots exist."""
        if self.timeline.is_due(self.clock.now(), is_lookup=True):
            with self.lock:
                self.timeline.catch_up(self.clock.now(), is_lookup=True)

    @property
    def current_builds(self) -> Mapping[int, Build]:
        """The builds that exist by now, read-only."""
        return ReadOnlyCollection("build", self.builds, self.catch_up_for_lookup)

    def sorted_changes(self) -> list[Change]:
        """Return the latest changes, in the order in which they happened."""
        with self.changing():
            changes = list(self.changes)
        # A poll or a step by hand can be ahead of the clock.
        return sorted(changes, key=attrgetter("at"))

    def ordered_messages(self) -> deque[Entry]:
        """Return the latest messages, those about everything due included; the caller holds the lock."""
        self.catch_up()
        return self.messages.entries

    @property
    def seconds_to_wait(self) -> float:
        """Seconds of the system until the next transition after :meth:`catch_up`.

        ``inf`` if there is none, and if the clock stands still.
        """
        clock = self.clock
        if not isinstance(clock, SystemClock) or clock.is_paused:
            return math.inf
        return (self.timeline.next_due - clock.now()) / clock.speed

    def know(self, names: Iterable[str]) -> None:
        """Let the service have chroots, which are active if it does not have them yet."""
        for name in names:
            self.mock_chroots.setdefault(name, True)

    @property
    def active_chroots(self) -> list[str]:
        """The chroots that are not deactivated."""
        return [name for name, is_active in self.mock_chroots.items() if is_active]

    def replace_account(self, old: Account, new: Account) -> None:
        """Give a user another login and token; the user keeps the id."""
        accounts = [new if account is old else account for account in self.accounts.values()]
        self.accounts = {account.login: account for account in accounts}

    def find_group(self, name: str) -> Group | None:
        """Return a group that is known: one that was added, that an account belongs to or that owns a project."""
        if name in self.groups:
            return self.groups[name]
        is_used = any(name in account.groups for account in self.accounts.values())
        if is_used or any(project.ownername == name for project in self.projects.values()):
            return Group(name, fas_name_of(name))
        return None

    def unblocked_at(self, batch: int | None) -> float:
        """Return the Unix time from which builds of a batch may start; ``inf`` while another batch has not ended."""
        blocked_by = None if batch is None else self.batches[batch].blocked_by
        if blocked_by is None:
            return -math.inf
        before = self.builds_of(blocked_by)
        if not all(build.has_ended for build in before):
            return math.inf
        return max((build.stored_end or 0 for build in before), default=-math.inf)

    def schedule_after(self, build: Build) -> None:
        """Schedule the builds that wait for the batch of a build, which has changed."""
        if build.batch is not None:
            for batch in self.batches.values():
                if batch.blocked_by == build.batch:
                    for following in self.builds_of(batch.id):
                        self.timeline.schedule(following.source)

    def builds_of(self, batch: int) -> list[Build]:
        """Return the builds of a batch by their ids."""
        return [self.builds[number] for number in sorted(self.batches[batch].builds) if number in self.builds]

    def put_in_batch(self, build: Build, batch: int) -> None:
        """Assign a build to a batch."""
        build.batch = batch
        self.batches[batch].builds.append(build.id)

    def add_batch(self, blocked_by: int | None = None) -> int:
        """Add an empty batch; return its id."""
        self.last_batch_id += 1
        batch = self.batches[self.last_batch_id] = Batch(self.last_batch_id, blocked_by)
        return batch.id

    def builds_in(
        self, project: Project, package: str | None = None, offset: int = 0, limit: int | None = None
    ) -> list[Build]:
        """Return the builds of a project that no lifecycle has deleted by now, or those of a package; newest first."""
        self.catch_up()
        ids = project.build_ids.get(package, [])
        stop = max(len(ids) - offset, 0)
        first = 0 if limit is None else max(stop - limit, 0)
        return [self.builds[number] for number in reversed(ids[first:stop])]

    def existing_build(self, build_id: int) -> Build:
        """Return a build.

        :raises InputError: if it does not exist.
        """
        build = self.find_build(build_id)
        if build is None:
            raise InputError("build_id", checks.missing(f"build {build_id}", self.builds))
        return build

    def find_build(self, build_id: int | None) -> Build | None:
        """Return a build unless it does not exist, or is deleted by one of its chroots' lifecycles by now."""
        self.catch_up()
        return None if build_id is None else self.builds.get(build_id)
