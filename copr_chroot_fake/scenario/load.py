"""Loading scenarios: from a path, the name of a bundled scenario, or a document."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import cast

from ..errors import InputError, ScenarioError, needing
from ..validation import checks
from ..validation.spec import parse
from . import bundled
from .parsing import read_json
from .result_files import read_results
from .spec import ScenarioSpec

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
        by_name = bundled.by_name() if path.name == str(path) and not path.suffix else {}
        if path.name in by_name:
            return read_text(by_name[path.name])
        raise ScenarioError(str(path), InputError("", _missing_file(error, path, by_name))) from None
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
