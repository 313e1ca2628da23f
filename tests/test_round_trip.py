"""Dumped fakes load back and behave as the original, after unusual events."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from copr_chroot_fake import BuildChroot, FakeCopr, InputError, Lifecycle, LifecycleName, Stage, SystemClock
from copr_chroot_fake.model.machine import Stamp

from .chroots import F41, F42
from .events import advance_all

EPOCH = 1_700_000_000
LAST = 2**31 - 1
"""The last time that Copr can store."""


def reloaded(fake: FakeCopr) -> FakeCopr:
    """Return the fake loaded from its dump, after checking that it dumps the same."""
    dumped = json.loads(json.dumps(fake.to_scenario()))
    copy = FakeCopr.from_scenario(dumped)
    assert copy.to_scenario() == dumped
    return copy


def test_new_start_keeps_the_end() -> None:
    """A skipped chroot that is queued again has its old end, as Copr stores only the start."""
    fake = FakeCopr()
    chroot = fake.add_build({F41: "pending"}, id=1)[F41]
    chroot.report("skipped")
    chroot.set_state("pending")
    fake.clock.tick(100)
    chroot.report("starting")
    assert (chroot.started_on, chroot.ended_on) == (EPOCH + 100, EPOCH)
    assert reloaded(fake).builds[1][F41].started_on == EPOCH + 100


def test_skip_without_an_end_clears_an_older_end() -> None:
    skipped = Lifecycle(Stage("pending", 10), Stage("skipped", without=frozenset({Stamp.ENDED_ON})))
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build({F41: {"lifecycle": skipped, "state": "pending", "ended_on": 5}}, id=1)[F41]
    chroot.advance()
    assert (chroot.started_on, chroot.ended_on) == (EPOCH, None)
    reloaded(fake)


@pytest.mark.parametrize("progress", ["manual", "clock"])
def test_no_time_is_later_than_copr_can_store(progress: str) -> None:
    """Neither long stages nor late cancels exceed the latest time."""
    ages = Lifecycle(*(Stage(state, LAST) for state in ("pending", "starting", "running")), Stage("failed"))
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    chroot = fake.add_build([F41], id=1, lifecycle=ages)[F41]
    fake.add_build([F41], id=2, lifecycle="stuck-running")
    fake.clock.move_to(LAST - 5)
    fake.builds[2].cancel()
    reloaded(fake)
    chroot.advance(to="running")
    fake.clock.restore(0)
    copy = reloaded(fake)
    for each in (fake, copy):
        assert each.builds[1][F41].advance(to="end") == "failed"
        assert each.builds[1][F41].ended_on == LAST
    reloaded(fake)


def test_build_may_start_at_the_latest_time() -> None:
    """Its default end is the same time."""
    fake = FakeCopr()
    chroot = fake.add_build({F41: {"state": "succeeded", "started_on": LAST}}, id=1)[F41]
    assert (chroot.started_on, chroot.ended_on) == (LAST, LAST)
    reloaded(fake)


def rescheduled(chroot: BuildChroot) -> None:
    chroot.report("pending")


def rescheduled_and_started(chroot: BuildChroot) -> None:
    chroot.report("pending")
    chroot.report("starting")


def started_elsewhere(chroot: BuildChroot) -> None:
    chroot.set_state("pending")
    chroot.report("starting", result_dir="elsewhere")


def advanced(chroot: BuildChroot) -> None:
    chroot.report("pending")
    chroot.advance()


WITHOUT_RESULTS = Lifecycle(
    Stage("pending", 10),
    Stage("starting", 10, without=frozenset({Stamp.RESULT_DIR})),
    Stage("running", 9),
    Stage("failed"),
)


@pytest.mark.parametrize("lifecycle", ["succeeds", "retried", WITHOUT_RESULTS], ids=str)
@pytest.mark.parametrize("happen", [rescheduled, rescheduled_and_started, started_elsewhere, advanced])
def test_loaded_lifecycle_follows_the_same_events(
    lifecycle: Lifecycle | LifecycleName, happen: Callable[[BuildChroot], None]
) -> None:
    """An event can return to a stage before the current one, with its planned duration."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build({F41: {"lifecycle": lifecycle, "result_dir": "planned"}}, id=1)[F41]
    chroot.hold("pending")
    chroot.release()
    chroot.advance(to="running")
    copy = reloaded(fake)
    for each in (fake, copy):
        happen(each.builds[1][F41])
        advance_all(each)
    assert copy.to_scenario() == fake.to_scenario()


def test_loaded_hold_applies_to_an_earlier_stage() -> None:
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1)[F41]
    chroot.hold("pending")
    chroot.advance(to="pending")
    chroot.report("starting")
    copy = reloaded(fake)
    for each in (fake, copy):
        each.builds[1][F41].report("pending")
        assert not each.builds[1][F41].can_advance
        each.builds[1][F41].release()


