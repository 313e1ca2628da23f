"""Reported events: their times, results and errors, and the recorded changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from copr_chroot_fake import BuildChroot, EventError, FakeCopr, InputError, State
from copr_chroot_fake.model.machine import TRANSITIONS, Event

from .chroots import F41
from .events import METHODS

LATER = 1_700_000_500


def fake_in(state: State | str, *, canceled: bool = False) -> tuple[FakeCopr, BuildChroot]:
    """A fake whose only build has one chroot, in a state."""
    fake = FakeCopr()
    fake.add_scenario({"builds": [{"id": 1, "canceled": canceled, "chroots": [{"name": F41, "state": state}]}]})
    return fake, fake.builds[1][F41]


@pytest.mark.parametrize("event", Event)
def test_event_happens_at_the_given_time(event: Event) -> None:
    """It does not depend on the clock."""
    transition = next(transition for transition in TRANSITIONS if transition.event is event)
    fake, chroot = fake_in(transition.sources[0], canceled=bool(transition.canceled))
    METHODS[event](chroot, at=LATER)
    assert fake.changes == [(LATER, 1, F41, transition.target)]


def test_ended_chroot_has_no_possible_events() -> None:
    chroot = fake_in("succeeded")[1]
    assert chroot.possible_events == []
    with pytest.raises(EventError, match=r"its lifecycle has ended$"):
        chroot.advance()


def test_rescheduled_chroot_has_no_result_directory() -> None:
    _, chroot = fake_in("pending")
    chroot.report("starting")
    chroot.report("pending")
    assert chroot.result_dir == ""


def test_latest_10000_changes_are_kept() -> None:
    fake, chroot = fake_in("pending")
    for _ in range(5_001):
        chroot.set_state("running")
        chroot.set_state("pending")
    assert len(fake.changes) == 10_000
    assert fake.changes[-1].state == "pending"


def test_two_events_may_have_the_same_time() -> None:
    _, chroot = fake_in("pending")
    chroot.report("starting", at=LATER)
    chroot.report("failed", at=LATER)
    assert (chroot.started_on, chroot.ended_on) == (LATER, LATER)


@pytest.mark.parametrize(("state", "ends"), [("pending", "canceled"), ("starting", "canceled"), ("running", "failed")])
def test_canceled_report_confirms_a_cancel(state: str, ends: str) -> None:
    """Running chroots end as failed. Copr ignores the report unless the build is canceled."""
    assert not fake_in(state)[1].report("canceled")
    _, chroot = fake_in(state, canceled=True)
    assert chroot.report("canceled")
    assert chroot.state == ends


def test_report_sets_the_result_directory() -> None:
    given, default = fake_in("pending")[1], fake_in("pending")[1]
    assert given.report("starting", result_dir="00000009-other")
    assert default.report("starting")
    assert (given.result_dir, default.result_dir) == ("00000009-other", "00000001-hello")


@pytest.mark.parametrize(
    ("call", "message"),
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
def test_invalid_report_is_rejected(state: str, call: Callable[[BuildChroot], object], message: str) -> None:
    """The error begins with the name of the value, and the chroot is unchanged."""
    fake, chroot = fake_in(state)
    with pytest.raises(InputError) as raised:
        call(chroot)
    assert str(raised.value).startswith(message)
    assert (chroot.state, fake.changes) == (state, [])


@pytest.mark.parametrize("progress", ["poll", "clock", "manual", "immediate"])
def test_chroot_can_be_released_only_once(progress: Literal["poll", "clock", "manual", "immediate"]) -> None:
    """Also if its lifecycle is stuck in the state in which it is held."""
    fake = FakeCopr(progress=progress)
    chroot = fake.add_build([F41], id=1, lifecycle="stuck-pending")[F41]
    chroot.hold("pending")
    chroot.advance(to="end")
    chroot.release()
    assert chroot.state == "pending"
    with pytest.raises(EventError, match="is pending: it is not held"):
        chroot.release()


def test_canceled_build_stays_canceled_after_restore() -> None:
    """The confirmation is due at the same time as before."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1)
    build.cancel()
    snapshot = fake.snapshot()
    fake.clock.tick(10)
    assert build[F41].state == "canceled"
    fake.restore(snapshot)
    assert (build.is_canceled, build[F41].state) == (True, "importing")
    fake.clock.tick(9)
    assert build[F41].state == "importing"
    fake.clock.tick(1)
    assert build[F41].state == "canceled"
