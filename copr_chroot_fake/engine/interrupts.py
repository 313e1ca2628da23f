"""Changes that an exception from outside, such as a KeyboardInterrupt, leaves as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chroot import Change
    from .message_log import Task
    from .store import Store

Mark = tuple["Change | None", "Task | None"]
"""A point in the history of a fake: the last change of state, and what was noted last for its messages."""

Undo = list[Callable[[], object]]
"""What takes back changes that were made, the last of them first."""


def complete(change: Callable[[], None]) -> None:
    """Make a change that can be made twice: after an interrupt it is made again, before the interrupt continues."""
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
    last, ids = mark(store), store.last_ids
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
        forget_after(last, store)
        store.index.forget()
        raise


def mark(store: Store) -> Mark:
    """Return the current point in the history of a fake."""
    changes, noted = store.changes, store.messages.noted
    return changes[-1] if changes else None, noted[-1] if noted else None


def forget_after(mark: Mark, store: Store) -> None:
    """Forget what has been undone."""
    change, task = mark
    while store.changes and store.changes[-1] is not change:
        store.changes.pop()
    noted = store.messages.noted
    while noted and noted[-1] is not task:
        noted.pop()
