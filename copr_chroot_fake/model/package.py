"""Packages of projects: the sources from which they can be built again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from ..validation.rule import frozen
from .shell_pattern import matching
from .source import SourceType


@frozen()
class Package:
    """A package of a project, with its default source.

    :param config: the fields of the source, which depend on its type.
    :param webhook_rebuild: whether webhooks build it.
    :param max_builds: how many builds Copr keeps; ``None`` for all.
    :param chroot_denylist: patterns of chroots for which it is not built.
    """

    id: int
    name: str
    source_type: SourceType = "unset"
    config: Mapping[str, object] = field(default_factory=dict)
    webhook_rebuild: bool = False
    max_builds: int | None = None
    chroot_denylist: tuple[str, ...] = ()

    def allowed(self, chrootnames: Iterable[str]) -> list[str]:
        """Return the chroots for which it is built; all of them if the denylist would leave none, as Copr does."""
        names = list(chrootnames)
        denied = matching(names, self.chroot_denylist)
        return [name for name in names if name not in denied] or names
