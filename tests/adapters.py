"""Every adapter behind one function signature, so that one test covers them all."""

from __future__ import annotations

import asyncio
import http.client
import os
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import httpx2
import requests

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.server.app import ServedApp
from copr_chroot_fake.verify.comparison import Response

from .served import running

COPR = httpx.URL("https://copr.fedorainfracloud.org")

Headers = Sequence[tuple[str, str]]


def without_date(response: Response) -> Response:
    """Remove the header that only a server adds."""
    return response._replace(headers={name: value for name, value in response.headers.items() if name != "date"})


class SendRequest(Protocol):
    def __call__(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:
        """Send a request; ``headers`` are sent in addition to the client's own."""


OpenAdapter = Callable[[FakeCopr], SendRequest]
"""Connects a client to a fake for the duration of a test."""


def credentials(login: str, token: str) -> str:
    """Return the value of the Authorization header."""
    return "Basic " + b64encode(f"{login}:{token}".encode()).decode()


def authorization(user: str) -> str:
    """Return the header's value of a user in the scenarios of the recordings."""
    return credentials(f"{user}-login", f"{user}-token")


def direct_client(fake: FakeCopr) -> SendRequest:
    """Send requests to the core, without an adapter."""

    def send(method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:
        answer = fake.answer(method, target, headers, body)
        return Response(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)

    return send


@contextmanager
def answer(fake: FakeCopr) -> Iterator[SendRequest]:
    yield direct_client(fake)


@contextmanager
def transport(fake: FakeCopr) -> Iterator[SendRequest]:
    with httpx.Client(transport=fake.transport, verify=False) as client:
        yield _httpx_sender(client)


@contextmanager
def async_transport(fake: FakeCopr) -> Iterator[SendRequest]:
    with _async_sender(fake.transport) as send:
        yield send


@contextmanager
def asgi(fake: FakeCopr) -> Iterator[SendRequest]:
    with _async_sender(httpx.ASGITransport(app=fake.asgi)) as send:
        yield send


@contextmanager
def mock_httpx(fake: FakeCopr) -> Iterator[SendRequest]:
    with fake.mock_httpx(), httpx.Client(verify=False) as client:
        yield _httpx_sender(client)


@contextmanager
def mock_httpx2(fake: FakeCopr) -> Iterator[SendRequest]:
    with fake.mock_httpx2(), httpx2.Client(verify=False) as client:

        def send(method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:
            url = httpx2.URL(str(COPR)).copy_with(raw_path=target.encode())
            return _response(client.request(method, url, headers=_encode(headers), content=body or None))

        yield send


@contextmanager
def mock_requests(fake: FakeCopr) -> Iterator[SendRequest]:
    with fake.mock_requests(), requests.Session() as session:

        def send(method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:
            # White space around a value is not part of it on the wire; requests rejects leading white space.
            stripped = {name: value.strip(" ") for name, value in headers}
            got = session.request(method, f"{COPR}{target}", headers=stripped, data=body, allow_redirects=False)
            return Response(got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.content)

        yield send


@contextmanager
def server(fake: FakeCopr) -> Iterator[SendRequest]:
    """Use a real server on loopback, in a thread."""
    with running_server(fake) as url, http_client(url) as send:
        yield send


@contextmanager
def proxy(fake: FakeCopr) -> Iterator[SendRequest]:
    """Use Copr's own address, through a tunnel of the fake's proxy and with its certificate."""
    with fake.proxying() as proxy:
        address, trusting = urlsplit(proxy.url), ssl.create_default_context(cafile=proxy.certificate_file)
        connection = http.client.HTTPSConnection(address.hostname or "", address.port, timeout=10, context=trusting)
        connection.set_tunnel(COPR.host, 443)
        with _http_sender(connection) as send:
            yield send


_ALL = {
    "answer": answer,
    "transport": transport,
    "async-transport": async_transport,
    "asgi": asgi,
    "mock_httpx": mock_httpx,
    "mock_httpx2": mock_httpx2,
    "mock_requests": mock_requests,
    "server": server,
    "proxy": proxy,
}

ADAPTERS = {name: _ALL[name] for name in os.environ.get("COPR_FAKE_ADAPTERS", ",".join(_ALL)).split(",")}
"""The adapters to test. The environment can restrict them, as mutation tests do, which only need the core."""


def running_server(fake: FakeCopr) -> AbstractContextManager[str]:
    """Serve one fake, without control API and worlds; the value is the server's URL."""
    return running(ServedApp(Worlds(InitialConfig(), service=fake.service), None))


@contextmanager
def http_client(url: str) -> Iterator[SendRequest]:
    """Send request targets exactly as given."""
    address = urlsplit(url)
    with _http_sender(http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)) as send:
        yield send


@contextmanager
def _http_sender(connection: http.client.HTTPConnection) -> Iterator[SendRequest]:
    """Send requests on one connection, which is renewed when it has been idle."""
    last_used = time.monotonic()

    def send(method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:
        nonlocal last_used
        if time.monotonic() - last_used > 1:
            # The server closes idle connections, and the client may not have noticed yet.
            connection.close()
        last_used = time.monotonic()
        connection.putrequest(method, target)
        for name, value in headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        got = connection.getresponse()
        return Response(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())

    yield send
    connection.close()


@contextmanager
def _async_sender(transport: httpx.AsyncBaseTransport) -> Iterator[SendRequest]:
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(transport=transport, verify=False)

    def send(method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:
        request = client.request(method, _url(target), headers=_encode(headers), content=body or None)
        return _response(loop.run_until_complete(request))

    yield send
    loop.run_until_complete(client.aclose())
    loop.close()


def _httpx_sender(client: httpx.Client) -> SendRequest:
    def send(method: str, target: str, headers: Headers = (), body: bytes = b"") -> Response:
        return _response(client.request(method, _url(target), headers=_encode(headers), content=body or None))

    return send


def _encode(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Encode headers as on the wire; httpx would accept only ASCII in strings."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _url(target: str) -> httpx.URL:
    return COPR.copy_with(raw_path=target.encode())


def _response(response: httpx.Response | httpx2.Response) -> Response:
    return Response(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )
