"""Chroots of one build share its cancellation and deletion, which take effect on time in any order of reading."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Literal, cast

import pytest

from copr_chroot_fake import (
    Build,
    BuildChroot,
    EventError,
    FakeCopr,
    InputError,
    Lifecycle,
    LifecycleName,
    Progress,
    Stage,
    State,
    StateName,
    VirtualClock,
)
from copr_chroot_fake.scenario.spec import ChrootFields

from .adapters import direct_client
from .chroots import F41, F42
from .events import advance_all
from .polls import listed, state

START = 1_700_000_000


def states_and_times(build: Build) -> dict[str, tuple[str, int | None, int | None]]:
    return {chroot.name: (chroot.state, chroot.started_on, chroot.ended_on) for chroot in build.values()}


def test_cancel_keeps_transitions_that_were_already_due() -> None:
    """A chroot that was due to succeed has succeeded, even if it was never read; others are canceled."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build({F41: {"lifecycle": "stuck-running"}, F42: {}}, id=1)
    fake.clock.tick(1000)
    build.cancel()
    assert build[F42].state == "succeeded"
    fake.clock.tick(10)
    assert (build[F41].state, build[F41].ended_on) == ("failed", START + 1010)


@pytest.mark.parametrize("order", list(itertools.permutations([F41, F42])))
def test_canceling_lifecycle_is_due_whichever_chroot_is_read(order: tuple[str, ...]) -> None:
    """One lifecycle cancels the build after 45 seconds, when the other chroot is starting; that one has no end."""
    fake = FakeCopr(progress="clock")
    canceled = Lifecycle(Stage("pending", 45), Stage("pending", 5, canceled=True), Stage("canceled"))
    build = fake.add_build({F41: {"lifecycle": canceled}, F42: {}}, id=1)
    fake.clock.tick(1000)
    for name in order:
        _ = build[name].state
    assert states_and_times(build) == {F41: ("canceled", None, None), F42: ("canceled", START + 40, None)}


@pytest.mark.parametrize(
    ("lifecycle", "end"), [("canceled-while-pending", "canceled"), ("canceled-while-running", "failed")]
)
def test_canceled_chroots_wait_as_long_as_their_lifecycle(lifecycle: LifecycleName, end: str) -> None:
    """A simultaneous cancellation by another chroot does not confirm them sooner."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41, F42], id=1, lifecycle=lifecycle)
    fake.clock.tick(40 if end == "canceled" else 300)
    before = states_and_times(build)
    assert build.is_canceled
    fake.clock.tick(9)
    assert states_and_times(build) == before
    fake.clock.tick(1)
    assert {chroot.state for chroot in build.values()} == {end}


def test_chroot_can_start_just_before_its_build_is_canceled() -> None:
    """A stage first enters its state, and then cancels the build."""
    fake = FakeCopr(progress="clock")
    lifecycle = Lifecycle(Stage("pending", 10), Stage("starting", 5, canceled=True), Stage("canceled"))
    build = fake.add_build([F41], id=1, lifecycle=lifecycle)
    fake.clock.tick(10)
    assert (states_and_times(build), build.is_canceled) == ({F41: ("starting", START + 10, None)}, True)
    fake.clock.tick(5)
    assert states_and_times(build) == {F41: ("canceled", START + 10, None)}


def test_event_after_a_cancel_keeps_its_confirmation() -> None:
    """The chroot is canceled ten seconds after the cancel, also in a dumped and loaded fake."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1, lifecycle="stuck-pending")
    build.cancel()
    build[F41].report("pending")
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, copy):
        each.clock.tick(10)
        assert each.builds[1][F41].state == "canceled"


