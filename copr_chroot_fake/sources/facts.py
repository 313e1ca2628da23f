"""What a source package is: its name, its version, what is built from it, and where."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..model.changelog import ChangelogEntry

MAX_NAME = 255
"""The longest name or version, in characters."""

_NAME, _VERSION = r"(?a:[-+_.\w]+)", r"(?a:(?:[0-9]{1,9}:)?[\w.+~^]+-[\w.+~^]+)"


class Binary(NamedTuple):
    """A package that is built from a source."""

    name: str
    is_noarch: bool = False


class Facts(NamedTuple):
    """A source package: its name, and its version as ``[epoch:]version-release``.

    ``exclusive`` and ``excluded`` are architectures: those for which alone it is built, if there are any, and those for
    which it is not built.
    """

    name: str
    version: str
    binaries: tuple[Binary, ...]
    exclusive: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    changelog: tuple[ChangelogEntry, ...] = ()
    has_dist_tag: bool = True
    """Whether each chroot adds its dist tag to the release."""

    def excludes(self, chrootname: str) -> bool:
        """Whether it is not built in a chroot; Copr compares the end of its name, and ignores unknown macros."""
        arch = chrootname.rpartition("-")[2]
        is_known = not any("%" in name for name in self.exclusive)
        return arch in self.excluded or (bool(self.exclusive) and is_known and arch not in self.exclusive)


class UnreadableError(Exception):
    """A source cannot be read, so that the name of its file decides."""


class HostileError(Exception):
    """A source is beyond all measure, so that its source build fails."""


def checked(facts: Facts) -> Facts:
    """Return facts whose names and version are valid.

    :raises UnreadableError: for others, such as those with macros that nothing defines.
    """
    names = (facts.name, *(each.name for each in facts.binaries))
    wrong = next((name for name in names if len(name) > MAX_NAME or re.fullmatch(_NAME, name) is None), None)
    if wrong is not None:
        raise UnreadableError(f"its name is not known: {wrong[:MAX_NAME]!a}")
    if len(facts.version) > MAX_NAME or re.fullmatch(_VERSION, facts.version) is None:
        raise UnreadableError(f"its version is not known: {facts.version[:MAX_NAME]!a}")
    return facts
