"""Checks of single values: each takes a location and a value, and returns the value's valid form.

For an invalid value, a check raises :class:`~copr_chroot_fake.InputError` with the problem and what would be valid.
The types beside the checks are those of the fields of specs (see :mod:`.spec`).
"""

from __future__ import annotations

import copy
import json
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, TypeAlias, TypeGuard, TypeVar, cast

from ..errors import CoprFakeError, InputError
from ..excerpt import excerpt as excerpt
from ..excerpt import text_excerpt
from .rule import NO_NULL, Keywords, Rule, Written, whole

T = TypeVar("T")

LARGEST_INTEGER = 2**31 - 1
"""The service keeps ids, times, limits and epochs as 32-bit integers."""

CHROOT_NAME = re.compile(r"[^\s/]+-[^\s/-]+-[^\s/-]+")


def optional(check: Callable[[str, object], T]) -> Callable[[str, object], T | None]:
    """Return a check that also accepts ``None``."""

    def check_unless_none(location: str, value: object) -> T | None:
        return None if value is None else check(location, value)

    return check_unless_none


def plain_text(value: object) -> str | None:
    """Return a text as exactly a ``str``; ``None`` for any other value.

    Subclasses, such as enums, may override comparison, ``hash`` and ``str``.
    """
    if type(value) is str:
        return value
    return str.__str__(value) if is_kind(value, str) else None


def is_kind(value: object, kind: type[T]) -> TypeGuard[T]:
    """Whether a value really is of a type: ``isinstance`` trusts ``__class__``, which mocks override."""
    return issubclass(type(value), kind)


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether a value is a dictionary or another mapping."""
    return type(value) is dict or issubclass(type(value), Mapping)


def key(value: object) -> str:
    """Return a key as locations contain it; an excerpt if it is not a text."""
    text = plain_text(value)
    return excerpt(value) if text is None else text


def any_text(location: str, value: object) -> str:
    """Return any text, even an empty one."""
    text = plain_text(value)
    if text is None:
        raise InputError(location, f"expected a text, got {excerpt(value)}")
    return text


def text(location: str, value: object) -> str:
    """Return a text that is not empty and that Copr can store."""
    text = plain_text(value)
    if not text:
        raise InputError(location, f"expected a text that is not empty, got {excerpt(value)}")
    if not is_storable(text):
        raise InputError(location, f"{excerpt(text)} contains NUL or an unpaired surrogate")
    return text


Text = Annotated[str, Rule(text), Keywords(minLength=1, pattern=NO_NULL)]


def storable_text(location: str, value: object) -> str:
    """Return a text, even an empty one, that Copr can store."""
    return "" if plain_text(value) == "" else text(location, value)


AnyText = Annotated[str, Rule(storable_text), Keywords(pattern=r"^[^\x00]*$")]


def is_storable(text: str) -> bool:
    """Whether Copr's database can store a text; JSON can represent others too."""
    return "\0" not in text and is_unicode(text)


