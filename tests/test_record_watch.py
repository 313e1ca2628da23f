"""A recording with ``--watch`` replays the observed lifecycles."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from random import Random
from typing import Any

import httpx
import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from copr_chroot_fake import LIFECYCLES, FakeCopr, Fault, State, StateName
from copr_chroot_fake.client.errors import ClientError

from .chroots import F42, F43
from .events import METHODS
from .examples import examples, sample
from .recording_loop import S390X, Recording, Stop, get, record, targets

EXTRA_SECONDS = 30
"""How long a replay is compared after the end of the recording."""


def make_fake(lifecycle: Any, *chroots: str, now: int = 1_700_000_000) -> FakeCopr:
    """Return a fake with a build that advances with a virtual clock."""
    names = chroots or (F43, S390X)
    build = {"id": 1, "lifecycle": lifecycle, "chroots": [{"name": name} for name in names]}
    return FakeCopr.from_scenario({"now": now, "builds": [build]}, progress="clock")


def watch(fake: FakeCopr, interval: float = 1, rounds: int = 2000, **options: Any) -> Recording:
    """Watch build 1 until its end, or for some rounds."""
    remaining = iter(range(rounds))

    def sleep(seconds: float) -> None:
        if next(remaining, None) is None:
            raise Stop
        fake.clock.tick(seconds)

    return record(fake, [1], interval=interval, sleep=sleep, **options)


def replay(recording: Recording) -> FakeCopr:
    return recording.serve(progress="clock")


def states(fake: FakeCopr) -> dict[str, list[State]]:
    """Return the states of the chroots of build 1 from now on."""
    fake.clock.tick(10**6)
    return {name: [change.state for change in fake.changes if change.chrootname == name] for name in (F43, S390X)}


@pytest.mark.sampled
@pytest.mark.parametrize("lifecycle", sample(LIFECYCLES))
def test_lifecycle_watched_each_second_is_replayed_exactly(lifecycle: str) -> None:
    """All endpoints of the build respond the same in each second."""
    fake = make_fake(lifecycle)
    fake.clock.tick(3)
    # A build that is stuck would be watched forever.
    recording = watch(fake, rounds=100 if lifecycle.startswith("stuck") else 700)
    seconds = int(fake.clock.now()) - recording.scenario["now"] + EXTRA_SECONDS
    again, replayed = make_fake(lifecycle), replay(recording)
    again.clock.tick(3)
    begin = again.clock.now()
    assert replayed.clock.now() == begin
    for second in sample(range(seconds)):
        again.clock.move_to(begin + second)
        replayed.clock.move_to(begin + second)
        for target in targets(1, [F43, S390X]):
            status, body = get(again, target)
            # A recording cannot show whether Copr knows a chroot that does not exist yet.
            assert get(replayed, target) == (status, body) or b"was not submitted" in body, target
        for path in ("build/1", "build/source-chroot/1", "build/built-packages/1"):
            assert replayed.answer("GET", f"/api_3/{path}") == again.answer("GET", f"/api_3/{path}"), path
    assert recording.omissions == ()


@pytest.mark.slow
@pytest.mark.parametrize("interval", [7, 45, 1000])
@pytest.mark.parametrize("lifecycle", [name for name in LIFECYCLES if not name.startswith("stuck")])
def test_end_does_not_depend_on_the_interval(lifecycle: str, interval: float) -> None:
    """States that the polls missed are filled in; times are those that Copr has stamped."""
    fake = make_fake(lifecycle)
    recording = watch(fake, interval)
    replayed = replay(recording)
    replayed.clock.move_to(fake.clock.now())
    for target in targets(1, [F43, S390X]):
        assert get(replayed, target) == get(fake, target), target
    assert (recording.missing, recording.omissions) == ((), ())


def test_stages_last_as_long_as_observed() -> None:
    """Times stamped by Copr take precedence over the times of the polls."""
    recording = watch(make_fake("retried", F43), 25)
    (chroot,) = recording.scenario["builds"][0]["chroots"]
    # Importing took 10 seconds, each wait 30, each start 20, each run 240; polled every 25.
    assert chroot["lifecycle"]["stages"] == [
        {"state": "importing", "lasts": 25},
        {"state": "pending", "lasts": 15},
        {"state": "starting", "lasts": 35},
        {"state": "running", "lasts": 225},
        {"state": "pending", "lasts": 30},
        {"state": "starting", "lasts": 20},
        {"state": "running", "lasts": 240},
        {"state": "succeeded"},
    ]
    assert chroot["state"] == "importing"


def test_recording_can_be_replayed_by_poll() -> None:
    """A recording does not set the progress of its builds."""
    recording = watch(make_fake("fails"))
    scenario = recording.scenario
    assert "progress" not in scenario["builds"][0]
    polled = FakeCopr.from_scenario(scenario, progress="poll")
    seen = [get(polled, f"?build_id=1&chrootname={F43}")[1] for _ in range(5)]
    assert [json.loads(body)["state"] for body in seen] == ["importing", "pending", "starting", "running", "failed"]


def test_running_chroot_keeps_its_start() -> None:
    """A chroot that started before the recording continues from its state."""
    fake = make_fake("succeeds", F43)
    fake.clock.tick(100)
    recording = watch(fake)
    (chroot,) = recording.scenario["builds"][0]["chroots"]
    assert (chroot["state"], chroot["started_on"]) == ("running", 1_700_000_040)
    assert chroot["lifecycle"]["stages"] == [{"state": "running", "lasts": 200}, {"state": "succeeded"}]
    replayed = replay(recording)
    replayed.clock.tick(500)
    assert get(replayed, "/list?build_id=1") == get(fake, "/list?build_id=1")


def test_lifecycle_can_end_after_the_latest_time() -> None:
    """Copr's times end in 2038; a replay is not checked beyond that."""
    recording = watch(make_fake("succeeds", F43, now=2_147_480_000))
    assert (recording.missing, recording.omissions, recording.problem) == ((), (), None)


