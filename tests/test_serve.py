"""``copr-chroot-fake serve``, as a process."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.scenarios.shipped import shipped_scenarios
from copr_chroot_fake.server import serving as server_door
from copr_chroot_fake.server.serving import bind

from .served import (
    COMMAND,
    F41,
    HOME,
    LIST,
    PATIENCE,
    Served,
    Start,
    Wire,
    eventually,
    failed,
    raw,
    replies,
    serving,
    under_way,
)


def test_it_answers_once_it_has_printed_its_address(start: Start) -> None:
    """The one line on standard output has the real port, where the shipped scenario is served."""
    served = start()
    assert served.line == f"Copr fake: {served.url}\n"
    assert urlsplit(served.url).port
    chroots = served.get("/api_3/build-chroot/list?build_id=1")
    assert len(chroots["items"]) == 11


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_whatever_is_connected(start: Start, signum: signal.Signals) -> None:
    """Idle and half-open connections do not keep it, its status is 0, and it says nothing more."""
    served = start()
    with socket.create_connection(served.address) as idle, socket.create_connection(served.address) as half_open:
        idle.sendall(b"GET /api_3/ HTTP/1.1\r\nHost: copr\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200 OK")
        half_open.sendall(b"GET /api_3/ HT")
        assert served.end(signum) == (0, "", "")


def test_what_is_being_answered_at_a_signal_is_finished(start: Start) -> None:
    """All of it, while nobody else can connect anymore; then its status is 0."""
    served = start()
    whole = served.call("GET", LIST)
    with served.connect() as late, served.connect() as dribbled:
        under_way(served, late, {"nth": 1, "delay": 0.5}, LIST)
        under_way(served, dribbled, {"nth": 1, "dribble": {"bytes": 500, "every": 0.05}}, LIST)
        served.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: served.is_refusing)
        for wire in (late, dribbled):
            assert [reply.body for reply in replies(wire.rest())] == [whole.body]
        assert served.process.wait(5) == 0
    assert served.end() == (0, "", "")


def leave_late_answer(served: Served, wire: Wire) -> None:
    """A client that does not wait for an answer which is minutes away."""
    under_way(served, wire, {"delay": 300})
    wire.socket.close()


def keep(served: Served, wire: Wire) -> None:
    wire.send(raw("GET", HOME))
    wire.reply()


def wait_behind(served: Served, wire: Wire) -> None:
    under_way(served, wire, {"breaks": "timeout"})
    wire.send(raw("GET", HOME))


def close_port(served: Served, wire: Wire) -> None:
    served.steer("POST", "/faults", {"breaks": "refused", "seconds": 300})
    assert served.is_refusing


LEFT: dict[str, Callable[[Served, Wire], None]] = {
    "a connection on which nothing was sent": lambda served, wire: None,
    "one that is kept": keep,
    "half a head": lambda served, wire: wire.send(raw("GET", HOME)[:-1]),
    "half a body": lambda served, wire: wire.send(raw("POST", "/_fake/seed", b'{"seed": 7}')[:-1]),
    "an answer that never comes": lambda served, wire: under_way(served, wire, {"breaks": "timeout"}),
    "a request behind one that is never answered": wait_behind,
    "an answer that nobody waits for": leave_late_answer,
    "a closed port": close_port,
}


@pytest.mark.parametrize("left", LEFT)
def test_nothing_that_need_not_end_holds_the_end(start: Start, left: str) -> None:
    """It is let go of at once."""
    served = start()
    with served.connect() as wire:
        LEFT[left](served, wire)
        assert served.end(timeout=4) == (0, "", "")


def test_a_second_ctrl_c_ends_it_at_once(start: Start) -> None:
    """Whatever is being answered, and without a word."""
    served = start()
    with served.connect() as wire:
        under_way(served, wire, {"delay": 300})
        served.process.send_signal(signal.SIGINT)
        assert eventually(lambda: served.is_refusing)
        assert served.process.poll() is None
        assert served.end(signal.SIGINT, timeout=4) == (0, "", "")
        with pytest.raises((ConnectionResetError, EOFError)):
            wire.reply()


def test_it_ends_though_clients_go_on(start: Start) -> None:
    """Those that keep connections and those that make new ones all the time: every answer that begins is whole."""
    served = start()

    def ask(is_kept: bool) -> None:
        with suppress(ConnectionError):
            while True:
                with served.connect() as wire:
                    for _ in range(1000 if is_kept else 1):
                        wire.send(raw("GET", LIST))
                        if wire.is_at_end():
                            break
                        assert wire.reply().body == whole.body

    whole = served.call("GET", LIST)
    with ThreadPoolExecutor(16) as pool:
        asking = [pool.submit(ask, number % 2 == 0) for number in range(16)]
        assert eventually(lambda: served.asked > 200)
        assert served.end(timeout=5) == (0, "", "")
        for asked in asking:
            asked.result()


class EndingServer(server_door.FakeServer):
    """A server that ends a few turns of its loop after somebody has connected."""

    def __init__(self, turns: int) -> None:
        self.listener = bind("127.0.0.1", 0)
        super().__init__(FakeCopr().asgi, self.listener, lambda: None)
        self._turns = turns

    async def main_loop(self) -> None:
        self.client = socket.create_connection(self.listener.getsockname(), timeout=PATIENCE)
        for _ in range(self._turns):
            await asyncio.sleep(0)


@pytest.mark.parametrize("turns", range(7))
def test_whoever_has_just_connected_does_not_hold_the_end(monkeypatch: pytest.MonkeyPatch, turns: int) -> None:
    """However far the connection has come by then, it is closed."""
    monkeypatch.setattr(server_door, "GRACE", 2)
    server = EndingServer(turns)
    begun = time.monotonic()
    asyncio.run(server.serve(sockets=[server.listener]))
    assert time.monotonic() - begun < 1.5
    with server.client:
        assert server.client.recv(1) == b""


def test_what_takes_too_long_is_cut_off(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Once a server that is to end has waited for as long as it waits, without a word."""
    monkeypatch.setattr(server_door, "GRACE", 0.05)
    with ExitStack() as ends_last, serving() as server:
        wire = ends_last.enter_context(server.connect())
        under_way(server, wire, {"delay": 6})
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert capfd.readouterr() == ("", "")


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
    served = start(str(tmp_path / "7.json"), str(tmp_path / "8.json"), "--default-limit", "none")
    for number in (7, 8):
        document = served.get(f"/api_3/build-chroot/list?build_id={number}")
        assert document["meta"] == {"limit": None, "offset": 0, "order": "id", "order_type": "ASC"}
        assert served.get(f"/api_3/build-chroot/list/{number}") == document


