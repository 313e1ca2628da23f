"""Saving the state: by one server at a time, and safe against failures."""

from __future__ import annotations

import json
import re
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from .chroots import F41
from .served import Served, Start, failed, raw

LOCK = ".state.json.copr-fake-lock"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A file that does not exist yet, in its own directory."""
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "state.json"


def builds_in(state: Path, world: str = "") -> list[int]:
    """Return the ids of the builds in a saved world."""
    saved = json.loads(state.read_text())
    scenario = (saved["worlds"][world] if world else saved["main"])["scenario"]
    return [build["id"] for build in scenario["builds"]]


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


# Kills.


def kill_during_save(server: Served, reached: Callable[[], bool]) -> None:
    """Kill a server during a save: after some seconds, or at the latest when it responds."""
    with server.connect() as wire:
        wire.send(raw("POST", "/_fake/save"))
        while not reached() and not select.select([wire.socket], [], [], 0)[0]:
            pass
        server.end(signal.SIGKILL)


def size_of(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


@pytest.mark.slow
def test_killed_server_continues_from_its_last_save(start: Start, state: Path) -> None:
    temporary = state.with_name(".state.json.copr-fake-new")
    inode = 0
    moments: list[Callable[[], bool]] = [
        lambda: True,
        temporary.exists,
        lambda: size_of(temporary) > 0,
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
