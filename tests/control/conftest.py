"""Clients of the control API of new worlds with a paused clock, in process and over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from copr_chroot_fake import FakeCopr, SystemClock

from ..served import Threaded, serving
from .clients import Control, control_of_held, fresh_control, over_http, paused


@pytest.fixture(scope="package")
def served() -> Iterator[Threaded]:
    with serving() as served:
        yield served


@pytest.fixture
def open_control(request: pytest.FixtureRequest) -> Callable[[str], Control]:
    """Open the control API, in process or through a server, of the main world or a named one."""

    def open_control(way: str) -> Control:
        transport, _, name = way.partition("/")
        if name == "held":
            return paused(control_of_held(FakeCopr(clock=SystemClock(), progress="clock")))
        if transport == "process":
            return paused(fresh_control(name))
        served: Threaded = request.getfixturevalue("served")
        for world in served.worlds:
            served.worlds.delete(world.name)
        served.worlds.main.reset()
        world = served.worlds.get_or_create(name) if name else served.worlds.main
        return paused(Control(over_http(served), served.worlds, world))

    return open_control


@pytest.fixture(params=["process", "process/world", "process/held", "server", "server/world"])
def control(request: pytest.FixtureRequest, open_control: Callable[[str], Control]) -> Control:
    """The control API in process and through a server, of the main world and a named one, and of a fake of the test."""
    return open_control(request.param)


@pytest.fixture
def local() -> Control:
    """In process alone."""
    return paused(fresh_control())