def test_chroot_appearing_in_a_canceled_build_is_canceled() -> None:
    """A dumped and loaded fake does the same."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1, lifecycle="appears-late")
    build.cancel()
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, copy):
        each.clock.tick(10)
        assert each.builds[1][F41].state == "canceled"


@pytest.mark.parametrize(
    ("chroot", "clock", "end"),
    [
        ({"state": "starting", "lifecycle": "succeeds"}, None, "succeeded"),
        ({}, VirtualClock(0), "succeeded"),
        ({"hold": "starting"}, None, "starting"),
        ({"lifecycle": "stuck-pending"}, None, "pending"),
    ],
)
def test_immediate_chroot_ends_from_any_initial_stage(
    chroot: ChrootFields, clock: VirtualClock | None, end: StateName
) -> None:
    """The first poll returns the final state, or the state in which the chroot is held or stuck."""
    fake = FakeCopr(progress="immediate", clock=clock)
    build = fake.add_build({F41: chroot}, id=1)
    assert state(direct_client(fake)) == end
    if "hold" in chroot:
        fake.builds[1][F41].release()
        assert state(direct_client(fake)) == "succeeded"
    if end == "pending":
        build.cancel()
        assert state(direct_client(fake)) == "canceled"


def test_immediate_chroot_can_be_held_before_the_first_read() -> None:
    """Holding does not count as a poll."""
    fake = FakeCopr(progress="immediate")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.builds[1][F41].hold("running")
    assert state(direct_client(fake)) == "running"
    chroot.report("pending")
    assert state(direct_client(fake)) == "running"
    fake.builds[1][F41].release()
    assert state(direct_client(fake)) == "succeeded"


def test_added_chroot_does_not_cancel_finished_ones() -> None:
    """Immediate chroots have succeeded before the new one is added, even if they were never read."""
    fake = FakeCopr(progress="immediate")
    build = fake.add_build([F41], id=1)
    fake.builds[1].add_chroot(F42, lifecycle="canceled-while-pending")
    assert {chroot.name: chroot.state for chroot in build.values()} == {F41: "succeeded", F42: "canceled"}


def test_attributes_are_up_to_date_without_polls() -> None:
    """Presence, cancellation and the mapping of builds follow the clock."""
    fake = FakeCopr(progress="clock")
    late = fake.add_build([F41], id=1, lifecycle="appears-late")
    canceled = fake.add_build([F41], id=2, lifecycle="canceled-while-pending")
    fake.add_build([F41], id=3, lifecycle="deleted")
    assert late[F41].is_absent
    fake.clock.tick(1000)
    assert not late[F41].is_absent
    assert canceled.is_canceled
    assert "succeeded" in repr(late[F41])
    assert list(fake.builds) == [1, 2]
    fake.add_build([F42], id=3)


def test_removed_build_does_not_affect_its_successor() -> None:
    """Neither its end nor a second deletion affects a new build with the same id."""
    fake = FakeCopr(progress="clock")
    old = fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("running", 5), Stage("deleted")))
    old.delete()
    new = fake.add_build([F42], id=1)
    fake.clock.tick(100)
    _ = old[F41].state
    old.delete()
    assert fake.builds[1] is new


@pytest.mark.parametrize("to", ["running", "succeeded"])
def test_failed_advance_leaves_the_chroot_unchanged(to: State) -> None:
    """It does not stop halfway."""
    fake = FakeCopr()
    build = fake.add_build({F41: "importing", F42: {}}, id=1)
    build.cancel()
    with pytest.raises(EventError):
        build[F41].advance(to=to)
    assert build[F41].state == "importing"
    other = FakeCopr()
    chroot = other.add_build([F41], id=1)[F41]
    other.builds[1][F41].hold("pending")
    with pytest.raises(EventError, match="held"):
        chroot.advance(to=to)
    assert (chroot.state, chroot.started_on) == ("importing", None)


def test_failed_advance_leaves_the_source_unchanged() -> None:
    build = FakeCopr().add_build([F41], id=1)
    build.cancel()
    with pytest.raises(EventError):
        build[F41].advance(to="pending")
    assert (build[F41].state, build.source_state) == ("importing", "importing")


def test_absent_chroot_only_advances_along_its_lifecycle() -> None:
    chroot = FakeCopr().add_build([F41], id=1, lifecycle="appears-late")[F41]
    with pytest.raises(EventError, match="is absent, and cannot change to waiting"):
        chroot.advance(to="waiting")
    chroot.advance(to="starting")
    assert chroot.state == "starting"


def test_page_is_ordered_by_the_states_it_shows() -> None:
    """With progress by poll, the request that returns a state also changes it."""
    fake = FakeCopr()
    build = fake.add_build([F41, F42], id=1)
    build[F41].advance(to="pending")
    send = direct_client(fake)
    for _ in range(5):
        numbers = {"pending": 4, "starting": 6, "running": 3, "importing": 7, "succeeded": 1}
        states = listed(send, "&order=status")
        assert states == sorted(states, key=numbers.__getitem__)


def test_build_state_and_lifecycle_apply_to_each_chroot() -> None:
    chroot = FakeCopr().add_build([F41], id=1, state="running", lifecycle="fails")[F41]
    assert chroot.state == "running"
    assert chroot.advance() == "failed"


def test_project_of_another_fake_is_rejected() -> None:
    """Its settings would be lost."""
    project = FakeCopr().add_project("jdoe/tools")
    with pytest.raises(InputError, match="project: jdoe/tools is not of this fake"):
        FakeCopr().add_build([F41], id=1, project=project)


def test_mapping_of_builds_follows_a_restore() -> None:
    fake = FakeCopr()
    builds = fake.builds
    with fake.snapshot():
        fake.add_build([F41], id=1)
        assert list(builds) == [1]
    assert list(builds) == []


@pytest.mark.parametrize("progress", ["clock", "immediate"])
def test_release_is_allowed_after_an_unread_end(progress: Literal["clock", "immediate"]) -> None:
    fake = FakeCopr(progress=progress)
    fake.add_build([F41], id=1)
    fake.clock.tick(1000)
    fake.builds[1][F41].release()


def test_release_is_allowed_after_a_reported_end() -> None:
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    fake.builds[1][F41].hold("running")
    chroot.advance(to="starting")
    chroot.report("failed")
    fake.builds[1][F41].release()


@pytest.mark.parametrize(
    "progress",
    [Progress("poll", 2, {State.RUNNING: 5}), {"poll": {"other": 2, "running": 5}}],
)
def test_polls_per_state_load_back(progress: Progress) -> None:
    fake = FakeCopr(progress=progress)
    fake.add_build([F41], id=1)
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, copy):
        send = direct_client(each)
        assert [state(send) for _ in range(12)] == [
            *["importing"] * 2,
            *["pending"] * 2,
            *["starting"] * 2,
            *["running"] * 5,
            "succeeded",
        ]


def test_empty_packages_load_back() -> None:
    """An empty list differs from an omitted one."""
    fake = FakeCopr()
    fake.add_build({F41: {"packages": []}}, id=1)
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, copy):
        each.builds[1][F41].advance(to="succeeded")
        assert each.builds[1][F41].packages == ()


def test_dumped_scenario_is_a_copy() -> None:
    """Changing it does not change the fake."""
    fake = FakeCopr()
    fake.add_build({F41: {"build_config": {"repos": []}}}, id=1)
    dumped = fake.to_scenario()
    dumped["builds"][0]["chroots"][0]["build_config"]["repos"] = 7
    config = fake.builds[1][F41].build_config
    assert config == {"repos": []}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda chroot: chroot.report("starting", result_dir="a/b"), "result_dir: 'a/b' has a slash"),
        (lambda chroot: chroot.report("starting", result_dir=5), "result_dir: expected a text"),
        (lambda chroot: chroot.report("starting", at="now"), "at: expected a Unix time"),
        (lambda chroot: chroot.report("starting", packages=5), "packages: expected a list"),
        (lambda chroot: chroot.report("startin"), "state: 'startin' is not a state; did you mean 'starting'"),
        (lambda chroot: chroot.set_state("failed", started_on=9, ended_on=5), "ended_on: 5 is before started_on, 9"),
        (lambda chroot: chroot.hold([]), "state: "),
        (lambda chroot: Progress(cast(Any, "bogus")), "mode: 'bogus' is not valid; valid: poll, clock"),
        (lambda chroot: Progress("poll", -3), "polls: expected a whole number from 1"),
        (lambda chroot: Progress("poll", 1, cast(Any, {"runing": 2})), "polls_in.runing: 'runing' is not a state"),
        (lambda chroot: FakeCopr().restore(None), "snapshot: "),  # type: ignore[arg-type]  # wrong on purpose
        (lambda chroot: FakeCopr().answer("GET", None), "target: expected a text"),  # type: ignore[arg-type]  # wrong on purpose
    ],
)
def test_invalid_value_is_named(make: Callable[[BuildChroot], object], message: str) -> None:
    """The chroot is unchanged."""
    chroot = FakeCopr().add_build({F41: "pending"}, id=1)[F41]
    with pytest.raises(InputError) as raised:
        make(chroot)
    assert message in str(raised.value)
    assert chroot.state == "pending"


def test_lifecycle_ending_as_canceled_cancels_its_build() -> None:
    """Copr has canceled chroots only in canceled builds."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build(
        {F41: {"lifecycle": Lifecycle(Stage("pending", 10), Stage("canceled"))}, F42: "running"}, id=1
    )
    assert not build.is_canceled
    build[F41].advance()
    assert (build[F41].state, build.is_canceled) == ("canceled", True)


