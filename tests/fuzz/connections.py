"""Arbitrary bytes sent to a server over a connection in pieces, and invariants of the responses.

The server runs in the event loop of the client, so each piece is read separately
without waiting.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import h11

from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.server.addresses import bind, url_of
from copr_chroot_fake.server.app import ControlAdapter, ServedApp
from copr_chroot_fake.server.context import App, Tunnel, TunnelWanted
from copr_chroot_fake.server.guard import Guard
from copr_chroot_fake.server.proxy import ProxyApp
from copr_chroot_fake.server.request import BodyWanted, Request, Response
from copr_chroot_fake.server.responses import CONNECTED, CONTINUE
from copr_chroot_fake.server.server import FakeServer
from copr_chroot_fake.server.tls import kept_authority
from copr_chroot_fake.wire.answer import Answer

TIMEOUT = 10
_RESET = struct.pack("ii", 1, 0)
_INITIAL = InitialConfig(scenarios=({"builds": [{"id": 1, "chroots": [{"name": "fedora-41-x86_64"}]}]},))
_HEALTH = b"GET /_fake/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connections(case: bytes) -> None:
    """The first byte of a case is the number of pieces (up to 60) in which the rest is sent; 0 sends it at once."""
    # A fault that closes the port would affect the next case.
    data = case[1:].replace(b"refuse", b"refute")
    size = max((case[0] if case else 0) or len(data), len(data) // 60, 1)
    _harness().run([data[at : at + size] for at in range(0, len(data), size)])


@dataclass
class Seen:
    """A request that has reached the application, and the status of its response, if any."""

    method: str
    path: str
    status: int | None = None

    @property
    def world(self) -> str | None:
        """The world that the request may create."""
        for prefix in ("/worlds/", "/@"):
            if self.path.startswith(prefix):
                name, slash, rest = self.path.removeprefix(prefix).partition("/")
                is_control = (slash + rest).startswith("/_fake") and (slash + rest)[6:7] in ("", "/")
                return unquote(name) if not is_control or (self.status or 500) < 400 else None
        return None


class Observer:
    """An application that records the requests to another one."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.seen: list[Seen] = []

    def __call__(self, request: Request) -> Answer | BodyWanted | TunnelWanted:
        seen = Seen(request.method, request.target.partition("?")[0])
        self.seen.append(seen)
        result = self._app(request)
        if isinstance(result, Answer):
            seen.status = result.status
            return result
        if isinstance(result, TunnelWanted):
            return TunnelWanted(partial(_open, seen, result))

        def respond(body: bytes) -> Response:
            answer = result.respond(body)
            seen.status = answer.status if isinstance(answer, Answer) else 200
            return answer

        return result._replace(respond=respond)


async def _open(seen: Seen, wanted: TunnelWanted) -> Answer | Tunnel:
    tunnel = await wanted.open()
    seen.status = tunnel.status if isinstance(tunnel, Answer) else 200
    return tunnel


