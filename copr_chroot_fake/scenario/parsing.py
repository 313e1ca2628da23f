"""Reading and parsing the text of a scenario, in JSON or YAML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ..errors import InputError, ScenarioError, needing
from ..validation import checks
from . import bundled


class ScenarioSyntaxError(InputError):
    """A text that is no valid JSON or YAML; line and column are counted from 1."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(f"line {line}, column {column}", problem)
        self.line = line
        self.column = column


class RepeatedKeyError(InputError):
    """A key that an object has twice; Python's parsers would silently drop the first value."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "duplicate key; expected once")


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


def parse(text: str, source: Path, *, yaml: bool) -> object:
    """Return the value of a text in YAML or JSON.

    :param source: its file.
    :raises InputError: naming line and column, or the repeated key.
    :raises MissingExtraError: for YAML if no parser of it is installed.
    """
    try:
        return _read_yaml(text, source) if yaml else read_json(text)
    except RecursionError:
        raise InputError("", "nested too deeply to be a scenario") from None


def read_json(text: str) -> object:
    """Return the value of a JSON text.

    :raises InputError: naming line and column, or the repeated key.
    """
    try:
        return json.loads(text, object_pairs_hook=_object_without_repeats)
    except json.JSONDecodeError as error:
        raise ScenarioSyntaxError(error.lineno, error.colno, f"not JSON: {error.msg}") from None
    except InputError:
        raise
    except ValueError as error:
        raise InputError("scenario", f"invalid JSON: {error}") from None


def _object_without_repeats(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        reject_repeats(name for name, _ in pairs)
    return fields


def reject_repeats(keys: Iterable[str]) -> None:
    """:raises RepeatedKeyError: if an object has a key twice."""
    repeated = next((key for key, times in Counter(keys).items() if times > 1), None)
    if repeated is not None:
        raise RepeatedKeyError(repeated)


def _read_yaml(text: str, source: Path) -> object:
    with needing(f"{source}: a YAML scenario", "PyYAML", "yaml"):
        import yaml as _  # noqa: F401  # an error here names the extra

        from .yaml_loading import load
    return load(text)
