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
    """Through the door that is named, to the server's own world or one that has a name."""

    def open_control(way: str) -> Control:
        door, _, name = way.partition("/")
        if name == "held":
            return paused(control_of_held(FakeCopr(clock=SystemClock(), progress="clock")))
        if door == "process":
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
    """Through both doors, the server's own world and one that has a name, be it of a fake that somebody holds."""
    return open_control(request.param)


@pytest.fixture
def local() -> Control:
    """In process alone."""
    return paused(fresh_control())
