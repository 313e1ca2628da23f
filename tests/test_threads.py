"""Concurrent threads that poll, advance and change one fake."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import httpx
import pytest

from copr_chroot_fake import LIFECYCLES, Build, FakeCopr, SystemClock, VirtualClock
from copr_chroot_fake.engine.collection import Collection
from copr_chroot_fake.model.progress import ProgressLike

from .events import advance_all
from .examples import sample
from .invariants import check_change, check_chroot

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
    """Poll all chroots repeatedly, call ``act`` in between, and check each response and each change."""
    seen: dict[str, dict[str, object]] = {}
    with httpx.Client(transport=fake.transport, base_url="https://copr.example/api_3") as client:
        for turn in range(40):
            name = NAMES[turn % len(NAMES)]
            packages = client.get(f"/build-chroot/built-packages?build_id=1&chrootname={name}").json()["packages"]
            document = client.get(f"/build-chroot?build_id=1&chrootname={name}").json()
            if packages:
                assert document["state"] == "succeeded"
            for item in [document, *client.get("/build-chroot/list?build_id=1").json()["items"]]:
                check_chroot(item)
                if item["name"] in seen:
                    check_change(seen[item["name"]], item)
                seen[item["name"]] = item
            act()


@pytest.mark.sampled
@pytest.mark.parametrize("progress", sample([{"poll": 7}, "clock", "manual"]), ids=str)
def test_no_thread_sees_a_state_out_of_order(progress: ProgressLike) -> None:
    """Every thread sees a path of the transition table, with consistent times and packages."""
    fake = FakeCopr(progress=progress, seed=11)
    lifecycles = [lifecycle for name, lifecycle in LIFECYCLES.items() if name not in UNTIMED]
    fake.add_build({name: {"lifecycle": lifecycle} for name, lifecycle in zip(NAMES, lifecycles, strict=False)}, id=1)
    actions: list[Callable[[], object]] = [
        lambda: fake.clock.tick(1),
        lambda: advance_all(fake),
        fake.snapshot,
        fake.to_scenario,
    ]
    with ThreadPoolExecutor(THREADS) as pool:
        watchers = [pool.submit(watch, fake, actions[number % len(actions)]) for number in range(THREADS)]
        for watcher in watchers:
            watcher.result()


def test_polls_of_many_threads_are_counted_once() -> None:
    fake = FakeCopr(progress={"poll": 100})
    fake.add_build(NAMES[:1], id=1)

    def poll(_: int) -> str:
        document = json.loads(fake.answer("GET", f"/api_3/build-chroot/1/{NAMES[0]}").body)
        return str(document["state"])

    with ThreadPoolExecutor(THREADS) as pool:
        states = list(pool.map(poll, range(400)))
    assert {state: states.count(state) for state in set(states)} == dict.fromkeys(
        ("importing", "pending", "starting", "running"), 100
    )


def test_builds_can_be_added_while_others_are_requested() -> None:
    fake = FakeCopr()

    def add(number: int) -> int:
        fake.add_build([f"fedora-{number}-x86_64", "fedora-rawhide-x86_64"], id=number, state="running")
        return fake.answer("GET", f"/api_3/build-chroot/{number}/fedora-{number}-x86_64").status

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(add, range(1, 301))) == {200}
    assert len(fake.builds) == 300
    assert len(fake.projects["jdoe/playground"].chroots) == 301


@pytest.mark.slow
def test_threads_can_read_objects_while_the_clock_moves() -> None:
    fake = FakeCopr(progress="clock")
    stop, failures = threading.Event(), list[BaseException]()

    def read(build: Build) -> None:
        try:
            while not stop.is_set():
                for chroot in build.values():
                    _ = (chroot.state, chroot.result_url, chroot.is_absent, chroot.can_advance, chroot.packages)
        except BaseException as failure:
            failures.append(failure)

    for number in range(1, 6):
        build = fake.add_build({NAMES[0]: {}, NAMES[1]: {"lifecycle": "appears-late"}}, id=number)
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


def test_builds_can_be_added_while_they_are_iterated() -> None:
    """An iteration covers the builds at its beginning."""
    fake = FakeCopr()
    for number in (1, 2):
        fake.add_build(NAMES[:1], id=number)
    builds, seen = fake.builds, list[int]()
    for number, (items, values, keys) in enumerate(zip(builds.items(), builds.values(), builds, strict=True), 3):
        assert (items[0], items[1]) == (keys, values)
        fake.add_build(NAMES[:1], id=number, project=f"jdoe/p{number}")
        seen.append(keys)
    for number in builds:
        fake.builds[number].delete()
    assert seen == [1, 2]
    assert list(builds) == []
    assert 3 not in builds


def test_builds_are_a_read_only_mapping() -> None:
    fake = FakeCopr()
    first, second = (fake.add_build(NAMES[:1], id=number) for number in (1, 2))
    builds = fake.builds
    assert builds == {1: first, 2: second}
    assert {**builds} == {1: first, 2: second}
    assert builds[2] is second
    assert builds.get(3) is None
    assert (1 in builds, 3 in builds, len(builds)) == (True, False, 2)
    assert [*Collection("build", {1: "a", 2: "b"}).__reversed__()] == [2, 1]
    assert (
        repr(builds)
        == "{1: <Build 1 hello in jdoe/playground, importing>, 2: <Build 2 hello in jdoe/playground, importing>}"
    )
    with pytest.raises(TypeError):
        builds[3] = first  # type: ignore[index]  # wrong on purpose
    with pytest.raises(KeyError, match="3"):
        builds[3]


class Counted(dict[int, str]):
    """A dictionary that counts its copies."""

    copies = 0

    def copy(self) -> Counted:
        self.copies += 1
        return self


def test_lookup_of_a_build_copies_nothing() -> None:
    """Only iterations copy, and take as long themselves."""
    entries = Counted({1: "one"})
    collection = Collection("build", entries)
    assert collection[1] == "one"
    assert 1 in collection
    assert (len(collection), collection.get(2)) == (1, None)
    assert entries.copies == 0
    assert [*collection, *collection.keys(), *collection.values(), *collection.items()] == [1, 1, "one", (1, "one")]
    assert entries.copies == 4


COLLECTIONS: dict[str, Callable[[FakeCopr], Iterable[object]]] = {
    "projects": lambda fake: fake.projects,
    "project items": lambda fake: fake.projects.items(),
    "enabled chroots": lambda fake: fake.projects["jdoe/playground"].chroots,
    "chroots": lambda fake: fake.builds[1],
    "faults": lambda fake: fake.faults,
    "accounts": lambda fake: fake.accounts,
    "changes": lambda fake: fake.changes,
    "requests": lambda fake: fake.requests,
}


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=COLLECTIONS)
def test_collections_can_grow_while_iterated(collection: Callable[[FakeCopr], Iterable[object]]) -> None:
    """An iteration covers the items at its beginning."""
    fake = FakeCopr()
    build = fake.add_build(NAMES[:1], id=1)
    fake.faults.add("outage")
    fake.add_account("jdoe", "login", "token")
    fake.answer("GET", "/api_3/")

    def grow(number: int) -> int:
        fake.add_project(f"jdoe/p{number}")
        build.project.enable(f"epel-{number}-x86_64")
        fake.builds[1].add_chroot(f"fedora-{number}-ppc64le")
        fake.faults.add("outage")
        fake.add_account(f"user{number}", f"login{number}", "token")
        fake.answer("GET", "/api_3/")
        return number

    before = len(list(collection(fake)))
    iterated = [grow(number) for number, _ in enumerate(islice(collection(fake), before + 1))]
    assert len(iterated) == before
    assert len(list(collection(fake))) > before


def test_collections_can_be_iterated_while_threads_change_them() -> None:
    fake = FakeCopr()
    project = fake.add_project("jdoe/playground")

    def change(thread: int) -> None:
        for number in range(1, 21):
            fake.add_build([f"fedora-{number}-x86_64"], id=1000 * thread + number)
            project.enable(f"epel-{number}-arch{thread}")
            if number % 2:
                fake.builds[1000 * thread + number].delete()

    def iterate(thread: int) -> None:
        for _ in range(20):
            assert all(build.id == number for number, build in fake.builds.items())
            assert all(list(build) for build in fake.builds.values())
            assert all(full_name == str(project) for full_name, project in fake.projects.items())
            assert all(name.count("-") == 2 for name in project.chroots)
            assert fake.changes is not None
            fake.to_scenario()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(act, thread) for act in (change, iterate) for thread in range(4)]:
            done.result()
    assert len(fake.builds) == 40
    assert len(project.chroots) == 100


@pytest.mark.parametrize("clock", [VirtualClock(0), SystemClock()], ids=["virtual", "system"])
def test_concurrent_ticks_add_up(clock: VirtualClock | SystemClock) -> None:
    before = clock.now()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(clock.tick, [1000] * 200))
    assert 0 <= clock.now() - before - 200_000 < 1000


def test_faults_count_each_request_once() -> None:
    fake = FakeCopr()
    first = fake.faults.add({"status": 503, "first": 100})
    drawn = fake.faults.add({"status": 500, "probability": 0.5})
    with ThreadPoolExecutor(THREADS) as pool:
        statuses = list(pool.map(lambda _: fake.answer("GET", "/api_3/").status, range(300)))
    assert statuses.count(503) == 100
    assert (first.seen, first.hits, drawn.seen) == (300, 100, 300)
    alone = FakeCopr()
    alone.faults.add({"status": 503, "first": 100})
    alone.faults.add({"status": 500, "probability": 0.5})
    assert sorted(statuses) == sorted(alone.answer("GET", "/api_3/").status for _ in range(300))


def test_random_lifecycles_do_not_depend_on_threads() -> None:
    """Builds added at the same time do not change the draws."""

    def add(fake: FakeCopr, number: int) -> None:
        fake.add_build(NAMES[:2], id=number, lifecycle="realistic")

    together, alone = FakeCopr(progress="clock", seed=5), FakeCopr(progress="clock", seed=5)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(partial(add, together), range(1, 41)))
    for number in range(1, 41):
        add(alone, number)
    for fake in (together, alone):
        fake.clock.tick(5000)
    changes = [sorted(fake.changes, key=lambda change: change.build_id) for fake in (together, alone)]
    assert changes[0] == changes[1]


def test_adapter_is_created_safely_by_many_threads() -> None:
    fake = FakeCopr()
    ready = threading.Barrier(THREADS)

    def send(_: int) -> int:
        ready.wait(10)
        return fake.transport.handle_request(httpx.Request("GET", "https://copr.example/api_3/")).status_code

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(send, range(THREADS))) == {200}
    assert len(fake.requests) == THREADS
