"""Built packages, as NEVRAs: name, epoch, version, release, architecture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypedDict

from ..errors import InputError
from ..validation import checks
from ..validation.fields import Fields, Form

_NEVRA = re.compile(r"(?P<name>.+)-(?:(?P<epoch>[0-9]{1,9}):)?(?P<version>[^-:]+)-(?P<release>[^-]+)\.(?P<arch>[^.-]+)")


@dataclass(frozen=True, slots=True)
class Nevra:
    """A built package: name, epoch, version, release and architecture.

    An epoch of ``None`` is how Copr shows a package whose epoch it never learnt.
    """

    name: str
    version: str
    release: str
    arch: str
    epoch: int | None = None

    def __post_init__(self) -> None:
        for name in ("name", "version", "release", "arch"):
            object.__setattr__(self, name, checks.text(name, getattr(self, name)))
        object.__setattr__(self, "epoch", checks.optional(checks.whole_number)("epoch", self.epoch))

    @classmethod
    def parse(cls, text: str) -> Nevra | None:
        """Read ``name-[epoch:]version-release.arch``; ``None`` if it is not one.

        :raises InputError: for what is no text.
        """
        found = _NEVRA.fullmatch(checks.any_text("text", text))
        if found is None:
            return None
        epoch = found["epoch"]
        return cls(found["name"], found["version"], found["release"], found["arch"], int(epoch) if epoch else None)

    def __str__(self) -> str:
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{self.name}-{epoch}{self.version}-{self.release}.{self.arch}"


class _NevraRequired(TypedDict):
    name: str
    version: str
    release: str
    arch: str


class NevraEntry(_NevraRequired, total=False):
    epoch: int | None


PackageLike = Nevra | NevraEntry | str
"""A package, or how it is written in a scenario: its fields, or its NEVRA as a text."""

_FORM = Form.of(NevraEntry)


def read_packages(place: str, entries: object) -> tuple[Nevra, ...]:
    return tuple(checks.each(place, checks.items(place, entries), read_nevra))


def read_nevra(place: str, entry: object) -> Nevra:
    if checks.is_kind(entry, Nevra):
        return entry
    said = checks.plain_text(entry)
    if said is not None:
        nevra = Nevra.parse(said)
        if nevra is None:
            raise InputError(
                place, f"{checks.shown(entry)} is no NEVRA; expected name-[epoch:]version-release.architecture"
            )
        return nevra
    fields = Fields(place, entry, _FORM)
    return Nevra(
        name=fields.require("name", checks.word, "?"),
        version=fields.require("version", checks.word, "?"),
        release=fields.require("release", checks.word, "?"),
        arch=fields.require("arch", checks.word, "?"),
        epoch=fields.read("epoch", checks.whole_number, None),
    )


def write_nevra(nevra: Nevra) -> NevraEntry:
    return {
        "name": nevra.name,
        "epoch": nevra.epoch,
        "version": nevra.version,
        "release": nevra.release,
        "arch": nevra.arch,
    }
