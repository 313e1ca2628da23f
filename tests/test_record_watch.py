"""Builds that are watched while they live, and live again when the recording is served."""

from __future__ import annotations

import itertools
import json
from random import Random
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from copr_chroot_fake import LIVES, FakeCopr, State
from copr_chroot_fake.client.errors import ClientError
from copr_chroot_fake.client.results import ChrootStatus
from copr_chroot_fake.recording.observations import Answers, BuildAnswers, ChrootAnswers, Details, Sighting
from copr_chroot_fake.recording.recorded import recorded

from .events import METHODS
from .examples import examples
from .recording_loop import F42, F43, S390X, Recording, Stop, ask, record, targets

LONG = 30
"""Seconds for which a replay is looked at beyond what was seen."""


def living(life: Any, *chroots: str, now: int = 1_700_000_000) -> FakeCopr:
    """A build that lives by a virtual clock, as a scenario has it."""
    names = chroots or (F43, S390X)
    build = {"id": 1, "lifecycle": life, "chroots": [{"name": name} for name in names]}
    return FakeCopr.from_scenario({"now": now, "builds": [build]}, progress="clock")


def watch(fake: FakeCopr, interval: float = 1, rounds: int = 2000, **options: Any) -> Recording:
    """Watch build 1 to its end, or for so many rounds."""
    left = iter(range(rounds))

    def sleep(seconds: float) -> None:
        if next(left, None) is None:
            raise Stop
        fake.clock.tick(seconds)

    return record(fake, [1], interval=interval, sleep=sleep, **options)


def replay(recording: Recording) -> FakeCopr:
    return recording.serve(progress="clock")


def states(fake: FakeCopr) -> dict[str, list[State]]:
    """What the chroots of build 1 go through from now on."""
    fake.clock.tick(10**6)
    return {name: [change.state for change in fake.changes if change.chrootname == name] for name in (F43, S390X)}


@pytest.mark.parametrize("life", LIVES)
def test_lifecycle_watched_each_second_is_replayed_exactly(life: str) -> None:
    """Each of the four endpoints, and those of the build, answer the same in each second of it, and after."""
    fake = living(life)
    fake.clock.tick(3)
    recording = watch(fake, rounds=700)
    seconds = int(fake.clock.now()) - recording.scenario["now"] + LONG
    again, replayed = living(life), replay(recording)
    again.clock.tick(3)
    for _ in range(seconds):
        assert again.clock.now() == replayed.clock.now()
        for target in targets(1, [F43, S390X]):
            status, body = ask(again, target)
            # Of a chroot that is not there yet nobody knows whether Copr knows it.
            assert ask(replayed, target) == (status, body) or b"was not submitted" in body, target
        for path in ("build/1", "build/source-chroot/1", "build/built-packages/1"):
            assert replayed.answer("GET", f"/api_3/{path}") == again.answer("GET", f"/api_3/{path}"), path
        again.clock.tick(1)
        replayed.clock.tick(1)
    assert recording.left_out == ()


@pytest.mark.parametrize("interval", [7, 45, 1000])
@pytest.mark.parametrize("life", [life for life in LIVES if not life.startswith("stuck")])
def test_however_seldom_somebody_looked_it_ends_the_same(life: str, interval: float) -> None:
    """With the times that the service has stamped, whatever happened unseen."""
    fake = living(life)
    recording = watch(fake, interval)
    replayed = replay(recording)
    replayed.clock.move_to(fake.clock.now())
    for target in targets(1, [F43, S390X]):
        assert ask(replayed, target) == ask(fake, target), target
    assert (recording.missing, recording.left_out) == ((), ())


def test_stages_last_as_long_as_they_did() -> None:
    """By the service's own stamps where it has any, and by when it was seen where not."""
    recording = watch(living("retried", F43), 25)
    (chroot,) = recording.scenario["builds"][0]["chroots"]
    # Importing took 10 seconds, each wait 30, each start 20, each run 240; looked at every 25.
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


def test_a_recording_can_be_replayed_by_poll() -> None:
    """The recording says nothing of how it goes on."""
    recording = watch(living("fails"))
    scenario = recording.scenario
    assert "progress" not in scenario["builds"][0]
    polled = FakeCopr.from_scenario(scenario, progress="poll")
    seen = [ask(polled, f"?build_id=1&chrootname={F43}")[1] for _ in range(5)]
    assert [json.loads(body)["state"] for body in seen] == ["importing", "pending", "starting", "running", "failed"]


