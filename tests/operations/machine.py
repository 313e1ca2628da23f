"""A machine that draws from every public operation, and checks the fake after each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple, TypeVar, cast

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from copr_chroot_fake import (
    Build,
    BuildChroot,
    CoprFakeError,
    FakeCopr,
    Message,
    Scenario,
    Snapshot,
    SystemClock,
    VirtualClock,
)
from copr_chroot_fake.control import views
from copr_chroot_fake.model.project import RESULTS_URL

from ..adapters import credentials
from ..events import METHODS
from . import tables
from .tables import EPOCH

T = TypeVar("T")

indexes = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5, 7, 11])
"""Mostly the first one, because sequences of operations on one object find most errors."""

ALMOST_STILL = 1e-300
"""A speed so low that floats do not change: the clock runs, but each run is reproducible."""

NOT_WRITTEN = ("clear", "populate", "add", "add_scenario", "on_submit", "reset")
"""Operations after which a reloaded fake differs by design: a scenario has no used ids of faults, for example."""


class Taken(NamedTuple):
    """A snapshot, and everything that it must restore."""

    snapshot: Snapshot
    now: float
    everything: object
    objects: tuple[object, ...]


class OperationsMachine(RuleBasedStateMachine):
    """A fake and its twin, which was loaded from the fake's dump and gets the same operations since."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Taken] = []
        self.saved: list[Scenario] = []
        self.held: dict[int, Build | BuildChroot] = {}
        self.sandboxes: list[tuple[ExitStack, Taken]] = []

    @initialize(runs=st.booleans(), progress=tables.progress, build=tables.first_build)
    def begin(self, runs: bool, progress: str, build: dict[str, object]) -> None:
        self.steps = 0
        self.runs, self.progress = runs, progress
        self.fake = self._make({"now": EPOCH})
        self.twin = self._make({"now": EPOCH})
        self.delivered: list[int] = []
        self.fake.subscribe(lambda message: self.delivered.append(message.number))
        self.both(lambda fake: fake.add_build(**build))  # type: ignore[arg-type]  # drawn arguments are valid

    def _make(self, scenario: Scenario) -> FakeCopr:
        """Return a fake with the same options, loaded from a scenario."""
        clock = SystemClock(ALMOST_STILL) if self.runs else VirtualClock()
        clock.restore(scenario["now"])
        return FakeCopr.from_scenario(
            json.loads(json.dumps(scenario)),
            clock=clock,
            progress=self.progress,  # type: ignore[arg-type]  # one of the names
            seed=5,
        )

    def _reload(self) -> FakeCopr:
        """Return the fake loaded from its dump, with the parts that a scenario does not have."""
        copy = self._make(self.fake.to_scenario())
        copy.reseed(self.fake.seed)
        root = self.fake.results_url.removesuffix("/results")
        copy.service.set_base_url(root)
        return copy

    def teardown(self) -> None:
        while self.sandboxes:
            self.sandboxes.pop()[0].close()

    # Operations.

    def both(self, do: Callable[[FakeCopr], object]) -> None:
        """Do it to the fake and to its twin, with the same outcome."""
        assert _outcome(do, self.fake) == _outcome(do, self.twin)

    def only(self, do: Callable[[FakeCopr], object]) -> None:
        """Operate on the fake alone, and create the twin again from its dump."""
        _outcome(do, self.fake)
        self.twin = self._reload()

    @rule(data=st.data(), operation=st.sampled_from([*tables.FAKE]))
    def operate_fake(self, data: st.DataObject, operation: str) -> None:
        arguments = data.draw(tables.FAKE[operation], operation)
        (self.only if operation in NOT_WRITTEN else self.both)(lambda fake: _operate(fake, operation, arguments))

    @precondition(lambda self: self.fake.builds)
    @rule(data=st.data(), at=indexes, operation=st.sampled_from([*tables.BUILD]))
    def operate_build(self, data: st.DataObject, at: int, operation: str) -> None:
        build = _pick([*self.fake.builds], at)
        arguments = data.draw(tables.BUILD[operation], operation)
        self.both(lambda fake: _operate(fake.builds[build], operation, arguments))

    @precondition(lambda self: bool(_chroots(self.fake)))
    @rule(data=st.data(), at=indexes, operation=st.sampled_from([*tables.CHROOT]))
    def operate_chroot(self, data: st.DataObject, at: int, operation: str) -> None:
        build, name = _pick(_chroots(self.fake), at)
        arguments = data.draw(tables.CHROOT[operation], operation)
        self.both(lambda fake: _operate(fake.builds[build][name], operation, arguments))

    @precondition(lambda self: self.fake.builds)
    @rule(at=indexes, name=tables.known_names, arguments=tables.added)
    def add_chroot(self, at: int, name: str, arguments: dict[str, object]) -> None:
        """More likely to succeed than with any build."""
        build = _pick([*self.fake.builds], at)
        self.both(lambda fake: fake.builds[build].add_chroot(name, **arguments))  # type: ignore[arg-type]  # drawn arguments are valid

    @precondition(lambda self: bool(_chroots(self.fake)))
    @rule(at=indexes, steps=tables.history)
    def operate_one_chroot(self, at: int, steps: list[tuple[str, dict[str, object]]]) -> None:
        """Several operations on the same chroot find more than as many on different ones."""
        build, name = _pick(_chroots(self.fake), at)
        for operation, arguments in steps:
            found = self.fake.builds[build].get(name) if build in self.fake.builds else None
            if found is None:
                return
            if operation == "tick":
                self.both(partial(_operate_clock, arguments=arguments))
            elif operation == "possible event":
                self._let_happen(build, name, cast(int, arguments["which"]))
            else:
                self.both(partial(_operate_chroot, at=(build, name), operation=operation, arguments=arguments))
            self.the_fake_loads_back()

    def _let_happen(self, build: int, name: str, which: int) -> None:
        events = self.fake.builds[build][name].possible_events
        if events:
            self.both(lambda fake: METHODS[_pick(events, which)](fake.builds[build][name]))

    @precondition(lambda self: bool(_removed(self)))
    @rule(data=st.data(), at=indexes)
    def operate_removed(self, data: st.DataObject, at: int) -> None:
        """Operations on removed builds and chroots have no effect on the fake."""
        target = _pick(_removed(self), at)
        table = tables.BUILD if isinstance(target, Build) else tables.CHROOT
        operation = data.draw(st.sampled_from([*table]))
        arguments = data.draw(table[operation], operation)
        self.only(lambda fake: _operate(target, operation, arguments))

    @precondition(lambda self: self.fake.projects)
    @rule(data=st.data(), at=indexes, operation=st.sampled_from([*tables.PROJECT]))
    def operate_project(self, data: st.DataObject, at: int, operation: str) -> None:
        full_name = _pick([*self.fake.projects], at)
        arguments = data.draw(tables.PROJECT[operation], operation)
        self.both(lambda fake: _operate(fake.projects[full_name], operation, arguments))

    @rule(data=st.data(), operation=st.sampled_from([*tables.FAULTS]))
    def operate_faults(self, data: st.DataObject, operation: str) -> None:
        arguments = data.draw(tables.FAULTS[operation], operation)
        (self.only if operation in NOT_WRITTEN else self.both)(lambda fake: _operate(fake.faults, operation, arguments))

    @rule(data=st.data(), operation=st.sampled_from([*tables.RULES]))
    def operate_rules(self, data: st.DataObject, operation: str) -> None:
        arguments = data.draw(tables.RULES[operation], operation)
        self.only(lambda fake: _operate(fake.submission_rules, operation, arguments))

    @rule(data=st.data())
    def operate_clock(self, data: st.DataObject) -> None:
        table = tables.SYSTEM_CLOCK if self.runs else tables.VIRTUAL_CLOCK
        operation = data.draw(st.sampled_from([*table]))
        arguments = data.draw(table[operation], operation)
        if self.runs and arguments.get("now") == 0:
            # At a speed at which time passes.
            arguments = {"now": 1}
        self.both(lambda fake: _operate(fake.clock, operation, arguments))

    @rule(names=st.lists(tables.names, max_size=2))
    def add_mock_chroots(self, names: list[str]) -> None:
        self.both(lambda fake: fake.add_mock_chroots(*names))

    @rule(at=indexes, times=st.integers(1, 3))
    def poll(self, at: int, times: int) -> None:
        target = _pick([*_targets(self.fake)], at)
        for _ in range(times):
            self.both(lambda fake: fake.answer("GET", target))

    @rule(write=tables.WRITES, login=st.sampled_from(["abc", "def"]))
    def write(self, write: tuple[str, str, dict[str, object]], login: str) -> None:
        """Send a request that changes something; a rejected one changes nothing."""
        method, path, body = write
        headers = [("Authorization", credentials(login, "secret")), ("Content-Type", "application/json")]
        sent = json.dumps(body).encode()
        before = {**self.fake.to_scenario(), "faults": []}
        self.both(lambda fake: fake.answer(method, f"/api_3/{path}", headers, sent))
        if self.fake.requests[-1].status >= 400:
            assert {**self.fake.to_scenario(), "faults": []} == before

    # Snapshots and dumps.

    def _take(self) -> Taken:
        snapshot = self.fake.snapshot()
        return Taken(snapshot, self.fake.clock.now(), _everything(self.fake), _objects(self.fake))

    def _check_restored(self, taken: Taken) -> None:
        restored = _objects(self.fake)
        assert [*map(id, restored)] == [*map(id, taken.objects)]
        assert _everything(self.fake) == taken.everything
        self.twin = self._reload()

    def take_snapshot(self) -> None:
        self.taken.append(self._take())

    @precondition(lambda self: self.taken)
    @rule(order=st.lists(st.integers(0, 50), min_size=1, max_size=5))
    def restore_snapshot(self, order: list[int]) -> None:
        """Restore any of the snapshots; there is one after each step."""
        for at in order:
            taken = _pick(self.taken, at)
            # A restore leaves the system's time alone.
            self.fake.clock.restore(taken.now)
            self.fake.restore(taken.snapshot)
            self._check_restored(taken)

    @precondition(lambda self: len(self.sandboxes) < 3)
    @rule()
    def enter_sandbox(self) -> None:
        entered = ExitStack()
        entered.enter_context(self.fake.snapshot())
        self.sandboxes.append((entered, self._take()))

    @precondition(lambda self: self.sandboxes)
    @rule()
    def leave_sandbox(self) -> None:
        entered, taken = self.sandboxes.pop()
        self.fake.clock.restore(taken.now)
        entered.close()
        self._check_restored(taken)

    @rule()
    def save_scenario(self) -> None:
        self.saved.append(self.fake.to_scenario())

    @precondition(lambda self: self.saved)
    @rule(at=indexes, replaces=st.booleans())
    def load_saved_scenario(self, at: int, replaces: bool) -> None:
        """Load it into the running fake, which may have some of its builds."""

        def load(fake: FakeCopr) -> None:
            if replaces:
                fake.clear()
            fake.add_scenario(_pick(self.saved, at))

        self.only(load)

    @rule()
    def continue_with_reloaded(self) -> None:
        """Check that a loaded fake behaves as the original from now on."""
        self.twin = self._reload()

    # Invariants.

    @invariant()
    def the_fake_loads_back(self) -> None:
        for build in self.fake.builds.values():
            self.held[id(build)] = build
            self.held |= {id(chroot): chroot for chroot in build.chroots}
        dumped = self.fake.to_scenario()
        assert self.twin.to_scenario() == dumped
        assert _shown(self.twin) == _shown(self.fake)
        copy = self._reload()
        assert copy.to_scenario() == dumped
        assert _shown(copy) == _shown(self.fake)
        self.take_snapshot()
        # Nothing is lost, or delivered twice.
        assert self.delivered == [*range(1, len(self.delivered) + 1)]
        assert {message.number for message in self.fake.messages} <= {*self.delivered}
        self.steps += 1
        if self.steps % 5 == 0:
            self._compare_future(copy)

    def _compare_future(self, copy: FakeCopr) -> None:
        """Check that future responses of both are equal, and restore both."""
        before, now = _everything(self.fake), self.fake.clock.now()
        published = len(self.fake.messages)
        with self.fake.snapshot():
            for passed in (0, 25, 400):
                _let_pass(self.fake, passed)
                _let_pass(copy, passed)
                for target in _targets(self.fake):
                    assert copy.answer("GET", target) == self.fake.answer("GET", target), target
            assert _unordered(copy.messages) == _unordered(self.fake.messages[published:]), (
                _unordered(copy.messages),
                _unordered(self.fake.messages[published:]),
            )
            self.fake.clock.restore(now)
        assert _everything(self.fake) == before


