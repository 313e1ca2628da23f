"""A fake can be taken back to what it was, and written out so that it loads back to the same answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from copr_chroot_fake import LIFECYCLES, BuildChroot, EventError, FakeCopr, InputError, Lifecycle, Stage, SystemClock
from copr_chroot_fake.model.lifecycle import LifecycleLike
from copr_chroot_fake.model.machine import Stamp

from .adapters import direct_client
from .events import advance_all
from .recordings import DIRECTORY, exchanges

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


def all_answers(fake: FakeCopr, rounds: int, tick: float = 0) -> list[bytes]:
    """What clients see who ask everything of builds 1 to 3, round after round."""
    ask = direct_client(fake)
    seen = []
    for _ in range(rounds):
        for build in (1, 2, 3):
            seen.append(ask("GET", f"/api_3/build-chroot/list?build_id={build}").body)
            for endpoint in ("", "/build-config", "/built-packages"):
                for name in (F41, F42):
                    target = f"/api_3/build-chroot{endpoint}?build_id={build}&chrootname={name}"
                    seen.append(ask("GET", target).body)
        fake.clock.tick(tick)
    return seen


def test_a_restored_fake_and_all_that_is_held_of_it_is_as_it_was() -> None:
    """States, times, lives, the clock, builds added and removed, projects changed: everything is back."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1, lifecycle="realistic")
    removed = fake.add_build({F41: "running"}, id=2)
    fake.clock.tick(20)
    taken = fake.snapshot()
    before = all_answers(fake, 1)

    fake.clock.tick(1000)
    removed.cancel()
    removed[F41].report("canceled")
    removed.delete()
    fake.add_build([F42], id=3, project="jdoe/other")
    build.project.disable(F41)
    fake.add_mock_chroots("epel-9-s390x")
    assert all_answers(fake, 1) != before

    for _ in range(2):
        fake.restore(taken)
        assert all_answers(fake, 1) == before
        assert fake.builds == {1: build, 2: removed}
        assert list(fake.projects) == ["jdoe/playground"]
        assert not removed.is_canceled
        fake.clock.tick(1000)
        assert build[F41].state.is_final


def test_accounts_are_taken_back_too() -> None:
    """Whoever was added since may not log in, and whoever was there before may."""
    fake = FakeCopr()
    taken = fake.snapshot()
    with fake.snapshot():
        before = fake.add_account("frostyx", login="abc", token="s3cret")
        again = fake.snapshot()
        fake.add_account("praiskup", login="def", token="s3cret")
        fake.restore(again)
        assert fake.accounts == [before]
    assert fake.accounts == []
    fake.restore(again)
    assert fake.accounts == [before]
    fake.restore(taken)
    assert fake.accounts == []


def test_after_a_restore_the_run_is_the_same_again() -> None:
    """Polls counted, durations drawn and holds set are part of what is restored."""
    fake = FakeCopr(progress={"poll": 2})
    fake.add_build({F41: {}, F42: {"lifecycle": "retried"}}, id=1)
    fake.builds[1][F42].hold("running")
    all_answers(fake, 1)
    taken = fake.snapshot()
    first = all_answers(fake, 6)
    fake.restore(taken)
    assert all_answers(fake, 6) == first


def test_what_is_drawn_after_a_restore_is_the_same_again() -> None:
    """Whatever seed and which faults there have been since, and before."""
    fake = FakeCopr(seed=3)
    fake.faults.add("outage")
    fake.faults.remove(1)
    runs = []
    for _ in range(2):
        with fake.snapshot():
            added = fake.faults.add({"status": 500, "probability": 0.5})
            runs.append((added.id, [fake.answer("GET", "/api_3/").status for _ in range(40)]))
            fake.reseed(9)
        assert fake.seed == 3
    assert runs[0] == runs[1]


def try_in_vain(fake: FakeCopr, chroot: BuildChroot) -> None:
    with fake.snapshot():
        chroot.advance(to="succeeded")
        fake.clock.tick(5)
        chroot.advance()


def test_what_happens_in_a_sandbox_has_not_happened() -> None:
    """Even where it ends with an error."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    with pytest.raises(EventError):
        try_in_vain(fake, chroot)
    assert (chroot.state, chroot.ended_on, fake.clock.now()) == ("importing", None, 1_700_000_000)
    chroot.advance(to="running")


def test_a_snapshot_is_of_its_fake_only() -> None:
    """Restoring another fake's is an error."""
    with pytest.raises(InputError, match="the snapshot is of another fake"):
        FakeCopr().restore(FakeCopr().snapshot())


def test_the_systems_time_goes_on_through_a_restore() -> None:
    """Only a virtual clock can be taken back."""
    clock = SystemClock(speed=1000)
    fake = FakeCopr(clock=clock)
    taken = fake.snapshot()
    fake.restore(taken)
    assert clock.now() >= taken.now


def reloaded(fake: FakeCopr, directory: Path) -> FakeCopr:
    """The fake, written to a file and loaded from it."""
    path = directory / "written.json"
    path.write_text(json.dumps(fake.to_scenario()))
    return FakeCopr.from_scenario(path)


