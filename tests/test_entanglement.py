"""What happens to one chroot of a build happens to all of them at its time, whoever is looked at first."""

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
    Progress,
    Project,
    Stage,
    State,
    VirtualClock,
)

from .adapters import direct_client
from .events import advance_all
from .polls import listed, state

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"
BEGAN = 1_700_000_000


def shown(build: Build) -> dict[str, tuple[str, int | None, int | None]]:
    return {chroot.name: (chroot.state, chroot.started_on, chroot.ended_on) for chroot in build.values()}


def test_a_cancel_does_not_undo_what_was_already_due() -> None:
    """What had succeeded by then has, though nobody had looked; the rest is confirmed."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build({F41: {"lifecycle": "stuck-running"}, F42: {}}, id=1)
    fake.clock.tick(1000)
    build.cancel()
    assert build[F42].state == "succeeded"
    fake.clock.tick(10)
    assert (build[F41].state, build[F41].ended_on) == ("failed", BEGAN + 1010)


@pytest.mark.parametrize("order", list(itertools.permutations([F41, F42])))
def test_canceling_lifecycle_is_due_whichever_chroot_is_read(order: tuple[str, ...]) -> None:
    """One life cancels the build after 45 seconds, by when the other is starting, and ends as failed."""
    fake = FakeCopr(progress="clock")
    canceled = Lifecycle(Stage("pending", 45), Stage("pending", 5, canceled=True), Stage("canceled"))
    build = fake.add_build({F41: {"lifecycle": canceled}, F42: {}}, id=1)
    fake.clock.tick(1000)
    for name in order:
        _ = build[name].state
    assert shown(build) == {F41: ("canceled", None, None), F42: ("failed", BEGAN + 40, BEGAN + 55)}


@pytest.mark.parametrize(
    ("life", "end"), [("canceled-while-pending", "canceled"), ("canceled-while-running", "failed")]
)
def test_canceled_chroots_wait_as_long_as_their_lifecycle(life: str, end: str) -> None:
    """That another one has canceled the build at the same moment confirms none of them sooner."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41, F42], id=1, lifecycle=life)
    fake.clock.tick(40 if end == "canceled" else 300)
    before = shown(build)
    assert build.is_canceled
    fake.clock.tick(9)
    assert shown(build) == before
    fake.clock.tick(1)
    assert {chroot.state for chroot in build.values()} == {end}


def test_chroot_can_start_just_before_its_build_is_canceled() -> None:
    """A stage says what comes first: what begins with it happens, and then its build is canceled."""
    fake = FakeCopr(progress="clock")
    life = Lifecycle(Stage("pending", 10), Stage("starting", 5, canceled=True), Stage("failed"))
    build = fake.add_build([F41], id=1, lifecycle=life)
    fake.clock.tick(10)
    assert (shown(build), build.is_canceled) == ({F41: ("starting", BEGAN + 10, None)}, True)
    fake.clock.tick(5)
    assert shown(build) == {F41: ("failed", BEGAN + 10, BEGAN + 15)}


