"""Faults and submission rules by their ids, each with counts of what it matched and of what it affected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Generic, Protocol, TypeAlias, TypeVar

from ..errors import InputError
from ..validation import checks
from .lock import Lock


def first_free(used: Iterable[int]) -> int:
    """Return the first id that is not used."""
    taken = {*used}
    return next(number for number in count(1) if number not in taken)


class Counted(Protocol):
    """A fault or a rule that was added to a fake, with the number of its matches and the number of its effects."""

    id: int
    seen: int
    hits: int


ItemT = TypeVar("ItemT", bound=Counted)

Counts: TypeAlias = "Sequence[tuple[ItemT, int, int]]"
"""Items, each with both numbers."""

SavedItems: TypeAlias = "tuple[int, Counts[ItemT]]"
"""The last id that was given, and all items with their numbers."""


def set_counts(counts: Iterable[tuple[Counted, int, int]]) -> None:
    for item, seen, hits in counts:
        item.seen, item.hits = seen, hits


def counts_of(items: Iterable[ItemT]) -> Counts[ItemT]:
    """Return items with their present numbers."""
    return tuple((item, item.seen, item.hits) for item in items)


class CountedItems(Generic[ItemT]):
    """The faults or the submission rules of a fake, in the order in which they were added."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.active: dict[int, ItemT] = {}
        """The items by their ids."""
        self._last_id = 0

    def _give_id(self, own: int | None) -> int:
        """Return an id for a new item: its own, unless another item has that, else one that none has had.

        After the largest id, it is the first that no item has now.
        """
        if own is None or own in self.active:
            own = self._last_id + 1 if self._last_id < checks.LARGEST_INTEGER else first_free(self.active)
        self._last_id = max(self._last_id, own)
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

    def save(self) -> SavedItems[ItemT]:
        """Return the items with their counts, for :meth:`restore`."""
        with self.lock:
            return self._last_id, counts_of(self)

    def restore(self, saved: SavedItems[ItemT]) -> None:
        """Restore the same objects with their counts; the next one gets the id that it got then."""
        last_id, counts = saved
        with self.lock:
            set_counts(counts)
            self.active = {item.id: item for item, _, _ in counts}
            self._last_id = last_id