def states(served: Served, build_id: int) -> list[str]:
    return [item["state"] for item in served.get(f"/api_3/build-chroot/list?build_id={build_id}")["items"]]


LIVING = 11
LIFE = str(shipped_scenarios() / "lives" / "succeeds.json")


def test_by_poll_each_request_shows_the_next_state(start: Start) -> None:
    """Over HTTP as in process."""
    served = start(LIFE, "--progress", "poll")
    assert [states(served, LIVING)[0] for _ in range(5)] == ["importing", "pending", "starting", "running", "succeeded"]


def test_at_once_the_first_request_shows_the_end(start: Start) -> None:
    """Every chroot is at the end of its life."""
    assert states(start(LIFE, "--progress", "immediate"), LIVING) == ["succeeded", "succeeded"]


def test_by_hand_no_request_changes_anything(start: Start) -> None:
    """Only the control of the server could."""
    served = start(LIFE, "--progress", "manual")
    assert [states(served, LIVING)[0] for _ in range(3)] == ["importing"] * 3


def test_by_clock_a_build_lives_at_the_speed_that_is_said(start: Start) -> None:
    """The default, and with a speed a life of minutes is over soon; the scenario that ships lives too."""
    slow, fast = start(LIFE), start("--speed", "1e9", "--seed", "7")
    assert states(slow, LIVING) == ["importing", "importing"]
    assert eventually(lambda: set(states(fast, 3)) <= {"succeeded", "failed"})
    assert len(set(states(fast, 1))) == 11


@pytest.mark.parametrize(
    ("option", "value"), [("--progress", "polls"), ("--speed", "0"), ("--speed", "fast"), ("--seed", "-1")]
)
def test_options_of_time_that_are_not_possible_are_named(option: str, value: str) -> None:
    """The error names the option and what would do."""
    assert f"Invalid value for '{option}'" in failed("serve", option, value)


def test_accounts_that_are_said_are_the_only_ones_in_every_world(start: Start) -> None:
    """They cancel what is theirs in the server's own world and in any other, and are there after a reset too."""
    served = start("--account", "frostyx:abc:s3cret:@copr", "--account", "jdoe:def:t0ken", "pages")
    for server in (served, served.world("other")):
        server.steer("POST", "/reset")
        assert server.call("PUT", "/api_3/build/cancel/100").status == 401
        assert server.call("PUT", "/api_3/build/cancel/100", headers=basic("def", "t0ken")).status == 403
        canceled = server.call("PUT", "/api_3/build/cancel/100", headers=basic("abc", "s3cret"))
        assert canceled.document["state"] == "canceled"
        who = server.call("GET", "/api_3/auth-check", headers=basic("def", "t0ken"))
        assert who.document == {"name": "jdoe", "id": 2}


def test_what_is_asked_beside_build_chroots_is_in_worlds_too(start: Start) -> None:
    """Each world has builds, projects and polls of its own."""
    served = start("--progress", "poll", "pages")
    other = served.world("other")
    other.steer("PUT", "/scenario", {"builds": [{"id": 7, "chroots": [{"name": F41}], "lifecycle": "succeeds"}]})
    assert other.call("GET", "/api_3/build/100").status == served.call("GET", "/api_3/build/7").status == 404
    states = [other.get("/api_3/build/7")["state"] for _ in range(3)]
    assert states == ["importing", "pending", "starting"]
    listed = "/api_3/build/list?ownername=jdoe&projectname=playground"
    assert [build["id"] for build in other.get(listed)["items"]] == [7]
    assert served.call("GET", listed).status == 404


