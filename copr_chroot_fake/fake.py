"""FakeCopr, the face that tests and the server use: fill it, ask it, hand out its doors."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from . import checks
from .asked import Asked
from .believable.populated import Populated
from .builds.build import Build
from .builds.chroot import BuildChroot
from .builds.projects import Project
from .builds.store import Store
from .errors import CoprFakeError, InputError
from .faults.active import Faults
from .filled import Filled
from .lives.clock import Clock, SystemClock, VirtualClock, check_clock
from .lives.progress import ProgressLike, read_progress
from .reached import Reached
from .scenarios.reading import ScenarioSource, read_scenario
from .service.api import Api, Record
from .states import State, StateName

if TYPE_CHECKING:
    # What a server may never use is loaded where it is used, so that it answers sooner.
    from .builds.record import Change
    from .builds.snapshot import Snapshot
    from .journal import Journal
    from .scenarios.entries import Scenario


REQUESTS_KEPT = 10_000
"""How many requests a fake remembers, the latest ones, unless said."""


class FakeCopr(Reached, Filled, Asked, Populated):
    """A Copr service in memory, which answers for its build chroots and for what clients ask beside them.

    :param default_limit: how many items a list has that is asked for without a
        ``limit``: 100 as the API reference says, or ``None``, no limit, as the
        service is deployed.
    :param results_url: the address under which all results are said to be: Copr's own, unless said.
    :param serve_results: whether they are there, below ``/results``: logs, packages and indexes of directories.
    :param results_delay: how many seconds after the end of its build they come.
    :param progress: what makes chroots go on that do not say it themselves:
        ``poll``, ``clock``, ``manual`` or ``immediate``, or a :class:`Progress`.
    :param clock: the time; a :class:`VirtualClock` that stands still unless told otherwise.
    :param seed: what all that is drawn is drawn from; the same seed gives the same run.
    :param requests_kept: how many requests are remembered, the latest ones.
    :raises InputError: if an option cannot have its value.
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
        self._records: deque[Record] = deque(maxlen=checks.whole_number("requests_kept", requests_kept))
        limit = None if default_limit is None else _check_limit(default_limit)
        self._api = Api(self._store, self._records.append, limit)

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
        """A fake filled from a scenario: the path of a JSON or YAML file, or what such a file says.

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
        """Add what a scenario says; all of it, or nothing if there is a mistake in it.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        """
        with self._store.lock:
            self._store.add(read_scenario(source, self._store))

    def to_scenario(self) -> Scenario:
        """The fake as a scenario, which loads back to the same answers: each life from where it is now."""
        from .scenarios.writing import write_scenario

        return write_scenario(self._store)

    @property
    def builds(self) -> Mapping[int, Build]:
        """The builds by their ids, to look at."""
        self._store.catch_up()
        return MappingProxyType(self._store.builds)

    @property
    def projects(self) -> Mapping[str, Project]:
        """The projects by their full names, ``owner/project``, to look at."""
        return MappingProxyType(self._store.projects)

    @property
    def default_limit(self) -> int | None:
        """How many items a list has that is asked for without a ``limit``; ``None`` for all."""
        return self._api.default_limit

    @property
    def clock(self) -> VirtualClock | SystemClock:
        """The clock, to move it.

        :raises CoprFakeError: if the fake runs by a clock that is not the kit's, which need not be movable.
        """
        if not isinstance(self._store.clock, (VirtualClock, SystemClock)):
            raise CoprFakeError("this fake runs by a clock that is neither a VirtualClock nor a SystemClock")
        return self._store.clock

    @property
    def seed(self) -> int:
        """What all that is drawn is drawn from now."""
        return self._store.seed

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose, to add to it."""
        return self._store.faults

    def reseed(self, seed: int) -> None:
        """Draw all that is drawn from now on from another seed.

        :raises InputError: for what is no whole number.
        """
        self._store.reseed(checks.whole_number("seed", seed))

    def advance(self) -> int:
        """Let every chroot go on to its next stage that can; how many did."""
        with self._store.lock:
            return sum(build.advance() for build in list(self._store.builds.values()))

    def hold(self, build_id: int, chrootname: str, state: State | StateName) -> None:
        """Keep a chroot in a state, once it gets there, until it is released.

        :raises EventError: if it has no life that gets there.
        """
        self._find(build_id, chrootname).hold(state)

    def release(self, build_id: int, chrootname: str) -> None:
        """Let a chroot go on that was held; a stage whose time is over ends now.

        :raises EventError: if it is not held.
        """
        self._find(build_id, chrootname).release()

    def _build(self, build_id: int) -> Build:
        build = self._store.find_build(checks.positive("build_id", build_id))
        if build is None:
            there = ", ".join(map(str, list(self._store.builds)[:10])) or "none"
            raise InputError("build_id", f"there is no build {build_id}; there are: {there}")
        return build

    def _find(self, build_id: int, chrootname: str) -> BuildChroot:
        build = self._build(build_id)
        chroot = build.find(checks.text("chrootname", chrootname))
        if chroot is None:
            there = ", ".join(chroot.name for chroot in build.chroots[:10]) or "none"
            raise InputError("chrootname", f"build {build_id} has no chroot {chrootname!r}; it has: {there}")
        return chroot

    @cached_property
    def _journal(self) -> Journal:
        from .journal import Journal

        return Journal(self._store, self._records)

    @property
    def changes(self) -> list[Change]:
        """The latest 10,000 changes of state, in the order in which they have happened."""
        self._store.catch_up_all()
        # Each chroot catches up by itself, when somebody looks at it.
        return sorted(self._store.changes, key=attrgetter("at"))

    def clear(self) -> None:
        """Have no builds, projects, chroots and faults anymore; the clock and what was asked stay."""
        self._store.clear()

    def snapshot(self) -> Snapshot:
        """What the fake is now, to take it back there with :meth:`restore`."""
        from .builds.snapshot import take

        return take(self._store)

    def restore(self, taken: Snapshot) -> None:
        """Take the fake, and every build and chroot of it that somebody holds, back to what it was.

        :raises InputError: for a snapshot of another fake.
        """
        from .builds.snapshot import Snapshot, restore

        if not isinstance(taken, Snapshot) or taken.store is not self._store:
            raise InputError("taken", "the snapshot is of another fake; expected one of this")
        restore(taken)

    @contextmanager
    def sandbox(self) -> Iterator[None]:
        """Try things: whatever happens within the block has not happened after it."""
        taken = self.snapshot()
        try:
            yield
        finally:
            self.restore(taken)


def _check_limit(limit: int) -> int:
    if checks.whole_number("default_limit", limit) == 0:
        raise InputError("default_limit", "0 would be an empty page; expected at least 1, or None for no limit")
    return limit
