"""Events change a chroot as the transition table defines; impossible ones are errors that list the possible ones."""

from __future__ import annotations

import itertools
import json

import pytest

from copr_chroot_fake import BuildChroot, EventError, FakeCopr, InputError, Nevra, State
from copr_chroot_fake.model.machine import TRANSITIONS, Event, find_transition, possible_events
from copr_chroot_fake.model.states import StateName

from .adapters import direct_client
from .chroots import F41
from .events import METHODS


def chroot_in(state: State, *, canceled: bool = False) -> BuildChroot:
    fake = FakeCopr()
    fake.add_scenario({"builds": [{"id": 1, "canceled": canceled, "chroots": [{"name": F41, "state": state}]}]})
    return fake.builds[1][F41]


def test_table_has_all_states_but_unknown() -> None:
    """Copr's documentation does not explain ``unknown``."""
    named = {state for t in TRANSITIONS for state in (*t.sources, t.target)}
    assert named == set(State) - {State.UNKNOWN}


@pytest.mark.parametrize("state", ["starting", "running", "succeeded"])
def test_advance_in_a_canceled_build_changes_nothing(state: StateName) -> None:
    """The first event on the way would be possible, but a canceled build starts nothing."""
    chroot = chroot_in(State.IMPORTING, canceled=True)
    with pytest.raises(EventError, match="is importing in a canceled build: start is not possible; possible: skip"):
        chroot.advance(to=state)
    assert chroot.state == "importing"


def test_advance_in_a_lifecycle_of_a_canceled_build() -> None:
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F41], id=1)
    build.cancel()
    with pytest.raises(EventError, match="its build is canceled; its lifecycle ends at the next stage"):
        build[F41].advance(to="running")
    assert build[F41].state == "importing"


