"""What is reported of a chroot from outside: when it was, where the results are, and what no report can say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from copr_chroot_fake import BuildChroot, EventError, FakeCopr, InputError, State
from copr_chroot_fake.model.machine import TRANSITIONS, Event

from .events import METHODS

F41 = "fedora-41-x86_64"
LATER = 1_700_000_500


def fake_in(state: State | str, *, canceled: bool = False) -> tuple[FakeCopr, BuildChroot]:
    """A fake whose only build has one chroot, in a state."""
    fake = FakeCopr()
    fake.add_scenario({"builds": [{"id": 1, "canceled": canceled, "chroots": [{"name": F41, "state": state}]}]})
    return fake, fake.builds[1][F41]


@pytest.mark.parametrize("event", Event)
def test_an_event_happens_at_the_time_that_is_said(event: Event) -> None:
    """Whatever the clock shows."""
    transition = next(transition for transition in TRANSITIONS if transition.event is event)
    fake, chroot = fake_in(transition.sources[0], canceled=bool(transition.canceled))
    METHODS[event](chroot, at=LATER)
    assert fake.changes == [(LATER, 1, F41, transition.target)]


def test_ended_chroot_has_no_possible_events() -> None:
    chroot = fake_in("succeeded")[1]
    assert chroot.possible_events == []
    with pytest.raises(EventError, match=r"its lifecycle has ended$"):
        chroot.advance()


def test_a_rescheduled_chroot_has_no_result_directory() -> None:
    """Its name is empty, as before it started."""
    _, chroot = fake_in("pending")
    chroot.report("starting")
    chroot.report("pending")
    assert chroot.result_dir == ""


def test_the_latest_ten_thousand_changes_are_remembered() -> None:
    """So that a fake can be used for ever."""
    fake, chroot = fake_in("pending")
    for _ in range(5_001):
        chroot.set_state("running")
        chroot.set_state("pending")
    assert len(fake.changes) == 10_000
    assert fake.changes[-1].state == "pending"


def test_two_events_can_happen_in_one_second() -> None:
    """A time is only ever refused for being before the last one."""
    _, chroot = fake_in("pending")
    chroot.report("starting", at=LATER)
    chroot.report("failed", at=LATER)
    assert (chroot.started_on, chroot.ended_on) == (LATER, LATER)


@pytest.mark.parametrize(("state", "ends"), [("pending", "canceled"), ("starting", "failed"), ("running", "failed")])
def test_a_report_of_a_cancel_confirms_it(state: str, ends: str) -> None:
    """What was being built ends as failed; while nobody has canceled the build, Copr does not accept it."""
    assert not fake_in(state)[1].report("canceled")
    _, chroot = fake_in(state, canceled=True)
    assert chroot.report("canceled")
    assert chroot.state == ends


def test_a_report_says_where_the_results_are() -> None:
    """The result directory is as said, or the one by default."""
    said, default = fake_in("pending")[1], fake_in("pending")[1]
    assert said.report("starting", result_dir="00000009-other")
    assert default.report("starting")
    assert (said.result_dir, default.result_dir) == ("00000009-other", "00000001-hello")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda chroot: chroot.report("done"), "state: 'done' is not a state"),
        (lambda chroot: chroot.report("failed", result_dir="a/b"), "result_dir: 'a/b' has a slash"),
        (lambda chroot: chroot.report("succeeded", packages=["hello"]), "packages[0]: 'hello' is not a NEVRA"),
        (lambda chroot: chroot.report("failed", at=-1), "at: expected a Unix time"),
        (lambda chroot: chroot.set_state("done"), "state: 'done' is not a state"),
        (lambda chroot: chroot.set_state("failed", started_on=-1), "started_on: expected a Unix time"),
        (lambda chroot: chroot.set_state("failed", ended_on="now"), "ended_on: expected a Unix time"),
        (lambda chroot: chroot.set_state("failed", started_on=9, ended_on=8), "ended_on: 8 is before started_on, 9"),
        (lambda chroot: chroot.advance(to="done"), "to: 'done' is not a state"),
        (lambda chroot: chroot.hold("done"), "state: 'done' is not a state"),
    ],
)
@pytest.mark.parametrize("state", ["running", "succeeded"])
def test_what_cannot_be_said_of_a_chroot_is_refused(
    state: str, wrong: Callable[[BuildChroot], object], message: str
) -> None:
    """The error begins with the name of the value, and the chroot is as it was."""
    fake, chroot = fake_in(state)
    with pytest.raises(InputError) as refused:
        wrong(chroot)
    assert str(refused.value).startswith(message)
    assert (chroot.state, fake.changes) == (state, [])


@pytest.mark.parametrize("progress", ["poll", "clock", "manual", "immediate"])
def test_a_chroot_is_released_once(progress: Literal["poll", "clock", "manual", "immediate"]) -> None:
    """However it goes on, and also where its life gets stuck in the state in which it is held."""
    fake = FakeCopr(progress=progress)
    chroot = fake.add_build([F41], id=1, lifecycle="stuck-pending")[F41]
    chroot.hold("pending")
    chroot.advance(to="end")
    chroot.release()
    assert chroot.state == "pending"
    with pytest.raises(EventError, match="is pending: it is not held"):
        chroot.release()


def test_canceled_build_stays_canceled_after_restore() -> None:
    """And is as soon confirmed as it was to be."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1)
    build.cancel()
    taken = fake.snapshot()
    fake.clock.tick(10)
    assert build[F41].state == "canceled"
    fake.restore(taken)
    assert (build.is_canceled, build[F41].state) == (True, "importing")
    fake.clock.tick(9)
    assert build[F41].state == "importing"
    fake.clock.tick(1)
    assert build[F41].state == "canceled"
