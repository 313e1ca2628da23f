"""Valid and invalid scenarios for tests of readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st

F43, S390X = "fedora-43-x86_64", "epel-10-s390x"


def write(directory: Path, document: object, name: str = "scenario.json") -> Path:
    path = directory / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def builds(*entries: dict[str, object]) -> dict[str, object]:
    return {"builds": [{"id": number, **entry} for number, entry in enumerate(entries, 1)]}


def chroots(*entries: dict[str, object], **given: object) -> dict[str, object]:
    return builds({"chroots": [{"name": F43, **entry} for entry in entries], **given})


def stages(*entries: object) -> dict[str, object]:
    return builds({"lifecycle": {"stages": [*entries]}})


WHOLE: dict[str, Any] = {
    "now": 1_700_000_000,
    "chroots": ["fedora-41-x86_64", "opensuse-leap-15.6-x86_64"],
    "projects": [
        {
            "ownername": "@copr",
            "projectname": "tools",
            "devel_mode": True,
            "module_hotfixes": False,
            "repo_priority": 20,
            "bootstrap": "on",
            "chroots": {"opensuse-leap-15.6-x86_64": {"bootstrap": "off"}, F43: {}},
        },
        {"ownername": "jdoe", "projectname": "other"},
    ],
    "builds": [
        {
            "id": number,
            "ownername": "@copr",
            "projectname": "tools",
            "project_dirname": "tools:pr:1",
            "package": "hello",
            "memory_limit": 1024,
            "timeout": 60,
            "enable_net": True,
            "is_background": False,
            "bootstrap": "image",
            "submitted_on": 1_600_000_000,
            "source_state": "succeeded",
            "source_result_dir": "00000001",
            "canceled": False,
            "confirmed_by": 1_800_000_000,
            "lifecycle": "succeeds",
            "progress": {"poll": {"running": 3, "other": 2}},
            "chroots": [
                {
                    "name": F43,
                    "state": "pending",
                    "lifecycle": {
                        "stages": [
                            {"state": "pending", "lasts": {"uniform": [1, 2]}},
                            {
                                "state": "starting",
                                "lasts": {"lognormal": {"median": 2, "sigma": 1, "minimum": 1, "maximum": 9}},
                            },
                            {"state": "running", "lasts": 5, "ends": {"succeeded": 9, "failed": 1}, "canceled": False},
                        ]
                    },
                    "polls": 1,
                    "hold": "running",
                    "progress": {"poll": 2},
                },
                {
                    "name": S390X,
                    "state": "succeeded",
                    "started_on": 1_600_000_100,
                    "ended_on": 1_600_000_200,
                    "result_dir": "00000001-hello",
                    "packages": [
                        "hello-1-1.src",
                        {"name": "hello", "version": "1", "release": "1", "arch": "s390x", "epoch": 1},
                    ],
                },
            ],
        }
        for number in (1, 2)
    ],
    "faults": [
        "outage",
        {"name": "outage", "id": 5, "seen": 2, "first": 3, "build_id": 1, "endpoint": "build-chroot"},
        {
            "status": 502,
            "body": "cut",
            "delay": {"uniform": [0, 1]},
            "dribble": {"bytes": 16, "every": 0.5},
            "every": 2,
        },
        {"breaks": "refused", "seconds": 3, "probability": 0.5},
    ],
}
"""A scenario with every key."""

INVALID_SCENARIOS: list[tuple[object, str]] = [
    ("{", "line 1, column 2: not JSON: Expecting property name enclosed in double quotes"),
    ('{"now": ' + "9" * 5000 + "}", "scenario: not JSON that can be read: "),
    ('{"now": 1e400}', "now: expected a number from 0 to 2147483647, got inf"),
    ('{"a\\nb": 1}', "a b: unknown key"),
    ("[" * 100_000, "nested too deeply to be a scenario"),
    ('{"builds": [], "builds": []}', "builds: the key is there twice in one object; expected once"),
    ([], "expected an object, got []"),
    ({"build": []}, "build: unknown key; did you mean 'builds'? valid: "),
    ({"builds": {}}, "builds: expected a list, got {}"),
    ({"builds": [7]}, "builds[0]: expected an object, got 7"),
    ({"builds": [{}]}, "builds[0].id: missing, and required"),
    ({"builds": [{"id": 1}, {"id": 1}]}, "builds[1].id: there is a build 1 already; expected another id"),
    ({"builds": [{"id": 1, "chroots": [{}]}]}, "builds[0].chroots[0].name: missing, and required"),
    (
        {"builds": [{"id": 1, "chroots": [{"name": "fedora-41-x86_64", "state": "done"}]}]},
        "builds[0].chroots[0].state: 'done' is not a state; valid: importing, waiting, pending, starting, running, ",
    ),
    (
        {"builds": [{"id": 1, "chroots": [{"name": "fedora-41-x86_64", "packages": [{"name": "a"}]}]}]},
        "builds[0].chroots[0].packages[0].",
    ),
    (
        {"builds": [{"id": 1, "projectname": "tools", "project_dirname": "other:pr:1"}]},
        "builds[0].project_dirname: 'other:pr:1' is not a directory of jdoe/tools; expected tools or tools:something",
    ),
    ({"builds": [{"id": 1, "source_package": {"versio": ""}}]}, "builds[0].source_package.versio: unknown key"),
    ({"projects": [{"ownername": "jdoe"}]}, "projects[0].projectname: missing, and required"),
    ({"projects": [{"ownername": "a", "projectname": "b"}] * 2}, "projects[1].projectname: there is a project a/b"),
    ({"chroots": ["fedora"]}, "chroots[0]: 'fedora' is not a chroot name; expected distribution-version-architecture"),
]
"""Invalid scenarios, each with a part of the error."""

RUNNING = {"state": "running", "lasts": 5, "ends": "failed"}
PROJECT = {"ownername": "jdoe", "projectname": "tools"}

TOGETHER: dict[str, tuple[dict[str, object], list[str]]] = {
    "builds of one id": (
        builds({}, {}, {"id": 1}, {"id": 2, "timeout": -1}, {"id": 1}),
        ["builds[2].id", "builds[3].id", "builds[3].timeout", "builds[4].id"],
    ),
    "projects of one name": (
        {"projects": [{**PROJECT, "devel_mode": 7}, PROJECT, {**PROJECT, "bootstrap": 7}]},
        ["projects[0].devel_mode", "projects[1].projectname", "projects[2].bootstrap", "projects[2].projectname"],
    ),
    "chroots of one name": (
        chroots({"polls": -1}, {"state": "done"}, {}),
        [f"builds[0].chroots[{location}" for location in ("0].polls", "1].name", "1].state", "2].name")],
    ),
    "directories of what is no project": (
        builds({**PROJECT, "project_dirname": "other"}, {"projectname": "a/b", "project_dirname": "other"}),
        ["builds[0].project_dirname", "builds[1].projectname"],
    ),
    "what is in a build without an id": (
        {"builds": [{"chroots": [{"name": "x"}]}, {"id": 0, "chroots": [{}, 7]}]},
        [
            *("builds[0].chroots[0].name", "builds[0].id", "builds[1].chroots[0].name", "builds[1].chroots[1]"),
            "builds[1].id",
        ],
    ),
    "what cannot be combined with a life": (
        chroots({"lifecycle": "succeeds", "hold": "forked", "state": "failed", "started_on": 9, "ended_on": 8}),
        [f"builds[0].chroots[0].{key}" for key in ("ended_on", "hold", "state")],
    ),
    "what only goes with a life": (
        chroots({"polls": 1, "hold": "failed", "progress": "poll"}),
        [f"builds[0].chroots[0].{key}" for key in ("hold", "polls", "progress")],
    ),
    "what a life gives itself": (
        chroots({"started_on": 1, "ended_on": 2, "stage": 0}, lifecycle="fails"),
        [f"builds[0].chroots[0].{key}" for key in ("ended_on", "stage", "started_on")],
    ),
    "a stage of another state, and the end of one that has none": (
        chroots(
            {"lifecycle": "succeeds", "state": "running", "stage": 1},
            {"name": S390X, "lifecycle": "stuck-pending", "state": "pending", "stage": 9},
        ),
        [f"builds[0].chroots[{location}" for location in ("0].stage", "1].stage")],
    ),
    "the end of a stage that lasts for ever": (
        chroots({"lifecycle": "stuck-pending", "state": "pending", "remaining": 5}),
        ["builds[0].chroots[0].remaining"],
    ),
    "nothing that hangs on a wrong life": (
        chroots(
            {"polls": 1, "hold": "failed"}, {"name": S390X, "lifecycle": "succeeds", "hold": "failed"}, lifecycle=7
        ),
        ["builds[0].chroots[1].hold", "builds[0].lifecycle"],
    ),
    "an order of stages": (
        stages({"state": "deleted"}, {**RUNNING, "ends": None}, {"state": "importing", "lasts": 1}),
        [f"builds[0].lifecycle.stages[{location}" for location in ("0]", "0].lasts", "0].state", "1]", "2].ends")],
    ),
    "stages before their order": (
        stages(
            {"state": "running", "lasts": 1},
            {"state": "importin", "lasts": {"uniform": ["a", "b"]}, "ends": {"x": -1}, "without": ["y", "z"]},
            5,
        ),
        [
            *(f"builds[0].lifecycle.stages[1].{location}" for location in ("ends.x", "ends.x", "lasts.uniform[0]")),
            *(
                f"builds[0].lifecycle.stages[1].{location}"
                for location in ("lasts.uniform[1]", "state", "without[0]", "without[1]")
            ),
            "builds[0].lifecycle.stages[2]",
        ],
    ),
    "bounds": (
        stages(
            {**RUNNING, "lasts": {"uniform": [2, 1]}},
            {**RUNNING, "lasts": {"uniform": [1]}},
            {**RUNNING, "lasts": {"lognormal": {"median": -1, "sigma": -1, "minimum": 0}}},
            {**RUNNING, "lasts": {"lognormal": {"median": 9, "sigma": 1, "minimum": 0, "maximum": 1}}},
            {**RUNNING, "ends": {"failed": 0}},
        ),
        [
            *("builds[0].lifecycle.stages[0].lasts.uniform", "builds[0].lifecycle.stages[1].lasts.uniform"),
            *(f"builds[0].lifecycle.stages[2].lasts.lognormal.{key}" for key in ("maximum", "median", "sigma")),
            *("builds[0].lifecycle.stages[3].lasts.lognormal.median", "builds[0].lifecycle.stages[4].ends"),
        ],
    ),
    "polls": (
        builds({"progress": {"poll": {"running": 0, "other": 0, "done": 0}}}),
        [f"builds[0].progress.poll{location}" for location in (".done", ".done", ".other", ".running")],
    ),
    "packages": (
        chroots({"packages": ["a", "b", {"name": 5, "arch": ""}, 7]}),
        [
            f"builds[0].chroots[0].packages[{location}"
            for location in ("0]", "1]", "2].arch", "2].name", "2].release", "2].version", "3]")
        ],
    ),
    "chroots of a project": (
        {"projects": [{**PROJECT, "chroots": {"a": {}, "b": {"with_opts": [1, ""]}, F43: {"bootstrap": 1}, S390X: 5}}]},
        [
            f"projects[0].chroots.{location}"
            for location in ("a", "b", "b.with_opts[0]", "b.with_opts[1]", f"{S390X}", f"{F43}.bootstrap")
        ],
    ),
    "faults": (
        {
            "faults": [
                *("outag", 5, {}, {"nth": 1, "first": 1, "status": 500}, {"nth": 0, "statu": 1, "id": 0, "seen": -1}),
                *({"dribble": {"bytes": 0}}, {"breaks": "timeout", "status": 500}, {"status": 500, "seconds": 1}),
            ]
        },
        [
            f"faults[{location}"
            for location in (
                *("0]", "1]", "2]", "3].first", "4].id", "4].nth", "4].seen", "4].statu"),
                *("5].dribble.bytes", "5].dribble.every", "6].status", "7].seconds"),
            )
        ],
    ),
    "keys": (
        {"a": 1, "builds": [{"b": 1, "id": 1, "source_package": {"c": 1}}], "d": 1},
        ["a", "builds[0].b", "builds[0].source_package.c", "d"],
    ),
    "lists that are none": (
        {"builds": [{"id": 1, "chroots": 5}], "projects": 5, "chroots": "x", "faults": 7},
        ["builds[0].chroots", "chroots", "faults", "projects"],
    ),
}
"""Scenarios with several errors, and all their locations in order."""

UNSAYABLE = (
    # Characters that the database cannot store.
    "has a null character or half a surrogate pair",
    # Objects that exist already.
    r"there is a build \d+ already",
    r"there is a project .* already",
    "the build has .* already",
    # Transitions that do not exist.
    "no event leads from",
    "a lifecycle cannot begin with deleted",
    "absent can only be the first stage",
    "another stage follows; expected how many seconds",
    "nothing follows; expected how it ends",
    "expected weights that are not all 0",
    # How two values compare.
    "is before started_on",
    "is above the maximum",
    "expected seconds from minimum to maximum",
    "is not a directory of",
    # Relations between fields.
    "its lifecycle does not get to",
    "is not a stage of its lifecycle",
    "is not a stage that is",
    "lasts forever there",
    "only a chroot that advances has it",
    "a chroot that is canceled while it runs ends as failed",
    "its lifecycle sets it",
    "cannot be combined with",
    "json is the body of an error and needs its status",
    "nothing goes wrong; expected one of",
    "is how long connections are refused",
    # To a schema 1.0 is as whole a number as 1.
    r"expected a (whole number|Unix time)\b.*, got \d+\.0$",
    r"expected the status of a response.*, got \d+\.0$",
)
"""Errors of the reader for scenarios that the schema accepts."""

_KEYS = st.sampled_from(["builds", "projects", "chroots", "faults", "id", "name", "lifecycle", "stages", "state"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([F43, "running", "succeeds"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
"""Any document; names of scenario keys are frequent."""
