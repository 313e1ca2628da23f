"""Details of adapters: ASGI, addresses, and routes that tests add."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import httpx2
import pytest
import requests

from copr_chroot_fake import FakeCopr, InputError
from copr_chroot_fake.adapters.httpx2 import Httpx2Mocker
from copr_chroot_fake.adapters.requests import mock_requests
from copr_chroot_fake.adapters.respx import mock_httpx

from .chroots import F41


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    return fake


def run_asgi(fake: FakeCopr, scope: Mapping[str, object], *received: str) -> list[dict[str, object]]:
    """Send messages of the types ``received`` to the ASGI application; return its messages."""
    sent: list[dict[str, object]] = []
    messages = iter(received)

    async def receive() -> Mapping[str, object]:
        return {"type": next(messages)}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asyncio.run(fake.asgi(scope, receive, send))
    return sent


def test_asgi_acknowledges_startup_and_shutdown(fake: FakeCopr) -> None:
    sent = run_asgi(fake, {"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown")
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_asgi_rejects_websockets(fake: FakeCopr) -> None:
    with pytest.raises(ValueError, match="speaks HTTP, not websocket"):
        run_asgi(fake, {"type": "websocket"})


def test_asgi_works_without_a_raw_path(fake: FakeCopr) -> None:
    """The raw path is optional in ASGI; the decoded path replaces it."""
    path = "/api_3/build-chroot/1/fedora-\N{GRINNING FACE}-x86_64"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
    start, body = run_asgi(fake, scope)
    assert start["status"] == 404
    assert b"Chroot fedora-\\ud83d\\ude00-x86_64 does not exist" in bytes(body["body"])  # type: ignore[call-overload]  # the body of an ASGI message is bytes


def test_one_transport_serves_many_clients_and_hosts(fake: FakeCopr) -> None:
    """Closing a client does not close the fake to others."""
    for host in ("https://copr.fedorainfracloud.org", "http://localhost:5000"):
        with httpx.Client(transport=fake.transport, base_url=host) as client:
            assert client.get(f"/api_3/build-chroot/1/{F41}").json()["name"] == F41


def test_request_body_is_ignored(fake: FakeCopr) -> None:
    """A method with a body is rejected for the method, however long the body is."""
    with httpx.Client(transport=fake.transport, base_url="https://copr.example") as client:
        assert client.post("/api_3/build-chroot/list", content=b"x" * 1_000_000).status_code == 405


@pytest.mark.slow
def test_core_imports_only_the_standard_library() -> None:
    """A fake without an adapter needs no client, no server and no test runner."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from copr_chroot_fake import FakeCopr\n"
        "fake = FakeCopr(); fake.add_build(['fedora-41-x86_64'], id=1); fake.asgi\n"
        "assert fake.answer('GET', '/api_3/build-chroot/list?build_id=1').status == 200\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["copr_chroot_fake"]


GetStatus = Callable[[str], int | None]
"""Requests a URL; returns the status, or ``None`` if the fake does not answer it."""

Mock = Callable[..., AbstractContextManager[GetStatus]]


@contextmanager
def httpx_mock(fake: FakeCopr, *urls: str) -> Iterator[GetStatus]:
    def get(url: str) -> int | None:
        try:
            return httpx.get(url, verify=False).status_code
        except AssertionError:
            return None

    with mock_httpx(fake.transport._responder, *urls):  # noqa: SLF001  # FakeCopr has no option for several addresses
        yield get


@contextmanager
def httpx2_mock(fake: FakeCopr, *urls: str) -> Iterator[GetStatus]:
    def get(url: str) -> int | None:
        try:
            return httpx2.get(url).status_code
        except AssertionError:
            return None

    with mock_httpx(fake.transport._responder, *urls, using=Httpx2Mocker.name):  # noqa: SLF001  # as above
        yield get


@contextmanager
def requests_mock(fake: FakeCopr, *urls: str) -> Iterator[GetStatus]:
    def get(url: str) -> int | None:
        try:
            return requests.get(url, timeout=1).status_code
        except requests.ConnectionError:
            return None

    with mock_requests(fake.transport._responder, *urls):  # noqa: SLF001  # as above
        yield get