def test_what_is_in_the_middle_of_its_life_goes_on_from_there() -> None:
    """It has started before it is watched: its start is that of the service, and the rest follows."""
    fake = living("succeeds", F43)
    fake.clock.tick(100)
    recording = watch(fake)
    (chroot,) = recording.scenario["builds"][0]["chroots"]
    assert (chroot["state"], chroot["started_on"]) == ("running", 1_700_000_040)
    assert chroot["lifecycle"]["stages"] == [{"state": "running", "lasts": 200}, {"state": "succeeded"}]
    replayed = replay(recording)
    replayed.clock.tick(500)
    assert ask(replayed, "/list?build_id=1") == ask(fake, "/list?build_id=1")


def test_lives_are_recorded_as_long_as_copr_can_tell_the_time() -> None:
    """Its times end in 2038, and no replay is looked at after that."""
    recording = watch(living("succeeds", F43, now=2_147_480_000))
    assert (recording.missing, recording.left_out, recording.problem) == ((), (), None)


def test_what_has_ended_stays() -> None:
    """A build that is over when it is first looked at has no life to replay."""
    fake = FakeCopr()
    fake.add_build(1, {F43: "succeeded", S390X: "skipped"})
    recording = watch(fake)
    assert all("lifecycle" not in chroot for chroot in recording.scenario["builds"][0]["chroots"])
    assert recording.missing == ()


def test_builds_end_by_themselves_and_are_watched_together() -> None:
    """One that takes longer is watched on, and each lives again from the same moment on."""
    fake = living("fails", F43)
    fake.add_scenario({"builds": [{"id": 2, "lifecycle": "retried", "chroots": [{"name": F43}]}]})
    recording = record(fake, [1, 2], interval=1)
    again = living("fails", F43)
    again.add_scenario({"builds": [{"id": 2, "lifecycle": "retried", "chroots": [{"name": F43}]}]})
    replayed = replay(recording)
    for _ in range(700):
        for number in (1, 2):
            assert ask(again, f"/list?build_id={number}") == ask(replayed, f"/list?build_id={number}")
        again.clock.tick(1)
        replayed.clock.tick(1)


def test_a_build_without_chroots_is_waited_for() -> None:
    """They appear when its import is done, and do so again."""
    fake = living("appears-late")
    recording = watch(fake)
    replayed = replay(recording)
    assert b'"items": []' in ask(replayed, "/list?build_id=1")[1]
    assert states(replayed)[F43] == ["pending", "starting", "running", "succeeded"]


def test_a_build_whose_source_fails_has_ended_without_chroots() -> None:
    """Its own endpoint tells, and so it does when it is served."""
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


def test_a_canceled_build_ends_as_it_was_confirmed() -> None:
    """What waited is canceled, what was being built has failed, each when it was seen to."""
    fake = living("stuck-running", F43)
    fake.add_chroot(1, S390X, lifecycle="stuck-pending", progress="clock")

    def cancel(seconds: float) -> None:
        fake.clock.tick(seconds)
        if fake.clock.now() == 1_700_000_100:
            fake.builds[1].cancel()

    recording = record(fake, [1], interval=1, sleep=cancel)
    replayed = replay(recording)
    replayed.clock.move_to(1_700_000_109)
    assert [chroot.state for chroot in replayed.builds[1]] == ["running", "pending"]
    replayed.clock.tick(1)
    assert [chroot.state for chroot in replayed.builds[1]] == ["failed", "canceled"]
    assert ask(replayed, "/list?build_id=1") == ask(fake, "/list?build_id=1")


def test_a_build_that_is_deleted_is_gone_again() -> None:
    """At the moment at which it was seen to be; what was read of it until then is there."""
    fake = living("deleted", F43)
    recording = watch(fake, 10)
    assert "build 1 has been deleted" in recording.said
    assert recording.missing == ()
    replayed = replay(recording)
    replayed.clock.tick(299)
    assert ask(replayed, f"?build_id=1&chrootname={F43}")[0] == 200
    replayed.clock.tick(1)
    assert ask(replayed, f"?build_id=1&chrootname={F43}")[0] == 404


