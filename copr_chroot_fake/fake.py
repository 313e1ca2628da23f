"""FakeCopr: the fake that tests and the server use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from .api.dispatch import Api
from .engine.build import Build
from .engine.chroot import BuildChroot
from .engine.clock import SystemClock, VirtualClock
from .engine.collection import Collection
from .engine.faults import Faults
from .engine.store import Batch, Store
from .errors import CoprFakeError, InputError, needing
from .journal.log import RequestLog
from .model.account import Account
from .model.lifecycle import DEFAULT_LIFE, LifecycleLike
from .model.progress import ProgressLike, read_progress
from .model.project import COPR_URL, RESULTS_URL, Project
from .model.states import State, StateName
from .options import FakeOptions, options_after_source, options_as_keywords
from .scenario.entries import DEFAULT_MEMORY_LIMIT, DEFAULT_OWNER, DEFAULT_PACKAGE, DEFAULT_PROJECT, DEFAULT_TIMEOUT
from .scenario.load import ScenarioSource, read_batch, read_scenario
from .validation import checks
from .wire.answer import Answer
from .wire.headers import Headers, raw
from .wire.routes import RESULTS

if TYPE_CHECKING:
    # Imported where they are used, so that a server starts sooner.
    import responses
    import respx

    from .adapters.asgi import AsgiDoor
    from .adapters.httpx import HttpxTransport
    from .engine.chroot_fields import Change
    from .engine.snapshot import Snapshot
    from .journal.journal import Journal, Request, UnmatchedRequests
    from .scenario.arguments import Chroots
    from .scenario.entries import ProjectChrootEntry, Scenario
    from .wire.routes import EndpointName


BUILD_BYTES, CHROOT_BYTES, CHANGE_BYTES, REQUEST_BYTES = 1000, 1200, 150, 300
"""Measured: a build, a chroot with a lifecycle, a change of state, a recorded request without its target."""


class FakeCopr:
    """A Copr service in memory: its build chroots, builds, projects and the other supported endpoints.

    The keyword arguments are the fields of :class:`FakeOptions`.

    :raises InputError: for an option with an invalid value.
    :raises TypeError: for an unknown option.
    """

    @options_as_keywords(FakeOptions)
    def __init__(self, options: FakeOptions) -> None:
        self._store = store = Store(
            VirtualClock() if options.clock is None else options.clock,
            read_progress("progress", options.progress),
            options.seed,
        )
        self._results_url = options.results_url
        store.own_results_root = store.results_root = options.results_url or RESULTS_URL
        store.serves_results = options.serve_results
        store.results_delay = options.results_delay
        self._log = RequestLog(options.requests_kept)
        self._api = Api(store, self._log, options.default_limit)

    @classmethod
    def from_options(cls, options: FakeOptions) -> FakeCopr:
        """Return a fake with these options."""
        given: dict[str, Any] = {field.name: getattr(options, field.name) for field in fields(FakeOptions)}
        return cls(**given)

    @classmethod
    @options_after_source(FakeOptions)
    def from_scenario(cls, source: ScenarioSource, /, options: FakeOptions) -> FakeCopr:
        """Return a fake with the content of a scenario: the path of a JSON or YAML file, or the content of one.

        :raises ScenarioError: naming the file, the location in it and what was expected there.
        """
        fake = cls.from_options(options)
        fake.add_scenario(source)
        return fake

    def __repr__(self) -> str:
        builds, projects = len(self._store.builds), len(self._store.projects)
        return f"<FakeCopr with {builds} builds in {projects} projects>"

    # Its content.

    def add_scenario(self, source: ScenarioSource) -> None:
        """Add the content of a scenario: all of it, or nothing if it has an error.

        :raises ScenarioError: naming the file, the location in it and what was expected there.
        """
        with self._store.lock:
            self._store.add(read_scenario(source, self._store))

    def to_scenario(self) -> Scenario:
        """Return the fake as a scenario, which loads back to the same responses; lifecycles continue where they are."""
        from .scenario.dump import write_scenario

        return write_scenario(self._store)

    def add_project(
        self,
        ownername: str,
        projectname: str,
        *,
        chroots: Iterable[str] | Mapping[str, ProjectChrootEntry] = (),
        additional_repos: Iterable[str] = (),
        devel_mode: bool = False,
        module_hotfixes: bool = False,
        repo_priority: int | None = None,
        bootstrap: str | None = None,
    ) -> Project:
        """Add a project; ``chroots`` are the names of the chroots it enables, or their settings by name.

        :raises InputError: naming the impossible value; nothing is added then.
        """
        from .scenario.arguments import project_chroots

        entry = {
            "ownername": ownername,
            "projectname": projectname,
            "chroots": project_chroots(chroots),
            "additional_repos": additional_repos,
            "devel_mode": devel_mode,
            "module_hotfixes": module_hotfixes,
            "repo_priority": repo_priority,
            "bootstrap": bootstrap,
        }
        (project,) = self._add_entry("projects", entry).projects.values()
        return project

    def add_build(
        self,
        id: int,
        chroots: Chroots,
        *,
        project: Project | str = f"{DEFAULT_OWNER}/{DEFAULT_PROJECT}",
        package: str = DEFAULT_PACKAGE,
        state: State | StateName | None = None,
        lifecycle: LifecycleLike | None = None,
        progress: ProgressLike | None = None,
        memory_limit: int = DEFAULT_MEMORY_LIMIT,
        timeout: int = DEFAULT_TIMEOUT,
        enable_net: bool = False,
        is_background: bool = False,
        bootstrap: str | None = None,
    ) -> Build:
        """Add a build; whatever is not given is made up to fit.

        Its chroots live, from the first stage of their life on, except those with a given state: they stay in it, or
        go on from there if a life is given too.

        :param chroots: the names of its chroots; or a mapping from each name to the state in which it stays, or to
            its settings.
        :param project: ``owner/project``, or ``owner/project:pr:1`` for another directory of it. A project that is
            missing is added; chroots that it lacks are enabled in it.
        :param state: the state of all chroots that have no state or life of their own. If all have ended, and one of
            them as canceled, a user has canceled the build.
        :param lifecycle: the life of the others, or its name; "succeeds" by default.
        :param progress: what makes them go on; the fake's own by default.
        :param memory_limit: in MB.
        :param timeout: in seconds.
        :raises InputError: naming the impossible value; nothing is added then.
        """
        from .scenario.arguments import chroot_entries, come_about, split_full_name

        ownername, dirname = split_full_name(self._own_name(project))
        checked_id = checks.positive("id", id)
        entry = {
            "id": checked_id,
            "ownername": ownername,
            "projectname": dirname.partition(":")[0],
            "project_dirname": dirname,
            "package": package,
            "memory_limit": memory_limit,
            "timeout": timeout,
            "enable_net": enable_net,
            "is_background": is_background,
            "bootstrap": bootstrap,
            "lifecycle": DEFAULT_LIFE if lifecycle is None else lifecycle,
            "progress": self._store.progress if progress is None else progress,
            "chroots": chroot_entries(
                checked_id, chroots, package, checks.optional(checks.state)("state", state), lifecycle
            ),
        }
        (build,) = self._add_entry("builds", entry, come_about).builds.values()
        return build

    def add_chroot(
        self,
        build_id: int,
        chrootname: str,
        *,
        state: State | StateName | None = None,
        lifecycle: LifecycleLike | None = None,
        progress: ProgressLike | None = None,
    ) -> BuildChroot:
        """Add a chroot to an existing build, after its others, in the same way as :meth:`add_build` does.

        With a ``state`` and no ``lifecycle`` it stays in that, and can have no ``progress``.

        :raises InputError: naming the impossible value; nothing is added then.
        """
        from .scenario.arguments import add_chroot

        with self._store.lock:
            return add_chroot(self._build(build_id), chrootname, state, lifecycle, progress)

    def add_mock_chroots(self, *names: str) -> None:
        """Let the service know chroots that no project and no build has.

        :raises InputError: for what is no name of a chroot; none is added then.
        """
        checked = [*checks.each("names", names, checks.chroot_name)]
        with self._store.lock:
            self._store.know(checked)

    def add_account(self, name: str, login: str, token: str, groups: Iterable[str] = ()) -> Account:
        """Let a user log in. Before the first is added, any login is accepted and may do everything; then only these.

        :param groups: the groups whose projects are the user's too, each with its ``@``.
        :raises InputError: for an impossible value, or a login that exists already.
        """
        account = Account(name, login, token, checks.groups("groups", groups))
        with self._store.lock:
            if account.login in self._store.accounts:
                raise InputError("login", f"{checks.shown(account.login)} is there already; expected another")
            self._store.accounts[account.login] = account
        return account

    @property
    def accounts(self) -> list[Account]:
        """The users who may log in; while there are none, anybody may."""
        return list(self._store.accounts.values())

    def populate(self, builds: int = 10, chroots: int = 5, seed: int | None = None) -> list[Build]:
        """Add generated builds with about so many chroots each, as Copr could have them now; return the builds.

        Their ids are above all earlier ids, their times not after the fake's time, and all of them have ended.

        :param seed: the random seed; the fake's own by default.
        :raises InputError: for an invalid number; nothing is added then.
        :raises MissingExtraError: if Faker is not installed.
        """
        from .generate.populate import populate

        return populate(self._store, builds, chroots, seed)

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

    # Its adapters.

    def answer(self, method: str, target: str, headers: Headers = ()) -> Answer:
        """What Copr answers to a request.

        :param target: path and query as a client sends them, beginning with ``/api_3`` or ``/results``.
        :param headers: pairs of name and value. Copr reads ``Authorization`` and ``X-Fields``; for results, also
            conditions and ranges.
        """
        return self._api.answer(checks.any_text("method", method), checks.any_text("target", target), raw(headers))

    def pass_time(self, seconds: float) -> None:
        """Let seconds pass while a client waits: a virtual clock is moved, the system's goes on by itself."""
        self._api.pass_time(checks.amount("seconds", seconds))

    @property
    def results_url(self) -> str:
        """The address below which ``result_url`` says that results are."""
        return self._store.results_root

    @property
    def serves_results(self) -> bool:
        """Whether the fake serves results itself, below ``/results`` of the address that it is asked at."""
        return self._store.serves_results

    def be_at(self, address: str) -> None:
        """Say at which address the fake is: ``result_url`` leads there if it serves results and has no other."""
        at = checks.address("address", address)
        if self.serves_results and self._results_url is None:
            self._store.move_results(at + RESULTS)

    @cached_property
    def transport(self) -> HttpxTransport:
        """A transport for any ``httpx.Client`` or ``httpx.AsyncClient``; it answers for every host."""
        from .adapters.httpx import HttpxTransport

        return HttpxTransport(self._api)

    @cached_property
    def asgi(self) -> AsgiDoor:
        """An ASGI application."""
        from .adapters.asgi import AsgiDoor

        return AsgiDoor(self._api.answer)

    @contextmanager
    def answering_httpx(self, url: str = COPR_URL) -> Iterator[respx.MockRouter]:
        """Answer whatever code on httpx asks at an address, and where results are; gives a respx router for all else.

        :raises MissingExtraError: if respx is not installed.
        """
        with needing("FakeCopr.answering_httpx", "respx", "pytest"):
            from .adapters.respx import answering_through_respx
        with answering_through_respx(self.transport, *self._addresses(url)) as router:
            yield router

    @contextmanager
    def answering_requests(self, url: str = COPR_URL) -> Iterator[responses.RequestsMock]:
        """Answer whatever code on requests asks at an address, and where results are; gives a mock for all else.

        :raises MissingExtraError: if responses is not installed.
        """
        with needing("FakeCopr.answering_requests", "responses", "requests"):
            from .adapters.requests import answering_through_responses
        with answering_through_responses(self, *self._addresses(url)) as mock:
            yield mock

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve the fake on a free port of this machine, in a thread; yields its address, the ``copr_url`` of clients.

        Meanwhile ``result_url`` leads there too, if the fake serves results and has no other address for them.
        """
        from .server.live import LiveServer

        results_url = self.results_url
        server = LiveServer()
        try:
            yield server.add("fake", self)
        finally:
            server.stop()
            self._store.move_results(results_url)

    # Its request journal; pytest shows no traceback of the assertions.

    @cached_property
    def journal(self) -> Journal:
        """Finds requests, for the assertions and the control API."""
        from .journal.journal import Journal

        return Journal(self._store, self._log)

    @property
    def requests(self) -> list[Request]:
        """The latest requests, in the order of their answers: 10,000 by default, fewer if they take over 64 MB."""
        return self.journal.requests()

    def requests_after(self, number: int) -> list[Request]:
        """The requests that came after the one with that number."""
        return self.journal.requests(number)

    @property
    def unmatched(self) -> list[UnmatchedRequests]:
        """The remembered requests that matched nothing, by method and target, in the order of each one's first."""
        return self.journal.unmatched()

    def forget_requests(self) -> None:
        """Forget what was asked so far; faults keep counting."""
        self.journal.clear()

    def assert_requested(
        self,
        endpoint: EndpointName,
        *,
        build_id: int | None = None,
        chrootname: str | None = None,
        times: int | None = None,
    ) -> None:
        """Assert that an endpoint was asked, at least once or ``times`` times; ``get`` is a single build chroot.

        :raises AssertionError: saying what was asked instead.
        """
        __tracebackhide__ = True
        self.journal.assert_requested(endpoint, build_id, chrootname, times)

    def assert_not_requested(
        self, endpoint: EndpointName, *, build_id: int | None = None, chrootname: str | None = None
    ) -> None:
        """Assert that an endpoint was not asked.

        :raises AssertionError: saying what was asked.
        """
        __tracebackhide__ = True
        self.journal.assert_requested(endpoint, build_id, chrootname, 0)

    def assert_polled_no_faster_than(
        self, seconds: float, *, build_id: int | None = None, chrootname: str | None = None
    ) -> None:
        """Assert that no build, chroot, list or page was looked at twice within so many seconds of the fake's clock.

        A page is the same one if it was asked for by the same arguments.

        :raises AssertionError: showing the two requests.
        """
        __tracebackhide__ = True
        self.journal.assert_polled_no_faster_than(checks.amount("seconds", seconds), build_id, chrootname)

    def assert_all_pages_read(self, build_id: int) -> None:
        """Assert that every chroot of a build was on some page of its list that was read.

        :raises AssertionError: naming the chroots that were not, and what was asked.
        """
        __tracebackhide__ = True
        self.journal.assert_all_pages_read(self._build(build_id))

    @property
    def _retained_bytes(self) -> int:
        """An estimate of the memory that builds, chroots and recorded requests take; each of them is counted."""
        with self._store.lock:
            builds = sum(BUILD_BYTES + CHROOT_BYTES * len(build.chroots) for build in self._store.builds.values())
            changes = CHANGE_BYTES * len(self._store.changes)
            # A request refers to every chroot that its response has shown.
            entries = [*self._log.entries]
        return builds + changes + sum(REQUEST_BYTES + len(entry[1]) + 8 * len(entry[5]) for entry in entries)

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

    def _add_entry(
        self,
        kind: Literal["projects", "builds"],
        entry: Mapping[str, object],
        finish: Callable[[Build], None] = lambda build: None,
    ) -> Batch:
        """Add a scenario of one entry; errors name the fields of that entry alone."""
        with self._store.lock:
            try:
                batch = read_batch({kind: [entry]}, self._store)
            except InputError as error:
                raise InputError(error.field.removeprefix(f"{kind}[0]."), error.problem) from None
            for build in batch.builds.values():
                finish(build)
            self._store.add(batch, enable=True)
        return batch

    def _own_name(self, project: Project | str) -> str:
        if not checks.is_kind(project, Project):
            return checks.text("project", project)
        if self._store.projects.get(project.full_name) is not project:
            raise InputError("project", f"{project} is of no or another fake; expected what add_project has returned")
        return project.full_name

    def _addresses(self, url: str) -> list[str]:
        return [checks.server("url", url), *([self.results_url] if self.serves_results else [])]
