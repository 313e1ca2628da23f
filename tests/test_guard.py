"""Access control of the control API; Copr's endpoints admit everybody."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from copr_chroot_fake import InputError
from copr_chroot_fake.cli import main
from copr_chroot_fake.server.guard import Guard

from .served import HOME, LIST, Reply, Server, Start, failed, skip_unless_local, starting

TOKEN = "a-token"
CLOCK = "/_fake/clock"


@pytest.fixture(scope="module")
def local() -> Iterator[Server]:
    """A server with default options and two allowed names."""
    with starting() as start:
        yield start("--allow-host", "copr", "--allow-host", "Copr.Test")


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """A server whom others can get, with a token."""
    with starting() as start:
        yield start("--host", "0.0.0.0", "--control-token", TOKEN, "--allow-host", "copr", "--allow-host", "copr.test")


def get(server: Server, target: str, *headers: str, method: str = "GET") -> Reply:
    """Send a request with exactly these headers; PORT stands for the server's port."""
    lines = [f"{method} {target} HTTP/1.1", *headers, "", ""]
    with server.connect() as wire:
        wire.send("\r\n".join(lines).replace("PORT", str(server.address[1])).encode("latin-1"))
        return wire.reply()


OWN = [
    "127.0.0.1:PORT",
    "127.0.0.1",
    "localhost:PORT",
    "LocalHost",
    "[::1]:PORT",
    "192.0.2.7:80",
    "[2001:db8::1]",
    "copr.test",
    "COPR:8080",
]
FOREIGN = [
    "intranet",
    "copr-2:8080",
    "2130706433",
    "evil.example",
    "evil.example:PORT",
    "localhost.evil.example",
    "127.0.0.1.evil.example:PORT",
    "evil.localhost",
    "localhost.",
    "1.2.3.4.5",
    "127.0.0.1, evil.example",
    "",
    ":PORT",
    "[",
    "[evil.example]",
    "[::1",
    "\xbd.example",
]


@pytest.mark.parametrize("target", [CLOCK, f"/worlds/a{CLOCK}", "/_fake/health", "/_fake/openapi.json", "/_fake/"])
def test_unknown_host_is_rejected(local: Server, target: str) -> None:
    """DNS rebinding sends the name of the attacking page, also to open paths."""
    replies = {host: get(local, target, f"Host: {host}") for host in (*OWN, *FOREIGN)}
    assert {host for host, reply in replies.items() if reply.status == 200} == {*OWN}
    for host in FOREIGN:
        assert replies[host].status == 403, host
        assert "is not a known name of this server" in replies[host].document["error"], host


@pytest.mark.parametrize("host", [*OWN, *FOREIGN])
def test_token_allows_any_host(guarded: Server, host: str) -> None:
    """With a token set, open paths allow it too."""
    assert get(guarded, CLOCK, f"Host: {host}", f"Authorization: Bearer {TOKEN}").status == 200
    assert get(guarded, "/_fake/health", f"Host: {host}").status == 200
    answer = get(guarded, CLOCK, f"Host: {host}", "Authorization: Bearer another")
    assert answer.status == (401 if host in OWN else 403)
    assert "send the token" in answer.document["error"] or host in OWN


def test_trailers_do_not_replace_headers(local: Server) -> None:
    chunked = "Transfer-Encoding: chunked"
    for host, trailer, status in (("evil.example", "localhost", 403), ("localhost", "evil.example", 405)):
        reply = get(local, CLOCK, f"Host: {host}", chunked, "", "1", "x", "0", f"Host: {trailer}", method="POST")
        assert reply.status == status


def test_absolute_target_replaces_the_host(local: Server) -> None:
    """RFC 9112 3.2.2: a server must ignore the header then."""
    assert get(local, f"http://evil.example{CLOCK}", "Host: localhost").status == 403
    assert get(local, f"http://127.0.0.1:PORT{CLOCK}", "Host: evil.example").status == 200
    origin = "Origin: http://localhost:PORT"
    assert get(local, f"http://localhost:PORT{CLOCK}", "Host: evil.example", origin).status == 200
    assert get(local, f"http://localhost{CLOCK}", "Host: localhost:PORT", origin).status == 403
    assert get(local, f"http://evil.example/worlds/new{HOME}", "Host: x", "Origin: http://x").status == 403


def test_request_without_host_is_rejected(local: Server) -> None:
    """Every browser sends one."""
    assert get(local, CLOCK).status == 403


def test_name_of_the_listen_address_is_allowed(start: Start) -> None:
    served = start("--host", "localhost")
    assert get(served, CLOCK, "Host: localhost:PORT").status == 200