def test_every_chroot_of_a_mass_rebuild_is_replayed() -> None:
    """Also where there are more changes than a fake remembers."""
    shown = (
        (100, State.PENDING, None, None),
        (110, State.STARTING, 110, None),
        (120, State.RUNNING, 110, None),
        (130, State.SUCCEEDED, 110, 130),
    )
    chroots = {
        name: ChrootAnswers(
            tuple(Sighting(at, ChrootStatus(name, state, began, ended, None)) for at, state, began, ended in shown),
            Details(None, ()),
        )
        for name in (f"fedora-{number}-x86_64" for number in range(2600))
    }
    answers = Answers(100, (BuildAnswers(1, chroots, 100),), {})
    assert recorded(answers, lives=True).left_out == ()


def test_unfinished_recording_stays_in_its_last_state() -> None:
    """And it is said that its end is missing."""
    recording = watch(living("succeeds"), 1, rounds=100)
    assert recording.missing == ("build 1: how it ends",)
    assert states(replay(recording))[F43] == ["importing", "pending", "starting", "running"]


def test_what_no_life_leads_to_is_as_it_was_seen_last_and_said() -> None:
    """Nothing leads to unknown, so there is no life that ends there."""
    fake = FakeCopr()
    fake.add_build(1, {F43: "pending"})

    def force(seconds: float) -> None:
        fake.clock.tick(seconds)
        fake.builds[1][F43].force_state("unknown" if fake.clock.now() < 1_700_000_003 else "forked")

    recording = record(fake, [1], interval=1, sleep=force)
    (line,) = recording.left_out
    assert line.startswith(f"build 1, {F43}: only how it was seen last, not how it got there: ")
    assert replay(recording).builds[1][F43].state == "forked"


@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 2**32), interval=st.sampled_from([1, 1, 4, 15]), is_canceled=st.booleans(), starts=st.booleans()
)
def test_any_life_is_replayed_or_it_is_said(seed: int, interval: int, is_canceled: bool, starts: bool) -> None:
    """Whatever happens to three chroots, in whatever order: their ends are the same, and each second where it was seen.

    A build that is canceled while one of its chroots fails by itself, or is skipped, is what no life says.
    """
    random = Random(seed)
    fake = FakeCopr(progress="manual")
    begin = ["starting", "running"] if starts else ["waiting", "importing", "pending"]
    fake.add_build(1, {name: random.choice(begin) for name in (F43, F42, S390X)})
    history = []

    def happen(seconds: float) -> None:
        for _ in range(int(seconds)):
            fake.clock.tick(1)
            build = fake.builds[1]
            for chroot in build:
                if chroot.possible_events and random.random() < 0.2:
                    METHODS[random.choice(chroot.possible_events)](chroot)
            if is_canceled and random.random() < 0.05 and not (build.is_finished or build.canceled):
                build.cancel()
            history.append((fake.clock.now(), ask(fake, "/list?build_id=1")))
        if len(history) > 2000:
            raise Stop

    recording = record(fake, [1], interval=interval, sleep=happen)
    assert not recording.left_out or is_canceled
    replayed = replay(recording)
    seen = []
    for now, answer in history:
        replayed.clock.move_to(now)
        seen.append((now, answer if recording.left_out else ask(replayed, "/list?build_id=1")))
    assert seen[-1:] == history[-1:]
    if interval == 1:
        assert seen == history


@pytest.mark.parametrize("fault", [{"status": 502}, {"breaks": "refused"}, {"status": 500}])
@pytest.mark.parametrize("rounds", [9, 10])
def test_an_outage_is_survived_unless_it_lasts(fault: dict[str, object], rounds: int) -> None:
    """Ten rounds in a row can fail, and nothing of what was seen before is lost."""
    fake = living("succeeds", F43)
    looks = itertools.count()

    def sleep(seconds: float) -> None:
        fake.clock.tick(seconds)
        # What is tried again at once is so after 1, 2 and 4 seconds.
        if seconds == 5:
            look = next(looks)
            if look == 20:
                fake.faults.add({**fault, "endpoint": "build-chroot/list"})
            elif look == 20 + rounds:
                fake.faults.clear()

    recording = record(fake, [1], interval=5, sleep=sleep)
    assert recording.said.count("looking again in 5 s") == 9
    seen = states(replay(recording))[F43]
    if rounds == 9:
        assert (recording.missing, recording.problem) == ((), None)
        assert seen == ["importing", "pending", "starting", "running", "succeeded"]
    else:
        assert isinstance(recording.problem, ClientError)
        assert recording.missing == ("build 1: how it ends",)
        assert seen == ["importing", "pending", "starting", "running"]
