"""JSON Schemas generated from types, in the dialect of OpenAPI 3.1: draft 2020-12."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import EllipsisType, NoneType, UnionType
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints, is_typeddict

from copr_chroot_fake.validation.rule import Keywords, Rule, Written

Schema: TypeAlias = "dict[str, object]"

_PLAIN: Mapping[object, Mapping[str, object]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    None: {"type": "null"},
    NoneType: {"type": "null"},
    object: {},
}
_LISTS = (list, tuple, Sequence, Iterable)
_OBJECTS = (dict, Mapping)
_UNIONS = (Union, UnionType)


class Schemas:
    """Schemas of types. Each spec, ``TypedDict`` and ``Enum`` is defined once, in ``definitions``, and referred to.

    :param prefix: the part of a reference before the name of a definition.
    """

    def __init__(self, prefix: str = "#/components/schemas/") -> None:
        self.definitions: dict[str, Schema] = {}
        self._prefix = prefix

    def ref(self, type_: object) -> Schema:
        """Return the schema of a type; an optional key of an object may also be null.

        :raises TypeError: for a type that JSON does not have.
        """
        origin = get_origin(type_)
        schema = self._simple(type_) if origin is None else self._composed(origin, get_args(type_))
        if schema is None:
            raise TypeError(f"JSON has no {type_!r}; annotate it as Written")
        return schema

    def _simple(self, type_: object) -> Schema | None:
        if isinstance(type_, type) and (is_dataclass(type_) or is_typeddict(type_) or issubclass(type_, Enum)):
            return self._named(type_)
        return {**_PLAIN[type_]} if type_ in _PLAIN else None

    def _composed(self, origin: object, arguments: tuple[object, ...]) -> Schema | None:
        if origin is Annotated:
            return self._annotated(*arguments)
        if origin is Literal:
            return _choice(arguments)
        if origin in _UNIONS:
            # A derivable field is missing in JSON, and ``...`` in Python.
            return self._any_of(argument for argument in arguments if argument is not EllipsisType)
        if origin in _OBJECTS:
            return self._mapping(*arguments)
        if origin in _LISTS and arguments[1:] in ((), (...,)):
            return {"type": "array", "items": self.ref(arguments[0])}
        return None

    def _annotated(self, type_: object, *notes: object) -> Schema:
        written = [note.type for note in notes if isinstance(note, Written)]
        schema = self.ref(written[-1] if written else type_)
        for note in notes:
            if isinstance(note, (Keywords, Rule)):
                schema |= note.keywords
        return schema

    def _any_of(self, types: Iterable[object]) -> Schema:
        return {"anyOf": [self.ref(type_) for type_ in types]}

    def _mapping(self, key: object, value: object) -> Schema:
        schema: Schema = {"type": "object"}
        if key is not str:
            schema["propertyNames"] = self.ref(key)
        if value is not object:
            schema["additionalProperties"] = self.ref(value)
        return schema

    def _named(self, type_: type) -> Schema:
        name = type_.__name__.lstrip("_")
        if name not in self.definitions:
            # Defined before it is complete, as it may refer to itself.
            schema = self.definitions[name] = _description(type_)
            schema |= _choice([item.value for item in type_]) if issubclass(type_, Enum) else self._object(type_)
        return {"$ref": self._prefix + name}

    def _object(self, type_: type) -> Schema:
        hints = get_type_hints(type_, include_extras=True)
        if is_dataclass(type_):
            keys = {field.name: field.metadata.get("key", field.name) for field in fields(type_)}
            required = [field.name for field in fields(type_) if field.default is field.default_factory is MISSING]
        else:
            keys = {name: name for name in hints}
            required = [name for name in hints if name in getattr(type_, "__required_keys__", ())]
        return {
            "type": "object",
            "properties": {
                key: self.ref(hints[name]) if name in required else self._or_null(hints[name])
                for name, key in keys.items()
            },
            "required": [keys[name] for name in required],
            "additionalProperties": False,
        }

    def _or_null(self, type_: object) -> Schema:
        choices = get_args(type_) if get_origin(type_) in _UNIONS else (type_,)
        return self._any_of(dict.fromkeys((*choices, NoneType)))


def _choice(values: Sequence[object]) -> Schema:
    type_: Schema = {"type": "string"} if all(isinstance(value, str) for value in values) else {}
    return {**type_, "enum": [*values]}


def _description(type_: type) -> Schema:
    """Return the first paragraph of a type's own docstring, if it has one."""
    text: str = vars(type_).get("__doc__") or ""
    # A dataclass without a docstring gets its signature as one.
    paragraph = "" if text.startswith(f"{type_.__name__}(") else text.split("\n\n")[0]
    return {"description": " ".join(paragraph.split())} if paragraph else {}
