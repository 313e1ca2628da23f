"""The state of a server in a file: saved completely or not at all, and loaded at the next start.

Each world is kept as a scenario, with its clock, its seed and what it goes back
to at a reset. Requests, snapshots, and accounts that were added over HTTP are
not kept.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import cast

from ..atomic_file import AtomicFile, replace_file
from ..engine.clock import SystemClock, check_speed
from ..errors import CoprFakeError, InputError, ScenarioError
from ..fake import FakeCopr
from ..scenario.bundled import by_name
from ..scenario.load import ScenarioSource
from ..scenario.parsing import read_json
from ..validation import checks
from ..validation.fields import Fields, Form
from .bounds import MAX_MEMORY, MAX_STATE
from .memory import NoMemoryError
from .recipe import Recipe, read_how
from .worlds import TooManyError, World, Worlds

_VERSION = 1
_STATE = Form(("version", "main", "worlds"))
_WORLD = Form(("scenario", "clock", "seed", "beginning"))
_CLOCK = Form(("now", "speed", "paused"))
_SAVED_OPTIONS = ("progress", "default_limit", "seed")
"""The options that are saved; the others, and the accounts, are those that the server is started with."""

_RECIPE = Form(("scenarios",), ("scenarios", *_SAVED_OPTIONS, "speed"))


class UnloadableError(CoprFakeError):
    """A state that could not be loaded again, and so has not replaced the last good one."""

    def __init__(self, path: Path, problem: str, content: bytes) -> None:
        super().__init__(
            f"{path}: the state is not saved, as it could not be loaded again: {problem}; "
            "the file is unchanged; change or delete what is named here, and save again"
        )
        self.problem = problem
        self.content = content


class StateFile:
    """The file of a server's state.

    Within ``with``, no other server can use the file.

    :param max_bytes: the largest file that is read or written.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_STATE) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._file = AtomicFile(path, mode=0o600)
        self._turn = asyncio.Lock()
        self._begun = 0
        self._saved = 0

    def __enter__(self) -> StateFile:
        """Lock the file.

        :raises CoprFakeError: if another server uses it, or if no state could be saved there.
        """
        self._file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def save(self, worlds: Worlds) -> str:
        """Replace the file with the state of all worlds; returns its path.

        :raises UnloadableError: if the state could not be loaded again; the file is unchanged.
        :raises CoprFakeError: if the file cannot be written; it is unchanged.
        """
        return self._replace({name: _write_world(world) for name, world in _each(worlds)}, worlds)

    async def save_while_serving(self, worlds: Worlds) -> str:
        """Do the same as :meth:`save`, while other requests are answered.

        Each world is saved as it is at one moment after the call. Only reading a world
        keeps requests waiting; the rest happens in another thread. Calls during a save
        wait for its end, and then share the next one.
        """
        begun_before = self._begun
        async with self._turn:
            if self._saved <= begun_before:
                self._begun += 1
                documents = {}
                for name, world in _each(worlds):
                    documents[name] = _write_world(world)
                    await asyncio.sleep(0)
                await asyncio.to_thread(self._replace, documents, worlds)
                self._saved = self._begun
        return str(self.path)

    def save_at_end(self, worlds: Worlds) -> None:
        """Do the same as :meth:`save`, but keep a state that could not be loaded again in a file beside it.

        :raises CoprFakeError: if the state is not saved.
        """
        try:
            self.save(worlds)
        except UnloadableError as error:
            rejected = self.path.with_name(f"{self.path.name}.rejected")
            try:
                replace_file(rejected, error.content, 0o600)
            except OSError as cause:
                raise CoprFakeError(f"{error}; nor can {rejected} be written: {cause.strerror}") from None
            raise CoprFakeError(
                f"{self.path}: the state is not saved, as it could not be loaded again: {error.problem}; "
                f"the file is unchanged, and {rejected} has the rejected state"
            ) from None

    def load(self, recipe: Recipe, most: int, max_memory: int = MAX_MEMORY) -> Worlds | None:
        """Return what was saved last; ``None`` if there is no such file.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        :raises CoprFakeError: if it is no regular file, or too large; or as ``with`` does.
        """
        try:
            with self._file:
                content = self._file.read(self._max_bytes)
            return None if content is None else _make_worlds(content, recipe, most, max_memory)
        except InputError as error:
            raise ScenarioError(str(self.path), error.field, error.problem) from None
        except (TooManyError, NoMemoryError) as error:
            raise ScenarioError(str(self.path), "worlds", str(error)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ScenarioError(str(self.path), "", f"cannot be read: {error}") from None

    def _replace(self, documents: Mapping[str, object], worlds: Worlds) -> str:
        """Replace the file with worlds by name, once they have been loaded again from the bytes to be written."""
        content = _encode(documents)
        try:
            if len(content) > self._max_bytes:
                raise InputError("", f"{len(content)} bytes; expected at most {self._max_bytes}")
            for _ in _read(content, cast(Recipe, worlds.beginning)):
                pass
        except InputError as error:
            raise UnloadableError(self.path, str(error), content) from None
        try:
            self._file.replace(content)
        except OSError as error:
            raise CoprFakeError(f"{self.path}: the state cannot be saved: {error.strerror}") from None
        return str(self.path)


def _each(worlds: Worlds) -> Iterator[tuple[str, World]]:
    """Yield each world with its name: the server's own, and then those that have a name now and still do when due."""
    yield "", worlds.main
    for name in [world.name for world in worlds]:
        world = worlds.find(name)
        if world is not None:
            yield name, world


def _encode(documents: Mapping[str, object]) -> bytes:
    # World by world, as other threads wait while the encoder runs.
    written = {name: json.dumps(document) for name, document in documents.items()}
    main = written.pop("")
    named = ", ".join(f"{json.dumps(name)}: {text}" for name, text in written.items())
    return f'{{"version": {_VERSION}, "main": {main}, "worlds": {{{named}}}}}'.encode()


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
    return {
        "scenarios": [_write_source(source) for source in recipe.scenarios],
        **{name: getattr(recipe.options, name) for name in _SAVED_OPTIONS},
        "speed": recipe.speed,
    }


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


def _make_worlds(content: bytes, recipe: Recipe, most: int, max_memory: int) -> Worlds:
    read = _read(content, recipe)
    _, main, _ = next(read)
    # The server's own world begins as it is told now.
    worlds = Worlds(recipe, most, main, max_memory=max_memory)
    for name, fake, beginning in read:
        worlds.put(name, beginning, fake)
    return worlds


def _read(content: bytes, recipe: Recipe) -> Iterator[tuple[str, FakeCopr, Recipe]]:
    """Make each world of a state, the server's own first: its name, what it is now, and what it begins as.

    :raises InputError: naming the place in the state and what was expected there.
    """
    try:
        state = Fields("", read_json(content.decode()), _STATE)
        if state.require("version", checks.whole_number) != _VERSION:
            raise InputError("version", f"this kit reads version {_VERSION}; expected a state that it has saved")
        yield "", *_read_world("main", state.require("main", checks.mapping), recipe)
        for name, written in state.require("worlds", checks.mapping).items():
            yield name, *_read_world(f"worlds.{name}", written, recipe)
    except RecursionError:
        raise InputError("", "nested too deeply to be a state") from None


def _read_world(place: str, written: object, told: Recipe) -> tuple[FakeCopr, Recipe]:
    said = Fields(place, written, _WORLD)
    beginning = said.require("beginning", lambda place, value: _read_recipe(place, value, told))
    fake = beginning.make_empty()
    fake.reseed(said.require("seed", checks.whole_number))
    said.require("clock", lambda field, value: _set_clock(fake, field, value))
    scenario = said.require("scenario", checks.mapping)
    place = f"{place}.scenario"
    try:
        fake.add_scenario(scenario)
    except ScenarioError as error:
        raise InputError(checks.dotted(place, error.place), error.problem) from None
    except RecursionError:
        raise
    except Exception as error:
        # A mistake in the kit itself must neither end a server nor let a state be replaced by one that it cannot read.
        raise InputError(place, f"{type(error).__name__}: {error}") from error
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


def _read_recipe(place: str, value: object, started_with: Recipe) -> Recipe:
    said = Fields(place, value, _RECIPE)
    unsaid = Recipe()
    options = replace(
        started_with.options,
        progress=said.read("progress", read_how, unsaid.options.progress),
        default_limit=said.read("default_limit", checks.positive, None),
        seed=said.read("seed", checks.whole_number, unsaid.options.seed),
    )
    return Recipe(
        said.require("scenarios", _scenarios),
        options,
        said.read("speed", check_speed, unsaid.speed),
        started_with.accounts,
    )


def _scenarios(place: str, value: object) -> tuple[ScenarioSource, ...]:
    # What is no whole path is the name of one that ships, whatever is called so in the current directory.
    return tuple(
        _shipped().get(item, item) if isinstance(item, str) else checks.mapping(f"{place}[{at}]", item)
        for at, item in enumerate(checks.items(place, value))
    )
