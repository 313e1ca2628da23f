"""The JSON Schema of scenarios agrees with the reader, except for rules that a schema cannot express."""

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
from copr_chroot_fake.scenario.files import bundled_directory, scenario_schema

from ..chroots import F41
from ..examples import examples
from .examples import BEYOND_THE_SCHEMA, INVALID_SCENARIOS, WHOLE

SCHEMA: dict[str, Any] = json.loads(scenario_schema())
VALIDATOR = Draft202012Validator(SCHEMA)


def error_of(scenario: Mapping[str, object]) -> str | None:
    """Return the reader's error for a scenario, or ``None``."""
    try:
        FakeCopr.from_scenario(scenario)
    except InputError as error:
        return str(error)
    return None


def check_agreement(scenario: Mapping[str, object]) -> None:
    raised = error_of(scenario)
    if not VALIDATOR.is_valid(scenario):
        assert raised is not None, [error.message for error in VALIDATOR.iter_errors(scenario)]
    elif raised is not None:
        assert any(re.search(reason, raised) for reason in BEYOND_THE_SCHEMA), raised


def build(**given: object) -> dict[str, object]:
    return {"builds": [{"id": 1, **given}]}


def project(**given: object) -> dict[str, object]:
    return {"projects": [{"ownername": "jdoe", "projectname": "tools", **given}]}


def chroot(**given: object) -> dict[str, object]:
    return build(chroots=[{"name": F41, **given}])


def stage(**given: object) -> dict[str, object]:
    return chroot(lifecycle={"stages": [{"state": "running", **given}]})


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(bundled_directory().rglob("*.json")), ids=lambda path: path.stem)
def test_bundled_scenario_is_valid(path: Path) -> None:
    """So is its dump."""
    VALIDATOR.validate(json.loads(path.read_text()))
    VALIDATOR.validate(FakeCopr.from_scenario(path).to_scenario())


def test_schema_is_valid() -> None:
    """It is JSON without references to other documents."""
    Draft202012Validator.check_schema(SCHEMA)
    dumped = json.dumps(SCHEMA)
    assert json.loads(dumped) == SCHEMA
    assert set(re.findall(r'"\$ref": "([^"]+)"', dumped)) == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


