"""Snapshots restore their state in any order, and keep the identity of objects."""

from __future__ import annotations

import pytest

from copr_chroot_fake import EventError, FakeCopr, Lifecycle, Stage
from copr_chroot_fake.model.project import RESULTS_URL

from .chroots import F41, F42

EL10 = "epel-10-s390x"


def test_snapshots_restore_in_any_order() -> None:
    """A later snapshot is restored after an earlier one, which has fewer chroots."""
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    first = fake.snapshot()
    added = fake.builds[1].add_chroot(EL10, lifecycle="fails")
    second = fake.snapshot()
    for _ in range(2):
        fake.restore(first)
        assert build.chroots == [build[F41]]
        fake.restore(second)
        assert build[EL10] is added
        assert added.advance(to="end") == "failed"


def test_snapshot_restores_batches() -> None:
    """Both those that were added later and the builds in them are gone."""
    builds = [{"id": 1, "batch": 1, "chroots": []}]
    fake = FakeCopr.from_scenario({"batches": [{"id": 1}], "builds": builds})
    snapshot = fake.snapshot()
    before = fake.to_scenario()
    fake.add_scenario({"batches": [{"id": 2, "blocked_by": 1}], "builds": [{"id": 2, "batch": 1, "chroots": []}]})
    fake.restore(snapshot)
    assert fake.to_scenario() == before


def test_snapshot_restores_its_own_chroot() -> None:
    """It differs from a chroot of that name that was added between two restores."""
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    first = fake.snapshot()
    fake.builds[1].add_chroot(EL10, state="failed")
    second = fake.snapshot()
    fake.restore(first)
    other = fake.builds[1].add_chroot(F42, state="running")
    fake.restore(second)
    assert [(chroot.name, chroot.state) for chroot in build.values()] == [(F41, "importing"), (EL10, "failed")]
    assert build.get(F42) is None
    fake.restore(first)
    assert other not in build.chroots


def test_snapshot_restores_after_a_lifecycle_was_added() -> None:
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41], id=1, state="running")
    snapshot = fake.snapshot()
    fake.builds[1].add_chroot(F42, lifecycle="deleted")
    assert build.is_coupled
    fake.restore(snapshot)
    fake.clock.tick(10_000)
    assert (build.is_coupled, build.had_lifecycle, fake.builds) == (False, False, {1: build})


def test_snapshot_restores_the_same_fault() -> None:
    """Also if another fault has had its id since."""
    fake = FakeCopr()
    before = fake.snapshot()
    fault = fake.faults.add({"status": 500, "first": 1})
    fake.answer("GET", "/api_3/")
    snapshot = fake.snapshot()
    fake.answer("GET", "/api_3/")
    fake.restore(before)
    assert fake.faults.add("outage").id == fault.id
    fake.restore(snapshot)
    assert ([*fake.faults], fault.seen, fault.hits) == ([fault], 1, 1)
    fake.faults.remove(fault)
    assert not fake.faults


def test_failed_advance_leaves_other_chroots_unchanged() -> None:
    """Its lifecycle would cancel the build, which ends another chroot."""
    canceled_at_pending = Lifecycle(Stage("waiting", 10), Stage("pending", 10, canceled=True), Stage("canceled"))
    fake = FakeCopr()
    build = fake.add_build(
        {
            F41: {"lifecycle": canceled_at_pending, "progress": "manual", "hold": "pending"},
            F42: {"lifecycle": "stuck-running", "progress": "immediate"},
        },
        id=1,
    )
    before = fake.to_scenario(), fake.changes
    with pytest.raises(EventError, match="it will be held in pending; release it first"):
        build[F41].advance(to="canceled")
    assert (fake.to_scenario(), fake.changes) == before
    assert (build.is_canceled, build[F42].state) == (False, "running")


def test_sandbox_in_a_sandbox_may_restore_an_outer_snapshot() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    outside = fake.snapshot()
    with fake.snapshot():
        added = fake.builds[1].add_chroot(F42)
        with fake.snapshot():
            fake.restore(outside)
            assert build.get(F42) is None
        assert build[F42] is added
    assert build.get(F42) is None


def test_restored_source_package_follows_the_results() -> None:
    """A snapshot does not restore the former address of the server."""
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    fake.service.set_base_url("http://copr.test:5000")
    snapshot = fake.snapshot()
    fake.service.set_base_url("http://copr.test:6000")
    fake.restore(snapshot)
    url = build.source.url
    assert url is not None
    assert url.startswith("http://copr.test:6000/results/")
    assert fake.to_scenario()["builds"][0]["source_package"]["url"].startswith(RESULTS_URL)