def test_an_event_after_a_cancel_does_not_lose_its_confirmation() -> None:
    """However a chroot goes on, by ten seconds after the cancel it is confirmed, and written out it is still so."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1, lifecycle="stuck-pending")
    build.cancel()
    build[F41].report("pending")
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, copy):
        each.clock.tick(10)
        assert each.builds[1][F41].state == "canceled"


def test_what_appears_in_a_canceled_build_is_canceled_then() -> None:
    """It has not been there to be canceled before, and written out it is the same."""
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
def test_at_once_is_at_once_wherever_a_life_begins(
    chroot: dict[str, str], clock: VirtualClock | None, end: str
) -> None:
    """The first look sees the end, or where it is held or stuck, and once that is over, the end."""
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
    """Holding is no look."""
    fake = FakeCopr(progress="immediate")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.builds[1][F41].hold("running")
    assert state(direct_client(fake)) == "running"
    chroot.report("pending")
    assert state(direct_client(fake)) == "running"
    fake.builds[1][F41].release()
    assert state(direct_client(fake)) == "succeeded"


def test_added_chroot_does_not_cancel_finished_ones() -> None:
    """Those that progress at once have succeeded when it comes, though nobody has looked."""
    fake = FakeCopr(progress="immediate")
    build = fake.add_build([F41], id=1)
    fake.builds[1].add_chroot(F42, lifecycle="canceled-while-pending")
    assert {chroot.name: chroot.state for chroot in build.values()} == {F41: "succeeded", F42: "canceled"}


def test_whatever_is_read_is_as_of_now() -> None:
    """Presence, cancellation and the builds themselves, without any look before."""
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
    """Removing it again, or the end of its life, is of no effect."""
    fake = FakeCopr(progress="clock")
    old = fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("running", 5), Stage("deleted")))
    old.delete()
    new = fake.add_build([F42], id=1)
    fake.clock.tick(100)
    _ = old[F41].state
    old.delete()
    assert fake.builds[1] is new


@pytest.mark.parametrize("to", ["running", "succeeded"])
def test_run_to_that_fails_leaves_the_chroot_as_it_was(to: State) -> None:
    """Not somewhere on the way."""
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


def test_run_to_that_fails_leaves_the_source_as_it_was() -> None:
    """What the chroot has told of it on the way has not happened."""
    build = FakeCopr().add_build([F41], id=1)
    build.cancel()
    with pytest.raises(EventError):
        build[F41].advance(to="pending")
    assert (build[F41].state, build.source_state) == ("importing", "importing")


def test_an_absent_chroot_runs_to_nowhere_but_along_its_life() -> None:
    """It is not there to be anything else."""
    chroot = FakeCopr().add_build([F41], id=1, lifecycle="appears-late")[F41]
    with pytest.raises(EventError, match="is absent: nothing leads from there to waiting"):
        chroot.advance(to="waiting")
    chroot.advance(to="starting")
    assert chroot.state == "starting"


def test_page_ordered_by_state_follows_the_shown_states() -> None:
    """By poll, the look that shows it also changes it."""
    fake = FakeCopr()
    build = fake.add_build([F41, F42], id=1)
    build[F41].advance(to="pending")
    ask = direct_client(fake)
    for _ in range(5):
        numbers = {"pending": 4, "starting": 6, "running": 3, "importing": 7, "succeeded": 1}
        states = listed(ask, "&order=status")
        assert states == sorted(states, key=numbers.__getitem__)


def test_build_state_and_lifecycle_apply_to_each_chroot() -> None:
    """Its chroots begin in that state of that life."""
    chroot = FakeCopr().add_build([F41], id=1, state="running", lifecycle="fails")[F41]
    assert chroot.state == "running"
    assert chroot.advance() == "failed"


def test_another_fakes_project_is_refused() -> None:
    """Its settings would be lost."""
    for project in (Project("jdoe", "tools"), FakeCopr().add_project("jdoe/tools")):
        with pytest.raises(InputError, match="project: jdoe/tools is not of this fake"):
            FakeCopr().add_build([F41], id=1, project=project)


def test_objects_keep_their_identity_through_a_restore() -> None:
    """Who holds the builds sees them go."""
    fake = FakeCopr()
    builds = fake.builds
    with fake.snapshot():
        fake.add_build([F41], id=1)
        assert list(builds) == [1]
    assert list(builds) == []


@pytest.mark.parametrize("progress", ["clock", "immediate"])
def test_a_chroot_that_has_ended_unseen_needs_no_release_either(progress: Literal["clock", "immediate"]) -> None:
    """Whether anybody has looked since makes no difference."""
    fake = FakeCopr(progress=progress)
    fake.add_build([F41], id=1)
    fake.clock.tick(1000)
    fake.builds[1][F41].release()


def test_a_chroot_that_has_ended_needs_no_release() -> None:
    """A test can release what it has held, whatever has become of it."""
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
def test_other_numbers_of_polls_survive_being_written(progress: Progress) -> None:
    """Some states have their own number, and all others another one."""
    fake = FakeCopr(progress=progress)
    fake.add_build([F41], id=1)
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, copy):
        ask = direct_client(each)
        assert [state(ask) for _ in range(12)] == [
            *["importing"] * 2,
            *["pending"] * 2,
            *["starting"] * 2,
            *["running"] * 5,
            "succeeded",
        ]


def test_a_life_without_packages_survives_being_written() -> None:
    """None said is not the same as none there."""
    fake = FakeCopr()
    fake.add_build({F41: {"packages": []}}, id=1)
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, copy):
        each.builds[1][F41].advance(to="succeeded")
        assert each.builds[1][F41].packages == ()


def test_a_written_scenario_is_not_the_fakes_own() -> None:
    """Changing it does not change what is answered."""
    fake = FakeCopr()
    fake.add_build({F41: {"build_config": {"repos": []}}}, id=1)
    written = fake.to_scenario()
    written["builds"][0]["chroots"][0]["build_config"]["repos"] = 7
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
        (lambda chroot: Progress(cast(Any, "bogus")), "mode: 'bogus' is not possible; valid: poll, clock"),
        (lambda chroot: Progress("poll", -3), "polls: expected a whole number from 1"),
        (lambda chroot: Progress("poll", 1, cast(Any, {"runing": 2})), "polls_in.runing: 'runing' is not a state"),
        (lambda chroot: FakeCopr().restore(None), "snapshot: "),  # type: ignore[arg-type]  # wrong on purpose
        (lambda chroot: FakeCopr().answer("GET", None), "target: expected a text"),  # type: ignore[arg-type]  # wrong on purpose
    ],
)
def test_values_that_cannot_be_are_refused_by_name(make: Callable[[BuildChroot], object], message: str) -> None:
    """The kit's own error, and the chroot is as it was."""
    chroot = FakeCopr().add_build({F41: "pending"}, id=1)[F41]
    with pytest.raises(InputError) as refused:
        make(chroot)
    assert message in str(refused.value)
    assert chroot.state == "pending"


