"""Checks of the values that callers pass in; a refusal names the field and says what would be valid."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, TypeGuard, TypeVar, cast

from . import mistakes
from .errors import InputError
from .schemas import Keywords, Written, whole
from .states import State

T = TypeVar("T")

LARGEST_INTEGER = 2**31 - 1
"""The service keeps ids, times, limits and epochs as 32-bit integers."""

_CHROOT_NAME = re.compile(r"[^\s/]+-[^\s/-]+-[^\s/-]+")


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


_ADDRESS = re.compile(
    r"(?i:https?)://(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+]|[\w.-]+)(?::(?P<port>[0-9]{1,5}))?(?:/[^\s?#]*)?"
)


def address(field: str, value: object) -> str:
    """An http or https address, perhaps with a user and a path; without slashes at its end."""
    match = _ADDRESS.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match["port"] or 0) > 65535:
        raise InputError(field, f"{shown(value)} is no address; expected one such as http://copr.test:5000")
    return match[0].rstrip("/")


def server(field: str, value: object) -> str:
    """The address of a whole server, whoever asks it."""
    found = address(field, value)
    if found.count("/") > 2 or "@" in found:
        expected = "expected scheme, host and port only, such as http://copr.test:5000"
        raise InputError(field, f"{shown(value)} is more than a server; {expected}")
    return found


def word(field: str, value: object) -> str:
    """A text that many objects have in common, and therefore share."""
    return sys.intern(text(field, value))


def items(field: str, value: object) -> Iterable[object]:
    """The items of a list, or of another iterable, such as a generator: they are iterated once."""
    if type(value) is not list and (isinstance(value, (str, Mapping)) or not isinstance(value, Iterable)):
        raise InputError(field, f"expected a list, got {shown(value)}")
    return value


def each(place: str, entries: Iterable[object], read: Callable[[str, object], T]) -> Iterator[T]:
    """What ``read`` makes of each entry of a list; while mistakes are gathered, wrong entries are left out."""
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
        # Nearly everything is one, and this is much faster to find out.
        return value
    if not isinstance(value, Mapping):
        raise InputError(field, f"expected an object, got {shown(value)}")
    return value


DEEPEST = 100
"""How many levels deep an object may be that is stored as it is given."""


def json_object(field: str, value: object) -> dict[str, object]:
    """A deep copy of an object, which has to be one that JSON can represent."""
    try:
        # First, as it notices what contains itself, and what it has read back does not.
        copied: dict[str, object] = json.loads(json.dumps(mapping(field, value), allow_nan=False))
    except RecursionError:
        raise InputError(field, _TOO_DEEP) from None
    except (TypeError, ValueError) as error:
        raise InputError(field, f"expected what JSON can say: {error}") from None
    if _is_too_deep(copied):
        raise InputError(field, _TOO_DEEP)
    return copied


_TOO_DEEP = f"nested too deeply; expected at most {DEEPEST} levels"


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for outer in level if isinstance(outer, (dict, list)) for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: dict[str, object] | list[object]) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value


def flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(field, f"expected true or false, got {shown(value)}")
    return value


def _integer(what: str, least: int) -> Callable[[str, object], int]:
    """A check for an integer from ``least`` to the largest that the service can store."""

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
    """A number of seconds, or a weight."""
    if not is_amount(value):
        raise InputError(field, f"expected a number from 0 to {LARGEST_INTEGER}, got {shown(value)}")
    return value


Remaining = Annotated[float, Keywords(minimum=-LARGEST_INTEGER, maximum=LARGEST_INTEGER)]


def remaining(field: str, value: object) -> float:
    """Seconds until something is due, negative for what is overdue."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST_INTEGER:
        raise InputError(field, f"expected seconds from -{LARGEST_INTEGER} to {LARGEST_INTEGER}, got {shown(value)}")
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
    """Whether a text has no lone surrogate, which JSON can represent and no encoding can."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


PathSegment = Annotated[str, whole(r"[^\s/](?:[^/]*[^\s/])?")]


def path_segment(field: str, value: object) -> str:
    """A name that becomes one segment of a result address."""
    name = word(field, value)
    if "/" in name or name != name.strip():
        raise InputError(field, f"{shown(name)} has a slash or white space around it; expected a plain name")
    return name


Login = Annotated[str, whole("[^:]+")]


def login(field: str, value: object) -> str:
    """What identifies a user of the API, and in a request ends with a colon."""
    said = text(field, value)
    if ":" in said:
        raise InputError(field, f"{shown(said)} has a colon, which ends a login; expected none")
    return said


Group = Annotated[str, whole(r"@[^/]*[^\s/]")]


def group(field: str, value: object) -> str:
    """A group as the owner of projects: its name, after an ``@``."""
    name = path_segment(field, value)
    if not name.startswith("@") or name == "@":
        raise InputError(field, f"{shown(name)} is no group; expected its name after an @, such as @copr")
    return name


def groups(field: str, value: object) -> tuple[str, ...]:
    return tuple(each(field, items(field, value), group))


def dotted(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def choices(value: object, valid: Iterable[str]) -> str:
    """The end of a message: the valid values, and which of them was probably meant."""
    listed = list(valid)
    close = nearest(value, listed, 1, 0.7) if isinstance(value, str) else []
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}valid: {', '.join(listed)}"


def nearest(text: str, candidates: Iterable[str], count: int, cutoff: float) -> list[str]:
    """The candidates most similar to a text, the best first; ``cutoff`` is the least similarity, from 0 to 1."""
    # Slow to import, and needed only after a mistake.
    import difflib

    return difflib.get_close_matches(text, candidates, n=count, cutoff=cutoff)


def shown(value: object) -> str:
    """A value as error messages show it: on one line, and never long."""
    try:
        written = repr(value)
    except (ValueError, RecursionError):
        # An integer with more digits than Python converts, or a value that is nested too deeply.
        written = f"a very large {type(value).__name__}"
    return written if len(written) <= 60 else written[:57] + "..."
