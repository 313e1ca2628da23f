"""Rules, which ``Annotated`` adds to the types of fields, and conditions on several fields of a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any

from .frozen import frozen

Check = Callable[[str, object], Any]
"""Return the valid form of a value, given its location; raise InputError if there is none."""


@frozen()
class Rule:
    """How a value is validated, how it is written as JSON if not as it is, and keywords of its JSON Schema.

    Other annotations can add to the schema: :class:`.schema.Keywords` and :class:`.schema.Written`.
    """

    check: Check
    dump: Callable[[Any], object] | None = None
    keywords: Mapping[str, object] = field(default_factory=dict, hash=False)


@frozen()
class Relation:
    """A condition on several fields of a spec, checked only if each of them is valid.

    :param fields: the names of these fields.
    :param check: gets the spec, of which it may use these fields only; yields each error as its location, relative to
        the spec, and the problem.
    :param triggers: checked only if the input has one of these fields; always if ``None``.
    """

    fields: tuple[str, ...]
    check: Callable[[Any], Iterable[tuple[str, str]]]
    triggers: frozenset[str] | None = None


class Nullable:
    """Marks a type whose fields are null on purpose; elsewhere, ``None`` counts as missing."""


NULLABLE = Nullable()
