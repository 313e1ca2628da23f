"""The fake as an ASGI application: bodies, faults and clients that leave, and a server that is not the kit's own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from typing import Any, Literal

import httpx
import pytest
import uvicorn

from copr_chroot_fake import FakeCopr, Fault
from copr_chroot_fake.adapters.asgi import AsgiApp
from copr_chroot_fake.wire.answer import Answer, json_answer
from copr_chroot_fake.wire.headers import RawHeaders

from .chroots import F41
from .served import GET, HOME, PATIENCE, eventually


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    return fake


def piece(body: bytes, *, more: bool = False) -> Mapping[str, object]:
    return {"type": "http.request", "body": body, "more_body": more}


def sent_by(
    app: AsgiApp,
    method: str,
    target: str,
    *messages: Mapping[str, object],
    leaves_after: int | None = None,
    **headers: str,
) -> list[Any]:
    """Return the messages that the application sends.

    :param messages: what it receives; after that, the client waits.
    :param leaves_after: the number of sent messages after which the client leaves.
    """
    sent: list[Any] = []
    pending = [*messages]
    has_left = asyncio.Event()

    async def receive() -> Mapping[str, object]:
        if pending:
            return pending.pop(0)
        await has_left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)
        if len(sent) == leaves_after:
            has_left.set()

    if leaves_after == 0:
        has_left.set()

    scope = {
        "type": "http",
        "method": method,
        "path": target,
        "raw_path": target.encode(),
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(asyncio.wait_for(app(scope, receive, send), PATIENCE))
    return sent


def test_body_arrives_in_pieces() -> None:
    def echo(method: str, target: str, headers: RawHeaders, body: bytes) -> Answer:
        return json_answer(body)

    _, end = sent_by(AsgiApp(echo), "POST", HOME, piece(b"abc", more=True), piece(b"def"))
    assert end["body"] == b"abcdef"


def test_client_may_leave_while_it_sends_a_body(fake: FakeCopr) -> None:
    assert sent_by(fake.asgi, "POST", HOME, piece(b"abc", more=True), leaves_after=0) == []
    assert fake.requests == []


def test_delay_precedes_the_response(fake: FakeCopr) -> None:
    fake.faults.add({"delay": 0.01})
    start, body, end = sent_by(fake.asgi, "GET", HOME)
    assert start["status"] == 200
    assert (body["body"], end["body"]) == (fake.answer("GET", HOME).body, b"")


def test_body_is_sent_in_pieces(fake: FakeCopr) -> None:
    fake.faults.add({"dribble": {"bytes": 5, "every": 0.001}})
    _, *pieces = sent_by(fake.asgi, "GET", HOME)
    assert [message["body"] for message in pieces] == [b'{"ver', b'sion"', b":3}\n", b""]


@pytest.mark.parametrize("breaks", ["reset", "refused", "reset-within"])
def test_broken_connection_is_an_error(fake: FakeCopr, breaks: Literal["reset", "refused", "reset-within"]) -> None:
    fake.faults.add({"breaks": breaks})
    with pytest.raises(ConnectionError):
        sent_by(fake.asgi, "GET", HOME)


@pytest.mark.parametrize("fault", [Fault(breaks="timeout"), Fault(delay=300)], ids=["timeout", "delay"])
def test_client_may_leave_before_a_response(fake: FakeCopr, fault: Fault) -> None:
    fake.faults.add(fault)
    assert sent_by(fake.asgi, "GET", HOME, piece(b""), leaves_after=0) == []


def test_client_may_leave_within_a_response(fake: FakeCopr) -> None:
    fake.faults.add({"dribble": {"bytes": 5, "every": 300}})
    assert len(sent_by(fake.asgi, "GET", HOME, piece(b""), leaves_after=2)) == 2


def test_uvicorn_serves_the_fake(fake: FakeCopr) -> None:
    config = uvicorn.Config(fake.asgi, port=0, log_level="error")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert eventually(lambda: server.started)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}{GET}"
            assert httpx.get(url, trust_env=False, verify=False).json()["state"] == "running"
        finally:
            server.should_exit = True
            thread.join()
