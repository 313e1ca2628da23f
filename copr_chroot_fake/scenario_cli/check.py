"""Every mistake in scenarios, found by the reader that loads them."""

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


def check(files: Iterable[Path]) -> Iterator[Checked]:
    """Check files, each as it is when it is added to those before it."""
    earlier = Earlier()
    for file in files:
        try:
            path, text = _read(file)
            with without_garbage_collection():
                mistakes = sorted(_find(path, text, earlier), key=lambda mistake: mistake.line or 0)
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


def _find(path: Path, text: str, earlier: Earlier) -> Iterator[Mistake]:
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
    refusals = _errors(document, earlier)
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


def _walk_of(yaml: bool) -> Walk:
    if not yaml:
        return json_places.walk
    from .yaml_locations import walk

    return walk
