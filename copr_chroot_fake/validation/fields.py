"""The fields of a control call or a saved state: which keys there may be, and each parsed with its check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, is_dataclass
from typing import TypeVar

from ..errors import InputError
from . import checks
from .spec import fields_of

T = TypeVar("T")


class Form:
    """The required keys of an object, and all its keys, in the order in which messages list them.

    :param all: ``required`` by default.
    """

    __slots__ = ("all", "known", "required", "required_names")

    def __init__(self, required: Sequence[str], all: Sequence[str] | None = None) -> None:
        self.required = required
        self.all = required if all is None else all
        self.required_names = frozenset(required)
        self.known = frozenset(self.all)

    @classmethod
    def of(cls, entry: object) -> Form:
        """Return the form of a spec or a ``TypedDict``; for ``None``, one without keys."""
        if isinstance(entry, type) and is_dataclass(entry):
            declared = fields_of(entry)
            required = [field.key for field in declared.values() if field.default is MISSING]
            return cls(required, [field.key for field in declared.values()])
        keys: tuple[str, ...] = tuple(getattr(entry, "__annotations__", ()))
        present: Collection[str] = getattr(entry, "__required_keys__", ())
        return cls(tuple(key for key in keys if key in present), keys)


class Fields:
    """The fields of one object; each is parsed with its check.

    :raises InputError: for an unknown key, or a required one that is missing.
    """

    __slots__ = ("_entry", "_location")

    def __init__(self, location: str, entry: object, form: Form) -> None:
        self._location = location
        self._entry = entry = checks.mapping(location, entry)
        keys = entry.keys()
        if not keys <= form.known:
            key = next(key for key in map(checks.key, keys) if key not in form.known)
            raise InputError(checks.dotted(location, key), f"unknown key; {checks.choices(key, form.all)}")
        if not keys >= form.required_names:
            key = next(key for key in form.required if key not in entry)
            raise InputError(checks.dotted(location, key), "missing, and required; add it")

    def read(self, key: str, check: Callable[[str, object], T], default: T) -> T:
        """Return an optional field; ``None`` counts as missing."""
        value = self._entry.get(key)
        return default if value is None else check(checks.dotted(self._location, key), value)

    def require(self, key: str, check: Callable[[str, object], T]) -> T:
        """Return a required field."""
        return check(checks.dotted(self._location, key), self._entry[key])
