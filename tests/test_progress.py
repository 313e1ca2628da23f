"""Progress of chroots by poll, by clock, immediately or manually."""

from __future__ import annotations

import json

import pytest

from copr_chroot_fake import EventError, FakeCopr, InputError, Progress, State, SystemClock, VirtualClock
from copr_chroot_fake.model.progress import ProgressLike, ProgressMode

from .adapters import direct_client
from .chroots import F41, F42
from .events import advance_all
from .polls import listed, state

DOCUMENTED = ["importing", "pending", "starting", "running", "succeeded"]
START = 1_700_000_000


def test_each_poll_returns_the_next_state() -> None:
    """This is the default."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    send = direct_client(fake)
    assert [state(send) for _ in range(6)] == [*DOCUMENTED, "succeeded"]


@pytest.mark.parametrize(
    ("progress", "seen"),
    [
        ({"poll": 2}, [name for name in DOCUMENTED for _ in range(2)]),
        ({"poll": {"running": 3}}, ["importing", "pending", "starting", "running", "running", "running", "succeeded"]),
        (Progress("poll", polls=2), [name for name in DOCUMENTED for _ in range(2)]),
    ],
)
def test_polls_option_repeats_states(progress: Progress, seen: list[str]) -> None:
    """The number of polls applies to all states, or to single ones."""
    fake = FakeCopr(progress=progress)
    fake.add_build([F41], id=1)
    send = direct_client(fake)
    assert [state(send) for _ in seen] == seen


def test_list_polls_the_chroots_on_its_page() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41, F42], id=1)
    send = direct_client(fake)
    assert listed(send, "&limit=1") == ["importing"]
    assert listed(send, "&limit=1") == ["pending"]
    assert listed(send) == ["starting", "importing"]
    assert [chroot.state for chroot in build.values()] == ["starting", "importing"]


def test_packages_are_a_poll_but_config_and_head_are_not() -> None:
    """A response that cannot change with the state does not count as a poll."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    send = direct_client(fake)
    target = f"build_id=1&chrootname={F41}"
    for _ in range(3):
        send("GET", f"/api_3/build-chroot/build-config?{target}")
        send("HEAD", f"/api_3/build-chroot?{target}")
    assert chroot.state == "importing"
    assert state(send) == "importing"
    packages = [json.loads(send("GET", f"/api_3/build-chroot/built-packages?{target}").body) for _ in range(8)]
    assert [bool(document["packages"]) for document in packages[-2:]] == [True, True]


def test_reading_attributes_is_not_a_poll() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    assert [build[F41].state for _ in range(5)] == ["importing"] * 5


