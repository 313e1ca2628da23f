"""Snapshots restore a fake, and a dumped scenario loads back to the same responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from copr_chroot_fake import (
    LIFECYCLES,
    BuildChroot,
    EventError,
    FakeCopr,
    InputError,
    Lifecycle,
    LifecycleName,
    Stage,
    SystemClock,
)
from copr_chroot_fake.model.lifecycle import LifecycleLike
from copr_chroot_fake.model.machine import Stamp
from copr_chroot_fake.model.states import StateName

from .adapters import direct_client
from .chroots import F41, F42
from .events import advance_all
from .examples import sample
from .recordings import DIRECTORY, exchanges


def all_answers(fake: FakeCopr, rounds: int, tick: float = 0) -> list[bytes]:
    """Return the responses to all endpoints of builds 1 to 3, for a number of rounds."""
    send = direct_client(fake)
    seen = []
    for _ in range(rounds):
        for build in (1, 2, 3):
            seen.append(send("GET", f"/api_3/build-chroot/list?build_id={build}").body)
            for endpoint in ("", "/build-config", "/built-packages"):
                for name in (F41, F42):
                    target = f"/api_3/build-chroot{endpoint}?build_id={build}&chrootname={name}"
                    seen.append(send("GET", target).body)
        fake.clock.tick(tick)
    return seen


def test_chroot_that_fails_with_its_source_is_no_longer_canceled() -> None:
    """A copy behaves like the original, which was canceled before."""
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: {"lifecycle": "canceled-while-pending", "progress": "immediate"}}, id=1)
    copy = FakeCopr.from_scenario(fake.to_scenario(), progress="manual")
    for each in (fake, copy):
        each.builds[1].report_source("failed")
    assert copy.to_scenario() == fake.to_scenario()


def test_restore_brings_back_all_state() -> None:
    """States, times, lifecycles, clock, builds and projects."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1, lifecycle="realistic")
    removed = fake.add_build({F41: "running"}, id=2)
    fake.clock.tick(20)
    snapshot = fake.snapshot()
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
        fake.restore(snapshot)
        assert all_answers(fake, 1) == before
        assert fake.builds == {1: build, 2: removed}
        assert list(fake.projects) == ["jdoe/playground"]
        assert not removed.is_canceled
        fake.clock.tick(1000)
        assert build[F41].state.is_final


def test_restore_brings_back_accounts() -> None:
    fake = FakeCopr()
    snapshot = fake.snapshot()
    with fake.snapshot():
        before = fake.add_account("frostyx", login="abc", token="s3cret")
        again = fake.snapshot()
        fake.add_account("praiskup", login="def", token="s3cret")
        fake.restore(again)
        assert fake.accounts == [before]
    assert fake.accounts == []
    fake.restore(again)
    assert fake.accounts == [before]
    fake.restore(snapshot)
    assert fake.accounts == []


def test_run_repeats_after_a_restore() -> None:
    """Counted polls, drawn durations and holds are restored."""
    fake = FakeCopr(progress={"poll": 2})
    fake.add_build({F41: {}, F42: {"lifecycle": "retried"}}, id=1)
    fake.builds[1][F42].hold("running")
    all_answers(fake, 1)
    snapshot = fake.snapshot()
    first = all_answers(fake, 6)
    fake.restore(snapshot)
    assert all_answers(fake, 6) == first


def test_random_draws_repeat_after_a_restore() -> None:
    """Other seeds and faults in between do not matter."""
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


def fail_in_sandbox(fake: FakeCopr, chroot: BuildChroot) -> None:
    with fake.snapshot():
        chroot.advance(to="succeeded")
        fake.clock.tick(5)
        chroot.advance()


def test_sandbox_is_restored_after_an_error() -> None:
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    with pytest.raises(EventError):
        fail_in_sandbox(fake, chroot)
    assert (chroot.state, chroot.ended_on, fake.clock.now()) == ("importing", None, 1_700_000_000)
    chroot.advance(to="running")


def test_snapshot_of_another_fake_is_rejected() -> None:
    with pytest.raises(InputError, match="the snapshot is of another fake"):
        FakeCopr().restore(FakeCopr().snapshot())


