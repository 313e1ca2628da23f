"""Annotations of the types of fields: rules, keywords of JSON Schemas, and conditions on several fields of a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import EllipsisType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[object], object]:
        """Do nothing: Python before 3.11 has no such decorator, which is only for type checkers."""
        return lambda decorator: decorator


T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
    """Make a class a dataclass whose instances are compared by their fields and cannot be changed.

    Their repr omits fields that have their default.
    """

    def decorate(cls: type[T]) -> type[T]:
        if "__repr__" not in vars(cls):
            setattr(cls, "__repr__", _short_repr)  # noqa: B010  # mypy rejects an assignment
        return dataclass(frozen=True, kw_only=kw_only, repr=False)(cls)

    return decorate


def _short_repr(item: Any) -> str:
    given = [field.name for field in fields(item) if field.repr and getattr(item, field.name) != field.default]
    return f"{type(item).__name__}({', '.join(f'{name}={getattr(item, name)!r}' for name in given)})"


Check = Callable[[str, object], Any]
"""Return the valid form of a value, given its location; raise InputError if there is none."""


@frozen()
class Rule:
    """How a value is validated and written as JSON, by default unchanged, and keywords of its JSON Schema.

    Other annotations can add to the schema: :class:`Keywords` and :class:`Written`.
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
    """Marks fields for which null is a value; elsewhere, ``None`` counts as missing."""


NULLABLE = Nullable()

Derivable: TypeAlias = Annotated[T | EllipsisType | None, NULLABLE]
"""A value that is derived if it is missing, which is ``...`` in a spec; null says that there is none."""


def given(value: T | EllipsisType | None) -> T | None:
    """Return the value of a derivable field; ``None`` if it is missing or null."""
    return None if isinstance(value, EllipsisType) else value


class Keywords:
    """Keywords that an annotation adds to the JSON Schema of its type: ``Annotated[int, Keywords(minimum=1)]``."""

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