def _pick(these: Sequence[T], at: int) -> T:
    return these[at % len(these)]


def _chroots(fake: FakeCopr) -> list[tuple[int, str]]:
    return [(build.id, chroot.name) for build in fake.builds.values() for chroot in build.chroots]


def _removed(machine: OperationsMachine) -> list[Build | BuildChroot]:
    return [held for held in machine.held.values() if not _is_there(machine.fake, held)]


def _let_pass(fake: FakeCopr, seconds: float) -> None:
    fake.clock.move_to(min(fake.clock.now() + seconds, tables.LAST))


def _operate(target: object, operation: str, arguments: Mapping[str, object]) -> object:
    """Call a method, or set an attribute to the ``value``."""
    if "value" in arguments:
        setattr(target, operation, arguments["value"])
        return None
    return getattr(target, operation)(**arguments)


def _operate_chroot(fake: FakeCopr, at: tuple[int, str], operation: str, arguments: Mapping[str, object]) -> object:
    return _operate(fake.builds[at[0]][at[1]], operation, arguments)


def _operate_clock(fake: FakeCopr, arguments: Mapping[str, object]) -> object:
    return _operate(fake.clock, "tick", arguments)


def _outcome(do: Callable[[FakeCopr], object], fake: FakeCopr) -> str:
    try:
        return repr(do(fake))
    except CoprFakeError as error:
        return f"{type(error).__name__}: {error}"