def test_polled_chroot_has_the_times_of_its_lifecycle() -> None:
    """The clock need not move."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    for _ in DOCUMENTED:
        state(direct_client(fake))
    assert (chroot.started_on, chroot.ended_on) == (START + 40, START + 300)


def test_clock_chroot_does_not_advance_early() -> None:
    """Polls make no difference."""
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1)
    send = direct_client(fake)
    assert [state(send) for _ in range(3)] == ["importing"] * 3
    fake.clock.tick(9)
    assert state(send) == "importing"
    fake.clock.tick(1)
    assert state(send) == "pending"
    fake.clock.move_to(START + 60)
    assert state(send) == "running"


def test_late_read_applies_transitions_at_their_times() -> None:
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.clock.tick(86400)
    assert chroot.state == "succeeded"
    assert (chroot.started_on, chroot.ended_on) == (START + 40, START + 300)
    assert chroot.packages


def test_immediate_chroot_has_ended_at_the_first_poll() -> None:
    """Its times are in the past."""
    fake = FakeCopr(progress="immediate")
    chroot = fake.add_build([F41], id=1)[F41]
    assert state(direct_client(fake)) == "succeeded"
    assert (chroot.started_on, chroot.ended_on) == (START - 260, START)


def test_immediate_chroot_has_no_negative_times() -> None:
    """A lifecycle that would start before 1970 starts then, and ends after the current time."""
    fake = FakeCopr(progress="immediate", clock=VirtualClock(0))
    chroot = fake.add_build([F41], id=1)[F41]
    assert (chroot.state, chroot.started_on, chroot.ended_on) == ("succeeded", 40, 300)


def test_rescheduled_immediate_chroot_ends_at_once() -> None:
    """Also if the build has another chroot, whose lifecycle cancels the build."""
    fake = FakeCopr()
    fake.add_build(
        {F41: {"lifecycle": "stuck-running", "progress": "immediate"}, F42: {"lifecycle": "canceled-while-pending"}},
        id=1,
    )
    chroot = fake.builds[1][F41]
    assert chroot.state is State.RUNNING
    chroot.report("pending")
    assert chroot.state is State.RUNNING


def test_manual_chroot_advances_by_calls_only() -> None:
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.clock.tick(1000)
    for expected in DOCUMENTED[1:]:
        state(direct_client(fake))
        assert chroot.advance() == expected
    with pytest.raises(EventError, match="is succeeded: its lifecycle has ended"):
        chroot.advance()


@pytest.mark.parametrize("progress", ["poll", "clock", "manual"])
def test_advance_works_with_any_progress(progress: str) -> None:
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    chroot = fake.add_build([F41], id=1, lifecycle="retried")[F41]
    assert chroot.advance() == "pending"
    chroot.advance(to="running")
    chroot.advance(to="pending")
    assert (chroot.state, chroot.result_url, chroot.started_on) == ("pending", None, START + 40)
    chroot.advance(to="succeeded")
    assert chroot.started_on == START + 330


@pytest.mark.parametrize("progress", ["poll", "clock", "manual"])
def test_advance_does_not_exceed_the_system_time(progress: str) -> None:
    """A stage that would end later ends now."""
    fake = FakeCopr(progress=progress, clock=SystemClock())  # type: ignore[arg-type]  # one of the names
    chroot = fake.add_build([F41], id=1)[F41]
    chroot.advance(to="end")
    assert chroot.started_on is not None
    assert chroot.ended_on is not None
    assert chroot.started_on <= chroot.ended_on <= fake.clock.now()


def test_advance_all_skips_chroots_that_cannot_advance() -> None:
    """Fixed, held, stuck and ended chroots stay."""
    fake = FakeCopr()
    build = fake.add_build({F41: {}, F42: "running", "fedora-43-x86_64": {"lifecycle": "stuck-pending"}}, id=1)
    fake.add_build([F41], id=2)
    assert advance_all(build) == 2
    assert advance_all(fake) == 2
    fake.builds[1][F41].hold("starting")
    assert advance_all(fake) == 1
    assert [chroot.state for chroot in build.values()] == ["starting", "running", "pending"]


def test_progress_of_chroot_overrides_build_and_fake() -> None:
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: {"progress": "immediate"}, F42: {}}, id=1, progress={"poll": 1})
    fake.add_build([F41], id=2)
    send = direct_client(fake)
    for _ in range(2):
        seen = [state(send, F41), state(send, F42), state(send, F41, 2)]
    assert seen == ["succeeded", "pending", "importing"]


@pytest.mark.parametrize(
    ("progress", "message"),
    [
        ("pol", "progress: 'pol' is not valid; did you mean 'poll'? valid: poll, clock, manual, immediate"),
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
def test_invalid_progress_is_rejected_with_valid_values(progress: Progress, message: str) -> None:
    with pytest.raises(InputError) as raised:
        FakeCopr(progress=progress)
    assert message in str(raised.value)
    with pytest.raises(InputError) as raised:
        FakeCopr().add_build([F41], id=1, progress=progress)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("polls_in", "message"),
    [
        (7, "polls_in: expected an object, got 7"),
        ({"running": 0}, "polls_in.running: expected a whole number from 1"),
    ],
)
def test_invalid_polls_in_is_rejected_in_python(polls_in: dict[State, int], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Progress("poll", polls_in=polls_in)
    assert message in str(raised.value)


@pytest.mark.parametrize("mode", ["clock", "manual", "immediate"])
@pytest.mark.parametrize(("polls", "polls_in", "name"), [(2, {}, "polls"), (1, {State.RUNNING: 2}, "polls_in")])
def test_number_of_polls_requires_progress_by_poll(
    mode: ProgressMode, polls: int, polls_in: dict[State, int], name: str
) -> None:
    with pytest.raises(InputError, match=f"^{name}: only 'poll' counts polls, not '{mode}'; expected none$"):
        Progress(mode, polls, polls_in)


@pytest.mark.parametrize(
    ("progress", "dumped"),
    [
        ("clock", "clock"),
        ({"poll": 1}, "poll"),
        ({"poll": 2}, {"poll": 2}),
        ({"poll": {"running": 3}}, {"poll": {"other": 1, "running": 3}}),
        (Progress("poll", 2, {"running": 3}), {"poll": {"other": 2, "running": 3}}),  # type: ignore[dict-item]  # a state may be given by name
    ],
)
def test_progress_is_dumped_in_its_shortest_form(progress: ProgressLike, dumped: object) -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, progress=progress)
    (build,) = fake.to_scenario()["builds"]
    assert build["chroots"][0]["progress"] == dumped


@pytest.mark.parametrize("progress", ["poll", "clock", "immediate"])
def test_fixed_state_does_not_change(progress: str) -> None:
    """Neither polls nor time change it."""
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    fake.add_build({F41: "running"}, id=1)
    send = direct_client(fake)
    for _ in range(5):
        assert state(send) == "running"
        fake.clock.tick(10_000)


def test_held_chroot_stays_until_released() -> None:
    """After the release, the next poll returns the next state."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.builds[1][F41].hold("running")
    send = direct_client(fake)
    assert [state(send) for _ in range(6)] == ["importing", "pending", "starting", "running", "running", "running"]
    fake.builds[1][F41].release()
    assert state(send) == "succeeded"


