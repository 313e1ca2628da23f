"""A fake fills itself with builds as Copr could have them at the time that its clock shows."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr, Scenario, SystemClock, VirtualClock

from .made_up import check_served


def populated(fake: FakeCopr, **said: int) -> Scenario:
    fake.populate(**said)
    return fake.to_scenario()


def test_populate_fills_a_fake_from_its_seed_or_the_one_said() -> None:
    """The same seed fills it with the same, and ten builds unless said."""
    made = populated(FakeCopr(seed=1))
    assert len(made["builds"]) == 10
    assert populated(FakeCopr(seed=1)) == populated(FakeCopr(seed=2), seed=1) == made
    assert populated(FakeCopr(seed=2)) != made
    assert populated(FakeCopr(seed=1), builds=3) != made


@pytest.mark.parametrize("clock", [VirtualClock(5), VirtualClock(1_800_000_000.5), SystemClock()])
def test_what_populate_adds_is_as_of_the_clock(clock: VirtualClock | SystemClock) -> None:
    """Nothing has happened after the time that it shows, and it is left as it was."""
    fake = FakeCopr(clock=clock)
    before = clock.now()
    builds = fake.populate(20)
    assert builds == list(fake.builds.values())
    assert before <= clock.now() < before + 60
    check_served(fake, int(clock.now()))


def test_populate_adds_to_what_is_there() -> None:
    """Ids go on after all that there have been, and projects are others."""
    fake = FakeCopr()
    fake.add_build(["fedora-43-x86_64"], id=40)
    fake.add_build(["fedora-43-x86_64"], id=41).delete()
    assert [build.id for build in fake.populate(2, 3)] == [42, 43]
    assert fake.populate(100, 1)[0].id == 44
    assert list(fake.builds) == [40, *range(42, 144)]
    # That of the build added by hand, and one for every four builds.
    assert len(fake.projects) == 1 + 1 + 25
    assert all(1 <= len(fake.builds[number].chroots) <= 4 for number in (42, 43))
    assert fake.populate(0) == []
