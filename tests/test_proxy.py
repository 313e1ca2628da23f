"""A server as a forward proxy: it answers for Copr's hosts, and passes connections to allowed ones through."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal

import httpx
import pytest

from copr_chroot_fake import Answer, CoprProxy, FakeCopr, InputError, MissingExtraError
from copr_chroot_fake.model.project import COPR_URL
from copr_chroot_fake.server import proxy as http_proxy
from copr_chroot_fake.server import relay
from copr_chroot_fake.server.request import Request

from .chroots import F41
from .served import (
    GET,
    HOME,
    LIST,
    PATIENCE,
    Reply,
    Server,
    Start,
    TlsSocket,
    Wire,
    eventually,
    failed,
    files_of,
    making_tls,
    raw,
    replies,
    running,
    serving,
)

LARGE = 16 * 1024 * 1024

COPR, DOWNLOADS = "copr.fedorainfracloud.org", "download.copr.fedorainfracloud.org"


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F41: "succeeded"}, id=1)
    return fake


@pytest.fixture
def proxy(fake: FakeCopr) -> Iterator[CoprProxy]:
    with fake.proxying() as proxy:
        yield proxy


@pytest.fixture
def server(proxy: CoprProxy) -> Server:
    """The proxy, as a server."""
    return Server(proxy.url)


@contextmanager
def client_of(proxy: CoprProxy) -> Iterator[httpx.Client]:
    trusting = ssl.create_default_context(cafile=proxy.certificate_file)
    with httpx.Client(proxy=proxy.url, verify=trusting, trust_env=False, timeout=PATIENCE) as client:
        yield client


def connect_to(wire: Wire, authority: str) -> Reply:
    """Send CONNECT, and return the response."""
    wire.send(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    if authority.endswith(":443"):
        head, _, wire.got = _until_empty_line(wire).partition(b"\r\n\r\n")
        if head == b"HTTP/1.1 200 Connection established":
            return Reply(200, {}, wire.got)
        wire.got = head + b"\r\n\r\n" + wire.got
    return wire.reply()


def _until_empty_line(wire: Wire) -> bytes:
    while b"\r\n\r\n" not in wire.got:
        piece = wire.socket.recv(65536)
        assert piece, wire.got
        wire.got += piece
    return wire.got


def tunnel(server: Server, proxy: CoprProxy, host: str = COPR) -> Wire:
    """Open a tunnel through the proxy, with TLS in it."""
    wire = server.connect()
    assert connect_to(wire, f"{host}:443").status == 200
    assert isinstance(wire.socket, socket.socket)
    return Wire(TlsSocket(wire.socket, ssl.create_default_context(cafile=proxy.certificate_file), host))


def large_response(request: Request) -> Answer:
    return Answer(200, (("Content-Length", str(LARGE)),), bytes(LARGE))


# Copr's hosts.


def test_program_gets_the_response_of_copr(fake: FakeCopr, proxy: CoprProxy) -> None:
    """Also results, at Copr's own address for them."""
    with client_of(proxy) as client:
        got = client.get(COPR_URL + GET)
        result_url = got.json()["result_url"]
        assert got.content == fake.answer("GET", GET).body
        assert result_url.startswith(f"https://{DOWNLOADS}/results/")
        assert "builder-live.log" in client.get(result_url).text
    assert dict(fake.requests[0].headers)["host"] == COPR


def test_submitted_build_is_followed(fake: FakeCopr, proxy: CoprProxy) -> None:
    fake.add_project("jdoe/tools", chroots=[F41])
    fields = {"ownername": "jdoe", "projectname": "tools", "pypi_package_name": "hello"}
    with client_of(proxy) as client:
        build = client.post(f"{COPR_URL}/api_3/build/create/pypi", json=fields, auth=("jdoe", "token")).json()
        states = [client.get(f"{COPR_URL}/api_3/build/{build['id']}").json()["state"] for _ in range(20)]
    assert states[-1] == "succeeded"


