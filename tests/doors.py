"""Every way to ask a fake, behind one function, so that one test serves for all."""

from __future__ import annotations

import asyncio
import http.client
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx
import httpx2
import requests

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.adapters.httpx2 import Httpx2Transport
from copr_chroot_fake.adapters.requests import answering_through_responses
from copr_chroot_fake.adapters.respx import answering_through_respx

from .served import running

COPR = httpx.URL("https://copr.fedorainfracloud.org")


class Response(NamedTuple):
    """What a client sees, whatever its library."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def allow(self) -> set[str] | None:
        return set(self.headers["allow"].split(", ")) if "allow" in self.headers else None


def without_servers_own(response: Response) -> Response:
    """A response without the headers that only a server adds."""
    return response._replace(headers={name: value for name, value in response.headers.items() if name != "date"})


class Ask(Protocol):
    def __call__(self, method: str, target: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
        """Send a request, with these headers beside those that the client sends anyway."""


Open = Callable[[FakeCopr], Ask]
"""Opens a door to a fake, for as long as a test runs."""


def credentials(login: str, token: str) -> str:
    """The value of Authorization with which clients log in."""
    return "Basic " + b64encode(f"{login}:{token}".encode()).decode()


def asking(fake: FakeCopr) -> Ask:
    """No door at all: the core."""

    def ask(method: str, target: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
        answer = fake.answer(method, target, headers)
        return Response(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)

    return ask


@contextmanager
def answer(fake: FakeCopr) -> Iterator[Ask]:
    yield asking(fake)


@contextmanager
def transport(fake: FakeCopr) -> Iterator[Ask]:
    with httpx.Client(transport=fake.transport, verify=False) as client:
        yield _asking_httpx(client)


@contextmanager
def async_transport(fake: FakeCopr) -> Iterator[Ask]:
    with _asking_async(fake.transport) as ask:
        yield ask


@contextmanager
def asgi(fake: FakeCopr) -> Iterator[Ask]:
    with _asking_async(httpx.ASGITransport(app=fake.asgi)) as ask:
        yield ask


@contextmanager
def respx_router(fake: FakeCopr) -> Iterator[Ask]:
    with answering_through_respx(fake.transport, str(COPR)), httpx.Client(verify=False) as client:
        yield _asking_httpx(client)


@contextmanager
def requests_mock(fake: FakeCopr) -> Iterator[Ask]:
    with answering_through_responses(fake, str(COPR)), requests.Session() as session:

        def ask(method: str, target: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
            # White space around a value is none of it on the wire; requests refuses it in front.
            sent = {name: value.strip(" ") for name, value in headers}
            got = session.request(method, f"{COPR}{target}", headers=sent, allow_redirects=False)
            return Response(got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.content)

        yield ask


@contextmanager
def httpx2_transport(fake: FakeCopr) -> Iterator[Ask]:
    with httpx2.Client(transport=Httpx2Transport(fake), verify=False) as client:

        def ask(method: str, target: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
            url = httpx2.URL(str(COPR)).copy_with(raw_path=target.encode())
            return _seen(client.request(method, url, headers=_encoded(headers)))

        yield ask


@contextmanager
def server(fake: FakeCopr) -> Iterator[Ask]:
    """A real server on loopback, in a thread."""
    with running_server(fake) as url, asking_over_http(url) as ask:
        yield ask


_ALL = {
    "answer": answer,
    "transport": transport,
    "async-transport": async_transport,
    "asgi": asgi,
    "respx": respx_router,
    "requests": requests_mock,
    "httpx2": httpx2_transport,
    "server": server,
}

DOORS = {name: _ALL[name] for name in os.environ.get("COPR_FAKE_DOORS", ",".join(_ALL)).split(",")}
"""Those that tests go through; fewer where they run for what is behind all of them, as for each mutant."""


def running_server(fake: FakeCopr) -> AbstractContextManager[str]:
    """The address of a server of nothing but a fake."""
    return running(fake.asgi)


@contextmanager
def asking_over_http(url: str) -> Iterator[Ask]:
    """One connection, on which targets are sent exactly as they are; another where it has been idle for long."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    used = time.monotonic()

    def ask(method: str, target: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
        nonlocal used
        if time.monotonic() - used > 1:
            # Before the server closes it, which need not be known here yet.
            connection.close()
        used = time.monotonic()
        connection.putrequest(method, target)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        got = connection.getresponse()
        return Response(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())

    yield ask
    connection.close()


@contextmanager
def _asking_async(transport: httpx.AsyncBaseTransport) -> Iterator[Ask]:
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(transport=transport, verify=False)

    def ask(method: str, target: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
        sent = client.request(method, _url(target), headers=_encoded(headers))
        return _seen(loop.run_until_complete(sent))

    yield ask
    loop.run_until_complete(client.aclose())
    loop.close()


def _asking_httpx(client: httpx.Client) -> Ask:
    def ask(method: str, target: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
        return _seen(client.request(method, _url(target), headers=_encoded(headers)))

    return ask


def _encoded(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as they are on the wire; httpx would take texts in ASCII only."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _url(target: str) -> httpx.URL:
    return COPR.copy_with(raw_path=target.encode())


def _seen(response: httpx.Response | httpx2.Response) -> Response:
    return Response(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )
