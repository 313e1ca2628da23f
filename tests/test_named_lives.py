"""Each life that has a name is lived as its name says, and what is absent or deleted is not there."""

from __future__ import annotations

import pytest

from copr_chroot_fake import LIFECYCLES, EventError, FakeCopr, Lifecycle, Stage

from .adapters import direct_client
from .polls import listed, state

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


@pytest.mark.parametrize("name", LIFECYCLES)
def test_every_named_life_is_the_same_by_poll_and_by_clock(name: str) -> None:
    """What a poller sees in order is what somebody sees who looks all the time."""
    by_poll, by_clock = FakeCopr(), FakeCopr(progress="clock")
    seen: dict[FakeCopr, list[str]] = {by_poll: [], by_clock: []}
    for fake, states in seen.items():
        fake.add_build([F41], id=1, lifecycle=name)
        for _ in range(20 if fake is by_poll else 4000):
            fake.clock.tick(0 if fake is by_poll else 1)
            now = state(direct_client(fake))
            if states[-1:] != [now]:
                states.append(now)
    assert seen[by_poll] == seen[by_clock]


ENDS = {
    "succeeds": "succeeded",
    "as-deployed": "succeeded",
    "fails": "failed",
    "import-fails": "failed",
    "source-fails": "failed",
    "skipped": "skipped",
    "canceled-while-pending": "canceled",
    "canceled-while-running": "failed",
    "retried": "succeeded",
    "forked": "forked",
    "stuck-pending": "pending",
    "stuck-running": "running",
    "no-ended-on": "succeeded",
    "deleted": "Build 1 does not exist.",
    "appears-late": "succeeded",
}


@pytest.mark.parametrize(("name", "end"), ENDS.items())
def test_every_named_life_ends_as_its_name_says(name: str, end: str) -> None:
    """After polls enough, a chroot is where its life leads."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle=name)
    ask = direct_client(fake)
    assert [state(ask) for _ in range(12)][-2:] == [end, end]


def test_no_named_life_is_without_a_test_of_its_end() -> None:
    """Each life is in the table above, except the one whose end is drawn."""
    assert set(ENDS) == set(LIFECYCLES) - {"realistic"}


def test_a_build_deleted_midway_has_no_chroots_anymore() -> None:
    """The list of a deleted build is empty, and all its chroots are gone with it."""
    fake = FakeCopr()
    fake.add_build({F41: {"lifecycle": Lifecycle(Stage("running", 5), Stage("deleted"))}, F42: "running"}, id=1)
    ask = direct_client(fake)
    assert [listed(ask) for _ in range(2)] == [["running", "running"], []]
    assert state(ask, F42) == "Build 1 does not exist."


def test_by_clock_a_deleted_build_is_seen_by_any_chroot() -> None:
    """Whichever chroot is asked for, the whole build is gone when its time is over."""
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: {"lifecycle": Lifecycle(Stage("running", 5), Stage("deleted"))}, F42: "running"}, id=1)
    fake.clock.tick(5)
    assert state(direct_client(fake), F42) == "Build 1 does not exist."
    assert list(fake.builds) == []


def test_chroots_that_appear_late_are_not_listed_before() -> None:
    """Until the import a build has no chroots, and asking for one says that it was not submitted to it."""
    fake = FakeCopr()
    fake.add_build([F41, F42], id=1, lifecycle="appears-late")
    ask = direct_client(fake)
    assert [listed(ask) for _ in range(3)] == [[], ["pending", "pending"], ["starting", "starting"]]
    fake.add_build([F41], id=2, lifecycle="appears-late")
    assert state(ask, build_id=2) == f"Build 2 was not submitted to {F41} chroot."
    assert state(ask, build_id=2) == "pending"


def test_what_is_not_there_yet_takes_no_event() -> None:
    """An event to an absent chroot is an error that says so."""
    chroot = FakeCopr().add_build([F41], id=1, lifecycle="appears-late")[F41]
    with pytest.raises(
        EventError, match=f"build 1, {F41} is absent: the backend does not report pending then; possible: nothing"
    ):
        chroot.report("pending")


def test_waiting_as_deployed_is_one_argument_away() -> None:
    """The deployed service begins with waiting, where the reference says importing."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle="as-deployed")
    ask = direct_client(fake)
    assert [state(ask) for _ in range(5)] == ["waiting", "pending", "starting", "running", "succeeded"]
