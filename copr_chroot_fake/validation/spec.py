"""Specs: frozen dataclasses whose type hints declare once, for each field, how input becomes a value and back.

A spec lists what its input may contain::

    @frozen(kw_only=True)
    class PackageSpec:
        name: Text
        epoch: WholeNumber | None = None

:func:`parse` validates an object and reports every error in it, :func:`validate` does the same for an instance, and
:func:`dump` writes one as JSON; :mod:`.schema` describes it. A field without a default is required, ``None`` counts
as missing unless the field is nullable, and ``_RELATIONS`` are conditions on several fields. A field whose key in the
input is no Python name has it as ``metadata={"key": …}``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from types import EllipsisType, NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from ..errors import InputError, InputErrors, below, is_within
from . import checks
from .rule import Check, Nullable, Relation, Rule, frozen

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
SpecT = TypeVar("SpecT", bound="DataclassInstance")

Dump = Callable[[Any], object]

MAX_UNKNOWN_KEYS = 20
"""Maximum number of unknown keys of one object that are reported one by one."""

MAX_ERRORS = 1000
"""Maximum number of errors of a list or an object; the rest of it is not validated."""


class Field(NamedTuple):
    """How the values of a field are checked and written, and its default; ``MISSING`` if it is required."""

    key: str
    check: Check
    dump: Dump
    default: object


@frozen()
class _Table:
    """The fields of a spec by name, and derived data for parsing."""

    spec: type[Any]
    fields: Mapping[str, Field]
    checks: Mapping[str, tuple[str, Check]]
    """Name and check of each field, by its key."""
    required: frozenset[str]
    relations: Sequence[Relation]
    has_dict: bool
    """Whether instances keep their values in ``__dict__``, and most defaults are attributes of the class."""
    made: Mapping[str, object]
    """The defaults that a factory makes, by name."""
    nullable: frozenset[str]
    """The fields for which null is a value."""
    never_none: frozenset[str]
    """The fields with a default that may not be ``None`` in an instance."""


def parse(spec: type[SpecT], location: str, value: object) -> SpecT:
    """Return the spec that an object describes; an instance of it is validated like any other input.

    :raises InputErrors: with every error in it.
    """
    return cast(SpecT, _parse(_table_of(spec), location, value))


def validate(instance: DataclassInstance) -> None:
    """Validate the fields of a spec that was constructed directly, and replace each value by its valid form.

    :raises InputErrors: with every error in it.
    """
    table = _table_of(type(instance))
    errors = _fill(table, instance, _entry_of(table, instance), table.never_none)
    if errors:
        raise InputErrors(errors)


def dump(instance: DataclassInstance) -> dict[str, object]:
    """Return the object that parses back to a spec, without the fields that have their default."""
    fields = _table_of(type(instance)).fields.items()
    values = [(field, getattr(instance, name)) for name, field in fields]
    return {
        field.key: None if value is None else field.dump(value) for field, value in values if value != field.default
    }


def fields_of(spec: type[DataclassInstance]) -> Mapping[str, Field]:
    """Return the fields of a spec by name."""
    return _table_of(spec).fields


def _entry_of(table: _Table, instance: object) -> Mapping[str, object]:
    values = [(field, getattr(instance, name)) for name, field in table.fields.items()]
    return {field.key: value for field, value in values if value is not ... or field.default is not ...}


def _parse(table: _Table, location: str, value: object) -> object:
    entry = _entry_of(table, value) if type(value) is table.spec else checks.mapping(location, value)
    instance = object.__new__(table.spec)
    errors = _fill(table, instance, entry)
    if errors:
        raise InputErrors([below(error, location) for error in errors] if location else errors)
    return instance


def _fill(
    table: _Table, instance: Any, entry: Mapping[str, object], never_none: Collection[str] = ()
) -> list[InputError]:
    """Set the valid fields of a spec from an object; return the errors in it."""
    values: dict[str, Any] = {}
    errors: list[InputError] = []
    known, unknown = table.checks, []
    for key, item in entry.items():
        found = known.get(key) or known.get(checks.key(key))
        if found is None:
            unknown.append(checks.key(key))
        elif item is None and found[0] not in never_none:
            if found[0] in table.nullable:
                values[found[0]] = None
        else:
            try:
                values[found[0]] = found[1]("", item)
            except InputError as error:
                errors.extend(below(nested, f".{checks.key(key)}") for nested in error.errors)
    if unknown:
        errors.extend(_unknown(unknown, known))
    if not table.required <= values.keys():
        errors.extend(_missing(table, values, errors))
    _set(table, instance, values)
    for relation in table.relations:
        if relation.triggers is None or not relation.triggers.isdisjoint(values):
            errors.extend(_unmet(relation, instance, errors))
    return errors


def _set(table: _Table, instance: Any, values: Mapping[str, Any]) -> None:
    if table.has_dict:
        if table.made:
            instance.__dict__.update(table.made)
        instance.__dict__.update(values)
        return
    for name, field in table.fields.items():
        object.__setattr__(instance, name, values.get(name, field.default))


def _unknown(keys: Sequence[str], known: Mapping[str, object]) -> Iterator[InputError]:
    for key in keys[:MAX_UNKNOWN_KEYS]:
        yield InputError(f".{key}", f"unknown key; {checks.choices(key, known)}")
    more = len(keys) - MAX_UNKNOWN_KEYS
    if more > 0:
        yield InputError("", f"{more} more unknown keys; valid: {checks.listing(known, 50)}")


def _missing(table: _Table, values: Mapping[str, object], errors: Sequence[InputError]) -> Iterator[InputError]:
    for name in table.fields:
        if name in table.required and name not in values and not any(is_within(error, name) for error in errors):
            yield InputError(name, "missing, and required; add it")


def _unmet(relation: Relation, instance: object, errors: Sequence[InputError]) -> list[InputError]:
    if errors and any(is_within(error, name) for error in errors for name in relation.fields):
        return []
    return [InputError(location, problem) for location, problem in relation.check(instance)]


@cache
def _table_of(spec: type[DataclassInstance]) -> _Table:
    hints = get_type_hints(spec, include_extras=True)
    made = {field.name: field.default_factory() for field in fields(spec) if field.default_factory is not MISSING}
    table = {
        field.name: Field(
            field.metadata.get("key", field.name),
            *_conversion(hints[field.name]),
            made.get(field.name, field.default),
        )
        for field in fields(spec)
    }
    return _Table(
        spec,
        table,
        {field.key: (name, field.check) for name, field in table.items()},
        frozenset(name for name, field in table.items() if field.default is MISSING),
        getattr(spec, "_RELATIONS", ()),
        not hasattr(spec, "__slots__"),
        made,
        frozenset(name for name in table if _note_of(hints[name], Nullable) is not None),
        frozenset(
            name for name, field in table.items() if field.default is not MISSING and not _accepts_none(hints[name])
        ),
    )


def _accepts_none(hint: object) -> bool:
    inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return NoneType in get_args(inner)


def check_of(hint: object) -> Check:
    """Return the check of a type hint.

    :raises TypeError: for a type without one; annotate it with a Rule.
    """
    return _conversion(hint)[0]


def _conversion(hint: object, unique: Unique | None = None) -> tuple[Check, Dump]:
    """Return how values of a type hint are checked, and how they are written as JSON.

    :param unique: what identifies the items of a list.
    :raises TypeError: for a type without a check.
    """
    rule, inner, arguments = _note_of(hint, Rule), get_origin(hint), get_args(hint)
    if rule is not None:
        return rule.check, rule.dump or _dump_plain
    if inner is Annotated:
        return _conversion(arguments[0], _note_of(hint, Unique))
    if inner in (Union, UnionType):
        return _conversion(_only(arguments))
    if inner is Literal:
        return checks.one_of(arguments), _dump_plain
    if inner is tuple:
        check, dump_item = _conversion(arguments[0])
        return partial(parse_list, check, unique=unique), lambda values: [dump_item(value) for value in values]
    if inner is Mapping:
        (check_key, _), (check, dump_value) = map(_conversion, arguments)
        return (
            partial(parse_mapping, check_key, check),
            lambda values: {key: dump_value(value) for key, value in values.items()},
        )
    if hint in _PLAIN:
        return _PLAIN[hint], _dump_plain
    if is_dataclass(hint):
        # Its table is made when it is needed, as a server would take longer to start otherwise.
        return partial(parse, cast(type, hint)), dump
    raise TypeError(f"{hint!r} has no check; annotate it with a Rule")


def _any(location: str, value: object) -> object:
    return value


_PLAIN: Mapping[object, Check] = {bool: checks.flag, str: checks.any_text, object: _any}
"""The checks of types that need no rule."""


class Unique(NamedTuple):
    """Marks a list whose items must differ in the fields that identify them.

    An error about a repeated item is located at the last of these fields; ``problem`` is formatted with their values.
    """

    fields: tuple[str, ...]
    problem: str


def parse_list(
    check: Callable[[str, object], T], location: str, value: object, unique: Unique | None = None
) -> tuple[T, ...]:
    """Return the valid form of each item of a list.

    :raises InputErrors: with every error in it, up to :data:`MAX_ERRORS`.
    """
    found = []
    errors: list[InputError] = []
    seen: set[tuple[object, ...]] = set()
    for index, item in enumerate(checks.items(location, value)):
        own: Sequence[InputError] = ()
        try:
            parsed = check("", item)
        except InputError as error:
            own = error.errors
            if unique is not None and checks.is_mapping(item):
                own = _with_repeated(own, item.get, unique, seen)
        else:
            found.append(parsed)
            if unique is not None:
                own = _with_repeated((), partial(getattr, parsed), unique, seen)
        if own:
            errors.extend(below(error, f"{location}[{index}]") for error in own)
            if len(errors) >= MAX_ERRORS:
                break
    if errors:
        raise InputErrors(errors)
    return tuple(found)


def _with_repeated(
    errors: Sequence[InputError], value_of: Callable[[str], object], unique: Unique, seen: set[tuple[object, ...]]
) -> Sequence[InputError]:
    """Return the errors of an item, and another one if an earlier item has the same identity."""
    if errors and any(is_within(error, name) or not error.location for error in errors for name in unique.fields):
        return errors
    identity = tuple(map(value_of, unique.fields))
    if identity in seen:
        return [*errors, InputError(unique.fields[-1], unique.problem.format(*identity))]
    if None not in identity:
        seen.add(identity)
    return errors


def parse_mapping(check_key: Check, check: Callable[[str, object], T], location: str, value: object) -> dict[str, T]:
    """Return the valid form of each key and each value of an object.

    :raises InputErrors: with every error in it, up to :data:`MAX_ERRORS`.
    """
    found: dict[str, T] = {}
    errors: list[InputError] = []
    for key, item in checks.mapping(location, value).items():
        own: list[InputError] = []
        name = cast(str, collect(own, check_key, key))
        parsed = collect(own, check, item)
        if own:
            errors.extend(below(below(error, f".{checks.key(key)}"), location) for error in own)
            if len(errors) >= MAX_ERRORS:
                break
        else:
            found[name] = cast(T, parsed)
    if errors:
        raise InputErrors(errors)
    return found


def collect(errors: list[InputError], check: Callable[[str, object], T], value: object) -> T | None:
    """Return the valid form of a value; ``None`` if there is none, and then the list gets its errors."""
    try:
        return check("", value)
    except InputError as error:
        errors.extend(error.errors)
        return None


def _dump_plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def _only(arguments: Sequence[object]) -> object:
    """Return the one type of ``X | None``, or of a derivable field."""
    (only,) = (argument for argument in arguments if argument not in (NoneType, EllipsisType))
    return only


def _note_of(hint: object, kind: type[T]) -> T | None:
    """Return the annotation of a kind that a type hint has; ``None`` if it has none."""
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((note for note in notes if isinstance(note, kind)), None)
