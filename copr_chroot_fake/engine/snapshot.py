"""Snapshots of a fake.

A snapshot keeps the objects of the fake. Restoring it brings back the same builds, chroots, projects and faults with
their values of that time, in whatever order snapshots are restored: what was added since is removed, and what was
removed is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, TypeVar

from ..model.account import Account, Group
from ..validation import checks
from .build import Build, SavedBuild
from .chroot import Change
from .clock import VirtualClock
from .counted import SavedItems
from .faults import ActiveFault
from .message_log import Entry
from .project import Project, SavedProject
from .store import Batch, Store
from .submission_rules import SubmissionRule

K = TypeVar("K")
V = TypeVar("V")


class Snapshot(NamedTuple):
    """The state of a fake; it can be restored any number of times. As a context manager it is restored on exit."""

    store: Store
    now: float
    seed: int
    mock_chroots: dict[str, bool]
    projects: tuple[tuple[Project, SavedProject], ...]
    builds: tuple[tuple[Build, SavedBuild], ...]
    batches: dict[int, Batch]
    accounts: dict[str, Account]
    groups: dict[str, Group]
    removed: frozenset[int]
    last_ids: tuple[int, int, int]
    submission_rules: SavedItems[SubmissionRule]
    faults: SavedItems[ActiveFault]
    changes: tuple[Change, ...]
    messages: tuple[Entry, ...]
    results_root: str

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *error: object) -> None:
        """Restore it."""
        restore(self)

    def __repr__(self) -> str:
        return f"<Snapshot of {checks.counted(len(self.builds), 'build')} at {self.now:.10g}>"


def take(store: Store) -> Snapshot:
    with store.lock:
        # A message that was delivered before the snapshot must not be delivered again after it is restored.
        messages = tuple(store.ordered_messages())
        return Snapshot(
            store,
            store.clock.now(),
            store.seed,
            dict(store.mock_chroots),
            tuple((project, project.save()) for project in store.projects.values()),
            tuple((build, build.save()) for build in store.builds.values()),
            _copy_batches(store.batches),
            dict(store.accounts),
            dict(store.groups),
            frozenset(store.removed),
            store.last_ids,
            store.submission_rules.save(),
            store.faults.save(),
            tuple(store.changes),
            messages,
            store.results_root,
        )


def restore(snapshot: Snapshot) -> None:
    """Restore the store, and its clock if that is a virtual one; the system's time continues."""
    store = snapshot.store
    with store.lock:
        if isinstance(store.clock, VirtualClock):
            store.clock.restore(snapshot.now)
        store.reseed(snapshot.seed)
        _refill(store.mock_chroots, snapshot.mock_chroots)
        _refill(store.projects, {project.full_name: project for project, _ in snapshot.projects})
        for project, content in snapshot.projects:
            project.restore(content)
        _refill(store.batches, _copy_batches(snapshot.batches))
        store.last_ids = snapshot.last_ids
        store.last_batch_id = max(snapshot.batches, default=0)
        for build, saved in snapshot.builds:
            build.restore(saved)
            # The fake may be served at another address by now.
            build.source.package = build.source.package.moved(snapshot.results_root, store.results_root)
        builds = {build.id: build for build, _ in snapshot.builds}
        _refill(store.builds, builds)
        store.timeline.clear()
        for build in builds.values():
            build.schedule()
        store.index.forget()
        _refill(store.accounts, snapshot.accounts)
        _refill(store.groups, snapshot.groups)
        store.removed = set(snapshot.removed)
        store.submission_rules.restore(snapshot.submission_rules)
        store.faults.restore(snapshot.faults)
        store.changes.clear()
        store.changes.extend(snapshot.changes)
        store.poll_loops.clear()
        store.messages.restore(snapshot.messages)


def _copy_batches(batches: Mapping[int, Batch]) -> dict[int, Batch]:
    return {number: replace(batch, builds=[*batch.builds]) for number, batch in batches.items()}


def _refill(mapping: dict[K, V], was: Mapping[K, V]) -> None:
    """Restore the content of a mapping, for everybody who holds it."""
    mapping.clear()
    mapping.update(was)