def test_a_life_that_ends_canceled_cancels_its_build() -> None:
    """Though no stage of it says so: nothing is canceled in Copr but in a canceled build."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build(
        {F41: {"lifecycle": Lifecycle(Stage("pending", 10), Stage("canceled"))}, F42: "running"}, id=1
    )
    assert not build.is_canceled
    build[F41].advance()
    assert (build[F41].state, build.is_canceled) == ("canceled", True)


class MovedClock:
    """Moved by whatever is brought about on it."""

    def __init__(self) -> None:
        self.time = float(BEGAN)

    def now(self) -> float:
        return self.time

    def reach(self, due: float) -> float:
        self.time = max(self.time, due)
        return self.time


def test_what_has_ended_with_the_step_of_another_does_not_go_on() -> None:
    """A step can take time, in which others end by the clock."""
    ways = {F41: {"progress": "manual"}, F42: {"progress": "clock"}}
    chroots = [{"name": name} | way for name, way in ways.items()]
    scenario = {"builds": [{"id": 1, "lifecycle": "import-fails", "chroots": chroots}]}
    build = FakeCopr.from_scenario(scenario, clock=MovedClock()).builds[1]
    assert advance_all(build) == 2
    assert {chroot.state for chroot in build.values()} == {"failed"}


def test_an_event_goes_on_in_the_next_stage_of_its_state() -> None:
    """A life with a state twice goes on from the later one, where it has passed the other."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1, lifecycle="retried")[F41]
    chroot.advance(to="running")
    chroot.report("pending")
    assert [chroot.advance() for _ in range(3)] == ["starting", "running", "succeeded"]


def test_an_event_that_no_stage_has_ends_the_life() -> None:
    """Nothing says then how it goes on, so it stays."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1, lifecycle="import-fails")[F41]
    chroot.report("pending")
    with pytest.raises(EventError):
        chroot.advance()
    assert chroot.state == "pending"
