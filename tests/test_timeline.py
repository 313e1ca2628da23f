"""Transitions of every build happen when they are due, and reading visits only builds with due transitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

import pytest

from copr_chroot_fake import Build, FakeCopr, Lifecycle, LifecycleName, Stage

from .chroots import F41, F42
from .messages.helpers import submit
from .steps import count_steps


def running_for(seconds: float) -> Lifecycle:
    return Lifecycle(Stage("running", seconds), Stage("succeeded"))


@pytest.mark.parametrize("ends", ["succeeds", "deleted"])
def test_changes_are_applied_when_they_are_due(ends: str) -> None:
    """Builds may be added, changed, canceled and restored in the meantime."""
    fake = FakeCopr(progress="clock")
    for number in range(1, 4):
        fake.add_build(
            [F41, F42], id=number, lifecycle="deleted" if ends == "deleted" and number == 3 else running_for(3600)
        )
    snapshot = fake.snapshot()
    fake.builds[1].cancel()
    fake.builds[2][F42].hold("running")
    fake.clock.tick(10)
    assert {change.build_id for change in fake.changes if change.state == "failed"} == {1}
    fake.builds[2][F42].release()
    fake.clock.tick(5000)
    assert {(change.build_id, change.at) for change in fake.changes if change.state == "succeeded"} >= {
        (2, fake.changes[0].at + 3600)
    }
    assert (3 in fake.builds) == (ends == "succeeds")
    fake.restore(snapshot)
    assert set(fake.builds) == {1, 2, 3}
    fake.clock.tick(3600)
    ended = {(change.build_id, change.chrootname) for change in fake.changes if change.state == "succeeded"}
    assert ended >= {(number, name) for number in (1, 2) for name in (F41, F42)}


def test_build_with_two_due_times_advances_once() -> None:
    """A build that becomes due earlier than before is not forgotten, and does not advance again at the later time."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build([F41, F42], id=1, lifecycle=running_for(100))
    assert len(fake.changes) == 2
    build[F42].set_state("failed")
    assert len(fake.changes) == 3
    build.cancel()
    assert len(fake.changes) == 3
    fake.clock.tick(10)
    assert len(fake.changes) == 4
    fake.clock.tick(100)
    assert len(fake.changes) == 4


def test_clear_drops_what_was_due() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1, lifecycle="deleted")
    fake.clear()
    fake.clock.tick(10_000)
    assert (fake.changes, dict(fake.builds)) == ([], {})


@pytest.mark.parametrize("lifecycle", ["succeeds", "deleted"])
def test_cost_of_a_read_depends_on_due_builds(lifecycle: LifecycleName) -> None:
    """It does not depend on the number of builds that are due later."""

    def steps(builds: int) -> int:
        fake = FakeCopr(progress="clock")
        later = [Lifecycle(Stage("running", 9999), Stage(end)) for end in ("failed", "deleted")]
        for number in range(2, builds):
            fake.add_build([F41], id=number, lifecycle=later[0])
            fake.add_build([F41], id=number + builds, lifecycle=later[1])
        fake.clock.tick(1000)
        fake.add_build([F41], id=1, lifecycle=lifecycle)
        assert fake.changes
        fake.clock.tick(1)
        return count_steps(lambda: (fake.changes, fake.builds))

    assert steps(40) <= steps(4) * 1.2 + 20


READS: Sequence[Callable[[Build], object]] = [
    len,
    list,
    lambda build: F41 in build,
    lambda build: build[F41].name,
    lambda build: [chroot.name for chroot in build.chroots],
    attrgetter("source_state"),
    attrgetter("source.state"),
    attrgetter("source.version"),
    attrgetter("package"),
    attrgetter("state"),
    attrgetter("started_on"),
    attrgetter("ended_on"),
    attrgetter("is_finished"),
]


@pytest.mark.parametrize("read", READS)
def test_first_read_of_a_submitted_build_is_as_of_now(read: Callable[[Build], object]) -> None:
    """It gives what is read after a request, although nothing was read since the clock was moved."""
    values = []
    for has_request in (False, True):
        fake = FakeCopr(progress="clock")
        build = fake.builds[submit(fake)]
        fake.clock.tick(1000)
        if has_request:
            fake.answer("GET", f"/api_3/build/{build.id}")
        values.append(read(build))
    assert values[0] == values[1]


def test_builds_lack_one_that_is_deleted_by_now() -> None:
    fake = FakeCopr(progress="clock")
    builds = fake.builds
    fake.add_build([F41], id=7, lifecycle="deleted")
    fake.clock.tick(10_000)
    assert 7 not in builds
