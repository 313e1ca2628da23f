"""Requests that create a world, and requests that do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.server.app import ControlAdapter, ServedApp
from copr_chroot_fake.server.guard import Guard

from .served import HOME, Threaded, raw, running
from .worlds import fake_of

TOKEN = "a-token"
MAX_WORLDS = 3
HOST = "Host: localhost"
AUTHORIZED = f"Authorization: Bearer {TOKEN}"


@pytest.fixture(scope="module")
def server() -> Iterator[Threaded]:
    """A server with a control token and room for a few worlds."""
    worlds = Worlds(InitialConfig(), MAX_WORLDS)
    control = ControlAdapter(worlds, InitialConfig(), Guard("0.0.0.0", TOKEN), max_body=100)
    with running(ServedApp(worlds, control)) as url:
        yield Threaded(url, worlds)


@pytest.fixture(autouse=True)
def empty(server: Threaded) -> None:
    """Start each test without named worlds."""
    for world in server.worlds:
        server.worlds.delete(world.name)


def status_of(server: Threaded, request: str, *headers: str, body: str = "") -> int:
    """Return the status of the response; ``W`` stands for a world that does not exist."""
    lines = [f"{request.replace(' W', ' /worlds/new')} HTTP/1.1", *headers]
    lines += [f"Content-Length: {len(body)}"] * bool(body)
    with server.connect() as wire:
        wire.send("\r\n".join([*lines, "", body]).encode())
        head = wire.socket.recv(65536)
    return int(head.split()[1])


REJECTED: list[tuple[int, str, list[str], str]] = [
    (401, "GET W/_fake/clock", [HOST], ""),
    (401, "GET W/_fake/clock", [HOST, "Authorization: Bearer wrong"], ""),
    (401, "PUT W/_fake/scenario", [HOST], "{}"),
    (403, "GET W/_fake/clock", ["Host: evil.example"], ""),
    (403, "GET W/_fake/clock", [HOST, AUTHORIZED, "Origin: http://evil.example"], ""),
    (403, "POST W/_fake/reset", [HOST, AUTHORIZED, "Sec-Fetch-Site: cross-site"], ""),
    (403, "GET W/_fake/health", [HOST, "Sec-Fetch-Site: cross-site"], ""),
    (413, "PUT W/_fake/scenario", [HOST, AUTHORIZED], "x" * 101),
    (404, "GET W/_fake/nothing", [HOST, AUTHORIZED], ""),
    (404, "GET W/_fake/builds/7", [HOST, AUTHORIZED], ""),
    (405, "DELETE W/_fake/clock", [HOST, AUTHORIZED], ""),
    (409, "POST W/_fake/save", [HOST, AUTHORIZED], ""),
    (422, "POST W/_fake/seed", [HOST, AUTHORIZED], "{"),
    (422, "PATCH W/_fake/clock", [HOST, AUTHORIZED], '{"speed": -1}'),
    (422, "PUT W/_fake/scenario", [HOST, AUTHORIZED], '{"builds": 7}'),
    (404, "GET /worlds/a%20b/_fake/clock", [HOST, AUTHORIZED], ""),
    (404, "GET /worlds/a%20b/api_3/", [HOST], ""),
    (400, "G\0T W/api_3/", [HOST], ""),
    (400, "GET W/api_3/", [HOST, "Content-Length: x"], ""),
    (403, "GET W/api_3/", [HOST, "Sec-Fetch-Site: cross-site"], ""),
    (403, "GET W/api_3/", [HOST, "Origin: http://evil.example"], ""),
]


@pytest.mark.parametrize(("status", "request_line", "headers", "body"), REJECTED)
def test_rejected_request_creates_no_world(
    server: Threaded, status: int, request_line: str, headers: list[str], body: str
) -> None:
    """Whichever form of its address is used."""
    for short in (False, True):
        sent = request_line.replace(" W", " /@new") if short else request_line
        assert status_of(server, sent, *headers, body=body) == status
    assert len(server.worlds) == 0


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/"])
def test_paths_without_token_create_no_world(server: Threaded, path: str) -> None:
    """They are answered as for a world in its initial state."""
    for headers in ([HOST], [HOST, AUTHORIZED]):
        assert status_of(server, f"GET W/_fake{path}", *headers) == 200
    assert len(server.worlds) == 0


CREATING: list[tuple[int, str, list[str], str]] = [
    (200, "GET W/api_3/", [], ""),
    (404, "GET W/api_3/build-chroot/7/fedora-41-x86_64", [HOST], ""),
    (405, "POST W/api_3/", [HOST], ""),
    (200, "GET W/_fake/clock", [HOST, AUTHORIZED], ""),
    (200, "HEAD W/_fake/clock", [HOST, AUTHORIZED], ""),
    (204, "POST W/_fake/seed", [HOST, AUTHORIZED], '{"seed": 7}'),
    (200, "PUT W/_fake/scenario", [HOST, AUTHORIZED], '{"builds": [{"id": 1}]}'),
]


@pytest.mark.parametrize(("status", "request_line", "headers", "body"), CREATING)
def test_accepted_request_creates_the_world(
    server: Threaded, status: int, request_line: str, headers: list[str], body: str
) -> None:
    """A request to its Copr with any response, or a successful control call."""
    assert status_of(server, request_line, *headers, body=body) == status
    (world,) = server.worlds
    assert world.name == "new"
    assert fake_of(world).seed == (7 if "seed" in body else 0)
    assert list(fake_of(world).builds) == ([1] if "builds" in body else [])
    assert [request.method for request in fake_of(world).requests] == [request_line.split()[0]] * (
        "api_3" in request_line
    )


def test_deleted_world_is_not_created_again(server: Threaded) -> None:
    """Nor does a world replace the one that its own control API has created."""
    assert status_of(server, "GET W/api_3/", HOST) == 200
    assert status_of(server, "DELETE W/_fake/worlds/new", HOST, AUTHORIZED) == 204
    assert len(server.worlds) == 0
    assert status_of(server, "PUT W/_fake/worlds/new", HOST, AUTHORIZED, body='{"seed": 7}') == 200
    assert [fake_of(world).seed for world in server.worlds] == [7]


def test_world_may_appear_while_a_body_is_received(server: Threaded) -> None:
    """The call changes the world that exists when its body is complete."""
    call = raw("POST", "/worlds/new/_fake/seed", b'{"seed": 7}', Authorization=f"Bearer {TOKEN}")
    with server.connect() as wire:
        wire.send(call[:-1])
        assert status_of(server, "GET W/api_3/", HOST) == 200
        wire.send(call[-1:])
        assert wire.reply().status == 204
    (world,) = server.worlds
    assert (fake_of(world).seed, len(fake_of(world).requests)) == (7, 1)


def test_limit_holds_for_calls_that_create_others(server: Threaded) -> None:
    """A call that creates another world takes the last place before its own world can."""
    for number in range(MAX_WORLDS - 1):
        assert status_of(server, f"GET /worlds/w{number}{HOME}", HOST) == 200
    assert status_of(server, "PUT W/_fake/worlds/last", HOST, AUTHORIZED, body="{}") == 200
    assert [world.name for world in server.worlds] == ["w0", "w1", "last"]
    for path in (HOME, "/_fake/clock"):
        assert status_of(server, f"GET W{path}", HOST, AUTHORIZED) == 503
