"""Reads the files that a scenario names as results of its builds: ``{"file": "logs/build.log"}``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard

from ..errors import InputError, InputErrors
from ..validation import checks


def _is_file(content: object) -> TypeGuard[dict[str, object]]:
    return isinstance(content, dict) and content.keys() == {"file"}


def read_results(document: object, scenario: Path) -> None:
    """Replace each path in a document by the content of the file.

    The document may be invalid in any other way.

    :raises InputErrors: with the location of each file that cannot be read.
    """
    errors: list[InputError] = []
    for location, results in _results_in(document):
        for name, content in results.items():
            if _is_file(content):
                where = f"{checks.dotted(location, checks.key(name))}.file"
                try:
                    results[name] = _read(where, content["file"], scenario)
                except InputError as error:
                    # So that nothing else is found wrong with it.
                    results[name] = b""
                    errors.append(error)
    if errors:
        raise InputErrors(errors)


def _read(location: str, value: object, scenario: Path) -> bytes:
    """Return the content of a file; a scenario from elsewhere can name none outside its own directory."""
    text = checks.text(location, value)
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts:
        problem = f"{checks.excerpt(text)} leads out of the directory of the scenario; expected a path below it"
        raise InputError(location, problem)
    try:
        return (scenario.parent / path).read_bytes()
    except OSError as error:
        problem = f"{checks.excerpt(text)} cannot be read: {error.strerror}; expected a file beside {scenario.name}"
        raise InputError(location, problem) from None


def _results_in(document: object) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Yield the location and the value of each object with results."""
    for location, build in _objects(document, "builds"):
        yield from _results_of(f"builds[{location}].source_results", build.get("source_results"))
        for key, chroot in _objects(build, "chroots"):
            where = f"[{key}]" if isinstance(key, int) else f".{checks.key(key)}"
            yield from _results_of(f"builds[{location}].chroots{where}.results", chroot.get("results"))


def _results_of(location: str, results: object) -> Iterator[tuple[str, dict[Any, Any]]]:
    if isinstance(results, dict):
        yield location, results


def _objects(parent: object, key: str) -> Iterator[tuple[object, dict[Any, Any]]]:
    """Yield the objects in the list or the object that a key has, each with its index or name."""
    children = parent.get(key) if isinstance(parent, dict) else None
    named = (
        children.items() if isinstance(children, dict) else enumerate(children if isinstance(children, list) else ())
    )
    for name, child in named:
        if isinstance(child, dict):
            yield name, child