def test_restore_does_not_move_a_system_clock() -> None:
    clock = SystemClock(speed=1000)
    fake = FakeCopr(clock=clock)
    snapshot = fake.snapshot()
    fake.restore(snapshot)
    assert clock.now() >= snapshot.now


def reloaded(fake: FakeCopr, directory: Path) -> FakeCopr:
    """Write the fake to a file and load it."""
    path = directory / "written.json"
    path.write_text(json.dumps(fake.to_scenario()))
    return FakeCopr.from_scenario(path)


@pytest.mark.sampled
@pytest.mark.parametrize("progress", ["poll", "clock", "manual", "immediate"])
@pytest.mark.parametrize("name", sample(LIFECYCLES))
def test_dumped_fake_loads_to_the_same_answers(tmp_path: Path, name: LifecycleName, progress: str) -> None:
    """At any point of a lifecycle."""
    for steps in (0, 1, 2, 4, 7):
        fake = FakeCopr(progress=progress, seed=5)  # type: ignore[arg-type]  # one of the names
        fake.add_build([F41, F42], id=1, lifecycle=name)
        fake.add_build({F41: {"lifecycle": name, "progress": {"poll": 2}}, F42: "running"}, id=2)
        all_answers(fake, steps, tick=7.5)
        if steps % 2:
            advance_all(fake)
        copy = reloaded(fake, tmp_path)
        assert all_answers(copy, 12, tick=25) == all_answers(fake, 12, tick=25), f"after {steps} steps"


def test_dump_has_holds_cancellations_and_given_values(tmp_path: Path) -> None:
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
    """Report an event that leaves the state in which the chroot is held."""
    chroot.advance(to="pending")
    chroot.hold("pending")
    chroot.report("starting")


def lose_builder(chroot: BuildChroot) -> None:
    chroot.advance(to="running")
    chroot.advance()


def stay(chroot: BuildChroot) -> None:
    """Do not advance."""


OMITTED = frozenset({Stamp.STARTED_ON, Stamp.RESULT_DIR})
LOST = Lifecycle(Stage("pending", 9), Stage("starting", 9, without=OMITTED), Stage("running"))
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
def test_dump_has_the_planned_values_of_a_chroot(
    tmp_path: Path, lifecycle: LifecycleLike, go: Callable[[BuildChroot], None]
) -> None:
    """Values that a lifecycle omits do not get defaults when it is loaded."""
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: {"lifecycle": lifecycle, "result_dir": "other", "packages": ["a-1-1.noarch"]}}, id=1)
    go(fake.builds[1][F41])
    copy = reloaded(fake, tmp_path)
    for _ in range(4):
        assert all_answers(copy, 1) == all_answers(fake, 1)
        for each in (copy, fake):
            advance_all(each)


def test_dump_has_a_package_whose_chroots_are_added_late() -> None:
    """The name was known before the first chroot, which only appears later."""
    fake = FakeCopr()
    fake.add_build([], id=1)
    fake.builds[1].add_chroot(F41, lifecycle="appears-late")
    loaded = FakeCopr.from_scenario(fake.to_scenario())
    assert direct_client(loaded)("GET", "/api_3/build/1").body == direct_client(fake)("GET", "/api_3/build/1").body
    assert loaded.to_scenario() == fake.to_scenario()


def test_source_package_stays_hidden_while_its_chroot_waits() -> None:
    """Nothing has made it yet; the next report shows that it is made."""
    fake = FakeCopr()
    build = fake.add_build({F41: {"lifecycle": "as-deployed"}, F42: "failed"}, id=2)
    build[F41].set_state("waiting")
    loaded = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, loaded):
        assert each.builds[2].source.version is None
        each.builds[2][F41].report("pending")
        assert each.builds[2].source.version == "1.0-1"
    assert loaded.to_scenario() == fake.to_scenario()


def test_dump_has_stored_and_planned_packages() -> None:
    """A chroot that is built again keeps the packages of its earlier attempt until it succeeds."""
    fake = FakeCopr(progress="manual")
    fake.add_scenario(
        {
            "builds": [
                {
                    "id": 1,
                    "chroots": [
                        {
                            "name": F41,
                            "lifecycle": "succeeds",
                            "state": "running",
                            "result_dir": "old",
                            "packages": ["old-1-1.noarch"],
                            "planned": {"result_dir": "00000001-hello", "packages": ["new-1-1.noarch"]},
                        }
                    ],
                }
            ]
        }
    )
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress="manual")
    assert loaded.to_scenario() == fake.to_scenario()
    for each in (fake, loaded):
        chroot = each.builds[1][F41]
        assert [package.name for package in chroot.packages] == ["old"]
        assert chroot.result_dir == "old"
        chroot.advance(to="succeeded")
        assert [package.name for package in chroot.packages] == ["new"]
        chroot.set_state("pending")


