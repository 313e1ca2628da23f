"""What a server was is what it is again, as a whole or not at all."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from copr_chroot_fake import CoprFakeError, FakeCopr
from copr_chroot_fake.scenario.bundled import by_name
from copr_chroot_fake.server.state_file import StateFile
from copr_chroot_fake.worlds.initial import InitialConfig
from copr_chroot_fake.worlds.world import Worlds

from .served import F41, F42, GET, HOME, LIST, Server, Start, failed


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.json"


@pytest.fixture
def served(tmp_path: Path, state: Path) -> Path:
    """A scenario with a build that lives; the state is alone in its directory."""
    state.parent.mkdir()
    path = tmp_path / "scenario.json"
    chroots = [{"name": F41}, {"name": F42}]
    path.write_text(json.dumps({"builds": [{"id": 1, "lifecycle": "succeeds", "chroots": chroots}]}))
    return path


MADE = {
    "scenario": {"builds": [{"id": 7, "lifecycle": "fails", "chroots": [{"name": F41}, {"name": F42}]}]},
    "seed": 7,
    "speed": 3,
    "progress": "poll",
    "default_limit": 1,
}
"""How a world begins that does not begin as the server's own."""


def prepare(server: Server) -> None:
    """Let much happen in several worlds, whose time then stands still where they have something that lives."""
    first, made, ahead = (server.world(name) for name in ("first", "made", "ahead"))
    server.steer("PUT", "/worlds/made", MADE)
    server.steer("PUT", "/worlds/ahead", {"scenario": {}, "progress": "manual"})
    for world in (server, first, made):
        world.steer("PATCH", "/clock", {"paused": True, "speed": 5, "tick": 20})
    server.steer("POST", f"/builds/1/chroots/{F41}/hold", {"state": "running"})
    server.steer("POST", "/builds/1/chroots", {"name": "epel-9-s390x", "state": "skipped"})
    server.steer("POST", "/faults", {"nth": 5, "status": 500})
    server.steer("POST", "/faults", {"probability": 0.5, "status": 503, "endpoint": "get"})
    server.steer("POST", "/seed", {"seed": 99})
    first.steer("POST", "/builds/1/cancel")
    for _ in range(3):
        server.call("GET", GET)
        made.call("GET", "/api_3/build-chroot/list/7")
    ahead.steer("PATCH", "/clock", {"tick": 86400, "speed": 7})


class Look(NamedTuple):
    """What a world shows of itself, and answers, several times."""

    scenario: Any
    speed: float
    paused: bool
    answers: list[tuple[int, bytes]]

    @classmethod
    def at(cls, world: Server) -> Look:
        # Copr is asked last, as polls and faults count that.
        shown, clock = world.steer("GET", "/scenario"), world.steer("GET", "/clock")
        del shown["now"]
        replies = [world.call("GET", target) for target in (GET, LIST, HOME, LIST.replace("=1", "=7")) * 3]
        return cls(shown, clock["speed"], clock["paused"], [(reply.status, reply.body) for reply in replies])


def look_at_all(server: Server) -> list[Look]:
    return [Look.at(world) for world in (server, *(server.world(name) for name in ("first", "made", "ahead")))]


def look_after_resets(server: Server) -> list[Look]:
    """The same of what they go back to, as far as that does not depend on when it does so."""
    server.steer("POST", "/reset")
    for name in ("first", "made", "ahead"):
        server.steer("POST", f"/worlds/{name}/reset")
    return [look._replace(scenario=None, answers=look.answers[:8]) for look in look_at_all(server)]


def test_what_was_saved_is_there_again(start: Start, state: Path, served: Path) -> None:
    """Of every world all answers, those of faults included, its clock, and what it goes back to when it is reset."""
    before = start(str(served), "--state", str(state))
    prepare(before)
    assert before.steer("POST", "/save") == {"file": str(state)}
    ahead = json.loads(state.read_text())["worlds"]["ahead"]["clock"]["now"]
    seen = look_at_all(before)
    assert {status for look in seen for status, _ in look.answers} == {200, 404, 500, 503}
    reset = look_after_resets(before)
    before.end(signal.SIGKILL)
    after = start(str(served), "--state", str(state))
    assert [world["name"] for world in after.steer("GET", "/worlds")["worlds"]] == ["made", "ahead", "first"]
    assert ahead <= after.world("ahead").steer("GET", "/clock")["now"] < ahead + 3600
    assert look_at_all(after) == seen
    assert look_after_resets(after) == reset


def without_time(saved: Any) -> Any:
    """A state that was saved, but for the time that it was."""
    for world in (saved["main"], *saved["worlds"].values()):
        del world["scenario"]["now"], world["clock"]["now"]
    return saved


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_is_saved_at_the_end(start: Start, state: Path, served: Path, signum: signal.Signals) -> None:
    """As on demand; and there is nothing else beside it then."""
    server = start(str(served), "--state", str(state))
    prepare(server)
    server.steer("POST", "/save")
    saved = without_time(json.loads(state.read_text()))
    state.unlink()
    assert server.end(signum) == (0, "", "")
    assert without_time(json.loads(state.read_text())) == saved
    assert list(state.parent.iterdir()) == [state]


