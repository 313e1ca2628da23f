"""The state file is loaded at the start and saved at the end."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from copr_chroot_fake import CoprFakeError
from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.scenario.files import by_name
from copr_chroot_fake.server.state_file import StateFile

from .chroots import F41, F42
from .served import GET, HOME, LIST, Server, Start, failed
from .worlds import fake_of


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.json"


@pytest.fixture
def served(tmp_path: Path, state: Path) -> Path:
    """A scenario with a build that advances; the state is in a separate directory."""
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
"""The initial state of a named world, unlike that of the main world."""


def prepare(server: Server) -> None:
    """Change several worlds in many ways, and pause the clocks of worlds with builds that advance."""
    first, made, ahead = (server.world(name) for name in ("first", "made", "ahead"))
    server.control("PUT", "/worlds/made", MADE)
    server.control("PUT", "/worlds/ahead", {"scenario": {}, "progress": "manual"})
    for world in (server, first, made):
        world.control("PATCH", "/clock", {"paused": True, "speed": 5, "tick": 20})
    server.control("POST", f"/builds/1/chroots/{F41}/hold", {"state": "running"})
    server.control("POST", "/builds/1/chroots", {"name": "epel-9-s390x", "state": "skipped"})
    server.control("POST", "/faults", {"nth": 5, "status": 500})
    server.control("POST", "/faults", {"probability": 0.5, "status": 503, "endpoint": "build-chroot"})
    server.control("POST", "/seed", {"seed": 99})
    first.control("POST", "/builds/1/cancel")
    for _ in range(3):
        server.call("GET", GET)
        made.call("GET", "/api_3/build-chroot/list/7")
    ahead.control("PATCH", "/clock", {"tick": 86400, "speed": 7})


class Observed(NamedTuple):
    """The observable state of a world, and its responses to repeated requests."""

    scenario: Any
    speed: float
    paused: bool
    answers: list[tuple[int, bytes]]

    @classmethod
    def at(cls, world: Server) -> Observed:
        # Requests to Copr come last, because they count for polls and faults.
        scenario, clock = world.control("GET", "/scenario"), world.control("GET", "/clock")
        del scenario["now"]
        replies = [world.call("GET", target) for target in (GET, LIST, HOME, LIST.replace("=1", "=7")) * 3]
        # Each server has its own port, to which the results belong.
        port = f":{world.address[1]}/".encode()
        answers = [(reply.status, reply.body.replace(port, b":port/")) for reply in replies]
        return cls(scenario, clock["speed"], clock["paused"], answers)


def observe_all(server: Server) -> list[Observed]:
    return [Observed.at(world) for world in (server, *(server.world(name) for name in ("first", "made", "ahead")))]


def observe_after_resets(server: Server) -> list[Observed]:
    """Observe the worlds after a reset, except for times that depend on when it happens."""
    server.control("POST", "/reset")
    for name in ("first", "made", "ahead"):
        server.control("POST", f"/worlds/{name}/reset")
    return [state._replace(scenario=None, answers=state.answers[:8]) for state in observe_all(server)]


def test_saved_state_is_loaded(start: Start, state: Path, served: Path) -> None:
    """Responses, clock and initial state of every world."""
    before = start(str(served), "--state", str(state))
    prepare(before)
    assert before.control("POST", "/save") == {"file": str(state)}
    ahead = json.loads(state.read_text())["worlds"]["ahead"]["clock"]["now"]
    seen = observe_all(before)
    assert {status for state in seen for status, _ in state.answers} == {200, 404, 500, 503}
    reset = observe_after_resets(before)
    before.end(signal.SIGKILL)
    after = start(str(served), "--state", str(state))
    assert [world["name"] for world in after.control("GET", "/worlds")["worlds"]] == ["made", "ahead", "first"]
    assert ahead <= after.world("ahead").control("GET", "/clock")["now"] < ahead + 3600
    assert observe_all(after) == seen
    assert observe_after_resets(after) == reset


def without_time(saved: Any) -> Any:
    """A state that was saved, but for the time that it was."""
    for world in (saved["main"], *saved["worlds"].values()):
        del world["scenario"]["now"], world["clock"]["now"]
    return saved


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_state_is_saved_at_the_end(start: Start, state: Path, served: Path, signum: signal.Signals) -> None:
    """No other file is left."""
    server = start(str(served), "--state", str(state))
    prepare(server)
    server.control("POST", "/save")
    saved = without_time(json.loads(state.read_text()))
    state.unlink()
    assert server.end(signum) == (0, "", "")
    assert without_time(json.loads(state.read_text())) == saved
    assert {path.name for path in state.parent.iterdir()} - {f".{state.name}.copr-fake-lock"} == {state.name}


def test_nothing_is_saved_by_default(start: Start, tmp_path: Path) -> None:
    server = start(cwd=tmp_path)
    server.control("DELETE", "/builds/1")
    assert server.call("POST", "/_fake/save").status == 409
    server.end()
    assert list(tmp_path.iterdir()) == []
    assert start().get(LIST)["items"]


def test_main_world_resets_to_scenario_of_the_command(start: Start, state: Path, served: Path, tmp_path: Path) -> None:
    start(str(served), "--state", str(state)).end()
    other = tmp_path / "other.json"
    other.write_text('{"builds": [{"id": 2}]}')
    server = start(str(other), "--state", str(state), "--default-limit", "none")
    assert server.get(LIST)["items"]
    server.control("POST", "/reset")
    assert server.call("GET", GET).status == 404
    assert server.get(LIST.replace("=1", "=2"))["meta"]["limit"] is None


@pytest.mark.parametrize("source", ["pages", by_name()["pages"]], ids=["name", "path"])
def test_bundled_scenario_is_saved_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | Path) -> None:
    """Wherever the kit is installed at the next start."""
    file = StateFile(tmp_path / "state.json")
    worlds: Worlds | None = Worlds(InitialConfig(scenarios=(source,)), 10)
    for _ in range(2):
        assert worlds is not None
        world = worlds.get_or_create("a")
        fake_of(world).clear()
        world.reset()
        assert list(fake_of(world).builds) == [100]
        file.save(worlds)
        assert json.loads(file.path.read_text())["worlds"]["a"]["initial"]["scenarios"] == ["pages"]
        (tmp_path / "pages").write_text("{}")
        monkeypatch.chdir(tmp_path)
        worlds = file.load(InitialConfig(), 10)


def test_other_scenario_is_saved_by_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it has the name of a bundled one."""
    (tmp_path / "pages").write_text('{"builds": [{"id": 7}]}')
    file = StateFile(tmp_path / "state.json")
    monkeypatch.chdir(tmp_path)
    worlds = Worlds(InitialConfig(scenarios=("pages",)), 10)
    worlds.get_or_create("a")
    file.save(worlds)
    monkeypatch.chdir(tmp_path.parent)
    loaded = file.load(InitialConfig(), 10)
    assert loaded is not None
    loaded.get_or_create("a").reset()
    assert list(fake_of(loaded.get_or_create("a")).builds) == [7]


