"""Limits of the size of requests, and of the time in which they must arrive."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from copr_chroot_fake.control.limits import MAX_BODY as API_MAX_BODY
from copr_chroot_fake.server import connection as protocol

from .served import HOME, Server, Start, raw, replies, serving, serving_as

MAX_HEAD = 8192
MAX_BODY = 4096
FAULTS = "/_fake/faults"


@pytest.fixture(scope="module", params=["process", "thread"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with small limits, as a process and in a thread."""
    with serving_as(request.param, max_head=MAX_HEAD, max_body=MAX_BODY) as server:
        yield server


@pytest.mark.parametrize(("kept", "sent"), [(0, 3), (1, 3), (5, 12), (5, 3)])
def test_journal_option_limits_each_world(start: Start, kept: int, sent: int) -> None:
    served = start("--journal", str(kept))
    for world in (served, served.world("a")):
        for number in range(sent):
            world.get(f"{HOME}?{number}")
        requests = world.control("GET", "/requests")["requests"]
        first = max(sent - kept, 0)
        assert [request["target"] for request in requests] == [f"{HOME}?{number}" for number in range(first, sent)]


@pytest.mark.parametrize("is_announced", [True, False])
def test_larger_body_is_rejected(server: Server, is_announced: bool) -> None:
    """The error names the option, and the next request on the connection is answered."""
    for size, status in ((MAX_BODY, 201), (MAX_BODY + 1, 413), (MAX_BODY * 9, 413)):
        body = b'{"status": 503, "nth": 999}'.ljust(size)
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)
        sent = raw("POST", FAULTS, body) if is_announced else raw("POST", FAULTS, Transfer_Encoding="chunked") + chunks
        with server.connect() as wire:
            wire.send(sent + raw("GET", HOME))
            raised, answered = wire.reply(), wire.reply()
        assert raised.status == status
        assert status == 201 or f"larger than {MAX_BODY} bytes" in raised.document["error"]
        assert status == 201 or "--max-body" in raised.document["error"]
        assert answered.status == 200


def test_larger_body_of_a_request_to_copr_is_rejected(server: Server) -> None:
    """Before it is sent; nothing is submitted."""
    builds = server.control("GET", "/builds")["total"]
    with server.connect() as wire:
        wire.send(raw("POST", "/api_3/build/create/url", Content_Length=str(API_MAX_BODY + 1), Expect="100-continue"))
        reply = wire.reply()
    assert (reply.status, reply.document["error"]) == (413, f"the body is larger than {API_MAX_BODY} bytes; send less")
    assert server.control("GET", "/builds")["total"] == builds


def test_expect_100_continue_is_rejected_for_large_bodies(server: Server) -> None:
    with server.connect() as wire:
        wire.send(raw("POST", FAULTS, Content_Length=str(MAX_BODY + 1), Expect="100-continue"))
        assert wire.reply().status == 413
    with server.connect() as wire:
        wire.send(raw("POST", FAULTS, Content_Length="2", Expect="100-continue"))
        assert wire.reply().status == 100
        wire.send(b"{}")
        assert wire.reply().status == 422


