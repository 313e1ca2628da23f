"""The state of a server in a file: saved completely or not at all, and loaded at the next start.

Each world is kept as a scenario, with its clock, its seed and what it goes back
to at a reset. Requests, snapshots, and accounts that were added over HTTP are
not kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import cast

from .. import checks
from ..atomic import replace_file
from ..errors import CoprFakeError, InputError, ScenarioError
from ..fake import FakeCopr
from ..fields import Fields, Form
from ..lives.clock import SystemClock, check_speed
from ..scenarios.parsing import read_json
from ..scenarios.reading import ScenarioSource
from ..scenarios.shipped import by_name
from .bounds import MAX_MEMORY
from .memory import NoMemoryError
from .recipe import Recipe, read_how
from .worlds import TooManyError, World, Worlds

_VERSION = 1
_STATE = Form(("version", "main", "worlds"))
_WORLD = Form(("scenario", "clock", "seed", "beginning"))
_CLOCK = Form(("now", "speed", "paused"))
_TOLD_ANEW = ("requests_kept", "accounts", "serve_results", "results_delay")
"""What counts as the server is told now, not as it was told when it saved."""

_RECIPE = Form(("scenarios",), tuple(field.name for field in fields(Recipe) if field.name not in _TOLD_ANEW))


class StateFile:
    """The file of a server's state."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, worlds: Worlds) -> str:
        """Write the state of all worlds over what was there; returns the path.

        :raises CoprFakeError: if it cannot be written; the file is as it was then.
        """
        document = {
            "version": _VERSION,
            "main": _write_world(worlds.main),
            "worlds": {world.name: _write_world(world) for world in worlds},
        }
        try:
            replace_file(self.path, json.dumps(document).encode())
        except OSError as error:
            raise CoprFakeError(f"{self.path}: the state cannot be saved: {error.strerror}") from None
        return str(self.path)

    def load(self, recipe: Recipe, most: int, max_memory: int = MAX_MEMORY) -> Worlds | None:
        """What was saved last; ``None`` if there is no such file.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        :raises CoprFakeError: if there is no file, nor a directory in which it could be saved.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                raise CoprFakeError(f"{self.path}: the state cannot be saved there; make the directory first") from None
            return None
        except (OSError, ValueError) as error:
            raise ScenarioError(str(self.path), "", f"cannot be read: {error}") from None
        try:
            return _read(read_json(text), recipe, most, max_memory)
        except InputError as error:
            raise ScenarioError(str(self.path), error.field, error.problem) from None
        except (TooManyError, NoMemoryError) as error:
            raise ScenarioError(str(self.path), "worlds", str(error)) from None
        except RecursionError:
            raise ScenarioError(str(self.path), "", "nested too deeply to be a state") from None


def _write_world(world: World) -> dict[str, object]:
    fake = world.fake
    clock = cast(SystemClock, fake.clock)
    return {
        "scenario": fake.to_scenario(),
        "clock": {"now": clock.now(), "speed": clock.speed, "paused": clock.is_paused},
        "seed": fake.seed,
        "beginning": _write_recipe(cast(Recipe, world.beginning)),
    }


def _write_recipe(recipe: Recipe) -> dict[str, object]:
    written: dict[str, object] = {name: getattr(recipe, name) for name in _RECIPE.all}
    written["scenarios"] = [_write_source(source) for source in recipe.scenarios]
    return written


def _write_source(source: ScenarioSource) -> object:
    """What it says, its name if it ships, as the kit may be elsewhere at the next start, or else its whole path."""
    if isinstance(source, Mapping):
        return source
    path, shipped = Path(source), _shipped()
    file = (path if path.is_file() else shipped.get(str(path), path)).absolute()
    return file.stem if shipped.get(file.stem) == file else str(file)


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Path]:
    # Looked up once, as there may be thousands of worlds.
    return by_name()


def _read(document: object, recipe: Recipe, most: int, max_memory: int) -> Worlds:
    state = Fields("", document, _STATE)
    if state.require("version", checks.whole_number) != _VERSION:
        raise InputError("version", f"this kit reads version {_VERSION}; expected a state that it has saved")
    # The server's own world begins as it is told now.
    fake, _ = _read_world("main", state.require("main", checks.mapping), recipe)
    worlds = Worlds(recipe, most, fake, max_memory=max_memory)
    for name, written in state.require("worlds", checks.mapping).items():
        fake, beginning = _read_world(f"worlds.{name}", written, recipe)
        worlds.put(name, beginning, fake)
    return worlds


def _read_world(place: str, written: object, told: Recipe) -> tuple[FakeCopr, Recipe]:
    said = Fields(place, written, _WORLD)
    beginning = said.require("beginning", _read_recipe)
    beginning = replace(beginning, **{name: getattr(told, name) for name in _TOLD_ANEW})
    fake = beginning.make_empty()
    fake.reseed(said.require("seed", checks.whole_number))
    said.require("clock", lambda field, value: _set_clock(fake, field, value))
    scenario = said.require("scenario", checks.mapping)
    try:
        fake.add_scenario(scenario)
    except ScenarioError as error:
        raise InputError(checks.dotted(f"{place}.scenario", error.place), error.problem) from None
    return fake, beginning


def _set_clock(fake: FakeCopr, place: str, value: object) -> None:
    """Set a clock to the time that it showed; if it was going, it goes on from now where that is later."""
    said = Fields(place, value, _CLOCK)
    clock = cast(SystemClock, fake.clock)
    # It stands still while it is set, or it would be ahead of what it is set to.
    clock.pause()
    now = said.require("now", checks.amount)
    clock.speed = said.require("speed", check_speed)
    if said.require("paused", checks.flag):
        clock.restore(now)
    else:
        clock.move_to(max(clock.now(), now))
        clock.resume()


def _read_recipe(place: str, value: object) -> Recipe:
    said = Fields(place, value, _RECIPE)
    unsaid = Recipe()
    return Recipe(
        scenarios=said.require("scenarios", _scenarios),
        progress=said.read("progress", read_how, unsaid.progress),
        default_limit=said.read("default_limit", checks.positive, None),
        seed=said.read("seed", checks.whole_number, unsaid.seed),
        speed=said.read("speed", check_speed, unsaid.speed),
    )


def _scenarios(place: str, value: object) -> tuple[ScenarioSource, ...]:
    # What is no whole path is the name of one that ships, whatever is called so in the current directory.
    return tuple(
        _shipped().get(item, item) if isinstance(item, str) else checks.mapping(f"{place}[{at}]", item)
        for at, item in enumerate(checks.items(place, value))
    )
