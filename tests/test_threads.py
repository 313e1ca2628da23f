"""Many threads poll, advance and question one fake, and each sees only what Copr could show."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from copr_chroot_fake import LIVES, Build, FakeCopr
from copr_chroot_fake.lives.progress import ProgressLike

from .invariants import check_one, check_step

THREADS = 16
NAMES = [f"fedora-{number}-x86_64" for number in range(40, 48)]
UNTIMED = {"no-ended-on", "deleted", "appears-late"}


@pytest.fixture(autouse=True)
def _switch_threads_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def watch(fake: FakeCopr, act: Callable[[], object]) -> None:
    """Poll everything over and over, acting in between, and check each view and each pair of views."""
    seen: dict[str, dict[str, object]] = {}
    with httpx.Client(transport=fake.transport, base_url="https://copr.example/api_3") as client:
        for turn in range(40):
            name = NAMES[turn % len(NAMES)]
            packages = client.get(f"/build-chroot/built-packages?build_id=1&chrootname={name}").json()["packages"]
            shown = client.get(f"/build-chroot?build_id=1&chrootname={name}").json()
            if packages:
                assert shown["state"] == "succeeded"
            for item in [shown, *client.get("/build-chroot/list?build_id=1").json()["items"]]:
                check_one(item)
                if item["name"] in seen:
                    check_step(seen[item["name"]], item)
                seen[item["name"]] = item
            act()


@pytest.mark.parametrize("progress", [{"poll": 7}, "clock", "manual"], ids=["poll", "clock", "manual"])
def test_no_thread_sees_a_state_out_of_order(progress: ProgressLike) -> None:
    """Sixteen threads that poll and push on the same build see paths of the table, with times and packages that fit."""
    fake = FakeCopr(progress=progress, seed=11)
    lives = [life for name, life in LIVES.items() if name not in UNTIMED]
    fake.add_build(1, {name: {"lifecycle": life} for name, life in zip(NAMES, lives, strict=False)})
    actions: list[Callable[[], object]] = [lambda: fake.clock.tick(1), fake.advance, fake.snapshot, fake.to_scenario]
    with ThreadPoolExecutor(THREADS) as pool:
        watchers = [pool.submit(watch, fake, actions[number % len(actions)]) for number in range(THREADS)]
        for watcher in watchers:
            watcher.result()


def test_each_stage_is_shown_as_often_as_said_whoever_asks() -> None:
    """No poll is lost or counted twice between threads."""
    fake = FakeCopr(progress={"poll": 100})
    fake.add_build(1, NAMES[:1])

    def poll(_: int) -> str:
        document = json.loads(fake.answer("GET", f"/api_3/build-chroot/1/{NAMES[0]}").body)
        return str(document["state"])

    with ThreadPoolExecutor(THREADS) as pool:
        states = list(pool.map(poll, range(400)))
    assert {state: states.count(state) for state in set(states)} == dict.fromkeys(
        ("importing", "pending", "starting", "running"), 100
    )


def test_builds_can_be_added_while_others_are_asked_for() -> None:
    """Every build added by any thread is there, with its chroots known."""
    fake = FakeCopr()

    def add(number: int) -> int:
        fake.add_build(number, [f"fedora-{number}-x86_64", "fedora-rawhide-x86_64"], state="running")
        return fake.answer("GET", f"/api_3/build-chroot/{number}/fedora-{number}-x86_64").status

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(add, range(1, 301))) == {200}
    assert len(fake.builds) == 300
    assert len(fake.projects["jdoe/playground"].chroots) == 301


def test_threads_can_read_objects_while_the_clock_moves() -> None:
    """Whatever property is read, and whoever moves on the chroot meanwhile."""
    fake = FakeCopr(progress="clock")
    stop, failures = threading.Event(), list[BaseException]()

    def read(build: Build) -> None:
        try:
            while not stop.is_set():
                for chroot in build:
                    _ = (chroot.state, chroot.result_url, chroot.is_absent, chroot.can_advance, chroot.packages)
        except BaseException as failure:
            failures.append(failure)

    for number in range(1, 6):
        build = fake.add_build(number, {NAMES[0]: {}, NAMES[1]: {"lifecycle": "appears-late"}})
        stop.clear()
        threads = [threading.Thread(target=read, args=(build,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(310):
            fake.clock.tick(1)
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
