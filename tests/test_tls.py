"""A server that speaks TLS, with certificates of its own authority, and what differs from one without TLS."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
import trustme

from copr_chroot_fake import FakeCopr, InputError, MissingExtraError, TlsServer
from copr_chroot_fake.server import connection as protocol
from copr_chroot_fake.server.tls import certificate_authority, kept_authority

from .chroots import F41
from .served import (
    GET,
    HOME,
    PATIENCE,
    Server,
    Start,
    Threaded,
    TlsSocket,
    Wire,
    eventually,
    failed,
    files_of,
    making_tls,
    raw,
    serving,
    skip_unless_local,
)


@pytest.fixture
def server() -> Iterator[Threaded]:
    with making_tls() as tls, serving(tls=tls) as server:
        yield server


def connect(server: Server) -> socket.socket:
    return socket.create_connection(server.address, timeout=PATIENCE)


def test_command_prints_the_authority_last(start: Start) -> None:
    """Its file is gone at the end."""
    served = start("--tls")
    assert served.line == f"Copr fake: {served.url}\n"
    assert served.url.startswith("https://127.0.0.1:")
    assert served.page_line == f"Page: {served.url}/_fake/\n"
    assert served.authority_line == f"Certificate authority: {served.authority}\n"
    assert served.get(HOME) == {"version": 3}
    assert served.end() == (0, "", "")
    assert not served.authority.parent.exists()


def test_authority_is_kept_in_a_file(start: Start, tmp_path: Path) -> None:
    """Clients that trusted the first server trust the second."""
    file, key = tmp_path / "authority.pem", tmp_path / "authority.pem.key"
    served = start("--tls", "--authority", str(file))
    trusting = ssl.create_default_context(cafile=served.authority)
    assert served.authority == file
    assert "PRIVATE KEY" not in file.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert served.end() == (0, "", "")
    served = start("--tls", "--authority", str(file))
    with connect(served) as connected:
        TlsSocket(connected, trusting, "localhost")


def authority_files(directory: Path, name: str) -> tuple[Path, Path]:
    """The certificate and the key of a new authority."""
    file = kept_authority(directory / name).file
    return file, file.with_name(f"{name}.key")


def test_file_without_an_authority_is_an_error(tmp_path: Path) -> None:
    leaf = trustme.CA().issue_cert("localhost")
    (file, key), (_, other) = authority_files(tmp_path, "a.pem"), authority_files(tmp_path, "b.pem")
    certificate, own_key, other_key = file.read_bytes(), key.read_bytes(), other.read_bytes()
    neither = f"{file} and {key}: not the certificate and the key of an authority: "
    remedy = "; delete both files, and a new authority is created\n"
    for pem, key_pem, problem in (
        # The rest of the text is that of cryptography, and depends on its version.
        (b"", own_key, neither),
        (certificate, b"", neither),
        (certificate, other_key, f"{neither}the key is that of another certificate"),
        (
            leaf.cert_chain_pems[0].bytes(),
            leaf.private_key_pem.bytes(),
            f"{neither}the certificate may not issue others",
        ),
        (certificate, None, f"{key}: cannot be read: No such file or directory"),
        (None, own_key, f"{file}: cannot be read: No such file or directory"),
    ):
        for path, content in ((file, pem), (key, key_pem)):
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)
        errors = failed("serve", "--tls", "--authority", str(file))
        assert errors.startswith(f"Error: {problem}"), errors
        assert errors.endswith(remedy)


def test_authority_needs_a_directory_and_tls(tmp_path: Path) -> None:
    file = str(tmp_path / "missing" / "authority.pem")
    assert failed("serve", "--authority", file) == "Error: --authority requires --tls or --proxy\n"
    assert "does not exist; create it first" in failed("serve", "--proxy", "--authority", file)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
def test_certificate_has_all_names_of_the_server(start: Start, host: str) -> None:
    options = [
        "--allow-host",
        "copr.test",
        "--insecure-control",
        "--public-url",
        "https://fake.test",
    ]
    skip_unless_local(host)
    served = start("--tls", "--host", host, *options)
    trusting = ssl.create_default_context(cafile=served.authority)
    for name in ("localhost", "127.0.0.1", "::1", host, "copr.test", "fake.test"):
        with connect(served) as connected:
            TlsSocket(connected, trusting, name)
    with connect(served) as connected, pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        TlsSocket(connected, trusting, "other.test")


def test_name_that_no_certificate_can_have_is_an_error() -> None:
    errors = failed("serve", "--tls", "--allow-host", "copr_fake")
    assert errors.startswith("Error: --tls: cannot issue a certificate for localhost, 127.0.0.1, ::1, ")
    assert "copr_fake" in errors


def test_fake_is_served_with_tls() -> None:
    fake = FakeCopr()
    fake.add_build({F41: "succeeded"}, id=1)
    before = fake.results_url
    with fake.serving(tls=True) as server:
        assert isinstance(server, TlsServer)
        trusting = ssl.create_default_context(cafile=server.certificate_file)
        with httpx.Client(verify=trusting, trust_env=False) as client:
            chroot = client.get(server.url + GET).json()
            assert chroot["result_url"].startswith(server.url)
            assert client.get(chroot["result_url"]).status_code == 200
    assert not server.certificate_file.exists()
    assert fake.results_url == before


def test_control_api_checks_names_over_tls(server: Threaded) -> None:
    for host, status in ((f"localhost:{server.address[1]}", 200), ("evil.example", 403)):
        assert server.call("GET", "/_fake/clock", headers={"Host": host}).status == status
    origin = {"Origin": f"https://127.0.0.1:{server.address[1]}"}
    assert server.call("GET", "/_fake/clock", headers=origin).status == 200
    assert server.call("GET", "/_fake/clock", headers={"Origin": "https://evil.example"}).status == 403


def test_client_must_trust_the_authority(server: Threaded) -> None:
    with connect(server) as connected, pytest.raises(ssl.SSLCertVerificationError):
        TlsSocket(connected, ssl.create_default_context(), "127.0.0.1")
    assert server.get(HOME) == {"version": 3}


def test_plain_request_gets_a_readable_error(server: Threaded) -> None:
    with Wire(connect(server)) as wire:
        wire.send(raw("GET", HOME))
        reply = wire.reply()
        assert (reply.status, reply.document) == (400, {"error": "this port speaks TLS; use https://"})
        assert wire.is_at_end()


BAD_HANDSHAKES = {
    "nothing": b"",
    "a request": raw("GET", HOME),
    "garbage": b"\0" * 100,
    "half a handshake": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    "a bad handshake": b"\x16\x03\x01\0\x05\x01\0\0\x01x",
    "SSH": b"SSH-2.0-x\r\n",
}


def test_failed_handshakes_leave_nothing(start: Start) -> None:
    """No output, and no open connections."""
    served = start("--tls")
    served.get(HOME)
    assert served.tls is not None
    files = files_of(served.process)
    for data in BAD_HANDSHAKES.values():
        for is_reset in (False, True):
            with Wire(connect(served)) as wire:
                wire.send(data)
                if is_reset:
                    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                else:
                    wire.end()
                    wire.drain()
    with connect(served) as connected, pytest.raises(ssl.SSLCertVerificationError):
        TlsSocket(connected, ssl.create_default_context(), "127.0.0.1")
    with connect(served) as connected:
        done = TlsSocket(connected, served.tls, "127.0.0.1")
        # No record of TLS.
        connected.sendall(b"\0" * 100)
        with pytest.raises(EOFError):
            done.recv(1)
    assert eventually(lambda: files_of(served.process) <= files)
    assert served.end() == (0, "", "")


@pytest.mark.parametrize("data", [b"", BAD_HANDSHAKES["half a handshake"]], ids=["none", "half"])
def test_slow_handshake_is_ended(monkeypatch: pytest.MonkeyPatch, server: Threaded, data: bytes) -> None:
    """After the time that a request may take."""
    monkeypatch.setattr(protocol, "REQUEST_TIMEOUT", 0.2)
    with Wire(connect(server)) as wire:
        wire.send(data)
        assert wire.is_at_end()


def test_time_of_the_handshake_counts_for_the_request(monkeypatch: pytest.MonkeyPatch, server: Threaded) -> None:
    monkeypatch.setattr(protocol, "REQUEST_TIMEOUT", 0.2)
    with server.connect() as wire:
        wire.send(raw("GET", HOME)[:-1])
        assert wire.is_at_end()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_connection_is_kept_until_either_side_ends_tls(server: Threaded, version: ssl.TLSVersion) -> None:
    assert server.tls is not None
    server.tls.minimum_version = server.tls.maximum_version = version
    with server.connect() as wire:
        for _ in range(3):
            wire.send(raw("GET", HOME))
            assert wire.reply().status == 200
        wire.send(raw("GET", HOME, Connection="close"))
        assert wire.reply().status == 200
        # Not merely the end of the connection, which an attacker could bring about.
        assert wire.socket.recv(1) == b""
    with server.connect() as wire:
        assert isinstance(wire.socket, TlsSocket)
        wire.socket.end_tls()
        # Python 3.10 closes the connection without ending TLS, too.
        with suppress(EOFError):
            assert wire.is_at_end()


def test_client_may_offer_http_2(server: Threaded) -> None:
    """The server selects HTTP/1.1."""
    assert server.tls is not None
    server.tls.set_alpn_protocols(["h2", "http/1.1"])
    with connect(server) as connected, server.tls.wrap_socket(connected, server_hostname="127.0.0.1") as wrapped:
        assert wrapped.selected_alpn_protocol() == "http/1.1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_forked_child_keeps_the_file_of_the_authority() -> None:
    with ExitStack() as stack:
        authority = stack.enter_context(certificate_authority())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            child = os.fork()
        if not child:
            stack.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert authority.file.exists()
    assert not authority.file.parent.exists()


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    monkeypatch.delitem(sys.modules, "copr_chroot_fake.server.tls", raising=False)
    remedy = r"needs trustme, which is not installed: pip install 'copr-chroot-fake\[tls\]'"
    with pytest.raises(MissingExtraError, match=f"^FakeCopr.serving with TLS {remedy}$"), FakeCopr().serving(tls=True):
        pass
    assert "--tls or --proxy needs trustme" in failed("serve", "--tls")


def test_tls_is_a_flag() -> None:
    with pytest.raises(InputError, match=r"^tls: "):
        FakeCopr().serving(tls="yes")  # type: ignore[call-overload]  # the error is the point


@pytest.mark.slow
def test_nothing_of_tls_is_imported_without_it() -> None:
    code = (
        "import sys\nfrom copr_chroot_fake import FakeCopr\nwith FakeCopr().serving():\n"
        "    print({'trustme', 'cryptography', 'copr_chroot_fake.server.tls'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
