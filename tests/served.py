"""Servers as processes or in threads, and ways to send requests: complete ones, and raw bytes."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import pytest

from copr_chroot_fake.cli import main
from copr_chroot_fake.control.limits import MAX_CONTROL_BODY, MAX_HEAD, READ_TIMEOUT
from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.server.addresses import bind, url_of
from copr_chroot_fake.server.app import ControlAdapter, ServedApp
from copr_chroot_fake.server.context import App
from copr_chroot_fake.server.guard import Guard
from copr_chroot_fake.server.log import AccessLog
from copr_chroot_fake.server.server import FakeServer
from copr_chroot_fake.server.tls import LOOPBACK, certificate_authority

from .chroots import F41
from .forked import ForkedCommand

T = TypeVar("T")

COMMAND = [sys.executable, "-m", "copr_chroot_fake"]
PATIENCE = 10
"""Timeout of tests in seconds."""

HOME = "/api_3/"
GET = f"/api_3/build-chroot/1/{F41}"
LIST = "/api_3/build-chroot/list?build_id=1"


def skip_unless_local(host: str) -> None:
    """Skip a test where an address cannot be bound, such as those of IPv6."""
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        pytest.skip(f"{host} is no address of this machine")


class Reply(NamedTuple):
    """A response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def where(self) -> str:
        """The location of an error."""
        where: str = self.document["where"]
        return where