def is_unicode(text: str) -> bool:
    """Whether a text has no lone surrogate: JSON can represent those, and no encoding can."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def content(location: str, value: object) -> bytes:
    """Return bytes."""
    if not is_kind(value, bytes):
        raise InputError(location, f"expected bytes, got {excerpt(value)}")
    return value


_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"


def base64_content(location: str, value: object) -> bytes:
    """Return the bytes that are encoded as base64."""
    text = plain_text(value)
    if text is None or re.fullmatch(_BASE64, text) is None:
        raise InputError(location, f"{excerpt(value)} is not base64; expected a file in this encoding")
    return b64decode(text)


Base64 = Annotated[
    bytes,
    Rule(base64_content, lambda content: b64encode(content).decode()),
    Written(str),
    Keywords(contentEncoding="base64"),
    whole(_BASE64),
]


def secret(location: str, value: object) -> str:
    """Return a text that no message may contain."""
    plain = plain_text(value)
    if not plain:
        raise InputError(location, "expected a text that is not empty")
    if not is_storable(plain):
        raise InputError(location, "contains NUL or an unpaired surrogate")
    return plain


Secret = Annotated[str, Rule(secret), Keywords(minLength=1, pattern=NO_NULL)]


_ADDRESS = re.compile(
    r"(?i:https?)://(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+]|[\w.-]+)(?::(?P<port>[0-9]{1,5}))?(?:/[^\s?#]*)?"
)


def address(location: str, value: object, left_out: str = "") -> str:
    """Return an http or https address without trailing slashes; it may have a user and a path.

    :param left_out: a path that is added to the address, so that it must not end with it.
    """
    text = plain_text(value)
    match = _ADDRESS.fullmatch(text) if text and is_storable(text) else None
    if match is None or int(match["port"] or 0) > 65535:
        raise InputError(
            location, f"{address_excerpt(value)} is not an address; expected one such as http://copr.test:5000"
        )
    found = match[0].rstrip("/")
    if left_out and found.endswith(left_out):
        expected = without_user(found.removesuffix(left_out))
        raise InputError(location, f"{address_excerpt(found)} has the path {left_out}; leave it out: {expected}")
    return found


def address_excerpt(value: object) -> str:
    """Return an excerpt of an address for error messages, without any password."""
    text = plain_text(value)
    if text is None:
        return excerpt(value)
    # An unescaped password can contain any character.
    before, _, rest = text.rpartition("@")
    scheme, found, _ = before.partition("://")
    return excerpt(f"{scheme}{found}{rest}" if found else rest)


def without_user(address: str) -> str:
    """Return an address without its user and password."""
    return re.sub(r"^([^/?#]*//)[^/?#]*@", r"\1", address)


def server(location: str, value: object) -> str:
    """Return the address of a server: scheme, host and port only."""
    found = address(location, value)
    if found.count("/") > 2 or "@" in found:
        expected = "expected scheme, host and port only, such as http://copr.test:5000"
        raise InputError(location, f"{address_excerpt(value)} is more than a server; {expected}")
    return found


def word(location: str, value: object) -> str:
    """Return an interned text, for values that many objects share."""
    return sys.intern(text(location, value))


SharedText = Annotated[str, Rule(word), Keywords(minLength=1, pattern=NO_NULL)]


def items(location: str, value: object) -> Iterable[object]:
    """Return the items of a list or another iterable, such as a generator, which is iterated once."""
    if type(value) is list:
        return value
    if issubclass(type(value), (str, bytes, Mapping)) or not issubclass(type(value), Iterable):
        raise InputError(location, f"expected a list, got {excerpt(value)}")
    with _reading(location):
        return list(cast(Iterable[object], value))


@contextmanager
def _reading(location: str) -> Iterator[None]:
    """Report exceptions that the caller's own object raises while it is read."""
    try:
        yield
    except CoprFakeError:
        raise
    except Exception as error:
        raise InputError(location, f"cannot be read: {type(error).__name__}; expected a list or an object") from error


def each(location: str, value: object, parse: Callable[[str, object], T]) -> tuple[T, ...]:
    """Return the valid form of each item of a list; an error has the item's own location."""
    return tuple(parse(f"{location}[{index}]", item) for index, item in enumerate(items(location, value)))


def texts(location: str, value: object) -> tuple[str, ...]:
    return each(location, value, text)


def mapping(location: str, value: object) -> Mapping[str, object]:
    """Return an object as a mapping."""
    if type(value) is dict:
        # The usual case, and much faster to determine.
        return value
    if not is_mapping(value):
        raise InputError(location, f"expected an object, got {excerpt(value)}")
    with _reading(location):
        # Read only once, as another mapping may return something else the next time.
        return dict(value)


DEEPEST = 100
"""Maximum depth of objects that are stored unchanged."""


