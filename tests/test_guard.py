"""Who may steer a served fake, and who may not; Copr itself answers everybody."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from copr_chroot_fake import InputError
from copr_chroot_fake.cli import main
from copr_chroot_fake.http_server.guard import Guard

from .served import HOME, LIST, Reply, Server, Start, failed, starting

TOKEN = "a-token"
CLOCK = "/_fake/clock"


@pytest.fixture(scope="module")
def local() -> Iterator[Server]:
    """A server as it is unless said otherwise, but for two names that it goes by."""
    with starting() as start:
        yield start("--allow-host", "copr", "--allow-host", "Copr.Test")


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """A server whom others can ask, with a token."""
    with starting() as start:
        yield start("--host", "0.0.0.0", "--control-token", TOKEN, "--allow-host", "copr", "--allow-host", "copr.test")


def ask(server: Server, target: str, *headers: str, method: str = "GET") -> Reply:
    """Send these headers and no others, in which PORT is the server's."""
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
@pytest.mark.parametrize("host", [*OWN, *FOREIGN])
def test_only_who_knows_it_by_a_name_of_its_own_is_answered(local: Server, host: str, target: str) -> None:
    """A page whose name leads here, by rebinding, still sends that name; not even what is open is told to it."""
    reply = ask(local, target, f"Host: {host}")
    assert reply.status == (200 if host in OWN else 403)
    if host in FOREIGN:
        assert "is not a known name of this server" in reply.document["error"]


@pytest.mark.parametrize("host", [*OWN, *FOREIGN])
def test_whoever_has_the_token_may_call_it_anything(guarded: Server, host: str) -> None:
    """As other machines do, among which it goes by a name of its own; and so may who asks what needs no token."""
    assert ask(guarded, CLOCK, f"Host: {host}", f"Authorization: Bearer {TOKEN}").status == 200
    assert ask(guarded, "/_fake/health", f"Host: {host}").status == 200
    refused = ask(guarded, CLOCK, f"Host: {host}", "Authorization: Bearer another")
    assert refused.status == (401 if host in OWN else 403)
    assert "send the token" in refused.document["error"] or host in OWN


def test_what_comes_after_a_body_is_no_header(local: Server) -> None:
    """Though it looks like one it takes the place of none, whatever came before."""
    chunked = "Transfer-Encoding: chunked"
    for host, trailer, status in (("evil.example", "localhost", 403), ("localhost", "evil.example", 405)):
        reply = ask(local, CLOCK, f"Host: {host}", chunked, "", "1", "x", "0", f"Host: {trailer}", method="POST")
        assert reply.status == status


def test_who_names_no_host_is_not_answered(local: Server) -> None:
    """Every browser does."""
    assert ask(local, CLOCK).status == 403


def test_the_name_that_is_listened_on_is_its_own(start: Start) -> None:
    """Also one that others could have."""
    served = start("--host", "localhost")
    assert ask(served, CLOCK, "Host: localhost:PORT").status == 200


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
def test_no_foreign_page_can_steer(local: Server, headers: list[str], status: int, target: str) -> None:
    """Whatever it lets a browser send; with a token it is no different."""
    assert ask(local, target, HOST, *headers).status == status


