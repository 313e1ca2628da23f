"""The named lifecycles: their states in order, absent chroots and deleted builds."""

from __future__ import annotations

import pytest

from copr_chroot_fake import LIFECYCLES, EventError, FakeCopr, Lifecycle, LifecycleName, Stage

from .adapters import direct_client
from .chroots import F41, F42
from .polls import listed, state


@pytest.mark.slow
@pytest.mark.parametrize("name", LIFECYCLES)
def test_polls_and_clock_give_the_same_states(name: LifecycleName) -> None:
    """A client that polls gets the states that one who watches every second gets."""
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
def test_named_lifecycle_ends_in_its_final_state(name: LifecycleName, end: str) -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle=name)
    send = direct_client(fake)
    assert [state(send) for _ in range(12)][-2:] == [end, end]


def test_final_state_of_every_lifecycle_is_tested() -> None:
    """The end of ``realistic`` is random."""
    assert set(ENDS) == set(LIFECYCLES) - {"realistic"}


def test_deleted_build_has_no_chroots() -> None:
    """Its list is empty, and requests for its chroots fail."""
    fake = FakeCopr()
    fake.add_build({F41: {"lifecycle": Lifecycle(Stage("running", 5), Stage("deleted"))}, F42: "running"}, id=1)
    send = direct_client(fake)
    assert [listed(send) for _ in range(2)] == [["running", "running"], []]
    assert state(send, F42) == "Build 1 does not exist."


def test_build_is_deleted_whichever_chroot_is_requested() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: {"lifecycle": Lifecycle(Stage("running", 5), Stage("deleted"))}, F42: "running"}, id=1)
    fake.clock.tick(5)
    assert state(direct_client(fake), F42) == "Build 1 does not exist."
    assert list(fake.builds) == []


def test_late_chroots_are_not_listed_before_they_appear() -> None:
    """Before the import, requests for a chroot get the error that the build was not submitted to it."""
    fake = FakeCopr()
    fake.add_build([F41, F42], id=1, lifecycle="appears-late")
    send = direct_client(fake)
    assert [listed(send) for _ in range(3)] == [[], ["pending", "pending"], ["starting", "starting"]]
    fake.add_build([F41], id=2, lifecycle="appears-late")
    assert state(send, build_id=2) == f"Build 2 was not submitted to {F41} chroot."
    assert state(send, build_id=2) == "pending"


def test_absent_chroot_rejects_events() -> None:
    chroot = FakeCopr().add_build([F41], id=1, lifecycle="appears-late")[F41]
    with pytest.raises(
        EventError,
        match=f"build 1, {F41} is absent; the backend cannot report pending in this state; possible: nothing",
    ):
        chroot.report("pending")


def test_as_deployed_lifecycle_begins_with_waiting() -> None:
    """The API reference begins with ``importing`` instead."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle="as-deployed")
    send = direct_client(fake)
    assert [state(send) for _ in range(5)] == ["waiting", "pending", "starting", "running", "succeeded"]
