"""The state file of a server: saved completely or not at all, and loaded at the next start.

Each world is saved as a scenario, with its clock, seed and initial state. The scenario has the accounts, with their
tokens. Requests, snapshots and uploaded files are not saved.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, cast

from filelock import FileLock, Timeout

from ..atomic_file import check_replaceable, replace_file
from ..control.worlds import InitialConfig, Speed, TooManyError, World, Worlds
from ..engine.clock import SystemClock
from ..engine.dump import write_scenario
from ..errors import CoprFakeError, InputError, ScenarioError, below
from ..options import DefaultLimit, ProgressOption
from ..scenario.files import ScenarioSource, by_name
from ..scenario.parsing import read_json
from ..service import Service
from ..validation import checks
from ..validation.checks import Amount, Positive, WholeNumber
from ..validation.rule import Rule, frozen
from ..validation.spec import parse

_VERSION = 1
_SAVED_OPTIONS = ("progress", "default_limit", "seed", "next_build_id")
"""The options that are saved; for the others, those of the current command apply."""


def _parse_version(location: str, value: object) -> int:
    if checks.whole_number(location, value) != _VERSION:
        raise InputError(location, f"unsupported version; expected {_VERSION}, that of this release")
    return _VERSION


def _parse_source(location: str, value: object) -> ScenarioSource:
    # Only absolute paths are saved; any other text is the name of a bundled scenario, not of a file.
    return _bundled().get(value, value) if isinstance(value, str) else checks.mapping(location, value)


@frozen(kw_only=True)
class _SavedClock:
    now: Amount
    speed: Speed
    paused: bool


@frozen(kw_only=True)
class _SavedInitial:
    scenarios: tuple[Annotated[ScenarioSource, Rule(_parse_source)], ...]
    progress: ProgressOption = "clock"
    default_limit: DefaultLimit | None = None
    seed: WholeNumber = 0
    next_build_id: Positive = 1
    speed: Speed = 1


@frozen(kw_only=True)
class _SavedWorld:
    scenario: Annotated[Mapping[str, object], Rule(checks.mapping)]
    clock: _SavedClock
    seed: WholeNumber
    initial: _SavedInitial


@frozen(kw_only=True)
class _SavedState:
    version: Annotated[int, Rule(_parse_version)]
    main: _SavedWorld
    worlds: Mapping[str, _SavedWorld]


class StateFile:
    """The state file of a server.

    Within ``with``, no other server can use the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        target = Path(os.path.realpath(path))
        self._lock = FileLock(target.with_name(f".{target.name}.copr-fake-lock"), blocking=False, thread_local=False)

    def __enter__(self) -> StateFile:
        """Lock the file.

        :raises CoprFakeError: if another server uses it, or if it is not writable.
        """
        check_replaceable(self.path)
        try:
            self._lock.acquire()
        except Timeout:
            raise CoprFakeError(
                f"{self.path}: in use by another server; stop that one first, or choose another file"
            ) from None
        except (OSError, NotImplementedError) as error:
            raise CoprFakeError(f"{self.path}: cannot be locked: {error}; choose a file elsewhere") from None
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def save(self, worlds: Worlds) -> str:
        """Replace the file with the state of all worlds, and return its path.

        :raises CoprFakeError: if the file cannot be written; it is unchanged.
        """
        state = {
            "version": _VERSION,
            "main": _dump_world(worlds.main),
            "worlds": {world.name: _dump_world(world) for world in worlds},
        }
        with self:
            replace_file(self.path, json.dumps(state).encode(), 0o600)
        return str(self.path)

    def load(self, initial: InitialConfig, max_worlds: int) -> Worlds | None:
        """Return the saved worlds, or ``None`` if the file does not exist.

        :param initial: initial state of the main world and of new worlds.
        :raises ScenarioError: naming the file, the location in it and what is expected there.
        :raises CoprFakeError: if it is not a regular file, or not writable.
        """
        try:
            with self:
                content = self.path.read_text("utf-8") if self.path.exists() else None
            return None if content is None else _load_worlds(content, initial, max_worlds)
        except InputError as error:
            raise ScenarioError(str(self.path), error) from None
        except TooManyError as error:
            raise ScenarioError(str(self.path), InputError("worlds", str(error))) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ScenarioError(str(self.path), InputError("", f"cannot be read: {error}")) from None


def _dump_world(world: World) -> dict[str, object]:
    store = world.service.store
    clock = cast(SystemClock, store.clock)
    return {
        "scenario": write_scenario(store),
        "clock": {"now": clock.now(), "speed": clock.speed, "paused": clock.is_paused},
        "seed": store.seed,
        "initial": _dump_initial(cast(InitialConfig, world.initial_state)),
    }


def _dump_initial(initial: InitialConfig) -> dict[str, object]:
    return {
        "scenarios": [_dump_source(source) for source in initial.scenarios],
        **{name: getattr(initial.options, name) for name in _SAVED_OPTIONS},
        "speed": initial.speed,
    }


def _dump_source(source: ScenarioSource) -> object:
    """Return the content, the name of a bundled scenario (its path may change), or the absolute path."""
    if isinstance(source, Mapping):
        return source
    path, bundled = Path(source), _bundled()
    file = (path if path.is_file() else bundled.get(str(path), path)).absolute()
    return file.stem if bundled.get(file.stem) == file else str(file)


@lru_cache(maxsize=1)
def _bundled() -> Mapping[str, Path]:
    # Cached because there may be thousands of worlds.
    return by_name()


def _load_worlds(content: str, initial: InitialConfig, max_worlds: int) -> Worlds:
    """Return the worlds in a state.

    :raises InputError: naming the location in the state and what is expected there.
    """
    try:
        state = parse(_SavedState, "", read_json(content))
        main, _ = _load_world("main", state.main, initial)
        # The options of the command replace the main world's saved initial state.
        worlds = Worlds(initial, max_worlds, main)
        for name, world in state.worlds.items():
            service, own_initial = _load_world(f"worlds.{name}", world, initial)
            worlds.replace(name, own_initial, service)
    except RecursionError:
        raise InputError("", "nested too deeply to be a state") from None
    return worlds


def _load_world(location: str, world: _SavedWorld, current: InitialConfig) -> tuple[Service, InitialConfig]:
    """Return a fake and its initial state; the options that are not saved are those of ``current``."""
    saved = world.initial
    options = {name: getattr(saved, name) for name in _SAVED_OPTIONS}
    initial = replace(
        current, scenarios=saved.scenarios, options=replace(current.options, **options), speed=saved.speed
    )
    service = initial.make_empty()
    service.store.reseed(world.seed)
    _load_clock(cast(SystemClock, service.store.clock), world.clock)
    try:
        service.add_scenario(world.scenario)
    except ScenarioError as error:
        raise below(error, f"{location}.scenario") from None
    return service, initial


def _load_clock(clock: SystemClock, saved: _SavedClock) -> None:
    """Set a clock to its saved time; a running clock continues from the current time if that is later."""
    # A running clock would already be ahead of the time that it is set to.
    clock.pause()
    clock.speed = saved.speed
    if saved.paused:
        clock.restore(saved.now)
    else:
        clock.move_to(max(clock.now(), saved.now))
        clock.resume()