@pytest.mark.parametrize(("headers", "status"), SENT, ids=[" ".join(headers) for headers, _ in SENT])
@pytest.mark.parametrize("authorized", [True, False])
def test_a_token_does_not_open_it_to_foreign_pages(
    guarded: Server, headers: list[str], status: int, authorized: bool
) -> None:
    """Who has it is refused all the same, and who has not is told of that only where nothing else is wrong."""
    reply = ask(guarded, CLOCK, HOST, *headers, *[f"Authorization: Bearer {TOKEN}"] * authorized)
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
def test_only_who_has_the_token_may_steer(guarded: Server, authorization: str, status: int, target: str) -> None:
    """Nobody else is told even what there is, only what would be needed."""
    reply = ask(guarded, target, HOST, f"Authorization: {authorization}")
    if status == 401:
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert "Authorization: Bearer TOKEN" in reply.document["error"]
    else:
        assert reply.status == (200 if target.endswith("clock") else 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_method_needs_no_token(guarded: Server, method: str) -> None:
    """And nothing is done without it."""
    with guarded.connect() as wire:
        wire.send(f"{method} /_fake/builds/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert wire.rest().startswith(b"HTTP/1.1 401 ")
    assert guarded.get(LIST)["items"]


@pytest.mark.parametrize("target", ["/_fake/", "/_fake/health", "/_fake/openapi.json", HOME, LIST])
def test_what_tells_nothing_needs_no_token(guarded: Server, target: str) -> None:
    """The page asks for it itself; and Copr is asked without one."""
    assert ask(guarded, target, HOST).status == 200


def test_copr_answers_whoever_asks_and_says_nothing_of_origins(local: Server) -> None:
    """As Copr does: any name, any page, and no header that would let another one's script read it."""
    for method in ("GET", "OPTIONS", "POST"):
        for target in (HOME, LIST, f"/worlds/a{HOME}", "/none"):
            preflight = (
                "Access-Control-Request-Method: GET",
                "Origin: http://evil.example",
                "Sec-Fetch-Site: cross-site",
            )
            replies = [ask(local, target, "Host: copr.example", *headers, method=method) for headers in ((), preflight)]
            assert replies[0].status == replies[1].status in (200, 404, 405)
            assert not [name for reply in replies for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:PORT"])
def test_a_preflight_is_told_nothing_that_would_allow_anything(local: Server, origin: str) -> None:
    """Of the own origin it is refused as a method that there is not."""
    sent = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization")
    reply = ask(local, "/_fake/scenario", HOST, f"Origin: {origin}", *sent, method="OPTIONS")
    assert reply.status == (405 if "PORT" in origin else 403)
    assert not [name for name in reply.headers if name.startswith("access-control")]


# How it is started.


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "copr.example"])
def test_where_others_can_ask_it_has_to_be_said_who_may_steer(host: str) -> None:
    """The error names what there is to say."""
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
    """Wherever the server listens and wherever the token comes from; the error does not print it."""
    monkeypatch.setattr("copr_chroot_fake.server.standalone.StandaloneServer", None)
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


def test_guard_without_token_ignores_an_empty_one() -> None:
    """A client may send an empty token where none is needed; it does not vouch for a foreign name."""
    guard = Guard("127.0.0.1", None)
    for authorization in (b"Bearer ", b"Bearer", b""):
        assert guard.refusal({b"host": b"127.0.0.1", b"authorization": authorization}, is_open=False) is None
        refused = guard.refusal({b"host": b"evil.example", b"authorization": authorization}, is_open=False)
        assert refused is not None
        assert refused.status == 403


def test_rejected_host_names_the_option_that_allows_it(local: Server, guarded: Server) -> None:
    """And where there is a token, that it would do, too."""
    for server, remedies in ((local, ["localhost"]), (guarded, ["send the token"])):
        error = ask(server, CLOCK, "Host: intranet:PORT").document["error"]
        assert f"Host 'intranet:{server.address[1]}' is not a known name of this server" in error
        assert all(remedy in error for remedy in ["--allow-host", "IP address", *remedies])


def test_host_of_the_public_url_is_allowed(start: Start) -> None:
    """Not what merely contains it."""
    served = start("--serve-results", "--public-url", "https://Copr-Fake:8443/below")
    assert ask(served, CLOCK, "Host: copr-fake:8443").status == 200
    for name in ("copr-fake2", "copr-fake.evil.example", "fake"):
        assert ask(served, CLOCK, f"Host: {name}").status == 403


@pytest.mark.parametrize("name", ["", "http://copr", "copr:5000", "copr/x", "*", " copr", "copr,other", "k\xf6pr"])
def test_invalid_allowed_host_is_rejected(name: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--port", "0", "--allow-host", name])
    assert done.exit_code == 2
    assert f"{name!r} is not a host name; expected one such as copr" in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_where_only_this_machine_can_ask_nothing_has_to_be_said(start: Start, host: str) -> None:
    """It can be steered at once."""
    assert start("--host", host).steer("GET", "/clock")


def test_the_token_may_be_in_the_environment(start: Start) -> None:
    """As on the command line, which counts more."""
    environment = {**os.environ, "COPR_FAKE_CONTROL_TOKEN": TOKEN}
    for arguments, token in (((), TOKEN), (("--control-token", "other"), "other")):
        served = start("--host", "0.0.0.0", *arguments, env=environment)
        assert ask(served, CLOCK, HOST).status == 401
        assert ask(served, CLOCK, HOST, f"Authorization: Bearer {token}").status == 200


def test_a_token_counts_on_loopback_too(start: Start) -> None:
    """And where anybody was said to be allowed."""
    for arguments in ((), ("--insecure-control",)):
        assert ask(start("--control-token", TOKEN, *arguments), CLOCK, HOST).status == 401


def test_anybody_may_steer_if_that_is_said(start: Start) -> None:
    """But for foreign pages."""
    served = start("--host", "0.0.0.0", "--insecure-control")
    assert ask(served, CLOCK, HOST).status == 200
    assert ask(served, CLOCK, HOST, "Origin: http://evil.example").status == 403
    assert ask(served, CLOCK, "Host: evil.example").status == 403


def test_without_control_there_is_nothing_to_steer_it_with(start: Start) -> None:
    """Neither in the own world nor in one with a name; Copr is there in both."""
    served = start("--host", "0.0.0.0", "--no-control")
    for world in (served, served.world("a")):
        for target in ("/_fake", "/_fake/", "/_fake/health", CLOCK, "/_fake/worlds/a"):
            assert world.call("GET", target).status == 404
        assert world.call("DELETE", "/_fake/builds/1").status == 404
        assert world.get(LIST)["items"]


def test_a_refusal_is_json_with_one_error(local: Server, guarded: Server) -> None:
    """As every error of the kit."""
    for reply in (ask(local, CLOCK, "Host: evil.example"), ask(guarded, CLOCK, HOST)):
        assert reply.headers["content-type"] == "application/json"
        assert set(reply.document) == {"error"}
