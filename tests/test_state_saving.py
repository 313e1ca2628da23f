"""Saving the state: only loadable states, by one server at a time, and safe against failures."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from copr_chroot_fake import CoprFakeError, FakeCopr, SystemClock
from copr_chroot_fake.control.api import ControlApi
from copr_chroot_fake.control.call import Setting
from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.server.state_file import StateFile
from copr_chroot_fake.service import Service

from .chroots import F41
from .control.clients import Control, in_process
from .served import PATIENCE, Served, Start, failed, raw
from .worlds import fake_of

LOCK = ".state.json.copr-fake-lock"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A file that does not exist yet, in its own directory."""
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "state.json"


def unloadable() -> Service:
    """A fake whose scenario cannot be loaded, as a bug of the kit could cause."""
    fake = FakeCopr(clock=SystemClock())
    fake.add_build([F41], id=7, state="failed").memory_limit = -1
    return fake.service


def builds_in(state: Path, world: str = "") -> list[int]:
    """Return the ids of the builds in a saved world."""
    saved = json.loads(state.read_text())
    scenario = (saved["worlds"][world] if world else saved["main"])["scenario"]
    return [build["id"] for build in scenario["builds"]]


# A state that could not be loaded again.


def test_unloadable_state_does_not_replace_the_file(state: Path) -> None:
    """The error names the world, the build and the problem."""
    worlds, file = Worlds(InitialConfig()), StateFile(state)
    fake_of(worlds.get_or_create("good")).add_build([F41], id=1)
    file.save(worlds)
    kept = state.read_bytes()
    worlds.replace("bad", InitialConfig(), unloadable())
    with pytest.raises(CoprFakeError) as raised:
        file.save(worlds)
    assert re.match(
        rf"{state}: the state was not saved, because it could not be loaded again: "
        r"worlds\.bad\.scenario\.builds\[0\]\.memory_limit: .*; the file is unchanged",
        str(raised.value),
    )
    assert state.read_bytes() == kept
    assert {path.name for path in state.parent.iterdir()} == {state.name, LOCK}
    worlds.delete("bad")
    worlds.get_or_create("another")
    file.save(worlds)
    assert [*json.loads(state.read_text())["worlds"]] == ["good", "another"]


def test_control_api_reports_an_unloadable_state(state: Path) -> None:
    """The status is 409, and the server continues."""
    worlds, file = Worlds(InitialConfig()), StateFile(state)
    control = Control(
        in_process(ControlApi(Setting(worlds, InitialConfig(), file.save_while_serving)), worlds),
        worlds,
        worlds.main,
    )
    control.do("POST", "/builds", {"id": 5, "chroots": [F41], "state": "running"})
    assert control.post("/save") == {"file": str(state)}
    kept = state.read_bytes()
    worlds.replace("bad", InitialConfig(), unloadable())
    for _ in range(2):
        raised = control.request("POST", "/save")
        assert raised.status == 409
        assert "worlds.bad.scenario.builds[0]" in raised.document["error"]
        assert state.read_bytes() == kept
    control.do("POST", "/builds", {"id": 6, "chroots": [F41], "state": "running"})
    worlds.delete("bad")
    assert control.post("/save") == {"file": str(state)}
    assert builds_in(state) == [5, 6]


