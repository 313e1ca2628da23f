"""The schema of a scenario takes what its reader takes, and nothing else that a schema can tell."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from copr_chroot_fake import LIFECYCLES, FakeCopr, InputError
from copr_chroot_fake.scenario.bundled import shipped_scenarios
from copr_chroot_fake.scenario.schema import scenario_schema

from ..examples import examples
from .examples import MISTAKES, UNSAYABLE

F41 = "fedora-41-x86_64"
SCHEMA: dict[str, Any] = json.loads(scenario_schema())
VALIDATOR = Draft202012Validator(SCHEMA)


def refusal(scenario: Mapping[str, object]) -> str | None:
    """What the reader has against a scenario, if it has anything."""
    try:
        FakeCopr.from_scenario(scenario)
    except InputError as error:
        return str(error)
    return None


def check_agreement(scenario: Mapping[str, object]) -> None:
    refused = refusal(scenario)
    if not VALIDATOR.is_valid(scenario):
        assert refused is not None, [error.message for error in VALIDATOR.iter_errors(scenario)]
    elif refused is not None:
        assert any(re.search(reason, refused) for reason in UNSAYABLE), refused


def build(**said: object) -> dict[str, object]:
    return {"builds": [{"id": 1, **said}]}


def chroot(**said: object) -> dict[str, object]:
    return build(chroots=[{"name": F41, **said}])


def stage(**said: object) -> dict[str, object]:
    return chroot(lifecycle={"stages": [{"state": "running", **said}]})


@pytest.mark.parametrize("path", sorted(shipped_scenarios().rglob("*.json")), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_valid(path: Path) -> None:
    """And so is what a fake filled from it writes out."""
    VALIDATOR.validate(json.loads(path.read_text()))
    VALIDATOR.validate(FakeCopr.from_scenario(path).to_scenario())


def test_the_schema_is_valid_itself() -> None:
    """It refers to nothing outside, and can be written to a file."""
    Draft202012Validator.check_schema(SCHEMA)
    written = json.dumps(SCHEMA)
    assert json.loads(written) == SCHEMA
    assert set(re.findall(r'"\$ref": "([^"]+)"', written)) == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


WRONG: list[Any] = [
    {"build": []},
    {"now": -1},
    {"now": True},
    {"chroots": ["fedora"]},
    {"chroots": ["fedora-41-x86_64\n"]},
    {"chroots": ["fedora-41-x86\x1f64"]},
    {"projects": [{"ownername": "jdoe"}]},
    {"projects": [{"ownername": "jdoe", "projectname": None}]},
    {"projects": [{"ownername": "jdoe", "projectname": "tools", "chroots": {"fedora": {}}}]},
    {"projects": [{"ownername": "jdoe", "projectname": "tools", "chroots": {F41: None}}]},
    {"builds": [{}]},
    {"builds": [{"id": 0}]},
    {"builds": [{"id": True}]},
    {"builds": [{"id": "7"}]},
    {"builds": [{"id": 2**31}]},
    build(ownername="a/b"),
    build(package=" hello"),
    build(package="hello\n"),
    build(package=""),
    build(timeout=1.5),
    build(bootstrap="maybe"),
    build(enable_net=1),
    build(source_state="done"),
    build(source_result_dir="a/b"),
    build(source_package={"versio": "1"}),
    build(lifecycle="succeds"),
    build(lifecycle={"stages": []}),
    build(lifecycle={"stages": None}),
    build(lifecycle={}),
    build(progress="pol"),
    build(progress={}),
    build(progress={"poll": 0}),
    build(progress={"poll": None}),
    build(progress={"poll": {"absent": 1}}),
    build(progress={"poll": {"other": 0}}),
    build(progress={"poll": 1, "clock": 1}),
    chroot(name=None),
    chroot(state="done"),
    chroot(polls=True),
    chroot(packages=["hello"]),
    chroot(packages=["hello-1-1"]),
    chroot(packages=[None]),
    chroot(packages=[{"name": "hello", "version": "1", "release": "1"}]),
    chroot(packages=[{"name": "hello", "version": "1", "release": "1", "arch": "src", "epoch": -1}]),
    chroot(build_config=[]),
    chroot(result_url=""),
    stage(state="done"),
    stage(lasts=-1, ends="failed"),
    stage(lasts={"uniform": [1]}, ends="failed"),
    stage(lasts={"uniform": [1, 2], "lognormal": {}}, ends="failed"),
    stage(lasts={"lognormal": {"median": 0, "sigma": 1, "minimum": 0, "maximum": 9}}, ends="failed"),
    stage(lasts={"lognormal": {"median": 1, "sigma": 1, "minimum": 0}}, ends="failed"),
    stage(lasts=1, ends="absent"),
    stage(lasts=1, ends={"failed": -1}),
    stage(without=["no result_dir"]),
]


@pytest.mark.parametrize("scenario", WRONG, ids=json.dumps)
def test_what_is_wrong_is_refused_by_schema_and_reader(scenario: dict[str, object]) -> None:
    """An editor underlines what the reader would refuse."""
    assert not VALIDATOR.is_valid(scenario)
    assert refusal(scenario) is not None


@pytest.mark.parametrize(
    "scenario",
    [
        {},
        dict.fromkeys(SCHEMA["properties"]),
        build(**dict.fromkeys([key for key in SCHEMA["$defs"]["NumberedBuildSpec"]["properties"] if key != "id"])),
        chroot(**dict.fromkeys([key for key in SCHEMA["$defs"]["ChrootSpec"]["properties"] if key != "name"])),
        {"now": 0.5, "chroots": ["a-b-c-d"]},
        {"projects": [{"ownername": "@copr", "projectname": "a b", "chroots": {F41: {"with_opts": ["tests"]}}}]},
        build(package="\ufeff", source_result_dir=""),
        build(progress={"poll": {}}, lifecycle="succeeds"),
        chroot(lifecycle="fails", progress={"poll": {"running": 3, "other": 2}}, hold="running", state="pending"),
        chroot(result_dir="", packages=["hello-2:1.2-3.fc41.noarch"], build_config={"any": [{"thing": None}]}),
        stage(lasts={"uniform": [0, 2.5]}, ends={"succeeded": 9, "deleted": 0.5}, canceled=False, without=["packages"]),
        stage(lasts={"lognormal": {"median": 1, "sigma": 0, "minimum": 1, "maximum": 1}}, ends="failed"),
        *({"builds": [{"id": 1, "lifecycle": name}]} for name in LIFECYCLES),
    ],
    ids=json.dumps,
)
def test_what_is_right_is_taken_by_schema_and_reader(scenario: dict[str, object]) -> None:
    """In whichever way it is written, with null for what is left out, too."""
    VALIDATOR.validate(scenario)
    assert refusal(scenario) is None


@pytest.mark.parametrize("scenario", [mistake for mistake, _ in MISTAKES if isinstance(mistake, dict)], ids=json.dumps)
def test_typical_mistakes_are_refused_by_the_schema_too(scenario: dict[str, object]) -> None:
    """Unless more than one value is needed to see that."""
    check_agreement(scenario)


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def fitting(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema takes, of the keywords that this kit's schemas have."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return st.deferred(lambda: FITTING[name])
    if "anyOf" in schema:
        return st.one_of([fitting(choice) for choice in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return BY_TYPE[schema["type"]](schema) if "type" in schema else Json


def fitting_numbers(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    least = schema.get("exclusiveMinimum", schema.get("minimum"))
    floats = st.floats(
        least,
        schema.get("maximum"),
        exclude_min="exclusiveMinimum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )
    return floats.map(lambda number: int(number) if number.is_integer() else number)


def fitting_objects(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        names = fitting(schema.get("propertyNames", {"type": "string"}))
        return st.dictionaries(names, fitting(schema.get("additionalProperties", {})), max_size=3)
    values = {name: fitting(value) for name, value in schema["properties"].items()}
    required = {name: values.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=values)


BY_TYPE: dict[str, Callable[[Mapping[str, Any]], st.SearchStrategy[Any]]] = {
    "null": lambda schema: st.none(),
    "boolean": lambda schema: st.booleans(),
    "integer": lambda schema: st.integers(schema.get("minimum"), schema.get("maximum")),
    "number": fitting_numbers,
    "string": lambda schema: (
        st.from_regex(schema["pattern"]) if "pattern" in schema else st.text(min_size=schema.get("minLength", 0))
    ),
    "array": lambda schema: st.lists(
        fitting(schema["items"]), min_size=schema.get("minItems", 0), max_size=schema.get("maxItems", 3)
    ),
    "object": fitting_objects,
}

FITTING = {name: fitting(schema) for name, schema in SCHEMA["$defs"].items()}
FITTING["Scenario"] = fitting(SCHEMA)

IN_A_SCENARIO: dict[str, Callable[[Any], Any]] = {
    "Scenario": lambda entry: entry,
    "ProjectSpec": lambda entry: {"projects": [entry]},
    "ProjectChroot": lambda entry: {
        "projects": [{"ownername": "jdoe", "projectname": "tools", "chroots": {F41: entry}}]
    },
    "NumberedBuildSpec": lambda entry: {"builds": [entry]},
    "SourcePackage": lambda entry: build(source_package=entry),
    "ChrootSpec": lambda entry: build(chroots=[entry]),
    "ChrootSettings": lambda entry: build(chroots={F41: entry}),
    "Nevra": lambda entry: chroot(packages=[entry]),
    "State": lambda entry: chroot(state=entry),
    "LifecycleObject": lambda entry: chroot(lifecycle=entry),
    "Stage": lambda entry: chroot(lifecycle={"stages": [entry]}),
    "UniformObject": lambda entry: stage(lasts=entry, ends="failed"),
    "LogNormalObject": lambda entry: stage(lasts=entry, ends="failed"),
    "LogNormal": lambda entry: stage(lasts={"lognormal": entry}, ends="failed"),
    "PollsObject": lambda entry: chroot(lifecycle="succeeds", progress=entry),
    "FaultObject": lambda entry: {"faults": [entry]},
    "DribbleObject": lambda entry: {"faults": [{"dribble": entry}]},
}
"""By the name of a form, the smallest scenario with one of it."""

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.0, 1.5, 2**31, "", "x", " x", "x\n", "x/y", "running", F41, "a-1-1.src", [], {}]
)


def places(document: object) -> Iterator[tuple[Any, Any]]:
    """Every object and list in a document with each of its keys."""
    if isinstance(document, (dict, list)):
        for key in [*document] if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from places(document[key])


@st.composite
def changed(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """A document in which one thing is another one, missing or too much."""
    document = copy.deepcopy(draw(documents))
    inside, key = draw(st.sampled_from([*places(document), (document, None)]))
    how = "add" if key is None else draw(st.sampled_from(["replace", "remove", "add"]))
    if how == "replace":
        inside[key] = draw(JUNK)
    elif how == "remove":
        del inside[key]
    elif isinstance(inside, list):
        inside.append(draw(JUNK))
    else:
        inside[draw(st.sampled_from(["x", "other", "epoch", "poll"]))] = draw(JUNK)
    return document


def test_every_form_has_a_scenario_to_try_it_in() -> None:
    """A new form cannot be forgotten."""
    assert IN_A_SCENARIO.keys() == FITTING.keys()


@pytest.mark.parametrize("name", FITTING)
def test_schema_and_reader_agree(name: str) -> None:
    """Both take a scenario, both refuse it, or it is refused for a reason that a schema cannot say."""
    documents = FITTING[name].map(IN_A_SCENARIO[name])

    @settings(max_examples=examples(60), deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
    @given(documents, changed(documents))
    def agree(right: dict[str, object], other: dict[str, object]) -> None:
        assert VALIDATOR.is_valid(right)
        check_agreement(right)
        check_agreement(other)

    agree()
