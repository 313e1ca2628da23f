"""Internal errors at every level: a JSON 500, one line in the log, a closed connection."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pytest

from copr_chroot_fake.control.api import ControlApi
from copr_chroot_fake.control.worlds import InitialConfig, World, Worlds
from copr_chroot_fake.scenario.files import ScenarioSource
from copr_chroot_fake.server.app import ControlAdapter, ServedApp
from copr_chroot_fake.server.connection import HttpProtocol
from copr_chroot_fake.server.context import App
from copr_chroot_fake.server.guard import Guard
from copr_chroot_fake.server.log import AccessLog
from copr_chroot_fake.server.request import BodyWanted, Request
from copr_chroot_fake.service import Service
from copr_chroot_fake.wire.answer import Answer, Delivery, json_answer

from .served import HOME, Server, raw, replies, running, serving

SECRET = "a secret\nof two lines"


class FailingControl:
    """A control API whose every call fails."""

    def answer(self, world: World, method: str, path: str, query: str, body: bytes) -> Answer:
        raise LookupError(SECRET)

    def is_open(self, path: str) -> bool:
        if path == "/worse":
            raise LookupError(SECRET)
        return False


class FailingState:
    """The initial state of worlds that cannot be made."""

    def make(self) -> Service:
        raise LookupError(SECRET)

    def make_from(self, scenario: ScenarioSource) -> Service:
        return self.make()


def failing_app(request: Request) -> Answer:
    raise LookupError(SECRET)


def failing_with_body(request: Request) -> BodyWanted:
    return BodyWanted(fail)


def fail(body: bytes) -> Answer:
    raise LookupError(SECRET)


class FailingHeaders(tuple[tuple[str, str], ...]):
    """Headers that cannot be encoded."""

    def __hash__(self) -> int:
        raise LookupError(SECRET)


def failing_in_delivery(request: Request) -> Answer:
    return json_answer(b"{}")._replace(headers=FailingHeaders(), delivery=Delivery(delay=0.001))


def served_app() -> App:
    worlds = Worlds(FailingState(), 10, InitialConfig().make())
    control = ControlAdapter(worlds, InitialConfig(), Guard("127.0.0.1", None))
    control._api = cast(ControlApi, FailingControl())  # noqa: SLF001  # no option replaces it
    return ServedApp(worlds, control)


FAILURES: dict[str, tuple[Callable[[], App], str]] = {
    "control call": (served_app, "/_fake/clock"),
    "control adapter": (served_app, "/_fake/worse"),
    "creation of a world": (served_app, f"/worlds/new{HOME}"),
    "application": (lambda: failing_app, HOME),
    "application, with the body": (lambda: failing_with_body, HOME),
    "delivery": (lambda: failing_in_delivery, HOME),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_internal_error_is_a_500_response(failure: str, caplog: pytest.LogCaptureFixture) -> None:
    """Earlier requests are answered, and the response does not reveal code."""
    make, target = FAILURES[failure]
    with running(make()) as url:
        with Server(url).connect() as wire:
            wire.send(raw("GET", target) + raw("GET", HOME))
            (reply,) = replies(wire.rest())
        with Server(url).connect() as again:
            again.send(raw("HEAD", target))
            assert again.rest().startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert (reply.status, reply.headers["content-type"], reply.headers["connection"]) == (
        500,
        "application/json",
        "close",
    )
    assert reply.document == {"error": "internal error; the server has logged it"}
    check_log(caplog, f"GET {target}", f"HEAD {target}")


def check_log(caplog: pytest.LogCaptureFixture, *requests: str) -> None:
    """The log has one line for each failure, without a traceback."""
    assert len(caplog.records) == len(requests)
    for record, request in zip(caplog.records, requests, strict=True):
        assert record.levelno == logging.ERROR
        assert not record.exc_info
        line = record.getMessage()
        assert line.startswith(f"internal error: {request}: LookupError: ")
        assert ".py:" in line
        assert "\n" not in line


def dribbled(request: Request) -> Answer:
    return json_answer(b"some of it")._replace(delivery=Delivery(piece=4))


def test_error_within_a_response_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is added to the response."""

    async def fail_second(protocol: HttpProtocol) -> None:
        raise LookupError(SECRET)

    monkeypatch.setattr(HttpProtocol, "_wait_until_writable", fail_second)
    with running(dribbled) as url, Server(url).connect() as wire:
        wire.send(raw("GET", HOME))
        assert wire.rest().endswith(b"\r\n\r\nsome")
    check_log(caplog, f"GET {HOME}")


