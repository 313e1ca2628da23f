"""Submitted builds advance from their source build on: by poll, by the clock, by hand, and immediately."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import pytest

from copr_chroot_fake import Build, FakeCopr, VirtualClock

from .drawn import CHROOTS, WORLD, write

BEGIN = WORLD["now"]
URL = "https://x.example/hello-1.0-1.src.rpm"

STATES = ["pending", "starting", "running", "importing", "pending", "starting", "running", "succeeded"]
"""The states of a submitted build that a client sees, one after the other."""


def fake_by(progress: str) -> FakeCopr:
    return FakeCopr.from_scenario(WORLD, progress=progress)  # type: ignore[arg-type]  # a mode


def submit(fake: FakeCopr, **fields: object) -> Build:
    """Submit a build by its URL; return it."""
    answer = fake.answer(
        *write("POST", "/api_3/build/create/url", {"ownername": "jdoe", "projectname": "p1", "pkgs": URL, **fields})
    )
    assert answer.status == 200, answer
    return fake.builds[answer.json()["items"][0]["id"]]


def get_build(fake: FakeCopr, build: Build) -> Mapping[str, Any]:
    document: Mapping[str, Any] = fake.answer("GET", f"/api_3/build/{build.id}").json()
    return document


def clock(fake: FakeCopr) -> VirtualClock:
    assert isinstance(fake.clock, VirtualClock)
    return fake.clock


def check_result(fake: FakeCopr, build: Build) -> None:
    """Check the package, the chroots, their packages and the times of a build that has succeeded."""
    document = get_build(fake, build)
    assert document["source_package"] == {
        "name": "hello",
        "version": "1.0-1",
        "url": f"{fake.results_url}/jdoe/p1/srpm-builds/{build.id:08d}/hello-1.0-1.src.rpm",
    }
    assert document["chroots"] == CHROOTS
    assert document["submitted_on"] <= document["started_on"] <= document["ended_on"]
    built = fake.answer("GET", f"/api_3/build/built-packages/{build.id}").json()
    assert {name: [nevra["name"] for nevra in chroot["packages"]] for name, chroot in built.items()} == {
        name: ["hello", "hello"] for name in CHROOTS
    }
    for chroot in build.chroots:
        assert chroot.started_on is not None
        assert chroot.ended_on is not None
        assert build.submitted_on is not None
        assert build.submitted_on <= chroot.started_on <= chroot.ended_on
        assert chroot.result_url == f"{fake.results_url}/jdoe/p1/{chroot.name}/{build.id:08d}-hello/"


def test_submitted_build_advances_with_each_poll() -> None:
    """Each state is seen once; the chroots appear with the source package."""
    fake = fake_by("poll")
    build = submit(fake)
    seen = [get_build(fake, build) for _ in range(8)]
    assert [document["state"] for document in seen] == STATES
    assert [bool(document["chroots"]) for document in seen] == [False] * 3 + [True] * 5
    assert [document["source_package"]["name"] for document in seen] == [None] * 3 + ["hello"] * 5
    check_result(fake, build)


def test_submitted_build_advances_with_the_clock() -> None:
    fake = fake_by("clock")
    build = submit(fake)
    seen = []
    for _ in range(80):
        seen.append(get_build(fake, build)["state"])
        clock(fake).tick(5)
    assert [state for state, _ in groupby(seen)] == STATES
    check_result(fake, build)
    assert get_build(fake, build)["ended_on"] <= clock(fake).now()


def test_clock_gives_the_same_times_in_one_step() -> None:
    """A single poll at the end returns the same as many polls."""
    often, once = fake_by("clock"), fake_by("clock")
    builds = [submit(often), submit(once)]
    for _ in range(100):
        clock(often).tick(5)
        get_build(often, builds[0])
    clock(once).tick(500)
    assert get_build(once, builds[1]) == get_build(often, builds[0])
    assert often.to_scenario() == once.to_scenario()
    assert often.changes == once.changes


def test_submitted_build_is_over_immediately() -> None:
    fake = fake_by("immediate")
    build = submit(fake)
    assert get_build(fake, build)["state"] == "succeeded"
    check_result(fake, build)
    assert get_build(fake, build)["ended_on"] <= clock(fake).now()


def test_submitted_build_waits_for_reports_by_hand() -> None:
    fake = fake_by("manual")
    build = submit(fake)
    clock(fake).tick(10_000)
    assert get_build(fake, build)["state"] == "pending"
    seen = []
    for state in ("starting", "running", "succeeded"):
        assert build.report_source(state)
        seen.append(get_build(fake, build)["state"])
    assert build.report_import()
    for state in ("starting", "running", "succeeded"):
        seen.append(get_build(fake, build)["state"])
        for chroot in build.chroots:
            assert chroot.report(state)  # type: ignore[arg-type]  # a state
    assert ["pending", *seen, get_build(fake, build)["state"]] == STATES
    check_result(fake, build)


def test_submitted_chroots_wait_for_the_source() -> None:
    fake = fake_by("clock")
    build = submit(fake, chroots=CHROOTS[1:3])
    assert [(chroot.name, chroot.state) for chroot in build.chroots] == [(name, "waiting") for name in CHROOTS[1:3]]
    clock(fake).tick(60)
    assert {chroot.state for chroot in build.chroots} == {"pending"}
    clock(fake).tick(400)
    assert get_build(fake, build)["state"] == "succeeded"
    assert get_build(fake, build)["chroots"] == CHROOTS[1:3]


@pytest.mark.parametrize("chroots", [[], CHROOTS[:2]])
@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("progress", ["poll", "clock"])
def test_submitted_build_can_be_canceled_at_each_step(progress: str, step: int, chroots: list[str]) -> None:
    """It is canceled at once, and nothing starts afterwards."""
    fake = fake_by(progress)
    build = submit(fake, chroots=chroots)
    advance(fake, build, step)
    assert get_build(fake, build)["state"] == STATES[step]
    assert fake.answer(*write("PUT", f"/api_3/build/cancel/{build.id}", {})).json()["state"] == "canceled"
    assert fake.answer(*write("PUT", f"/api_3/build/cancel/{build.id}", {})).status == 409
    for _ in range(4):
        clock(fake).tick(200)
        assert get_build(fake, build)["state"] == "canceled"
    # Copr stores what was running as failed.
    ended = {"failed"} if step == 6 else {"canceled"}
    assert {chroot.state for chroot in build.chroots} <= ended
    assert bool(build.chroots) is (bool(chroots) or step > 2)
    # The import goes on whoever cancels.
    assert build.source_state == ("canceled" if step < 3 else "importing" if step == 3 else "succeeded")
    document = get_build(fake, build)
    clock(fake).tick(100_000)
    assert get_build(fake, build) == document
    assert fake.answer(*write("DELETE", f"/api_3/build/delete/{build.id}", {})).status == 200


def advance(fake: FakeCopr, build: Build, steps: int) -> None:
    """Advance a build to a step, by any kind of progress."""
    seconds = [0, 10, 20, 50, 60, 90, 110]
    if build.source.progress is not None and build.source.progress.mode == "clock":
        clock(fake).tick(seconds[steps])
    else:
        for _ in range(steps):
            get_build(fake, build)


def test_build_waits_for_the_batch_before_it() -> None:
    """A build after another starts when that has ended, not when it was submitted."""
    fake = fake_by("clock")
    first = submit(fake)
    second = submit(fake, after_build_id=first.id)
    third = submit(fake, with_build_id=second.id)
    clock(fake).tick(300)
    assert [get_build(fake, build)["state"] for build in (first, second, third)] == ["running", "pending", "pending"]
    clock(fake).tick(2000)
    assert [get_build(fake, build)["state"] for build in (first, second, third)] == ["succeeded"] * 3
    assert first.ended_on is not None
    for build in (second, third):
        assert build.source.started_on is not None
        assert build.source.started_on >= first.ended_on


@pytest.mark.parametrize("progress", ["poll", "immediate", "manual"])
def test_batch_is_unblocked_by_a_cancellation(progress: str) -> None:
    fake = fake_by("manual")
    first = submit(fake)
    fake = FakeCopr.from_scenario(fake.to_scenario(), progress=progress)  # type: ignore[arg-type]  # a mode
    second = submit(fake, after_build_id=first.id)
    assert [get_build(fake, second)["state"] for _ in range(3)] == ["pending"] * 3
    fake.builds[first.id].cancel()
    seen = [get_build(fake, second)["state"] for _ in range(9)]
    assert seen[-1] == ("pending" if progress == "manual" else "succeeded")


def test_deleted_batch_blocks_nothing() -> None:
    fake = fake_by("clock")
    first = submit(fake)
    second = submit(fake, after_build_id=first.id)
    clock(fake).tick(100)
    first.delete()
    clock(fake).tick(400)
    assert get_build(fake, second)["state"] == "succeeded"
