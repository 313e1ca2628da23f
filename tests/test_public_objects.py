"""Builds as mappings, snapshots as context managers, and other conveniences of public objects."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

import copr_chroot_fake
from copr_chroot_fake import CoprFakeControl, FakeCopr, Fault, InputError, State, SystemClock

from .chroots import F41, F42


def test_build_maps_names_to_chroots() -> None:
    build = FakeCopr().add_build([F41, F42])
    assert F41 in build
    assert "fedora-40-x86_64" not in build
    assert (len(build), [*build]) == (2, [F41, F42])
    assert build.get("fedora-40-x86_64") is None
    assert [*build.items()] == [*zip(build.keys(), build.values(), strict=True)]
    assert build[F42] is build.get(F42)


def test_permissions_are_read_by_name() -> None:
    project = FakeCopr().add_project("jdoe/tools", permissions={"bob": {"admin": "approved"}})
    assert project.permissions["bob"]["admin"] == project.permissions["bob"].admin == "approved"
    assert project.permissions["bob"]["builder"] == "nothing"
    with pytest.raises(KeyError):
        project.permissions["bob"]["owner"]  # type: ignore[index]  # the error is the point


def test_builds_are_compared_by_identity() -> None:
    fake = FakeCopr()
    one, other = fake.add_build([]), fake.add_build([])
    assert one != other
    assert {one: 1, other: 2}[one] == 1


def test_next_build_id_is_above_all_earlier_ids() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=7).delete()
    assert fake.add_build([F41]).id == 8
    fake.add_build([F41], id=2**31 - 1)
    assert fake.add_build([F41]).id == 1


def test_deleted_build_takes_no_chroot() -> None:
    build = FakeCopr().add_build([F41])
    build.delete()
    with pytest.raises(InputError, match=r"^build: build 1 is deleted"):
        build.add_chroot(F42)


def test_snapshot_is_restored_on_exit() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41])
    with fake.snapshot() as snapshot:
        build[F41].advance(to="end")
        fake.add_build([F41])
        assert repr(snapshot) == "<Snapshot of 1 build at 1700000000>"
    assert (build[F41].state, [*fake.builds.values()]) == (State.IMPORTING, [build])


def test_reset_empties_a_fake() -> None:
    fake = FakeCopr(seed=3)
    fake.add_build([F41])
    fake.add_account("jdoe", "login", "token")
    fake.add_mock_chroots(F42)
    fake.faults.add("outage")
    fake.reseed(4)
    fake.clock.tick(5)
    fake.answer("GET", "/api_3/")
    fake.reset()
    assert (fake.builds, fake.projects, fake.accounts, [*fake.faults], fake.requests) == ({}, {}, [], [], [])
    assert (fake.seed, fake.clock.now(), fake.to_scenario()["chroots"]) == (3, 1_700_000_000, [])


def test_reset_loads_the_scenario_again() -> None:
    fake = FakeCopr.from_scenario({"builds": [{"id": 5, "chroots": [{"name": F41, "state": "pending"}]}]})
    fake.builds[5][F41].report("starting")
    fake.reset()
    assert fake.builds[5][F41].state == "pending"


def test_failed_reset_changes_nothing() -> None:
    scenario: dict[str, object] = {"builds": [{"id": 5}]}
    fake = FakeCopr.from_scenario(scenario)
    build = fake.builds[5]
    scenario["builds"] = 7
    with pytest.raises(InputError):
        fake.reset()
    assert fake.builds[5] is build


def test_times_are_also_datetimes() -> None:
    build = FakeCopr().add_build({F41: {"state": "failed", "started_on": 5, "ended_on": 60}, F42: "pending"})
    assert build[F41].started_at == datetime(1970, 1, 1, 0, 0, 5, tzinfo=timezone.utc)
    assert build[F41].ended_at == datetime(1970, 1, 1, 0, 1, tzinfo=timezone.utc)
    assert (build.started_at, build.ended_at) == (datetime(1970, 1, 1, 0, 0, 5, tzinfo=timezone.utc), None)


def test_hold_is_in_the_current_state_by_default() -> None:
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F41])[F41]
    chroot.hold()
    fake.clock.tick(1000)
    assert (chroot.held_in, chroot.state) == (State.IMPORTING, State.IMPORTING)


def test_submission_is_public() -> None:
    build = FakeCopr().add_build([F41], project="frostyx/tools")
    assert (build.submitter, build.submitted_on) == ("frostyx", 1_700_000_000)


def test_public_objects_have_reprs() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41])
    assert repr(fake) == "<FakeCopr: 1 build, 1 project>"
    assert repr(build) == "<Build 1 hello in jdoe/playground, importing>"
    assert repr(build[F41]) == f"<BuildChroot 1 {F41} importing>"
    assert repr(build.project) == "<Project jdoe/playground>"
    assert repr(fake.faults) == "<Faults: 0 faults>"
    assert repr(fake.answer("GET", "/api_3/")) == "<Answer: status 200, 14 bytes>"
    assert repr(fake.transport) == "<HttpxTransport of <Api: 1 build>>"
    assert repr(fake.clock) == "<VirtualClock at 1700000000>"


def test_answer_has_its_document() -> None:
    fake = FakeCopr()
    fake.add_build([F41])
    assert fake.answer("GET", f"/api_3/build-chroot/1/{F41}").json()["state"] == "importing"


def test_system_clock_shows_time_and_speed() -> None:
    clock = SystemClock(2)
    assert repr(clock).endswith(", speed 2>")
    clock.pause()
    clock.restore(5)
    assert repr(clock) == "<SystemClock at 5, speed 2, paused>"


def test_reset_keeps_a_system_clock_going() -> None:
    """Only a virtual clock is set back."""
    fake = FakeCopr(clock=SystemClock())
    fake.add_build(["fedora-41-x86_64"])
    before = fake.clock.now()
    fake.reset()
    assert not fake.builds
    assert fake.clock.now() >= before


def test_reprs_omit_empty_fields() -> None:
    fake = FakeCopr()
    fake.answer("GET", "/api_3/build/1")
    assert repr(Fault(status=503, first=5)) == "Fault(first=5, status=503)"
    assert repr(fake.faults.add("outage")) == "<ActiveFault 1: first 5, status 503>"
    assert repr(fake.faults) == "<Faults: 1 fault>"
    assert repr(fake.on_submit(package="hello", lifecycle="fails")).startswith("<SubmissionRule 1: package hello, ")
    assert repr(fake.requests[0]) == "<Request 1: GET /api_3/build/1 -> 404>"
    assert repr(fake.unmatched[0]) == "<UnmatchedRequests: 1 request GET /api_3/build/1>"


def test_dir_of_the_package_has_public_names_only() -> None:
    assert {*copr_chroot_fake.__all__} < {*dir(copr_chroot_fake)}
    assert [name for name in dir(copr_chroot_fake) if name.startswith("_")] == ["__version__"]


def test_dir_of_public_objects_has_public_names_only() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41])
    for item in (fake, build, build[F41], build.project, build.source, CoprFakeControl("http://127.0.0.1:1")):
        assert [name for name in dir(item) if name.startswith("_")] == []
    assert {"add_build", "builds", "faults"} <= {*dir(fake)}
