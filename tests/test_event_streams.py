"""Event streams of the control API: an event for each change of a world, while somebody listens."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from copr_chroot_fake import ControlError, CoprFakeControl, FakeCopr, FakeOptions
from copr_chroot_fake.control import events
from copr_chroot_fake.control.events import MIN_INTERVAL, WorldEvents
from copr_chroot_fake.control.worlds import InitialConfig
from copr_chroot_fake.engine.clock import SystemClock
from copr_chroot_fake.server import connection as protocol

from .chroots import F41
from .control.clients import READS
from .served import HOME, Server, Start, Threaded, Wire, eventually, raw, serving
from .worlds import fake_of

EVENTS = "/_fake/events"


@pytest.fixture
def server() -> Iterator[Threaded]:
    with serving(InitialConfig(options=FakeOptions(progress="manual"))) as server:
        yield server


@pytest.fixture
def control(server: Threaded) -> Iterator[CoprFakeControl]:
    with CoprFakeControl(server.url) as control:
        yield control


CHANGES: dict[str, Callable[[Threaded, FakeCopr], object]] = {
    "python": lambda _, fake: fake.add_build([F41]),
    "fault": lambda _, fake: fake.faults.add("outage"),
    "rule": lambda _, fake: fake.on_submit(lifecycle="fails"),
    "clock": lambda _, fake: fake.clock.tick(1),
    "request": lambda server, _: server.get(HOME),
    "call": lambda server, _: server.control("DELETE", "/requests"),
    "reset": lambda server, _: server.control("POST", "/reset"),
}


@pytest.mark.slow
@pytest.mark.parametrize("cause", CHANGES)
def test_event_follows_each_change(server: Threaded, control: CoprFakeControl, cause: str) -> None:
    events = control.events()
    event = next(events)
    assert (event["name"], event["builds"], event["faults"]) == ("", 0, 0)
    CHANGES[cause](server, fake_of(server.worlds.main))
    assert next(events)["now"] >= event["now"]


def test_reading_causes_no_event(server: Threaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a page that reads after each event would never rest."""
    monkeypatch.setattr(events, "MIN_INTERVAL", 0.01)
    monkeypatch.setattr(events, "MAX_SILENCE", 0.05)
    fake = fake_of(server.worlds.main)
    fake.add_build([F41], id=1)
    fake.faults.add({"breaks": "refused", "after": 1000})
    with listening(server) as wire:
        assert received(wire, 2)[-1] == ":"
        for path in READS:
            server.call("GET", f"/_fake{path.format(build_id=1, chrootname=F41, world='none')}")
        assert {*received(wire, 3)} == {":"}


def test_events_of_many_changes_are_combined(server: Threaded, control: CoprFakeControl) -> None:
    fake, events = fake_of(server.worlds.main), control.events()
    next(events)
    began = time.monotonic()
    for _ in range(200):
        fake.add_build([F41])
    count = 1
    while next(events)["builds"] < 200:
        count += 1
    assert count <= 2 + (time.monotonic() - began) / MIN_INTERVAL


def test_stream_follows_the_fakes_of_a_world(server: Threaded, control: CoprFakeControl) -> None:
    """After a reset, changes of the old fake cause no events."""
    before, events = fake_of(server.worlds.main), control.events()
    next(events)
    server.control("POST", "/reset")
    next(events)
    before.add_build([F41])
    fake_of(server.worlds.main).faults.add("outage")
    event = next(events)
    assert (event["builds"], event["faults"]) == (0, 1)


def test_event_follows_each_automatic_transition(server: Threaded, control: CoprFakeControl) -> None:
    """On the system's clock, without any call; there are no events after the last one."""
    fake = FakeCopr(clock=SystemClock(speed=200), progress="clock")
    fake.add_build([F41], id=1)
    server.worlds.replace("fast", InitialConfig(), fake.service)
    world = control.world("fast")
    seen = []
    for _ in world.events():
        seen.append(world.build(1)["state"])
        if seen[-1] == "succeeded":
            break
    assert 1 < len(seen) < 10