@pytest.mark.parametrize("progress", ["poll", "clock", "manual", "immediate"])
@pytest.mark.parametrize("name", LIFECYCLES)
def test_dumped_fake_loads_to_the_same_answers(tmp_path: Path, name: str, progress: str) -> None:
    """Wherever its lifecycles are, clients of both see the same from then on."""
    for steps in (0, 1, 2, 4, 7):
        fake = FakeCopr(progress=progress, seed=5)  # type: ignore[arg-type]  # one of the names
        fake.add_build([F41, F42], id=1, lifecycle=name)
        fake.add_build({F41: {"lifecycle": name, "progress": {"poll": 2}}, F42: "running"}, id=2)
        all_answers(fake, steps, tick=7.5)
        if steps % 2:
            advance_all(fake)
        copy = reloaded(fake, tmp_path)
        assert all_answers(copy, 12, tick=25) == all_answers(fake, 12, tick=25), f"after {steps} steps"


def test_holds_cancellations_and_what_is_given_are_written_out(tmp_path: Path) -> None:
    """So is all that is set of projects and builds."""
    fake = FakeCopr(progress="clock")
    fake.add_project("@copr/copr-dev", chroots={F41: {"with_opts": ["a"], "bootstrap": "on"}}, devel_mode=True)
    fake.add_build(
        [F41, F42], id=1, project="@copr/copr-dev:pr:1", package="x", timeout=5, memory_limit=6, bootstrap="off"
    )
    fake.add_build(
        {F41: {"lifecycle": "stuck-running"}, F42: {"build_config": {"a": 1}, "result_url": "http://x"}}, id=2
    )
    fake.add_build({F41: {}, F42: {"packages": ["a-1:2-3.noarch"], "result_dir": "other"}}, id=3, enable_net=True)
    fake.builds[1][F41].hold("running")
    fake.builds[2][F41].advance(to="running")
    fake.clock.tick(3)
    fake.builds[2].cancel()
    copy = reloaded(fake, tmp_path)
    assert all_answers(copy, 20, tick=30) == all_answers(fake, 20, tick=30)
    copy.builds[1][F41].release()
    fake.builds[1][F41].release()
    assert all_answers(copy, 20, tick=30) == all_answers(fake, 20, tick=30)


def pass_hold(chroot: BuildChroot) -> None:
    """An event leads it on from the state in which it is held."""
    chroot.advance(to="pending")
    chroot.hold("pending")
    chroot.report("starting")


def lose_builder(chroot: BuildChroot) -> None:
    chroot.advance(to="running")
    chroot.advance()


def stay(chroot: BuildChroot) -> None:
    """It goes no further than it is."""


NOT_WRITTEN_DOWN = frozenset({Stamp.STARTED_ON, Stamp.RESULT_DIR})
LOST = Lifecycle(Stage("pending", 9), Stage("starting", 9, without=NOT_WRITTEN_DOWN), Stage("running"))
BARE = Lifecycle(Stage("running", 9), Stage("succeeded", 9, without=frozenset({Stamp.PACKAGES})), Stage("deleted"))


@pytest.mark.parametrize(
    ("lifecycle", "go"),
    [
        ("succeeds", pass_hold),
        ("retried", lose_builder),
        (LOST, lambda chroot: chroot.advance(to="starting")),
        (BARE, lambda chroot: chroot.advance(to="succeeded")),
        (BARE, stay),
    ],
)
def test_what_a_chroot_has_not_got_yet_is_written_out(
    tmp_path: Path, lifecycle: LifecycleLike, go: Callable[[BuildChroot], None]
) -> None:
    """And what it will never get is not made up, at whatever unusual place of its life it is."""
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: {"lifecycle": lifecycle, "result_dir": "other", "packages": ["a-1-1.noarch"]}}, id=1)
    go(fake.builds[1][F41])
    copy = reloaded(fake, tmp_path)
    for _ in range(4):
        assert all_answers(copy, 1) == all_answers(fake, 1)
        for each in (copy, fake):
            advance_all(each)


def test_who_was_canceled_is_written_out(tmp_path: Path) -> None:
    """Its results are not those of a chroot that has failed."""
    fake = FakeCopr(serve_results=True)
    build = fake.add_build({F41: "running", F42: "failed"}, id=1)
    build.cancel()
    build[F41].report("canceled")
    copy = FakeCopr.from_scenario(fake.to_scenario(), serve_results=True)
    for name, is_there in ((F41, False), (F42, True)):
        log = f"/results/jdoe/playground/{name}/00000001-hello/build.log.gz"
        for each in (fake, copy):
            assert (each.answer("GET", log).status == 200) is is_there


RECORDED = [*exchanges("responses.jsonl"), *exchanges("companions.jsonl")]


@pytest.mark.parametrize("scenario", sorted({exchange.scenario for exchange in RECORDED}))
def test_dumped_recorded_worlds_load_to_the_same_answers(tmp_path: Path, scenario: str) -> None:
    """A world of Copr's survives being loaded and written."""
    world = FakeCopr.from_scenario(DIRECTORY / scenario)
    copy = reloaded(world, tmp_path)
    for exchange in RECORDED:
        if exchange.scenario == scenario:
            assert copy.answer(exchange.method, exchange.url) == world.answer(exchange.method, exchange.url)


def test_a_scenario_says_what_time_it_is() -> None:
    """A fake that has no builds yet takes over its time, any other only moves on."""
    now = {"now": 1_600_000_000}
    assert FakeCopr.from_scenario(now).clock.now() == 1_600_000_000
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.add_scenario(now)
    assert fake.clock.now() == 1_700_000_000
    fake.add_scenario({"now": 1_700_000_005})
    assert fake.clock.now() == 1_700_000_005


def test_a_chroot_tells_what_it_is() -> None:
    """In a failed assertion one sees the build, the name and the state."""
    chroot: BuildChroot = FakeCopr().add_build([F41], id=1)[F41]
    assert repr(chroot) == "<BuildChroot 1 fedora-41-x86_64 importing>"
