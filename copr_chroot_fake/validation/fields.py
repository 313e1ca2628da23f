"""The fields of an entry of a scenario, or of a request's body: which there may be, and each read with its check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, is_dataclass
from typing import Any, TypeVar, cast

from ..errors import InputError
from . import checks
from . import errors as mistakes
from .spec import fields_of

T = TypeVar("T")
U = TypeVar("U")

MAX_UNKNOWN_KEYS = 20
"""How many unknown keys of one entry are reported one by one."""


class Form:
    """The keys that an entry must have, and all that it may have, in the order in which messages list them.

    :param all: the same as ``required`` where it is not said.
    """

    __slots__ = ("all", "known", "required", "required_names")

    def __init__(self, required: Sequence[str], all: Sequence[str] | None = None) -> None:
        self.required = required
        self.all = required if all is None else all
        self.required_names = frozenset(required)
        self.known = frozenset(self.all)

    @classmethod
    def of(cls, entry: object) -> Form:
        """The form of a ``TypedDict``; for ``None``, one without keys."""
        if isinstance(entry, type) and is_dataclass(entry):
            declared = fields_of(entry)
            required = [field.key for field in declared.values() if field.default is MISSING]
            return cls(required, [field.key for field in declared.values()])
        keys: tuple[str, ...] = tuple(getattr(entry, "__annotations__", ()))
        present: Collection[str] = getattr(entry, "__required_keys__", ())
        return cls(tuple(key for key in keys if key in present), keys)


class Fields:
    """The fields of one entry; each is read with the check that it has to pass.

    While mistakes are gathered (see the module ``mistakes``), reading goes on
    after a mistake, and which fields are wrong is remembered.
    """

    __slots__ = ("_entry", "_goes_on", "_place", "_wrong")

    def __init__(self, place: str, entry: object, form: Form) -> None:
        self._place = place
        self._entry = entry = checks.mapping(place, entry)
        self._goes_on = mistakes.are_gathered()
        self._wrong: set[str] | None = None
        keys = entry.keys()
        if not keys <= form.known:
            self._refuse_unknown([key for key in map(checks.key, keys) if key not in form.known], form)
        if not keys >= form.required_names:
            for key in form.required:
                if key not in entry:
                    self._refuse(key, "missing, and required; add it")

    def read(self, key: str, check: Callable[[str, object], T], default: T) -> T:
        """An optional field; ``None`` counts as missing."""
        value = self._entry.get(key)
        if value is None:
            return default
        if not self._goes_on:
            return check(checks.dotted(self._place, key), value)
        return self._try(key, check, value, default)

    def said(self, known: Mapping[str, Callable[[str, object], object]]) -> dict[str, Any]:
        """The fields that are present, by name, of those that have one of these checks."""
        said = {}
        for key, value in self._entry.items():
            if value is not None and key in known:
                read = self.read(key, known[key], None)
                if read is not None:
                    said[key] = read
        return said

    def each(self, key: str, read: Callable[[str, object], T]) -> Iterator[T]:
        """What ``read`` makes of each entry of a list, which may be missing; see :func:`checks.each`."""
        entries: Iterable[object] = self.read(key, checks.items, ())
        if not self._goes_on:
            return checks.each(checks.dotted(self._place, key), entries, read)
        return self._each_that_is_right(key, entries, read)

    def read_each(self, key: str, read: Callable[[str, object], object]) -> None:
        """Read each entry of a list with a function that stores the result itself."""
        for _ in self.each(key, read):
            pass

    def require(self, key: str, check: Callable[[str, object], T], stand_in: T | None = None) -> T:
        """A required field.

        :param stand_in: what to go on with if the field is wrong; without one, the rest of the entry is not read.
        """
        if not self._goes_on:
            return check(checks.dotted(self._place, key), self._entry[key])
        value = self._try(key, check, self._entry[key], stand_in) if key in self._entry else stand_in
        if value is None:
            self.insist(key)
        return cast(T, value)

    def is_right(self, *keys: str) -> bool:
        """Whether no mistake was found in these fields, which have been read."""
        return self._wrong is None or self._wrong.isdisjoint(keys)

    def insist(self, *keys: str) -> None:
        """Stop reading the entry if a mistake was found in one of these fields."""
        if not self.is_right(*keys):
            raise InputError(self._place, f"expected {', '.join(keys)} to be right")

    def _try(self, key: str, check: Callable[[str, object], T], value: object, otherwise: U) -> T | U:
        before = mistakes.count()
        read = mistakes.tried(check, checks.dotted(self._place, key), value, otherwise)
        if mistakes.count() > before:
            self._mark(key)
        return read

    def _each_that_is_right(self, key: str, entries: Iterable[object], read: Callable[[str, object], T]) -> Iterator[T]:
        before = mistakes.count()
        yield from checks.each(checks.dotted(self._place, key), entries, read)
        if mistakes.count() > before:
            self._mark(key)

    def _refuse_unknown(self, unknown: Sequence[str], form: Form) -> None:
        """Report unknown keys: each of the first, and how many more there are, as an entry can have any number."""
        for key in unknown[:MAX_UNKNOWN_KEYS]:
            self._refuse(str(key), f"unknown key; {checks.choices(key, form.all)}")
        more = len(unknown) - MAX_UNKNOWN_KEYS
        if more > 0:
            mistakes.refuse(self._place, f"{more} more unknown keys; valid: {checks.listing(form.all, 50)}")

    def _refuse(self, key: str, problem: str) -> None:
        mistakes.refuse(checks.dotted(self._place, key), problem)
        self._mark(key)

    def _mark(self, key: str) -> None:
        if self._wrong is None:
            self._wrong = set()
        self._wrong.add(key)
