"""Annotations that add to the JSON Schema of a type: ``Annotated[int, Keywords(minimum=1)]``.

``docs/schemas.py`` generates the schemas, for ``make docs``.
"""

from __future__ import annotations

from typing import NamedTuple


class Keywords:
    """Keywords that an annotation adds to the schema of its type."""

    def __init__(self, **keywords: object) -> None:
        self.keywords = keywords


class Written(NamedTuple):
    """The type that a value has in JSON, where Python accepts more than that or is less precise."""

    type: object


def whole(regex: str) -> Keywords:
    """Return a pattern for a whole text without null characters that Python and JavaScript read the same way."""
    # They differ in which characters are white space, and Python's $ also matches before a final line break.
    return Keywords(pattern=r"^(?![^\x00]*\x00)" + regex.replace(r"\s", _WHITE_SPACE) + r"(?!\n)$")


NO_NULL = r"^[^\x00]+$"
"""A pattern for texts that are not empty and have no null characters, which the service's database cannot store."""

_WHITE_SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""The characters that Python's ``str.strip`` removes, for use in a set of characters."""
