"""Scenarios in files: bundled ones, loading JSON and YAML, the result files that they name, and their JSON Schema."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard, cast

from ..errors import InputError, InputErrors, ScenarioError, needing
from ..validation import checks
from ..validation.spec import parse
from .parsing import read_json
from .spec import ScenarioSpec

DEFAULT_SCENARIO = "all-states.json"


def bundled_directory() -> Path:
    """Return the directory of the bundled scenarios: in the installed package, else in the checkout."""
    package = Path(__file__).parent.parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def by_name() -> Mapping[str, Path]:
    """Return the files of the bundled scenarios by name, without the directory."""
    return {path.stem: path for path in sorted(bundled_directory().rglob("*.json"), key=lambda path: path.stem)}


ScenarioSource = str | os.PathLike[str] | Mapping[str, object]
"""The path of a file, the name of a bundled scenario, or the document in such a file."""


def load_scenario(source: ScenarioSource) -> tuple[str | None, ScenarioSpec]:
    """Return a scenario, from a file or as a document, and the name of the file if there is one.

    :raises ScenarioError: naming the file, and the location of each error in the document.
    :raises MissingExtraError: for a YAML file if no YAML reader is installed.
    """
    if checks.is_mapping(source):
        file, load = None, partial(parse, ScenarioSpec, "", source)
    else:
        path, text = read_text(_path(source))
        file, load = str(path), partial(_load_text, path, text)
    try:
        return file, load()
    except InputError as error:
        raise ScenarioError(file, error) from None


def _load_text(path: Path, text: str) -> ScenarioSpec:
    document = parse_text(text, path, yaml=is_yaml(path))
    read_results(document, path)
    return parse(ScenarioSpec, "", document)


def _path(source: object) -> Path:
    try:
        return Path(checks.plain_text(source) or os.fspath(cast("os.PathLike[str]", source)))
    except Exception as error:
        problem = f"expected the path of a scenario, or its document, got {checks.excerpt(source)}"
        raise InputError("source", problem) from error


def read_text(path: Path) -> tuple[Path, str]:
    """Return the path and the text of a file; if there is none, of the bundled scenario of that name.

    :raises ScenarioError: if it cannot be read; it lists the bundled scenarios if the path can be a name.
    """
    try:
        return path, path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError) as error:
        names = by_name() if path.name == str(path) and not path.suffix else {}
        if path.name in names:
            return read_text(names[path.name])
        raise ScenarioError(str(path), InputError("", _missing_file(error, path, names))) from None
    except (OSError, ValueError) as error:
        raise ScenarioError(str(path), InputError("", f"cannot be read: {_reason(error)}")) from None


def _missing_file(error: OSError, path: Path, names: Collection[str]) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"cannot be read: {_reason(error)}"
    if not names:
        return "no such file; expected a scenario in JSON or YAML"
    return f"no such file, and no bundled scenario of that name; {checks.choices(path.name, names)}"


def _reason(error: Exception) -> str:
    """Return the message of an error without the path, which the whole message has already."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def is_yaml(path: Path) -> bool:
    return path.suffix.lower() in {".yaml", ".yml"}


def parse_text(text: str, source: Path, *, yaml: bool) -> object:
    """Return the value of a text in YAML or JSON.

    :param source: its file.
    :raises InputError: naming line and column, or the repeated key.
    :raises MissingExtraError: for YAML if no parser of it is installed.
    """
    try:
        return _read_yaml(text, source) if yaml else read_json(text)
    except RecursionError:
        raise InputError("", "nested too deeply to be a scenario") from None


def _read_yaml(text: str, source: Path) -> object:
    with needing(f"{source}: a YAML scenario", "PyYAML", "yaml"):
        import yaml as _  # noqa: F401  # an error here names the extra

        from .yaml_loading import load
    return load(text)


def _is_file(content: object) -> TypeGuard[dict[str, object]]:
    return isinstance(content, dict) and content.keys() == {"file"}


def read_results(document: object, scenario: Path) -> None:
    """Replace each path in a document by the content of the file.

    Other errors in the document are left to its validation.

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
                    # Avoids further errors about the same value.
                    results[name] = b""
                    errors.append(error)
    if errors:
        raise InputErrors(errors)


def _read(location: str, value: object, scenario: Path) -> bytes:
    """Return the content of a file below the directory of the scenario, which may be from an untrusted source."""
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
    for index, build in _objects(document, "builds"):
        found = {f"builds[{index}].source_results": build.get("source_results")}
        for key, chroot in _objects(build, "chroots"):
            where = f"[{key}]" if isinstance(key, int) else f".{checks.key(key)}"
            found[f"builds[{index}].chroots{where}.results"] = chroot.get("results")
        yield from ((location, results) for location, results in found.items() if isinstance(results, dict))


def _objects(parent: object, key: str) -> Iterator[tuple[object, dict[Any, Any]]]:
    """Yield the objects in the list or mapping under a key, each with its index or name."""
    children = parent.get(key) if isinstance(parent, dict) else None
    named = (
        children.items() if isinstance(children, dict) else enumerate(children if isinstance(children, list) else ())
    )
    for name, child in named:
        if isinstance(child, dict):
            yield name, child


def scenario_schema() -> str:
    """Return the JSON Schema of a scenario, for editors and other tools; ``make docs`` generates it."""
    return Path(__file__).with_name("schema.json").read_text()