@pytest.mark.parametrize("is_paused", [False, True])
def test_silent_stream_is_kept_alive(server: Threaded, monkeypatch: pytest.MonkeyPatch, is_paused: bool) -> None:
    """By comments, also while the clock is paused; the limit of idle connections does not apply."""
    if is_paused:
        clock = fake_of(server.worlds.main).clock
        assert isinstance(clock, SystemClock)
        clock.pause()
    monkeypatch.setattr(events, "MAX_SILENCE", 0.05)
    monkeypatch.setattr(protocol, "KEEP_ALIVE_TIMEOUT", 0.01)
    with listening(server) as wire:
        assert received(wire, 5)[1:5] == [":"] * 4
        fake_of(server.worlds.main).add_build([F41])
        assert eventually(lambda: any('"builds": 1' in event for event in received(wire, 1)))


def listening(server: Server) -> Wire:
    """Open a stream; return it after its head."""
    wire = server.connect()
    wire.send(raw("GET", server.prefix + EVENTS))
    while b"\r\n\r\n" not in wire.got:
        wire.got += wire.socket.recv(65536)
    head, _, wire.got = wire.got.partition(b"\r\n\r\n")
    assert b"content-type: text/event-stream\r\n" in head
    return wire


def received(wire: Wire, count: int) -> list[str]:
    """Return the received events and comments that were not returned yet, at least ``count``."""
    while wire.got.count(b"\n\n") < count:
        wire.got += wire.socket.recv(65536)
    *events, wire.got = wire.got.split(b"\n\n")
    return [event.decode() for event in events]


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_deleted_world_ends_its_stream(server: Threaded, control: CoprFakeControl, method: str) -> None:
    """Or one that is replaced; the next stream is that of the new world."""
    events = control.create_world("w").events()
    next(events)
    server.control(method, "/worlds/w", {} if method == "PUT" else None)
    assert list(events) == []
    assert next(control.world("w").events())["name"] == "w"


def test_stream_creates_a_world(server: Threaded, control: CoprFakeControl) -> None:
    """Like any other call."""
    assert next(control.world("new").events())["name"] == "new"
    assert [world["name"] for world in control.worlds()] == ["new"]


def test_head_has_no_events(server: Threaded) -> None:
    reply = server.call("HEAD", EVENTS)
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "text/event-stream", b"")


def test_failing_stream_is_ended(server: Threaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like any response during which the server fails."""
    monkeypatch.setattr(WorldEvents, "read", lambda self: 1 / 0)
    assert server.call("GET", EVENTS).body == b""
    assert server.get(HOME)


def test_stream_waits_for_a_slow_client(server: Threaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are not kept for it: in the end, it reads few of them."""
    monkeypatch.setattr(events, "MIN_INTERVAL", 0)
    monkeypatch.setattr(WorldEvents, "read", lambda self: b"data: " + b"x" * 2**20 + b"\n\n")
    with listening(server) as wire:
        for _ in range(200):
            server.get(HOME)
        monkeypatch.setattr(WorldEvents, "read", lambda self: None)
        server.control("DELETE", "/requests")
        assert len(wire.rest()) < 40 * 2**20


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_server_with_streams(start: Start, signum: signal.Signals) -> None:
    """At once, also those whose clients do not read."""
    served = start()
    with ExitStack() as clients:
        for _ in range(3):
            clients.enter_context(listening(served))
        assert served.end(signum) == (0, "", "")


def test_stream_requires_the_token(start: Start) -> None:
    served = start("--control-token", "s3cret")
    with CoprFakeControl(served.url) as control, pytest.raises(ControlError, match="control token") as raised:
        next(control.events())
    assert raised.value.status == 401
    with CoprFakeControl(served.url, token="s3cret") as control:
        assert next(control.events())["name"] == ""
        served.end()
        with pytest.raises(ControlError):
            next(control.events())
