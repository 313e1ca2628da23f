"""Malformed requests are rejected, as strictly as by h11 and by nginx together."""

from __future__ import annotations

from collections.abc import Iterator

import h11
import pytest

from copr_chroot_fake.server.request import BodyWanted, Request
from copr_chroot_fake.wire.answer import Answer, json_answer

from .malformed_requests import MALFORMED
from .nginx import needs_nginx, running_nginx
from .served import Server, raw, running

CONFIGURATION = """
server {{
    listen PORT;
    location / {{
        proxy_pass {url};
        proxy_http_version 1.1;
        proxy_ignore_client_abort on;
    }}
}}
"""


def app(request: Request) -> BodyWanted:
    """Respond with 200 to every request with its whole body."""

    def respond(body: bytes) -> Answer:
        return json_answer(b"{}")

    return BodyWanted(respond)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(app) as url:
        yield Server(url)


@pytest.fixture(scope="module")
def nginx(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """nginx as a proxy in front of the server."""
    with running_nginx(tmp_path_factory.mktemp("nginx"), CONFIGURATION.format(url=server.url)) as proxy:
        yield proxy


def is_rejected(server: Server, data: bytes) -> bool:
    """Whether a server responds with an error to the last of the requests that it reads from data, or to none."""
    received = server.exchange(data)
    last = received.rpartition(b"HTTP/1.1 ")[2]
    return not last.startswith(b"200 ")


def is_rejected_by_h11(data: bytes) -> bool:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    connection.receive_data(b"")
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.EndOfMessage):
                if connection.trailing_data[0] == b"":
                    return False
                connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                connection.start_next_cycle()
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return True
    except h11.ProtocolError:
        return True


def test_table_has_a_hundred_requests() -> None:
    assert len(MALFORMED) >= 100


@pytest.mark.parametrize("data", [raw("GET", "/"), raw("POST", "/", b"abc")], ids=["get", "post"])
def test_valid_request_is_admitted(server: Server, data: bytes) -> None:
    assert not is_rejected(server, data)
    assert not is_rejected_by_h11(data)


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_request_is_rejected(server: Server, name: str) -> None:
    data, admitted, _ = MALFORMED[name]
    assert is_rejected(server, data) == (not admitted)


@needs_nginx
@pytest.mark.parametrize("name", [name for name, (_, _, stricter) in MALFORMED.items() if not stricter])
def test_h11_or_nginx_rejects_malformed_request(nginx: Server, name: str) -> None:
    """Stricter decisions of this server have a reason in the table."""
    data = MALFORMED[name][0]
    assert is_rejected_by_h11(data) or is_rejected(nginx, data)


@needs_nginx
def test_nginx_admits_valid_request(nginx: Server) -> None:
    assert not is_rejected(nginx, raw("POST", "/", b"abc"))
