"""Checks of the values that callers pass in; a refusal names the field and says what would be valid."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Annotated, TypeGuard, TypeVar, cast

from ..errors import CoprFakeError, InputError
from ..excerpt import excerpt as excerpt
from ..excerpt import shown as shown
from ..model.states import State
from . import errors as mistakes
from .schema import Keywords, Written, whole

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


def plain_text(value: object) -> str | None:
    """A text as exactly a ``str``; ``None`` for what is no text.

    Subclasses, such as those of enums, can compare, hash and show themselves in any way.
    """
    if type(value) is str:
        return value
    return str.__str__(value) if is_kind(value, str) else None


def is_kind(value: object, kind: type[T]) -> TypeGuard[T]:
    """Whether a value really has a type: ``isinstance`` believes what objects say of themselves, as mocks do."""
    return issubclass(type(value), kind)


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return type(value) is dict or issubclass(type(value), Mapping)


def key(value: object) -> str:
    """A key as the place of what it leads to has it; of what is no text, how it is shown."""
    said = plain_text(value)
    return shown(value) if said is None else said


def any_text(field: str, value: object) -> str:
    """A text of any kind, an empty one too."""
    said = plain_text(value)
    if said is None:
        raise InputError(field, f"expected a text, got {shown(value)}")
    return said


def text(field: str, value: object) -> str:
    said = plain_text(value)
    if not said:
        raise InputError(field, f"expected a text that is not empty, got {shown(value)}")
    if not _is_storable(said):
        raise InputError(field, f"{shown(said)} has a null character or half a surrogate pair; expected neither")
    return said


def _is_storable(text: str) -> bool:
    """Whether the service's database can store a text, which JSON may well represent."""
    return "\0" not in text and is_unicode(text)


def is_unicode(text: str) -> bool:
    """Whether a text has no lone surrogate, which JSON can represent and no encoding can."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def secret(field: str, value: object) -> str:
    """A text that no message may contain."""
    plain = plain_text(value)
    if not plain:
        raise InputError(field, "expected a text that is not empty")
    if not _is_storable(plain):
        raise InputError(field, "has a null character or half a surrogate pair; expected neither")
    return plain


_ADDRESS = re.compile(
    r"(?i:https?)://(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+]|[\w.-]+)(?::(?P<port>[0-9]{1,5}))?(?:/[^\s?#]*)?"
)


def address(field: str, value: object) -> str:
    """An http or https address, perhaps with a user and a path; without slashes at its end."""
    said = plain_text(value)
    match = _ADDRESS.fullmatch(said) if said and _is_storable(said) else None
    if match is None or int(match["port"] or 0) > 65535:
        raise InputError(field, f"{shown_address(value)} is no address; expected one such as http://copr.test:5000")
    return match[0].rstrip("/")


def shown_address(value: object) -> str:
    """An invalid address as error messages contain it: without anything that may be a password."""
    text = plain_text(value)
    if text is None:
        return shown(value)
    # A password that is not escaped may contain any character.
    before, _, rest = text.rpartition("@")
    scheme, found, _ = before.partition("://")
    return shown(f"{scheme}{found}{rest}" if found else rest)


def without_user(address: str) -> str:
    """An address without the user, and the password, that it may have."""
    return re.sub(r"^([^/?#]*//)[^/?#]*@", r"\1", address)


def server(field: str, value: object) -> str:
    """The address of a whole server, whoever asks it."""
    found = address(field, value)
    if found.count("/") > 2 or "@" in found:
        expected = "expected scheme, host and port only, such as http://copr.test:5000"
        raise InputError(field, f"{shown_address(value)} is more than a server; {expected}")
    return found


def word(field: str, value: object) -> str:
    """A text that many objects have in common, and therefore share."""
    return sys.intern(text(field, value))


def items(field: str, value: object) -> Iterable[object]:
    """The items of a list, or of another iterable, such as a generator: they are iterated once."""
    if type(value) is list:
        return value
    if issubclass(type(value), (str, bytes, Mapping)) or not issubclass(type(value), Iterable):
        raise InputError(field, f"expected a list, got {shown(value)}")
    with _reading(field):
        return list(cast(Iterable[object], value))


@contextmanager
def _reading(field: str) -> Iterator[None]:
    """Say of an object of the caller's own that it cannot be read, where reading it fails."""
    try:
        yield
    except CoprFakeError:
        raise
    except Exception as error:
        raise InputError(field, f"cannot be read: {type(error).__name__}; expected a list or an object") from error


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
    if not is_mapping(value):
        raise InputError(field, f"expected an object, got {shown(value)}")
    with _reading(field):
        # Read once, as another mapping need not say the same twice.
        return dict(value)


DEEPEST = 100
"""How many levels deep an object may be that is stored as it is given."""


def json_object(field: str, value: object) -> dict[str, object]:
    """A deep copy of an object, which has to be one that JSON can represent."""
    try:
        # First, as it notices what contains itself, and what it has read back does not.
        copied: dict[str, object] = json.loads(json.dumps(mapping(field, value), allow_nan=False))
    except CoprFakeError:
        raise
    except RecursionError:
        raise InputError(field, _TOO_DEEP) from None
    except Exception as error:
        raise InputError(field, f"expected what JSON can say: {excerpt(error)}") from None
    if is_too_deep(copied):
        raise InputError(field, _TOO_DEEP)
    return copied


