"""The memory limit of all worlds."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr, FakeOptions
from copr_chroot_fake.worlds.initial import InitialConfig
from copr_chroot_fake.worlds.memory import NEW_WORLD, Memory, NoMemoryError
from copr_chroot_fake.worlds.world import World, Worlds

from .served import HOME, Reply, Server, Start, serving

MAX_MEMORY = 400_000
BUILDS = {"builds": [{"id": number, "chroots": [{"name": "fedora-41-x86_64"}]} for number in range(1, 61)]}
"""A scenario of some 130,000 bytes in memory."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server with little memory."""
    with serving(max_memory=MAX_MEMORY, max_worlds=1000) as server:
        yield server


def check_rejected(reply: Reply, status: int = 503) -> None:
    assert reply.status == status
    assert f" of {MAX_MEMORY} bytes" in reply.document["error"]
    assert "delete worlds or snapshots, or serve with a larger --max-memory" in reply.document["error"]


def worlds_of(server: Server) -> list[str]:
    return [world["name"] for world in server.control("GET", "/worlds")["worlds"]]


def fill(server: Server) -> int:
    """Create worlds until the memory limit is reached; return their number."""
    for number in range(1000):
        reply = server.world(f"w{number}").call("GET", HOME)
        if reply.status != 200:
            check_rejected(reply)
            return number
    raise AssertionError("there is no limit")


def test_worlds_are_rejected_when_memory_is_used_up(server: Server) -> None:
    """Existing worlds still respond, and deleting some makes room."""
    count = fill(server)
    assert 10 < count < MAX_MEMORY // 10_000
    for path in (HOME, "/_fake/clock"):
        check_rejected(server.world("more").call("GET", path))
    check_rejected(server.call("PUT", "/_fake/worlds/more"), 409)
    assert worlds_of(server) == [f"w{number}" for number in range(count)]
    assert server.get(HOME) == server.world("w0").get(HOME) == {"version": 3}
    server.control("PATCH", "/clock", {"tick": 1})
    server.control("POST", "/verify", {"assertion": "requested", "endpoint": "home", "times": 1})
    for number in range(3):
        server.control("DELETE", f"/worlds/w{number}")
    assert server.world("more").get(HOME) == {"version": 3}