@pytest.mark.parametrize(("piece", "pause"), [(100_000, 0), (1000, 0.001), (8192, 0.01), (50, 0)])
@pytest.mark.parametrize("target", [HOME, "/worlds/a/_fake/requests/count"])
def test_larger_head_is_rejected(server: Server, target: str, piece: int, pause: float) -> None:
    """In whatever pieces it arrives, with a long target, one long header or many; the error names the option."""
    line, rest = b"GET %s" % target.encode(), b" HTTP/1.1\r\nHost: localhost\r\n"
    argument = b"?chrootname="
    for size, status in ((MAX_HEAD - 100, 200), (MAX_HEAD + 100, 431)):
        more = size - len(line) - len(rest)
        for head in (
            line + argument + b"x" * (more - len(argument)) + rest,
            line + rest + b"X: " + b"x" * more + b"\r\n",
            line + rest + b"X: 45678\r\n" * (more // 10),
        ):
            with server.connect() as wire:
                sent = head + b"\r\n"
                # The server rejects it before the end. The pauses make it receive the pieces one by one.
                with suppress(ConnectionError):
                    for at in range(0, len(sent), piece):
                        wire.send(sent[at : at + piece])
                        time.sleep(pause)
                reply = wire.reply()
            assert reply.status == status
            assert status == 200 or f"larger than {MAX_HEAD} bytes" in reply.document["error"]
            assert status == 200 or "--max-head" in reply.document["error"]


def test_head_limit_applies_to_each_request(server: Server) -> None:
    """Even if they arrive in one piece."""
    sent = raw("GET", HOME, X="x" * (MAX_HEAD - 200)) * 30
    with server.connect() as wire:
        wire.send(sent)
        assert [wire.reply().status for _ in range(30)] == [200] * 30


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that waits 0.2 seconds for requests."""
    monkeypatch.setattr(protocol, "REQUEST_TIMEOUT", 0.2)
    with serving(max_head=MAX_HEAD, max_body=MAX_BODY) as server:
        yield server


BEGINNINGS = {
    "nothing": b"",
    "half a head": raw("GET", HOME)[:-2],
    "half a body": raw("POST", "/_fake/seed", b"x" * 2000)[:-1],
    "half a body that is ignored": raw("GET", HOME, b"x" * 9)[:-1],
    "half a request with a whole one": raw("GET", HOME) + b"GET",
}

ANSWERED = {"half a body that is ignored": [200], "half a request with a whole one": [200]}
"""The statuses of the responses, if there are any."""


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_incomplete_request_closes_the_connection(impatient: Server, beginning: str) -> None:
    """Complete requests before it are answered."""
    with impatient.connect() as wire:
        wire.send(BEGINNINGS[beginning])
        got = replies(wire.rest())
    assert [reply.status for reply in got] == ANSWERED.get(beginning, [])


@pytest.mark.parametrize("beginning", ["half a head", "half a body"])
def test_timeout_applies_to_later_requests_too(impatient: Server, beginning: str) -> None:
    with impatient.connect() as wire:
        wire.send(raw("GET", HOME))
        assert wire.reply().status == 200
        wire.send(BEGINNINGS[beginning])
        sent_at = time.monotonic()
        assert wire.rest() == b""
        # The keep-alive timeout of an idle connection is longer.
        assert time.monotonic() - sent_at < 3


@pytest.mark.parametrize("beginning", ["half a head", "half a body"])
def test_dribbled_request_closes_the_connection(impatient: Server, beginning: str) -> None:
    with impatient.connect() as wire:
        wire.send(BEGINNINGS[beginning][:-9])
        with pytest.raises(ConnectionError):
            wire.send_on(b"x", pause=0.01)


def test_each_request_has_its_own_timeout(impatient: Server) -> None:
    """Also if the response was sent before the end of the request's body."""
    with impatient.connect() as wire:
        for _ in range(6):
            wire.send(BEGINNINGS["half a body that is ignored"])
            assert wire.reply().status == 200
            # Real time: together the requests take longer than the real timer of one.
            time.sleep(0.05)
            wire.send(b"x")


def test_responses_and_idle_connections_are_not_timed_out(impatient: Server) -> None:
    impatient.control("POST", "/faults", {"nth": 1, "delay": 0.25})
    with impatient.connect() as wire:
        for _ in range(2):
            wire.send(raw("GET", HOME))
            assert wire.reply().status == 200
            # Real time, longer than the real timer of a request.
            time.sleep(0.25)


def test_large_control_call_is_rejected_by_default() -> None:
    """To parse it would take seconds."""
    body = b"[" + b"{}," * (5 * 1024 * 1024 // 3) + b"{}]"
    with serving() as server, server.connect() as wire:
        wire.send(raw("PUT", "/_fake/scenario", body))
        assert wire.reply().status == 413
