"""Specs of faults: by name, as objects and in scenarios, and the errors for invalid ones."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, cast

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from copr_chroot_fake import FAULTS, Answer, Dribble, FakeCopr, Fault, InputError, LogNormal, ScenarioError, Uniform
from copr_chroot_fake.model.fault import FaultFields
from copr_chroot_fake.wire.answer import JSON

from ..chroots import F41, F42
from ..examples import examples
from .helpers import GET, HTML, LIST, statuses

NAMED = {
    "gateway-timeout": ([504, 200, 200], [200, 200]),
    "outage": ([503, 503, 503], [503, 503]),
    "slow-list": ([200, 200, 200], [200, 200]),
    "list-500": ([500, 500, 500], [200, 200]),
    "html-200": ([200, 200, 200], [200, 200]),
    "late-results": ([200, 200, 200], [200, 200]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_name_selects_a_predefined_fault(fake: FakeCopr, name: str) -> None:
    """In Python, in an object and in a scenario alike."""
    of_scenario = FakeCopr.from_scenario({"faults": [name]})
    for added in (fake.faults.add(name), fake.faults.add({"name": name}), *of_scenario.faults):  # type: ignore[arg-type]  # one of the names
        assert added.fault == FAULTS[name]  # type: ignore[index]  # one of the names
    fake.faults.remove(2)
    assert (statuses(fake, 3, LIST), statuses(fake, 2)) == NAMED[name]


def test_fields_override_those_of_a_named_fault() -> None:
    """Another selection of requests replaces the named fault's own."""
    fake = FakeCopr.from_scenario(
        {
            "builds": [{"id": 1, "chroots": [{"name": F41}]}],
            "faults": [
                {"name": "outage", "first": 2, "endpoint": "build-chroot"},
                {"name": "gateway-timeout", "every": 2, "endpoint": "build-chroot/list"},
                {"name": "html-200", "nth": 1, "endpoint": "home", "status": None},
            ],
        }
    )
    assert statuses(fake, 3) == [503, 503, 200]
    assert statuses(fake, 4, LIST) == [200, 504, 200, 504]
    assert [fake.answer("GET", "/api_3/").headers[0][1] for _ in range(2)] == [HTML, JSON]


def test_str_describes_the_fault() -> None:
    fault = Fault(endpoint="build-chroot/list", delay=Uniform(1, 2), dribble=Dribble(16, 0.5), every=2)
    assert (
        str(fault)
        == "endpoint build-chroot/list, every 2, delay {'uniform': [1, 2]}, dribble {'bytes': 16, 'every': 0.5}"
    )


DURATIONS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([0, 0.5, 30]),
    st.just(Uniform(1, 9)),
    st.just(LogNormal(median=8, sigma=0.8, minimum=2, maximum=60)),
)
SELECTIONS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(dict, nth=st.integers(1, 12)),
    st.builds(dict, after=st.integers(1, 4), first=st.integers(1, 4)),
    st.builds(dict, first=st.integers(1, 12)),
    st.builds(dict, lasts=st.sampled_from([0, 0.1, 600])),
    st.builds(dict, every=st.integers(1, 5)),
    st.builds(dict, probability=st.sampled_from([0, 0.2, 0.5, 1])),
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "endpoint": st.sampled_from(["build-chroot", "build-chroot/list", "home"]),
        "build_id": st.integers(1, 2),
        "chrootname": st.sampled_from([F41, F42]),
    },
)
EFFECTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(dict, breaks=st.sampled_from(["refused", "timeout"])),
    st.builds(dict, breaks=st.just("refused"), seconds=st.sampled_from([0, 3])),
    st.builds(dict, breaks=st.just("reset"), delay=DURATIONS),
    st.builds(
        dict,
        breaks=st.sampled_from([None, "reset-within"]),
        status=st.sampled_from([None, 404, 500, 502]),
        body=st.sampled_from([None, "html", "empty", "cut", "malformed"]),
        delay=DURATIONS,
        dribble=st.sampled_from([None, Dribble(7, 0.5)]),
    ),
    st.builds(dict, status=st.just(400), error=st.sampled_from(["Can't drop chroot", "Nemůže"])),
)
FAULT = st.builds(lambda *parts: Fault(**{**parts[0], **parts[1], **parts[2]}), FILTERS, SELECTIONS, EFFECTS)


