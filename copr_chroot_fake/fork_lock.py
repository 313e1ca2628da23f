"""Locks that a fork waits for, so that they are free in the child, and the data that they protect is consistent.

A forked child has only the thread that forked. A lock that another thread held would stay locked in the child forever,
and a module that it was importing would stay incomplete.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from importlib import import_module
from itertools import count
from types import TracebackType
from typing import Protocol
from weakref import WeakValueDictionary

WAIT = 10.0
"""Maximum seconds for which a fork waits; data that is still locked then may be inconsistent in the child."""

_locks: WeakValueDictionary[tuple[bool, int], threading.RLock] = WeakValueDictionary()
"""Locks by the order in which to acquire them: no lock is acquired while holding a later one."""
_numbers = count()
_forking = threading.Lock()
"""Held during a fork, because two threads can fork at the same time."""
_package = __name__.partition(".")[0]
_held: list[threading.RLock] = []
_missed: list[threading.RLock] = []


class Lock(Protocol):
    """A lock that a thread can acquire repeatedly."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...


def new_lock(*, innermost: bool = False) -> threading.RLock:
    """Return a lock that a fork waits for.

    :param innermost: whether no other lock is acquired while holding it.
    """
    lock = threading.RLock()
    _locks[innermost, next(_numbers)] = lock
    return lock


def _before() -> None:
    _forking.acquire()
    end = time.monotonic() + WAIT
    # Not items(), because another thread may add a lock meanwhile.
    for _, lock in sorted((ref.key, ref()) for ref in _locks.valuerefs()):
        if lock is None:
            continue
        acquired = lock.acquire(timeout=max(0, end - time.monotonic()))
        (_held if acquired else _missed).append(lock)
    _await_imports()


def _await_imports() -> None:
    """Wait until no other thread is importing a module of the kit; some are imported on first use."""
    for name, module in sys.modules.copy().items():
        if name.startswith(_package) and getattr(getattr(module, "__spec__", None), "_initializing", False):
            import_module(name)


def _after_in_parent() -> None:
    while _held:
        _held.pop().release()
    _missed.clear()
    _forking.release()


def _after_in_child() -> None:
    for lock in _missed:
        # The thread that holds it does not exist here. Python's own modules reset their locks with this private method,
        # which typeshed lacks, because there is no public one.
        lock._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001
    _after_in_parent()


# Windows cannot fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
