"""Find all errors in scenarios, with the code that loads them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import CoprFakeError, InputError, MissingExtraError, ScenarioError
from ..scenario import parsing
from ..scenario.parsing import RepeatedKeyError, ScenarioSyntaxError
from ..scenario.result_files import read_results
from ..scenario.spec import ScenarioSpec
from ..validation.spec import parse
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


def check(files: Iterable[Path]) -> Iterator[Report]:
    """Check files; each one is added to the files before it, as ``serve`` does."""
    earlier: set[object] = set()
    for file in files:
        try:
            path, text = _read_text(file)
            errors = sorted(_find_errors(path, text, earlier), key=lambda error: error.line or 0)
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
        raise ScenarioError(_display_name(file), InputError("", f"cannot be read: {error}")) from None


def _find_errors(path: Path, text: str, earlier: set[object]) -> Iterator[Diagnostic]:
    # Standard input has no suffix, but a scenario in JSON begins with a brace.
    yaml = not text.lstrip().startswith("{") if path == STDIN else parsing.is_yaml(path)
    file = _display_name(path)
    walk = walk_yaml if yaml else walk_json
    try:
        document, repeated_key = _parse(path, text, yaml)
    except ScenarioSyntaxError as error:
        yield Diagnostic(file, "", error.problem, error.line, error.column)
        return
    except InputError as error:
        yield Diagnostic(file, error.location, error.problem)
        return
    if repeated_key:
        repeated = [*find_repeated(walk, text)]
        yield from (Diagnostic(file, value.location, repeated_key.problem, value.line) for value in repeated)
        if not repeated:
            # YAML can write the same key in several ways.
            yield Diagnostic(file, repeated_key.location, repeated_key.problem)
    invalid = [*_unreadable_results(document, path), *_errors(document, earlier)]
    if invalid:
        lines = find_lines(walk, text, (each.location for each in invalid))
        for each in invalid:
            yield Diagnostic(file, each.location, each.problem, lines[each.location])


def _unreadable_results(document: object, path: Path) -> Sequence[InputError]:
    """Read the files that the scenario names as results into the document; return the errors of those that fail."""
    try:
        read_results(document, path)
    except InputError as error:
        return error.errors
    return ()


def _parse(path: Path, text: str, yaml: bool) -> tuple[object, RepeatedKeyError | None]:
    """Return the document, and the error for a repeated key if there is one."""
    try:
        return parsing.parse(text, path, yaml=yaml), None
    except RepeatedKeyError as error:
        return parsing.parse(text, path, yaml=yaml, may_repeat=True), error


def _errors(document: object, earlier: set[object]) -> list[InputError]:
    """Return all errors in a scenario, and add what it identifies to that of earlier files."""
    errors: list[InputError] = []
    try:
        parse(ScenarioSpec, "", document)
    except InputError as error:
        errors.extend(error.errors)
    invalid = {error.location for error in errors}
    # The batch that is missing could be an invalid one.
    are_batches_valid = not any(location.startswith("batches") for location in invalid)
    for each in _mentions(document):
        if each.location in invalid:
            continue
        if each.is_reference:
            if each.value not in earlier and are_batches_valid:
                errors.append(InputError(each.location, each.problem))
        elif each.value in earlier:
            errors.append(InputError(each.location, each.problem))
        else:
            earlier.add(each.value)
    return errors


class _Mention(NamedTuple):
    """The location and value that identify an object, and the problem if an earlier one has the same.

    The value of a reference identifies another object; its problem is that there is none.
    """

    location: str
    value: tuple[object, ...]
    problem: str
    is_reference: bool = False


_IDENTIFYING: Mapping[str, tuple[tuple[tuple[str, ...], type, str], ...]] = {
    "accounts": ((("login",), str, "{!r} already exists; expected another"),),
    "groups": ((("name",), str, "group {} already exists; expected another"),),
    "batches": ((("id",), int, "batch {} already exists; expected another id"),),
    "projects": (
        (("ownername", "projectname"), str, "project {}/{} already exists; expected another name"),
        (("id",), int, "project id {} already exists; expected another id, or none"),
    ),
    "builds": ((("id",), int, "build {} already exists; expected another id"),),
}
"""By the list of a scenario: the keys that identify an object, their type, and the problem with one that is taken."""

_REFERENCES = {
    "batches": ("blocked_by", "there is no batch {} before this one; expected an earlier one"),
    "builds": ("batch", "there is no batch {}; expected the id of one in batches"),
}
"""By the list of a scenario: the key that identifies a batch, and the problem if there is none."""


def _mentions(document: object) -> Iterator[_Mention]:
    """Yield what identifies the objects of a scenario, in its order; the document can be invalid."""
    for name, identifying in _IDENTIFYING.items():
        for index, entry in enumerate(_entries(document, name)):
            if name in _REFERENCES:
                key, problem = _REFERENCES[name]
                number = entry.get(key)
                if isinstance(number, int):
                    location = f"{name}[{index}].{key}"
                    yield _Mention(location, ("batches", ("id",), number), problem.format(number), is_reference=True)
            for keys, kind, problem in identifying:
                values = [entry.get(key) for key in keys]
                if all(isinstance(value, kind) for value in values):
                    yield _Mention(f"{name}[{index}].{keys[-1]}", (name, keys, *values), problem.format(*values))


def _entries(document: object, key: str) -> list[dict[str, object]]:
    entries = document.get(key) if isinstance(document, dict) else None
    return [entry if isinstance(entry, dict) else {} for entry in entries] if isinstance(entries, list) else []
