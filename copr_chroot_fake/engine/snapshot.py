"""Snapshots of a fake.

A snapshot keeps the objects of the fake. Restoring it brings back the same builds, chroots, projects and faults with
their values of that time, in whatever order snapshots are restored: what was added since is removed, and what was
removed is back.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..validation import checks
from .build import Build
from .chroot import ChrootData
from .clock import VirtualClock
from .lifecycle_run import LifecycleRun
from .project import Project
from .source import SourceBuild
from .store import CONTENT, Store


class _Saved(NamedTuple):
    """An object with copies of some of its fields."""

    item: object
    names: Sequence[str]
    values: Sequence[object]


class Snapshot(NamedTuple):
    """The state of a fake; it can be restored any number of times. As a context manager it is restored on exit."""

    store: Store
    now: float
    seed: int
    results_root: str
    saved: Sequence[_Saved]

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *error: object) -> None:
        """Restore it."""
        restore(self)

    def __repr__(self) -> str:
        builds = sum(isinstance(saved.item, Build) for saved in self.saved)
        return f"<Snapshot of {checks.counted(builds, 'build')} at {self.now:.10g}>"


def take(store: Store) -> Snapshot:
    """Return the state of a store."""
    with store.changing():
        # What is due happens first, so that its messages are not delivered again after the snapshot is restored.
        saved = [
            _Saved(item, names, [_copied(getattr(item, name)) for name in names]) for item, names in _fields(store)
        ]
        return Snapshot(store, store.clock.now(), store.seed, store.results_root, saved)


def restore(snapshot: Snapshot) -> None:
    """Restore the store, and its clock if that is a virtual one; the system's time continues."""
    store = snapshot.store
    with store.lock:
        if isinstance(store.clock, VirtualClock):
            store.clock.restore(snapshot.now)
        for item, names, values in snapshot.saved:
            for name, value in zip(names, values, strict=True):
                _put_back(item, name, value)
        for project in store.projects.values():
            project.build_ids.clear()
        store.timeline.clear()
        store.poll_loops.clear()
        for build in store.builds.values():
            # The fake may be served at another address by now.
            build.source.package = build.source.package.moved(snapshot.results_root, store.results_root)
            build.project.note_build(build.id, build.stored_package)
            build.forget_all_rendered()
            build.schedule()


def _fields(store: Store) -> Iterator[tuple[object, Sequence[str]]]:
    """Yield all objects that change, with the names of their fields."""
    yield store, CONTENT
    yield store.messages, ("entries",)
    yield store.faults, ("active", "last_id", "seed")
    yield store.submission_rules, ("active", "last_id")
    for counted in (*store.faults, *store.submission_rules):
        yield counted, ("seen", "hits")
    for batch in store.batches.values():
        yield batch, ("builds",)
    for project in store.projects.values():
        yield project, Project.__slots__
    for build in store.builds.values():
        yield build, Build.__slots__
        yield build.source, SourceBuild.__slots__
        for chroot in build.stored_chroots:
            yield chroot, ("stored",)


def _copied(value: object) -> object:
    return copy.copy(value) if isinstance(value, (dict, list, set, deque, ChrootData, LifecycleRun)) else value


def _put_back(item: object, name: str, value: object) -> None:
    if isinstance(item, Store) and isinstance(value, dict):
        # For everybody who holds the mapping.
        mapping = getattr(item, name)
        mapping.clear()
        mapping.update(value)
    else:
        setattr(item, name, _copied(value))