_TOO_DEEP = f"nested too deeply; expected at most {DEEPEST} levels"


def is_too_deep(value: object) -> bool:
    """Whether lists and objects are nested more than ``DEEPEST`` levels deep."""
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


def plain_integer(value: object) -> int | None:
    """An integer as exactly an ``int``; ``None`` for what is none, which booleans count as."""
    if type(value) is int:
        return value
    return int.__int__(value) if is_kind(value, int) and not is_kind(value, bool) else None


def plain_number(value: object) -> float | None:
    """An integer or a float as exactly that; ``None`` for what is neither."""
    return float.__float__(value) if is_kind(value, float) else plain_integer(value)


def number(field: str, value: object) -> float:
    """Any number, but none that is not a number."""
    said = plain_number(value)
    if said is None or said != said:  # which only what is no number does
        raise InputError(field, f"expected a number, got {shown(value)}")
    return said


def _integer(what: str, least: int) -> Callable[[str, object], int]:
    """A check for an integer from ``least`` to the largest that the service can store."""

    def check(field: str, value: object) -> int:
        number = plain_integer(value)
        if number is None or not least <= number <= LARGEST_INTEGER:
            raise InputError(field, f"expected {what} from {least} to {LARGEST_INTEGER}, got {shown(value)}")
        return number

    return check


WholeNumber = Annotated[int, Keywords(minimum=0, maximum=LARGEST_INTEGER)]
whole_number = _integer("a whole number", 0)

Positive = Annotated[int, Keywords(minimum=1, maximum=LARGEST_INTEGER)]
positive = _integer("a whole number", 1)

UnixTime = Annotated[int, Keywords(minimum=0, maximum=LARGEST_INTEGER)]
unix_time = _integer("a Unix time in whole seconds,", 0)

Amount = Annotated[float, Keywords(minimum=0, maximum=LARGEST_INTEGER)]


def amount(field: str, value: object) -> float:
    """A number of seconds, or a weight."""
    number = plain_number(value)
    # Comparing finds out what is no number, too.
    if number is None or not 0 <= number <= LARGEST_INTEGER:
        raise InputError(field, f"expected a number from 0 to {LARGEST_INTEGER}, got {shown(value)}")
    return number


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
    said = plain_text(value)
    state = None if said is None else _STATES.get(said)
    if state is None:
        raise InputError(field, f"{shown(value)} is no state; {choices(said, _STATES)}")
    return state


def one_of(valid: Collection[str]) -> Callable[[str, object], str]:
    def check(field: str, value: object) -> str:
        said = plain_text(value)
        if said is None or said not in valid:
            raise InputError(field, f"{shown(value)} is not possible; {choices(said, valid)}")
        return said

    return check


ChrootName = Annotated[str, whole(_CHROOT_NAME.pattern)]


def chroot_name(field: str, value: object) -> str:
    """The name of a mock chroot: distribution, version and architecture, with dashes between."""
    name = plain_text(value)
    if name is None or not (_is_known_chroot_name(name) if len(name) <= _REMEMBERED else _is_chroot_name(name)):
        raise InputError(
            field,
            f"{shown(value)} is no chroot name; expected distribution-version-architecture, such as fedora-41-x86_64",
        )
    return sys.intern(name)


_REMEMBERED = 100
"""How long a name is at most that is remembered as one, in characters."""


def _is_chroot_name(text: str) -> bool:
    return _CHROOT_NAME.fullmatch(text) is not None and _is_storable(text)


_is_known_chroot_name = lru_cache(maxsize=10_000)(_is_chroot_name)


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


def choices(value: object, valid: Collection[str]) -> str:
    """The end of a message: the valid values, and which of them was probably meant."""
    close = nearest(value, valid, 1, 0.7) if isinstance(value, str) else []
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}valid: {listing(valid, 50)}"


def listing(items: Collection[object], limit: int = 10) -> str:
    """The first items, separated by commas, and how many more there are; empty if there are none."""
    # An enum's member is a text whose str() is something else.
    texts = [shortened(item if isinstance(item, str) else str(item)) for item in islice(items, limit)]
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(texts) + more


def shortened(text: str, limit: int = 100) -> str:
    """A text of at most so many characters, whose end is left out if it is longer."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


MAX_CANDIDATES = 100
"""How many candidates :func:`nearest` considers: the first ones."""

_MAX_COMPARED = 100
"""How many characters of each text it compares, as the time that this takes grows with their square."""


def nearest(text: str, candidates: Iterable[str], count: int, cutoff: float) -> list[str]:
    """The candidates most similar to a text, the best first; ``cutoff`` is the least similarity, from 0 to 1.

    The work is bounded: only the first candidates and the first characters of each text count.
    """
    # Slow to import, and needed only after a mistake.
    import difflib

    by_start = {candidate[:_MAX_COMPARED]: candidate for candidate in islice(candidates, MAX_CANDIDATES)}
    close = difflib.get_close_matches(text[:_MAX_COMPARED], by_start, n=count, cutoff=cutoff)
    return [by_start[start] for start in close]
