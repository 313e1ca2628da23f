"""Chroots progress by poll, by clock, by hand or at once, and show the states of their life in order."""

from __future__ import annotations

import json

import pytest

from copr_chroot_fake import EventError, FakeCopr, InputError, Progress, State, SystemClock, VirtualClock
from copr_chroot_fake.model.progress import ProgressLike, ProgressMode

from .adapters import direct_client
from .events import advance_all
from .polls import listed, state

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"
DOCUMENTED = ["importing", "pending", "starting", "running", "succeeded"]
BEGAN = 1_700_000_000


def test_by_poll_each_answer_shows_the_next_state() -> None:
    """The default: a loop that polls sees the documented life, one state a poll, and then its end."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    ask = direct_client(fake)
    assert [state(ask) for _ in range(6)] == [*DOCUMENTED, "succeeded"]


@pytest.mark.parametrize(
    ("progress", "seen"),
    [
        ({"poll": 2}, [name for name in DOCUMENTED for _ in range(2)]),
        ({"poll": {"running": 3}}, ["importing", "pending", "starting", "running", "running", "running", "succeeded"]),
        (Progress("poll", polls=2), [name for name in DOCUMENTED for _ in range(2)]),
    ],
)
def test_by_poll_a_state_is_shown_as_often_as_said(progress: Progress, seen: list[str]) -> None:
    """The number of answers that show a state can be said for all, or for some."""
    fake = FakeCopr(progress=progress)
    fake.add_build([F41], id=1)
    ask = direct_client(fake)
    assert [state(ask) for _ in seen] == seen


def test_a_list_counts_for_the_chroots_on_its_page() -> None:
    """What is on the page goes on with the next look, what is not stays."""
    fake = FakeCopr()
    build = fake.add_build([F41, F42], id=1)
    ask = direct_client(fake)
    assert listed(ask, "&limit=1") == ["importing"]
    assert listed(ask, "&limit=1") == ["pending"]
    assert listed(ask) == ["starting", "importing"]
    assert [chroot.state for chroot in build.values()] == ["starting", "importing"]


def test_packages_count_and_the_build_config_and_head_do_not() -> None:
    """What can change with the state counts as a look; what does not show it does not count."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    ask = direct_client(fake)
    target = f"build_id=1&chrootname={F41}"
    for _ in range(3):
        ask("GET", f"/api_3/build-chroot/build-config?{target}")
        ask("HEAD", f"/api_3/build-chroot?{target}")
    assert chroot.state == "importing"
    assert state(ask) == "importing"
    packages = [json.loads(ask("GET", f"/api_3/build-chroot/built-packages?{target}").body) for _ in range(8)]
    assert [bool(shown["packages"]) for shown in packages[-2:]] == [True, True]


def test_looking_at_the_object_is_no_poll() -> None:
    """A test may look at a build as often as it likes."""
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    assert [build[F41].state for _ in range(5)] == ["importing"] * 5


def test_times_fit_the_life_even_if_nobody_moves_the_clock() -> None:
    """By poll, what happens is stamped with when it was due."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    for _ in DOCUMENTED:
        state(direct_client(fake))
    assert (chroot.started_on, chroot.ended_on) == (BEGAN + 40, BEGAN + 300)


def test_by_clock_nothing_happens_before_its_time() -> None:
    """However often it is polled, a chroot goes on when the clock says so."""
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1)
    ask = direct_client(fake)
    assert [state(ask) for _ in range(3)] == ["importing"] * 3
    fake.clock.tick(9)
    assert state(ask) == "importing"
    fake.clock.tick(1)
    assert state(ask) == "pending"
    fake.clock.move_to(BEGAN + 60)
    assert state(ask) == "running"


def test_by_clock_a_late_read_catches_up_with_due_times() -> None:
    """After a day all has happened, at its own time and not at that of the look."""
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.clock.tick(86400)
    assert chroot.state == "succeeded"
    assert (chroot.started_on, chroot.ended_on) == (BEGAN + 40, BEGAN + 300)
    assert chroot.packages


def test_at_once_the_first_look_sees_the_end() -> None:
    """The life is over by the first look, and its times are in the past."""
    fake = FakeCopr(progress="immediate")
    chroot = fake.add_build([F41], id=1)[F41]
    assert state(direct_client(fake)) == "succeeded"
    assert (chroot.started_on, chroot.ended_on) == (BEGAN - 260, BEGAN)


def test_at_once_nothing_is_before_the_first_of_all_times() -> None:
    """A life that would have begun before 1970 begins with it, and is over later than the clock says."""
    fake = FakeCopr(progress="immediate", clock=VirtualClock(0))
    chroot = fake.add_build([F41], id=1)[F41]
    assert (chroot.state, chroot.started_on, chroot.ended_on) == ("succeeded", 40, 300)


def test_by_hand_only() -> None:
    """Polls and time do nothing; advance goes on by one stage, with an error at the end."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.clock.tick(1000)
    for expected in DOCUMENTED[1:]:
        state(direct_client(fake))
        assert chroot.advance() == expected
    with pytest.raises(EventError, match="is succeeded: its lifecycle has ended"):
        chroot.advance()