def _is_there(fake: FakeCopr, held: Build | BuildChroot) -> bool:
    build = held if isinstance(held, Build) else held.build
    return fake.builds.get(build.id) is build and (held is build or build.get(held.name) is held)  # type: ignore[union-attr]  # it is a chroot if it is not the build


def _shown(fake: FakeCopr) -> object:
    # A restore leaves the address alone.
    text = repr([views.build(build) for build in fake.builds.values()])
    return text.replace(fake.results_url, RESULTS_URL), [*fake.projects]


def _everything(fake: FakeCopr) -> object:
    """All that a snapshot brings back."""
    faults = [(fault.id, fault.seen, fault.hits) for fault in fake.faults]
    rules = [(rule.id, rule.seen, rule.hits) for rule in fake.submission_rules]
    # First, as it lets everything happen that is due.
    dumped = fake.to_scenario()
    return dumped, _shown(fake), fake.seed, fake.accounts, fake.groups, faults, rules, fake.changes, fake.messages


def _unordered(messages: Iterable[Message]) -> list[str]:
    """Return messages in any order, which builds may change within a second."""
    return sorted(map(str, messages))


def _objects(fake: FakeCopr) -> tuple[object, ...]:
    """Return the objects that a test may hold."""
    builds = [*fake.builds.values()]
    chroots = [chroot for build in builds for chroot in build.chroots]
    return (*fake.projects.values(), *builds, *chroots, *fake.faults, *fake.submission_rules, *fake.accounts)