@pytest.mark.parametrize("host", [COPR, DOWNLOADS, "copr-dist-git.fedorainfracloud.org", COPR.upper()])
def test_certificate_is_for_the_host(server: Server, proxy: CoprProxy, host: str) -> None:
    with tunnel(server, proxy, host) as wire:
        wire.send(raw("GET", HOME) * 2)
        assert [wire.reply().document, wire.reply().document] == [{"version": 3}] * 2


def test_tunnel_works_like_any_connection(fake: FakeCopr, server: Server, proxy: CoprProxy) -> None:
    fake.faults.add({"delay": 0.1, "nth": 1})
    with tunnel(server, proxy) as wire:
        wire.send(raw("GET", GET) * 3 + raw("GET", GET, Connection="close"))
        got = replies(wire.rest())
    assert [reply.body for reply in got] == [fake.answer("GET", GET).body] * 4


@pytest.mark.parametrize("breaks", ["reset", "reset-within", "refused"])
def test_fault_breaks_the_tunnel(
    fake: FakeCopr, server: Server, proxy: CoprProxy, breaks: Literal["reset", "reset-within", "refused"]
) -> None:
    with tunnel(server, proxy) as wire:
        fake.faults.add({"breaks": breaks, "endpoint": "build-chroot", "nth": 1})
        wire.send(raw("GET", GET))
        with pytest.raises(ConnectionResetError):
            wire.rest()
    assert eventually(lambda: not server.is_refusing)


@pytest.mark.parametrize("target", ["/_fake/clock", "/_fake/", "/worlds/a/api_3/", f"/@a{HOME}", "/_fake/health"])
def test_copr_has_no_control_api(fake: FakeCopr, server: Server, proxy: CoprProxy, target: str) -> None:
    """Nor worlds, in a tunnel or without."""
    expected = fake.answer("GET", target)
    assert expected.status == 404
    headers = {"Host": server.url.partition("//")[2]}
    assert server.call("GET", f"http://{COPR}{target}", headers=headers).body == expected.body
    with tunnel(server, proxy) as wire:
        wire.send(raw("GET", target) + raw("GET", f"http://localhost{target}"))
        assert [wire.reply().body, wire.reply().body] == [expected.body] * 2
    assert server.call("GET", "/_fake/clock").status == 200


def test_tunnel_in_a_tunnel_is_rejected(server: Server, proxy: CoprProxy) -> None:
    with tunnel(server, proxy) as wire:
        assert connect_to(wire, f"{COPR}:80").status == 501
        assert wire.is_at_end()


def test_plain_requests_to_copr_are_answered(fake: FakeCopr, proxy: CoprProxy) -> None:
    with client_of(proxy) as client:
        assert client.get(f"http://{COPR}{GET}").content == fake.answer("GET", GET).body
        assert client.get(f"http://{COPR}:80{GET}?x=y").status_code == 200


def test_server_itself_is_reached_through_the_proxy(server: Server, proxy: CoprProxy) -> None:
    """Clients may send it an absolute target."""
    assert server.call("GET", f"{server.url}/_fake/clock").status == 200
    host = {"Host": server.url.partition("//")[2]}
    assert server.call("GET", f"http://localhost:{server.address[1]}/_fake/clock", headers=host).status == 200
    assert server.call("GET", "http://localhost:1/_fake/clock", headers=host).status == 403