def test_loaded_lifecycle_is_in_the_same_of_equal_stages() -> None:
    """The second ``pending`` lasts longer than the first."""
    twice = Lifecycle(
        *(Stage("pending", 10), Stage("starting", 10), Stage("pending", 90), Stage("starting", 10), Stage("running"))
    )
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1, lifecycle=twice)
    fake.clock.tick(30)
    copy = reloaded(fake)
    for passed, state in ((79, "pending"), (1, "starting"), (10, "running")):
        for each in (fake, copy):
            each.clock.tick(passed)
            assert each.builds[1][F41].state == state


def test_overdue_held_lifecycle_loads_back() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, progress="immediate")
    fake.builds[1][F41].hold("running")
    fake.clock.tick(500)
    copy = reloaded(fake)
    for each in (fake, copy):
        each.clock.tick(50)
        each.builds[1][F41].release()
        assert each.builds[1][F41].ended_on == EPOCH


def test_loaded_log_continues_to_grow() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1)
    fake.clock.tick(60 + 200)
    log = f"/results/jdoe/playground/{F41}/00000001-hello/builder-live.log"
    copy = reloaded(fake)
    assert fake.answer("GET", log).status == 200
    for passed in (0, 30):
        bodies = []
        for each in (fake, copy):
            each.clock.tick(passed)
            bodies.append(each.answer("GET", log).body)
        assert bodies[0] == bodies[1]


def test_event_into_a_canceled_stage_cancels_the_build() -> None:
    lifecycle = Lifecycle(Stage("waiting", 10), Stage("pending", 20, canceled=True), Stage("canceled"))
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F41], id=1, lifecycle=lifecycle)
    build[F41].report("pending")
    assert build.is_canceled
    assert reloaded(fake).builds[1].is_canceled


def test_forced_failure_has_results_of_a_failure() -> None:
    """Also if the chroot had been canceled before."""
    fake = FakeCopr()
    build = fake.add_build({F41: "running"}, id=1)
    build.cancel()
    build[F41].report("canceled")
    build[F41].set_state("pending")
    copy = reloaded(fake)
    log = f"/results/jdoe/playground/{F41}/00000001-hello/build.log.gz"
    for each in (fake, copy):
        each.builds[1][F41].set_state("failed")
        assert each.answer("GET", log).status == 200


def test_faults_with_extreme_numbers_load_back() -> None:
    fake = FakeCopr()
    for _ in range(3):
        fake.faults.add({"id": LAST, "seen": LAST, "status": 500, "after": 5})
    fake.faults.remove(1)
    assert fake.faults.add("outage").id == 1
    fake.answer("GET", "/api_3/")
    assert [fault.id for fault in reloaded(fake).faults] == [LAST, 2, 1]


def test_number_of_polls_stays_within_its_maximum() -> None:
    fake = FakeCopr()
    fake.add_build({F41: {"lifecycle": "stuck-running", "state": "running", "polls": LAST}}, id=1)
    fake.answer("GET", "/api_3/build/1")
    reloaded(fake)


@pytest.mark.parametrize("name", ["x y", "fedora", "", None])
def test_project_enables_only_valid_chroots(name: str) -> None:
    """Other names would not load back."""
    project = FakeCopr().add_project("jdoe/tools")
    with pytest.raises(InputError, match="is not a chroot name"):
        project.enable(name)
    assert not project.chroots


def test_enabled_chroot_becomes_a_mock_chroot() -> None:
    fake = FakeCopr()
    project = fake.add_project("jdoe/tools", chroots=[F41])
    project.enable(F42)
    assert fake.to_scenario()["chroots"] == [F41, F42]
    reloaded(fake)
    with fake.snapshot():
        project.disable(F42)
        assert list(project.chroots) == [F41]
        with pytest.raises(InputError, match=f"has not enabled '{F42}'; enabled: {F41}"):
            project.disable(F42)
    project.disable(F41)
    project.disable(F42)
    with pytest.raises(InputError, match="enabled: none"):
        project.disable(F42)


def test_build_config_attribute_is_a_copy() -> None:
    fake = FakeCopr()
    chroot = fake.add_build({F41: {"build_config": {"repos": [1]}}}, id=1)[F41]
    read = chroot.build_config
    assert read is not None
    read["repos"].append(object())  # type: ignore[attr-defined]  # a list
    assert chroot.build_config == {"repos": [1]}


def test_paused_system_clock_is_restored_exactly() -> None:
    clock = SystemClock()
    clock.pause()
    for now in (0.1, 1_700_000_000.3, 0.7):
        clock.restore(now)
        assert clock.now() == now
    clock.move_to(1_700_000_000.1)
    assert clock.now() == 1_700_000_000.1


def test_loaded_source_package_uses_the_url_of_results() -> None:
    """Also in a fake that is being served."""
    dumped = FakeCopr()
    dumped.add_build([F41], id=1)
    fake = FakeCopr()
    fake.service.set_base_url("http://copr.test:5000")
    fake.add_scenario(dumped.to_scenario())
    url = fake.builds[1].source.url
    assert url is not None
    assert url.startswith("http://copr.test:5000/results/jdoe/")
    assert fake.to_scenario() == dumped.to_scenario()