@pytest.mark.parametrize(
    "answer",
    [
        json_answer(b"{}")._replace(headers=(("X\n", "y"),)),
        json_answer(b"{}")._replace(headers=(("X", "y\nz"),)),
        json_answer(b"{}")._replace(headers=()),
        json_answer(b"{}")._replace(body=b"{} {}"),
    ],
    ids=["name", "value", "no length", "length"],
)
def test_invalid_response_is_an_internal_error(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    with running(lambda request: answer) as url, Server(url).connect() as wire:
        wire.send(raw("GET", HOME))
        (reply,) = replies(wire.rest())
    assert reply.status == 500
    (record,) = caplog.records
    assert record.getMessage().startswith(f"internal error: GET {HOME}: ValueError: ")


def test_protocol_error_is_a_500_response(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Only that connection ends."""

    def fail(protocol: HttpProtocol) -> None:
        raise LookupError(SECRET)

    with serving() as server, server.connect() as kept:
        kept.send(raw("GET", HOME))
        assert kept.reply().status == 200
        with monkeypatch.context() as patched, server.connect() as wire:
            patched.setattr(HttpProtocol, "_read", fail)
            wire.send(raw("GET", HOME))
            (reply,) = replies(wire.rest())
        assert (reply.status, reply.document) == (500, {"error": "internal error; the server has logged it"})
        kept.send(raw("GET", HOME))
        assert kept.reply().status == 200
    check_log(caplog, "a connection")


def test_error_in_a_callback_is_logged_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(protocol: HttpProtocol, transport: object) -> None:
        raise LookupError(SECRET)

    with serving() as server:
        with monkeypatch.context() as patched:
            patched.setattr(HttpProtocol, "connection_made", fail)
            with server.connect() as wire, suppress(ConnectionError):
                wire.send(raw("GET", HOME))
                assert wire.rest() == b""
        assert server.get(HOME) == {"version": 3}
    assert caplog.records
    for record in caplog.records:
        assert record.getMessage().startswith("internal error: ")
        assert "\n" not in record.getMessage()
        assert not record.exc_info


def test_access_log_has_the_internal_error() -> None:
    lines: list[str] = []
    with running(failing_app, access_log=AccessLog("json", lines.append)) as url:
        Server(url).exchange(raw("GET", HOME))
    (line,) = lines
    assert json.loads(line)["status"] == 500


@pytest.mark.parametrize(("zeros", "size", "status"), [(5000, 2, 204), (5000, 101, 413), (0, 10**30, 400)])
def test_long_content_length_is_parsed(zeros: int, size: int, status: int) -> None:
    """Leading zeros are ignored."""
    body = b'{"seed": 7}'.ljust(min(size, 200))
    digits = "0" * zeros + str(max(size, len(body)))
    with serving(InitialConfig(), max_body=100) as server:
        got = server.exchange(raw("POST", "/_fake/seed", Content_Length=digits) + body)
        assert [reply.status for reply in replies(got)] == [status]


def test_error_response_to_head_has_no_body() -> None:
    """Also if the invalid part follows the headers."""
    with serving() as server:
        got = server.exchange(raw("HEAD", HOME, Transfer_Encoding="chunked") + b"zz\r\n")
    assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert got.endswith(b"\r\n\r\n")
    assert got.count(b"\r\n\r\n") == 1
