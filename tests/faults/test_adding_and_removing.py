"""Adding and removing faults, and faults in snapshots."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr, Fault, InputError

from .helpers import LIST, statuses


def test_faults_are_added_removed_and_cleared(fake: FakeCopr) -> None:
    assert len(fake.faults) == 0
    added = fake.faults.add("outage")
    fake.faults.add(Fault(status=500))
    assert (added.id, len(fake.faults), [active.id for active in fake.faults]) == (1, 2, [1, 2])
    fake.faults.remove(1)
    assert statuses(fake, 1) == [500]
    with pytest.raises(InputError, match="id: there is no fault 1; there are: 2"):
        fake.faults.remove(1)
    fake.faults.clear()
    assert statuses(fake, 1) == [200]
    with pytest.raises(InputError, match="id: there is no fault 2; there are none"):
        fake.faults.remove(2)
    last = fake.faults.add("outage")
    assert last.id == 3
    fake.faults.remove(last)
    with pytest.raises(InputError, match="id: there is no fault 3; there are none"):
        fake.faults.remove(last)


def test_fault_of_another_fake_with_the_same_id_is_rejected(fake: FakeCopr) -> None:
    """So is a fault that a restore has removed."""
    fake.faults.add("outage")
    with pytest.raises(InputError, match="id: there is no fault 1; there are: 1"):
        fake.faults.remove(FakeCopr().faults.add("outage"))
    with fake.snapshot():
        removed = fake.faults.add("outage")
    fake.faults.add("outage")
    with pytest.raises(InputError, match="id: there is no fault 2; there are: 1, 2"):
        fake.faults.remove(removed)


def test_restore_brings_back_faults_and_their_counts(fake: FakeCopr) -> None:
    """It also brings back faults that were removed since, any number of times."""
    outage = fake.faults.add("outage")
    drawn = fake.faults.add(Fault(status=500, probability=0.5))
    statuses(fake, 3)
    snapshot = fake.snapshot()
    runs = []
    for _ in range(3):
        added = fake.faults.add(Fault(status=599, probability=0.5))
        runs.append(statuses(fake, 30))
        fake.faults.remove(outage.id)
        fake.faults.remove(drawn.id)
        assert added.id == 3
        fake.restore(snapshot)
        assert [*fake.faults] == [outage, drawn]
        assert [active.seen for active in (outage, drawn)] == [3, 3]
    assert runs[0][:2] == [503, 503]
    assert {500, 599, 200} <= set(runs[0])
    assert runs[0] == runs[1] == runs[2]
    statuses(fake, 1)
    assert (outage.seen, outage.hits) == (4, 4)


def test_restore_brings_back_the_time_that_a_fault_lasts(fake: FakeCopr) -> None:
    fake.faults.add(Fault(status=503, lasts=20))
    fake.clock.tick(15)
    snapshot = fake.snapshot()
    for _ in range(2):
        assert statuses(fake, 1) == [503]
        fake.clock.tick(5)
        assert statuses(fake, 1) == [200]
        fake.restore(snapshot)


def test_scenario_has_the_time_that_a_fault_still_lasts(fake: FakeCopr) -> None:
    """Also if its time is over, or if the clock was moved back."""
    scenario = {"faults": [{"status": 503, "lasts": 20}, {"status": 504, "lasts": 2**31 - 1}], "now": 1_700_000_000}
    fake = FakeCopr.from_scenario(scenario)
    assert [fault["lasts"] for fault in fake.to_scenario()["faults"]] == [20, 2**31 - 1]
    fake.clock.tick(15)
    copy = FakeCopr.from_scenario(fake.to_scenario())
    assert [fault["lasts"] for fault in copy.to_scenario()["faults"]] == [5, 2**31 - 16]
    for each in (fake, copy):
        each.clock.tick(5)
        assert statuses(each, 1) == [504]
        each.clock.tick(5)
        assert each.to_scenario()["faults"][0]["lasts"] == 0
    fake.reset()
    assert statuses(fake, 1) == [503]
    fake.add_scenario({"now": 1_600_000_000})
    assert [fault["lasts"] for fault in fake.to_scenario()["faults"]] == [100_000_020, 2**31 - 1]


def test_snapshot_of_a_fault_is_restored_repeatedly(fake: FakeCopr) -> None:
    """Changes after a restore do not change the snapshot."""
    fake.faults.add("outage")
    snapshot = fake.snapshot()
    for _ in range(3):
        fake.faults.clear()
        fake.restore(snapshot)
        assert statuses(fake, 6) == [503] * 5 + [200]


def test_snapshots_with_the_same_fault_ids_are_separate(fake: FakeCopr) -> None:
    before = fake.snapshot()
    one = fake.faults.add(Fault(status=501))
    with_one = fake.snapshot()
    fake.restore(before)
    other = fake.faults.add(Fault(status=502))
    assert one.id == other.id
    fake.restore(with_one)
    assert statuses(fake, 1) == [501]
    assert other.hits == 0


def test_faults_added_in_a_sandbox_are_removed_after_it(fake: FakeCopr) -> None:
    kept = fake.faults.add(Fault(endpoint="build-chroot/list", status=500))
    with fake.snapshot():
        fake.faults.clear()
        fake.faults.add(Fault(status=503))
        assert statuses(fake, 1) == [503]
    assert statuses(fake, 1) == [200]
    assert (statuses(fake, 1, LIST), kept.hits) == ([500], 1)
