"""Values that Copr's database cannot store. Forms do not check them, so Copr fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InputError
from ..validation import checks
from ..wire.answer import CATCH_ALL, ApiError


def require_storable(values: Iterable[object]) -> None:
    """Reject texts with a NUL or an unpaired surrogate, and numbers above 32 bits, in any depth of tuples.

    :raises ApiError: 500.
    """
    for value in values:
        if isinstance(value, tuple):
            require_storable(value)
        elif isinstance(value, str):
            if not checks.is_storable(value):
                raise ApiError(500, CATCH_ALL)
        elif isinstance(value, int) and value > checks.LARGEST_INTEGER:
            raise ApiError(500, CATCH_ALL)


def require_json(config: Mapping[str, object]) -> None:
    """Reject fields of a source that JSON cannot represent, or that are nested too deeply for a scenario.

    :raises ApiError: 500.
    """
    try:
        checks.json_object("", config)
    except InputError:
        raise ApiError(500, CATCH_ALL) from None


def as_text(value: Any) -> str | None:
    """Return a value as a text column stores it; numbers and booleans become text.

    :raises ApiError: 500 for an object.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise ApiError(500, CATCH_ALL)
