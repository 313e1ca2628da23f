"""Find all errors in scenarios, with the code that loads them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import CoprFakeError, InputError, MissingExtraError, ScenarioError
from ..scenario import parsing
from ..scenario.load import without_garbage_collection
from ..scenario.parsing import RepeatedKey, SyntaxMistake
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
            with without_garbage_collection():
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
    except SyntaxMistake as error:
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
    invalid = _errors(document, earlier)
    if invalid:
        lines = find_lines(walk, text, (each.location for each in invalid))
        for each in invalid:
            yield Diagnostic(file, each.location, each.problem, lines[each.location])


def _parse(path: Path, text: str, yaml: bool) -> tuple[object, RepeatedKey | None]:
    """Return the document, and the error for a repeated key if there is one."""
    try:
        return parsing.parse(text, path, yaml=yaml), None
    except RepeatedKey as error:
        return parsing.parse(text, path, yaml=yaml, may_repeat=True), error


def _errors(document: object, earlier: set[object]) -> list[InputError]:
    """Return all errors in a scenario, and add its builds and projects to those of earlier files."""
    errors: list[InputError] = []
    try:
        parse(ScenarioSpec, "", document)
    except InputError as error:
        errors.extend(error.errors)
    invalid = {error.location for error in errors}
    identities = [identity for identity in _identities(document) if identity.location not in invalid]
    errors.extend(InputError(each.location, each.problem) for each in identities if each.value in earlier)
    earlier.update(each.value for each in identities)
    return errors


class _Identity(NamedTuple):
    """The location and value that identify a build or a project, and the problem if an earlier file has the same."""

    location: str
    value: int | tuple[str, str]
    problem: str


def _identities(document: object) -> Iterator[_Identity]:
    """Yield the identities of builds and projects; the document can be invalid."""
    for index, build in enumerate(_entries(document, "builds")):
        number = build.get("id")
        if isinstance(number, int):
            yield _Identity(f"builds[{index}].id", number, f"there is a build {number} already; expected another id")
    for index, project in enumerate(_entries(document, "projects")):
        owner, name = project.get("ownername"), project.get("projectname")
        if isinstance(owner, str) and isinstance(name, str):
            problem = f"there is a project {owner}/{name} already; expected another name"
            yield _Identity(f"projects[{index}].projectname", (owner, name), problem)


def _entries(document: object, key: str) -> list[dict[str, object]]:
    entries = document.get(key) if isinstance(document, dict) else None
    return [entry if isinstance(entry, dict) else {} for entry in entries] if isinstance(entries, list) else []