def test_default_scenario_is_saved_by_name(start: Start, tmp_path: Path) -> None:
    for name in ("all-states", "all-states.json"):
        (tmp_path / name).write_text("{}")
    state = tmp_path / "state.json"
    for _ in range(2):
        server = start("--state", str(state), cwd=tmp_path)
        world = server.world("a")
        world.control("POST", "/reset")
        assert len(world.get(LIST)["items"]) == 11
        server.end()
        assert json.loads(state.read_text())["worlds"]["a"]["initial"]["scenarios"] == ["all-states"]


def test_limits_of_the_command_apply_to_loaded_worlds(start: Start, state: Path, served: Path) -> None:
    """Of the journal and of the number of worlds."""
    server = start(str(served), "--state", str(state), "--journal", "100")
    server.world("a").get(HOME)
    server.world("b").get(HOME)
    server.end()
    kept = state.read_bytes()
    raised = failed("serve", "--port", "0", "--state", str(state), "--max-worlds", "1")
    assert raised.startswith(f"Error: {state}: worlds: ")
    assert state.read_bytes() == kept
    server = start(str(served), "--state", str(state), "--journal", "2", "--max-worlds", "2")
    for world in (server, server.world("a")):
        for _ in range(4):
            world.get(HOME)
        assert world.request_count == 2
        world.control("POST", "/reset")
        for _ in range(4):
            world.get(HOME)
        assert world.request_count == 2