def test_scenario_is_rejected_before_it_is_read(server: Server) -> None:
    """Nothing has changed then."""
    huge = {"builds": [], "padding": "x" * (MAX_MEMORY // 16)}
    for method, path in (("PUT", "/scenario"), ("POST", "/scenario"), ("PUT", "/worlds/a")):
        check_rejected(server.call(method, f"/_fake{path}", huge), 409)
    for number in range(3):
        server.control("PUT", "/scenario", {"builds": [{"id": number + 1}]})
    assert worlds_of(server) == []


def test_builds_count_from_any_source(server: Server) -> None:
    """From a scenario, or generated."""
    for _ in range(20):
        server.control("PUT", "/scenario", BUILDS)
    empty = fill(server)
    server.control("DELETE", "/worlds/w0")
    server.control("DELETE", "/scenario")
    server.control("PUT", "/worlds/w0", {"scenario": {}})
    assert fill(server) > empty
    for number in range(1, 10):
        server.call("DELETE", f"/_fake/worlds/w{number}")
    server.control("POST", "/populate", {"builds": 100, "chroots": 10})
    check_rejected(server.world("more").call("GET", HOME))


def test_snapshots_count_until_they_are_deleted(server: Server) -> None:
    """Each counts as much as its world."""
    server.control("PUT", "/scenario", BUILDS)
    server.control("POST", "/snapshots")
    check_rejected(server.call("POST", "/_fake/snapshots"), 409)
    server.control("DELETE", "/snapshots/1")
    assert server.control("POST", "/snapshots") == {"id": 2}
    server.control("POST", "/snapshots/2/restore")
    server.control("POST", "/reset")
    assert server.control("GET", "/snapshots") == {"snapshots": [], "total": 0}
    server.control("PUT", "/scenario", BUILDS)
    server.control("POST", "/snapshots")


def test_recorded_requests_count_until_deleted(server: Server) -> None:
    """With their targets; requests themselves are never rejected."""
    world = server.world("a")
    for _ in range(10):
        assert world.call("GET", f"{HOME}?{'x' * 50_000}").status == 200
    check_rejected(server.world("b").call("GET", HOME))
    assert world.get(HOME) == {"version": 3}
    world.control("DELETE", "/requests")
    assert server.world("b").get(HOME) == {"version": 3}


def test_added_results_count(server: Server) -> None:
    """Those of chroots and of source builds."""
    server.control("POST", "/builds", {"id": 1, "chroots": ["fedora-41-x86_64"]})
    for target in ("/builds/1/chroots/fedora-41-x86_64/results", "/builds/1/source-results"):
        for number in range(10):
            server.control("POST", target, {"name": str(number), "content": "x" * 9000})
    empty = NEW_WORLD + 20 * 9000
    assert fill(server) < (MAX_MEMORY - empty) / NEW_WORLD + 1
    check_rejected(server.call("POST", "/_fake/builds/1/source-results", {"name": "x", "content": "x" * 9000}), 409)


def test_failed_calls_take_no_memory(server: Server) -> None:
    for _ in range(100):
        assert server.call("PUT", "/_fake/scenario", {"nothing": "x" * 5000}).status == 422
        assert server.world("new").call("PUT", "/_fake/scenario", {"nothing": "x" * 5000}).status == 422
    assert fill(server) > 10


def test_memory_is_limited_for_a_loaded_state_too(start: Start, tmp_path: Any) -> None:
    """A state with more is rejected at the start, with the option that helps."""
    state = str(tmp_path / "state.json")
    served = start("--state", state)
    for number in range(20):
        served.control("PUT", f"/worlds/w{number}", {"scenario": BUILDS})
    assert served.end()[0] == 0
    again = start("--state", state, "--max-memory", str(MAX_MEMORY))
    status, _, errors = again.end()
    assert (status, again.line) == (2, "")
    assert "state.json: worlds: no memory left" in errors
    assert "--max-memory" in errors


def test_rejections_take_no_time() -> None:
    """Worlds are not measured again unless something has changed."""
    measured = []
    retained = 90

    def measure() -> int:
        measured.append(retained)
        return retained

    memory = Memory(measure, 100)
    memory.reserve(90)
    assert measured == []
    for _ in range(1000):
        with pytest.raises(NoMemoryError, match="about 90 of 100 bytes, this may take 11"):
            memory.reserve(11)
    assert measured == [90]
    retained = 50
    memory.free()
    memory.reserve(11)
    assert (measured, memory.charged) == ([90, 50], 61)
    memory.charged += 1000
    memory.reserve(11)
    assert (measured, memory.charged) == ([90, 50, 50], 61)


SHAPES: dict[str, dict[str, Any]] = {
    "builds": {"builds": [{"id": number} for number in range(1, 301)]},
    "chroots": {
        "builds": [{"id": 1, "chroots": [{"name": f"fedora-{number}-x86_64"} for number in range(500)]}],
    },
    "lifecycles": {
        "builds": [
            {"id": number, "lifecycle": "realistic", "chroots": [{"name": "fedora-41-x86_64"}]}
            for number in range(1, 101)
        ],
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_estimate_is_close_to_retained_memory(shape: str) -> None:
    """Neither much less nor many times as much."""

    def make() -> World:
        world = Worlds(InitialConfig(FakeCopr, scenarios=(SHAPES[shape],), options=FakeOptions(requests_kept=500))).main
        for number in range(200):
            world.fake.answer("GET", f"/api_3/build-chroot/list/{number % 100 + 1}?{number}")
        return world

    make()
    gc.collect()
    tracemalloc.start()
    try:
        world = make()
        gc.collect()
        actual, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert actual / 1.5 < world.retained_bytes < 10 * actual


def test_memory_of_live_server_is_not_limited() -> None:
    """Its fakes belong to the tests."""
    with serving(max_memory=0) as server:
        assert server.world("a").call("GET", HOME).status == 503
    fake = FakeCopr()
    with fake.serving() as url:
        server_of_fake = Server(url)
        assert server_of_fake.control("POST", "/snapshots") == {"id": 1}
