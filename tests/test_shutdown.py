"""Stopping a server by a signal, with connections and responses in progress."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.server import server as server_module
from copr_chroot_fake.server.addresses import bind
from copr_chroot_fake.server.app import ServedApp

from .examples import sample
from .served import COMMAND, HOME, LIST, PATIENCE, Served, Start, Wire, eventually, raw, replies, serving, start_request


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_server_with_idle_connections(start: Start, signum: signal.Signals) -> None:
    """The status is 0, and nothing is printed."""
    served = start()
    with socket.create_connection(served.address) as idle, socket.create_connection(served.address) as half_open:
        idle.sendall(b"GET /api_3/ HTTP/1.1\r\nHost: copr\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200 OK")
        half_open.sendall(b"GET /api_3/ HT")
        assert served.end(signum) == (0, "", "")


@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["plain", "tls"])
def test_signal_waits_for_responses_in_progress(start: Start, options: list[str]) -> None:
    """New connections are refused."""
    served = start(*options)
    whole = served.call("GET", LIST)
    with served.connect() as late, served.connect() as dribbled:
        start_request(served, late, {"nth": 1, "delay": 0.5}, LIST)
        start_request(served, dribbled, {"nth": 1, "dribble": {"bytes": 500, "every": 0.05}}, LIST)
        served.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: served.is_refusing)
        for wire in (late, dribbled):
            assert [reply.body for reply in replies(wire.rest())] == [whole.body]
        assert served.process.wait(5) == 0
    assert served.end() == (0, "", "")


def leave_late_answer(served: Served, wire: Wire) -> None:
    """Disconnect before a response that is delayed by minutes."""
    start_request(served, wire, {"delay": 300})
    wire.socket.close()


def keep(served: Served, wire: Wire) -> None:
    wire.send(raw("GET", HOME))
    wire.reply()


def wait_behind(served: Served, wire: Wire) -> None:
    start_request(served, wire, {"breaks": "timeout"})
    wire.send(raw("GET", HOME))


def close_port(served: Served, wire: Wire) -> None:
    served.control("POST", "/faults", {"breaks": "refused", "seconds": 300})
    wire.send(raw("GET", HOME))
    with pytest.raises(ConnectionResetError):
        wire.socket.recv(1)
    assert served.is_refusing


LEFT: dict[str, Callable[[Served, Wire], None]] = {
    "a connection on which nothing was sent": lambda served, wire: None,
    "one that is kept": keep,
    "half a head": lambda served, wire: wire.send(raw("GET", HOME)[:-1]),
    "half a body": lambda served, wire: wire.send(raw("POST", "/_fake/seed", b'{"seed": 7}')[:-1]),
    "an answer that never comes": lambda served, wire: start_request(served, wire, {"breaks": "timeout"}),
    "a request behind one that is never answered": wait_behind,
    "an answer that nobody waits for": leave_late_answer,
    "a closed port": close_port,
}


@pytest.mark.slow
@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["plain", "tls"])
def test_incomplete_requests_do_not_delay_the_end(start: Start, left: str, options: list[str]) -> None:
    served = start(*options)
    with served.connect() as wire:
        LEFT[left](served, wire)
        assert served.end(timeout=4) == (0, "", "")


def test_second_ctrl_c_ends_server_at_once(start: Start) -> None:
    served = start()
    with served.connect() as wire:
        start_request(served, wire, {"delay": 300})
        served.process.send_signal(signal.SIGINT)
        assert eventually(lambda: served.is_refusing)
        assert served.process.poll() is None
        assert served.end(signal.SIGINT, timeout=4) == (0, "", "")
        with pytest.raises((ConnectionResetError, EOFError)):
            wire.reply()


def test_busy_clients_do_not_delay_the_end(start: Start) -> None:
    """Every response that begins is complete."""
    served = start()

    def send(is_kept: bool) -> None:
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
        sending = [pool.submit(send, number % 2 == 0) for number in range(16)]
        assert eventually(lambda: served.request_count > 200)
        assert served.end(timeout=5) == (0, "", "")
        for sent in sending:
            sent.result()


class ServerWithNewClient(server_module.FakeServer):
    """A server to which a client connects some turns of the loop before or after the port closes."""

    def __init__(self, turns: int, closes: str) -> None:
        self.listener = bind("127.0.0.1", 0)
        super().__init__(ServedApp(Worlds(InitialConfig()), None), self.listener, lambda: None)
        self._address = self.listener.getsockname()
        self._turns = turns
        self._closes = closes
        self.heard = b""
        self.problems: list[dict[str, object]] = []

    async def wait_until_stopped(self) -> None:
        loop = asyncio.get_running_loop()
        # Only in debug mode does asyncio report connections that it fails to set up.
        loop.set_debug(True)
        loop.set_exception_handler(lambda _, context: self.problems.append(context))
        self._meeting = loop.create_task(self._meet())
        await pass_turns(-self._turns)
        if self._closes == "for a while":
            await self.close_port(300)
            await self._meeting

    async def _meet(self) -> None:
        await pass_turns(self._turns)
        with suppress(ConnectionError), socket.create_connection(self._address, timeout=PATIENCE) as client:
            client.setblocking(False)
            self.heard = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 1), PATIENCE)


async def pass_turns(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


@pytest.mark.parametrize("closes", ["at the end", "for a while"])
@pytest.mark.parametrize("turns", range(-7, 8))
def test_new_connection_does_not_delay_the_end(monkeypatch: pytest.MonkeyPatch, turns: int, closes: str) -> None:
    """It is closed, however far it is set up."""
    monkeypatch.setattr(server_module, "SHUTDOWN_TIMEOUT", 3 * PATIENCE)
    server = ServerWithNewClient(turns, closes)
    begun = time.monotonic()
    asyncio.run(server.serve())
    assert time.monotonic() - begun < 2 * PATIENCE
    assert server.heard == b""
    assert server.problems == []


def test_slow_response_is_aborted_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server_module, "SHUTDOWN_TIMEOUT", 0.05)
    with ExitStack() as ends_last, serving() as server:
        wire = ends_last.enter_context(server.connect())
        start_request(server, wire, {"delay": 6})
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert capfd.readouterr() == ("", "")


@pytest.mark.sampled
@pytest.mark.parametrize("signum", sample([signal.SIGTERM, signal.SIGINT]))
def test_signal_during_start_ends_server(tmp_path: Path, signum: signal.Signals) -> None:
    """The status is 0, without a traceback."""
    pipe = tmp_path / "scenario.json"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*COMMAND, "serve", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process, pipe.open("w"):
        # The server has opened the scenario, a pipe, and waits for its content.
        process.send_signal(signum)
        assert (process.communicate(timeout=10), process.returncode) == (("", ""), 0)