def json_object(location: str, value: object) -> dict[str, object]:
    """Return a deep copy of an object that JSON can represent."""
    try:
        # Done first, as it notices objects that contain themselves.
        copied: dict[str, object] = json.loads(json.dumps(mapping(location, value), allow_nan=False))
    except CoprFakeError:
        raise
    except RecursionError:
        raise InputError(location, _TOO_DEEP) from None
    except Exception as error:
        raise InputError(location, f"expected a value that JSON can represent: {text_excerpt(error)}") from None
    if is_too_deep(copied):
        raise InputError(location, _TOO_DEEP)
    return copied


JsonObject = Annotated[Mapping[str, object], Rule(json_object, copy.deepcopy)]

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


def flag(location: str, value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise InputError(location, f"expected true or false, got {excerpt(value)}")
    return value


def plain_integer(value: object) -> int | None:
    """Return an integer as exactly an ``int``; ``None`` for any other value, and for booleans."""
    if type(value) is int:
        return value
    return int.__int__(value) if is_kind(value, int) and not is_kind(value, bool) else None


def plain_number(value: object) -> float | None:
    """Return an integer or a float as exactly that; ``None`` for any other value."""
    return float.__float__(value) if is_kind(value, float) else plain_integer(value)


def number(location: str, value: object) -> float:
    """Return any number except NaN."""
    number = plain_number(value)
    if number is None or number != number:
        raise InputError(location, f"expected a number, got {excerpt(value)}")
    return number


def integers(minimum: int, maximum: int = LARGEST_INTEGER, kind: str = "a whole number") -> Rule:
    """Return the rule of integers from a minimum to a maximum, by default the largest that Copr can store."""
    return _numbers(plain_integer, minimum, maximum, kind)


def numbers(minimum: int, maximum: int = LARGEST_INTEGER, kind: str = "a number") -> Rule:
    """Return the rule of numbers from a minimum to a maximum, whole or not."""
    return _numbers(plain_number, minimum, maximum, kind)


def _numbers(plain: Callable[[object], float | None], minimum: int, maximum: int, kind: str) -> Rule:
    def check(location: str, value: object) -> float:
        number = plain(value)
        # The comparison is false for NaN.
        if number is None or not minimum <= number <= maximum:
            raise InputError(location, f"expected {kind} from {minimum} to {maximum}, got {excerpt(value)}")
        return number

    return Rule(check, keywords={"minimum": minimum, "maximum": maximum})


IntegerCheck: TypeAlias = Callable[[str, object], int]

_WHOLE_NUMBERS, _POSITIVE = integers(0), integers(1)
_UNIX_TIMES = integers(0, kind="a Unix time in whole seconds,")

WholeNumber = Annotated[int, _WHOLE_NUMBERS]
Positive = Annotated[int, _POSITIVE]
UnixTime = Annotated[int, _UNIX_TIMES]

whole_number: IntegerCheck = _WHOLE_NUMBERS.check
positive: IntegerCheck = _POSITIVE.check
unix_time: IntegerCheck = _UNIX_TIMES.check


_AMOUNTS = numbers(0)

Amount = Annotated[float, _AMOUNTS]
"""A number of seconds, or a weight."""

amount: Callable[[str, object], float] = _AMOUNTS.check

Remaining = Annotated[float, numbers(-LARGEST_INTEGER, kind="seconds")]
"""The seconds until something is due, negative if it is overdue."""


def end_problem(started_on: int | None, ended_on: int | None) -> str | None:
    """Return the problem with an end that is before the start; ``None`` if it is not."""
    if started_on is None or ended_on is None or ended_on >= started_on:
        return None
    return f"{ended_on} is before started_on, {started_on}; expected that time or a later one"


def one_of(valid: Iterable[str]) -> Callable[[str, object], str]:
    """Return a check for one of some texts."""
    return named({text: text for text in valid})


def named(values: Mapping[Any, T], kind: str = "valid") -> Callable[[str, object], T]:
    """Return a check for the name of one of some values, which returns the value."""

    def check(location: str, value: object) -> T:
        name = plain_text(value)
        if name is None or name not in values:
            raise InputError(location, f"{excerpt(value)} is not {kind}; {choices(name, values)}")
        return values[name]

    return check


def chroot_name(location: str, value: object) -> str:
    """Return the name of a mock chroot: distribution, version and architecture, separated by dashes."""
    name = plain_text(value)
    if name is None or not (_is_known_chroot_name(name) if len(name) <= _MAX_CACHED else _is_chroot_name(name)):
        expected = "expected distribution-version-architecture, such as fedora-41-x86_64"
        raise InputError(location, f"{excerpt(value)} is not a chroot name; {expected}")
    return sys.intern(name)


ChrootName = Annotated[str, Rule(chroot_name), whole(CHROOT_NAME.pattern)]

_MAX_CACHED = 100
"""The longest name that is cached, in characters."""


def _is_chroot_name(text: str) -> bool:
    return CHROOT_NAME.fullmatch(text) is not None and is_storable(text)


_is_known_chroot_name = lru_cache(maxsize=10_000)(_is_chroot_name)


def path_segment(location: str, value: object) -> str:
    """Return a name that becomes one segment of a result address."""
    name = word(location, value)
    if "/" in name or name != name.strip():
        raise InputError(location, f"{excerpt(name)} has a slash or white space around it; expected a plain name")
    return name


PathSegment = Annotated[str, Rule(path_segment), whole(r"[^\s/](?:[^/]*[^\s/])?")]


def login(location: str, value: object) -> str:
    """Return the login of a user of the API; a colon ends it in a request."""
    login = text(location, value)
    if ":" in login:
        raise InputError(location, f"{excerpt(login)} has a colon, which separates it from the token; remove it")
    return login


Login = Annotated[str, Rule(login), whole("[^:]+")]


def group(location: str, value: object) -> str:
    """Return a group as the owner of projects: its name, after an ``@``."""
    name = path_segment(location, value)
    if not name.startswith("@") or name == "@":
        raise InputError(location, f"{excerpt(name)} is not a group; expected its name after an @, such as @copr")
    return name


Group = Annotated[str, Rule(group), whole(r"@[^/]*[^\s/]")]


def dotted(location: str, key: str) -> str:
    """Return the location of a key in the object at a location."""
    return f"{location}.{key}" if location else key


def choices(value: object, valid: Collection[str]) -> str:
    """Return the end of a message: the valid values, and the one that was probably meant."""
    close = nearest(value, valid, 1, 0.62) if isinstance(value, str) else []
    suggestion = f"did you mean {close[0]!r}? " if close else ""
    return f"{suggestion}valid: {listing(valid, 50)}"


def listing(items: Collection[object], limit: int = 10) -> str:
    """Return the first items, separated by commas, and how many more there are; empty if there are none."""
    # str() of an enum member is not its value.
    texts = [shortened(item if isinstance(item, str) else str(item)) for item in islice(items, limit)]
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(texts) + more


def counted(number: int, noun: str) -> str:
    """Return a number with a noun: ``1 build``, ``1,000 builds``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def missing(name: str, existing: Collection[object]) -> str:
    """Return the problem with an object that does not exist."""
    return f"there is no {name}; there are{f': {listing(existing)}' if existing else ' none'}"


def shortened(text: str, limit: int = 100) -> str:
    """Return a text, cut at a number of characters."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


MAX_CANDIDATES = 100
"""Maximum number of candidates for :func:`nearest`."""

_MAX_COMPARED = 100
"""Maximum number of characters to compare; the time grows with their square."""


def nearest(text: str, candidates: Iterable[str], count: int, cutoff: float) -> list[str]:
    """Return the candidates most similar to a text, the best first; ``cutoff`` is the lowest similarity, from 0 to 1.

    Considers a limited number of candidates and characters.
    """
    # Slow to import, and needed only for messages.
    import difflib

    by_start = {candidate[:_MAX_COMPARED]: candidate for candidate in islice(candidates, MAX_CANDIDATES)}
    close = difflib.get_close_matches(text[:_MAX_COMPARED], by_start, n=count, cutoff=cutoff)
    return [by_start[start] for start in close]