@pytest.mark.slow
def test_source_package_is_known_only_at_the_end() -> None:
    """A build that is watched from its submission on is replayed with the version and URL of its source package."""
    fake = FakeCopr.from_scenario(
        {"projects": [{"ownername": "jdoe", "projectname": "hello", "chroots": [F43]}]}, progress="clock"
    )
    body = {"ownername": "jdoe", "projectname": "hello", "pkgs": ["https://example.com/hello-2.12-1.src.rpm"]}
    headers = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}
    assert fake.answer("POST", "/api_3/build/create/url", headers, json.dumps(body).encode()).status == 200
    expected = watch(fake)
    shown, replayed = json.loads(fake.answer("GET", "/api_3/build/1").body), replay(expected)
    replayed.clock.move_to(fake.clock.now())
    assert shown["source_package"]["version"] == "2.12-1"
    assert json.loads(replayed.answer("GET", "/api_3/build/1").body)["source_package"] == shown["source_package"]


def test_finished_build_has_no_lifecycle() -> None:
    fake = FakeCopr()
    fake.add_build({F43: "succeeded", S390X: "skipped"}, id=1)
    recording = watch(fake)
    assert all("lifecycle" not in chroot for chroot in recording.scenario["builds"][0]["chroots"])
    assert recording.missing == ()


@pytest.mark.slow
def test_builds_of_different_duration_are_watched_together() -> None:
    """The replays of all builds begin at the same time."""
    fake = make_fake("fails", F43)
    fake.add_scenario({"builds": [{"id": 2, "lifecycle": "retried", "chroots": [{"name": F43}]}]})
    recording = record(fake, [1, 2], interval=1)
    again = make_fake("fails", F43)
    again.add_scenario({"builds": [{"id": 2, "lifecycle": "retried", "chroots": [{"name": F43}]}]})
    replayed = replay(recording)
    for _ in range(700):
        for number in (1, 2):
            assert get(again, f"/list?build_id={number}") == get(replayed, f"/list?build_id={number}")
        again.clock.tick(1)
        replayed.clock.tick(1)


def test_chroots_that_appear_late_are_replayed() -> None:
    """A build has no chroots until its source has been imported."""
    fake = make_fake("appears-late")
    recording = watch(fake)
    replayed = replay(recording)
    assert b'"items": []' in get(replayed, "/list?build_id=1")[1]
    assert states(replayed)[F43] == ["pending", "starting", "running", "succeeded"]


def test_build_whose_source_fails_ends_without_chroots() -> None:
    """Its own endpoint shows the failure, also in the replay."""
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "source_state": "running"}]})

    def fail(seconds: float) -> None:
        fake.clock.tick(seconds)
        if fake.clock.now() == 1_700_000_005:
            fake.builds[1].source_state = State.FAILED
            fake.builds[1].forget_rendered()

    recording = record(fake, [1], interval=1, sleep=fail)
    assert fake.clock.now() == 1_700_000_005
    assert recording.missing == ()
    for path in ("build/1", "build/source-chroot/1"):
        assert replay(recording).answer("GET", f"/api_3/{path}") == fake.answer("GET", f"/api_3/{path}")


def test_cancellation_is_confirmed_at_the_observed_time() -> None:
    """Waiting chroots become canceled, running ones failed."""
    fake = make_fake("stuck-running", F43)
    fake.builds[1].add_chroot(S390X, lifecycle="stuck-pending", progress="clock")

    def cancel(seconds: float) -> None:
        fake.clock.tick(seconds)
        if fake.clock.now() == 1_700_000_100:
            fake.builds[1].cancel()

    recording = record(fake, [1], interval=1, sleep=cancel)
    replayed = replay(recording)
    replayed.clock.move_to(1_700_000_109)
    assert [chroot.state for chroot in replayed.builds[1].values()] == ["running", "pending"]
    replayed.clock.tick(1)
    assert [chroot.state for chroot in replayed.builds[1].values()] == ["failed", "canceled"]
    assert get(replayed, "/list?build_id=1") == get(fake, "/list?build_id=1")


