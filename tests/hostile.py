"""Hostile values, created for each use, because some can be read only once and others change when they are read."""

from __future__ import annotations

from collections import OrderedDict, UserString
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any
from unittest.mock import MagicMock, Mock

Make = Callable[[], Any]


class Name(str, Enum):
    """As a ``StrEnum``."""

    CHROOT = "fedora-41-x86_64"
    PROJECT = "jdoe/playground"
    STATE = "running"
    ENDPOINT = "build-chroot"


class Number(IntEnum):
    ONE = 1


def _fail(*arguments: object) -> Any:
    raise RuntimeError("hostile value")


class BrokenText(str):
    """A text whose every method fails."""

    __slots__ = ()
    __eq__ = __hash__ = __repr__ = __str__ = __len__ = __contains__ = __iter__ = __getitem__ = _fail
    strip = partition = startswith = isascii = _fail
    __bool__ = _fail


class BrokenInteger(int):
    __eq__ = __hash__ = __repr__ = __str__ = __int__ = __index__ = __le__ = __ge__ = __lt__ = __gt__ = _fail
    __add__ = __radd__ = __sub__ = __bool__ = __format__ = _fail


class BrokenFloat(float):
    __eq__ = __hash__ = __repr__ = __str__ = __float__ = __le__ = __ge__ = __lt__ = __gt__ = _fail
    __add__ = __radd__ = __sub__ = __bool__ = __format__ = _fail


class LyingInteger(int):
    """Says of every bound that it is within."""

    def __le__(self, other: object) -> bool:
        return True

    __ge__ = __lt__ = __gt__ = __le__


class Broken:
    """An object whose methods all fail."""

    __eq__ = __hash__ = __repr__ = __str__ = __bool__ = __len__ = __iter__ = __getattr__ = _fail


class Unreadable:
    def __repr__(self) -> str:
        return "first\nsecond\x1b[31m\ud800" * 5000


class NumberLike:
    """As the numbers of other packages are."""

    def __index__(self) -> int:
        return 1

    __int__ = __index__

    def __float__(self) -> float:
        return 1.0


class LyingMapping(Mapping[str, object]):
    """A mapping with keys that have no values."""

    def __getitem__(self, key: str) -> object:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        yield from ("name", "state", "stages", "poll", "id")

    def __len__(self) -> int:
        return -1


class BrokenMapping(LyingMapping):
    __iter__ = __len__ = __contains__ = keys = items = get = _fail


class LyingDict(dict[str, object]):
    """A dict whose methods return other content than it has."""

    __iter__ = keys = items = values = get = __getitem__ = __contains__ = _fail


def _broken_iterator() -> Iterator[str]:
    yield "fedora-41-x86_64"
    raise RuntimeError("no more")


def _recursive_list() -> list[object]:
    inner: list[object] = []
    inner.append(inner)
    return inner


def _recursive_dict() -> dict[str, object]:
    inner: dict[str, object] = {}
    for key in ("build_config", "poll", "ends", "chroots", "builds"):
        inner[key] = inner
    return inner


def _deep_list() -> list[object]:
    outer: list[object] = []
    for _ in range(2000):
        outer = [outer]
    return outer


HOSTILE: Mapping[str, Make] = {
    "none": lambda: None,
    "true": lambda: True,
    "zero": lambda: 0,
    "negative": lambda: -1,
    "beyond 32 bits": lambda: 2**31,
    "5,000 digits": lambda: 10**5000,
    "minus 5,000 digits": lambda: -(10**5000),
    "half": lambda: 1.5,
    "not a number": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "minus infinity": lambda: float("-inf"),
    "huge float": lambda: 1e308,
    "complex": lambda: 1j,
    "enum integer": lambda: Number.ONE,
    "broken integer": lambda: BrokenInteger(1),
    "broken float": lambda: BrokenFloat("nan"),
    "lying integer": lambda: LyingInteger(-(2**40)),
    "decimal": lambda: Decimal(1),
    "signaling decimal": lambda: Decimal("sNaN"),
    "fraction": lambda: Fraction(1, 2),
    "number-like": NumberLike,
    "empty text": lambda: "",
    "blank": lambda: " ",
    "line break": lambda: "\n",
    "null character": lambda: "fedora-41\0-x86_64",
    "surrogate": lambda: "fedora-41\ud800-x86_64",
    "terminal escape": lambda: "fedora-41-\x1b[31mx86_64",
    "long text": lambda: "a-" * 50_000,
    "5,000 digits as text": lambda: "9" * 5000,
    "path": lambda: "../../x",
    "format": lambda: "%s{0}{x.y}",
    "enum chroot": lambda: Name.CHROOT,
    "enum project": lambda: Name.PROJECT,
    "enum state": lambda: Name.STATE,
    "enum endpoint": lambda: Name.ENDPOINT,
    "broken text": lambda: BrokenText("fedora-41-x86_64"),
    "user string": lambda: UserString("fedora-41-x86_64"),
    "bytes": lambda: b"fedora-41-x86_64",
    "bytearray": lambda: bytearray(b"x"),
    "empty list": list,
    "list of none": lambda: [None],
    "list of hostile": lambda: [BrokenText("fedora-41-x86_64"), Broken(), 10**5000],
    "pairs of wrong shape": lambda: [("a",), ("a", "b", "c"), 5],
    "bytes and none": lambda: [(b"a", None)],
    "recursive list": _recursive_list,
    "deep list": _deep_list,
    "long list": lambda: [0] * 1000,
    "generator": lambda: (name for name in ("fedora-41-x86_64",)),
    "broken generator": _broken_iterator,
    "set": lambda: {"fedora-41-x86_64"},
    "empty dict": dict,
    "odd keys": lambda: {None: 1, 2: 3, ("a",): 4, "x" * 10_000: 5, "\ud800": 6},
    "enum key": lambda: {Name.CHROOT: Name.STATE},
    "recursive dict": _recursive_dict,
    "ordered dict": lambda: OrderedDict(name="x"),
    "lying mapping": LyingMapping,
    "broken mapping": BrokenMapping,
    "lying dict": lambda: LyingDict(name="fedora-41-x86_64", state="running"),
    "broken object": Broken,
    "unreadable object": Unreadable,
    "object": object,
    "type": lambda: dict,
    "ellipsis": lambda: ...,
    "function": lambda: _fail,
    "mock": Mock,
    "mock of a text": lambda: MagicMock(spec=str),
    "mock of an integer": lambda: MagicMock(spec=int),
    "mock of a mapping": lambda: MagicMock(spec=dict),
}