def test_nothing_is_kept_unless_said(start: Start, tmp_path: Path) -> None:
    """The server begins anew, and has written nothing; to save it is not possible."""
    server = start(cwd=tmp_path)
    server.steer("DELETE", "/builds/1")
    assert server.call("POST", "/_fake/save").status == 409
    server.end()
    assert list(tmp_path.iterdir()) == []
    assert start().get(LIST)["items"]


def test_the_own_world_goes_back_to_what_is_served_now(start: Start, state: Path, served: Path, tmp_path: Path) -> None:
    """A state keeps what there is, not what the server is started with."""
    start(str(served), "--state", str(state)).end()
    other = tmp_path / "other.json"
    other.write_text('{"builds": [{"id": 2}]}')
    server = start(str(other), "--state", str(state), "--default-limit", "none")
    assert server.get(LIST)["items"]
    server.steer("POST", "/reset")
    assert server.call("GET", GET).status == 404
    assert server.get(LIST.replace("=1", "=2"))["meta"]["limit"] is None


@pytest.mark.parametrize("source", ["pages", by_name()["pages"]], ids=["name", "path"])
def test_a_scenario_that_ships_is_kept_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | Path
) -> None:
    """Wherever the kit is at the next start, and whatever is called so in the current directory by then."""
    file = StateFile(tmp_path / "state.json")
    worlds: Worlds | None = Worlds(InitialConfig(FakeCopr, scenarios=(source,)), 10)
    for _ in range(2):
        assert worlds is not None
        world = worlds.get_or_create("a")
        world.fake.clear()
        world.reset()
        assert list(world.fake.builds) == [100]
        file.save(worlds)
        assert json.loads(file.path.read_text())["worlds"]["a"]["initial"]["scenarios"] == ["pages"]
        (tmp_path / "pages").write_text("{}")
        monkeypatch.chdir(tmp_path)
        worlds = file.load(InitialConfig(FakeCopr), 10)


def test_any_other_scenario_is_kept_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it is called as one that ships, and wherever the server is started again."""
    (tmp_path / "pages").write_text('{"builds": [{"id": 7}]}')
    file = StateFile(tmp_path / "state.json")
    monkeypatch.chdir(tmp_path)
    worlds = Worlds(InitialConfig(FakeCopr, scenarios=("pages",)), 10)
    worlds.get_or_create("a")
    file.save(worlds)
    monkeypatch.chdir(tmp_path.parent)
    loaded = file.load(InitialConfig(FakeCopr), 10)
    assert loaded is not None
    loaded.get_or_create("a").reset()
    assert list(loaded.get_or_create("a").fake.builds) == [7]


def test_default_scenario_is_kept_by_its_name_too(start: Start, tmp_path: Path) -> None:
    """And is the one that ships, whatever the current directory has."""
    for name in ("all-states", "all-states.json"):
        (tmp_path / name).write_text("{}")
    state = tmp_path / "state.json"
    for _ in range(2):
        server = start("--state", str(state), cwd=tmp_path)
        world = server.world("a")
        world.steer("POST", "/reset")
        assert len(world.get(LIST)["items"]) == 11
        server.end()
        assert json.loads(state.read_text())["worlds"]["a"]["initial"]["scenarios"] == ["all-states"]


def test_bounds_are_those_that_are_said_now(start: Start, state: Path, served: Path) -> None:
    """Those of the journal hold in every world that was kept; and of worlds there cannot be more."""
    server = start(str(served), "--state", str(state), "--journal", "100")
    server.world("a").get(HOME)
    server.world("b").get(HOME)
    server.end()
    kept = state.read_bytes()
    refused = failed("serve", "--port", "0", "--state", str(state), "--max-worlds", "1")
    assert refused.startswith(f"Error: {state}: worlds: ")
    assert state.read_bytes() == kept
    server = start(str(served), "--state", str(state), "--journal", "2", "--max-worlds", "2")
    for world in (server, server.world("a")):
        for _ in range(4):
            world.get(HOME)
        assert world.asked == 2
        world.steer("POST", "/reset")
        for _ in range(4):
            world.get(HOME)
        assert world.asked == 2


# What cannot be saved, or loaded.


def fail(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["os.open", "os.fsync", "os.write", "os.replace"])
def test_what_cannot_be_written_leaves_what_there_was(
    state: Path, served: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whichever step fails; the error names the file, and nothing is left beside it."""
    worlds = Worlds(InitialConfig(FakeCopr, scenarios=(served,)))
    file = StateFile(state)
    file.save(worlds)
    kept = state.read_bytes()
    worlds.get_or_create("another")
    with monkeypatch.context() as failing:
        failing.setattr(step, fail)
        with pytest.raises(CoprFakeError, match="No space left") as refused:
            file.save(worlds)
    assert str(refused.value).startswith(f"{state}: ")
    assert state.read_bytes() == kept
    assert list(state.parent.iterdir()) == [state]
    file.save(worlds)
    assert state.read_bytes() != kept