@pytest.mark.parametrize("account", ["frostyx", "frostyx:abc", "frostyx::s3cret", ":abc:s3cret"])
def test_an_account_that_is_none_is_named(account: str) -> None:
    """The message says what one looks like."""
    assert "expected NAME:LOGIN:TOKEN, or NAME:LOGIN:TOKEN:@GROUP" in failed("serve", "--account", account)


def basic(login: str, token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{token}".encode()).decode()}


def test_an_address_of_ipv6_is_printed_as_one(start: Start) -> None:
    """The printed address can be used as it is."""
    served = start("--host", "::1")
    assert served.url.startswith("http://[::1]:")
    assert served.get("/api_3/") == {"version": 3}


def test_a_port_in_use_is_one_line(start: Start) -> None:
    """The line says which port, and what to do."""
    port = str(urlsplit(start().url).port)
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


# The log.


SENT: list[tuple[str, str, object, int]] = [
    ("GET", LIST, None, 200),
    ("HEAD", LIST, None, 200),
    ("GET", "/none", None, 404),
    ("POST", f"/worlds/a%2Eb{HOME}?x=%22%0A%1B&y", None, 405),
    ("GET", "/worlds/a%20b/", None, 404),
    ("PATCH", "/_fake/clock", {"speed": -1}, 422),
    ("POST", "/worlds/b/_fake/faults", {"status": 503}, 201),
    ("GET", f"/worlds/b{HOME}", None, 503),
]
"""Method, target, body and status of the answer."""


def test_the_log_has_a_line_of_json_for_each_request(start: Start) -> None:
    """Who has asked what, when, and what came of it."""
    served = start("--access-log", "--log", "json")
    sizes = [len(served.call(method, target, body).body) for method, target, body, _ in SENT]
    status, output, errors = served.end()
    assert (status, output) == (0, "")
    entries = [json.loads(line) for line in errors.splitlines()]
    assert [
        (entry.pop("method"), entry.pop("target"), entry.pop("status"), entry.pop("bytes")) for entry in entries
    ] == [(method, target, status, size) for (method, target, _, status), size in zip(SENT, sizes, strict=True)]
    for entry in entries:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.pop("time"))
        assert 0 <= entry.pop("milliseconds") < 10_000
        assert entry == {"client": "127.0.0.1"}


def test_the_log_has_a_line_of_text_for_each_request(start: Start) -> None:
    """The same, to read."""
    served = start("--access-log")
    for method, target, body, _ in SENT:
        served.call(method, target, body)
    _, _, errors = served.end()
    for line, (method, target, _, status) in zip(errors.splitlines(), SENT, strict=True):
        began, _, rest = line.partition(" 127.0.0.1 ")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", began)
        assert rest.startswith(f"{method} {target} -> {status}, ")
        assert re.search(r", \d+ bytes, \d+\.\d+ ms$", rest)


@pytest.mark.parametrize("log", ["text", "json"])
def test_what_is_not_answered_is_in_the_log_too(start: Start, log: str) -> None:
    """As that; and what is answered late or not whole, with how long it took and how much has come."""
    served = start("--access-log", "--log", log)
    faults = ({"breaks": "reset"}, {"breaks": "timeout"}, {"delay": 300}, {"breaks": "reset-within"}, {"delay": 0.02})
    for fault in faults:
        with served.connect() as wire:
            under_way(served, wire, {"nth": 1, **fault})
            if fault in faults[3:]:
                with suppress(ConnectionResetError):
                    wire.reply()
    _, _, errors = served.end()
    lines = [line for line in errors.splitlines() if HOME in line]
    if log == "text":
        ends = [line.partition(" -> ")[2].split(", ")[:2] for line in lines]
        assert sorted(ends) == [["200", "14 bytes"], ["200", "7 bytes"], *[["no answer", "0 bytes"]] * 3]
    else:
        entries = sorted((json.loads(line) for line in lines), key=lambda entry: entry["bytes"])
        assert [(entry["status"], entry["bytes"]) for entry in entries] == [*[(None, 0)] * 3, (200, 7), (200, 14)]
        assert entries[-1]["milliseconds"] >= 20


def test_a_log_that_nobody_reads_anymore_harms_nobody(start: Start) -> None:
    """All is answered, on the same connection, and the status is 0 in the end."""
    served = start("--access-log")
    assert served.process.stderr is not None
    served.process.stderr.close()
    with served.connect() as wire:
        for _ in range(10):
            wire.send(raw("GET", HOME))
            assert wire.reply().status == 200
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(5) == 0


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
