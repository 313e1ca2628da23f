"""Rules for operations: each is applied to the fake of every adapter, and to the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

import hypothesis.strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from copr_chroot_fake import Build, BuildChroot, CoprFakeError, FakeCopr, Snapshot, State
from copr_chroot_fake.model.machine import Event
from copr_chroot_fake.wire.endpoint_name import EndpointName

from ..adapters import SendRequest
from ..events import METHODS, advance_all, finish_all
from . import service
from .service import Impossible, Model
from .strategies import ACCOUNTS, IDS, LIMIT, PACKAGES, PROGRESS, PROJECTS, courses, ids, names
from .tables import EVENTS

T = TypeVar("T")


class Adapter(NamedTuple):
    """An adapter, its fake, and a snapshot of the fake without content."""

    fake: FakeCopr
    send: SendRequest
    initial: Snapshot


Taken = tuple[Sequence[Snapshot], Model, dict[str, int]]


class OperationRules(RuleBasedStateMachine):
    """Rules for everything that can be done with a fake."""

    adapters: Mapping[str, Adapter]
    taken = Bundle("taken")

    @initialize(
        builds=st.lists(
            st.tuples(st.dictionaries(names, courses, min_size=2), st.sampled_from(PROGRESS)), min_size=2, max_size=3
        )
    )
    def begin(self, builds: list[tuple[dict[str, str], tuple[str, int]]]) -> None:
        for adapter in self.adapters.values():
            adapter.fake.restore(adapter.initial)
        self.model = Model(LIMIT)
        self.faults: dict[str, int] = {}
        for build_id, (chroots, progress), project in zip(IDS, builds, PROJECTS, strict=False):
            self.add_build(build_id, chroots, project, PACKAGES[0], progress)

    def each(self, do: Callable[[FakeCopr], T]) -> T | None:
        """Apply an operation to every fake, with the same result; return ``None`` if it is impossible."""
        outcomes = {name: _outcome(do, adapter.fake) for name, adapter in self.adapters.items()}
        first = next(iter(outcomes.values()))
        assert all(outcome == first for outcome in outcomes.values()), outcomes
        if isinstance(first, str):
            return None
        return first[0]

    def both(self, do: Callable[[FakeCopr], T], expect: Callable[[], object]) -> T | None:
        """Apply an operation to the fakes and to the model, which accept or reject it alike."""
        before = self.model.copy()
        try:
            expect()
            possible = True
        except Impossible:
            self.model, possible = before, False
        done = self.each(lambda fake: (do(fake),))
        self.model.catch_up()
        assert (done is not None) == possible, (done, possible)
        return None if done is None else done[0]

    # Objects.

    @rule(
        id=ids,
        chroots=st.dictionaries(names, courses),
        project=st.sampled_from(PROJECTS),
        package=st.sampled_from(PACKAGES),
        progress=st.sampled_from(PROGRESS),
    )
    def add_build(
        self, id: int, chroots: dict[str, str], project: str, package: str, progress: tuple[str, int]
    ) -> None:
        settings = {
            name: {"state": course[1:]} if course[0] == "=" else {"lifecycle": course}
            for name, course in chroots.items()
        }
        mode = cast("dict[str, int]", {"poll": progress[1]}) if progress[0] == "poll" else progress[0]
        submission_fields: dict[str, object] = {}

        def add(fake: FakeCopr) -> str:
            build = fake.add_build(settings, id=id, project=project, package=package, progress=mode)  # type: ignore[arg-type]  # drawn values are valid names
            submission_fields["submitted_on"], submission_fields["submitter"] = build.submitted_on, build.submitter
            return repr(submission_fields)

        owner, dirname = project.split("/")
        build = service.Build(id, owner, dirname.partition(":")[0], dirname, package, submission_fields)
        self.both(add, lambda: self.model.add_build(build, [*chroots.items()], *progress))

    @rule(id=ids, name=names, course=courses, progress=st.sampled_from(PROGRESS))
    def add_chroot(self, id: int, name: str, course: str, progress: tuple[str, int]) -> None:
        if id not in self.model.builds:
            return
        mode = cast("dict[str, int]", {"poll": progress[1]}) if progress[0] == "poll" else progress[0]

        def add(fake: FakeCopr) -> None:
            if course[0] == "=":
                fake.builds[id].add_chroot(name, state=State(course[1:]))
            else:
                fake.builds[id].add_chroot(name, lifecycle=course, progress=mode)  # type: ignore[arg-type]  # drawn values are valid names

        self.both(add, lambda: self.model.add_chroot(id, name, course, *progress))

    @rule(project=st.sampled_from(PROJECTS[:2]), chroots=st.lists(names, unique=True))
    def add_project(self, project: str, chroots: list[str]) -> None:
        self.both(
            lambda fake: str(fake.add_project(project, chroots=chroots)),
            lambda: self.model.add_project(project, chroots),
        )

    @rule(account=st.sampled_from(ACCOUNTS))
    def add_account(self, account: tuple[str, str, str, list[str]]) -> None:
        name, login, token, groups = account

        def add() -> None:
            if login in self.model.accounts:
                raise Impossible
            self.model.accounts[login] = token, name, groups

        self.both(lambda fake: str(fake.add_account(name, login, token, groups)), add)

    @rule(id=ids)
    def remove(self, id: int) -> None:
        if id not in self.model.builds:
            return
        self.both(lambda fake: fake.builds[id].delete(), lambda: self.model.builds.pop(id))

    # Transitions.

    def chroot(
        self,
        id: int,
        name: str,
        do: Callable[[BuildChroot], T],
        expect: Callable[[service.Build, service.Chroot], object],
    ) -> T | None:
        build = self.model.builds.get(id)
        found = None if build is None else next((chroot for chroot in build.chroots if chroot.name == name), None)
        if build is None or found is None:
            return None
        return self.both(lambda fake: do(fake.builds[id][name]), lambda: expect(build, found))

    @rule(id=ids, name=names, event=st.sampled_from([*EVENTS]), is_likely=st.booleans())
    def event(self, id: int, name: str, event: str, is_likely: bool) -> None:
        if is_likely:
            # Replace the event by a possible one.
            states = [c.state for b, c in self.model.every_chroot() if (b.id, c.name) == (id, name)]
            possible = [one for one, (sources, _) in EVENTS.items() if {*states} & {*sources}]
            event = possible[[*EVENTS].index(event) % len(possible)] if possible else event
        self.chroot(
            id,
            name,
            lambda c: METHODS[Event["IMPORT" if event == "begin_import" else event.upper()]](c),
            lambda b, c: self.model.event(b, c, event),
        )

    @rule(id=ids, name=names, state=st.sampled_from([*State]))
    def run_to(self, id: int, name: str, state: State) -> None:
        self.chroot(id, name, lambda c: c.advance(to=state), lambda b, c: self.model.run_to(b, c, state.value))

    @rule(id=ids, name=names, state=st.sampled_from([*State]))
    def force(self, id: int, name: str, state: State) -> None:
        self.chroot(id, name, lambda c: c.set_state(state), lambda b, c: self.model.force(b, c, state.value))

    @rule(id=ids, name=names, state=st.sampled_from([*State]))
    def hold(self, id: int, name: str, state: State) -> None:
        chroots = self.model.builds[id].chroots if id in self.model.builds else []
        if any(chroot.name == name and chroot.progress == "immediate" for chroot in chroots):
            # The eager model has already advanced immediate chroots that were not polled yet.
            return
        self.chroot(id, name, lambda c: c.hold(state), lambda b, c: self.model.hold(c, state.value))

    @rule(id=ids, name=names)
    def release(self, id: int, name: str) -> None:
        self.chroot(id, name, lambda c: c.release(), lambda b, c: self.model.release(c))

    def of_build(self, id: int, do: Callable[[Build], T], expect: Callable[[service.Build], object]) -> T | None:
        if id not in self.model.builds:
            return None
        return self.both(lambda fake: do(fake.builds[id]), lambda: expect(self.model.builds[id]))

    @rule(id=ids)
    def cancel(self, id: int) -> None:
        self.of_build(id, lambda build: build.cancel(), self.model.cancel)

    @rule(id=ids)
    def advance(self, id: int) -> None:
        counts: list[int] = []
        done = self.of_build(id, lambda build: advance_all(build), lambda b: counts.append(self.model.advance(b)))
        assert done is None or [done] == counts

    @rule(id=ids)
    def finish(self, id: int) -> None:
        def finish(build: service.Build) -> None:
            while self.model.advance(build):
                pass

        self.of_build(id, lambda build: finish_all(build), finish)

    @rule(seconds=st.sampled_from([0, 1, 9, 10, 30, 60, 300, 1000]))
    def tick(self, seconds: int) -> None:
        self.both(lambda fake: fake.clock.tick(seconds), lambda: self.model.tick(seconds))

    @rule(
        endpoint=st.sampled_from(
            ["build-chroot", "build-chroot/list", "build", "build/list", "monitor", "build/cancel", "project"]
        )
    )
    def fault(self, endpoint: EndpointName) -> None:
        if self.faults.get(endpoint):
            return
        self.each(lambda fake: fake.faults.add({"endpoint": endpoint, "first": 1, "status": 503}) and None)
        self.faults[endpoint] = 1

    @rule(target=taken)
    def snapshot(self) -> Taken:
        snapshots = [adapter.fake.snapshot() for adapter in self.adapters.values()]
        return snapshots, self.model.copy(), {**self.faults}

    @rule(taken=taken)
    def restore(self, taken: Taken) -> None:
        snapshots, then, faults = taken
        for adapter, snapshot in zip(self.adapters.values(), snapshots, strict=True):
            adapter.fake.restore(snapshot)
        self.model, self.faults = then.copy(), {**faults}


def _outcome(do: Callable[[FakeCopr], T], fake: FakeCopr) -> tuple[T] | str:
    try:
        return (do(fake),)
    except CoprFakeError as error:
        return str(error)
