"""Snapshots of a fake, and restoring them.

A snapshot keeps the objects it was taken of: a restore brings back the same
builds, chroots, projects and faults, with the values that they had, in whatever
order snapshots are restored. What was added since is gone, and what was removed
is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, TypeVar

from ..model.account import Account
from ..model.project import Project, ProjectChroot, replace_chroots
from .build import Build, SavedBuild
from .chroot import Change
from .clock import VirtualClock
from .faults import SavedFaults
from .interrupts import complete
from .store import Store

K = TypeVar("K")
V = TypeVar("V")


class Snapshot(NamedTuple):
    """The state of a fake; it can be restored any number of times. As a context manager it is restored on exit."""

    store: Store
    now: float
    seed: int
    mock_chroots: dict[str, None]
    projects: tuple[tuple[Project, dict[str, ProjectChroot]], ...]
    """Each project, and the chroots that it had enabled."""
    builds: tuple[tuple[Build, SavedBuild], ...]
    accounts: dict[str, Account]
    removed: frozenset[int]
    faults: SavedFaults
    changes: tuple[Change, ...]
    results_root: str

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *error: object) -> None:
        """Restore it."""
        restore(self)

    def __repr__(self) -> str:
        return f"<Snapshot of {len(self.builds)} builds at {self.now:.10g}>"


def take(store: Store) -> Snapshot:
    with store.lock:
        store.catch_up()
        return Snapshot(
            store,
            store.clock.now(),
            store.seed,
            dict(store.mock_chroots),
            tuple((project, dict(project.chroots)) for project in store.projects.values()),
            tuple((build, build.save()) for build in store.builds.values()),
            dict(store.accounts),
            frozenset(store.removed),
            store.faults.save(),
            tuple(store.changes),
            store.results_root,
        )


def restore(snapshot: Snapshot) -> None:
    """Restore the store, and its clock if that is a virtual one; the system's time goes on.

    Nothing in here can fail, as the snapshot has everything that is needed.
    """
    with snapshot.store.lock:
        complete(partial(_restore, snapshot))


def _restore(snapshot: Snapshot) -> None:
    store = snapshot.store
    with store.lock:
        if isinstance(store.clock, VirtualClock):
            store.clock.restore(snapshot.now)
        store.reseed(snapshot.seed)
        _refill(store.mock_chroots, snapshot.mock_chroots)
        _refill(store.projects, {project.full_name: project for project, _ in snapshot.projects})
        for project, chroots in snapshot.projects:
            replace_chroots(project, chroots)
        for build, saved in snapshot.builds:
            build.restore(saved)
            # The fake may be served at another address by now.
            build.submission = build.moved_submission(snapshot.results_root, store.results_root)
        builds = {build.id: build for build, _ in snapshot.builds}
        _refill(store.builds, builds)
        store.index.forget()
        _refill(store.accounts, snapshot.accounts)
        store.removed = set(snapshot.removed)
        store.faults.restore(snapshot.faults)
        store.changes.clear()
        store.changes.extend(snapshot.changes)


def _refill(mapping: dict[K, V], was: Mapping[K, V]) -> None:
    """Restore the content of a mapping, for everybody who holds it."""
    mapping.clear()
    mapping.update(was)
