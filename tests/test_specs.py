"""Specs: parsing, validation, dumping and JSON Schema of dataclasses whose hints declare each field once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal, cast

import pytest

from copr_chroot_fake import InputError
from copr_chroot_fake.errors import InputErrors, ScenarioError, below
from copr_chroot_fake.scenario.spec import ChrootSpec
from copr_chroot_fake.validation.checks import Text, WholeNumber, one_of
from copr_chroot_fake.validation.rule import NO_NULL, Relation, Rule
from copr_chroot_fake.validation.spec import MAX_ERRORS, Unique, check_of, dump, parse, parse_list, validate
from docs.schemas import Schemas


class Color(str, Enum):
    RED = "red"


ColorValue = Annotated[Color, Rule(lambda location, value: Color(one_of(["red"])(location, value)))]


def _check_order(spec: Range) -> Iterable[tuple[str, str]]:
    if spec.minimum > spec.maximum:
        yield "minimum", "above the maximum"


@dataclass(frozen=True, slots=True)
class Range:
    """From a minimum to a maximum."""

    minimum: WholeNumber = 0
    maximum: WholeNumber = 9
    _RELATIONS: ClassVar[tuple[object, ...]] = (
        Relation(("minimum", "maximum"), _check_order, frozenset({"minimum", "maximum"})),
    )

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True, kw_only=True)
class Example:
    name: Text
    kind: Literal["small", "large"] = "small"
    color: ColorValue | None = None
    tags: tuple[Text, ...] = ()
    ranges: Mapping[Text, Range] = field(default_factory=dict)
    link: Text | None = field(default=None, metadata={"key": "$link"})


def errors_of(value: object, location: str = "") -> list[tuple[str, str]]:
    with pytest.raises(InputErrors) as caught:
        parse(Example, location, value)
    return [(error.location, error.problem.partition(";")[0]) for error in caught.value.errors]


WHOLE: dict[str, Any] = {
    "name": "a",
    "kind": "large",
    "color": "red",
    "tags": ["x", "y"],
    "ranges": {"r": {"minimum": 1}},
    "$link": "l",
}


def test_object_is_parsed_and_dumped() -> None:
    example = parse(Example, "", WHOLE)
    expected = Example(name="a", kind="large", color=Color.RED, tags=("x", "y"), ranges={"r": Range(1)}, link="l")
    assert example == expected
    assert dump(example) == WHOLE
    assert parse(Example, "", example) == example


def test_omitted_and_null_fields_have_defaults() -> None:
    example = parse(Example, "", {"name": "a", "color": None, "ranges": None})
    assert example == Example(name="a")
    assert dump(example) == {"name": "a"}


def test_all_errors_are_reported_with_locations() -> None:
    value = {"kind": "lrge", "tags": ["x", "", 3], "ranges": {"": {}, "r": {"maximum": -1, "minimun": 1}}, "nam": "a"}
    assert errors_of(value, "things[0]") == [
        ("things[0].kind", "'lrge' is not valid"),
        ("things[0].tags[1]", "expected a text that is not empty, got ''"),
        ("things[0].tags[2]", "expected a text that is not empty, got 3"),
        ("things[0].ranges.", "expected a text that is not empty, got ''"),
        ("things[0].ranges.r.maximum", "expected a whole number from 0 to 2147483647, got -1"),
        ("things[0].ranges.r.minimun", "unknown key"),
        ("things[0].nam", "unknown key"),
        ("things[0].name", "missing, and required"),
    ]


def test_message_has_suggestion_and_number_of_errors() -> None:
    with pytest.raises(
        InputError, match=r"^knd: unknown key; did you mean 'kind'\? valid: name, .* \(and 1 more error\)$"
    ):
        parse(Example, "", {"knd": "small"})
    with pytest.raises(InputError, match=r"^name: missing, and required; add it$"):
        parse(Example, "", {})


def test_location_of_odd_keys_is_unambiguous() -> None:
    assert errors_of({"name": "a", "ranges": {"[0]": 1}, "[1]": 2}) == [
        ("ranges.[0]", "expected an object, got 1"),
        ("[1]", "unknown key"),
    ]


def test_many_unknown_keys_are_summarised() -> None:
    errors = errors_of({"name": "a", **{f"key{number}": 1 for number in range(30)}})
    assert len(errors) == 21
    assert errors[-1] == ("", "10 more unknown keys")


def test_number_of_errors_is_bounded() -> None:
    assert len(errors_of({"name": "a", "tags": [1] * (2 * MAX_ERRORS)})) == MAX_ERRORS
    assert len(errors_of({"name": "a", "ranges": {str(number): 1 for number in range(2 * MAX_ERRORS)}})) == MAX_ERRORS


def test_relation_is_checked_if_its_fields_are_valid() -> None:
    with pytest.raises(InputErrors, match="above the maximum"):
        parse(Range, "", {"minimum": 10})
    with pytest.raises(InputErrors) as caught:
        parse(Range, "", {"minimum": 10, "maximum": "x"})
    assert [error.location for error in caught.value.errors] == ["maximum"]


def test_constructed_spec_is_validated() -> None:
    with pytest.raises(InputErrors, match="minimum: above the maximum"):
        Range(10)
    with pytest.raises(InputErrors, match="minimum: expected a whole number"):
        Range("1")  # type: ignore[arg-type]  # wrong on purpose


def test_repeated_item_is_reported_beside_other_errors() -> None:
    unique = Unique(("name",), "{!r} exists already")
    items = [{"name": "a"}, {"name": "a", "kind": 1}, {"name": 1}, {"name": 1}, Example(name="a")]
    with pytest.raises(InputErrors) as caught:
        parse_list(check_of(Example), "things", items, unique)
    assert [(error.location, error.problem[:6]) for error in caught.value.errors] == [
        ("things[1].kind", "1 is n"),
        ("things[1].name", "'a' ex"),
        ("things[2].name", "expect"),
        ("things[3].name", "expect"),
        ("things[4].name", "'a' ex"),
    ]


def test_type_without_check_is_rejected() -> None:
    with pytest.raises(TypeError, match="has no check"):
        check_of(int)


def test_errors_of_scenarios_keep_source_and_location() -> None:
    errors = InputErrors([InputError("a", "wrong"), InputError("b", "wrong too")])
    error = ScenarioError("file.json", errors)
    assert str(error) == "file.json: a: wrong (and 1 more error)"
    assert (error.source, error.location, error.problem) == ("file.json", "a", "wrong")
    assert [nested.location for nested in below(error, "worlds.x").errors] == ["worlds.x.a", "worlds.x.b"]


def test_schema_follows_from_hints() -> None:
    schemas = Schemas("#/$defs/")
    assert schemas.ref(Example) == {"$ref": "#/$defs/Example"}
    example = schemas.definitions["Example"]
    assert example["required"] == ["name"]
    text = {"type": "string", "minLength": 1, "pattern": NO_NULL}
    properties = cast("dict[str, object]", example["properties"])
    assert properties["$link"] == {"anyOf": [text, {"type": "null"}]}
    assert "description" not in example
    assert schemas.definitions["Range"] == {
        "description": "From a minimum to a maximum.",
        "type": "object",
        "properties": {
            name: {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, {"type": "null"}]}
            for name in ("minimum", "maximum")
        },
        "required": [],
        "additionalProperties": False,
    }


def test_lifecycle_is_dumped_as_it_was_given() -> None:
    """With its random durations and weights."""
    stages = {
        "stages": [
            {"state": "pending", "lasts": {"uniform": [1, 2]}},
            {"state": "starting", "lasts": 5},
            {"state": "running", "lasts": 300, "ends": {"succeeded": 9, "failed": 1}},
        ]
    }
    spec = parse(ChrootSpec, "", {"name": "fedora-41-x86_64", "lifecycle": stages})
    assert dump(spec)["lifecycle"] == stages


def test_invalid_part_of_a_nevra_is_located() -> None:
    """The error is at the package, as a text has no fields."""
    with pytest.raises(InputError, match=r"^packages\[0\]: .* contains NUL"):
        parse(ChrootSpec, "", {"name": "fedora-41-x86_64", "packages": ["hello-1.0-1\0.x86_64"]})
