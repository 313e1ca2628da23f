"""Unusual lifecycles: omitted values, late chroots, deletion, cancellation, and the state of the source build."""

from __future__ import annotations

import pytest

from copr_chroot_fake import EventError, FakeCopr, Lifecycle, LifecycleName, Stage, SystemClock
from copr_chroot_fake.model.machine import Stamp

from .chroots import F41, F42


def test_ended_chroot_of_canceled_build_follows_its_lifecycle() -> None:
    """It needs no confirmation of the cancel; its build is deleted only when the lifecycle deletes it."""
    fake = FakeCopr(progress="clock")
    lifecycle = Lifecycle(Stage("running", 5), Stage("succeeded", 100), Stage("deleted"))
    build = fake.add_build({F41: {"lifecycle": lifecycle}, F42: "pending"}, id=1)
    fake.clock.tick(5)
    build.cancel()
    fake.clock.tick(99)
    assert (build[F41].state, list(fake.builds)) == ("succeeded", [1])
    fake.clock.tick(1)
    assert not fake.builds


def test_lifecycle_of_the_first_chroot_deletes_the_build() -> None:
    """The later chroots are not due before that."""
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: {"lifecycle": "deleted"}, F42: {"lifecycle": "stuck-pending"}}, id=1)
    fake.clock.tick(1000)
    assert not fake.builds


def test_chroot_can_appear_while_it_is_running() -> None:
    """It has a start time and a result directory then."""
    fake = FakeCopr(progress="clock")
    lifecycle = Lifecycle(Stage("absent", 10), Stage("running", 5), Stage("failed"))
    chroot = fake.add_build([F41], id=1, lifecycle=lifecycle)[F41]
    began = int(fake.clock.now())
    fake.clock.tick(10)
    assert (chroot.state, chroot.started_on, chroot.result_dir) == ("running", began + 10, "00000001-hello")
    fake.clock.tick(5)
    assert (chroot.state, chroot.started_on, chroot.ended_on) == ("failed", began + 10, began + 15)


def test_lifecycle_starting_at_its_end_has_given_packages() -> None:
    fake = FakeCopr()
    package = "hello-2.12-3.fc41.x86_64"
    build = fake.add_build({F41: {"lifecycle": Lifecycle(Stage("succeeded")), "packages": [package]}}, id=1)
    assert [str(nevra) for nevra in build[F41].packages] == [package]


@pytest.mark.parametrize(
    ("without", "present"),
    [
        ("started_on", (None, True, True, True)),
        ("result_dir", (True, None, True, True)),
        ("ended_on", (True, True, None, True)),
        ("packages", (True, True, True, None)),
    ],
)
def test_without_omits_a_value_of_a_stage(without: str, present: tuple[bool | None, ...]) -> None:
    """Copr sometimes loses these values."""
    names = frozenset({Stamp(without)})
    stages = [Stage("pending", 1), Stage("starting", 1, without=names), Stage("succeeded", without=names)]
    chroot = FakeCopr(progress="manual").add_build([F41], id=1, lifecycle=Lifecycle(*stages))[F41]
    chroot.advance(to="end")
    values = (chroot.started_on, chroot.result_dir, chroot.ended_on, chroot.packages)
    assert tuple(bool(value) or None for value in values) == present


@pytest.mark.parametrize("before", [(), (Stage("absent", 1),)])
def test_without_applies_to_the_first_present_stage(before: tuple[Stage, ...]) -> None:
    """The lifecycle may begin with the stage, or with ``absent``."""
    running = Stage("running", 1, without=frozenset({Stamp.STARTED_ON, Stamp.RESULT_DIR}))
    lifecycle = Lifecycle(*before, running, Stage("succeeded"))
    chroot = FakeCopr(progress="manual").add_build([F41], id=1, lifecycle=lifecycle)[F41]
    chroot.advance(to="running")
    assert (chroot.started_on, chroot.result_dir) == (None, "")


@pytest.mark.parametrize("lifecycles", [("succeeds", "as-deployed"), ("as-deployed", "succeeds")])
def test_source_state_follows_the_earliest_chroot(lifecycles: tuple[LifecycleName, LifecycleName]) -> None:
    """While a chroot waits for the source package, the source build is running."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build(
        {name: {"lifecycle": lifecycle} for name, lifecycle in zip((F41, F42), lifecycles, strict=True)}, id=1
    )
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
def test_error_explains_why_a_chroot_cannot_advance(chroot: dict[str, object], reason: str) -> None:
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": [{"name": F41, **chroot}]}]})
    with pytest.raises(EventError) as raised:
        fake.builds[1][F41].advance()
    assert str(raised.value).partition(": ")[2] == reason


def test_ended_chroot_can_advance_to_the_deletion() -> None:
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("succeeded", 100), Stage("deleted")))[F41]
    assert chroot.can_advance
    chroot.advance()
    assert not fake.builds


def test_lifecycle_sets_the_time_of_the_confirmation() -> None:
    """It applies even if a call has canceled the build."""
    fake = FakeCopr(progress="clock")
    lifecycle = Lifecycle(Stage("pending", 5), Stage("pending", 30, canceled=True), Stage("canceled"))
    build = fake.add_build([F41], id=1, lifecycle=lifecycle)
    build.cancel()
    fake.clock.tick(34)
    assert build[F41].state == "pending"
    fake.clock.tick(1)
    assert build[F41].state == "canceled"


def test_time_of_a_scenario_does_not_move_a_system_clock() -> None:
    """It applies only to a virtual clock."""
    fake = FakeCopr(clock=SystemClock())
    fake.add_scenario({"now": 5, "builds": [{"id": 1, "chroots": [{"name": F41, "state": "running"}]}]})
    assert fake.clock.now() > 1_700_000_000


@pytest.mark.parametrize(("state", "end"), [("pending", "canceled"), ("running", "failed")])
def test_lifecycle_continues_after_its_canceled_stage(state: str, end: str) -> None:
    """Without such a stage, the confirmation of the cancel ends it."""
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
    """Its own lifecycle has no transition that is due."""
    fake = FakeCopr(progress="clock")
    canceling = Lifecycle(Stage("running", 5), Stage("running", 30, canceled=True), Stage("failed"))
    build = fake.add_build({F41: {"lifecycle": canceling}, F42: {"lifecycle": Lifecycle(Stage("pending"))}}, id=1)
    began = int(fake.clock.now())
    fake.clock.tick(100)
    assert build[F42].state == "canceled"
    assert fake.changes[2:] == [(began + 15, 1, F42, "canceled"), (began + 35, 1, F41, "failed")]
