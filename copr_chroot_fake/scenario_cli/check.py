"""Every mistake in scenarios, found by the reader that loads them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..engine.clock import VirtualClock
from ..engine.store import Store
from ..errors import CoprFakeError, InputError, MissingExtraError, ScenarioError
from ..model.progress import Progress
from ..scenario import parsing
from ..scenario.load import read_batch, without_garbage_collection
from ..scenario.parsing import RepeatedKey, SyntaxMistake
from ..validation.errors import gathering, tried
from . import json_locations as json_places
from . import locations as places
from .locations import Walk

STDIN = Path("-")


class Mistake(NamedTuple):
    """What is wrong in a file and what would be valid, and where that is, as far as it is known."""

    file: str
    place: str
    problem: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(part for part in (where, self.place, self.problem) if part)


class Checked(NamedTuple):
    """A file, and its mistakes in the order of their lines; or why it cannot be read."""

    file: str
    mistakes: tuple[Mistake, ...] = ()
    unreadable: CoprFakeError | None = None


def check(files: Iterable[Path], *, seed: int = 0) -> Iterator[Checked]:
    """Check files, each as it is when it is added to those before it.

    :param seed: the seed that lives are drawn from.
    """
    store = Store(VirtualClock(), Progress("clock"), seed)
    for file in files:
        try:
            path, text = _read(file)
            with without_garbage_collection():
                mistakes = sorted(_find(path, text, store), key=lambda mistake: mistake.line or 0)
        except RecursionError:
            yield Checked(_called(file), (Mistake(_called(file), "", "nested too deeply to be a scenario"),))
        except (ScenarioError, MissingExtraError) as error:
            yield Checked(_called(file), unreadable=error)
        else:
            yield Checked(_called(path), tuple(mistakes))


def _called(file: Path) -> str:
    return "<stdin>" if file == STDIN else str(file)


def _read(file: Path) -> tuple[Path, str]:
    if file != STDIN:
        return parsing.read_text(file)
    try:
        return file, sys.stdin.buffer.read().decode()
    except ValueError as error:
        raise ScenarioError(_called(file), InputError("", f"cannot be read: {error}")) from None


def _find(path: Path, text: str, store: Store) -> Iterator[Mistake]:
    # Standard input has no suffix to tell by, but a scenario in JSON begins with a brace.
    yaml = not text.lstrip().startswith("{") if path == STDIN else parsing.is_yaml(path)
    file = _called(path)
    try:
        document, are_repeated = _parse(path, text, yaml)
    except SyntaxMistake as error:
        yield Mistake(file, "", error.problem, error.line, error.column)
        return
    except InputError as error:
        yield Mistake(file, error.location, error.problem)
        return
    if are_repeated:
        found = [*places.repeats(_walk_of(yaml), text)]
        # YAML can write one key in several ways.
        yield from (Mistake(file, place, are_repeated.problem, line) for place, _, line in found)
        if not found:
            yield Mistake(file, are_repeated.location, are_repeated.problem)
    refusals = _refusals(document, store)
    if refusals:
        lines = places.lines(_walk_of(yaml), text, (refusal.location for refusal in refusals))
        for refusal in refusals:
            yield Mistake(file, refusal.location, refusal.problem, lines[refusal.location])


def _parse(path: Path, text: str, yaml: bool) -> tuple[object, RepeatedKey | None]:
    """What a text says, and the error for a repeated key, if it has one."""
    try:
        return parsing.parse(text, path, yaml=yaml), None
    except RepeatedKey as error:
        return parsing.parse(text, path, yaml=yaml, may_repeat=True), error


def _refusals(document: object, store: Store) -> list[InputError]:
    """The mistakes that the reader finds in a scenario; what is right of it is added to the store."""
    with gathering() as errors:
        batch = tried(lambda _, value: read_batch(value, store), "", document, None)
    if batch is not None:
        store.add(batch)
    return errors


def _walk_of(yaml: bool) -> Walk:
    if not yaml:
        return json_places.walk
    from .yaml_locations import walk

    return walk
