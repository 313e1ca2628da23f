"""Mistakes in what callers pass in: the first one is raised, or all of them are gathered.

Readers work the same either way. They read each value through :func:`tried`, and
report a mistake after which they can go on with :func:`refuse`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from ..errors import InputError

T = TypeVar("T")
U = TypeVar("U")

_gathered: ContextVar[list[InputError] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[list[InputError]]:
    """Within the block, readers go on after a mistake; the list has them all, in the order in which they were found."""
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
    """How many mistakes have been gathered so far."""
    return len(_gathered.get() or ())


def tried(read: Callable[[str, object], T], place: str, value: object, otherwise: U) -> T | U:
    """What ``read`` makes of a value; while mistakes are gathered, ``otherwise`` if it has a mistake.

    A mistake in the value as a whole does not count if there is one within it
    already, which may be its cause.
    """
    found = _gathered.get()
    if found is None:
        return read(place, value)
    before = len(found)
    try:
        return read(place, value)
    except InputError as error:
        if len(found) == before:
            found.extend(error.errors)
        return otherwise


def refuse(place: str, problem: str) -> None:
    """Report a mistake that does not keep the rest from being read.

    :raises InputError: unless mistakes are gathered.
    """
    found = _gathered.get()
    error = InputError(place, problem)
    if found is None:
        raise error
    found.append(error)
