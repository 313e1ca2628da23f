"""The control of a fresh world whose time stands still, in process and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copr_chroot_fake import FakeCopr, SystemClock

from ..served import Threaded, serving
from .doors import Control, control_of_held, fresh_control, over_http, paused


@pytest.fixture(scope="package")
def served() -> Iterator[Threaded]:
    with serving() as served:
        yield served


@pytest.fixture(params=["process", "process/world", "process/held", "server", "server/world"])
def control(request: pytest.FixtureRequest) -> Iterator[Control]:
    """Through both doors, the server's own world and one that has a name, be it of a fake that somebody holds."""
    door, _, name = request.param.partition("/")
    if name == "held":
        yield paused(control_of_held(FakeCopr(clock=SystemClock(), progress="clock")))
        return
    if door == "process":
        yield paused(fresh_control(name))
        return
    served: Threaded = request.getfixturevalue("served")
    for world in served.worlds:
        served.worlds.delete(world.name)
    served.worlds.main.reset()
    world = served.worlds.get(name) if name else served.worlds.main
    yield paused(Control(over_http(served), served.worlds, world))


@pytest.fixture
def local() -> Control:
    """In process alone."""
    return paused(fresh_control())