def test_server_stops_at_the_end_of_the_block() -> None:
    """Results are served too, at another address."""
    fake = FakeCopr()
    build = fake.add_build({F41: "succeeded"}, id=1)
    with fake.serving() as url, httpx.Client() as client:
        assert client.get(f"{url}/api_3/build-chroot/1/{F41}").json()["result_url"] == build[F41].result_url
        assert client.get(f"{build[F41].result_url}success").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with fake.mock_httpx():
        assert httpx.get(f"{build[F41].result_url}success").status_code == 200


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("copr.example", "is not an address; expected one such as http://"),
        ("ftp://copr.example", "is not an address; expected one such as http://"),
        ("http://copr.example/prefix", "is more than a server; expected scheme, host and port only"),
    ],
)
def test_mock_rejects_a_url_that_is_no_server(url: str, message: str) -> None:
    """The error shows what a valid one looks like."""
    fake = FakeCopr()
    for mock in (fake.mock_httpx, fake.mock_httpx2, fake.mock_requests):
        with pytest.raises(InputError, match=f"^url: '{url}' {message}"), mock(url):
            pass


each_mock = pytest.mark.parametrize("mock", [httpx_mock, httpx2_mock, requests_mock])


@each_mock
@pytest.mark.parametrize(
    ("url", "requested", "status"),
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
def test_mock_answers_one_scheme_host_and_port(
    fake: FakeCopr, mock: Mock, url: str, requested: str, status: int | None
) -> None:
    """In any notation of the URL."""
    with mock(fake, url) as get:
        assert get(f"{requested}/api_3/") == status


@each_mock
def test_mock_can_answer_several_servers(fake: FakeCopr, mock: Mock) -> None:
    """Results have another address than the API."""
    with mock(fake, "https://copr.example", "https://download.example/results") as get:
        assert [get("https://copr.example/api_3/"), get("https://download.example/api_3/")] == [200, 200]
        assert get("https://other.example/") is None


@pytest.mark.parametrize("pattern", [{}, {"scheme": "https", "host": "copr.example", "port": 443}], ids=str)
def test_routes_of_a_test_take_precedence(fake: FakeCopr, pattern: dict[str, Any]) -> None:
    """Even a route for everything, and one that equals the fake's own."""
    for mock, library in ((fake.mock_httpx, httpx), (fake.mock_httpx2, httpx2)):
        with mock("https://copr.example") as router:
            router.route(**pattern).respond(503)
            assert library.get("https://copr.example/api_3/").status_code == 503


def test_responses_of_a_test_take_precedence(fake: FakeCopr) -> None:
    """Even a response for everything."""
    with fake.mock_requests("https://copr.example") as mock:
        mock.get(re.compile(""), status=503)
        assert requests.get("https://copr.example/api_3/", timeout=1).status_code == 503


@pytest.mark.parametrize(
    ("mock", "get"),
    [
        (FakeCopr.mock_httpx, httpx.get),
        (FakeCopr.mock_httpx2, httpx2.get),
        (FakeCopr.mock_requests, requests.get),
    ],
)
def test_innermost_of_nested_mocks_answers(fake: FakeCopr, mock: Callable[..., Any], get: Callable[..., Any]) -> None:
    """At the same URL; at its end the outer one answers again."""
    other, url = FakeCopr(), "https://copr.fedorainfracloud.org/api_3/build-chroot/1/" + F41
    with mock(fake):
        with mock(other):
            assert get(url).status_code == 404
        assert get(url).status_code == 200


def test_httpx2_router_passes_requests_on(fake: FakeCopr) -> None:
    """With their bodies, which the router has read before."""
    received: list[bytes] = []

    async def pieces() -> Any:
        yield b"async"

    async def post(url: str) -> None:
        async with httpx2.AsyncClient() as client:
            await client.post(url, content=pieces())

    def answer(request: httpx.Request) -> httpx.Response:
        received.append(request.content)
        return httpx.Response(204)

    with fake.serving() as url, fake.mock_httpx2() as router:
        router.route(host="127.0.0.1").pass_through()
        router.route(host="echo.example").mock(side_effect=answer)
        assert httpx2.post(f"{url}/api_3/", content=iter([b"sync"])).status_code == 405
        httpx2.post("https://echo.example/", content=iter([b"sync"]))
        asyncio.run(post("https://echo.example/"))
        asyncio.run(post(f"{url}/api_3/"))
    assert received == [b"sync", b"async"]


def test_httpx2_router_converts_errors_of_routes(fake: FakeCopr) -> None:
    """A side effect is an error of httpx, as respx requires."""
    with fake.mock_httpx2() as router:
        router.get("https://slow.example/").mock(side_effect=httpx.ReadTimeout)
        with pytest.raises(httpx2.ReadTimeout) as raised:
            httpx2.get("https://slow.example/")
    assert raised.value.request.url == "https://slow.example/"