class Harness:
    """A server and the connections of a case."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._worlds = Worlds(_INITIAL, 20)
        control = ControlAdapter(self._worlds, _INITIAL, Guard("127.0.0.1", None), max_body=5000)
        self._problems: list[str] = []
        listener = bind("127.0.0.1", 0)
        self._directory = TemporaryDirectory()
        authority = kept_authority(Path(self._directory.name) / "authority.pem")
        app = ServedApp(self._worlds, control)
        self._observer = Observer(ProxyApp(app, authority, url_of(listener), (), lambda line: None))
        self._address = listener.getsockname()
        self._server = FakeServer(self._observer, listener, lambda: None, max_head=8192, report=self._problems.append)
        self._serving = self._loop.create_task(self._server.serve())

    def run(self, pieces: list[bytes]) -> None:
        """Send pieces on a connection, and check all that must hold."""
        self._loop.run_until_complete(asyncio.wait_for(self._check(pieces), TIMEOUT))

    async def _check(self, pieces: list[bytes]) -> None:
        for world in self._worlds:
            self._worlds.delete(world.name)
        self._worlds.main.reset()
        self._observer.seen.clear()
        got = await self._exchange(pieces)
        seen = list(self._observer.seen)
        assert self._problems == []
        may_break = any("/_fake" in request.path for request in seen)
        _check_replies(got, seen, may_break)
        created = {world.name for world in self._worlds}
        may_create = {request.world for request in seen}
        # A call of the control API may create any world.
        assert created <= may_create or any("/_fake/worlds/" in unquote(request.path) for request in seen), created
        health = await self._exchange([_HEALTH])
        assert health.startswith(b"HTTP/1.1 200 OK\r\n"), health
        assert not self._server.is_busy, "no connection or request is left"

    async def _exchange(self, pieces: list[bytes]) -> bytes:
        """Send the pieces; return all received data until the server closes the connection."""
        loop, got = self._loop, bytearray()
        with socket.socket() as client:
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(client, self._address)
            reading = loop.create_task(_read(client, got))
            with suppress(OSError):
                for piece in pieces:
                    await loop.sock_sendall(client, piece)
                    await _take_turns()
                # After a response that says so, the server closes the connection by itself; a stream has no end.
                if b"\r\nconnection: close\r\n" not in got or b"text/event-stream" in got:
                    client.shutdown(socket.SHUT_WR)
            await reading
        await _take_turns()
        for _ in range(100):
            if not self._server.is_busy:
                break
            await asyncio.sleep(0.001)
        return bytes(got)


async def _read(client: socket.socket, into: bytearray) -> None:
    with suppress(ConnectionError):
        while piece := await asyncio.get_running_loop().sock_recv(client, 65536):
            into += piece


async def _take_turns() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def _check_replies(got: bytes, seen: list[Seen], may_break: bool) -> None:
    """The replies are HTTP, one for each request in its order, and then at most one to an invalid one.

    :param may_break: whether a fault may have cut the last one off.
    """
    requests = iter(seen)
    is_closed = False
    while got:
        assert not is_closed, "nothing follows the reply that closes the connection"
        request = next(requests, None)
        if request is not None and (request.method, request.status) == ("CONNECT", 200):
            rest = got.removeprefix(CONNECTED)
            # What follows is no handshake, and so no request.
            assert rest != got
            assert rest == b"" or rest.startswith((b"\x15\x03", b"HTTP/1.1 400 Bad Request\r\n")), rest
            assert next(requests, None) is None
            return
        reply = _parse(got, "GET" if request is None else request.method)
        is_head = request is not None and request.method == "HEAD"
        if reply is None and request is None:
            # To HEAD, with an invalid body.
            reply, is_head = _parse(got, "HEAD"), True
        if reply is None:
            # A client may wait to send a body, and leave.
            assert may_break or got == CONTINUE, got
            return
        status, headers, body, got = reply
        is_closed = b"close" in headers.get(b"connection", b"")
        if request is None or request.status != status:
            # The server responds itself to invalid and incomplete requests.
            assert status in (400, 431), (status, body)
            assert is_closed
            assert body == b"" if is_head else isinstance(json.loads(body)["error"], str)
        assert body != b"Internal Server Error"
    assert may_break or is_closed or all(request.status is None for request in requests)


def _parse(data: bytes, method: str) -> tuple[int, Mapping[bytes, bytes], bytes, bytes] | None:
    """Return status, headers and body of the first response, and the remaining data; ``None`` if incomplete."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="HEAD" if method == "HEAD" else "GET", target="/", headers=[("Host", "x")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(data)
    status, headers, body = 0, {}, b""
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            return None
        if isinstance(event, h11.Response):
            status, headers = event.status_code, dict(event.headers)
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            rest, _ = parser.trailing_data
            return status, headers, body, rest


@cache
def _harness() -> Harness:
    return Harness()
