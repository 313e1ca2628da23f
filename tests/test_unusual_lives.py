"""Lives out of the ordinary: what their stages stamp, what they do to their builds, and where the source is then."""

from __future__ import annotations

import pytest

from copr_chroot_fake import EventError, FakeCopr, Lifecycle, Stage, SystemClock
from copr_chroot_fake.model.machine import Stamp

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


def test_ended_chroot_of_canceled_build_follows_its_lifecycle() -> None:
    """There is nothing of it to be confirmed; here its build is deleted only when the life says so."""
    fake = FakeCopr(progress="clock")
    life = Lifecycle(Stage("running", 5), Stage("succeeded", 100), Stage("deleted"))
    build = fake.add_build({F41: {"lifecycle": life}, F42: "pending"}, id=1)
    fake.clock.tick(5)
    build.cancel()
    fake.clock.tick(99)
    assert (build[F41].state, list(fake.builds)) == ("succeeded", [1])
    fake.clock.tick(1)
    assert not fake.builds


def test_a_build_is_deleted_by_the_life_of_its_first_chroot_too() -> None:
    """Whatever becomes of those that come after it."""
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: {"lifecycle": "deleted"}, F42: {"lifecycle": "stuck-pending"}}, id=1)
    fake.clock.tick(1000)
    assert not fake.builds


def test_a_chroot_can_appear_in_the_middle_of_being_built() -> None:
    """It has started then, and has a result directory."""
    fake = FakeCopr(progress="clock")
    life = Lifecycle(Stage("absent", 10), Stage("running", 5), Stage("failed"))
    chroot = fake.add_build([F41], id=1, lifecycle=life)[F41]
    began = int(fake.clock.now())
    fake.clock.tick(10)
    assert (chroot.state, chroot.started_on, chroot.result_dir) == ("running", began + 10, "00000001-hello")
    fake.clock.tick(5)
    assert (chroot.state, chroot.started_on, chroot.ended_on) == ("failed", began + 10, began + 15)


def test_lifecycle_starting_at_its_end_has_given_packages() -> None:
    """As one that gets there."""
    fake = FakeCopr()
    package = "hello-2.12-3.fc41.x86_64"
    build = fake.add_build({F41: {"lifecycle": Lifecycle(Stage("succeeded")), "packages": [package]}}, id=1)
    assert [str(nevra) for nevra in build[F41].packages] == [package]


@pytest.mark.parametrize(
    ("without", "shown"),
    [
        ("started_on", (None, True, True, True)),
        ("result_dir", (True, None, True, True)),
        ("ended_on", (True, True, None, True)),
        ("packages", (True, True, True, None)),
    ],
)
def test_a_stage_can_go_without_what_it_would_write_down(without: str, shown: tuple[bool | None, ...]) -> None:
    """Each thing by itself, as Copr sometimes loses it."""
    names = frozenset({Stamp(without)})
    stages = [Stage("pending", 1), Stage("starting", 1, without=names), Stage("succeeded", without=names)]
    chroot = FakeCopr(progress="manual").add_build([F41], id=1, lifecycle=Lifecycle(*stages))[F41]
    chroot.advance(to="end")
    seen = (chroot.started_on, chroot.result_dir, chroot.ended_on, chroot.packages)
    assert tuple(bool(value) or None for value in seen) == shown


@pytest.mark.parametrize("before", [(), (Stage("absent", 1),)])
def test_the_first_stage_that_is_there_can_go_without_too(before: tuple[Stage, ...]) -> None:
    """Whether the life begins with it, or with not being there yet."""
    running = Stage("running", 1, without=frozenset({Stamp.STARTED_ON, Stamp.RESULT_DIR}))
    life = Lifecycle(*before, running, Stage("succeeded"))
    chroot = FakeCopr(progress="manual").add_build([F41], id=1, lifecycle=life)[F41]
    chroot.advance(to="running")
    assert (chroot.started_on, chroot.result_dir) == (None, "")