def test_released_chroot_ends_its_overdue_stage_at_once() -> None:
    """The time for which it was held counts for its stage; the next stage begins at the release."""
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.builds[1][F41].hold("pending")
    fake.clock.tick(1000)
    assert chroot.state == "pending"
    fake.builds[1][F41].release()
    assert (chroot.state, chroot.started_on) == ("starting", START + 1000)
    fake.clock.tick(260)
    assert (chroot.state, chroot.ended_on) == ("succeeded", START + 1260)


def test_invalid_hold_and_release_are_errors() -> None:
    fake = FakeCopr()
    fake.add_build({F41: {}, F42: "running"}, id=1)
    with pytest.raises(
        EventError, match="importing: its lifecycle does not reach failed; possible: importing, pending, "
    ):
        fake.builds[1][F41].hold("failed")
    with pytest.raises(EventError, match="does not reach running; possible: nothing, as its state is fixed"):
        fake.builds[1][F42].hold("running")
    with pytest.raises(EventError, match="it is not held"):
        fake.builds[1][F41].release()
    fake.builds[1][F41].hold("importing")
    with pytest.raises(EventError, match="it is held; release it first"):
        fake.builds[1][F41].advance()


@pytest.mark.parametrize("progress", ["poll", "clock"])
def test_cancel_is_confirmed_with_the_next_transition(progress: str) -> None:
    """This also ends chroots that are stuck."""
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    build = fake.add_build({F41: {}, F42: {"lifecycle": "stuck-running"}}, id=1)
    build[F42].advance(to="running")
    send = direct_client(fake)
    assert listed(send) == ["importing", "running"]
    build.cancel()
    assert [chroot.state for chroot in build.values()] == ["importing", "running"]
    if progress == "clock":
        fake.clock.tick(10)
    assert listed(send) == ["canceled", "failed"]
    assert (build[F41].started_on, build[F41].ended_on) == (None, None)


def test_lifecycle_continues_after_a_reported_event() -> None:
    """A final state ends the lifecycle."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    send = direct_client(fake)
    assert state(send) == "importing"
    chroot.report("pending")
    chroot.report("starting")
    assert [state(send) for _ in range(2)] == ["starting", "running"]
    chroot.report("pending")
    assert [state(send) for _ in range(3)] == ["pending", "starting", "running"]
    chroot.report("failed")
    assert [state(send) for _ in range(2)] == ["failed", "failed"]


def test_state_selects_the_first_stage_of_a_lifecycle() -> None:
    fake = FakeCopr()
    chroot = fake.add_build({F41: {"state": "running", "lifecycle": "fails"}}, id=1)[F41]
    send = direct_client(fake)
    assert [state(send) for _ in range(2)] == ["running", "failed"]
    assert chroot.ended_on is not None


def test_given_packages_appear_when_the_chroot_succeeds() -> None:
    chroot = FakeCopr().add_build({F41: {"packages": ["hello-2-3.fc41.noarch"]}}, id=1)[F41]
    chroot.advance(to="running")
    assert not chroot.packages
    chroot.advance(to="succeeded")
    assert [str(nevra) for nevra in chroot.packages] == ["hello-2-3.fc41.noarch"]


def test_given_result_directory_appears_when_started() -> None:
    chroot = FakeCopr().add_build({F41: {"result_dir": "other"}}, id=1)[F41]
    assert chroot.result_dir == ""
    chroot.advance(to="starting")
    assert chroot.result_dir == "other"