def test_absent_chroot_of_a_canceled_build_only_appears() -> None:
    """What follows is its end, so a later state is rejected before anything changes."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build({F41: {"lifecycle": "appears-late"}, "fedora-42-x86_64": "running"}, id=1)
    build.cancel()
    with pytest.raises(EventError, match="its build is canceled; its lifecycle ends at the next stage"):
        build[F41].advance(to="starting")
    assert build[F41].is_absent


@pytest.mark.parametrize("event", Event)
def test_events_follow_the_transition_table(event: Event) -> None:
    for state, canceled in itertools.product(State, (False, True)):
        chroot = chroot_in(state, canceled=canceled)
        transition = find_transition(event, state, canceled)
        if transition is None:
            assert event not in chroot.possible_events, (state, canceled)
        else:
            METHODS[event](chroot)
            assert chroot.state is transition.target, (state, canceled)


@pytest.mark.parametrize("state", [state for state in State if state.is_final])
def test_final_states_have_no_possible_events(state: State) -> None:
    assert not possible_events(state, canceled=False)
    assert not possible_events(state, canceled=True)


def test_start_sets_time_and_result_directory() -> None:
    chroot = chroot_in(State.PENDING)
    chroot.report("starting", at=1000, result_dir="00000009-other")
    assert (chroot.started_on, chroot.ended_on, chroot.result_dir) == (1000, None, "00000009-other")


def test_success_sets_packages() -> None:
    """Without given packages, defaults are generated."""
    given, default = chroot_in(State.RUNNING), chroot_in(State.RUNNING)
    given.report("succeeded", packages=["hello-2.12-3.fc41.x86_64"], at=2000)
    default.report("succeeded")
    assert (given.ended_on, given.packages) == (2000, (Nevra("hello", "2.12", "3.fc41", "x86_64"),))
    assert [str(nevra) for nevra in default.packages] == ["hello-1.0-1.fc41.src", "hello-1.0-1.fc41.x86_64"]


def test_rescheduled_chroot_keeps_start_and_loses_results() -> None:
    """Copr keeps the start until the chroot starts again."""
    chroot = chroot_in(State.PENDING)
    chroot.report("starting", at=1000)
    chroot.report("pending")
    assert (chroot.state, chroot.started_on, chroot.result_url) == ("pending", 1000, None)
    chroot.report("starting", at=1500)
    assert chroot.started_on == 1500


def test_event_time_defaults_to_the_fake_clock() -> None:
    """Times are whole seconds."""
    fake = FakeCopr()
    chroot = fake.add_build({F41: "pending"}, id=1)[F41]
    fake.clock.tick(99.9)
    chroot.report("starting")
    assert chroot.started_on == 1_700_000_099


@pytest.mark.parametrize("at", [-1, 1.5, "now", True])
def test_invalid_event_time_is_rejected(at: int) -> None:
    with pytest.raises(InputError, match="at: expected a Unix time"):
        chroot_in(State.PENDING).report("starting", at=at)


def test_event_before_the_last_change_is_rejected() -> None:
    chroot = chroot_in(State.PENDING)
    chroot.report("starting", at=1000)
    with pytest.raises(InputError, match=r"at: 999 is before 1000, when fedora-41-x86_64 last changed"):
        chroot.report("failed", at=999)
    assert chroot.state == "starting"


def test_canceled_build_keeps_chroot_states_until_confirmed() -> None:
    """Pending chroots end as canceled without times, running ones as failed."""
    fake = FakeCopr()
    build = fake.add_build({F41: "pending", "fedora-42-x86_64": "running", "fedora-43-x86_64": "succeeded"}, id=1)
    build.cancel()
    assert [chroot.state for chroot in build.values()] == ["pending", "running", "succeeded"]
    assert not build[F41].report("starting")
    build[F41].report("canceled")
    build["fedora-42-x86_64"].report("canceled")
    assert [chroot.state for chroot in build.values()] == ["canceled", "failed", "succeeded"]
    assert (build[F41].started_on, build[F41].ended_on) == (None, None)


@pytest.mark.parametrize(("states", "reason"), [({F41: "pending"}, "canceled"), ({F41: "succeeded"}, "finished")])
def test_finished_or_canceled_build_cannot_be_canceled(states: dict[str, StateName], reason: str) -> None:
    build = FakeCopr().add_build(states, id=1)
    if reason == "canceled":
        build.cancel()
    with pytest.raises(EventError, match=f"build 1 is {reason} already"):
        build.cancel()


def test_late_end_report_only_changes_ended_on() -> None:
    """In Copr, a second report of an end changes ``ended_on`` of a final chroot."""
    chroot = chroot_in(State.RUNNING)
    chroot.report("succeeded", at=1000)
    packages = chroot.packages
    assert chroot.report("running", at=1100)
    assert chroot.report("failed", at=1200)
    assert (chroot.state, chroot.ended_on, chroot.packages) == ("succeeded", 1200, packages)


def test_impossible_report_is_an_error() -> None:
    with pytest.raises(
        EventError, match="is pending; the backend cannot report waiting in this state; possible: starting, skipped"
    ):
        chroot_in(State.PENDING).report("waiting")


def test_report_out_of_order_is_stored() -> None:
    """Copr does not check which state the chroot was in."""
    chroot = chroot_in(State.PENDING)
    assert chroot.report("succeeded", at=1200)
    assert (chroot.state, chroot.started_on, chroot.ended_on) == ("succeeded", None, 1200)


def test_set_state_allows_inconsistent_values() -> None:
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    chroot.set_state("running", started_on=None, ended_on=5)
    for _ in range(3):
        document = json.loads(direct_client(fake)("GET", f"/api_3/build-chroot/1/{F41}").body)
        assert (document["state"], document["started_on"], document["ended_on"]) == ("running", None, 5)
    chroot.set_state("unknown")
    assert chroot.ended_on == 5


def test_fixed_chroot_advances_by_the_fewest_events() -> None:
    chroot = chroot_in(State.WAITING)
    chroot.advance(to="succeeded")
    assert chroot.state == "succeeded"
    assert chroot.started_on is not None
    assert chroot.packages


@pytest.mark.parametrize(("state", "to"), [("succeeded", "running"), ("pending", "unknown"), ("unknown", "failed")])
def test_advance_to_unreachable_state_is_an_error(state: str, to: str) -> None:
    """The message names the states that can be reached."""
    possible = "starting, skipped, running, succeeded, failed" if state == "pending" else "nothing"
    with pytest.raises(EventError, match=f"is {state}, and cannot change to {to}; possible: {possible}$"):
        chroot_in(State(state)).advance(to=State(to))


def test_deleted_build_does_not_exist() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    build.delete()
    assert direct_client(fake)("GET", f"/api_3/build-chroot/1/{F41}").body == b'{"error": "Build 1 does not exist."}\n'
    assert json.loads(direct_client(fake)("GET", "/api_3/build-chroot/list/1").body)["items"] == []