def _targets(fake: FakeCopr) -> Iterator[str]:
    """Return targets for everything that exists."""
    yield from ("/api_3/mock-chroots/list", "/api_3/build/7", "/api_3/build-chroot?build_id=1&chrootname=fedora")
    for build in [*fake.builds.values()]:
        yield f"/api_3/build-chroot/list/{build.id}?order=mock_chroot_id"
        yield f"/api_3/build-chroot/list/{build.id}?limit=1&offset=1&order=copr_chroot_id"
        for form in ("", "source-chroot/", "built-packages/"):
            yield f"/api_3/build/{form}{build.id}"
        for chroot in build.chroots:
            yield f"/api_3/build-chroot?build_id={build.id}&chrootname={chroot.name}"
            yield f"/api_3/build-chroot/build-config/{build.id}/{chroot.name}"
            if chroot.result_dir:
                results = f"/results/{build.project.ownername}/{build.project_dirname}/{chroot.name}"
                yield f"{results}/{chroot.result_dir}/"
                yield f"{results}/{chroot.result_dir}/builder-live.log.gz"
                yield f"{results}/{chroot.result_dir}/builder-live.log"
    for project in [*fake.projects.values()]:
        query = f"ownername={project.ownername}&projectname={project.projectname}"
        yield from (f"/api_3/{form}?{query}" for form in ("project", "build/list", "monitor"))
