"""Loading scenarios: from a path, the name of a bundled scenario, or a document."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ..errors import InputError, ScenarioError
from ..validation import checks
from ..validation.spec import parse
from .parsing import is_yaml, read_text
from .parsing import parse as parse_text
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
        return None, _parse(None, source)
    path, text = read_text(_path(source))
    try:
        document = parse_text(text, path, yaml=is_yaml(path))
        read_results(document, path)
    except InputError as error:
        raise ScenarioError(str(path), error) from None
    return str(path), _parse(str(path), document)


def _parse(file: str | None, document: object) -> ScenarioSpec:
    try:
        return parse(ScenarioSpec, "", document)
    except InputError as error:
        raise ScenarioError(file, error) from None


def _path(source: object) -> Path:
    try:
        return Path(checks.plain_text(source) or os.fspath(cast("os.PathLike[str]", source)))
    except Exception as error:
        problem = f"expected the path of a scenario, or its document, got {checks.excerpt(source)}"
        raise InputError("source", problem) from error
