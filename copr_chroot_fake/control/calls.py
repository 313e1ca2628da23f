"""A call of the control API: what was asked, of which world, and the refusals that any call can end with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from .. import checks
from ..builds.build import Build
from ..builds.chroot import BuildChroot
from ..checks import Fields, Form
from ..errors import CoprFakeError, InputError
from ..fake import FakeCopr
from ..server.recipe import Recipe
from ..server.worlds import World, Worlds

B = TypeVar("B")


class NotFoundError(CoprFakeError):
    """What a path names is not there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all calls have in common: the worlds, what new ones begin as, and how the state is saved, if it is."""

    worlds: Worlds
    recipe: Recipe
    save: Callable[[Worlds], str] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call; ``body`` is what its JSON says, ``query`` what the arguments are."""

    setting: Setting
    world: World
    path: Mapping[str, str]
    query: Fields
    body: object

    @property
    def fake(self) -> FakeCopr:
        return self.world.fake

    def fields(self, form: Form) -> Fields:
        """The fields of the body.

        :raises InputError: naming one that is not known, or missing.
        """
        return Fields("", {} if self.body is None else self.body, form)

    def given(self, form: Form) -> dict[str, object]:
        """What the body says, of fields that are known, without those that say nothing."""
        self.fields(form)
        said = cast("Mapping[str, object]", self.body or {})
        return {key: value for key, value in said.items() if value is not None}

    @property
    def build(self) -> Build:
        """The build that the path names.

        :raises NotFoundError: naming those that there are.
        """
        sent = self.path["build_id"]
        build = self.fake.builds.get(int(sent)) if len(sent) < 20 else None
        if build is None:
            there = ", ".join(map(str, list(self.fake.builds)[:10])) or "none"
            raise NotFoundError(f"there is no build {sent}; there are: {there}")
        return build

    @property
    def chroot(self) -> BuildChroot:
        """The build chroot that the path names.

        :raises NotFoundError: naming those that there are.
        """
        build = self.build
        chroot = build.find(self.path["chrootname"])
        if chroot is None:
            there = ", ".join(chroot.name for chroot in build.chroots[:10]) or "none"
            raise NotFoundError(f"build {build.id} has no chroot {self.path['chrootname']!r}; it has: {there}")
        return chroot


def number(field: str, value: object) -> int:
    """A whole number in a query.

    :raises InputError: for anything else.
    """
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InputError(field, f"expected a whole number, got {checks.shown(value)}")
    return checks.whole_number(field, int(text))