def test_a_state_that_cannot_be_saved_at_the_end_is_an_error(start: Start, state: Path, served: Path) -> None:
    """Its status is 1, and one line names the file; on demand the server says so and goes on."""
    server = start(str(served), "--state", str(state))
    shutil.rmtree(state.parent)
    refused = server.call("POST", "/_fake/save")
    assert (refused.status, str(state) in refused.document["error"]) == (409, True)
    assert server.get(HOME) == {"version": 3}
    line = f"Error: {state}: the state cannot be saved: No such file or directory\n"
    assert server.end() == (1, "", line)


def test_where_no_state_can_be_saved_the_server_does_not_start(tmp_path: Path) -> None:
    """It would be lost at the end; the line names the file, and says what to do."""
    path = tmp_path / "none" / "state.json"
    line = f"Error: {path}: the directory {path.parent} does not exist; create it first\n"
    assert failed("serve", "--port", "0", "--state", str(path)) == line


TOLD = {
    "scenario": ["none.json"],
    "speed": ["--speed", "1e300"],
    "accounts": ["--account", "frostyx:abc:s3cret", "--account", "jdoe:abc:t0ken"],
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_what_it_is_told_is_checked_though_there_is_a_state(state: Path, served: Path, told: list[str]) -> None:
    """The line is the same as without one, and does not blame the file."""
    StateFile(state).save(Worlds(InitialConfig(FakeCopr)))
    line = failed("serve", "--port", "0", *told, "--state", str(state))
    assert line == failed("serve", "--port", "0", *told)
    assert str(state) not in line


def written(**said: object) -> bytes:
    """A state whose own world is as is said, and otherwise as it may be."""
    clock = {"now": 9, "speed": 1, "paused": False}
    main = {"scenario": {}, "clock": clock, "seed": 0, "initial": {"scenarios": []}, **said}
    return json.dumps({"version": 1, "main": main, "worlds": {}}).encode()


WRONG: dict[bytes, str] = {
    b"": "line 1, column 1: not JSON",
    b"{": "line 1, column 2: not JSON",
    b"\xff": "cannot be read",
    b"[" * 100_000: "nested too deeply",
    b"9" * 5000: "not JSON that can be read",
    b"[]": "expected an object",
    b"{}": "version: missing",
    b'{"builds": []}': "builds: no such key here",
    b'{"version": 2, "main": {}, "worlds": {}}': "version: unsupported; expected 1",
    b'{"version": 1, "main": {}, "main": {}, "worlds": {}}': "main: the key is there twice",
    b'{"version": 1, "main": {}, "worlds": {}}': "main.scenario: missing",
    written()[:-40]: "not JSON",
    written(scenario=[]): "main.scenario: expected an object",
    written(scenario={"builds": [{"id": 0}]}): "main.scenario.builds[0].id: expected a whole number",
    written(scenario={"faults": ["outag"]}): "main.scenario.faults[0]: 'outag' is not possible",
    written(clock={"now": -1, "speed": 1, "paused": False}): "main.clock.now: expected a number",
    written(clock={"now": 9, "speed": 0, "paused": False}): "main.clock.speed: time would stand still",
    written(clock={"now": 9, "speed": 1, "paused": 0}): "main.clock.paused: expected true or false",
    written(seed="x"): "main.seed: expected a whole number",
    written(initial={"scenarios": [7]}): "main.initial.scenarios[0]: expected an object",
    written(initial={"scenarios": [], "speed": 0}): "main.initial.speed: time would stand still",
    written(initial={"scenarios": [], "progress": "pol"}): "main.initial.progress: 'pol' is not possible",
    written(initial={"scenarios": [], "default_limit": 0}): "main.initial.default_limit: expected a whole number",
    written().replace(b'"worlds": {}', b'"worlds": {"a": {}}'): "worlds.a.scenario: missing",
    written().replace(b'"worlds": {}', b'"worlds": {"a b": %s}' % written()[22:-15]): "'a b' is not a valid name",
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), WRONG.items(), ids=WRONG.values())
def test_what_is_no_state_is_told_of(state: Path, served: Path, content: bytes, message: str) -> None:
    """With the place in it."""
    state.write_bytes(content)
    with pytest.raises(CoprFakeError) as refused:
        StateFile(state).load(InitialConfig(FakeCopr), 10)
    assert str(refused.value).startswith(f"{state}: ")
    assert message in str(refused.value)


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, written(seed=-1)], ids=["cut", "nested", "wrong"])
def test_a_server_does_not_start_with_what_is_no_state(state: Path, served: Path, content: bytes) -> None:
    """Its status is 2, one line names the file, and the file is left as it is."""
    state.write_bytes(content)
    line = failed("serve", "--port", "0", "--state", str(state))
    assert (line.startswith(f"Error: {state}: "), line.count("\n")) == (True, 1)
    assert state.read_bytes() == content
    assert list(state.parent.iterdir()) == [state]


# Any state.
