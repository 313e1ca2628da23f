"""A server as a process or in a thread, and ways to ask it: whole requests, and bytes as they are."""

from __future__ import annotations

import http.client
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.cli import main
from copr_chroot_fake.http_server.app import ServedApp
from copr_chroot_fake.http_server.control_adapter import ControlAdapter
from copr_chroot_fake.http_server.guard import Guard
from copr_chroot_fake.http_server.slow_clients import SlowClients
from copr_chroot_fake.http_server.uvicorn_server import App, FakeServer, bind, url_of
from copr_chroot_fake.worlds.initial import InitialConfig
from copr_chroot_fake.worlds.limits import MAX_BODY, MAX_HEAD, MAX_MEMORY
from copr_chroot_fake.worlds.world import Worlds

COMMAND = [sys.executable, "-m", "copr_chroot_fake"]
PATIENCE = 10
"""After how many seconds a test gives up what should not take any."""

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"
HOME = "/api_3/"
GET = f"/api_3/build-chroot/1/{F41}"
LIST = "/api_3/build-chroot/list?build_id=1"


class Reply(NamedTuple):
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def where(self) -> str:
        """The place of a mistake."""
        where: str = self.document["where"]
        return where


class Server:
    """A server at an address, below which a world may have its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = urlsplit(url).path
        self.address = (urlsplit(url).hostname or "", urlsplit(url).port or 0)

    def call(self, method: str, target: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask on a connection of its own; a body that is no bytes is sent as JSON."""
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            connection.request(method, self.prefix + target, raw, dict(headers or {}))
            got = connection.getresponse()
            return Reply(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()

    def get(self, target: str) -> Any:
        reply = self.call("GET", target)
        assert reply.status == 200, reply
        return reply.document

    def steer(self, method: str, target: str, body: object = None) -> Any:
        """What a call of the control API shows, which is to be done."""
        reply = self.call(method, f"/_fake{target}", body)
        assert reply.status in (200, 201, 204), reply
        return reply.document if reply.body else None

    @property
    def asked(self) -> int:
        """How many requests the journal has."""
        count: int = self.steer("GET", "/requests/count")["count"]
        return count

    def world(self, name: str) -> Server:
        return Server(f"{self.url}/worlds/{name}")

    def connect(self) -> Wire:
        return Wire(socket.create_connection(self.address, timeout=PATIENCE))

    def exchange(self, data: bytes) -> bytes:
        """What comes for bytes, of which it is known that no more come, until the server closes."""
        with self.connect() as wire:
            wire.send(data)
            wire.end()
            return wire.rest()

    @property
    def is_refusing(self) -> bool:
        """Whether nobody can connect."""
        try:
            self.connect().socket.close()
        except ConnectionRefusedError:
            return True
        return False


class Served(Server):
    """A server that runs as a process, whose one line has been read."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.line = process.stdout.readline()
        super().__init__(self.line.removeprefix("Copr fake: ").strip())

    def end(self, signum: signal.Signals = signal.SIGTERM, timeout: float = PATIENCE) -> tuple[int, str, str]:
        """Exit status and what else was printed, to standard output and error."""
        self.process.send_signal(signum)
        output, errors = self.process.communicate(timeout=timeout)
        return self.process.returncode, output, errors


Start = Callable[..., Served]


@contextmanager
def starting() -> Iterator[Start]:
    """Start servers, which all have ended after the block."""
    with ExitStack() as running:

        def start(*arguments: str, **options: Any) -> Served:
            command = [*COMMAND, "serve", "--port", "0", *arguments]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            process: subprocess.Popen[str] = subprocess.Popen(command, **{**pipes, **options})
            running.enter_context(process)
            running.callback(process.kill)
            return Served(process)

        yield start


@contextmanager
def running(app: App, max_head: int = MAX_HEAD, slow_clients: SlowClients | None = None) -> Iterator[str]:
    """The address of a server in a thread, which answers by the time it is there."""
    listener = bind("127.0.0.1", 0)
    url = url_of(listener)
    ready = threading.Event()
    server = FakeServer(app, listener, ready.set, max_head=max_head, slow_clients=slow_clients)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield url
    finally:
        server.should_exit = True
        thread.join()


class Threaded(Server):
    """A server that runs in a thread, and the worlds that it serves."""

    def __init__(self, url: str, worlds: Worlds) -> None:
        super().__init__(url)
        self.worlds = worlds


@contextmanager
def serving(
    initial: InitialConfig | None = None,
    *,
    max_worlds: int = 100,
    max_memory: int = MAX_MEMORY,
    max_body: int = MAX_BODY,
    max_head: int = MAX_HEAD,
) -> Iterator[Threaded]:
    """A server in a thread, which anybody may steer."""
    initial = initial or InitialConfig(FakeCopr)
    worlds = Worlds(initial, max_worlds, max_memory=max_memory)
    control = ControlAdapter(worlds, initial, Guard("127.0.0.1", None), max_body=max_body)
    with running(ServedApp(worlds, control), max_head) as url:
        yield Threaded(url, worlds)


@contextmanager
def serving_as(how: str, *scenarios: Path, **bounds: int) -> Iterator[Server]:
    """A server as a ``process`` or in a thread, with bounds such as ``max_worlds``."""
    if how == "process":
        options = [f"--{name.replace('_', '-')}={bound}" for name, bound in bounds.items()]
        with starting() as start:
            yield start(*map(str, scenarios), *options)
    else:
        with serving(InitialConfig(FakeCopr, scenarios=scenarios), **bounds) as server:
            yield server


def failed(*arguments: str) -> str:
    """The standard error of a command that fails with status 2, run in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        main(arguments, prog_name="copr-chroot-fake")
    assert (ended.value.code, output.getvalue()) == (2, "")
    return errors.getvalue()


class Wire:
    """A connection on which bytes are sent as they are."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.got = b""
        """What has come and has not been asked for."""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_on(self, piece: bytes, pause: float = 0) -> None:
        """Send the same again and again.

        :raises ConnectionError: as soon as the server does not want it.
        """
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.send(piece)
            time.sleep(pause)

    def drain(self) -> None:
        """Read all that comes, until either side has had enough."""
        with suppress(OSError):
            while self.socket.recv(65536):
                pass

    def end(self) -> None:
        """Send nothing more; what has been sent may still be answered."""
        with suppress(OSError):
            # The server may have been quicker.
            self.socket.shutdown(socket.SHUT_WR)

    def reply(self) -> Reply:
        """The next answer."""
        while True:
            reply, rest = next_reply(self.got)
            if reply is not None:
                self.got = rest
                return reply
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(self.got)
            self.got += piece

    def is_at_end(self) -> bool:
        """Whether the server has closed it, and nothing more comes; waits until that is known."""
        if not self.got:
            self.got = self.socket.recv(65536)
        return not self.got

    def rest(self) -> bytes:
        """All else that comes until the server closes.

        :raises ConnectionResetError: if it does so by a reset.
        """
        while piece := self.socket.recv(65536):
            self.got += piece
        got, self.got = self.got, b""
        return got


def files_of(process: subprocess.Popen[str]) -> int:
    """How many files a process has open, connections among them; where that cannot be seen, always as many."""
    directory = Path(f"/proc/{process.pid}/fd")
    return len(list(directory.iterdir())) if directory.exists() else 0


def under_way(server: Server, wire: Wire, fault: Mapping[str, object], target: str = HOME) -> None:
    """Send a request that a fault hits, which is being answered when this returns."""
    server.steer("POST", "/faults", fault)
    before = server.asked
    wire.send(raw("GET", server.prefix + target))
    assert eventually(lambda: server.asked > before)


def raw(method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it is sent."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] * bool(body)
    return "\r\n".join([*lines, "", ""]).encode() + body


_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [^\r\n]*")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([^\r\n]*)")


def next_reply(data: bytes) -> tuple[Reply | None, bytes]:
    """The first answer in what has come, and what comes after it; ``None`` if it is not whole.

    :raises AssertionError: if it is none that HTTP knows.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None, data
    status_line, *lines = head.split(b"\r\n")
    status = _STATUS_LINE.fullmatch(status_line)
    assert status is not None, head
    fields = [_HEADER.fullmatch(line) for line in lines]
    assert all(fields), head
    headers = {field[1].decode().lower(): field[2].decode() for field in fields if field}
    assert len(headers) == len(fields), head
    length = int(headers.get("content-length", 0))
    assert "content-length" in headers or status[1] in (b"100", b"204", b"304"), head
    return (Reply(int(status[1]), headers, rest[:length]), rest[length:]) if len(rest) >= length else (None, data)


def replies(data: bytes) -> list[Reply]:
    """The answers of which something is made up, with nothing beside them."""
    found = []
    while data:
        reply, data = next_reply(data)
        assert reply is not None, data
        found.append(reply)
    return found


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether something comes to be so; it is asked for until then."""
    given_up = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > given_up:
            return False
        time.sleep(0.005)
    return True
