"""Rejected control calls change nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from ..chroots import F41, F42
from ..examples import examples
from .clients import CHROOT, S390X, Control, filled, fresh_control, paused

LATER = int(time.time()) + 10_000_000
"""A time after that of the clock, which cannot go backwards."""

VALID: list[tuple[str, str, Any]] = [
    (
        "PUT",
        "/scenario",
        {
            "now": LATER,
            "chroots": [S390X],
            "projects": [{"ownername": "a", "projectname": "b", "chroots": {F41: {"with_opts": ["x"]}}}],
            "builds": [
                {
                    "id": 2,
                    "ownername": "a",
                    "projectname": "b",
                    "chroots": [{"name": F41, "state": "succeeded", "packages": ["a-1-1.src"]}],
                }
            ],
            "faults": ["outage"],
        },
    ),
    (
        "POST",
        "/scenario",
        {
            "builds": [
                {
                    "id": 2,
                    "lifecycle": {"stages": [{"state": "pending", "lasts": {"uniform": [1, 2]}}, {"state": "skipped"}]},
                    "chroots": [{"name": F41}],
                },
                {"id": 3, "canceled": True},
            ]
        },
    ),
    (
        "PUT",
        "/worlds/new",
        {"scenario": {"builds": [{"id": 5}]}, "progress": "poll", "seed": 1, "default_limit": 5, "speed": 2},
    ),
    (
        "POST",
        "/builds",
        {
            "id": 2,
            "chroots": {F41: "running", F42: {"started_on": 5, "state": "failed"}},
            "project": "a/b",
            "package": "x",
            "timeout": 5,
        },
    ),
    ("POST", "/builds", {"id": 2, "chroots": [F41, F42], "lifecycle": "retried", "progress": {"poll": {"running": 2}}}),
    ("POST", "/builds/1/chroots", {"name": S390X, "lifecycle": "fails", "progress": "manual"}),
    ("POST", f"{CHROOT}/report", {"state": "failed", "at": LATER, "packages": ["a-1-1.src"]}),
    ("POST", f"{CHROOT}/state", {"state": "failed", "started_on": 5, "ended_on": 7}),
    ("POST", f"{CHROOT}/advance", {"to": "succeeded"}),
    ("POST", f"/builds/1/chroots/{F42}/hold", {"state": "running"}),
    (
        "POST",
        "/projects",
        {"ownername": "a", "projectname": "b", "chroots": {F41: {}}, "additional_repos": ["x"], "repo_priority": 5},
    ),
    ("POST", "/mock-chroots", {"names": [F41, S390X]}),
    ("PATCH", "/clock", {"now": LATER, "tick": 5, "paused": True}),
    ("POST", "/seed", {"seed": 5}),
    (
        "POST",
        "/faults",
        {"name": "outage", "first": 2, "delay": {"lognormal": {"median": 1, "sigma": 1, "minimum": 1, "maximum": 2}}},
    ),
    ("POST", "/faults", {"status": 500, "dribble": {"bytes": 1, "every": 1}, "endpoint": "build-chroot/list"}),
    ("POST", "/verify", {"assertion": "requested", "endpoint": "build-chroot/list", "build_id": 1, "times": 1}),
]


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([F41, "running", "fedora", "succeed", "a/b", "", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)


def places_in(document: object, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys that lead to each value in a document, its own first."""
    yield place
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places_in(value, (*place, key))
    elif isinstance(document, list):
        for at, value in enumerate(document):
            yield from places_in(value, (*place, at))


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A call that is right but for one place, or two, where something else is, something more, or nothing."""
    method, path, body = draw(st.sampled_from(VALID))
    document: Any = json.loads(json.dumps([body]))
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from([*places_in(document)][1:]))
        parent = document
        for key in way:
            parent = parent[key]
        change = draw(st.sampled_from(["put", "delete", "add"]))
        if change == "delete" and way:
            del parent[last]
        elif change == "add" and isinstance(parent[last], dict):
            parent[last][draw(st.text(max_size=8) | st.sampled_from(["id", "state", "chroots"]))] = draw(JUNK)
        else:
            parent[last] = draw(JUNK)
        if not document[0]:
            break
    return method, path, document[0]


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None, derandomize=True)
@given(spoiled())
def test_rejected_call_changes_nothing(call: tuple[str, str, Any]) -> None:
    """Its response also conforms to the OpenAPI document."""
    method, path, body = call
    control = filled(paused(fresh_control()))
    before = control.all_responses()
    reply = control.send(method, path, json.dumps(body).encode())
    assert reply.status in (200, 201, 204, 409, 422)
    if reply.status >= 400:
        assert control.all_responses() == before


@pytest.mark.parametrize(("method", "path", "body"), VALID)
def test_calls_with_valid_bodies_succeed(local: Control, method: str, path: str, body: object) -> None:
    """The calls above are rejected only because of their errors."""
    filled(local).do(method, path, body)
