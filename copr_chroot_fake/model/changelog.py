"""Changelogs of packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import islice
from typing import NamedTuple

PUBLISHED = 10
"""The number of entries that createrepo_c publishes; older ones are not kept."""

MAX_TIME = 0xFFFFFFFF
"""The latest time that packages can have."""

_HEAD = r"(?a:[ \t]*[A-Z][a-z]{2}[ \t]+([A-Z][a-z]{2})[ \t]+(\d{1,2})[ \t]+(\d{4})[ \t]+(\S.*))"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ChangelogEntry(NamedTuple):
    """An entry: its date as a Unix time, its author, with a version if it has one, and its text."""

    time: int
    author: str
    text: str


def parse_changelog(text: str) -> tuple[ChangelogEntry, ...]:
    """Return the latest entries of a changelog in a spec, the latest first; those with an invalid date are omitted.

    An entry begins with a line like ``* Wed Dec 02 2026 Jane Doe <jane@example.org> - 1.0-1``.
    """
    return tuple(islice(_entries(text), PUBLISHED))


def _entries(text: str) -> Iterator[ChangelogEntry]:
    for entry in re.split(r"^\*", text.replace("\0", ""), flags=re.MULTILINE)[1:]:
        head, _, body = entry.partition("\n")
        found = re.match(_HEAD, head)
        if found is None or found[1] not in _MONTHS:
            continue
        try:
            # As rpm has it.
            noon = datetime(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2]), 12, tzinfo=timezone.utc)
        except ValueError:
            continue
        yield ChangelogEntry(min(max(int(noon.timestamp()), 0), MAX_TIME), found[4].rstrip(), body.strip())