class Server:
    """A server, or a world of it, at a URL."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        self.url = url
        self.tls = tls
        self.prefix = urlsplit(url).path
        self.address = (urlsplit(url).hostname or "", urlsplit(url).port or 0)

    def call(self, method: str, target: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request on a new connection; a body that is not bytes is sent as JSON."""
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = self.open()
        try:
            connection.request(method, self.prefix + target, raw, dict(headers or {}))
            got = connection.getresponse()
            return Reply(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()

    def open(self) -> http.client.HTTPConnection:
        """Return an HTTP client for the server."""
        if self.tls is None:
            return http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        return http.client.HTTPSConnection(*self.address, timeout=PATIENCE, context=self.tls)

    def get(self, target: str) -> Any:
        reply = self.call("GET", target)
        assert reply.status == 200, reply
        return reply.document

    def control(self, method: str, target: str, body: object = None) -> Any:
        """Send a control call that must succeed, and return the response document."""
        reply = self.call(method, f"/_fake{target}", body)
        assert reply.status in (200, 201, 204), reply
        return reply.document if reply.body else None

    @property
    def request_count(self) -> int:
        """Number of requests in the journal."""
        count: int = self.control("GET", "/requests/count")["count"]
        return count

    def world(self, name: str) -> Server:
        return Server(f"{self.url}/worlds/{name}", self.tls)

    def connect(self) -> Wire:
        connected = socket.create_connection(self.address, timeout=PATIENCE)
        return Wire(connected if self.tls is None else TlsSocket(connected, self.tls, self.address[0]))

    def exchange(self, data: bytes) -> bytes:
        """Send bytes and end the stream; return everything received until the server closes."""
        with self.connect() as wire:
            wire.send(data)
            wire.end()
            return wire.rest()

    @property
    def is_refusing(self) -> bool:
        """Whether connections are refused."""
        try:
            socket.create_connection(self.address, timeout=PATIENCE).close()
        except (ConnectionRefusedError, ConnectionResetError):
            # It is reset if the port closes before the server accepts it.
            return True
        return False


Process = subprocess.Popen[str] | ForkedCommand


class Served(Server):
    """A server process that has printed its URL, and that of its page, if it has one, and the file of its authority."""

    def __init__(self, process: Process, has_page: bool = True, has_authority: bool = False) -> None:
        assert process.stdout is not None
        self.process = process
        self.line = process.stdout.readline()
        self.page_line = process.stdout.readline() if has_page else ""
        self.authority_line = process.stdout.readline() if has_authority else ""
        url = self.line.removeprefix("Copr fake: ").strip()
        self.authority = Path(self.authority_line.removeprefix("Certificate authority: ").strip())
        super().__init__(url, ssl.create_default_context(cafile=self.authority) if url.startswith("https:") else None)

    def end(self, signum: signal.Signals = signal.SIGTERM, timeout: float = PATIENCE) -> tuple[int, str, str]:
        """Send a signal; return exit status, standard output and standard error."""
        self.process.send_signal(signum)
        output, errors = self.process.communicate(timeout=timeout)
        return self.process.wait(), output, errors


Start = Callable[..., Served]


def open_command(*arguments: str, **options: Any) -> Process:
    """Start ``copr-chroot-fake`` as a process.

    It is forked, which takes a sixth of the time, except with options that only real processes have.
    """
    if not options.keys() <= {"cwd", "env"}:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process: subprocess.Popen[str] = subprocess.Popen([*COMMAND, *arguments], **{**pipes, **options})
        return process
    return ForkedCommand(arguments, **options)


@contextmanager
def starting() -> Iterator[Start]:
    """Start server processes, which end with the block."""
    with ExitStack() as running:

        def start(*arguments: str, **options: Any) -> Served:
            process = open_command("serve", "--port", "0", *arguments, **options)
            running.enter_context(process)
            running.callback(process.kill)
            has_authority = not {"--tls", "--proxy"}.isdisjoint(arguments)
            return Served(process, "--no-control" not in arguments, has_authority)

        yield start


@contextmanager
def running(
    app: App,
    max_head: int = MAX_HEAD,
    read_timeout: float = READ_TIMEOUT,
    access_log: AccessLog | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serve an application in a thread; yields the URL when it responds."""
    listener = bind("127.0.0.1", 0)
    url = url_of(listener, "http" if tls is None else "https")
    ready = threading.Event()
    server = FakeServer(
        app, listener, ready.set, max_head=max_head, read_timeout=read_timeout, access_log=access_log, tls=tls
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield url
    finally:
        server.stop()
        thread.join()


class Threaded(Server):
    """A server in a thread, with access to its worlds."""

    def __init__(self, url: str, worlds: Worlds, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(url, tls)
        self.worlds = worlds


@contextmanager
def serving(
    initial: InitialConfig | None = None,
    *,
    max_worlds: int = 100,
    max_body: int = MAX_CONTROL_BODY,
    max_head: int = MAX_HEAD,
    tls: Tls | None = None,
) -> Iterator[Threaded]:
    """A server in a thread, whose control API requires no token."""
    tls = tls or Tls(None, None)
    initial = initial or InitialConfig()
    worlds = Worlds(initial, max_worlds)
    control = ControlAdapter(worlds, initial, Guard("127.0.0.1", None), max_body=max_body)
    with running(ServedApp(worlds, control), max_head, tls=tls.server) as url:
        yield Threaded(url, worlds, tls.client)


class Tls(NamedTuple):
    """The TLS settings of a server, and of clients that trust it; without them, both use plain HTTP."""

    server: ssl.SSLContext | None
    client: ssl.SSLContext | None


@contextmanager
def making_tls() -> Iterator[Tls]:
    """A new certificate authority for this machine."""
    with certificate_authority() as authority:
        yield Tls(authority.context_for(*LOOPBACK), ssl.create_default_context(cafile=authority.file))


@contextmanager
def serving_as(how: str, *scenarios: Path, **bounds: int) -> Iterator[Server]:
    """A server as a ``process``, in a thread, or in one with ``tls``, with limits such as ``max_worlds``."""
    if how == "process":
        options = [f"--{name.replace('_', '-')}={bound}" for name, bound in bounds.items()]
        with starting() as start:
            yield start(*map(str, scenarios), *options)
    else:
        with (
            making_tls() if how == "tls" else nullcontext() as tls,
            serving(InitialConfig(scenarios=scenarios), tls=tls, **bounds) as server,
        ):
            yield server


def failed(*arguments: str) -> str:
    """Run a command in this process that fails with status 2; return its standard error."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        main(arguments, prog_name="copr-chroot-fake")
    assert (ended.value.code, output.getvalue()) == (2, "")
    return errors.getvalue()


class TlsSocket:
    """The end of a client with TLS, which tells how the connection itself ends, unlike Python's own before 3.13.

    :param name: the server's, which its certificate must have.
    """

    def __init__(self, connected: socket.socket | TlsSocket, context: ssl.SSLContext, name: str) -> None:
        self._socket = connected
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._until_done(self._tls.do_handshake)

    def __getattr__(self, name: str) -> Any:
        """Everything else is that of the connection."""
        return getattr(self._socket, name)

    def sendall(self, data: bytes) -> None:
        self._tls.write(data)
        self._socket.sendall(self._outgoing.read())

    def end_tls(self) -> None:
        """Tell the server that nothing follows, without waiting for its reply."""
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._socket.sendall(self._outgoing.read())

    def recv(self, size: int) -> bytes:
        """Return decrypted bytes; empty if the server has ended TLS.

        :raises EOFError: if it closes the connection without ending TLS.
        """
        try:
            return self._until_done(lambda: self._tls.read(size))
        except ssl.SSLZeroReturnError:
            return b""

    def _until_done(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                if self._outgoing.pending:
                    self._socket.sendall(self._outgoing.read())
            received = self._socket.recv(65536)
            if not received:
                raise EOFError
            self._incoming.write(received)


class Wire:
    """A raw connection."""

    def __init__(self, connected: socket.socket | TlsSocket) -> None:
        self.socket = connected
        self.got = b""
        """Bytes that were received and not returned yet."""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_on(self, piece: bytes, pause: float = 0) -> None:
        """Send the same bytes repeatedly, in real time, to test the server's real timers.

        :param pause: seconds between two sends.
        :raises ConnectionError: when the server closes the connection.
        """
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.send(piece)
            time.sleep(pause)

    def drain(self) -> None:
        """Read and discard everything until the connection is closed."""
        with suppress(OSError):
            while self.socket.recv(65536):
                pass

    def end(self) -> None:
        """End the sent stream; responses can still be received."""
        with suppress(OSError):
            # The server may have closed it already.
            self.socket.shutdown(socket.SHUT_WR)

    def reply(self) -> Reply:
        """Return the next response."""
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
        """Wait for data or the end of the stream; return whether it is the end."""
        if not self.got:
            self.got = self.socket.recv(65536)
        return not self.got

    def rest(self) -> bytes:
        """Return everything received until the server closes.

        :raises ConnectionResetError: if the server resets the connection.
        """
        while piece := self.socket.recv(65536):
            self.got += piece
        got, self.got = self.got, b""
        return got


def files_of(process: Process) -> int:
    """Number of open files and connections of a process; always 0 where that is unknown."""
    directory = Path(f"/proc/{process.pid}/fd")
    return len(list(directory.iterdir())) if directory.exists() else 0


def start_request(server: Server, wire: Wire, fault: Mapping[str, object], target: str = HOME) -> None:
    """Send a request affected by a fault; return while it is in progress."""
    server.control("POST", "/faults", fault)
    before = server.request_count
    wire.send(raw("GET", server.prefix + target))
    assert eventually(lambda: server.request_count > before)


def raw(method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    """Encode a request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] * bool(body)
    return "\r\n".join([*lines, "", ""]).encode() + body


_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [^\r\n]*")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([^\r\n]*)")


def next_reply(data: bytes) -> tuple[Reply | None, bytes]:
    """Return the first response and the remaining data; ``None`` if it is incomplete.

    :raises AssertionError: if it is not valid HTTP.
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
    """Parse data that consists of complete responses."""
    found = []
    while data:
        reply, data = next_reply(data)
        assert reply is not None, data
        found.append(reply)
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    """Poll until a condition is true; return whether that happened in time."""
    given_up = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > given_up:
            return False
        time.sleep(0.005)
    return True