def test_internal_error_is_reported_for_its_world(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When saving and when loading."""
    worlds, file = Worlds(InitialConfig()), StateFile(state)
    worlds.get_or_create("a")
    file.save(worlds)

    def add_scenario(service: Service, source: object) -> None:
        raise TypeError("a mistake")

    monkeypatch.setattr(Service, "add_scenario", add_scenario)
    with pytest.raises(CoprFakeError, match=r"main\.scenario: TypeError: a mistake; the file is unchanged"):
        file.save(worlds)
    with pytest.raises(CoprFakeError, match=rf"^{state}: main\.scenario: TypeError: a mistake$"):
        file.load(InitialConfig(), 10)


def test_state_that_is_too_large_is_neither_saved_nor_loaded(state: Path) -> None:
    worlds = Worlds(InitialConfig())
    StateFile(state).save(worlds)
    size = state.stat().st_size
    assert StateFile(state, max_bytes=size).load(InitialConfig(), 10) is not None
    with pytest.raises(CoprFakeError, match=rf"{state}: {size} bytes; expected at most {size - 1}"):
        StateFile(state, max_bytes=size - 1).load(InitialConfig(), 10)
    fake_of(worlds.main).add_build([F41], id=1)
    with pytest.raises(CoprFakeError, match=rf"not be loaded again: .*bytes; expected at most {size}"):
        StateFile(state, max_bytes=size).save(worlds)
    assert state.stat().st_size == size


def test_rejected_state_is_saved_separately_at_the_end(state: Path) -> None:
    """The file keeps the last valid state."""
    worlds, file = Worlds(InitialConfig()), StateFile(state)
    file.save_at_end(worlds)
    kept = state.read_bytes()
    rejected = state.with_name("state.json.rejected")
    assert not rejected.exists()
    worlds.main.replace_service(unloadable())
    with pytest.raises(CoprFakeError, match=rf"main\.scenario\..*; the file is unchanged, and {rejected} contains the"):
        file.save_at_end(worlds)
    assert state.read_bytes() == kept
    assert builds_in(rejected) == [7]
    assert rejected.stat().st_mode & 0o777 == 0o600


SERVER = """
import os, signal, sys
from copr_chroot_fake.cli import main
from copr_chroot_fake.server import state_file

{patch}
main(["serve", "--port", "0", "--state", sys.argv[1]])
"""


def start_patched(state: Path, patch: str) -> Served:
    """A server whose process does something more."""
    command = [sys.executable, "-c", SERVER.format(patch=patch), str(state)]
    return Served(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))


@pytest.mark.slow
def test_server_with_unloadable_state_ends_with_status_1(state: Path) -> None:
    """One line describes the problem."""
    StateFile(state).save(Worlds(InitialConfig()))
    kept = state.read_bytes()
    server = start_patched(state, "state_file.write_scenario = lambda store: {'builds': [{'id': 0}]}")
    assert server.call("POST", "/_fake/save").status == 409
    status, _, errors = server.end()
    assert (status, errors.count("\n")) == (1, 1)
    assert errors.startswith(f"Error: {state}: the state was not saved, because it could not be loaded again: main.")
    assert state.read_bytes() == kept
    assert builds_in(state.with_name("state.json.rejected")) == [0]


@pytest.mark.slow
def test_second_signal_does_not_interrupt_the_last_save(state: Path) -> None:
    patch = "fsync = os.fsync; os.fsync = lambda handle: (os.kill(os.getpid(), signal.SIGTERM), fsync(handle))"
    server = start_patched(state, patch)
    server.control("DELETE", "/scenario")
    server.control("POST", "/builds", {"id": 5, "chroots": [F41], "state": "running"})
    assert server.end()[0] == 0
    assert builds_in(state) == [5]
    assert {path.name for path in state.parent.iterdir()} == {state.name, LOCK}


# One server at a time, in a place that it can use.


def test_second_server_on_a_state_does_not_start(start: Start, state: Path) -> None:
    """By any path to the file; it can start after the first is killed."""
    link = state.parent.parent / "link.json"
    link.symlink_to("state/state.json")
    first = start("--state", str(state))
    for path in (state, link):
        line = failed("serve", "--port", "0", "--state", str(path))
        assert line == f"Error: {path}: in use by another server; stop that one first, or choose another file\n"
    first.end(signal.SIGKILL)
    assert (state.parent / LOCK).exists()
    second = start("--state", str(link))
    second.control("POST", "/save")
    assert second.end() == (0, "", "")
    assert link.is_symlink()
    assert {path.name for path in state.parent.iterdir()} == {state.name, LOCK}


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/dev/zero", "is a device or a pipe; expected a regular file"),
        # To this directory not even root can write.
        ("/proc/self/state.json", "/proc/self is not writable; choose a file elsewhere"),
    ],
)
def test_unusable_state_path_prevents_start(path: str, problem: str) -> None:
    """The error names the remedy."""
    line = failed("serve", "--port", "0", "--state", path)
    assert re.fullmatch(f"Error: {path}: {problem}\n", line)


def test_failed_save_leaves_the_last_state(start: Start, state: Path) -> None:
    """On a full disk, the server continues and can save later."""
    server = start("--state", str(state))
    server.control("POST", "/save")
    kept = state.read_bytes()
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    raised = server.call("POST", "/_fake/save")
    assert raised.status == 409
    assert raised.document["error"] == f"{state}: cannot be written: File too large"
    assert state.read_bytes() == kept
    assert {path.name for path in state.parent.iterdir()} == {state.name, LOCK}
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
    assert server.control("POST", "/save") == {"file": str(state)}


# While requests are answered.


class SlowDisk:
    """A disk on which a write ends when the test allows it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = 0
        self.is_writing = threading.Event()
        self.may_go_on = threading.Event()
        replace = os.replace

        def wait(source: Path, target: Path) -> None:
            self.writes += 1
            self.is_writing.set()
            assert self.may_go_on.wait(PATIENCE)
            replace(source, target)

        monkeypatch.setattr(os, "replace", wait)

    async def writing(self) -> None:
        """Return once it is writing."""
        await asyncio.to_thread(self.is_writing.wait, PATIENCE)


def test_requests_are_answered_during_a_save(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each world is saved in its state at one time."""
    worlds, file, disk = Worlds(InitialConfig()), StateFile(state), SlowDisk(monkeypatch)
    for world in (worlds.main, worlds.get_or_create("a")):
        fake_of(world).add_build([F41], id=1)

    async def run() -> None:
        first = asyncio.create_task(file.save_while_serving(worlds))
        await disk.writing()
        for world in (worlds.main, worlds.get_or_create("a")):
            fake_of(world).add_build([F41], id=2)
            fake_of(world).reseed(99)
            assert fake_of(world).answer("GET", f"/api_3/build-chroot/2/{F41}").status == 200
        worlds.get_or_create("b")
        assert not first.done()
        disk.may_go_on.set()
        assert await first == str(state)
        assert (builds_in(state), builds_in(state, "a")) == ([1], [1])
        assert [*json.loads(state.read_text())["worlds"]] == ["a"]
        await file.save_while_serving(worlds)

    asyncio.run(run())
    assert (builds_in(state), builds_in(state, "a"), builds_in(state, "b")) == ([1, 2], [1, 2], [])
    assert json.loads(state.read_text())["main"]["seed"] == 99


def test_concurrent_saves_share_the_next_one(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds, file, disk = Worlds(InitialConfig()), StateFile(state), SlowDisk(monkeypatch)

    async def run() -> None:
        saves = [asyncio.create_task(file.save_while_serving(worlds))]
        await disk.writing()
        for number in range(1, 11):
            fake_of(worlds.main).add_build([F41], id=number)
            saves.append(asyncio.create_task(file.save_while_serving(worlds)))
        await asyncio.sleep(0)
        disk.may_go_on.set()
        assert await asyncio.gather(*saves) == [str(state)] * 11

    asyncio.run(run())
    assert disk.writes == 2
    assert builds_in(state) == [*range(1, 11)]


def test_waiting_save_does_not_share_a_failure(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds, file, disk = Worlds(InitialConfig()), StateFile(state), SlowDisk(monkeypatch)

    async def run() -> None:
        first = asyncio.create_task(file.save_while_serving(worlds))
        await disk.writing()
        worlds.replace("bad", InitialConfig(), unloadable())
        later = [asyncio.create_task(file.save_while_serving(worlds)) for _ in range(3)]
        await asyncio.sleep(0)
        disk.may_go_on.set()
        assert await first == str(state)
        for save in later:
            with pytest.raises(CoprFakeError, match=r"worlds\.bad"):
                await save

    asyncio.run(run())
    assert disk.writes == 1


def test_other_requests_are_answered_between_worlds(state: Path) -> None:
    """Replaced worlds are saved as replaced, deleted ones are not."""
    worlds, file = Worlds(InitialConfig()), StateFile(state)
    for number in range(20):
        worlds.get_or_create(f"w{number}")
    turns = 0

    async def run() -> None:
        nonlocal turns
        save = asyncio.create_task(file.save_while_serving(worlds))
        await asyncio.sleep(0)
        worlds.delete("w18")
        fake_of(worlds.replace("w19", InitialConfig())).add_build([F41], id=3)
        while not save.done():
            turns += 1
            await asyncio.sleep(0)
        await save

    asyncio.run(run())
    assert turns > 20
    assert [*json.loads(state.read_text())["worlds"]] == [f"w{number}" for number in range(20) if number != 18]
    assert builds_in(state, "w19") == [3]


# Kills.


def kill_during_save(server: Served, reached: Callable[[], bool]) -> None:
    """Kill a server during a save: after some seconds, or at the latest when it responds."""
    with server.connect() as wire:
        wire.send(raw("POST", "/_fake/save"))
        while not reached() and not select.select([wire.socket], [], [], 0)[0]:
            pass
        server.end(signal.SIGKILL)


@pytest.mark.slow
def test_killed_server_continues_from_its_last_save(start: Start, state: Path) -> None:
    temporary = state.with_name(".state.json.copr-fake-new")
    inode = 0
    moments: list[Callable[[], bool]] = [
        lambda: True,
        temporary.exists,
        lambda: temporary.exists() and temporary.stat().st_size > 0,
        lambda: state.stat().st_ino != inode,
        lambda: False,
    ]
    expected = [*range(1, 200)]
    server = start("--state", str(state))
    server.control("PUT", "/scenario", {"builds": [{"id": number, "chroots": [{"name": F41}]} for number in expected]})
    for number, reached in enumerate(moments):
        server.control("POST", "/builds", {"id": 1000 + number, "chroots": [F41], "state": "pending"})
        server.control("POST", "/save")
        server.control("POST", "/builds", {"id": 2000 + number, "chroots": [F41], "state": "pending"})
        inode = state.stat().st_ino
        kill_during_save(server, reached)
        server = start("--state", str(state))
        builds = {build["id"] for build in server.control("GET", "/scenario")["builds"]}
        expected.append(1000 + number)
        assert builds - {2000 + number} == {*expected}
        if 2000 + number in builds:
            expected.append(2000 + number)
    # The last one was killed after the answer.
    assert 2004 in expected
    assert server.end() == (0, "", "")
    assert {path.name for path in state.parent.iterdir()} == {state.name, LOCK}
