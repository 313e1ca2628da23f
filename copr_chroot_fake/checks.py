"""Checks of the values that people hand to the kit, each naming the field and what would do."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeGuard, TypeVar, cast

from . import mistakes
from .errors import InputError
from .schemas import Keywords, Written, whole
from .states import State

T = TypeVar("T")
U = TypeVar("U")

LARGEST_INTEGER = 2**31 - 1
"""The service keeps ids, times, limits and epochs as 32-bit integers."""

_CHROOT_NAME = re.compile(r"[^\s/]+-[^\s/-]+-[^\s/-]+")


class Form:
    """The keys that an entry must have, and all those that it may have, in the order in which to name them."""

    __slots__ = ("all", "known", "required", "required_names")

    def __init__(self, required: Sequence[str], all: Sequence[str]) -> None:
        self.required = required
        self.all = all
        self.required_names = frozenset(required)
        self.known = frozenset(all)

    @classmethod
    def of(cls, keys: Iterable[str], required: Collection[str]) -> Form:
        """The form of a ``TypedDict``, by its annotations and its required keys."""
        named = tuple(keys)
        return cls(tuple(key for key in named if key in required), named)


class Fields:
    """The fields of an entry of a known form; each is read with the check that it has to pass.

    Where mistakes are gathered, it goes on after each of them, and knows which
    fields are wrong.
    """

    __slots__ = ("_entry", "_goes_on", "_place", "_wrong")

    def __init__(self, place: str, entry: object, form: Form) -> None:
        self._place = place
        self._entry = entry = mapping(place, entry)
        self._goes_on = mistakes.are_gathered()
        self._wrong: set[str] | None = None
        keys = entry.keys()
        if not keys <= form.known:
            for key in keys:
                if key not in form.known:
                    self._refuse(str(key), f"no such key here; {choices(key, form.all)}")
        if not keys >= form.required_names:
            for key in form.required:
                if key not in entry:
                    self._refuse(key, "missing, and required; add it")

    def read(self, key: str, check: Callable[[str, object], T], default: T) -> T:
        """A field that may be missing, or ``None``, which says as little."""
        value = self._entry.get(key)
        if value is None:
            return default
        if not self._goes_on:
            return check(dotted(self._place, key), value)
        return self._try(key, check, value, default)

    def said(self, checks: Mapping[str, Callable[[str, object], object]]) -> dict[str, Any]:
        """Of the fields that are to be read with these checks, those that are there, by their names."""
        said = {}
        for key, value in self._entry.items():
            if value is not None and key in checks:
                read = self.read(key, checks[key], None)
                if read is not None:
                    said[key] = read
        return said

    def each(self, key: str, read: Callable[[str, object], T]) -> Iterator[T]:
        """What is read of each entry of a list, as :func:`each` has it; nothing where there is no list."""
        entries: Iterable[object] = self.read(key, items, ())
        if not self._goes_on:
            return each(dotted(self._place, key), entries, read)
        return self._each_that_is_right(key, entries, read)

    def read_each(self, key: str, read: Callable[[str, object], object]) -> None:
        """Have each entry of a list read, by what keeps what it has read."""
        for _ in self.each(key, read):
            pass

    def require(self, key: str, check: Callable[[str, object], T], stand_in: T | None = None) -> T:
        """A field that must be there.

        :param stand_in: what to go on with where it is wrong; without one, nothing of the entry is read on.
        """
        if not self._goes_on:
            return check(dotted(self._place, key), self._entry[key])
        value = self._try(key, check, self._entry[key], stand_in) if key in self._entry else stand_in
        if value is None:
            self.insist(key)
        return cast(T, value)

    def is_right(self, *keys: str) -> bool:
        """Whether nothing wrong was found in some fields that have been read."""
        return self._wrong is None or self._wrong.isdisjoint(keys)

    def insist(self, *keys: str) -> None:
        """Read nothing more of the entry if one of these fields is wrong, which has been found."""
        if not self.is_right(*keys):
            raise InputError(self._place, f"expected {', '.join(keys)} to be right")

    def _try(self, key: str, check: Callable[[str, object], T], value: object, otherwise: U) -> T | U:
        before = mistakes.count()
        read = mistakes.tried(check, dotted(self._place, key), value, otherwise)
        if mistakes.count() > before:
            self._mark(key)
        return read

    def _each_that_is_right(self, key: str, entries: Iterable[object], read: Callable[[str, object], T]) -> Iterator[T]:
        before = mistakes.count()
        yield from each(dotted(self._place, key), entries, read)
        if mistakes.count() > before:
            self._mark(key)

    def _refuse(self, key: str, problem: str) -> None:
        mistakes.refuse(dotted(self._place, key), problem)
        self._mark(key)

    def _mark(self, key: str) -> None:
        self._wrong = {key, *(self._wrong or ())}


def optional(check: Callable[[str, object], T]) -> Callable[[str, object], T | None]:
    """The same check, with ``None`` allowed too."""

    def check_unless_none(field: str, value: object) -> T | None:
        return None if value is None else check(field, value)

    return check_unless_none


Text = Annotated[str, Keywords(minLength=1)]


def text(field: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(field, f"expected a text that is not empty, got {shown(value)}")
    return value


def word(field: str, value: object) -> str:
    """A text of which many objects have the same, and share it."""
    return sys.intern(text(field, value))


def items(field: str, value: object) -> Iterable[object]:
    """The items of a list, to be read once: what makes them up as they are read need not hold them all."""
    if type(value) is not list and (isinstance(value, (str, Mapping)) or not isinstance(value, Iterable)):
        raise InputError(field, f"expected a list, got {shown(value)}")
    return value


def each(place: str, entries: Iterable[object], read: Callable[[str, object], T]) -> Iterator[T]:
    """What is read of each entry of a list; where mistakes are gathered, those that are wrong are left out."""
    if not mistakes.are_gathered():
        for at, entry in enumerate(entries):
            yield read(f"{place}[{at}]", entry)
        return
    for at, entry in enumerate(entries):
        before = mistakes.count()
        item = mistakes.tried(read, f"{place}[{at}]", entry, None)
        if mistakes.count() == before:
            yield cast(T, item)


def texts(field: str, value: object) -> tuple[str, ...]:
    return tuple(each(field, items(field, value), text))


def mapping(field: str, value: object) -> Mapping[str, object]:
    if type(value) is dict:
        # What nearly everything is, and far sooner found out.
        return value
    if not isinstance(value, Mapping):
        raise InputError(field, f"expected an object, got {shown(value)}")
    return value


DEEPEST = 100
"""How many levels an object may have that is kept as it is given."""


def json_object(field: str, value: object) -> dict[str, object]:
    """A copy of an object that JSON can say."""
    if _depth(value) > DEEPEST:
        raise InputError(field, f"nested too deeply; expected at most {DEEPEST} levels")
    said = mapping(field, value)
    try:
        written = json.dumps(said, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(field, f"expected what JSON can say: {error}") from None
    return cast("dict[str, object]", json.loads(written))


def _depth(value: object) -> int:
    """How many levels of objects and lists there are, up to one too many."""
    level: list[object] = [value]
    for depth in range(DEEPEST + 1):
        level = [inner for outer in level if isinstance(outer, (Mapping, list, tuple)) for inner in _inside(outer)]
        if not level:
            return depth
    return DEEPEST + 1


def _inside(value: Mapping[object, object] | Sequence[object]) -> Iterable[object]:
    return value.values() if isinstance(value, Mapping) else value


def flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(field, f"expected true or false, got {shown(value)}")
    return value


def _integer(what: str, least: int) -> Callable[[str, object], int]:
    """A check for an integer that the service can keep, of at least so much."""

    def check(field: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST_INTEGER:
            raise InputError(field, f"expected {what} from {least} to {LARGEST_INTEGER}, got {shown(value)}")
        return value

    return check


WholeNumber = Annotated[int, Keywords(minimum=0, maximum=LARGEST_INTEGER)]
whole_number = _integer("a whole number", 0)

Positive = Annotated[int, Keywords(minimum=1, maximum=LARGEST_INTEGER)]
positive = _integer("a whole number", 1)

UnixTime = Annotated[int, Keywords(minimum=0, maximum=LARGEST_INTEGER)]
unix_time = _integer("a Unix time in whole seconds,", 0)

Amount = Annotated[float, Keywords(minimum=0, maximum=LARGEST_INTEGER)]


def is_amount(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LARGEST_INTEGER


def amount(field: str, value: object) -> float:
    """Seconds, or a weight."""
    if not is_amount(value):
        raise InputError(field, f"expected a number from 0 to {LARGEST_INTEGER}, got {shown(value)}")
    return value


def end_after_start(field: str, started_on: int | None, ended_on: int | None) -> None:
    if started_on is not None and ended_on is not None and ended_on < started_on:
        mistakes.refuse(field, f"{ended_on} is before started_on, {started_on}; expected that time or a later one")


StateText = Annotated[str, Written(State)]

_STATES: Mapping[str, State] = {state.value: state for state in State}


def state(field: str, value: object) -> State:
    state = _STATES.get(value) if isinstance(value, str) else None
    if state is None:
        raise InputError(field, f"{shown(value)} is no state; {choices(value, _STATES)}")
    return state


def one_of(valid: Collection[str]) -> Callable[[str, object], str]:
    def check(field: str, value: object) -> str:
        if not isinstance(value, str) or value not in valid:
            raise InputError(field, f"{shown(value)} is not possible; {choices(value, valid)}")
        return value

    return check


ChrootName = Annotated[str, whole(_CHROOT_NAME.pattern)]


def chroot_name(field: str, value: object) -> str:
    """The name of a mock chroot: distribution, version and architecture, with dashes between."""
    if not isinstance(value, str) or not _is_chroot_name(value):
        raise InputError(
            field,
            f"{shown(value)} is no chroot name; expected distribution-version-architecture, such as fedora-41-x86_64",
        )
    return sys.intern(value)


@lru_cache(maxsize=10_000)
def _is_chroot_name(text: str) -> bool:
    return _CHROOT_NAME.fullmatch(text) is not None and _is_unicode(text)


def _is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, which JSON can say, and nothing can encode."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


PathSegment = Annotated[str, whole(r"[^\s/](?:[^/]*[^\s/])?")]


def path_segment(field: str, value: object) -> str:
    """A name that becomes one segment of a result address."""
    name = word(field, value)
    if "/" in name or name != name.strip():
        raise InputError(field, f"{shown(name)} has a slash or white space around it; expected a plain name")
    return name


def dotted(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def choices(value: object, valid: Iterable[str]) -> str:
    """Say what is valid, and which of it was probably meant."""
    listed = list(valid)
    close = nearest(value, listed, 1, 0.7) if isinstance(value, str) else []
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}valid: {', '.join(listed)}"


def nearest(text: str, candidates: Iterable[str], count: int, cutoff: float) -> list[str]:
    """Those that are written most like a text, of a likeness from 0 to 1 of at least ``cutoff``."""
    # Only a mistake needs it, and it takes a while to load.
    import difflib

    return difflib.get_close_matches(text, candidates, n=count, cutoff=cutoff)


def shown(value: object) -> str:
    """A value as an error message shows it, on one line and never long."""
    try:
        written = repr(value)
    except (ValueError, RecursionError):
        # An integer with more digits than Python writes out, or what is nested as deeply.
        written = f"a very large {type(value).__name__}"
    return written if len(written) <= 60 else written[:57] + "..."
