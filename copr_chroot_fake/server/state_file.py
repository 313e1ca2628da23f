"""The state file of a server: saved completely or not at all, and loaded at the next start.

Each world is saved as a scenario, with its clock, seed and initial state. The scenario has the accounts, with their
tokens. Requests, snapshots and uploaded files are not saved.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, cast

from filelock import FileLock, Timeout

from ..atomic_file import check_replaceable, replace_file
from ..control.limits import MAX_STATE
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


class UnloadableError(CoprFakeError):
    """A state that could not be loaded again, and therefore has not replaced the file."""

    def __init__(self, path: Path, problem: str, content: bytes) -> None:
        super().__init__(
            f"{path}: the state was not saved, because it could not be loaded again: {problem}; "
            "the file is unchanged; change or delete the named item, and save again"
        )
        self.problem = problem
        self.content = content


class StateFile:
    """The state file of a server.

    Within ``with``, no other server can use the file.

    :param max_bytes: maximum size of the file, for loading and saving.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_STATE) -> None:
        self.path = path
        self._max_bytes = max_bytes
        target = Path(os.path.realpath(path))
        self._lock = FileLock(target.with_name(f".{target.name}.copr-fake-lock"), blocking=False, thread_local=False)
        self._saving = asyncio.Lock()
        self._started = 0
        self._saved = 0

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

        :raises UnloadableError: if the state could not be loaded again; the file is unchanged.
        :raises CoprFakeError: if the file cannot be written; it is unchanged.
        """
        return self._replace({name: _dump_world(world) for name, world in _each(worlds)}, worlds)

    async def save_while_serving(self, worlds: Worlds) -> str:
        """Save like :meth:`save`, while the server responds to other requests.

        Each world is saved in its state at one time after the call. Only collecting a
        world's state blocks requests; the rest happens in another thread. Concurrent
        calls wait for the current save to end, and then share the next one.
        """
        started_before = self._started
        async with self._saving:
            if self._saved <= started_before:
                self._started += 1
                documents = {}
                for name, world in _each(worlds):
                    documents[name] = _dump_world(world)
                    await asyncio.sleep(0)
                await asyncio.to_thread(self._replace, documents, worlds)
                self._saved = self._started
        return str(self.path)

    def save_at_end(self, worlds: Worlds) -> None:
        """Save like :meth:`save`, but write a state that could not be loaded again to a ``.rejected`` file.

        :raises CoprFakeError: if the state was not saved.
        """
        try:
            self.save(worlds)
        except UnloadableError as error:
            rejected = self.path.with_name(f"{self.path.name}.rejected")
            try:
                replace_file(rejected, error.content, 0o600)
            except CoprFakeError as cause:
                raise CoprFakeError(f"{error}; {cause}") from None
            raise CoprFakeError(
                f"{self.path}: the state was not saved, because it could not be loaded again: {error.problem}; "
                f"the file is unchanged, and {rejected} contains the rejected state"
            ) from None

    def load(self, initial: InitialConfig, max_worlds: int) -> Worlds | None:
        """Return the saved worlds, or ``None`` if the file does not exist.

        :param initial: initial state of the main world and of new worlds.
        :raises ScenarioError: naming the file, the location in it and what is expected there.
        :raises CoprFakeError: if it is not a regular file, too large, or not writable.
        """
        try:
            with self:
                content = self._read()
            return None if content is None else _load_worlds(content, initial, max_worlds)
        except InputError as error:
            raise ScenarioError(str(self.path), error) from None
        except TooManyError as error:
            raise ScenarioError(str(self.path), InputError("worlds", str(error))) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ScenarioError(str(self.path), InputError("", f"cannot be read: {error}")) from None

    def _read(self) -> bytes | None:
        if not self.path.exists():
            return None
        size = self.path.stat().st_size
        if size > self._max_bytes:
            raise CoprFakeError(f"{self.path}: {size} bytes; expected at most {self._max_bytes}")
        return self.path.read_bytes()

    def _replace(self, documents: Mapping[str, object], worlds: Worlds) -> str:
        """Replace the file with worlds by name, after checking that the new content can be loaded."""
        content = _encode(documents)
        try:
            if len(content) > self._max_bytes:
                raise InputError("", f"{len(content)} bytes; expected at most {self._max_bytes}")
            for _ in _load_each(content, cast(InitialConfig, worlds.initial_state)):
                pass
        except InputError as error:
            raise UnloadableError(self.path, str(error), content) from None
        with self:
            replace_file(self.path, content, 0o600)
        return str(self.path)


def _each(worlds: Worlds) -> Iterator[tuple[str, World]]:
    """Yield each world with its name: the main world, then named worlds unless deleted in the meantime."""
    yield "", worlds.main
    for name in [world.name for world in worlds]:
        world = worlds.find(name)
        if world is not None:
            yield name, world


def _encode(documents: Mapping[str, object]) -> bytes:
    # One world at a time: other threads wait while the encoder runs.
    encoded = {name: json.dumps(document) for name, document in documents.items()}
    main = encoded.pop("")
    named = ", ".join(f"{json.dumps(name)}: {text}" for name, text in encoded.items())
    return f'{{"version": {_VERSION}, "main": {main}, "worlds": {{{named}}}}}'.encode()


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


def _load_worlds(content: bytes, initial: InitialConfig, max_worlds: int) -> Worlds:
    each = _load_each(content, initial)
    _, main, _ = next(each)
    # The options of the command replace the main world's saved initial state.
    worlds = Worlds(initial, max_worlds, main)
    for name, service, own_initial in each:
        worlds.replace(name, own_initial, service)
    return worlds


def _load_each(content: bytes, initial: InitialConfig) -> Iterator[tuple[str, Service, InitialConfig]]:
    """Yield name, fake and initial state of each world, the main world first.

    :raises InputError: naming the location in the state and what is expected there.
    """
    try:
        state = parse(_SavedState, "", read_json(content.decode()))
        yield "", *_load_world("main", state.main, initial)
        for name, world in state.worlds.items():
            yield name, *_load_world(f"worlds.{name}", world, initial)
    except RecursionError:
        raise InputError("", "nested too deeply to be a state") from None


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
    location = f"{location}.scenario"
    try:
        service.add_scenario(world.scenario)
    except ScenarioError as error:
        raise below(error, location) from None
    except RecursionError:
        raise
    except Exception as error:
        # An internal error must not end the server, nor let an unloadable state replace the file.
        raise InputError(location, f"{type(error).__name__}: {error}") from error
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