# States that cannot be saved or loaded.


def fail(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["os.open", "os.fsync", "os.replace"])
def test_failed_save_keeps_the_file(state: Path, served: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """At any step; no other file is left."""
    worlds = Worlds(InitialConfig(scenarios=(served,)))
    file = StateFile(state)
    file.save(worlds)
    kept = state.read_bytes()
    worlds.get_or_create("another")
    with monkeypatch.context() as failing:
        failing.setattr(step, fail)
        with pytest.raises(CoprFakeError, match="No space left") as raised:
            file.save(worlds)
    assert str(raised.value).startswith(f"{state}: ")
    assert state.read_bytes() == kept
    assert {path.name for path in state.parent.iterdir()} - {f".{state.name}.copr-fake-lock"} == {state.name}
    file.save(worlds)
    assert state.read_bytes() != kept


def test_accounts_are_saved(start: Start, state: Path, served: Path) -> None:
    """Those of the command, which it has again when it loads the state, and those that were added over HTTP."""
    arguments = (str(served), "--state", str(state), "--account", "frostyx:abc:s3cret:@copr")
    server = start(*arguments)
    server.control("POST", "/accounts", {"name": "jdoe", "login": "def", "token": "t0ken", "expired": True})
    server.control("POST", "/groups", {"name": "@copr", "fas_name": "copr-team"})
    accounts, groups = server.control("GET", "/accounts"), server.control("GET", "/groups")
    assert server.end()[0] == 0
    server = start(*arguments)
    assert (server.control("GET", "/accounts"), server.control("GET", "/groups")) == (accounts, groups)


def test_submission_rules_are_saved_once(start: Start, state: Path, served: Path) -> None:
    """A restart does not add those of the command again; a reset restores only them."""
    arguments = (str(served), "--state", str(state), "--on-submit", "lifecycle=fails", "--next-build-id", "70")
    server = start(*arguments)
    server.control("POST", "/submission-rules", {"version": "3-1", "seen": 4, "hits": 2})
    server.control("POST", "/next-build-id", {"next_build_id": 90})
    server.control("PUT", "/worlds/w", {"next_build_id": 50})
    rules = server.control("GET", "/submission-rules")
    assert [(rule["seen"], rule["hits"]) for rule in rules["rules"]] == [(0, 0), (4, 2)]
    assert server.end() == (0, "", "")
    server = start(*arguments)
    assert server.control("GET", "/submission-rules") == rules
    assert server.control("GET", "/next-build-id") == {"next_build_id": 90}
    server.control("POST", "/reset")
    assert server.control("GET", "/submission-rules")["total"] == 1
    assert server.control("GET", "/next-build-id") == {"next_build_id": 70}
    server.control("POST", "/worlds/w/reset")
    assert server.world("w").control("GET", "/next-build-id") == {"next_build_id": 50}


def test_failed_save_at_the_end_is_status_1(start: Start, state: Path, served: Path) -> None:
    """One line names the file."""
    server = start(str(served), "--state", str(state))
    shutil.rmtree(state.parent)
    raised = server.call("POST", "/_fake/save")
    assert (raised.status, str(state) in raised.document["error"]) == (409, True)
    assert server.get(HOME) == {"version": 3}
    line = f"Error: {state}: the directory {state.parent} does not exist; create it first\n"
    assert server.end() == (1, "", line)


def test_unwritable_state_file_prevents_start(tmp_path: Path) -> None:
    """The error names the file and the remedy."""
    path = tmp_path / "none" / "state.json"
    line = f"Error: {path}: the directory {path.parent} does not exist; create it first\n"
    assert failed("serve", "--port", "0", "--state", str(path)) == line


OPTIONS = {
    "scenario": ["none.json"],
    "speed": ["--speed", "1e300"],
    "accounts": ["--account", "frostyx:abc:s3cret", "--account", "jdoe:abc:t0ken"],
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_options_are_checked_although_a_state_exists(state: Path, served: Path, options: list[str]) -> None:
    StateFile(state).save(Worlds(InitialConfig()))
    line = failed("serve", "--port", "0", *options, "--state", str(state))
    assert line == failed("serve", "--port", "0", *options)
    assert str(state) not in line


def state_with(**options: object) -> bytes:
    """Return a state file with the given keys of the main world, and valid other keys."""
    clock = {"now": 9, "speed": 1, "paused": False}
    main = {"scenario": {}, "clock": clock, "seed": 0, "initial": {"scenarios": []}, **options}
    return json.dumps({"version": 1, "main": main, "worlds": {}}).encode()


INVALID_STATES: dict[bytes, str] = {
    b"": "line 1, column 1: not JSON",
    b"{": "line 1, column 2: not JSON",
    b"\xff": "cannot be read",
    b"[" * 100_000: "nested too deeply",
    b"9" * 5000: "invalid JSON",
    b"[]": "expected an object",
    b"{}": "version: missing",
    b'{"builds": []}': "builds: unknown key",
    b'{"version": 2, "main": {}, "worlds": {}}': "version: unsupported version; expected 1",
    b'{"version": 1, "main": {}, "main": {}, "worlds": {}}': "main: duplicate key",
    b'{"version": 1, "main": {}, "worlds": {}}': "main.scenario: missing",
    state_with()[:-40]: "not JSON",
    state_with(scenario=[]): "main.scenario: expected an object",
    state_with(scenario={"builds": [{"id": 0}]}): "main.scenario.builds[0].id: expected a whole number",
    state_with(scenario={"faults": ["outag"]}): "main.scenario.faults[0]: 'outag' is not valid",
    state_with(clock={"now": -1, "speed": 1, "paused": False}): "main.clock.now: expected a number",
    state_with(clock={"now": 9, "speed": 0, "paused": False}): "main.clock.speed: time would stand still",
    state_with(clock={"now": 9, "speed": 1, "paused": 0}): "main.clock.paused: expected true or false",
    state_with(seed="x"): "main.seed: expected a whole number",
    state_with(initial={"scenarios": [7]}): "main.initial.scenarios[0]: expected an object",
    state_with(initial={"scenarios": [], "speed": 0}): "main.initial.speed: time would stand still",
    state_with(initial={"scenarios": [], "progress": "pol"}): "main.initial.progress: 'pol' is not valid",
    state_with(initial={"scenarios": [], "default_limit": 0}): "main.initial.default_limit: 0 would be an empty page",
    state_with().replace(b'"worlds": {}', b'"worlds": {"a": {}}'): "worlds.a.scenario: missing",
    state_with().replace(b'"worlds": {}', b'"worlds": {"a b": %s}' % state_with()[22:-15]): "'a b' is not a valid name",
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), INVALID_STATES.items(), ids=INVALID_STATES.values())
def test_invalid_state_is_located(state: Path, served: Path, content: bytes, message: str) -> None:
    state.write_bytes(content)
    with pytest.raises(CoprFakeError) as raised:
        StateFile(state).load(InitialConfig(), 10)
    assert str(raised.value).startswith(f"{state}: ")
    assert message in str(raised.value)


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, state_with(seed=-1)], ids=["cut", "nested", "wrong"])
def test_invalid_state_prevents_start(state: Path, served: Path, content: bytes) -> None:
    """The status is 2, and the file is unchanged."""
    state.write_bytes(content)
    line = failed("serve", "--port", "0", "--state", str(state))
    assert (line.startswith(f"Error: {state}: "), line.count("\n")) == (True, 1)
    assert state.read_bytes() == content
    assert {path.name for path in state.parent.iterdir()} - {f".{state.name}.copr-fake-lock"} == {state.name}


# Any state.
