"""How much a server takes, and how long it waits for it: its bounds to the byte, and clients that do not go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from copr_chroot_fake.http_server import protocol

from .served import HOME, Server, Start, raw, replies, serving, serving_as

MAX_HEAD = 8192
MAX_BODY = 4096
FAULTS = "/_fake/faults"


@pytest.fixture(scope="module", params=["process", "thread"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with small bounds, in both ways."""
    with serving_as(request.param, max_head=MAX_HEAD, max_body=MAX_BODY) as server:
        yield server


@pytest.mark.parametrize(("kept", "asked"), [(0, 3), (1, 3), (5, 12), (5, 3)])
def test_the_journal_has_the_latest_requests(start: Start, kept: int, asked: int) -> None:
    """As many as said, of the own world and of others."""
    served = start("--journal", str(kept))
    for world in (served, served.world("a")):
        for number in range(asked):
            world.get(f"{HOME}?{number}")
        requests = world.control("GET", "/requests")["requests"]
        first = max(asked - kept, 0)
        assert [request["target"] for request in requests] == [f"{HOME}?{number}" for number in range(first, asked)]


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_is_no_larger_than_said(server: Server, is_announced: bool) -> None:
    """To the byte, announced or in chunks; the error names the option, and what came after is answered."""
    for size, status in ((MAX_BODY, 201), (MAX_BODY + 1, 413), (MAX_BODY * 9, 413)):
        body = b'{"status": 503, "nth": 999}'.ljust(size)
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)
        sent = raw("POST", FAULTS, body) if is_announced else raw("POST", FAULTS, Transfer_Encoding="chunked") + chunks
        with server.connect() as wire:
            wire.send(sent + raw("GET", HOME))
            refused, answered = wire.reply(), wire.reply()
        assert refused.status == status
        assert status == 201 or f"larger than {MAX_BODY} bytes" in refused.document["error"]
        assert status == 201 or "--max-body" in refused.document["error"]
        assert answered.status == 200


def test_a_body_that_is_too_large_need_not_come(server: Server) -> None:
    """Who waits for being told to go on is told not to."""
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
def test_a_head_is_no_larger_than_said(server: Server, target: str, piece: int, pause: float) -> None:
    """In whatever pieces it comes, and whether it is its target, one header or many; the error names the option."""
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
                # It is refused as soon as that is known.
                with suppress(ConnectionError):
                    for at in range(0, len(sent), piece):
                        wire.send(sent[at : at + piece])
                        time.sleep(pause)
                reply = wire.reply()
            assert reply.status == status
            assert status == 200 or f"larger than {MAX_HEAD} bytes" in reply.document["error"]
            assert status == 200 or "--max-head" in reply.document["error"]


def test_heads_are_bounded_one_by_one(server: Server) -> None:
    """However many requests come on one connection, or in one piece."""
    sent = raw("GET", HOME, X="x" * (MAX_HEAD - 200)) * 30
    with server.connect() as wire:
        wire.send(sent)
        assert [wire.reply().status for _ in range(30)] == [200] * 30


# Clients that do not go on.


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that waits for requests no longer than for a moment."""
    monkeypatch.setattr(protocol, "REQUEST_TIMEOUT", 0.2)
    with serving(max_head=MAX_HEAD, max_body=MAX_BODY) as server:
        yield server


BEGUN = {
    "nothing": b"",
    "half a head": raw("GET", HOME)[:-2],
    "half a body": raw("POST", "/_fake/seed", b"x" * 2000)[:-1],
    "half a body of no account": raw("POST", HOME, b"x" * 9)[:-1],
    "half a request with a whole one": raw("GET", HOME) + b"GET",
}

ANSWERED = {"half a body of no account": [405], "half a request with a whole one": [200]}
"""With which status, where anything is."""


@pytest.mark.parametrize("begun", BEGUN)
def test_a_request_that_does_not_come_whole_is_given_up(impatient: Server, begun: str) -> None:
    """The connection is closed, and what has come whole is answered before."""
    with impatient.connect() as wire:
        wire.send(BEGUN[begun])
        got = replies(wire.rest())
    assert [reply.status for reply in got] == ANSWERED.get(begun, [])


@pytest.mark.parametrize("begun", ["half a head", "half a body"])
def test_every_request_of_a_connection_is_waited_for_as_long(impatient: Server, begun: str) -> None:
    """Also after one that has been answered."""
    with impatient.connect() as wire:
        wire.send(raw("GET", HOME))
        assert wire.reply().status == 200
        wire.send(BEGUN[begun])
        begun_at = time.monotonic()
        assert wire.rest() == b""
        # For longer than that a connection is kept on which nothing is asked.
        assert time.monotonic() - begun_at < 3


@pytest.mark.parametrize("begun", ["half a head", "half a body"])
def test_it_is_given_up_though_some_of_it_comes_again_and_again(impatient: Server, begun: str) -> None:
    """A byte now and then does not keep a connection."""
    with impatient.connect() as wire:
        wire.send(BEGUN[begun][:-9])
        with pytest.raises(ConnectionError):
            wire.send_on(b"x", pause=0.01)


def test_each_request_has_its_own_time(impatient: Server) -> None:
    """Also where the answer has come before all of its body had been sent."""
    with impatient.connect() as wire:
        for _ in range(5):
            wire.send(BEGUN["half a body of no account"])
            assert wire.reply().status == 405
            time.sleep(0.1)
            wire.send(b"x")


def test_patience_is_with_requests_only(impatient: Server) -> None:
    """An answer may take as long as it takes, and a connection be kept for another request."""
    impatient.control("POST", "/faults", {"nth": 1, "delay": 0.25})
    with impatient.connect() as wire:
        for _ in range(2):
            wire.send(raw("GET", HOME))
            assert wire.reply().status == 200
            time.sleep(0.25)
