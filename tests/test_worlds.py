"""Worlds are isolated from each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .chroots import F41
from .examples import examples
from .served import GET, HOME, LIST, Server, Start, raw, serving_as, start_request


def scenario(build_id: int, project: str) -> dict[str, Any]:
    """Return a scenario with a build that does not change."""
    names = [f"fedora-{number}-x86_64" for number in (41, 42)]
    chroots = [{"name": name, "state": "running", "started_on": 9, "result_dir": "results"} for name in names]
    return {"builds": [{"id": build_id, "projectname": project, "chroots": chroots}]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a scenario with build 1."""
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(scenario(1, "served")))
    return path


@pytest.fixture
def server(request: pytest.FixtureRequest, path: Path) -> Iterator[Server]:
    """A new server for twenty worlds, in a thread unless a test requests a process."""
    with serving_as(getattr(request, "param", "thread"), path, max_worlds=20) as server:
        yield server


also_as_process = pytest.mark.parametrize("server", ["process", "thread"], indirect=True)


@pytest.fixture(scope="module", params=["process", "thread"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that other tests use too."""
    path = tmp_path_factory.mktemp("shared") / "scenario.json"
    path.write_text("{}")
    with serving_as(request.param, path) as server:
        yield server


def names(server: Server) -> list[str]:
    return [world["name"] for world in server.control("GET", "/worlds")["worlds"]]


@also_as_process
def test_world_is_created_on_first_use(server: Server) -> None:
    """By a request to Copr or the control API."""
    assert names(server) == []
    assert server.world("b").get(GET)["state"] == "running"
    assert server.world("a").control("GET", "/projects")["projects"][0]["projectname"] == "served"
    assert names(server) == ["b", "a"]
    server.control("DELETE", "/worlds/b")
    assert names(server) == ["a"]
    assert names(server.world("a")) == ["a"]


CHANGES: dict[str, Callable[[Server], object]] = {
    "another build": lambda world: world.control("POST", "/builds", {"id": 2, "chroots": [F41], "state": "pending"}),
    "an event": lambda world: world.control("POST", f"/builds/1/chroots/{F41}/report", {"state": "failed"}),
    "a build less": lambda world: world.control("DELETE", "/builds/1"),
    "another scenario": lambda world: world.control("PUT", "/scenario", scenario(1, "other")),
    "another seed": lambda world: world.control("POST", "/seed", {"seed": 99}),
    "another time": lambda world: world.control("PATCH", "/clock", {"tick": 86400, "speed": 9, "paused": True}),
    "a fault": lambda world: world.control("POST", "/faults", {"status": 503, "probability": 0.5}),
    "requests": lambda world: [world.call("GET", target) for target in (HOME, LIST, "/api_3/none")],
    "a snapshot": lambda world: world.control("POST", "/snapshots"),
    "a reset": lambda world: world.control("POST", "/reset"),
}


class Observed:
    """The state of a world; equal for unchanged worlds, although time passes."""

    def __init__(self, world: Server) -> None:
        clock = world.control("GET", "/clock")
        content = world.control("GET", "/scenario")
        self.now: float = max(clock.pop("now"), content.pop("now"))
        sent = [request["target"] for request in world.control("GET", "/requests")["requests"]]
        self.state = (content, clock, sent, world.control("GET", "/faults"), world.control("GET", "/unmatched"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Observed) and self.state == other.state and abs(self.now - other.now) < 3600

    __hash__ = None  # type: ignore[assignment]  # approximate equality allows no hash


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_worlds_are_isolated(server: Server, change: str) -> None:
    worlds = [server, server.world("a"), server.world("b")]
    for changed in worlds:
        changed.get(GET)
        others = [world for world in worlds if world is not changed]
        before = [Observed(world) for world in others]
        CHANGES[change](changed)
        assert [Observed(world) for world in others] == before


def test_worlds_have_independent_seeds(server: Server) -> None:
    """A reset restores the initial seed."""
    faults = {"faults": [{"probability": 0.5, "status": 503}]}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        server.control("PUT", f"/worlds/{name}", {"scenario": faults, "seed": seed})

    def drawn(name: str) -> list[int]:
        return [server.world(name).call("GET", HOME).status for _ in range(20)]

    first = drawn("a")
    assert first == drawn("b") != drawn("c")
    server.world("a").control("POST", "/seed", {"seed": 2})
    server.world("a").control("POST", "/reset")
    assert drawn("a") == first


@pytest.mark.parametrize("name", ["", "first", "made"])
def test_reset_restores_initial_state_of_the_world(server: Server, name: str) -> None:
    """Requests and clock are reset too."""
    server.control("PUT", "/worlds/made", {"scenario": scenario(1, "own"), "seed": 7, "speed": 2, "progress": "manual"})
    world = server.world(name) if name else server
    began = Observed(world)
    resets = [(world, "/reset"), *[(server, f"/worlds/{name}/reset")] * bool(name)]
    for sent, reset in resets:
        for change in [*CHANGES][:-1]:
            CHANGES[change](world)
        assert Observed(world) != began
        sent.control("POST", reset)
        assert Observed(world) == began


BACK: dict[str, Callable[[Server], object]] = {
    "reset": lambda server: server.world("a").control("POST", "/reset"),
    "reset by another": lambda server: server.control("POST", "/worlds/a/reset"),
    "made anew": lambda server: server.control("PUT", "/worlds/a", {}),
    "another scenario": lambda server: server.world("a").control("PUT", "/scenario", {}),
    "deleted": lambda server: server.control("DELETE", "/worlds/a"),
}


@pytest.mark.parametrize("back", BACK)
def test_request_in_progress_finishes_after_a_reset(server: Server, back: str) -> None:
    """The next request sees the new fake."""
    world = server.world("a")
    world.control("POST", "/builds", {"id": 2, "chroots": [F41], "state": "running"})
    target = f"/api_3/build-chroot/2/{F41}"
    whole = world.call("GET", target)
    with server.connect() as late, server.connect() as dribbled:
        start_request(world, late, {"nth": 1, "delay": 0.1}, target)
        start_request(world, dribbled, {"nth": 1, "dribble": {"bytes": 100, "every": 0.02}}, target)
        BACK[back](server)
        assert world.call("GET", target).status == 404
        assert world.request_count == 1
        assert [late.reply().body, dribbled.reply().body] == [whole.body] * 2
    assert world.request_count == 1


def test_failed_reset_changes_nothing(server: Server, path: Path) -> None:
    """The error names the scenario that has become invalid."""
    world = server.world("a")
    CHANGES["another build"](world)
    before = Observed(world)
    path.write_text('{"builds": [{"id": 0}]}')
    for sent, target in ((world, "/reset"), (server, "/worlds/a/reset")):
        raised = sent.call("POST", f"/_fake{target}")
        assert raised.status == 409
        assert "builds[0].id: expected a whole number" in raised.document["error"]
        assert Observed(world) == before


# Number and names of worlds.


def test_world_has_a_short_url(server: Server) -> None:
    """It is short enough for copr-cli."""
    short = Server(f"{server.url}/@worker-1")
    assert short.get(GET)["state"] == "running"
    short.control("DELETE", "/builds/1")
    assert server.world("worker-1").call("GET", GET).status == 404
    assert server.world("worker-1").request_count == short.request_count == 2
    assert server.get(GET)["state"] == "running"


@also_as_process
def test_number_of_worlds_is_limited(server: Server) -> None:
    """The error names the option; deleting a world makes room."""
    for number in range(20):
        server.world(f"w{number}").get(GET)
    for target in (GET, "/_fake/clock"):
        raised = server.world("more").call("GET", target)
        assert raised.status == 503
        assert "--max-worlds" in raised.document["error"]
    assert server.call("PUT", "/_fake/worlds/more", {}).status == 409
    assert server.world("w7").get(GET)["state"] == "running"
    server.control("PUT", "/worlds/w7", {})
    server.control("DELETE", "/worlds/w7")
    assert server.world("more").get(GET)["state"] == "running"


def test_fixed_worlds_are_created_only_by_control_calls(start: Start) -> None:
    """Any other name is an error, which names those that exist."""
    served = start("--worlds", "fixed")
    served.control("PUT", "/worlds/worker-1", {})
    for target in (GET, "/_fake/clock"):
        raised = served.world("worker_1").call("GET", target)
        assert raised.status == 404
        assert "no world 'worker_1', and worlds are fixed; did you mean 'worker-1'?" in raised.document["error"]
    assert served.world("worker-1").get(HOME) == {"version": 3}
    assert served.get(HOME) == {"version": 3}
    assert names(served) == ["worker-1"]


def test_only_main_world_without_named_worlds(start: Start) -> None:
    served = start("--max-worlds", "0")
    assert served.world("a").call("GET", HOME).status == 503
    assert served.get(HOME) == {"version": 3}


@pytest.mark.parametrize("name", ["a", "A.b_c~d-9", "x" * 100, "%61", "w%2D1", "~", "_._"])
def test_name_of_world_is_decoded(shared: Server, name: str) -> None:
    assert shared.world(name).get(HOME) == {"version": 3}
    plain = name.replace("%61", "a").replace("%2D", "-")
    assert shared.world(plain).request_count == 1
    assert plain in names(shared)
    shared.control("DELETE", f"/worlds/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".a",
        "%2E%2E",
        "a%20b",
        "x" * 101,
        "%2F",
        "a%2Fb",
        "%",
        "a%00",
        "%C3%A9",
        "%ff",
        "a+b",
        "a;b",
        "a%0A",
    ],
)
def test_invalid_name_of_world_is_404(shared: Server, name: str) -> None:
    """The error describes valid names, and no world is created."""
    before = names(shared)
    raised = shared.world(name).call("GET", HOME)
    assert raised.status == 404
    assert "expected letters, digits" in raised.document["error"]
    assert names(shared) == before


@pytest.mark.parametrize("target", ["/worlds", "/world/a/api_3/", "/worlds/a/worlds/b/api_3/", "/_fakes"])
def test_other_paths_are_404_of_copr(shared: Server, target: str) -> None:
    assert shared.call("GET", target).status == 404


# Many at once.

CLIENTS = examples(64)
REQUESTS = examples(60)
MADE = {f"made-{number}": scenario(1, f"project-{number}") for number in range(4)}
FIRST = ("first-0", "first-1")
ALONE = {f"alone-{number}": scenario(1, f"alone-{number}") for number in range(2)}


def reset_repeatedly(server: Server) -> None:
    """Reset worlds in every possible way, except for some."""
    server.control("POST", "/reset")
    server.control("PUT", "/scenario", scenario(1, "served"))
    for name, beginning in MADE.items():
        server.control("PUT", f"/worlds/{name}", {"scenario": beginning})
        server.control("POST", f"/worlds/{name}/reset")
        server.world(name).control("POST", "/reset")
    for name in FIRST:
        # Another thread may have been faster.
        server.call("DELETE", f"/_fake/worlds/{name}")


def check_answers(world: Server, expected: Mapping[str, bytes]) -> None:
    """Check that responses are complete and come from their world."""
    with world.connect() as wire:
        for target in [GET, LIST] * (REQUESTS // 2):
            wire.send(raw("GET", world.prefix + target))
            reply = wire.reply()
            assert (reply.status, reply.body) == (200, expected[target])


@pytest.mark.sampled
@also_as_process
def test_concurrent_resets_lose_no_response(server: Server) -> None:
    """Journals of other worlds are complete."""
    for name, beginning in {**MADE, **ALONE}.items():
        server.control("PUT", f"/worlds/{name}", {"scenario": beginning})
    worlds = [server, *map(server.world, [*MADE, *FIRST, *ALONE])]
    expected = [{target: world.call("GET", target).body for target in (GET, LIST)} for world in worlds]
    assert len({each[GET] for each in expected}) >= 1 + len(MADE) + len(ALONE)
    clients = [number % len(worlds) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        sending = [pool.submit(check_answers, worlds[at], expected[at]) for at in clients]
        reset_repeatedly(server)
        while not all(sent.done() for sent in sending):
            reset_repeatedly(server)
        for sent in sending:
            sent.result()
    for at, world in enumerate(worlds[-len(ALONE) :], len(worlds) - len(ALONE)):
        assert world.request_count == clients.count(at) * REQUESTS + 2
