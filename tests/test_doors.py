"""The doors themselves: what each has to stand beyond passing on requests."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest
import requests

from copr_chroot_fake import FakeCopr, InputError
from copr_chroot_fake.adapters.requests import answering_through_responses
from copr_chroot_fake.adapters.respx import answering_through_respx


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build(["fedora-41-x86_64"], id=1)
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
    assert b"Chroot fedora-\\ud83d\\ude00-x86_64 does not exist" in bytes(body["body"])  # type: ignore[call-overload]  # the body of a message of ASGI


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
        "fake = FakeCopr(); fake.add_build(['fedora-41-x86_64'], id=1); fake.asgi\n"
        "assert fake.answer('GET', '/api_3/build-chroot/list?build_id=1').status == 200\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["copr_chroot_fake"]


Get = Callable[[str], int | None]
"""The status with which an address is answered; ``None`` where it is not the fake's."""

F41 = "fedora-41-x86_64"

Door = Callable[..., AbstractContextManager[Get]]


@contextmanager
def through_respx(fake: FakeCopr, *addresses: str) -> Iterator[Get]:
    def get(url: str) -> int | None:
        try:
            return client.get(url).status_code
        except AssertionError:
            return None

    with answering_through_respx(fake.transport, *addresses), httpx.Client(verify=False) as client:
        yield get


@contextmanager
def through_requests(fake: FakeCopr, *addresses: str) -> Iterator[Get]:
    def get(url: str) -> int | None:
        try:
            return requests.get(url, timeout=1).status_code
        except requests.ConnectionError:
            return None

    with answering_through_responses(fake, *addresses):
        yield get


def test_a_fake_is_served_as_long_as_it_is_said() -> None:
    """With its results, at an address of its own."""
    fake = FakeCopr(serve_results=True)
    build = fake.add_build({F41: "succeeded"}, id=1)
    with fake.serving() as url, httpx.Client() as client:
        assert client.get(f"{url}/api_3/build-chroot/1/{F41}").json()["result_url"] == build[F41].result_url
        assert client.get(f"{build[F41].result_url}success").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with fake.answering_httpx():
        assert httpx.get(f"{build[F41].result_url}success").status_code == 200


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("copr.example", "is no address; expected one such as http://"),
        ("ftp://copr.example", "is no address; expected one such as http://"),
        ("http://copr.example/prefix", "is more than a server; expected scheme, host and port only"),
    ],
)
def test_what_is_no_server_answers_nothing(url: str, message: str) -> None:
    """The error says what one looks like."""
    for answering in (FakeCopr().answering_httpx, FakeCopr().answering_requests):
        with pytest.raises(InputError, match=f"^url: '{url}' {message}"), answering(url):
            pass


at_an_address = pytest.mark.parametrize("door", [through_respx, through_requests])


@at_an_address
@pytest.mark.parametrize(
    ("address", "asked", "status"),
    [
        ("https://copr.example", "https://copr.example:443", 200),
        ("https://copr.example:443", "https://copr.example", 200),
        ("http://copr.example:80", "http://copr.example", 200),
        ("https://copr.example", "https://copr.example:8443", None),
        ("https://copr.example:8443", "https://copr.example", None),
        ("https://copr.example", "http://copr.example", None),
        ("https://copr.example", "https://copr.example.org", None),
        ("HTTPS://Copr.Example/", "https://copr.example", 200),
        ("https://copr.example", "https://COPR.example", 200),
        ("https://c\N{LATIN SMALL LETTER O WITH DIAERESIS}pr.example", "https://xn--cpr-sna.example", 200),
        ("https://copr.example", "https://jdoe:secret@copr.example", 200),
        ("http://[::1]", "http://[::1]:80", 200),
        ("https://copr.example/results", "https://copr.example", 200),
    ],
)
def test_an_address_is_the_same_however_it_is_written(
    fake: FakeCopr,
    door: Door,
    address: str,
    asked: str,
    status: int | None,
) -> None:
    """A door to an address is one to its scheme, host and port, and to no other."""
    with door(fake, address) as get:
        assert get(f"{asked}/api_3/") == status


@at_an_address
def test_a_door_can_be_one_to_several_addresses(fake: FakeCopr, door: Door) -> None:
    """As results are at another one."""
    with door(fake, "https://copr.example", "https://download.example/results") as get:
        assert [get("https://copr.example/api_3/"), get("https://download.example/api_3/")] == [200, 200]
        assert get("https://other.example/") is None


@pytest.mark.parametrize("pattern", [{}, {"scheme": "https", "host": "copr.example", "port": 443}], ids=str)
def test_any_route_of_a_tests_own_goes_first(fake: FakeCopr, pattern: dict[str, Any]) -> None:
    """One for everything too, and one for all of the address, which the fake has a route for."""
    with answering_through_respx(fake.transport, "https://copr.example") as router:
        router.route(**pattern).respond(503)
        assert httpx.get("https://copr.example/api_3/").status_code == 503


def test_any_response_of_a_tests_own_goes_first(fake: FakeCopr) -> None:
    """One for everything too."""
    with answering_through_responses(fake, "https://copr.example") as mock:
        mock.get(re.compile(""), status=503)
        assert requests.get("https://copr.example/api_3/", timeout=1).status_code == 503
