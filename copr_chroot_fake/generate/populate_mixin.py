"""The part of a fake that fills it with data that looks like Copr's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..engine.build import Build
    from ..engine.store import Store


class Populated:
    """What :class:`~copr_chroot_fake.FakeCopr` can make up by itself."""

    _store: Store

    def populate(self, builds: int = 10, chroots: int = 5, seed: int | None = None) -> list[Build]:
        """Add so many builds with about so many chroots each, as Copr could have them now; returns the builds.

        Their ids are above all that there have been, their times up to the fake's own, and none of them lives.

        :param seed: what they are drawn from: the fake's own seed unless said.
        :raises InputError: for a number that is not possible; nothing is added then.
        :raises MissingExtraError: where Faker is not installed.
        """
        from .populate import populate

        return populate(self._store, builds, chroots, seed)