@pytest.mark.parametrize("progress", ["poll", "clock", "manual"])
def test_advance_and_run_to_work_whatever_the_progress(progress: str) -> None:
    """A hand can always go on, and goes along the life."""
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    chroot = fake.add_build([F41], id=1, lifecycle="retried")[F41]
    assert chroot.advance() == "pending"
    chroot.advance(to="running")
    chroot.advance(to="pending")
    assert (chroot.state, chroot.result_url, chroot.started_on) == ("pending", None, BEGAN + 40)
    chroot.advance(to="succeeded")
    assert chroot.started_on == BEGAN + 330


@pytest.mark.parametrize("progress", ["poll", "clock", "manual"])
def test_by_hand_nothing_is_ahead_of_the_systems_time(progress: str) -> None:
    """Which no hand can move: a stage that is not over yet ends now."""
    fake = FakeCopr(progress=progress, clock=SystemClock())  # type: ignore[arg-type]  # one of the names
    chroot = fake.add_build([F41], id=1)[F41]
    chroot.advance(to="end")
    assert chroot.started_on is not None
    assert chroot.ended_on is not None
    assert chroot.started_on <= chroot.ended_on <= fake.clock.now()


def test_a_build_and_a_fake_advance_all_that_can() -> None:
    """Fixed, held, stuck and ended chroots stay; the number tells how many went on."""
    fake = FakeCopr()
    build = fake.add_build({F41: {}, F42: "running", "fedora-43-x86_64": {"lifecycle": "stuck-pending"}}, id=1)
    fake.add_build([F41], id=2)
    assert advance_all(build) == 2
    assert advance_all(fake) == 2
    fake.builds[1][F41].hold("starting")
    assert advance_all(fake) == 1
    assert [chroot.state for chroot in build.values()] == ["starting", "running", "pending"]


def test_a_build_and_a_chroot_can_progress_in_their_own_way() -> None:
    """The closest word counts: the chroot's, then the build's, then the fake's."""
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: {"progress": "immediate"}, F42: {}}, id=1, progress={"poll": 1})
    fake.add_build([F41], id=2)
    ask = direct_client(fake)
    for _ in range(2):
        seen = [state(ask, F41), state(ask, F42), state(ask, F41, 2)]
    assert seen == ["succeeded", "pending", "importing"]


@pytest.mark.parametrize(
    ("progress", "message"),
    [
        ("pol", "progress: 'pol' is not possible; did you mean 'poll'? valid: poll, clock, manual, immediate"),
        ({"poll": 0}, "progress.poll: expected a whole number from 1"),
        ({"poll": {"runing": 3}}, "progress.poll.runing: 'runing' is not a state; did you mean 'running'?"),
        ({"poll": {"running": 0}}, "progress.poll.running: expected a whole number from 1"),
        ({"poll": {"other": 0}}, "progress.poll.other: expected a whole number from 1"),
        (
            {"clock": 3},
            "progress: expected one of poll, clock, manual, immediate, or an object with poll, got {'clock': 3}",
        ),
        (7, "progress: expected one of poll, clock, manual, immediate, or an object with poll, got 7"),
    ],
)
def test_unknown_progress_is_an_error_listing_valid_ones(progress: Progress, message: str) -> None:
    """A misspelt choice never just does nothing."""
    with pytest.raises(InputError) as refused:
        FakeCopr(progress=progress)
    assert message in str(refused.value)
    with pytest.raises(InputError) as refused:
        FakeCopr().add_build([F41], id=1, progress=progress)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("polls_in", "message"),
    [
        (7, "polls_in: expected an object, got 7"),
        ({"running": 0}, "polls_in.running: expected a whole number from 1"),
    ],
)
def test_polls_in_an_impossible_state_are_rejected_in_python(polls_in: dict[State, int], message: str) -> None:
    """The error names the argument."""
    with pytest.raises(InputError) as refused:
        Progress("poll", polls_in=polls_in)
    assert message in str(refused.value)


@pytest.mark.parametrize("how", ["clock", "manual", "immediate"])
@pytest.mark.parametrize(("polls", "polls_in", "name"), [(2, {}, "polls"), (1, {State.RUNNING: 2}, "polls_in")])
def test_what_does_not_progress_by_poll_has_no_number_of_polls(
    how: ProgressMode, polls: int, polls_in: dict[State, int], name: str
) -> None:
    """It would not mean anything there."""
    with pytest.raises(InputError, match=f"^{name}: only 'poll' counts polls, not '{how}'; expected none$"):
        Progress(how, polls, polls_in)


