"""FakeCopr, what tests and the server use: it is filled, is asked, and hands out its doors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from .api.dispatch import Api
from .asked import Asked
from .engine.build import Build
from .engine.chroot import BuildChroot
from .engine.clock import Clock, SystemClock, VirtualClock, check_clock
from .engine.collection import Collection
from .engine.faults import Faults
from .engine.store import Store
from .errors import CoprFakeError, InputError, needing
from .filled import Filled
from .generate.populate_mixin import Populated
from .journal.log import REQUESTS_KEPT, RequestLog
from .model.progress import ProgressLike, read_progress
from .model.project import Project
from .model.states import State, StateName
from .reached import Reached
from .scenario.load import ScenarioSource, read_scenario
from .validation import checks

if TYPE_CHECKING:
    # Loaded only where it is used, so that a server answers sooner.
    from .engine.chroot_fields import Change
    from .engine.snapshot import Snapshot
    from .journal.journal import Journal
    from .scenario.entries import Scenario


BUILD_BYTES, CHROOT_BYTES, CHANGE_BYTES, REQUEST_BYTES = 1000, 1200, 150, 300
"""Measured: a build, a chroot with a lifecycle, a change of its state, a recorded request without its target."""


class FakeCopr(Reached, Filled, Asked, Populated):
    """A Copr service in memory: its build chroots, and what clients ask beside them.

    :param default_limit: the ``limit`` of a list that is asked for without one: 100 as the API reference says, or
        ``None``, no limit, as the service is deployed.
    :param results_url: the address below which ``result_url`` says that results are; Copr's own by default.
    :param serve_results: whether the fake serves them itself, below ``/results``: logs, packages and directory indexes.
    :param results_delay: how many seconds after the end of a build its results appear.
    :param progress: what makes chroots go on that have no progress of their own:
        ``poll``, ``clock``, ``manual`` or ``immediate``, or a :class:`Progress`.
    :param clock: the time; by default a :class:`VirtualClock`, which stands still until it is moved.
    :param seed: the seed of everything random; the same seed gives the same run.
    :param requests_kept: how many requests are remembered: the latest ones. Fewer, if they would take more than about
        64 MB.
    :raises InputError: for an option with an impossible value.
    """

    def __init__(
        self,
        *,
        default_limit: int | None = 100,
        results_url: str | None = None,
        serve_results: bool = False,
        results_delay: float = 0,
        progress: ProgressLike = "poll",
        clock: Clock | None = None,
        seed: int = 0,
        requests_kept: int = REQUESTS_KEPT,
    ) -> None:
        self._store = Store(
            VirtualClock() if clock is None else check_clock(clock),
            read_progress("progress", progress),
            checks.whole_number("seed", seed),
        )
        self._have_results(results_url, serve_results, results_delay)
        self._log = RequestLog(checks.whole_number("requests_kept", requests_kept))
        limit = None if default_limit is None else _check_limit(default_limit)
        self._api = Api(self._store, self._log, limit)

    @classmethod
    def from_scenario(
        cls,
        source: ScenarioSource,
        *,
        default_limit: int | None = 100,
        results_url: str | None = None,
        serve_results: bool = False,
        results_delay: float = 0,
        progress: ProgressLike = "poll",
        clock: Clock | None = None,
        seed: int = 0,
        requests_kept: int = REQUESTS_KEPT,
    ) -> FakeCopr:
        """A fake filled from a scenario: the path of a JSON or YAML file, or the content of one.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        """
        fake = cls(
            default_limit=default_limit,
            results_url=results_url,
            serve_results=serve_results,
            results_delay=results_delay,
            progress=progress,
            clock=clock,
            seed=seed,
            requests_kept=requests_kept,
        )
        fake.add_scenario(source)
        return fake

    def add_scenario(self, source: ScenarioSource) -> None:
        """Add the content of a scenario: all of it, or nothing if there is a mistake in it.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        """
        with self._store.lock:
            self._store.add(read_scenario(source, self._store))

    def to_scenario(self) -> Scenario:
        """The fake as a scenario, which loads back to the same answers; each life goes on from where it is now."""
        from .scenario.dump import write_scenario

        return write_scenario(self._store)

    @property
    def builds(self) -> Mapping[int, Build]:
        """The builds by id, read-only; an iteration is over those that were there when it began."""
        self._store.catch_up()
        return Collection(self._store.builds)

    @property
    def projects(self) -> Mapping[str, Project]:
        """The projects by full name, ``owner/project``, read-only, like ``builds``."""
        return Collection(self._store.projects)

    @property
    def default_limit(self) -> int | None:
        """The ``limit`` of a list that is asked for without one; ``None`` for no limit."""
        return self._api.default_limit

    @property
    def clock(self) -> VirtualClock | SystemClock:
        """The clock, to move it.

        :raises CoprFakeError: if the fake was given a clock that is not the kit's, and may not be movable.
        """
        if not isinstance(self._store.clock, (VirtualClock, SystemClock)):
            raise CoprFakeError("this fake runs by a clock that is neither a VirtualClock nor a SystemClock")
        return self._store.clock

    @property
    def seed(self) -> int:
        """The seed of everything random from now on."""
        return self._store.seed

    @property
    def faults(self) -> Faults:
        """The faults, to add and remove some."""
        return self._store.faults

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve the fake on a free port of this machine, in a thread; yields its address, the ``copr_url`` of clients.

        Meanwhile ``result_url`` leads there too, if the fake serves results and has no other address for them.

        :raises MissingExtraError: if the packages of the server are not installed.
        """
        with needing("FakeCopr.serving", "uvicorn with httptools", "server"):
            from .http_server.live_server import LiveServer

        results_url = self.results_url
        server = LiveServer(FakeCopr)
        try:
            yield server.add("fake", self)
        finally:
            server.stop()
            self._store.move_results(results_url)

    def reseed(self, seed: int) -> None:
        """Use another seed for everything random from now on.

        :raises InputError: if the seed is not a whole number.
        """
        self._store.reseed(checks.whole_number("seed", seed))

    def advance(self) -> int:
        """Let every chroot that can go on to its next stage; returns how many did."""
        with self._store.lock:
            return sum(build.advance() for build in list(self._store.builds.values()))

    def hold(self, build_id: int, chrootname: str, state: State | StateName) -> None:
        """Keep a chroot in a state, once it gets there, until it is released.

        :raises EventError: if it has no life that gets there.
        """
        self._find(build_id, chrootname).hold(state)

    def release(self, build_id: int, chrootname: str) -> None:
        """Let a held chroot go on; a stage whose time is over ends now. One that has ended meanwhile needs no release.

        :raises EventError: if it lives and is not held.
        """
        self._find(build_id, chrootname).release()

    def _build(self, build_id: int) -> Build:
        build = self._store.find_build(checks.positive("build_id", build_id))
        if build is None:
            there = checks.listing(self._store.builds) or "none"
            raise InputError("build_id", f"there is no build {build_id}; there are: {there}")
        return build

    def _find(self, build_id: int, chrootname: str) -> BuildChroot:
        build = self._build(build_id)
        chroot = build.find(checks.text("chrootname", chrootname))
        if chroot is None:
            there = checks.listing(build.names) or "none"
            raise InputError(
                "chrootname", f"build {build_id} has no chroot {checks.shown(chrootname)}; it has: {there}"
            )
        return chroot

    @cached_property
    def journal(self) -> Journal:
        """Finds requests, for the assertions and the control API."""
        from .journal.journal import Journal

        return Journal(self._store, self._log)

    @property
    def changes(self) -> list[Change]:
        """The 10,000 changes of state that were noticed last, in the order in which they happened.

        What the clock has led to is noticed when somebody looks, here at the latest, one build after the other.
        """
        with self._store.lock:
            self._store.catch_up_all()
            changes = list(self._store.changes)
        # Each chroot catches up by itself, when somebody looks at it.
        return sorted(changes, key=attrgetter("at"))

    @property
    def _retained_bytes(self) -> int:
        """An estimate of the memory that builds, chroots and recorded requests take; each of them is counted."""
        with self._store.lock:
            builds = sum(BUILD_BYTES + CHROOT_BYTES * len(build.chroots) for build in self._store.builds.values())
            changes = CHANGE_BYTES * len(self._store.changes)
            # A request refers to every chroot that its response has shown.
            entries = [*self._log.entries]
        return builds + changes + sum(REQUEST_BYTES + len(entry[1]) + 8 * len(entry[5]) for entry in entries)

    def clear(self) -> None:
        """Forget all builds, projects, chroots and faults; the accounts, the clock and the requests stay."""
        self._store.clear()

    def snapshot(self) -> Snapshot:
        """The state of the fake now, for :meth:`restore`."""
        from .engine.snapshot import take

        return take(self._store)

    def restore(self, taken: Snapshot) -> None:
        """Take the fake, and every build and chroot of it that a test holds, back to a snapshot.

        :raises InputError: for a snapshot of another fake.
        """
        from .engine.snapshot import Snapshot, restore

        if not checks.is_kind(taken, Snapshot) or taken.store is not self._store:
            raise InputError("taken", "the snapshot is of another fake; expected one of this fake")
        restore(taken)

    @contextmanager
    def sandbox(self) -> Iterator[None]:
        """Try things out: whatever happens within the block is undone after it."""
        taken = self.snapshot()
        try:
            yield
        finally:
            self.restore(taken)


def _check_limit(limit: int) -> int:
    if checks.whole_number("default_limit", limit) == 0:
        raise InputError("default_limit", "0 would be an empty page; expected at least 1, or None for no limit")
    return limit