HOST = "Host: 127.0.0.1:PORT"
SENT: list[tuple[list[str], int]] = [
    ([], 200),
    (["Origin: http://127.0.0.1:PORT"], 200),
    (["Origin: http://localhost:PORT"], 403),
    (["Origin: http://127.0.0.1"], 403),
    (["Origin: http://127.0.0.1:1"], 403),
    (["Origin: http://evil.example"], 403),
    (["Origin: http://evil.example:PORT"], 403),
    (["Origin: http://127.0.0.1:PORT.evil.example"], 403),
    (["Origin: null"], 403),
    (["Origin: "], 403),
    (["Origin: 127.0.0.1:PORT"], 403),
    (["Origin: http://["], 403),
    (["Origin: http://\xbd"], 403),
    (["Sec-Fetch-Site: none"], 200),
    (["Sec-Fetch-Site: same-origin"], 200),
    (["Sec-Fetch-Site: same-site"], 403),
    (["Sec-Fetch-Site: cross-site"], 403),
    (["Sec-Fetch-Site: "], 403),
    (["Origin: http://127.0.0.1:PORT", "Sec-Fetch-Site: same-origin"], 200),
    (["Origin: http://127.0.0.1:PORT", "Sec-Fetch-Site: cross-site"], 403),
    (["Origin: http://evil.example", "Sec-Fetch-Site: same-origin"], 403),
]


@pytest.mark.parametrize("target", [CLOCK, f"/worlds/a{CLOCK}"])
@pytest.mark.parametrize(("headers", "status"), SENT, ids=[" ".join(headers) for headers, _ in SENT])
def test_pages_of_other_sites_are_rejected(local: Server, headers: list[str], status: int, target: str) -> None:
    assert get(local, target, HOST, *headers).status == status


@pytest.mark.parametrize(("headers", "status"), SENT, ids=[" ".join(headers) for headers, _ in SENT])
@pytest.mark.parametrize("authorized", [True, False])
def test_pages_of_other_sites_are_rejected_with_token(
    guarded: Server, headers: list[str], status: int, authorized: bool
) -> None:
    """A missing token is reported only if nothing else is wrong."""
    reply = get(guarded, CLOCK, HOST, *headers, *[f"Authorization: Bearer {TOKEN}"] * authorized)
    assert reply.status == (401 if status == 200 and not authorized else status)


AUTHORIZED: list[tuple[str, int]] = [
    (f"Bearer {TOKEN}", 200),
    (f"bearer {TOKEN}", 200),
    (f"BEARER   {TOKEN}  ", 200),
    (TOKEN, 401),
    ("Bearer", 401),
    ("Bearer ", 401),
    ("", 401),
    (f"Basic {TOKEN}", 401),
    (f"Bearer {TOKEN[:-1]}", 401),
    (f"Bearer {TOKEN}x", 401),
    (f"Bearer {TOKEN.upper()}", 401),
    (f"Bearer {TOKEN} {TOKEN}", 401),
    ("Bearer \xe9", 401),
]


