"""Changes that an exception from outside, such as a KeyboardInterrupt, leaves as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import deque

    from .chroot import Change
    from .store import Store

Undo = list[Callable[[], object]]
"""What takes back changes that were made, the last of them first."""


def complete(change: Callable[[], None]) -> None:
    """Make a change that can be made twice: after an interrupt it is made again, before the interrupt goes on."""
    try:
        change()
    except BaseException:
        change()
        raise


@contextmanager
def all_or_nothing(store: Store) -> Iterator[Undo]:
    """Remove again what has been added to a store, if not all of it could be; what else has changed is for ``undo``.

    The ids that were given are given again. Whatever is added comes last in its dictionary, so that nothing has to be
    copied before.
    """
    growing: list[dict[Any, Any]] = [
        store.mock_chroots,
        store.accounts,
        store.groups,
        store.batches,
        store.projects,
        store.builds,
    ]
    sizes = [len(dictionary) for dictionary in growing]
    last, ids = last_change(store.changes), store.last_ids
    undo: Undo = []
    try:
        yield undo
    except BaseException:
        for take_back in reversed(undo):
            take_back()
        for dictionary, size in zip(growing, sizes, strict=True):
            while len(dictionary) > size:
                dictionary.popitem()
        store.last_ids = ids
        forget_changes_after(last, store.changes)
        store.index.forget()
        raise


def last_change(changes: deque[Change]) -> Change | None:
    return changes[-1] if changes else None


def forget_changes_after(last: Change | None, changes: deque[Change]) -> None:
    while changes and changes[-1] is not last:
        changes.pop()
