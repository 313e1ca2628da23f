"""Changes of a fake from outside: recorded state changes, chroots added later, ``finish``, ``clear`` and ``reseed``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copr_chroot_fake import EventError, FakeCopr, InputError, Lifecycle, Stage, State, Uniform
from copr_chroot_fake.scenario.spec import ChrootFields

from .chroots import F41, F42
from .events import finish_all

START = 1_700_000_000


def test_changes_have_the_time_at_which_they_were_due() -> None:
    """Changes by lifecycles, events and ``set_state`` are recorded in order."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build({F41: {"lifecycle": "succeeds"}, F42: "running"}, id=1)
    fake.clock.tick(45)
    build[F42].report("failed")
    build[F42].set_state("waiting")
    begun = int(fake.clock.now()) - 45
    assert fake.changes == [
        (begun, 1, F41, State.IMPORTING),
        (begun + 10, 1, F41, State.PENDING),
        (begun + 40, 1, F41, State.STARTING),
        (begun + 45, 1, F42, State.FAILED),
        (begun + 45, 1, F42, State.WAITING),
    ]


def test_changes_exclude_rejected_and_restored_builds() -> None:
    fake = FakeCopr()
    with pytest.raises(InputError):
        fake.add_scenario({"builds": [{"id": 1, "lifecycle": "succeeds", "chroots": [{"name": F41}, {"name": "x"}]}]})
    with fake.snapshot():
        fake.add_build([F41], id=1)
        assert len(fake.changes) == 1
    assert fake.changes == []


def test_failed_advance_records_no_change() -> None:
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F41], id=1)[F41]
    fake.builds[1][F41].hold("starting")
    before = fake.changes
    with pytest.raises(EventError):
        chroot.advance(to="succeeded")
    assert fake.changes == before
    assert chroot.state == "importing"


def test_chroot_is_added_to_an_existing_build() -> None:
    """It comes last, and Copr knows it from then on."""
    fake = FakeCopr()
    build = fake.add_build({F41: "succeeded"}, id=1)
    fake.builds[1].add_chroot("fedora-42-s390x")
    assert [change.state for change in fake.changes] == ["importing"]
    advancing = fake.builds[1].add_chroot(F42, lifecycle="stuck-pending", progress="immediate")
    assert (advancing.state, [chroot.name for chroot in build.values()]) == ("pending", [F41, "fedora-42-s390x", F42])
    fixed = fake.builds[1].add_chroot("epel-9-s390x", state="failed")
    assert (fixed.started_on, fixed.ended_on, fixed.result_dir) == (1_700_000_000, 1_700_000_300, "00000001-hello")
    answer = fake.answer("GET", f"/api_3/build-chroot/build-config/1/{F42}")
    assert answer.status == 200


def test_chroot_added_later_can_delete_its_build() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: "running"}, id=1)
    fake.builds[1].add_chroot(F42, lifecycle="deleted")
    fake.clock.tick(1000)
    assert not fake.builds


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda fake: fake.builds[1].add_chroot(F41), f"chrootname: build 1 already has {F41}"),
        (lambda fake: fake.builds[1].add_chroot("fedora"), "chrootname: 'fedora' is not a chroot name"),
        (lambda fake: fake.builds[1].add_chroot(F42, state="done"), "state: 'done' is not a state"),
        (lambda fake: fake.builds[1].add_chroot(F42, lifecycle="dies"), "lifecycle: 'dies' is not valid"),
        (lambda fake: fake.builds[1].add_chroot(F42, progress="pull"), "progress: 'pull' is not valid"),
        (
            lambda fake: fake.builds[1].add_chroot(F42, state="pending", progress="clock"),
            "progress: only a chroot that advances has it; expected a lifecycle too",
        ),
    ],
)
def test_invalid_added_chroot_is_rejected(add: Callable[[FakeCopr], object], message: str) -> None:
    """The error names the value, and the build is unchanged."""
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    before = fake.to_scenario()
    with pytest.raises(InputError, match=message):
        add(fake)
    assert len(build.chroots) == 1
    assert fake.to_scenario() == before
    assert len(fake.changes) == 1


def test_restore_removes_chroots_added_since() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    with fake.snapshot():
        fake.builds[1].add_chroot(F42)
    assert [chroot.name for chroot in build.values()] == [F41]
    assert build.get(F42) is None


def test_finish_stops_at_held_stuck_and_fixed_chroots() -> None:
    fake = FakeCopr()
    names = ["fedora-41-x86_64", "fedora-42-x86_64", "epel-9-s390x", "epel-10-s390x"]
    settings: list[ChrootFields] = [
        {"lifecycle": "retried"},
        {"lifecycle": "stuck-running"},
        {"hold": "starting", "lifecycle": "fails"},
    ]
    build = fake.add_build({**dict(zip(names, settings, strict=False)), names[3]: "pending"}, id=1)
    finish_all(build)
    assert [chroot.state for chroot in build.values()] == ["succeeded", "running", "starting", "pending"]
    build[names[2]].release()
    assert build[names[2]].advance(to="end") == "failed"


def test_possible_events_are_those_that_do_not_raise() -> None:
    fake = FakeCopr(progress="manual")
    build = fake.add_build(
        [F41, F42], id=1, lifecycle=Lifecycle(Stage("pending", 5), Stage("starting", 1), Stage("failed"))
    )
    assert build[F41].possible_events == ["start", "skip"]
    build.cancel()
    assert build[F41].possible_events == ["skip", "confirm-cancel"]
    assert not build[F41].report("starting")
    with pytest.raises(EventError, match="possible: skipped, canceled"):
        build[F41].report("waiting")
    absent = fake.add_build([F41], id=2, lifecycle="appears-late")[F41]
    assert absent.possible_events == []


def test_clear_keeps_only_time_and_requests() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.faults.add("outage")
    fake.clock.tick(10)
    fake.answer("GET", "/api_3/")
    fake.clear()
    assert (len(fake.builds), len(fake.projects), len(fake.faults), len(fake.changes)) == (0, 0, 0, 0)
    assert (fake.clock.now(), len(fake.requests)) == (START + 10, 1)
    fake.add_build([F41], id=1)
    assert fake.answer("GET", f"/api_3/build-chroot/1/{F41}").status == 200


def test_new_seed_applies_from_then_on() -> None:
    """Later draws are the same as in a fake that began with the seed."""

    def ended_on(fake: FakeCopr) -> int | None:
        lifecycle = Lifecycle(Stage("pending", Uniform(1, 1_000_000)), Stage("starting", 1), Stage("failed"))
        chroot = fake.add_build([F41], id=1, lifecycle=lifecycle, progress="manual")[F41]
        chroot.advance(to="end")
        return chroot.ended_on

    reseeded = FakeCopr()
    reseeded.reseed(7)
    assert reseeded.seed == 7
    assert ended_on(reseeded) == ended_on(FakeCopr(seed=7)) != ended_on(FakeCopr())