@pytest.mark.parametrize("target", [CLOCK, f"/worlds/a{CLOCK}", "/_fake/none", "/_fake/health/"])
@pytest.mark.parametrize(("authorization", "status"), AUTHORIZED)
def test_control_call_requires_the_token(guarded: Server, authorization: str, status: int, target: str) -> None:
    """The error does not reveal what exists."""
    reply = get(guarded, target, HOST, f"Authorization: {authorization}")
    if status == 401:
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert "Authorization: Bearer TOKEN" in reply.document["error"]
    else:
        assert reply.status == (200 if target.endswith("clock") else 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_every_method_requires_the_token(guarded: Server, method: str) -> None:
    with guarded.connect() as wire:
        wire.send(f"{method} /_fake/builds/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert wire.rest().startswith(b"HTTP/1.1 401 ")
    assert guarded.get(LIST)["items"]


@pytest.mark.parametrize("target", ["/_fake/", "/_fake/health", "/_fake/openapi.json", HOME, LIST])
def test_open_paths_need_no_token(guarded: Server, target: str) -> None:
    """The page asks for the token; Copr needs none."""
    assert get(guarded, target, HOST).status == 200


def test_copr_endpoints_admit_any_host_and_origin(local: Server) -> None:
    """Responses have no CORS headers, as on Copr."""
    for method in ("GET", "OPTIONS", "POST"):
        for target in (HOME, LIST, f"/worlds/a{HOME}", "/none"):
            preflight = (
                "Access-Control-Request-Method: GET",
                "Origin: http://evil.example",
                "Sec-Fetch-Site: cross-site",
            )
            replies = [get(local, target, "Host: copr.example", *headers, method=method) for headers in ((), preflight)]
            assert replies[0].status == replies[1].status in (200, 404, 405)
            assert not [name for reply in replies for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:PORT"])
def test_preflight_has_no_cors_headers(local: Server, origin: str) -> None:
    sent = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization")
    reply = get(local, "/_fake/scenario", HOST, f"Origin: {origin}", *sent, method="OPTIONS")
    assert reply.status == (405 if "PORT" in origin else 403)
    assert not [name for name in reply.headers if name.startswith("access-control")]


# How it is started.


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "copr.example"])
def test_reachable_host_requires_access_option(host: str) -> None:
    """The error names the options."""
    line = failed("serve", "--port", "0", "--host", host)
    assert line.startswith(f"Error: {host} is reachable from other machines")
    for remedy in ("--control-token TOKEN", "--no-control", "--insecure-control"):
        assert remedy in line


UNUSABLE_TOKENS = {
    "": "is empty",
    " ": "is empty",
    "\t\n": "is empty",
    f"{TOKEN}\n": "contains white space",
    f" {TOKEN}": "contains white space",
    "two words": "contains white space",
    f"{TOKEN}\xa0": "contains white space",
    "t\xf6ken": "contains characters that clients cannot send",
    "t\x01ken": "contains characters that clients cannot send",
    "\U0001f511": "contains characters that clients cannot send",
}


@pytest.mark.parametrize(("token", "problem"), UNUSABLE_TOKENS.items())
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("is_in_environment", [False, True])
def test_unusable_token_is_rejected(
    token: str, problem: str, host: str, is_in_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any source, for any host; the error does not print it."""
    monkeypatch.setattr("copr_chroot_fake.server.addresses.bind", None)
    environment = {"COPR_FAKE_CONTROL_TOKEN": token} if is_in_environment else {}
    option = [] if is_in_environment else ["--control-token", token]
    done = CliRunner(env=environment).invoke(main, ["serve", "--port", "0", "--host", host, *option])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: --control-token: {problem}")
    assert "COPR_FAKE_CONTROL_TOKEN" in done.stderr
    assert not token.strip() or token not in done.stderr


@pytest.mark.parametrize("token", UNUSABLE_TOKENS)
def test_guard_rejects_an_unusable_token(token: str) -> None:
    with pytest.raises(InputError, match=r"^token: "):
        Guard("127.0.0.1", token)


def test_guard_without_token_ignores_empty_token() -> None:
    """It does not admit an unknown host."""
    guard = Guard("127.0.0.1", None)
    for authorization in (b"Bearer ", b"Bearer", b""):
        assert guard.rejection({b"host": b"127.0.0.1", b"authorization": authorization}, is_open=False) is None
        answer = guard.rejection({b"host": b"evil.example", b"authorization": authorization}, is_open=False)
        assert answer is not None
        assert answer.status == 403


def test_rejected_host_error_names_the_option(local: Server, guarded: Server) -> None:
    for server, remedies in ((local, ["localhost"]), (guarded, ["send the token"])):
        error = get(server, CLOCK, "Host: intranet:PORT").document["error"]
        assert f"Host 'intranet:{server.address[1]}' is not a known name of this server" in error
        assert all(remedy in error for remedy in ["--allow-host", "IP address", *remedies])


def test_host_of_public_url_is_allowed(start: Start) -> None:
    """But not names that contain it."""
    served = start("--public-url", "https://Copr-Fake:8443/below")
    assert get(served, CLOCK, "Host: copr-fake:8443").status == 200
    for name in ("copr-fake2", "copr-fake.evil.example", "fake"):
        assert get(served, CLOCK, f"Host: {name}").status == 403


@pytest.mark.parametrize("name", ["", "http://copr", "copr:5000", "copr/x", "*", " copr", "copr,other", "k\xf6pr"])
def test_invalid_allowed_host_is_rejected(name: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--port", "0", "--allow-host", name])
    assert done.exit_code == 2
    assert f"{name!r} is not a host name; expected one such as copr" in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_host_requires_no_access_option(start: Start, host: str) -> None:
    skip_unless_local(host)
    assert start("--host", host).control("GET", "/clock")


def test_token_is_read_from_the_environment(start: Start) -> None:
    """The option takes precedence."""
    environment = {**os.environ, "COPR_FAKE_CONTROL_TOKEN": TOKEN}
    for arguments, token in (((), TOKEN), (("--control-token", "other"), "other")):
        served = start("--host", "0.0.0.0", *arguments, env=environment)
        assert get(served, CLOCK, HOST).status == 401
        assert get(served, CLOCK, HOST, f"Authorization: Bearer {token}").status == 200


def test_token_is_required_on_loopback_too(start: Start) -> None:
    """Also with --insecure-control."""
    for arguments in ((), ("--insecure-control",)):
        assert get(start("--control-token", TOKEN, *arguments), CLOCK, HOST).status == 401


def test_insecure_control_admits_everybody(start: Start) -> None:
    """Except pages of other sites."""
    served = start("--host", "0.0.0.0", "--insecure-control")
    assert get(served, CLOCK, HOST).status == 200
    assert get(served, CLOCK, HOST, "Origin: http://evil.example").status == 403
    assert get(served, CLOCK, "Host: evil.example").status == 403


def test_no_control_disables_the_control_api(start: Start) -> None:
    """In every world; Copr is still served."""
    served = start("--host", "0.0.0.0", "--no-control")
    for world in (served, served.world("a")):
        for target in ("/_fake", "/_fake/", "/_fake/health", CLOCK, "/_fake/worlds/a"):
            assert world.call("GET", target).status == 404
        assert world.call("DELETE", "/_fake/builds/1").status == 404
        assert world.get(LIST)["items"]


def test_rejection_is_a_json_error(local: Server, guarded: Server) -> None:
    for reply in (get(local, CLOCK, "Host: evil.example"), get(guarded, CLOCK, HOST)):
        assert reply.headers["content-type"] == "application/json"
        assert set(reply.document) == {"error"}