INVALID: list[Any] = [
    {"build": []},
    {"now": -1},
    {"now": True},
    {"chroots": ["fedora"]},
    {"chroots": ["fedora-41-x86_64\n"]},
    {"chroots": ["fedora-41-x86\x1f64"]},
    {"chroots": [{"name": F41, "active": True}]},
    {"accounts": [{"name": "jdoe", "login": "abc"}]},
    {"accounts": [{"name": "jdoe", "login": "a:b", "token": "s3cret"}]},
    {"accounts": [{"name": "jdoe", "login": "abc", "token": "s3cret", "groups": ["copr"]}]},
    {"groups": [{"fas_name": "copr"}]},
    {"groups": [{"name": "copr", "fas_name": "copr"}]},
    {"batches": [{"blocked_by": 1}]},
    {"batches": [{"id": 0}]},
    {"last_ids": {"build": -1}},
    {"submissions": [{"lifecycle": "succeds"}]},
    {"submissions": [{"lifecycle": "fails", "chroot": "epel"}]},
    {"submissions": [{"lifecycle": "fails", "nth": 0}]},
    {"submissions": [{"lifecycle": "fails", "when": "always"}]},
    project(id=0),
    project(permissions={"bob": {"admin": "yes"}}),
    project(packages=[{"id": 1}]),
    project(packages=[{"name": "hello", "source_type": "git"}]),
    project(directories=["a/b"]),
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
    build(source={"type": "git"}),
    build(source={"config": []}),
    build(source={"polls": -1}),
    build(source={"outcomes": {"fedora": {}}}),
    build(batch=0),
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


@pytest.mark.parametrize("scenario", INVALID, ids=json.dumps)
def test_schema_and_reader_reject_invalid_scenarios(scenario: dict[str, object]) -> None:
    assert not VALIDATOR.is_valid(scenario)
    assert error_of(scenario) is not None


@pytest.mark.parametrize(
    "scenario",
    [
        {},
        dict.fromkeys(SCHEMA["properties"]),
        build(**dict.fromkeys([key for key in SCHEMA["$defs"]["NumberedBuildSpec"]["properties"] if key != "id"])),
        chroot(**dict.fromkeys([key for key in SCHEMA["$defs"]["ChrootSpec"]["properties"] if key != "name"])),
        WHOLE,
        {"now": 0.5, "chroots": ["a-b-c-d", {"name": F41, "is_active": False}]},
        build(source={"type": "pypi", "advances": True}, source_state="pending", package=None),
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
def test_schema_and_reader_accept_valid_scenarios(scenario: dict[str, object]) -> None:
    """Null is accepted for omitted keys."""
    VALIDATOR.validate(scenario)
    assert error_of(scenario) is None


@pytest.mark.parametrize("scenario", [row[0] for row in INVALID_SCENARIOS if isinstance(row[0], dict)], ids=json.dumps)
def test_schema_rejects_the_errors_of_the_reader(scenario: dict[str, object]) -> None:
    """Except those that concern several values."""
    check_agreement(scenario)


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def valid_values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a schema accepts, for the keywords that this kit uses."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return st.deferred(lambda: VALID[name])
    if "anyOf" in schema:
        return st.one_of([valid_values(choice) for choice in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return BY_TYPE[schema["type"]](schema) if "type" in schema else Json


def valid_numbers(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    minimum = schema.get("exclusiveMinimum", schema.get("minimum"))
    floats = st.floats(
        minimum,
        schema.get("maximum"),
        exclude_min="exclusiveMinimum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )
    return floats.map(lambda number: int(number) if number.is_integer() else number)


def valid_objects(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        names = valid_values(schema.get("propertyNames", {"type": "string"}))
        return st.dictionaries(names, valid_values(schema.get("additionalProperties", {})), max_size=3)
    values = {name: valid_values(value) for name, value in schema["properties"].items()}
    required = {name: values.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=values)


BY_TYPE: dict[str, Callable[[Mapping[str, Any]], st.SearchStrategy[Any]]] = {
    "null": lambda schema: st.none(),
    "boolean": lambda schema: st.booleans(),
    "integer": lambda schema: st.integers(schema.get("minimum"), schema.get("maximum")),
    "number": valid_numbers,
    "string": lambda schema: (
        st.from_regex(schema["pattern"]) if "pattern" in schema else st.text(min_size=schema.get("minLength", 0))
    ),
    "array": lambda schema: st.lists(
        valid_values(schema["items"]), min_size=schema.get("minItems", 0), max_size=schema.get("maxItems", 3)
    ),
    "object": valid_objects,
}

VALID = {name: valid_values(schema) for name, schema in SCHEMA["$defs"].items()}
VALID["Scenario"] = valid_values(SCHEMA)

IN_A_SCENARIO: dict[str, Callable[[Any], Any]] = {
    "Scenario": lambda entry: entry,
    "MockChroot": lambda entry: {"chroots": [entry]},
    "Account": lambda entry: {"accounts": [entry]},
    "GroupSpec": lambda entry: {"groups": [entry]},
    "DistGit": lambda entry: {"dist_gits": [entry]},
    "BatchSpec": lambda entry: {"batches": [entry]},
    "LastIds": lambda entry: {"last_ids": entry},
    "ProjectSpec": lambda entry: {"projects": [entry]},
    "ProjectChroot": lambda entry: project(chroots={F41: entry}),
    "Permissions": lambda entry: project(permissions={"bob": entry}),
    "PackageSpec": lambda entry: project(packages=[entry]),
    "NumberedBuildSpec": lambda entry: {"builds": [entry]},
    "SubmissionRuleSpec": lambda entry: {"submissions": [entry]},
    "OutcomeSpec": lambda entry: build(source={"outcomes": {F41: entry}}),
    "SourceSpec": lambda entry: build(source=entry),
    "SourcePackage": lambda entry: build(source_package=entry),
    "ChrootSpec": lambda entry: build(chroots=[entry]),
    "ChrootSettings": lambda entry: build(chroots={F41: entry}),
    "PlannedSpec": lambda entry: chroot(lifecycle="succeeds", planned=entry),
    "EncodedContent": lambda entry: chroot(results={"review.json": entry}),
    "NamedContent": lambda entry: chroot(results={"review.json": entry}),
    "Nevra": lambda entry: chroot(packages=[entry]),
    "State": lambda entry: chroot(state=entry),
    "LifecycleObject": lambda entry: chroot(lifecycle=entry),
    "Stage": lambda entry: chroot(lifecycle={"stages": [entry]}),
    "UniformObject": lambda entry: stage(lasts=entry, ends="failed"),
    "LogNormalObject": lambda entry: stage(lasts=entry, ends="failed"),
    "LogNormal": lambda entry: stage(lasts={"lognormal": entry}, ends="failed"),
    "PollsObject": lambda entry: chroot(lifecycle="succeeds", progress=entry),
    "FaultObject": lambda entry: {"faults": [entry]},
    "Dribble": lambda entry: {"faults": [{"dribble": entry}]},
}
"""By the name of a definition, the smallest scenario that contains one."""

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.0, 1.5, 2**31, "", "x", " x", "x\n", "x/y", "running", F41, "a-1-1.src", [], {}]
)


def locations(document: object) -> Iterator[tuple[Any, Any]]:
    """Yield every object and list in a document, with each of its keys."""
    if isinstance(document, (dict, list)):
        for key in [*document] if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from locations(document[key])


@st.composite
def changed(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """A document in which one value is replaced, removed or added."""
    document = copy.deepcopy(draw(documents))
    inside, key = draw(st.sampled_from([*locations(document), (document, None)]))
    action = "add" if key is None else draw(st.sampled_from(["replace", "remove", "add"]))
    if action == "replace":
        inside[key] = draw(JUNK)
    elif action == "remove":
        del inside[key]
    elif isinstance(inside, list):
        inside.append(draw(JUNK))
    else:
        inside[draw(st.sampled_from(["x", "other", "epoch", "poll"]))] = draw(JUNK)
    return document


def test_every_definition_has_a_scenario() -> None:
    assert IN_A_SCENARIO.keys() == VALID.keys()


@pytest.mark.sampled
@pytest.mark.parametrize("name", VALID)
def test_schema_and_reader_agree(name: str) -> None:
    """Both accept or both reject a scenario, unless the reason is one that a schema cannot express."""
    documents = VALID[name].map(IN_A_SCENARIO[name])

    @settings(max_examples=examples(60), deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
    @given(documents, changed(documents))
    def agree(valid: dict[str, object], other: dict[str, object]) -> None:
        assert VALIDATOR.is_valid(valid)
        check_agreement(valid)
        check_agreement(other)

    agree()
