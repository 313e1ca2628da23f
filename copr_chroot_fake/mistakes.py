"""Mistakes in what people hand to the kit: the first is raised, or all of them are gathered.

Readers are the same either way. They hand each value on with :func:`tried`, and
refuse what keeps them from nothing else with :func:`refuse`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from .errors import InputError

T = TypeVar("T")
U = TypeVar("U")

_gathered: ContextVar[list[InputError] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[list[InputError]]:
    """Within the block readers go on after a mistake, which is in the list then, in the order in which it was found."""
    found: list[InputError] = []
    token = _gathered.set(found)
    try:
        yield found
    finally:
        _gathered.reset(token)


def are_gathered() -> bool:
    """Whether readers go on after a mistake."""
    return _gathered.get() is not None


def count() -> int:
    """How many have been gathered so far."""
    return len(_gathered.get() or ())


def tried(read: Callable[[str, object], T], place: str, value: object, otherwise: U) -> T | U:
    """What is read of a value; something else for one with a mistake, where mistakes are gathered.

    What it is refused for as a whole does not count where something within it is
    wrong already: it may come of that.
    """
    found = _gathered.get()
    if found is None:
        return read(place, value)
    before = len(found)
    try:
        return read(place, value)
    except InputError as error:
        if len(found) == before:
            found.append(error)
        return otherwise


def refuse(place: str, problem: str) -> None:
    """Say what is wrong, where all else can be read on.

    :raises InputError: unless mistakes are gathered.
    """
    found = _gathered.get()
    error = InputError(place, problem)
    if found is None:
        raise error
    found.append(error)
