"""Property test: loading a saved state restores any worlds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from copr_chroot_fake import LIFECYCLES, CoprFakeError, FakeCopr, FakeOptions
from copr_chroot_fake.control.worlds import InitialConfig, World, Worlds
from copr_chroot_fake.engine.clock import SystemClock
from copr_chroot_fake.model.fault import FaultFields
from copr_chroot_fake.server.state_file import StateFile

from .chroots import F41, F42
from .events import advance_all
from .examples import examples
from .worlds import fake_of

CHROOTS = [F41, F42, "epel-9-s390x"]
FAULTS: list[FaultFields] = [
    {"nth": 3, "status": 500},
    {"probability": 0.5, "delay": {"uniform": [1, 2]}},
    {"endpoint": "build-chroot/list", "every": 2, "body": "cut"},
    {"breaks": "refused", "seconds": 3},
    {"name": "outage"},
]
ACTS: dict[str, Callable[[FakeCopr, int, str], object]] = {
    "add": lambda fake, at, name: fake.add_build(CHROOTS[: at + 1], id=at, lifecycle=sorted(LIFECYCLES)[at * 3]),
    "add still": lambda fake, at, name: fake.add_build(
        CHROOTS[:at], id=at, state="running", project=f"me/p{at}:pr:{at}"
    ),
    "remove": lambda fake, at, name: fake.builds[at].delete(),
    "cancel": lambda fake, at, name: fake.builds[at].cancel(),
    "advance": lambda fake, at, name: advance_all(fake.builds[at]),
    "hold": lambda fake, at, name: fake.builds[at][name].hold("running"),
    "release": lambda fake, at, name: fake.builds[at][name].release(),
    "force": lambda fake, at, name: fake.builds[at][name].set_state("failed", started_on=5, ended_on=6),
    "fault": lambda fake, at, name: fake.faults.add(FAULTS[at]),
    "poll": lambda fake, at, name: [fake.answer("GET", f"/api_3/build-chroot/{at}/{name}") for _ in range(at)],
    "seed": lambda fake, at, name: fake.reseed(at),
    "tick": lambda fake, at, name: fake.clock.tick(at * 100),
    "chroot": lambda fake, at, name: fake.add_mock_chroots(f"fedora-{at}-ppc64le"),
}
"""Operations on a build or one of its chroots."""

HAPPENED = st.lists(st.tuples(st.integers(1, 4), st.sampled_from([*ACTS]), st.sampled_from(CHROOTS)), max_size=15)
INITIAL = st.builds(
    InitialConfig,
    scenarios=st.sampled_from([(), ({"builds": [{"id": 1, "lifecycle": "fails", "chroots": [{"name": F41}]}]},)]),
    options=st.builds(
        FakeOptions,
        progress=st.sampled_from(["poll", "clock", "manual", "immediate"]),
        default_limit=st.sampled_from([None, 1, 100]),
        seed=st.integers(0, 9),
    ),
    speed=st.sampled_from([0.5, 1, 60]),
)
LIVED = st.tuples(INITIAL, HAPPENED, st.sampled_from([0.1, 1, 7]))


def operate(world: World, lived: tuple[InitialConfig, list[tuple[int, str, str]], float]) -> None:
    """Apply drawn operations to a world, and pause its clock."""
    clock = cast(SystemClock, fake_of(world).clock)
    clock.pause()
    for at, kind, name in lived[1]:
        # Some of it is not possible.
        with suppress(CoprFakeError, KeyError):
            ACTS[kind](fake_of(world), at, name)
    clock.speed = lived[2]


def observe(world: World) -> list[Any]:
    """Return everything observable of a world, with future responses."""
    fake, clock = fake_of(world), cast(SystemClock, fake_of(world).clock)
    scenario = {**fake.to_scenario(), "now": None}
    answers = [
        fake.answer("GET", target)
        for _ in range(3)
        for at in range(1, 5)
        for target in (f"/api_3/build-chroot/list/{at}", *(f"/api_3/build-chroot/{at}/{name}" for name in CHROOTS))
    ]
    return [world.name, world.initial_state, scenario, fake.seed, clock.speed, clock.is_paused, answers]


def test_paused_clock_has_not_advanced_after_loading(tmp_path: Path) -> None:
    worlds = Worlds(InitialConfig(scenarios=({},)), 10)
    clock = cast(SystemClock, fake_of(worlds.main).clock)
    clock.pause()
    stood_at = clock.now()
    file = StateFile(tmp_path / "state.json")
    file.save(worlds)
    loaded = file.load(InitialConfig(), 10)
    assert loaded is not None
    assert cast(SystemClock, loaded.main.service.clock).now() == stood_at


@pytest.mark.sampled
@settings(max_examples=examples(60), deadline=None)
@given(LIVED, st.dictionaries(st.sampled_from(["a", "b.c", "~d", "E-1"]), LIVED, max_size=3))
def test_any_worlds_load_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, main: Any, named: dict[str, Any]
) -> None:
    """Content, clock, initial state and responses."""
    worlds = Worlds(main[0], 10)
    operate(worlds.main, main)
    for name, lived in named.items():
        operate(worlds.replace(name, lived[0]), lived)
    file = StateFile(tmp_path_factory.mktemp("state") / "state.json")
    file.save(worlds)
    loaded = file.load(main[0], 10)
    assert loaded is not None
    assert [observe(world) for world in (loaded.main, *loaded)] == [observe(world) for world in (worlds.main, *worlds)]
