"""Loading scenarios: from a path, the name of a bundled scenario, or a document."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import cast

from ..errors import InputError, ScenarioError
from ..validation import checks
from ..validation.spec import parse
from .parsing import is_yaml, read_text
from .parsing import parse as parse_text
from .result_files import names_files, read_results
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
    shared = _load_shared(path, text) if len(text) <= _MAX_SHARED else None
    if shared is not None:
        return shared
    document = parse_text(text, path, yaml=is_yaml(path))
    read_results(document, path)
    return parse(ScenarioSpec, "", document)


_MAX_SHARED = 100_000
"""Characters of the longest scenario that is kept in memory."""


# A test suite loads the same scenario for each test, and a server for each world; all of them share its values.
@lru_cache(maxsize=32)
def _load_shared(path: Path, text: str) -> ScenarioSpec | None:
    """Return a scenario; ``None`` if it names other files, whose content can be different the next time."""
    document = parse_text(text, path, yaml=is_yaml(path))
    return None if names_files(document) else parse(ScenarioSpec, "", document)


def _path(source: object) -> Path:
    try:
        return Path(checks.plain_text(source) or os.fspath(cast("os.PathLike[str]", source)))
    except Exception as error:
        problem = f"expected the path of a scenario, or its document, got {checks.excerpt(source)}"
        raise InputError("source", problem) from error
