"""The ``record`` command, as a separate process if signals or terminals matter."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.cli import main
from copr_chroot_fake.cli.check import check
from copr_chroot_fake.control.worlds import InitialConfig

from .chroots import F43
from .recording_loop import S390X, targets
from .served import PATIENCE, Process, Server, eventually, open_command, serving, starting

BUILDS = {
    "builds": [
        {
            "id": 7,
            "ownername": "@copr",
            "projectname": "tools",
            "package": "hello",
            "lifecycle": "succeeds",
            "chroots": [{"name": F43}, {"name": S390X, "state": "failed", "started_on": 5, "ended_on": 6}],
        },
        {"id": 8, "lifecycle": "stuck-running", "chroots": [{"name": F43}]},
    ]
}


@contextmanager
def copr() -> Iterator[Server]:
    """Yield a server with a paused clock."""
    with serving(InitialConfig(scenarios=(BUILDS,))) as server:
        server.control("PATCH", "/clock", {"paused": True})
        yield server


def run(server: Server, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    with recording(server, *arguments) as process:
        output, errors = process.communicate(timeout=PATIENCE * 3)
        return subprocess.CompletedProcess("record", process.wait(), output, errors)


def invoke(server: Server, *arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["record", *map(str, arguments), "--url", server.url])


@contextmanager
def recording(server: Server, *arguments: str | Path) -> Iterator[Process]:
    """Run the command as a process, which ends with the block."""
    with open_command("record", *map(str, arguments), "--url", server.url) as process:
        try:
            yield process
        finally:
            process.kill()


def read(path: Path) -> Any:
    """Read a valid scenario."""
    (checked,) = check([path])
    assert (checked.errors, checked.unreadable) == ((), None)
    return json.loads(path.read_text())


def names(document: Any) -> dict[int, list[str]]:
    return {build["id"]: [chroot["name"] for chroot in build["chroots"]] for build in document["builds"]}


@pytest.mark.slow
def test_served_recording_gives_the_same_responses(tmp_path: Path) -> None:
    """Two servers respond the same about builds of bundled scenarios."""
    path = tmp_path / "recorded.json"
    with starting() as start:
        server = start("repositories", "pages", "--default-limit", "100")
        done = run(server, "301", "100", "307", "-o", path)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert done.stderr.splitlines()[-1] == f"written to {path}"
        read(path)
        again = start(str(path))
        for number, chroots in names(json.loads(path.read_text())).items():
            for target in targets(number, chroots):
                one, other = (each.call("GET", f"/api_3/build-chroot{target}") for each in (server, again))
                assert (one.status, one.body) == (other.status, other.body), target


def test_default_output_is_standard_output() -> None:
    """Only the scenario is written there."""
    with copr() as server:
        done = run(server, "7")
    assert done.returncode == 0
    assert names(json.loads(done.stdout)) == {7: [F43, S390X]}
    assert done.stderr == "build 7: 1 importing, 1 failed\n"


def test_watched_lifecycle_is_saved_after_each_poll(tmp_path: Path) -> None:
    """The clock of the server moves between two polls."""
    path = tmp_path / "watched.json"

    def stages() -> list[str]:
        """Return the states observed so far."""
        chroot = read(path)["builds"][0]["chroots"][0]
        return [stage["state"] for stage in chroot.get("lifecycle", {"stages": ()})["stages"]]

    with copr() as server, recording(server, "7", "--watch", "--interval", "0.02", "-o", path) as process:
        assert eventually(path.exists)
        observed = ["importing"]
        for seconds, state in ((10, "pending"), (30, "starting"), (20, "running"), (240, "succeeded")):
            server.control("PATCH", "/clock", {"tick": seconds})
            observed.append(state)
            assert eventually(lambda: stages() == observed)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert f"build 7, {F43}: running" in errors
    fake = FakeCopr.from_scenario(path, progress="clock")
    fake.clock.tick(10_000)
    assert [chroot.state for chroot in fake.builds[7].values()] == ["succeeded", "failed"]


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_watch_keeps_its_observations(signum: signal.Signals, tmp_path: Path) -> None:
    """The missing parts are reported, and the exit status is 1."""
    path = tmp_path / "watched.json"
    with copr() as server, recording(server, "8", "--watch", "--interval", "60", "-o", path) as process:
        assert eventually(path.exists)
        process.send_signal(signum)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors.splitlines()[-3:] == [
        f"written to {path}",
        "Error: interrupted",
        "Missing: build 8: the end of its lifecycle",
    ]
    assert names(read(path)) == {8: [F43]}


@pytest.mark.slow
def test_interrupted_recording_keeps_complete_chroots(tmp_path: Path) -> None:
    """The missing parts are reported."""
    path = tmp_path / "read.json"
    with copr() as server:
        server.control(
            "POST", "/faults", {"endpoint": "build-chroot/build-config", "chrootname": S390X, "breaks": "timeout"}
        )
        with recording(server, "7", "8", "-o", path) as process:
            assert eventually(lambda: server.control("GET", "/faults")["faults"][0]["hits"] > 0)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert names(read(path)) == {7: [F43]}
    assert errors.splitlines()[-4:] == [
        f"written to {path}",
        "Error: interrupted",
        "Missing: build 7: 1 of 2 chroots",
        "Missing: build 8: nothing has been read",
    ]
    assert [*tmp_path.iterdir()] == [path]


def test_recording_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "build.json"
    path.write_text("{}")
    with copr() as server:
        assert invoke(server, "7", "-o", path).exit_code == 0
    assert names(read(path)) == {7: [F43, S390X]}
    assert [*tmp_path.iterdir()] == [path]


def test_lost_connection_keeps_complete_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are retried a limited number of times, and each retry is reported."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    path = tmp_path / "build.json"
    with copr() as server:
        server.control("POST", "/faults", {"build_id": 8, "status": 502})
        done = invoke(server, "7", "8", "-o", path)
    assert done.exit_code == 1
    assert names(read(path)) == {7: [F43, S390X]}
    assert pauses == [1, 2, 4]
    lines = done.stderr.splitlines()
    assert f"unexpected response from {server.url}; retrying in 4 s" in lines
    assert lines[-2].startswith("Error: expected JSON, got text/html")
    assert lines[-2].endswith("check --url and the network, or try again later")
    assert lines[-1] == "Missing: build 8: nothing has been read"


def test_temporary_error_pages_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is 0 if a retry succeeds."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with copr() as server:
        for endpoint in (
            "build-chroot",
            "build-chroot/list",
            "build-chroot/build-config",
            "build-chroot/built-packages",
        ):
            server.control("POST", "/faults", {"endpoint": endpoint, "status": 503, "first": 2})
        assert invoke(server, "7", "-o", tmp_path / "build.json").exit_code == 0
    assert names(read(tmp_path / "build.json")) == {7: [F43, S390X]}


def test_missing_builds_are_reported(tmp_path: Path) -> None:
    """Existing builds are kept; without any, nothing is written."""
    path = tmp_path / "build.json"
    with copr() as server:
        some = invoke(server, "7", "99", "-o", path)
        assert (some.exit_code, some.stderr.splitlines()[-1]) == (1, "Missing: there is no build 99")
        assert names(read(path)) == {7: [F43, S390X]}
        before = path.read_text()
        none = invoke(server, "99", "98", "-o", path)
        assert none.exit_code == 2
        assert none.stderr == (
            f"Error: {server.url}: there is no build 99; there is no build 98; check the build id and --url\n"
        )
        assert path.read_text() == before
        assert [*tmp_path.iterdir()] == [path]


def test_unreachable_copr_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error contains the URL and advice, and nothing is written."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with copr() as server:
        pass
    done = invoke(server, "7", "-o", tmp_path / "build.json")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].startswith("Error: no response: ")
    assert server.url in done.stderr
    assert done.stderr.splitlines()[-1].endswith("check --url and the network, or try again later")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["7", "--url", "copr.test"],
            "--url: 'copr.test' is not an address; expected one such as http://copr.test:5000",
        ),
        (["7", "--url", "http://"], "--url: 'http://' is not an address"),
        (["7", "--url", "http://[::1"], "--url: 'http://[::1' is not an address"),
        (["7", "--interval", "5"], "--interval requires --watch"),
        (["7", "--watch", "--interval", "nan"], "--interval: expected a number from 0 to 2147483647, got nan"),
        (["7", "--watch", "--interval", "inf"], "--interval: expected a number from 0 to 2147483647, got inf"),
        (["0"], "0 is not in the range"),
        (["seven"], "'seven' is not a valid integer"),
        (
            ["7", "-o", "nowhere/build.json"],
            "nowhere/build.json: the directory nowhere does not exist;",
        ),
        (["7", "-o", "."], "is a directory; expected the name of a file"),
        ([], "Missing argument 'BUILD_ID...'"),
    ],
)
def test_invalid_options_are_rejected(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This happens before any request, with a hint."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["record", "--url", "http://127.0.0.1:1", *arguments])
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.mark.slow
def test_anonymize_replaces_names_in_the_file(tmp_path: Path) -> None:
    """This includes a recording with ``--watch`` that has not ended."""
    path = tmp_path / "build.json"
    with copr() as server, recording(server, "7", "--watch", "--interval", "9", "--anonymize", "-o", path) as process:
        assert eventually(path.exists)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    (build,) = read(path)["builds"]
    assert (build["ownername"], build["projectname"]) == ("@group1", "project1")
    assert "@copr" not in path.read_text()
    assert "tools" not in path.read_text()
