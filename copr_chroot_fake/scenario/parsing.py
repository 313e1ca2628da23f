"""Parse JSON with located errors, and reject keys that an object has twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from ..errors import InputError


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