def test_deletion_is_replayed_at_the_observed_time() -> None:
    fake = make_fake("deleted", F43)
    recording = watch(fake, 10)
    assert "build 1 has been deleted" in recording.report
    assert recording.missing == ()
    replayed = replay(recording)
    replayed.clock.tick(299)
    assert get(replayed, f"?build_id=1&chrootname={F43}")[0] == 200
    replayed.clock.tick(1)
    assert get(replayed, f"?build_id=1&chrootname={F43}")[0] == 404


def test_unfinished_recording_stays_in_its_last_state() -> None:
    """The missing end is reported."""
    recording = watch(make_fake("succeeds"), 1, rounds=100)
    assert recording.missing == ("build 1: the end of its lifecycle",)
    assert states(replay(recording))[F43] == ["importing", "pending", "starting", "running"]


def test_impossible_lifecycle_is_reported() -> None:
    """The chroot is recorded in its last state; no event leads to ``unknown``."""
    fake = FakeCopr()
    fake.add_build({F43: "pending"}, id=1)

    def force(seconds: float) -> None:
        fake.clock.tick(seconds)
        fake.builds[1][F43].set_state("unknown" if fake.clock.now() < 1_700_000_003 else "forked")

    recording = record(fake, [1], interval=1, sleep=force)
    (line,) = recording.omissions
    assert line.startswith(f"build 1, {F43}: only the last state is recorded, not how it got there: ")
    assert replay(recording).builds[1][F43].state == "forked"


def test_lifecycle_with_unknown_state_is_reported() -> None:
    """A state that the kit does not know is not part of any lifecycle."""
    fake = make_fake("succeeds", F43)

    def rename_state(request: httpx.Request) -> httpx.Response:
        answer = fake.answer("GET", request.url.raw_path.decode())
        return httpx.Response(answer.status, content=answer.body.replace(b'"running"', b'"paused"'))

    recording = watch(fake, transport=httpx.MockTransport(rename_state))
    (line,) = recording.omissions
    assert line.startswith(f"build 1, {F43}: cannot be expressed in a scenario: state: 'paused' is not a state")
    assert recording.scenario["builds"][0]["chroots"] == []


@pytest.mark.sampled
@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 2**32), interval=st.sampled_from([1, 1, 4, 15]), is_canceled=st.booleans(), starts=st.booleans()
)
@example(seed=1, interval=4, is_canceled=False, starts=False)  # the polls miss the import, which fails
def test_any_lifecycle_is_replayed(seed: int, interval: int, is_canceled: bool, starts: bool) -> None:
    """Random events of three chroots lead to the same end, and to the same states each second.

    After a cancellation they may not: no lifecycle can express that a chroot then fails by itself or is skipped.
    """
    random = Random(seed)
    fake = FakeCopr(progress="manual")
    begin: list[StateName] = ["starting", "running"] if starts else ["waiting", "importing", "pending"]
    fake.add_build({name: random.choice(begin) for name in (F43, F42, S390X)}, id=1)
    history = []

    def happen(seconds: float) -> None:
        for _ in range(int(seconds)):
            fake.clock.tick(1)
            build = fake.builds[1]
            for chroot in build.values():
                if chroot.possible_events and random.random() < 0.2:
                    METHODS[random.choice(chroot.possible_events)](chroot)
            if is_canceled and random.random() < 0.05 and not (build.is_finished or build.is_canceled):
                build.cancel()
            history.append((fake.clock.now(), get(fake, "/list?build_id=1")))
        if len(history) > 2000:
            raise Stop

    recording = record(fake, [1], interval=interval, sleep=happen)
    assert recording.omissions == ()
    replayed = replay(recording)
    if is_canceled:
        return
    seen = []
    for now, _ in history:
        replayed.clock.move_to(now)
        seen.append((now, get(replayed, "/list?build_id=1")))
    assert seen[-1:] == history[-1:]
    if interval == 1:
        assert seen == history


@pytest.mark.parametrize(
    "fault", [Fault(status=502), Fault(breaks="refused"), Fault(status=500)], ids=["502", "refused", "500"]
)
@pytest.mark.parametrize("rounds", [9, 10])
def test_recording_survives_a_short_outage(fault: Fault, rounds: int) -> None:
    """After ten failed rounds in a row the recording ends, without losing anything."""
    fake = make_fake("succeeds", F43)
    polls = itertools.count()

    def sleep(seconds: float) -> None:
        fake.clock.tick(seconds)
        # The client retries after 1, 2 and 4 seconds.
        if seconds == 5:
            poll = next(polls)
            if poll == 20:
                fake.faults.add(replace(fault, endpoint="build-chroot/list"))
            elif poll == 20 + rounds:
                fake.faults.clear()

    recording = record(fake, [1], interval=5, sleep=sleep)
    assert recording.report.count("polling again in 5 s") == 9
    seen = states(replay(recording))[F43]
    if rounds == 9:
        assert (recording.missing, recording.problem) == ((), None)
        assert seen == ["importing", "pending", "starting", "running", "succeeded"]
    else:
        assert isinstance(recording.problem, ClientError)
        assert recording.missing == ("build 1: the end of its lifecycle",)
        assert seen == ["importing", "pending", "starting", "running"]