class MovedClock:
    """A clock that moves to the time of every event."""

    def __init__(self) -> None:
        self.time = float(START)

    def now(self) -> float:
        return self.time

    def reach(self, due: float) -> float:
        self.time = max(self.time, due)
        return self.time


def test_chroot_ended_by_another_is_not_advanced() -> None:
    """Advancing one chroot can take time, in which others end by the clock."""
    progress = {F41: {"progress": "manual"}, F42: {"progress": "clock"}}
    chroots = [{"name": name} | own for name, own in progress.items()]
    scenario = {"builds": [{"id": 1, "lifecycle": "import-fails", "chroots": chroots}]}
    build = FakeCopr.from_scenario(scenario, clock=MovedClock()).builds[1]
    assert advance_all(build) == 2
    assert {chroot.state for chroot in build.values()} == {"failed"}


def test_event_continues_at_the_next_stage_of_its_state() -> None:
    """A lifecycle with the same state twice continues from the later one after it has passed the first."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1, lifecycle="retried")[F41]
    chroot.advance(to="running")
    chroot.report("pending")
    assert [chroot.advance() for _ in range(3)] == ["starting", "running", "succeeded"]


def test_event_without_a_stage_ends_the_lifecycle() -> None:
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1, lifecycle="import-fails")[F41]
    chroot.report("pending")
    with pytest.raises(EventError):
        chroot.advance()
    assert chroot.state == "pending"
