"""The in-memory database of one fake: the chroots that it knows, its projects and its builds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .model import Build, Project


@dataclass(slots=True)
class Batch:
    """What one scenario adds, read and checked as a whole before any of it is in the store."""

    mock_chroots: Sequence[str] = ()
    projects: dict[str, Project] = field(default_factory=dict)
    builds: dict[int, Build] = field(default_factory=dict)


class Store:
    """Projects by full name, builds by id, and the known chroots with their ``mock_chroot_id``."""

    def __init__(self, results_root: str) -> None:
        self.results_root = results_root
        self.mock_chroots: dict[str, int] = {}
        self.projects: dict[str, Project] = {}
        self.builds: dict[int, Build] = {}

    def add(self, batch: Batch) -> None:
        """Take in a batch; the service knows a chroot from where it is first named."""
        self.know(batch.mock_chroots)
        for project in batch.projects.values():
            self.know(project.chroots)
        for build in batch.builds.values():
            self.know(chroot.name for chroot in build.chroots)
        self.projects.update(batch.projects)
        self.builds.update(batch.builds)

    def know(self, names: Iterable[str]) -> None:
        for name in names:
            self.mock_chroots.setdefault(name, len(self.mock_chroots) + 1)
