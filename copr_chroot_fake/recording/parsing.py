"""Reading JSON that may say anything: a value of the expected kind, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import InputError
from ..validation import checks
from ..validation.checks import LARGEST_INTEGER

Json = Mapping[str, object]


class Odd(Exception):
    """Something is not what Copr answers."""


def text_of(document: Json, key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) and value else None


def number_of(document: Json, key: str) -> int | None:
    value = document.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= LARGEST_INTEGER else None


def object_of(document: Json, key: str) -> Json:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def is_segment(text: str) -> bool:
    """Whether a text can be a part of an address' path: the name of an owner, a project, a package, a directory."""
    return re.fullmatch(r"[^/\s]+", text) is not None


def is_full_name(text: str) -> bool:
    """Whether a text can be that of a project: its owner and its own name."""
    return re.fullmatch(r"[^/\s]+/[^/\s]+", text) is not None


def chroot_names(names: Iterable[str]) -> list[str]:
    """Those that can be names of chroots."""
    return [name for name in names if _is_chroot_name(name)]


def _is_chroot_name(name: str) -> bool:
    try:
        checks.chroot_name("name", name)
    except InputError:
        return False
    return True


def texts_of(document: Json, key: str) -> tuple[str, ...]:
    """A list of texts, none of them empty; an absent one has none.

    :raises Odd: for anything else.
    """
    value = document.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise Odd(key)
    return tuple(value)


def objects_of(document: Json, key: str) -> tuple[Json, ...]:
    """A list of objects.

    :raises Odd: for anything else.
    """
    value = document.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise Odd(key)
    return tuple(value)