@pytest.mark.parametrize(
    ("progress", "written"),
    [
        ("clock", "clock"),
        ({"poll": 1}, "poll"),
        ({"poll": 2}, {"poll": 2}),
        ({"poll": {"running": 3}}, {"poll": {"other": 1, "running": 3}}),
        (Progress("poll", 2, {"running": 3}), {"poll": {"other": 2, "running": 3}}),  # type: ignore[dict-item]  # a name is as good as the state
    ],
)
def test_the_progress_of_a_chroot_is_written_out(progress: ProgressLike, written: object) -> None:
    """As briefly as it can be said in a scenario, however it was said."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, progress=progress)
    (build,) = fake.to_scenario()["builds"]
    assert build["chroots"][0]["progress"] == written


@pytest.mark.parametrize("progress", ["poll", "clock", "immediate"])
def test_a_fixed_state_never_moves(progress: str) -> None:
    """A chroot of which the state is said stays in it, whoever looks and whatever the time."""
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    fake.add_build({F41: "running"}, id=1)
    ask = direct_client(fake)
    for _ in range(5):
        assert state(ask) == "running"
        fake.clock.tick(10_000)


def test_a_held_chroot_stays_until_it_is_released() -> None:
    """By poll it is shown in that state again and again, and then goes on with the next look."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.builds[1][F41].hold("running")
    ask = direct_client(fake)
    assert [state(ask) for _ in range(6)] == ["importing", "pending", "starting", "running", "running", "running"]
    fake.builds[1][F41].release()
    assert state(ask) == "succeeded"


def test_by_clock_a_released_chroot_ends_its_stage_then() -> None:
    """The time that it was held counts for its stage, and what follows begins after it."""
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.builds[1][F41].hold("pending")
    fake.clock.tick(1000)
    assert chroot.state == "pending"
    fake.builds[1][F41].release()
    assert (chroot.state, chroot.started_on) == ("starting", BEGAN + 1000)
    fake.clock.tick(260)
    assert (chroot.state, chroot.ended_on) == ("succeeded", BEGAN + 1260)


def test_hold_and_release_of_what_cannot_be_held_are_errors() -> None:
    """The errors name the chroot and what is wrong."""
    fake = FakeCopr()
    fake.add_build({F41: {}, F42: "running"}, id=1)
    with pytest.raises(EventError, match=f"build 1, {F41} is importing: its lifecycle does not reach failed"):
        fake.builds[1][F41].hold("failed")
    with pytest.raises(EventError, match=f"build 1, {F42} is running: its lifecycle does not reach running"):
        fake.builds[1][F42].hold("running")
    with pytest.raises(EventError, match="it is not held"):
        fake.builds[1][F41].release()
    fake.builds[1][F41].hold("importing")
    with pytest.raises(EventError, match="it is held; release it first"):
        fake.builds[1][F41].advance()


@pytest.mark.parametrize("progress", ["poll", "clock"])
def test_canceling_is_confirmed_with_the_next_step(progress: str) -> None:
    """The chroots lag behind the build, even one that would never end, and then end as Copr ends them."""
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    build = fake.add_build({F41: {}, F42: {"lifecycle": "stuck-running"}}, id=1)
    build[F42].advance(to="running")
    ask = direct_client(fake)
    assert listed(ask) == ["importing", "running"]
    build.cancel()
    assert [chroot.state for chroot in build.values()] == ["importing", "running"]
    if progress == "clock":
        fake.clock.tick(10)
    assert listed(ask) == ["canceled", "failed"]
    assert (build[F41].started_on, build[F41].ended_on) == (None, None)


def test_after_an_event_by_hand_the_life_goes_on_from_there() -> None:
    """A life picks up where an event has led, and ends with one that ends the chroot."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    ask = direct_client(fake)
    assert state(ask) == "importing"
    chroot.report("pending")
    chroot.report("starting")
    assert [state(ask) for _ in range(2)] == ["starting", "running"]
    chroot.report("pending")
    assert [state(ask) for _ in range(3)] == ["pending", "starting", "running"]
    chroot.report("failed")
    assert [state(ask) for _ in range(2)] == ["failed", "failed"]


def test_a_state_with_a_life_is_where_the_life_begins() -> None:
    """A chroot can be put into the middle of its life."""
    fake = FakeCopr()
    chroot = fake.add_build({F41: {"state": "running", "lifecycle": "fails"}}, id=1)[F41]
    ask = direct_client(fake)
    assert [state(ask) for _ in range(2)] == ["running", "failed"]
    assert chroot.ended_on is not None


def test_packages_said_of_a_living_chroot_come_out_in_the_end() -> None:
    """They are not there before."""
    chroot = FakeCopr().add_build({F41: {"packages": ["hello-2-3.fc41.noarch"]}}, id=1)[F41]
    chroot.advance(to="running")
    assert not chroot.packages
    chroot.advance(to="succeeded")
    assert [str(nevra) for nevra in chroot.packages] == ["hello-2-3.fc41.noarch"]


def test_given_result_directory_exists_from_the_start() -> None:
    """Not before."""
    chroot = FakeCopr().add_build({F41: {"result_dir": "other"}}, id=1)[F41]
    assert chroot.result_dir == ""
    chroot.advance(to="starting")
    assert chroot.result_dir == "other"
