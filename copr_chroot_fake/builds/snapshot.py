"""What a fake was at one moment, and taking it back there.

The objects stay the same, so that whoever holds a build or a chroot sees it as
it was; only what was added since is gone, and what was removed is back.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from ..lives.clock import VirtualClock
from .build import Build
from .chroot import Moment
from .projects import Project
from .store import Store


class BuildMoment(NamedTuple):
    build: Build
    canceled: bool
    chroots: tuple[Moment, ...]


class Snapshot(NamedTuple):
    """A fake as it was; opaque, and good for any number of restores of the fake that it was taken of."""

    store: Store
    now: float
    mock_chroots: dict[str, int]
    projects: tuple[tuple[Project, Project], ...]
    """Each project, and a copy of what it was."""
    builds: tuple[BuildMoment, ...]


def take(store: Store) -> Snapshot:
    with store.lock:
        return Snapshot(
            store,
            store.clock.now(),
            dict(store.mock_chroots),
            tuple(
                (project, dataclasses.replace(project, chroots=dict(project.chroots)))
                for project in store.projects.values()
            ),
            tuple(
                BuildMoment(build, build.canceled, tuple(chroot.moment() for chroot in build.chroots))
                for build in store.builds.values()
            ),
        )


def restore(snapshot: Snapshot) -> None:
    """Take the store back, and its clock where that is a virtual one; the system's time goes on."""
    store = snapshot.store
    with store.lock:
        if isinstance(store.clock, VirtualClock):
            store.clock.restore(snapshot.now)
        store.mock_chroots = dict(snapshot.mock_chroots)
        store.projects = {}
        for project, was in snapshot.projects:
            for field in dataclasses.fields(project):
                setattr(project, field.name, getattr(was, field.name))
            project.chroots = dict(was.chroots)
            store.projects[project.full_name] = project
        store.builds = {}
        for build, canceled, moments in snapshot.builds:
            build.canceled = canceled
            for chroot, moment in zip(build.chroots, moments, strict=True):
                chroot.restore(moment)
            store.builds[build.id] = build
