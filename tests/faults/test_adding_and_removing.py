"""Faults are added and removed, and snapshots and sandboxes have them."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr, Fault, InputError

from .asked import LIST, statuses


def test_nothing_goes_wrong_unless_it_is_said(fake: FakeCopr) -> None:
    """And none of it any longer once it is removed or cleared."""
    assert len(fake.faults) == 0
    added = fake.faults.add("outage")
    fake.faults.add(Fault(status=500))
    assert (added.id, len(fake.faults), [active.id for active in fake.faults]) == (1, 2, [1, 2])
    fake.faults.remove(1)
    assert statuses(fake, 1) == [500]
    with pytest.raises(InputError, match="id: there is no such fault 1; there are: 2"):
        fake.faults.remove(1)
    fake.faults.clear()
    assert statuses(fake, 1) == [200]
    with pytest.raises(InputError, match="id: there is no such fault 2; there are: none"):
        fake.faults.remove(2)
    last = fake.faults.add("outage")
    assert last.id == 3
    fake.faults.remove(last)
    with pytest.raises(InputError, match="id: there is no such fault 3; there are: none"):
        fake.faults.remove(last)


def test_fault_of_another_fake_with_the_same_id_is_rejected(fake: FakeCopr) -> None:
    """Nor is one that a restore has taken away for the next one."""
    fake.faults.add("outage")
    with pytest.raises(InputError, match="id: there is no such fault 1; there are: 1"):
        fake.faults.remove(FakeCopr().faults.add("outage"))
    with fake.snapshot():
        gone = fake.faults.add("outage")
    fake.faults.add("outage")
    with pytest.raises(InputError, match="id: there is no such fault 2; there are: 1, 2"):
        fake.faults.remove(gone)


def test_a_restored_fake_has_the_faults_that_it_had(fake: FakeCopr) -> None:
    """With what they had seen, also those removed since, and as often as it is restored."""
    outage = fake.faults.add("outage")
    drawn = fake.faults.add(Fault(status=500, probability=0.5))
    statuses(fake, 3)
    taken = fake.snapshot()
    runs = []
    for _ in range(3):
        added = fake.faults.add(Fault(status=599, probability=0.5))
        runs.append(statuses(fake, 30))
        fake.faults.remove(outage.id)
        fake.faults.remove(drawn.id)
        assert added.id == 3
        fake.restore(taken)
        assert [*fake.faults] == [outage, drawn]
        assert [active.seen for active in (outage, drawn)] == [3, 3]
    assert runs[0][:2] == [503, 503]
    assert {500, 599, 200} <= set(runs[0])
    assert runs[0] == runs[1] == runs[2]
    statuses(fake, 1)
    assert (outage.seen, outage.hits) == (4, 4)


def test_a_fault_nobody_holds_is_restored_as_often_as_one_likes(fake: FakeCopr) -> None:
    """What happens to it after a restore does not change what was taken."""
    fake.faults.add("outage")
    taken = fake.snapshot()
    for _ in range(3):
        fake.faults.clear()
        fake.restore(taken)
        assert statuses(fake, 6) == [503] * 5 + [200]


def test_snapshots_of_runs_apart_have_each_its_own_faults(fake: FakeCopr) -> None:
    """Though the same ids were given to other ones."""
    before = fake.snapshot()
    one = fake.faults.add(Fault(status=501))
    with_one = fake.snapshot()
    fake.restore(before)
    other = fake.faults.add(Fault(status=502))
    assert one.id == other.id
    fake.restore(with_one)
    assert statuses(fake, 1) == [501]
    assert other.hits == 0


def test_faults_of_a_sandbox_are_gone_after_it(fake: FakeCopr) -> None:
    """Whatever was tried there."""
    kept = fake.faults.add(Fault(endpoint="build-chroot/list", status=500))
    with fake.snapshot():
        fake.faults.clear()
        fake.faults.add(Fault(status=503))
        assert statuses(fake, 1) == [503]
    assert statuses(fake, 1) == [200]
    assert (statuses(fake, 1, LIST), kept.hits) == ([500], 1)
