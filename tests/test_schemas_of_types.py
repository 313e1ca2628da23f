"""JSON Schemas of Python types."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, Optional, TypedDict

import pytest
from jsonschema import Draft202012Validator

from copr_chroot_fake.validation.rule import Keywords, Written, whole
from docs.schemas import Schemas


class Color(str, Enum):
    """A color."""

    RED = "red"
    BLUE = "blue"


class Named(TypedDict):
    name: Annotated[str, Keywords(minLength=1)]


class Tree(Named, total=False):
    """A tree, which
    has trees.

    Of whatever color.
    """

    color: Color | None
    below: list[Tree]


class Grove(Tree):
    trees: Mapping[Literal["oak", "elm"], Tree]


@pytest.mark.parametrize(
    ("type_", "schema"),
    [
        (object, {}),
        (None, {"type": "null"}),
        (bool, {"type": "boolean"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (tuple[float, ...], {"type": "array", "items": {"type": "number"}}),
        (Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (Iterable[object], {"type": "array", "items": {}}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045  # tests the other spelling
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", 1], {"enum": ["a", 1]}),
        (dict[str, object], {"type": "object"}),
        (Mapping[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (
            Mapping[Literal["a"], object],
            {"type": "object", "propertyNames": {"type": "string", "enum": ["a"]}},
        ),
        (Annotated[int, Keywords(minimum=1), "a remark"], {"type": "integer", "minimum": 1}),
        (Annotated[complex | str, Written(str), Keywords(minLength=1)], {"type": "string", "minLength": 1}),
        (Color, {"$ref": "#/components/schemas/Color"}),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_type_has_the_schema_of_its_json(type_: object, schema: dict[str, object]) -> None:
    """Annotations add keywords."""
    assert Schemas().ref(type_) == schema


def test_typed_dict_becomes_a_definition() -> None:
    """It has the name and docstring of the type, with inherited keys, and may refer to itself."""
    schemas = Schemas("#/$defs/")
    assert schemas.ref(Tree) == schemas.ref(Tree) == {"$ref": "#/$defs/Tree"}
    assert schemas.definitions == {
        "Tree": {
            "description": "A tree, which has trees.",
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "color": {"anyOf": [{"$ref": "#/$defs/Color"}, {"type": "null"}]},
                "below": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/Tree"}}, {"type": "null"}]},
            },
            "required": ["name"],
            "additionalProperties": False,
        },
        "Color": {"description": "A color.", "type": "string", "enum": ["red", "blue"]},
    }


def test_optional_keys_may_be_null() -> None:
    """Required keys are never null."""
    schemas = Schemas("#/$defs/")
    validator = Draft202012Validator({**schemas.ref(Tree), "$defs": schemas.definitions})
    assert validator.is_valid({"name": "oak", "below": None})
    assert validator.is_valid({"name": "oak", "color": None})
    assert not validator.is_valid({"name": None})


def test_inherited_docstring_does_not_describe_a_type() -> None:
    schemas = Schemas()
    schemas.ref(Grove)
    grove: Any = schemas.definitions["Grove"]
    assert grove["required"] == ["name", "trees"]
    assert grove["properties"]["trees"]["propertyNames"]["enum"] == ["oak", "elm"]
    assert "description" not in grove


@pytest.mark.parametrize("type_", [complex, complex | str, set[int], tuple[int, str], bytes], ids=str)
def test_what_json_does_not_have_is_an_error(type_: object) -> None:
    """A type has to say how it is written."""
    with pytest.raises(TypeError, match=r"JSON has no .*; annotate it as Written"):
        Schemas().ref(type_)


@pytest.mark.slow
def test_pattern_lists_white_space_characters() -> None:
    """JavaScript's ``\\s`` matches other characters than Python's."""
    (pattern,) = whole(r"[\s]").keywords.values()
    found = [chr(code) for code in range(sys.maxunicode + 1) if re.search(str(pattern), chr(code))]
    assert found == [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    assert r"\s" not in str(pattern)
