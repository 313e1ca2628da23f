"""Faults and submission rules by their ids, each with counts of what it matched and of what it affected."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from ..errors import InputError
from ..validation import checks
from .lock import Lock


def first_free(used: Iterable[int]) -> int:
    """Return the first id that is not used."""
    taken = {*used}
    return next(number for number in itertools.count(1) if number not in taken)


class Counted(Protocol):
    """A fault or a rule that was added to a fake, with the number of its matches and the number of its effects."""

    id: int
    seen: int
    hits: int


def count(item: Counted, *, hit: bool) -> None:
    """Count a match, and whether it had an effect."""
    item.seen = min(item.seen + 1, checks.LARGEST_INTEGER)
    item.hits = min(item.hits + hit, checks.LARGEST_INTEGER)


ItemT = TypeVar("ItemT", bound=Counted)


class CountedItems(Generic[ItemT]):
    """The faults or the submission rules of a fake, in the order in which they were added."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.active: dict[int, ItemT] = {}
        """The items by their ids."""
        self.last_id = 0
        """The highest id so far."""

    def _give_id(self, own: int | None) -> int:
        """Return an id for a new item: its own, unless another item has that, else one that none has had.

        After the largest id, it is the first that no item has now.
        """
        if own is None or own in self.active:
            own = self.last_id + 1 if self.last_id < checks.LARGEST_INTEGER else first_free(self.active)
        self.last_id = max(self.last_id, own)
        return own

    def _remove(self, name: str, location: str, item: object, kind: type[ItemT]) -> None:
        """Remove an item, by its id or as it was added.

        :param name: what it is, and where a value that is neither is in the input.
        :param location: where the id is in the input.
        """
        with self.lock:
            added = item if checks.is_kind(item, kind) else None
            number = checks.positive(name, item if added is None else added.id)
            # Another item can have its id: in another fake, or here after it was removed or a snapshot restored.
            is_there = number in self.active if added is None else self.active.get(number) is added
            if not is_there:
                raise InputError(location, checks.missing(f"{name} {number}", self.active))
            del self.active[number]

    def clear(self) -> None:
        """Remove all of them."""
        with self.lock:
            self.active.clear()

    def __iter__(self) -> Iterator[ItemT]:
        return iter([*self.active.values()])

    def __len__(self) -> int:
        return len(self.active)
