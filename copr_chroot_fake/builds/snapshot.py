"""What a fake was at one moment, and taking it back there.

The objects stay the same, so that whoever holds a build or a chroot sees it as
it was; only what was added since is gone, and what was removed is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, TypeVar

from ..faults.active import FaultsMoment
from ..lives.clock import VirtualClock
from ..states import State
from .accounts import Account
from .build import Build, Cancellation
from .interrupts import complete
from .living import Moment
from .projects import Project, ProjectChroot, replace_chroots
from .record import Change
from .store import Store

K = TypeVar("K")
V = TypeVar("V")


class BuildMoment(NamedTuple):
    build: Build
    cancellation: Cancellation | None
    source_state: State
    chroots: tuple[Moment, ...]


class Snapshot(NamedTuple):
    """A fake as it was; opaque, and good for any number of restores of the fake that it was taken of."""

    store: Store
    now: float
    seed: int
    mock_chroots: dict[str, None]
    projects: tuple[tuple[Project, dict[str, ProjectChroot]], ...]
    """Each project, and the chroots that it had enabled."""
    builds: tuple[BuildMoment, ...]
    accounts: dict[str, Account]
    removed: frozenset[int]
    faults: FaultsMoment
    changes: tuple[Change, ...]


def take(store: Store) -> Snapshot:
    with store.lock:
        store.catch_up()
        return Snapshot(
            store,
            store.clock.now(),
            store.seed,
            dict(store.mock_chroots),
            tuple((project, dict(project.chroots)) for project in store.projects.values()),
            tuple(
                BuildMoment(
                    build,
                    build.cancellation,
                    build.source_state,
                    tuple(chroot.moment() for chroot in build.chroots),
                )
                for build in store.builds.values()
            ),
            dict(store.accounts),
            frozenset(store.removed),
            store.faults.moment(),
            tuple(store.changes),
        )


def restore(snapshot: Snapshot) -> None:
    """Take the store back, and its clock where that is a virtual one; the system's time goes on."""
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
            replace_chroots(project, dict(chroots))
        for build, cancellation, source_state, moments in snapshot.builds:
            build.cancellation = cancellation
            build.forget_chroots(len(moments))
            for chroot, moment in zip(build.chroots, moments, strict=True):
                chroot.restore(moment)
            build.source_state = source_state
            build.forget_rendered()
        builds = {moment.build.id: moment.build for moment in snapshot.builds}
        _refill(store.builds, builds)
        store.index.forget()
        _refill(store.accounts, snapshot.accounts)
        store.removed = set(snapshot.removed)
        store.faults.restore(snapshot.faults)
        store.changes.clear()
        store.changes.extend(snapshot.changes)


def _refill(mapping: dict[K, V], was: Mapping[K, V]) -> None:
    """Make a mapping what it was, for all who look at it."""
    mapping.clear()
    mapping.update(was)
