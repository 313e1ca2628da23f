"""Reports of source builds of builds whose chroots have lifecycles."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr, Lifecycle, Stage

from .chroots import F41, F42

LIFECYCLES = {
    "with a waiting stage": Lifecycle(Stage("waiting", 5), Stage("pending", 5), Stage("starting")),
    "absent at first": Lifecycle(Stage("absent", 5), Stage("pending", 5), Stage("starting")),
    "pending at first": Lifecycle(Stage("pending", 5), Stage("starting")),
}


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
@pytest.mark.parametrize("progress", ["poll", "clock", "immediate"])
def test_lifecycle_waits_for_the_import_by_any_progress(lifecycle: str, progress: str) -> None:
    """Also in a loaded fake."""
    fake = FakeCopr(progress=progress)  # type: ignore[arg-type]  # one of the names
    build = fake.add_build([F41], id=1, lifecycle=LIFECYCLES[lifecycle])
    assert build.report_source("succeeded")
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress=progress)  # type: ignore[arg-type]  # one of the names
    for each in (fake, loaded):
        waiting = each.builds[1]
        each.clock.tick(1000)
        for _ in range(5):
            assert each.answer("GET", f"/api_3/build-chroot/1/{F41}").status == 200
        assert (waiting[F41].state, waiting.package) == ("waiting", "hello")
        assert waiting.report_import()
        each.clock.tick(1000)
        for _ in range(5):
            each.answer("GET", f"/api_3/build-chroot/1/{F41}")
        assert waiting[F41].state == "starting"


def test_lifecycle_that_is_never_pending_ends_with_the_report() -> None:
    """The chroot stays as it is reported."""
    fake = FakeCopr()
    build = fake.add_build([F41], lifecycle=Lifecycle(Stage("running", 5), Stage("failed")))
    build.report_source("succeeded")
    build.report_import()
    fake.clock.tick(1000)
    assert build[F41].state == "pending"
    assert not build[F41].can_advance


def test_submitted_build_without_a_pending_stage_stays_pending() -> None:
    fake = FakeCopr(progress="clock")
    source = {"lifecycle": {"stages": [{"state": "importing", "lasts": 5}, {"state": "failed"}]}, "advances": True}
    fake.add_scenario({"builds": [{"id": 1, "chroots": [F41], "source_state": "importing", "source": source}]})
    fake.clock.tick(1000)
    assert (fake.builds[1].source.state, fake.builds[1][F41].state) == ("succeeded", "pending")


def test_failed_source_never_tells_the_package() -> None:
    """Also in a loaded fake."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle="appears-late").report_source("failed")
    for each in (fake, FakeCopr.from_scenario(fake.to_scenario())):
        assert (each.builds[1].package, each.builds[1].state) == (None, "failed")


def test_set_state_of_absent_chroot_tells_the_package() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41, F42], lifecycle="appears-late")
    assert build.package is None
    build[F41].set_state("importing")
    assert build.package == "hello"


def test_source_that_has_ended_does_not_hold_chroots() -> None:
    """Polls of the build advance them."""
    chroot = {"name": F41, "state": "pending", "lifecycle": "succeeds"}
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "source": {"advances": True}, "chroots": [chroot]}]})
    for _ in range(9):
        fake.answer("GET", "/api_3/build/1")
    assert fake.builds[1][F41].state == "succeeded"


def test_second_import_begins_without_packages() -> None:
    """Also in a loaded fake."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F41], id=1, lifecycle="succeeds")
    build[F41].advance(to="succeeded")
    assert build[F41].packages
    assert build.report_source("succeeded")
    assert build.report_import()
    loaded = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, loaded):
        assert each.answer("GET", "/api_3/build/built-packages/1").json() == {F41: {"packages": []}}


SUBMITTED = {"builds": [{"id": 1, "source_state": "pending", "source": {"advances": True}, "chroots": [F41]}]}


def test_report_comes_after_what_is_due() -> None:
    """By then the source build has started, so that it can be rescheduled."""
    fake = FakeCopr.from_scenario(SUBMITTED, progress="clock")
    fake.clock.tick(15)
    assert fake.builds[1].report_source("pending")


def test_possible_events_are_those_after_what_is_due() -> None:
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F41], lifecycle="succeeds")[F41]
    before = chroot.possible_events
    fake.clock.tick(15)
    assert chroot.possible_events != before


def test_source_has_a_result_directory_from_its_first_report_on() -> None:
    """One that is rescheduled has none until then; a given name stays."""
    build = FakeCopr.from_scenario(SUBMITTED).builds[1]
    names = []
    for state in ("starting", "pending", "starting", "running"):
        build.report_source(state)
        names.append(build.source.result_dir)
    assert names == ["00000001", "", "00000001", "00000001"]
    given = {**SUBMITTED["builds"][0], "source_result_dir": "other"}
    build = FakeCopr.from_scenario({"builds": [given]}).builds[1]
    build.report_source("starting")
    assert build.source.result_dir == "other"


def test_added_chroot_tells_the_package() -> None:
    """The others of the build have not appeared."""
    build = FakeCopr().add_build([F41], lifecycle="appears-late")
    assert build.package is None
    build.add_chroot(F42, state="running")
    assert build.package == "hello"
