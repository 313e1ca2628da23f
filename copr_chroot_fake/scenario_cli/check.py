"""Finds all errors in scenarios, with the code that loads them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    earlier = Earlier()
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


def _find_errors(path: Path, text: str, earlier: Earlier) -> Iterator[Diagnostic]:
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


def _errors(document: object, earlier: Earlier) -> list[InputError]:
    """Return all errors in a scenario; its valid projects and builds are added to those of earlier files."""
    errors: list[InputError] = []
    try:
        spec = parse(ScenarioSpec, "", document)
    except InputError as error:
        errors.extend(error.errors)
        builds, projects = _entries(document, "builds"), _entries(document, "projects")
    else:
        builds, projects = [*map(vars, spec.builds)], [*map(vars, spec.projects)]
    errors.extend(earlier.repeated(builds, projects, errors))
    return errors


def _entries(document: object, key: str) -> list[dict[str, object]]:
    entries = document.get(key) if isinstance(document, dict) else None
    return [entry if isinstance(entry, dict) else {} for entry in entries] if isinstance(entries, list) else []


class Earlier:
    """The projects and builds of the files that have been checked so far."""

    def __init__(self) -> None:
        self._builds: set[object] = set()
        self._projects: set[tuple[object, object]] = set()

    def repeated(
        self,
        builds: Sequence[Mapping[str, object]],
        projects: Sequence[Mapping[str, object]],
        errors: Sequence[InputError],
    ) -> list[InputError]:
        """Return an error for each project and build of a file that an earlier one has, and remember the others."""
        found = []
        wrong = {error.location for error in errors}
        new_builds, new_projects = set(), set()
        for index, build in enumerate(builds):
            number = build.get("id")
            location = f"builds[{index}].id"
            if isinstance(number, int) and location not in wrong:
                if number in self._builds:
                    found.append(InputError(location, f"there is a build {number} already; expected another id"))
                new_builds.add(number)
        for index, project in enumerate(projects):
            owner, name = project.get("ownername"), project.get("projectname")
            location = f"projects[{index}].projectname"
            if isinstance(owner, str) and isinstance(name, str) and location not in wrong:
                if (owner, name) in self._projects:
                    problem = f"there is a project {owner}/{name} already; expected another name"
                    found.append(InputError(location, problem))
                new_projects.add((owner, name))
        self._builds |= new_builds
        self._projects |= new_projects
        return found
