"""The control of a fresh world whose time stands still, in process and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copr_chroot_fake.server.recipe import Recipe

from .doors import Control, Served, in_this_process, over_http, paused, serving


@pytest.fixture(scope="package")
def served() -> Iterator[Served]:
    with serving(Recipe()) as served:
        yield served


@pytest.fixture(params=["process", "process/world", "server", "server/world"])
def control(request: pytest.FixtureRequest) -> Iterator[Control]:
    """Through both doors, the server's own world and one that has a name."""
    door, _, name = request.param.partition("/")
    if door == "process":
        yield paused(in_this_process(name=name))
        return
    served: Served = request.getfixturevalue("served")
    for world in served.worlds:
        served.worlds.delete(world.name)
    served.worlds.main.reset()
    with over_http(served.url) as send:
        yield paused(Control(send, served.worlds, served.worlds.get(name) if name else served.worlds.main))


@pytest.fixture
def local() -> Control:
    """In process alone."""
    return paused(in_this_process())
