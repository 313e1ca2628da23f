"""Checks of the values that people hand to the kit, each naming the field and what would do."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple, TypeGuard, TypeVar, cast

from .errors import InputError
from .schemas import Keywords, Written, whole
from .states import State

T = TypeVar("T")

LARGEST_INTEGER = 2**31 - 1
"""The service keeps ids, times, limits and epochs as 32-bit integers."""

_CHROOT_NAME = re.compile(r"[^\s/]+-[^\s/-]+-[^\s/-]+")


class Form(NamedTuple):
    """The keys that an entry must have, and all those that it may have, in the order in which to name them."""

    required: tuple[str, ...]
    all: tuple[str, ...]

    @classmethod
    def of(cls, keys: Iterable[str], required: Collection[str]) -> Form:
        """The form of a ``TypedDict``, by its annotations and its required keys."""
        named = tuple(keys)
        return cls(tuple(key for key in named if key in required), named)


class Fields:
    """The fields of an entry of a known form; each is read with the check that it has to pass."""

    __slots__ = ("_entry", "_place")

    def __init__(self, place: str, entry: object, form: Form) -> None:
        self._place = place
        self._entry = mapping(place, entry)
        for key in self._entry:
            if key not in form.all:
                raise InputError(dotted(place, str(key)), f"no such key here; {choices(key, form.all)}")
        for key in form.required:
            if key not in self._entry:
                raise InputError(dotted(place, key), "missing, and required; add it")

    def read(self, key: str, check: Callable[[str, object], T], default: T) -> T:
        """A field that may be missing, or ``None``, which says as little."""
        value = self._entry.get(key)
        return default if value is None else check(dotted(self._place, key), value)

    def entries(self, key: str) -> Iterable[object]:
        """The entries of a list, none where it is not there."""
        return self.read(key, items, ())

    def require(self, key: str, check: Callable[[str, object], T]) -> T:
        return check(dotted(self._place, key), self._entry[key])


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
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InputError(field, f"expected a list, got {shown(value)}")
    return value


def texts(field: str, value: object) -> tuple[str, ...]:
    return tuple(text(f"{field}[{at}]", item) for at, item in enumerate(items(field, value)))


def mapping(field: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InputError(field, f"expected an object, got {shown(value)}")
    return value


DEEPEST = 100
"""How many levels an object may have that is kept as it is given."""


def json_object(field: str, value: object) -> dict[str, object]:
    """A copy of an object that JSON can say."""
    if _depth(value) > DEEPEST:
        raise InputError(field, f"nested too deeply; expected at most {DEEPEST} levels")
    try:
        written = json.dumps(mapping(field, value), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
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


WholeNumber = Annotated[int, Keywords(minimum=0, maximum=LARGEST_INTEGER)]


def whole_number(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_INTEGER:
        raise InputError(field, f"expected a whole number from 0 to {LARGEST_INTEGER}, got {shown(value)}")
    return value


Positive = Annotated[int, Keywords(minimum=1, maximum=LARGEST_INTEGER)]


def positive(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_INTEGER:
        raise InputError(field, f"expected a whole number from 1 to {LARGEST_INTEGER}, got {shown(value)}")
    return value


Amount = Annotated[float, Keywords(minimum=0, maximum=LARGEST_INTEGER)]


def is_amount(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LARGEST_INTEGER


def amount(field: str, value: object) -> float:
    """Seconds, or a weight."""
    if not is_amount(value):
        raise InputError(field, f"expected a number from 0 to {LARGEST_INTEGER}, got {shown(value)}")
    return value


UnixTime = Annotated[int, Keywords(minimum=0, maximum=LARGEST_INTEGER)]


def unix_time(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_INTEGER:
        raise InputError(field, f"expected a Unix time in whole seconds, not negative, got {shown(value)}")
    return value


def end_after_start(field: str, started_on: int | None, ended_on: int | None) -> None:
    if started_on is not None and ended_on is not None and ended_on < started_on:
        raise InputError(field, f"{ended_on} is before started_on, {started_on}; expected that time or a later one")


StateText = Annotated[str, Written(State)]


def state(field: str, value: object) -> State:
    try:
        return State(value)
    except ValueError:
        raise InputError(field, f"{shown(value)} is no state; {choices(value, [s.value for s in State])}") from None


def one_of(valid: Collection[str]) -> Callable[[str, object], str]:
    def check(field: str, value: object) -> str:
        if not isinstance(value, str) or value not in valid:
            raise InputError(field, f"{shown(value)} is not possible; {choices(value, valid)}")
        return value

    return check


ChrootName = Annotated[str, whole(_CHROOT_NAME.pattern)]


def chroot_name(field: str, value: object) -> str:
    """The name of a mock chroot: distribution, version and architecture, with dashes between."""
    if not isinstance(value, str) or not _CHROOT_NAME.fullmatch(value) or not _is_unicode(value):
        raise InputError(
            field,
            f"{shown(value)} is no chroot name; expected distribution-version-architecture, such as fedora-41-x86_64",
        )
    return sys.intern(value)


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
    except ValueError:
        # An integer with more digits than Python writes out.
        written = f"a very large {type(value).__name__}"
    return written if len(written) <= 60 else written[:57] + "..."