def answers(fake: FakeCopr, rounds: int) -> list[Answer]:
    targets = (GET, LIST, "/api_3/", f"/api_3/build-chroot/2/{F42}")
    return [fake.answer("GET", target) for _ in range(rounds) for target in targets]


@pytest.mark.sampled
@settings(max_examples=examples(60), deadline=None)
@given(st.lists(FAULT, max_size=4), st.integers(0, 4), st.sets(st.integers(1, 4)), st.integers(0, 9))
def test_dumped_faults_load_back(some: list[Fault], helpers: int, removed: set[int], seed: int) -> None:
    """Their ids and counts are the same."""
    fake = FakeCopr(seed=seed)
    for number in (1, 2):
        fake.add_build([F41, F42], id=number)
    for fault in some:
        fake.faults.add(fault)
    for number in removed & {active.id for active in fake.faults}:
        fake.faults.remove(number)
    answers(fake, helpers)
    copy = FakeCopr.from_scenario(json.loads(json.dumps(fake.to_scenario())), seed=seed)
    assert [(active.id, active.fault, active.seen, active.hits) for active in copy.faults] == [
        (active.id, active.fault, active.seen, active.hits) for active in fake.faults
    ]
    assert answers(copy, 8) == answers(fake, 8)


def test_taken_fault_id_is_replaced(fake: FakeCopr) -> None:
    """So scenarios with the same ids can be combined."""
    for _ in range(2):
        fake.add_scenario({"faults": [{"id": 7, "status": 500}, {"status": 503}]})
    assert [active.id for active in fake.faults] == [7, 8, 9, 10]


INVALID_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"endpoint": "build/lists"},
        "endpoint",
        "'build/lists' is not valid; did you mean 'build/list'? valid: build-chroot, ",
    ),
    ({"build_id": 0}, "build_id", "expected a whole number from 1"),
    ({"build_id": "1"}, "build_id", "expected a whole number from 1"),
    ({"chrootname": ""}, "chrootname", "expected a text that is not empty"),
    ({"lasts": -1}, "lasts", "expected a number from 0"),
    ({"after": -1}, "after", "expected a whole number from 0"),
    ({"nth": 0}, "nth", "expected a whole number from 1"),
    ({"first": True}, "first", "expected a whole number from 1"),
    ({"every": 1.5}, "every", "expected a whole number from 1"),
    ({"probability": 1.1}, "probability", "expected a probability from 0 to 1, got 1.1"),
    ({"probability": True}, "probability", "expected a probability from 0 to 1, got True"),
    ({"probability": float("nan")}, "probability", "expected a probability from 0 to 1, got nan"),
    ({"nth": 1, "first": 2, "status": 500}, "first", "cannot be combined with nth; expected one of them"),
    (
        {"every": 1, "probability": 0, "status": 500},
        "probability",
        "cannot be combined with every; expected one of them",
    ),
    ({"status": 199}, "status", "expected the status of a response, from 200 to 599, got 199"),
    ({"status": 600}, "status", "expected the status of a response, from 200 to 599, got 600"),
    ({"status": "503"}, "status", "expected the status of a response, from 200 to 599, got '503'"),
    ({"body": "jso"}, "body", "'jso' is not valid; did you mean 'json'? valid: json, html, empty, cut, malformed"),
    ({"body": "json"}, "body", "json is the body of an error and needs its status; expected one"),
    ({"error": "no"}, "error", "needs the status of an error, from 400; expected one"),
    ({"error": "no", "status": 302}, "error", "needs the status of an error, from 400; expected one"),
    ({"error": "no", "status": 400, "body": "html"}, "error", "cannot be combined with body html; omit one"),
    ({"error": "", "status": 400}, "error", "expected"),
    ({"delay": -1}, "delay", "expected seconds, not negative, or an object with uniform or lognormal, got -1"),
    ({"delay": {"uniform": [2, 1]}}, "delay.uniform", "2 is above the maximum; expected at most 1"),
    ({"delay": {"lognormal": {"median": 1}}}, "delay.lognormal.sigma", "missing, and required; add it"),
    ({"dribble": 16}, "dribble", "expected an object, got 16"),
    ({"dribble": {"bytes": 16}}, "dribble.every", "missing, and required; add it"),
    ({"dribble": {"bytes": 0, "every": 1}}, "dribble.bytes", "expected a whole number from 1"),
    ({"dribble": Dribble(1, -1)}, "dribble.every", "expected a number from 0"),
    ({"breaks": "rest"}, "breaks", "'rest' is not valid; did you mean 'reset'? valid: refused, reset, reset-within"),
    (
        {"breaks": "refused", "status": 500},
        "status",
        "cannot be combined with breaks refused, which sends no",
    ),
    ({"breaks": "timeout", "delay": 5}, "delay", "cannot be combined with breaks timeout, which sends no"),
    ({"breaks": "reset", "body": "cut"}, "body", "cannot be combined with breaks reset, which sends no"),
    ({"seconds": -1}, "seconds", "expected a number from 0"),
    (
        {"seconds": 1, "status": 500},
        "seconds",
        "only valid with breaks='refused'; to end another fault after a time, use lasts",
    ),
    ({}, "", "has no effect; expected at least one of status, error, body, delay, dribble, breaks"),
    (
        {"endpoint": "build-chroot/list", "first": 2},
        "",
        "has no effect; expected at least one of status, error, body, delay, dribble, breaks",
    ),
]


