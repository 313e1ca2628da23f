"""Excerpts of values, texts and objects for people: one short line, whatever the size of the value; public names."""

from __future__ import annotations

import builtins
import reprlib
from collections.abc import Iterable, Sized
from itertools import islice
from typing import Any

LONGEST = 60
"""Maximum length of an excerpt, in characters."""

LONGEST_LINE = 2000
"""Maximum length of a message, in characters."""


def public_dir(self: object) -> list[str]:
    """Return the public names of an object: the ``__dir__`` of classes that users explore in a shell."""
    return [name for name in object.__dir__(self) if not name.startswith("_")]


def excerpt(value: object) -> str:
    """Return the beginning of the ``repr`` of a value, even if its own raises."""
    return line(_EXCERPT.repr(value), LONGEST)


def text_excerpt(text: object) -> str:
    """Return the beginning of a text, or of the message of another exception, without quotation marks."""
    try:
        return line(str(text), LONGEST)
    except Exception:
        return _unprintable(text)


def line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return the beginning of a text as one line of printable characters."""
    start = " ".join(text[: 2 * longest].split())
    printable = start if start.isprintable() else "".join(map(escaped, start))
    return printable if len(printable) <= longest else printable[: longest - 3] + "..."


def escaped(character: str) -> str:
    """Return a character as printable characters."""
    return character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()


def _unprintable(value: object) -> str:
    return line(f"an unprintable {_type_name(value)}", LONGEST)


def _type_name(value: object) -> str:
    # A metaclass can override __name__.
    return str(type.__dict__["__name__"].__get__(type(value)))


class _Excerpt(reprlib.Repr):
    """Represents a value by its type; the base class uses the name of the type.

    Few items and levels are represented, so their total number is small, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxlist = self.maxtuple = self.maxdict = LONGEST // 3

    def repr1(self, x: Any, level: int) -> str:
        kind = type(x)
        if issubclass(kind, str):
            return builtins.repr(str.__str__(x)[:LONGEST])
        if issubclass(kind, (bytes, bytearray)):
            return builtins.repr(bytes(memoryview(x)[:LONGEST]))
        if issubclass(kind, bool):
            return builtins.repr(x)
        if issubclass(kind, int):
            # Python does not convert integers of very many digits.
            return int.__repr__(x) if int.bit_length(x) < 1000 else "a very large int"
        if issubclass(kind, list):
            return self.repr_list(list.__getitem__(x, slice(self.maxlist + 1)), level)
        if issubclass(kind, tuple):
            return self.repr_tuple(tuple.__getitem__(x, slice(self.maxtuple + 1)), level)
        if issubclass(kind, dict):
            return self._pairs(islice(dict.items(x), self.maxdict + 1), level)
        return self._other(x)

    def _pairs(self, pairs: Iterable[tuple[object, object]], level: int) -> str:
        """Represent a dictionary in its own order, without hashing or comparing its keys."""
        if level <= 0:
            return "{...}"
        return (
            f"{{{', '.join(f'{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}' for key, value in pairs)}}}"
        )

    def _other(self, x: object) -> str:
        try:
            if isinstance(x, Sized) and len(x) > LONGEST:
                return f"a {_type_name(x)} of {len(x)} items"
            return builtins.repr(x)
        except Exception:
            return _unprintable(x)


_EXCERPT = _Excerpt()
