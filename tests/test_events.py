"""Events change a chroot as the table says, and what cannot happen is an error that says what could."""

from __future__ import annotations

import json

import pytest

from copr_chroot_fake import BuildChroot, EventError, FakeCopr, InputError, Nevra, State
from copr_chroot_fake.model.machine import TRANSITIONS, Event, find_transition, possible_events
from copr_chroot_fake.model.states import StateName

from .adapters import direct_client
from .events import METHODS

F41 = "fedora-41-x86_64"


def chroot_in(state: State, *, canceled: bool = False) -> BuildChroot:
    fake = FakeCopr()
    fake.add_scenario({"builds": [{"id": 1, "canceled": canceled, "chroots": [{"name": F41, "state": state}]}]})
    return fake.builds[1][F41]


def test_the_table_has_all_states_but_unknown() -> None:
    """Every state is left or entered by an event, except the one that Copr never explains."""
    named = {state for t in TRANSITIONS for state in (*t.sources, t.target)}
    assert named == set(State) - {State.UNKNOWN}


@pytest.mark.parametrize("canceled", [False, True])
@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_each_event_in_each_state(state: State, event: Event, canceled: bool) -> None:
    """An event does what the table says, or is not possible."""
    chroot = chroot_in(state, canceled=canceled)
    transition = find_transition(event, state, canceled)
    if transition is None:
        assert event not in chroot.possible_events
    else:
        METHODS[event](chroot)
        assert chroot.state is transition.target


@pytest.mark.parametrize("state", [state for state in State if state.is_final])
def test_final_is_final(state: State) -> None:
    """Nothing leads away from a state in which a chroot has ended."""
    assert not possible_events(state, canceled=False)
    assert not possible_events(state, canceled=True)


def test_a_start_has_a_time_and_a_result_directory() -> None:
    """Starting stamps the start, now or as said, and where the results will be."""
    chroot = chroot_in(State.PENDING)
    chroot.report("starting", at=1000, result_dir="00000009-other")
    assert (chroot.started_on, chroot.ended_on, chroot.result_dir) == (1000, None, "00000009-other")


def test_success_brings_packages() -> None:
    """Packages are as said, and made up where they are not."""
    said, made_up = chroot_in(State.RUNNING), chroot_in(State.RUNNING)
    said.report("succeeded", packages=["hello-2.12-3.fc41.x86_64"], at=2000)
    made_up.report("succeeded")
    assert (said.ended_on, said.packages) == (2000, (Nevra("hello", "2.12", "3.fc41", "x86_64"),))
    assert [str(nevra) for nevra in made_up.packages] == ["hello-1.0-1.fc41.src", "hello-1.0-1.fc41.x86_64"]


def test_rescheduled_chroot_keeps_start_and_loses_results() -> None:
    """As in Copr, until it starts again."""
    chroot = chroot_in(State.PENDING)
    chroot.report("starting", at=1000)
    chroot.report("pending")
    assert (chroot.state, chroot.started_on, chroot.result_url) == ("pending", 1000, None)
    chroot.report("starting", at=1500)
    assert chroot.started_on == 1500


def test_now_is_the_fakes_clock() -> None:
    """An event without a time happens at the time of the clock, in whole seconds."""
    fake = FakeCopr()
    chroot = fake.add_build({F41: "pending"}, id=1)[F41]
    fake.clock.tick(99.9)
    chroot.report("starting")
    assert chroot.started_on == 1_700_000_099


@pytest.mark.parametrize("at", [-1, 1.5, "now", True])
def test_a_time_that_is_none_is_refused(at: int) -> None:
    """A time is a Unix time in whole seconds."""
    with pytest.raises(InputError, match="at: expected a Unix time"):
        chroot_in(State.PENDING).report("starting", at=at)


def test_time_does_not_run_backwards() -> None:
    """An end before its start is refused, and nothing has happened."""
    chroot = chroot_in(State.PENDING)
    chroot.report("starting", at=1000)
    with pytest.raises(InputError, match=r"at: 999 is before 1000, when fedora-41-x86_64 last changed"):
        chroot.report("failed", at=999)
    assert chroot.state == "starting"


def test_canceled_build_keeps_chroot_states_until_confirmed() -> None:
    """What was pending ends canceled without times, what was running ends as failed."""
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
def test_build_is_canceled_once_and_only_if_unfinished(states: dict[str, StateName], reason: str) -> None:
    """Copr refuses to cancel what is finished or canceled."""
    build = FakeCopr().add_build(states, id=1)
    if reason == "canceled":
        build.cancel()
    with pytest.raises(EventError, match=f"build 1 is {reason} already"):
        build.cancel()


def test_a_late_report_of_an_end_moves_it_and_nothing_else() -> None:
    """The oddity of Copr that a second end moves ended_on, though the state is final."""
    chroot = chroot_in(State.RUNNING)
    chroot.report("succeeded", at=1000)
    packages = chroot.packages
    assert chroot.report("running", at=1100)
    assert chroot.report("failed", at=1200)
    assert (chroot.state, chroot.ended_on, chroot.packages) == ("succeeded", 1200, packages)


def test_a_report_that_no_backend_makes_is_an_error() -> None:
    """The backend never reports a success of what is pending."""
    with pytest.raises(
        EventError, match="is pending: the backend does not report succeeded then; possible: starting, skipped"
    ):
        chroot_in(State.PENDING).report("succeeded")


def test_any_state_can_be_forced() -> None:
    """What cannot happen can be had on purpose, and is shown as it is."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    chroot.set_state("running", started_on=None, ended_on=5)
    for _ in range(3):
        shown = json.loads(direct_client(fake)("GET", f"/api_3/build-chroot/1/{F41}").body)
        assert (shown["state"], shown["started_on"], shown["ended_on"]) == ("running", None, 5)
    chroot.set_state("unknown")
    assert chroot.ended_on == 5


def test_run_to_goes_straight_through_the_table_without_a_life() -> None:
    """A chroot whose state was fixed is led by the fewest events, with what they stamp."""
    chroot = chroot_in(State.WAITING)
    chroot.advance(to="succeeded")
    assert chroot.state == "succeeded"
    assert chroot.started_on is not None
    assert chroot.packages


@pytest.mark.parametrize(("state", "to"), [("succeeded", "running"), ("pending", "unknown"), ("unknown", "failed")])
def test_run_to_where_nothing_leads_is_an_error(state: str, to: str) -> None:
    """The error says from where to where."""
    with pytest.raises(EventError, match=f"is {state}: nothing leads from there to {to}"):
        chroot_in(State(state)).advance(to=State(to))


def test_a_deleted_build_is_gone() -> None:
    """From then on the service answers that there is no such build."""
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    build.delete()
    assert direct_client(fake)("GET", f"/api_3/build-chroot/1/{F41}").body == b'{"error": "Build 1 does not exist."}\n'
    assert json.loads(direct_client(fake)("GET", "/api_3/build-chroot/list/1").body)["items"] == []
