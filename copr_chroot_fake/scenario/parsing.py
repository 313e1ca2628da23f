"""What the text of a scenario says, in JSON or in YAML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ..errors import InputError, ScenarioError, needing
from ..validation import checks
from . import bundled as shipped


class SyntaxMistake(InputError):
    """A text that is no valid JSON or YAML; line and column are counted from 1."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(f"line {line}, column {column}", problem)
        self.line = line
        self.column = column


class RepeatedKey(InputError):
    """A key that is in one object twice; Python's readers would silently drop the first value."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "the key is there twice in one object; expected once")


def read_text(path: Path) -> tuple[Path, str]:
    """The path and the text of a file; if there is none, of the scenario that ships under that name.

    :raises ScenarioError: if it cannot be read; it lists the scenarios that ship if one may have been meant.
    """
    try:
        return path, path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError) as error:
        by_name = shipped.by_name() if path.name == str(path) and not path.suffix else {}
        if path.name in by_name:
            return read_text(by_name[path.name])
        raise ScenarioError(str(path), InputError("", _reason(error, path, by_name))) from None
    except (OSError, ValueError) as error:
        raise ScenarioError(str(path), InputError("", f"cannot be read: {_said(error)}")) from None


def _reason(error: OSError, path: Path, names: Collection[str]) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"cannot be read: {_said(error)}"
    if not names:
        return "no such file; expected a scenario in JSON or YAML"
    return f"no such file, and no scenario of that name ships; {checks.choices(path.name, names)}"


def _said(error: Exception) -> str:
    """What an error says beside the path, which can be long, and is in the message already."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def is_yaml(path: Path) -> bool:
    return path.suffix.lower() in {".yaml", ".yml"}


def parse(text: str, source: Path, *, yaml: bool, may_repeat: bool = False) -> object:
    """What a text says, in YAML or in JSON.

    :param source: where it is from.
    :param may_repeat: whether a key may be in an object twice; the last one counts then.
    :raises InputError: naming line and column, or the repeated key.
    :raises MissingExtraError: for YAML if no reader of it is installed.
    """
    try:
        return _read_yaml(text, source, may_repeat) if yaml else read_json(text, may_repeat=may_repeat)
    except RecursionError:
        raise InputError("", "nested too deeply to be a scenario") from None


def read_json(text: str, *, may_repeat: bool = False) -> object:
    """What a JSON text says.

    :raises InputError: naming line and column, or the repeated key.
    """
    try:
        return json.loads(text, object_pairs_hook=None if may_repeat else _object_without_repeats)
    except json.JSONDecodeError as error:
        raise SyntaxMistake(error.lineno, error.colno, f"not JSON: {error.msg}") from None
    except InputError:
        raise
    except ValueError as error:
        raise InputError("scenario", f"not JSON that can be read: {error}") from None


def _object_without_repeats(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        refuse_repeats(name for name, _ in pairs)
    return fields


def refuse_repeats(keys: Iterable[str]) -> None:
    """:raises RepeatedKey: if one of the keys of an object is there twice."""
    repeated = next((key for key, times in Counter(keys).items() if times > 1), None)
    if repeated is not None:
        raise RepeatedKey(repeated)


def _read_yaml(text: str, source: Path, may_repeat: bool) -> object:
    with needing(f"{source}: a YAML scenario", "PyYAML", "yaml"):
        import yaml as _  # noqa: F401  # what the module that has been loaded before is made of

        from .yaml_loading import load
    return load(text, may_repeat=may_repeat)
