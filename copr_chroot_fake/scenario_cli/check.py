"""Finds all errors in scenarios, with the code that loads them."""

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
from .locations import find_lines, find_repeated, walk_json, walk_yaml

STDIN = Path("-")


class Diagnostic(NamedTuple):
    """An error in a file: its location in the scenario, the problem with the remedy, and the line if it is known."""

    file: str
    location: str
    problem: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        position = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(part for part in (position, self.location, self.problem) if part)


class Report(NamedTuple):
    """The errors of a file, ordered by line, or the reason why it cannot be read."""

    file: str
    errors: tuple[Diagnostic, ...] = ()
    unreadable: CoprFakeError | None = None


def check(files: Iterable[Path], *, seed: int = 0) -> Iterator[Report]:
    """Check files; each one is added to the files before it, as ``serve`` does.

    :param seed: the seed of random lifecycles.
    """
    store = Store(VirtualClock(), Progress("clock"), seed)
    for file in files:
        try:
            path, text = _read_text(file)
            with without_garbage_collection():
                errors = sorted(_find_errors(path, text, store), key=lambda error: error.line or 0)
        except RecursionError:
            name = _display_name(file)
            yield Report(name, (Diagnostic(name, "", "nested too deeply to be a scenario"),))
        except (ScenarioError, MissingExtraError) as error:
            yield Report(_display_name(file), unreadable=error)
        else:
            yield Report(_display_name(path), tuple(errors))


def _display_name(file: Path) -> str:
    return "<stdin>" if file == STDIN else str(file)


def _read_text(file: Path) -> tuple[Path, str]:
    if file != STDIN:
        return parsing.read_text(file)
    try:
        return file, sys.stdin.buffer.read().decode()
    except ValueError as error:
        raise ScenarioError(_display_name(file), "", f"cannot be read: {error}") from None


def _find_errors(path: Path, text: str, store: Store) -> Iterator[Diagnostic]:
    # Standard input has no suffix, but a scenario in JSON begins with a brace.
    yaml = not text.lstrip().startswith("{") if path == STDIN else parsing.is_yaml(path)
    file = _display_name(path)
    walk = walk_yaml if yaml else walk_json
    try:
        document, repeated_key = _parse(path, text, yaml)
    except SyntaxMistake as error:
        yield Diagnostic(file, "", error.problem, error.line, error.column)
        return
    except InputError as error:
        yield Diagnostic(file, error.field, error.problem)
        return
    if repeated_key:
        repeated = [*find_repeated(walk, text)]
        yield from (Diagnostic(file, value.location, repeated_key.problem, value.line) for value in repeated)
        if not repeated:
            # YAML can write the same key in several ways.
            yield Diagnostic(file, repeated_key.field, repeated_key.problem)
    invalid = _add(document, store)
    if invalid:
        lines = find_lines(walk, text, (each.field for each in invalid))
        for each in invalid:
            yield Diagnostic(file, each.field, each.problem, lines[each.field])


def _parse(path: Path, text: str, yaml: bool) -> tuple[object, RepeatedKey | None]:
    """Return the document, and the error for a repeated key if there is one."""
    try:
        return parsing.parse(text, path, yaml=yaml), None
    except RepeatedKey as error:
        return parsing.parse(text, path, yaml=yaml, may_repeat=True), error


def _add(document: object, store: Store) -> list[InputError]:
    """Add the valid part of a scenario to the store, and return the errors in the rest."""
    with gathering() as errors:
        batch = tried(lambda _, value: read_batch(value, store), "", document, None)
    if batch is not None:
        store.add(batch)
    return errors
