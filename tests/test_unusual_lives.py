"""Lives out of the ordinary: what their stages stamp, what they do to their builds, and where the source is then."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr, Lifecycle, Stage
from copr_chroot_fake.lives.machine import Stamp

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


def test_a_chroot_that_has_ended_goes_on_as_its_life_says_in_a_canceled_build() -> None:
    """There is nothing of it to be confirmed; here its build is deleted only when the life says so."""
    fake = FakeCopr(progress="clock")
    life = Lifecycle(Stage("running", 5), Stage("succeeded", 100), Stage("deleted"))
    build = fake.add_build(1, {F41: {"lifecycle": life}, F42: "pending"})
    fake.clock.tick(5)
    build.cancel()
    fake.clock.tick(99)
    assert (build[F41].state, list(fake.builds)) == ("succeeded", [1])
    fake.clock.tick(1)
    assert not fake.builds


def test_a_build_is_deleted_by_the_life_of_its_first_chroot_too() -> None:
    """Whatever becomes of those that come after it."""
    fake = FakeCopr(progress="clock")
    fake.add_build(1, {F41: {"lifecycle": "deleted"}, F42: {"lifecycle": "stuck-pending"}})
    fake.clock.tick(1000)
    assert not fake.builds


def test_a_chroot_can_appear_in_the_middle_of_being_built() -> None:
    """It has started then, and has a result directory."""
    fake = FakeCopr(progress="clock")
    life = Lifecycle(Stage("absent", 10), Stage("running", 5), Stage("failed"))
    chroot = fake.add_build(1, [F41], lifecycle=life)[F41]
    began = int(fake.clock.now())
    fake.clock.tick(10)
    assert (chroot.state, chroot.started_on, chroot.result_dir) == ("running", began + 10, "00000001-hello")
    fake.clock.tick(5)
    assert (chroot.state, chroot.started_on, chroot.ended_on) == ("failed", began + 10, began + 15)


def test_a_life_that_begins_with_its_end_has_the_packages_that_were_said() -> None:
    """As one that gets there."""
    fake = FakeCopr()
    package = "hello-2.12-3.fc41.x86_64"
    build = fake.add_build(1, {F41: {"lifecycle": Lifecycle(Stage("succeeded")), "packages": [package]}})
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
    chroot = FakeCopr(progress="manual").add_build(1, [F41], lifecycle=Lifecycle(*stages))[F41]
    chroot.finish()
    seen = (chroot.started_on, chroot.result_dir, chroot.ended_on, chroot.packages)
    assert tuple(bool(value) or None for value in seen) == shown


@pytest.mark.parametrize("lives", [("succeeds", "as-deployed"), ("as-deployed", "succeeds")])
def test_the_source_is_no_further_than_any_chroot_tells(lives: tuple[str, str]) -> None:
    """A chroot that waits for the source package says that it is still being made."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build(1, {name: {"lifecycle": life} for name, life in zip((F41, F42), lives, strict=True)})
    assert build.source_state == "running"