@pytest.mark.parametrize("lives", [("succeeds", "as-deployed"), ("as-deployed", "succeeds")])
def test_the_source_is_no_further_than_any_chroot_tells(lives: tuple[str, str]) -> None:
    """A chroot that waits for the source package says that it is still being made."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build({name: {"lifecycle": life} for name, life in zip((F41, F42), lives, strict=True)}, id=1)
    assert build.source_state == "running"


@pytest.mark.parametrize(
    ("chroot", "reason"),
    [
        ({"state": "running"}, "its state is fixed; use report() or set_state()"),
        ({"state": "failed"}, "its lifecycle has ended"),
        ({"lifecycle": "succeeds", "hold": "importing"}, "it is held; release it first"),
        ({"lifecycle": {"stages": [{"state": "pending"}]}}, "it is stuck; its lifecycle has no next stage"),
        ({"lifecycle": {"stages": [{"state": "failed"}]}}, "its lifecycle has ended"),
    ],
)
def test_a_chroot_that_cannot_go_on_says_why(chroot: dict[str, object], reason: str) -> None:
    """And what would help, if anything does."""
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": [{"name": F41, **chroot}]}]})
    with pytest.raises(EventError) as refused:
        fake.builds[1][F41].advance()
    assert str(refused.value).partition(": ")[2] == reason


def test_a_chroot_that_has_ended_can_go_on_where_its_life_does() -> None:
    """Here to the end of its build."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("succeeded", 100), Stage("deleted")))[F41]
    assert chroot.can_advance
    chroot.advance()
    assert not fake.builds


def test_lifecycle_sets_the_backend_time_of_a_cancellation() -> None:
    """It is not confirmed before that, whoever has canceled the build."""
    fake = FakeCopr(progress="clock")
    life = Lifecycle(Stage("pending", 5), Stage("pending", 30, canceled=True), Stage("canceled"))
    build = fake.add_build([F41], id=1, lifecycle=life)
    build.cancel()
    fake.clock.tick(34)
    assert build[F41].state == "pending"
    fake.clock.tick(1)
    assert build[F41].state == "canceled"


def test_the_time_of_a_scenario_does_not_move_the_systems() -> None:
    """It is for a clock that stands still."""
    fake = FakeCopr(clock=SystemClock())
    fake.add_scenario({"now": 5, "builds": [{"id": 1, "chroots": [{"name": F41, "state": "running"}]}]})
    assert fake.clock.now() > 1_700_000_000


@pytest.mark.parametrize(("state", "end"), [("pending", "canceled"), ("running", "failed")])
def test_a_life_that_says_how_it_is_canceled_goes_on_after_that(state: str, end: str) -> None:
    """Whoever has canceled the build; what the backend confirms otherwise is the end."""
    fake = FakeCopr(progress="clock")
    stages = [
        {"state": state, "lasts": 5},
        {"state": end, "lasts": 20, "canceled": True},
        {"state": "deleted"},
    ]
    fake.add_scenario({"builds": [{"id": 1, "chroots": [{"name": F41, "lifecycle": {"stages": stages}}]}]})
    fake.builds[1].cancel()
    fake.clock.tick(5)
    assert fake.builds[1][F41].state == end
    fake.clock.tick(20)
    assert not fake.builds


def test_stuck_chroot_is_canceled_with_its_build_when_read() -> None:
    """Though nothing of its own life was ever due."""
    fake = FakeCopr(progress="clock")
    canceling = Lifecycle(Stage("running", 5), Stage("running", 30, canceled=True), Stage("failed"))
    build = fake.add_build({F41: {"lifecycle": canceling}, F42: {"lifecycle": Lifecycle(Stage("pending"))}}, id=1)
    began = int(fake.clock.now())
    fake.clock.tick(100)
    assert build[F42].state == "canceled"
    assert fake.changes[2:] == [(began + 15, 1, F42, "canceled"), (began + 35, 1, F41, "failed")]
