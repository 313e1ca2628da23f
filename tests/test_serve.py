"""``copr-chroot-fake serve``, as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from copr_chroot_fake.scenarios.reading import shipped_scenarios
from copr_chroot_fake.server.serving import bind

COMMAND = [sys.executable, "-m", "copr_chroot_fake"]

Start = Callable[..., "Served"]


class Served:
    """A running server, whose one line has been read."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.line = process.stdout.readline()
        self.url = self.line.removeprefix("Copr fake: ").strip()

    def get(self, target: str) -> dict[str, object]:
        with urllib.request.urlopen(self.url + target, timeout=10) as response:
            document: dict[str, object] = json.load(response)
        return document

    def end(self, signum: signal.Signals) -> tuple[int, str, str]:
        """Exit status and what else was printed, to standard output and error."""
        self.process.send_signal(signum)
        output, errors = self.process.communicate(timeout=10)
        return self.process.returncode, output, errors


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as running:

        def start(*arguments: str) -> Served:
            command = [*COMMAND, "serve", *arguments]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            running.enter_context(process)
            running.callback(process.kill)
            return Served(process)

        yield start


def failed(*arguments: str) -> str:
    """The standard error of a command that fails with status 2."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_it_answers_once_it_has_printed_its_address(start: Start) -> None:
    """The one line on standard output has the real port, where the shipped scenario is served."""
    served = start("--port", "0")
    assert served.line == f"Copr fake: {served.url}\n"
    assert urlsplit(served.url).port
    chroots = served.get("/api_3/build-chroot/list?build_id=1")
    assert len(list(chroots["items"])) == 11  # type: ignore[call-overload]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_whatever_is_connected(start: Start, signum: signal.Signals) -> None:
    """Idle and half-open connections do not keep it, its status is 0, and it says nothing more."""
    served = start("--port", "0")
    address = urlsplit(served.url)
    with (
        socket.create_connection((address.hostname, address.port or 0)) as idle,
        socket.create_connection((address.hostname, address.port or 0)) as half_open,
    ):
        idle.sendall(b"GET /api_3/ HTTP/1.1\r\nHost: copr\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200 OK")
        half_open.sendall(b"GET /api_3/ HT")
        assert served.end(signum) == (0, "", "")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_still_loads_ends_it_too(tmp_path: Path, signum: signal.Signals) -> None:
    """Its status is 0 then as well, and there is no traceback."""
    pipe = tmp_path / "scenario.json"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*COMMAND, "serve", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process, pipe.open("w"):
        # It has opened the scenario, and waits for what it says.
        process.send_signal(signum)
        assert (process.communicate(timeout=10), process.returncode) == (("", ""), 0)


def test_connections_do_not_wait_for_acknowledgements() -> None:
    """An accepted connection sends at once; otherwise each body would wait 40 ms behind its headers."""
    with bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_scenarios_and_the_default_limit_are_what_is_said(start: Start, tmp_path: Path) -> None:
    """Every scenario named is served, with the limit that is said."""
    for number in (7, 8):
        (tmp_path / f"{number}.json").write_text(json.dumps({"builds": [{"id": number}]}))
    served = start(str(tmp_path / "7.json"), str(tmp_path / "8.json"), "--port", "0", "--default-limit", "none")
    for number in (7, 8):
        document = served.get(f"/api_3/build-chroot/list?build_id={number}")
        assert document["meta"] == {"limit": None, "offset": 0, "order": "id", "order_type": "ASC"}
        assert served.get(f"/api_3/build-chroot/list/{number}") == document


def states(served: Served, build_id: int) -> list[str]:
    items = served.get(f"/api_3/build-chroot/list?build_id={build_id}")["items"]
    return [item["state"] for item in items]  # type: ignore[attr-defined]


LIVING = 11
LIFE = str(shipped_scenarios() / "lives" / "succeeds.json")


def test_by_poll_each_request_shows_the_next_state(start: Start) -> None:
    """Over HTTP as in process."""
    served = start(LIFE, "--port", "0", "--progress", "poll")
    assert [states(served, LIVING)[0] for _ in range(5)] == ["importing", "pending", "starting", "running", "succeeded"]


def test_at_once_the_first_request_shows_the_end(start: Start) -> None:
    """Every chroot is at the end of its life."""
    assert states(start(LIFE, "--port", "0", "--progress", "immediate"), LIVING) == ["succeeded", "succeeded"]


def test_by_hand_no_request_changes_anything(start: Start) -> None:
    """Only the control of the server could."""
    served = start(LIFE, "--port", "0", "--progress", "manual")
    assert [states(served, LIVING)[0] for _ in range(3)] == ["importing"] * 3


def test_by_clock_a_build_lives_at_the_speed_that_is_said(start: Start) -> None:
    """The default, and with a speed a life of minutes is over soon; the scenario that ships lives too."""
    slow, fast = start(LIFE, "--port", "0"), start("--port", "0", "--speed", "1e9", "--seed", "7")
    assert states(slow, LIVING) == ["importing", "importing"]
    while not set(states(fast, 3)) <= {"succeeded", "failed"}:
        pass
    assert len(set(states(fast, 1))) == 11


@pytest.mark.parametrize(
    ("option", "value"), [("--progress", "polls"), ("--speed", "0"), ("--speed", "fast"), ("--seed", "-1")]
)
def test_options_of_time_that_are_not_possible_are_named(option: str, value: str) -> None:
    """The error names the option and what would do."""
    assert f"Invalid value for '{option}'" in failed("serve", option, value)


def test_an_address_of_ipv6_is_printed_as_one(start: Start) -> None:
    """The printed address can be used as it is."""
    served = start("--host", "::1", "--port", "0")
    assert served.url.startswith("http://[::1]:")
    assert served.get("/api_3/") == {"version": 3}


def test_a_port_in_use_is_one_line(start: Start) -> None:
    """The line says which port, and what to do."""
    port = str(urlsplit(start("--port", "0").url).port)
    line = f"Error: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another --host or --port, "
    assert failed("serve", "--port", port) == f"{line}or --port 0\n"


def test_an_unknown_host_is_one_line() -> None:
    """An address that is not this machine's is an error that says so."""
    assert failed("serve", "--host", "192.0.2.1", "--port", "0").count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("{", "line 1, column 2: not JSON: "),
        ('{"builds": [{"id": 0}]}', "builds[0].id: expected a whole number from 1 to 2147483647, got 0"),
    ],
)
def test_a_missing_or_bad_scenario_is_one_line(tmp_path: Path, content: str | None, message: str) -> None:
    """The line says what, in which file, and where in it."""
    path = tmp_path / "scenario.json"
    if content is not None:
        path.write_text(content)
    line = failed("serve", str(path))
    assert line.startswith(f"Error: {path}: ")
    assert message in line
    assert line.count("\n") == 1


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", "None"])
def test_an_impossible_default_limit_is_named(limit: str) -> None:
    """The option takes a number of items, or none."""
    assert f"{limit!r} is no limit; expected a whole number, at least 1, or none" in failed(
        "serve", f"--default-limit={limit}"
    )


def test_help_says_what_a_newcomer_needs() -> None:
    """The help names every option, the line that is printed and a request to try."""
    done = subprocess.run([*COMMAND, "serve", "--help"], capture_output=True, text=True, timeout=10, check=True)
    for part in (
        "--host",
        "--port",
        "--default-limit",
        "--progress",
        "--speed",
        "--seed",
        "SCENARIO",
        "Copr fake: http://127.0.0.1:5000",
        "curl ",
    ):
        assert part in done.stdout