def test_user_and_password_in_a_url_are_ignored(
    fake: FakeCopr, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The log does not show them."""
    assert server.call("GET", f"http://jdoe:secret@{COPR}{GET}").body == fake.answer("GET", GET).body
    rejected = server.call("GET", "http://jdoe:secret@other.example/")
    assert (rejected.status, b"secret" in rejected.body) == (403, False)
    assert caplog.messages == [
        "the proxy has rejected a request: other.example is not one of Copr's hosts; to pass it through, "
        "add --proxy-allow other.example"
    ]
    assert server.exchange(raw("GET", "http://jdoe@/")).startswith(b"HTTP/1.1 400 ")


# What is no request.


@pytest.mark.parametrize("data", [raw("GET", "/_fake/clock"), raw("GET", GET)], ids=["control", "copr"])
@pytest.mark.parametrize("authority", [f"{COPR}:443", f"{COPR}:80", "other.example:443"])
def test_bytes_after_connect_are_no_request(fake: FakeCopr, server: Server, authority: str, data: bytes) -> None:
    """Whether the tunnel is opened or not, and however they arrive."""
    head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()
    got = server.exchange(head + data)
    assert got.count(b"HTTP/1.1 200 ") == (authority == f"{COPR}:443")
    assert b"speed" not in got
    assert b"state" not in got
    assert not fake.requests


def test_handshake_may_follow_connect_at_once(server: Server, proxy: CoprProxy) -> None:
    context, incoming, outgoing = (
        ssl.create_default_context(cafile=proxy.certificate_file),
        ssl.MemoryBIO(),
        ssl.MemoryBIO(),
    )
    handshake = context.wrap_bio(incoming, outgoing, server_hostname=COPR)
    with pytest.raises(ssl.SSLWantReadError):
        handshake.do_handshake()
    with server.connect() as wire:
        wire.send(f"CONNECT {COPR}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode() + outgoing.read())
        _, _, received = _until_empty_line(wire).partition(b"\r\n\r\n")
        while True:
            incoming.write(received)
            try:
                handshake.do_handshake()
                break
            except ssl.SSLWantReadError:
                received = wire.socket.recv(65536)


@pytest.mark.slow
def test_failed_handshakes_leave_nothing(start: Start) -> None:
    """No output, and no open connections."""
    served = start("--proxy")
    served.get(HOME)
    files = files_of(served.process)
    for data in (b"", raw("GET", HOME), b"\0" * 100, b"\x16\x03\x01"):
        with served.connect() as wire:
            assert connect_to(wire, f"{COPR}:443").status == 200
            wire.send(data)
            wire.end()
            wire.drain()
    assert eventually(lambda: files_of(served.process) <= files)
    assert served.end() == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["plain", "tls"])
def test_server_is_no_proxy_by_default(start: Start, options: list[str]) -> None:
    served = start(*options)
    with served.connect() as wire:
        reply = connect_to(wire, f"{COPR}:80")
        assert (reply.status, reply.document) == (501, {"error": "this server is no proxy; serve with --proxy"})
        assert wire.is_at_end()


# Other hosts.


@pytest.mark.parametrize("host", ["other.example", f"{COPR}.evil.example", "127.0.0.1", "evil.example.x"])
def test_other_host_is_rejected(server: Server, caplog: pytest.LogCaptureFixture, host: str) -> None:
    """The error names it, and is logged once, as few programs show it."""
    problem = f"{host} is not one of Copr's hosts; to pass it through, add --proxy-allow {host}"
    for _ in range(2):
        with server.connect() as wire:
            reply = connect_to(wire, f"{host}:443")
            assert (reply.status, reply.document) == (403, {"error": problem})
            assert wire.is_at_end()
        assert server.call("GET", f"http://{host}/").document == {"error": problem}
    (record,) = caplog.records
    assert (record.levelno, record.message) == (logging.WARNING, f"the proxy has rejected a request: {problem}")


@pytest.mark.parametrize(
    "target", ["http://copr.fedorainfracloud.org@evil/", "http://u@copr.fedorainfracloud.org@evil/", "http://[::1]/"]
)
def test_absolute_target_cannot_hide_its_host(server: Server, target: str) -> None:
    assert server.call("GET", target).status == 403


def test_other_ports_of_copr_are_rejected(server: Server) -> None:
    with server.connect() as wire:
        reply = connect_to(wire, f"{COPR}:22")
        assert (reply.status, reply.document["error"]) == (
            403,
            f"{COPR} has only port 443, with TLS; port 22 is not served",
        )


def test_number_of_logged_hosts_is_limited(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(120):
        assert server.call("GET", f"http://h{number}/").status == 403
    assert len(caplog.records) == 100


def test_allowed_host_is_passed_through(fake: FakeCopr, caplog: pytest.LogCaptureFixture) -> None:
    """With its own certificate."""
    with making_tls() as tls, serving(tls=tls) as other, fake.proxying(allow=["LocalHost"]) as proxy:
        assert tls.client is not None
        with httpx.Client(proxy=proxy.url, verify=tls.client, trust_env=False) as client:
            url = f"https://localhost:{other.address[1]}{HOME}"
            for _ in range(3):
                assert client.get(url).json() == {"version": 3}
        assert other.request_count == 3
        reply = Server(proxy.url).call("GET", f"http://localhost:{other.address[1]}/")
        problem = "the proxy passes connections to localhost through, but no requests; use https://"
        assert (reply.status, reply.document) == (501, {"error": problem})
    assert not fake.requests
    assert not caplog.records


def test_host_that_cannot_be_reached_is_an_error(fake: FakeCopr) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port: int = closed.getsockname()[1]
    allowed = ["127.0.0.1", "a..b"]
    with fake.proxying(allow=allowed) as proxy, Server(proxy.url).connect() as wire:
        reply = connect_to(wire, f"127.0.0.1:{port}")
        assert reply.status == 502
        assert reply.document["error"].startswith(f"cannot connect to 127.0.0.1:{port}: ")
        assert wire.is_at_end()
        with Server(proxy.url).connect() as wire:
            assert connect_to(wire, "a..b:80").status == 502


def test_client_may_leave_before_the_tunnel_is_open(fake: FakeCopr, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection to the other host is closed."""
    has_left = threading.Event()

    async def open_late(host: str, port: int) -> relay.RelayTunnel:
        opened = await relay.open_relay(host, port)
        assert await asyncio.to_thread(has_left.wait, PATIENCE)
        # The server reads the end of the connection.
        for _ in range(3):
            await asyncio.sleep(0)
        return opened

    monkeypatch.setattr(http_proxy, "open_relay", open_late)
    with socket.create_server(("127.0.0.1", 0)) as listener, fake.proxying(allow=["127.0.0.1"]) as proxy:
        listener.settimeout(PATIENCE)
        with Server(proxy.url).connect() as wire:
            wire.send(f"CONNECT 127.0.0.1:{listener.getsockname()[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            upstream, _ = listener.accept()
        has_left.set()
        with upstream:
            upstream.settimeout(PATIENCE)
            assert upstream.recv(1) == b""


def test_host_must_accept_a_connection_in_time(fake: FakeCopr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_CONNECT_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as filling:
        # The system completes the first connections by itself.
        for _ in range(4):
            waiting = filling.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with fake.proxying(allow=["127.0.0.1"]) as proxy, Server(proxy.url).connect() as wire:
            reply = connect_to(wire, f"127.0.0.1:{full.getsockname()[1]}")
            assert reply.status == 502
            assert reply.document["error"].endswith(": no reply within 0.05 seconds")


@contextmanager
def relaying(fake: FakeCopr) -> Iterator[tuple[Wire, socket.socket]]:
    """Both ends of a tunnel to another host."""
    with socket.create_server(("127.0.0.1", 0)) as listener, fake.proxying(allow=["127.0.0.1"]) as proxy:
        listener.settimeout(PATIENCE)
        port = listener.getsockname()[1]
        with Server(proxy.url).connect() as wire:
            wire.send(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\nfirst".encode())
            upstream, _ = listener.accept()
            with upstream:
                upstream.settimeout(PATIENCE)
                assert _until_empty_line(wire) == b"HTTP/1.1 200 Connection established\r\n\r\n"
                wire.got = b""
                yield wire, upstream


def test_bytes_are_passed_in_both_directions(fake: FakeCopr) -> None:
    """Also those that arrive together with CONNECT."""
    with relaying(fake) as (wire, upstream):
        assert upstream.recv(5, socket.MSG_WAITALL) == b"first"
        upstream.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert wire.socket.recv(100) == b"GET / HTTP/1.1\r\n\r\n"
        wire.send(b"second")
        assert upstream.recv(6, socket.MSG_WAITALL) == b"second"
        sending = threading.Thread(target=upstream.sendall, args=(b"x" * LARGE,))
        sending.start()
        receive(wire, LARGE)
        sending.join()


def receive(wire: Wire, size: int) -> None:
    """Receive a number of bytes, or a few more."""
    received = 0
    while received < size:
        piece = wire.socket.recv(65536)
        assert piece
        received += len(piece)


@pytest.mark.parametrize("end", [lambda wire: wire.end(), lambda wire: wire.socket.close()], ids=["half", "close"])
def test_end_of_one_side_ends_the_other(fake: FakeCopr, end: Callable[[Wire], None]) -> None:
    with relaying(fake) as (wire, upstream):
        wire.send(b"last")
        end(wire)
        received = b""
        while piece := upstream.recv(100):
            received += piece
        assert received == b"firstlast"


def test_relay_waits_for_a_slow_reader(fake: FakeCopr) -> None:
    """A sender is stopped, until the other end reads; nothing is lost."""
    with relaying(fake) as (wire, upstream):
        sent = send_until_stopped(upstream)
        assert sent < 2 * LARGE
        receive(wire, sent)
        upstream.close()
        assert wire.rest() == b""


def send_until_stopped(connected: socket.socket) -> int:
    """Send until nothing more is accepted for a while; return the number of bytes."""
    connected.settimeout(0.3)
    sent = 0
    with suppress(TimeoutError):
        while sent < 2 * LARGE:
            sent += connected.send(b"x" * 65536)
    return sent


def test_server_ends_with_open_tunnels(start: Start) -> None:
    served = start("--proxy", "--proxy-allow", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listener, served.connect() as wire, served.connect() as other:
        wire.send(f"CONNECT 127.0.0.1:{listener.getsockname()[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        _until_empty_line(wire)
        assert connect_to(other, f"{COPR}:443").status == 200
        assert served.end(timeout=4) == (0, "", "")
    assert not served.authority.parent.exists()


# The command, and options.


def test_command_can_be_a_proxy(start: Start) -> None:
    """Direct clients are answered, too; URLs are Copr's own."""
    served = start("--proxy", "--access-log")
    assert served.url.startswith("http://127.0.0.1:")
    proxy = CoprProxy(served.url, served.authority, {})
    with client_of(proxy) as client:
        assert client.get(COPR_URL + LIST).content == served.call("GET", LIST).body
        urls = {item["result_url"] for item in served.get(LIST)["items"] if item["result_url"]}
    assert all(url.startswith(f"https://{DOWNLOADS}/") for url in urls)
    _, _, log = served.end()
    assert f" CONNECT {COPR}:443 -> 200, 0 bytes" in log
    assert log.count(f" GET {LIST} -> 200") == 3


def test_proxy_itself_may_speak_tls(start: Start) -> None:
    served = start("--proxy", "--tls")
    proxy = CoprProxy(served.url, served.authority, {})
    with served.connect() as wire:
        assert connect_to(wire, f"{COPR}:443").status == 200
        inner = TlsSocket(wire.socket, ssl.create_default_context(cafile=proxy.certificate_file), COPR)
        with Wire(inner) as tunnelled:
            tunnelled.send(raw("GET", HOME))
            assert tunnelled.reply().document == {"version": 3}


@pytest.mark.slow
def test_proxy_with_tls_passes_connections_through(start: Start) -> None:
    served = start("--proxy", "--tls", "--proxy-allow", "127.0.0.1")
    with running(large_response) as url, served.connect() as wire:
        wire.send(f"CONNECT {url[7:]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        _until_empty_line(wire)
        wire.got = b""
        for _ in range(3):
            wire.send(raw("GET", HOME))
            receive(wire, LARGE)


def test_allowed_hosts_need_a_proxy() -> None:
    assert failed("serve", "--proxy-allow", "pypi.org") == "Error: --proxy-allow requires --proxy\n"
    assert "not a host name" in failed("serve", "--proxy", "--proxy-allow", "https://pypi.org")


@pytest.mark.parametrize("allow", [["https://pypi.org"], [7], "pypi.org", None, ["pypi.org", ""]])
def test_invalid_host_is_an_error(allow: object) -> None:
    with pytest.raises(InputError, match=r"^allow"), FakeCopr().proxying(allow=allow):  # type: ignore[arg-type]  # the error is the point
        pass


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    for name in ("tls", "proxy"):
        monkeypatch.delitem(sys.modules, f"copr_chroot_fake.server.{name}", raising=False)
    with pytest.raises(MissingExtraError, match=r"^FakeCopr.proxying needs trustme, .*\[tls\]'$"):
        FakeCopr().proxying().__enter__()


# The environment of programs.


def test_environment_adds_to_that_of_the_process(monkeypatch: pytest.MonkeyPatch, fake: FakeCopr) -> None:
    monkeypatch.setenv("MINE", "1")
    monkeypatch.setenv("NO_PROXY", "fedorainfracloud.org")
    before = dict(os.environ)
    with fake.proxying() as proxy:
        environment = proxy.environment
        for name in ("http_proxy", "https_proxy"):
            assert environment[name] == environment[name.upper()] == proxy.url
        assert environment["no_proxy"] == environment["NO_PROXY"] == "localhost,127.0.0.1,::1"
        bundle = Path(environment["SSL_CERT_FILE"])
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"):
            assert environment[name] == str(bundle)
        assert environment["NODE_EXTRA_CA_CERTS"] == str(proxy.certificate_file)
        assert bundle.read_text().endswith(proxy.certificate_file.read_text())
        assert before == os.environ
    assert (environment["MINE"], environment["NODE_USE_ENV_PROXY"]) == ("1", "1")
    assert not bundle.parent.exists()


def test_programs_keep_the_certificates_that_they_trust(
    monkeypatch: pytest.MonkeyPatch, fake: FakeCopr, tmp_path: Path
) -> None:
    """Those of the user, or of the system, wherever it has them."""
    (tmp_path / "own.pem").write_text("own")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    with fake.proxying() as proxy:
        authority = proxy.certificate_file.read_text()
        assert Path(proxy.environment["SSL_CERT_FILE"]).read_text() == f"own\n{authority}"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with fake.proxying() as proxy:
        bundle = Path(proxy.environment["SSL_CERT_FILE"])
        trusting = ssl.create_default_context(cafile=bundle)
        assert len(trusting.get_ca_certs()) >= 1


def test_wget_keeps_the_settings_of_the_system(monkeypatch: pytest.MonkeyPatch, fake: FakeCopr, tmp_path: Path) -> None:
    (tmp_path / "wgetrc").write_text("tries = 3")
    monkeypatch.setenv("SYSTEM_WGETRC", str(tmp_path / "wgetrc"))
    with fake.proxying() as proxy:
        lines = Path(proxy.environment["SYSTEM_WGETRC"]).read_text().splitlines()
        assert lines == ["tries = 3", f"ca_certificate = {proxy.environment['SSL_CERT_FILE']}"]
    monkeypatch.setenv("SYSTEM_WGETRC", str(tmp_path / "none"))
    with fake.proxying() as proxy:
        assert "tries" not in Path(proxy.environment["SYSTEM_WGETRC"]).read_text()


@pytest.mark.parametrize("has_account", [False, True])
def test_configuration_has_an_account_of_the_fake(fake: FakeCopr, has_account: bool) -> None:
    if has_account:
        fake.add_account("old", "old-login", "old-token", expired=True)
        fake.add_account("ada", "login", "secret")
    with fake.proxying() as proxy:
        lines = Path(proxy.environment["COPR_CONFIG"]).read_text().splitlines()
    assert f"copr_url = {proxy.url}" in lines
    assert ("token = secret" in lines, "login = jdoe" in lines) == (has_account, not has_account)


def test_reset_restores_the_initial_fake(fake: FakeCopr, server: Server) -> None:
    """Its own address has the control API."""
    server.control("DELETE", "/scenario")
    assert not fake.builds
    server.control("POST", "/reset")
    assert 1 in fake.builds
