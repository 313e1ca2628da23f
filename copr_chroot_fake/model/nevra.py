"""Built packages, identified by NEVRA: name, epoch, version, release and architecture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypedDict

from ..errors import InputError
from ..validation import checks
from ..validation.checks import SharedText, WholeNumber
from ..validation.rule import Rule, Written, whole
from ..validation.spec import parse, parse_list, validate

_NEVRA = re.compile(r"(?P<name>.+)-(?:(?P<epoch>[0-9]{1,9}):)?(?P<version>[^-:]+)-(?P<release>[^-]+)\.(?P<arch>[^.-]+)")


@dataclass(frozen=True, slots=True)
class Nevra:
    """A built package: name, epoch, version, release and architecture.

    Copr shows an epoch of ``None`` for packages whose epoch it never learned.

    :raises InputErrors: naming each invalid field.
    """

    name: SharedText
    version: SharedText
    release: SharedText
    arch: SharedText
    epoch: WholeNumber | None = None

    def __post_init__(self) -> None:
        validate(self)

    @classmethod
    def parse(cls, text: str) -> Nevra | None:
        """Parse ``name-[epoch:]version-release.arch``; return ``None`` if the text has another form.

        :raises InputError: for a value that is not a text.
        """
        found = _NEVRA.fullmatch(checks.any_text("text", text))
        if found is None:
            return None
        epoch = found["epoch"]
        return cls(found["name"], found["version"], found["release"], found["arch"], int(epoch) if epoch else None)

    def __str__(self) -> str:
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{self.name}-{epoch}{self.version}-{self.release}.{self.arch}"


class NevraEntry(TypedDict):
    """A package as Copr writes it in JSON."""

    name: str
    version: str
    release: str
    arch: str
    epoch: int | None


PackageLike = Nevra | str | Mapping[str, object]
"""A package: its NEVRA as an object, a text, or a mapping of its five fields."""


def parse_package(location: str, value: object) -> Nevra:
    """Return the package that a NEVRA text or an object describes.

    :raises InputError: if there is none.
    """
    if checks.is_kind(value, Nevra):
        return value
    text = checks.plain_text(value)
    if text is None:
        return parse(Nevra, location, value)
    try:
        nevra = Nevra.parse(text)
    except InputError as error:
        raise InputError(location, error.problem) from None
    if nevra is None:
        expected = "expected name-[epoch:]version-release.architecture"
        raise InputError(location, f"{checks.excerpt(text)} is not a NEVRA; {expected}")
    return nevra


def parse_packages(location: str, value: object) -> tuple[Nevra, ...]:
    """Return the packages that a list describes.

    :raises InputErrors: with every error in it.
    """
    return parse_list(parse_package, location, value)


def dump_package(nevra: Nevra) -> NevraEntry:
    """Return the five fields of a package, in the order in which Copr shows them."""
    return {
        "name": nevra.name,
        "epoch": nevra.epoch,
        "version": nevra.version,
        "release": nevra.release,
        "arch": nevra.arch,
    }


NevraText = Annotated[str, whole(r"[^\n]+-(?:[0-9]{1,9}:)?[^-:]+-[^-]+\.[^.-]+")]
PackageValue = Annotated[Nevra, Rule(parse_package, dump_package), Written(NevraText | Nevra)]
