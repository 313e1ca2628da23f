"""The doors themselves: what each has to stand beyond passing on requests."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping

import httpx
import pytest

from copr_chroot_fake import FakeCopr


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build(1, ["fedora-41-x86_64"])
    return fake


def talk(fake: FakeCopr, scope: Mapping[str, object], *received: str) -> list[dict[str, object]]:
    """What the ASGI application sends when it receives messages of those types."""
    sent: list[dict[str, object]] = []
    messages = iter(received)

    async def receive() -> Mapping[str, object]:
        return {"type": next(messages)}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asyncio.run(fake.asgi(scope, receive, send))
    return sent


def test_asgi_takes_part_in_the_servers_life(fake: FakeCopr) -> None:
    """Startup and shutdown are acknowledged."""
    sent = talk(fake, {"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown")
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_asgi_refuses_what_is_not_http(fake: FakeCopr) -> None:
    """A websocket is refused by name."""
    with pytest.raises(ValueError, match="speaks HTTP, not websocket"):
        talk(fake, {"type": "websocket"})


def test_asgi_answers_servers_that_give_no_raw_path(fake: FakeCopr) -> None:
    """The raw path is optional in ASGI; the decoded one does then."""
    path = "/api_3/build-chroot/1/fedora-\N{GRINNING FACE}-x86_64"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
    start, body = talk(fake, scope)
    assert start["status"] == 404
    assert b"Chroot fedora-\\ud83d\\ude00-x86_64 does not exist" in bytes(body["body"])  # type: ignore[call-overload]


def test_one_transport_serves_many_clients(fake: FakeCopr) -> None:
    """Closing a client does not close the fake to others, and every host is answered."""
    url = "/api_3/build-chroot/1/fedora-41-x86_64"
    for host in ("https://copr.fedorainfracloud.org", "http://localhost:5000"):
        with httpx.Client(transport=fake.transport, base_url=host) as client:
            assert client.get(url).json()["name"] == "fedora-41-x86_64"


def test_a_request_body_is_no_hindrance(fake: FakeCopr) -> None:
    """A method with a body is refused for the method, however long the body."""
    with httpx.Client(transport=fake.transport, base_url="https://copr.example") as client:
        assert client.post("/api_3/build-chroot/list", content=b"x" * 1_000_000).status_code == 405


def test_the_core_imports_nothing_but_the_standard_library() -> None:
    """A fake that is asked directly needs no client, no server and no test runner."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from copr_chroot_fake import FakeCopr\n"
        "fake = FakeCopr(); fake.add_build(1, ['fedora-41-x86_64']); fake.asgi\n"
        "assert fake.answer('GET', '/api_3/build-chroot/list?build_id=1').status == 200\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["copr_chroot_fake"]