def dotted(location: str, field: str) -> str:
    return f"{location}.{field}" if field else location


@pytest.mark.parametrize(("entry", "field", "problem"), INVALID_FAULTS, ids=[str(row[0]) for row in INVALID_FAULTS])
def test_invalid_value_is_rejected_with_valid_ones(
    fake: FakeCopr, entry: dict[str, Any], field: str, problem: str
) -> None:
    """The error has the field's name in Python, and its location in a scenario; nothing is added."""
    with pytest.raises(InputError) as raised:
        Fault(**entry)
    assert str(raised.value).startswith(f"{field or 'fault'}: {problem}")
    with pytest.raises(InputError) as raised:
        fake.faults.add(cast("FaultFields", entry))
    assert str(raised.value).startswith(f"{dotted('fault', field)}: {problem}")
    with pytest.raises(ScenarioError) as raised:
        fake.add_scenario({"faults": ["outage", entry]})
    assert str(raised.value).startswith(f"{dotted('faults[1]', field)}: {problem}")
    assert len(fake.faults) == 0


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("outag", "faults[0]: 'outag' is not valid; did you mean 'outage'? valid: gateway-timeout, outage, "),
        ("reset", "faults[0]: 'reset' is how a connection breaks, not a fault; expected Fault(breaks='reset')"),
        ({"name": "slow"}, "faults[0].name: 'slow' is not valid; valid: gateway-timeout, outage, slow-list"),
        (7, "faults[0]: expected a fault, the name of one, or an object, got 7"),
        ({"staus": 503}, "faults[0].staus: unknown key; did you mean 'status'? valid: endpoint, "),
        ({"status": 503, "id": 0}, "faults[0].id: expected a whole number from 1"),
        ({"status": 503, "seen": -1}, "faults[0].seen: expected a whole number from 0"),
        ({"name": "outage", "breaks": "reset"}, "faults[0].status: cannot be combined with breaks reset"),
    ],
)
def test_invalid_fault_of_a_scenario_is_located(entry: object, message: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        FakeCopr.from_scenario({"faults": [entry]})
    assert str(raised.value).startswith(message)


def test_invalid_values_cover_every_field() -> None:
    assert {field.partition(".")[0] for _, field, _ in INVALID_FAULTS} == {field.name for field in fields(Fault)} | {""}