@pytest.mark.parametrize("state", ["waiting", "pending"])
def test_dump_has_starts_that_were_announced(state: StateName) -> None:
    """A chroot that was set back starts again without a message."""
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: {"lifecycle": "retried"}}, id=1)
    fake.clock.tick(70)
    assert len(fake.messages) == 2
    fake.builds[1][F41].set_state(state, started_on=None)
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress="clock")
    for each in (fake, loaded):
        each.builds[1][F41].advance(to="succeeded")
    assert [message.topic for message in loaded.messages] == ["copr.build.end"]
    assert [message.topic for message in fake.messages[2:]] == ["copr.build.end"]


def test_fakes_of_one_file_share_nothing(tmp_path: Path) -> None:
    """Scenarios of files are cached."""
    file = tmp_path / "scenario.json"
    source = {"type": "scm", "config": {"clone_url": "https://example.com/a.git", "subdirs": ["a"]}}
    chroot = {"name": F41, "build_config": {"repos": []}, "results": {"notes.txt": "a"}}
    package = {"name": "hello", "source_type": "scm", "source_dict": {"clone_url": "https://example.com/a.git"}}
    project = {"ownername": "jdoe", "projectname": "playground", "packages": [package]}
    build = {"id": 1, "source": source, "chroots": [chroot], "source_results": {"notes.txt": "a"}}
    file.write_text(json.dumps({"projects": [project], "builds": [build]}), encoding="utf-8")
    one, other = FakeCopr.from_scenario(file), FakeCopr.from_scenario(file)
    before = other.to_scenario()
    changed = one.builds[1]
    for values in (changed.source.config, changed.source.results, changed[F41].results):
        values.clear()  # type: ignore[attr-defined]  # a dictionary, although its type is read-only
    one.projects["jdoe/playground"].packages["hello"].config.clear()  # type: ignore[attr-defined]  # as above
    assert other.to_scenario() == FakeCopr.from_scenario(file).to_scenario() == before


def test_dump_has_canceled_chroots(tmp_path: Path) -> None:
    """Their results differ from those of failed chroots."""
    fake = FakeCopr()
    build = fake.add_build({F41: "running", F42: "failed"}, id=1)
    build.cancel()
    build[F41].report("canceled")
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for name, is_there in ((F41, False), (F42, True)):
        log = f"/results/jdoe/playground/{name}/00000001-hello/build.log.gz"
        for each in (fake, copy):
            assert (each.answer("GET", log).status == 200) is is_there


RECORDED = [*exchanges("responses.jsonl"), *exchanges("companions.jsonl")]


@pytest.mark.parametrize("scenario", sorted({exchange.scenario for exchange in RECORDED}))
def test_dumped_recorded_worlds_load_to_the_same_answers(tmp_path: Path, scenario: str) -> None:
    world = FakeCopr.from_scenario(DIRECTORY / scenario)
    copy = reloaded(world, tmp_path)
    for exchange in RECORDED:
        if exchange.scenario == scenario:
            assert copy.answer(exchange.method, exchange.url) == world.answer(exchange.method, exchange.url)


def test_time_of_a_scenario_sets_the_clock_of_an_empty_fake() -> None:
    """With builds, the clock only moves forward."""
    now = {"now": 1_600_000_000}
    assert FakeCopr.from_scenario(now).clock.now() == 1_600_000_000
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.add_scenario(now)
    assert fake.clock.now() == 1_700_000_000
    fake.add_scenario({"now": 1_700_000_005})
    assert fake.clock.now() == 1_700_000_005


def test_repr_describes_the_chroot() -> None:
    chroot: BuildChroot = FakeCopr().add_build([F41], id=1)[F41]
    assert repr(chroot) == "<BuildChroot 1 fedora-41-x86_64 importing>"
