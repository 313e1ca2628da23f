"""Valid and invalid scenarios for tests of readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st

from ..chroots import F43

S390X = "epel-10-s390x"


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
    "chroots": ["fedora-41-x86_64", "opensuse-leap-15.6-x86_64", {"name": "epel-7-x86_64", "is_active": False}],
    "accounts": [
        {"name": "jdoe", "login": "abc", "token": "s3cret", "groups": ["@copr"], "admin": True, "expired": False},
        {"name": "frostyx", "login": "def", "token": "t0ken"},
    ],
    "groups": [{"name": "@copr", "fas_name": "copr-sig"}],
    "dist_gits": [{"name": "centos", "clone_url": "https://git.centos.org"}],
    "batches": [{"id": 1}, {"id": 2, "blocked_by": 1}],
    "last_ids": {"build": 9, "project": 8, "package": 7},
    "projects": [
        {
            "ownername": "@copr",
            "projectname": "tools",
            "id": 3,
            "creator": "jdoe",
            "created_on": 1_500_000_000,
            "description": "Tools.",
            "instructions": "",
            "homepage": "https://example.com",
            "contact": "jdoe@example.com",
            "additional_repos": ["https://example.com/repo/"],
            "runtime_dependencies": ["copr://jdoe/other"],
            "packit_forge_projects_allowed": ["github.com/jdoe/tools"],
            "persistent": True,
            "unlisted_on_hp": True,
            "auto_prune": False,
            "enable_net": False,
            "devel_mode": True,
            "multilib": True,
            "module_hotfixes": False,
            "fedora_review": True,
            "appstream": False,
            "follow_fedora_branching": False,
            "bootstrap": "on",
            "isolation": "simple",
            "storage": "pulp",
            "repo_priority": 20,
            "delete_after_days": 14,
            "chroots": {
                "opensuse-leap-15.6-x86_64": {
                    "additional_repos": ["https://example.com/repo/"],
                    "additional_packages": ["gcc"],
                    "additional_modules": ["nodejs:22"],
                    "with_opts": ["tests"],
                    "without_opts": ["docs"],
                    "bootstrap": "off",
                    "bootstrap_image": "registry.example.com/image",
                    "isolation": "nspawn",
                    "comps_name": "comps.xml",
                    "dropped_on": 1_600_000_000,
                },
                F43: {},
            },
            "permissions": {"bob": {"admin": "request", "builder": "approved"}},
            "packages": [
                {
                    "id": 4,
                    "name": "hello",
                    "source_type": "scm",
                    "source_dict": {"clone_url": "https://example.com/hello.git"},
                    "webhook_rebuild": True,
                    "max_builds": 3,
                    "chroot_denylist": ["epel-*"],
                }
            ],
            "directories": ["tools:pr:1"],
            "webhook_secret": "s3cret",
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
            "isolation": "nspawn",
            "batch": 1,
            "submitted_on": 1_600_000_000,
            "submitter": "jdoe",
            "source_state": "succeeded",
            "source_result_dir": "00000001",
            "source_results": {"hello.spec": "Name: hello\n"},
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
                    "results": {"build.log": "+ exit 0\n", "review.json": {"base64": "e30="}},
                    "packages": [
                        "hello-1-1.src",
                        {"name": "hello", "version": "1", "release": "1", "arch": "s390x", "epoch": 1},
                    ],
                },
            ],
        }
        for number in (1, 2)
    ]
    + [
        {
            "id": 3,
            "project": "@copr/tools",
            "package": None,
            "batch": 2,
            "source": {
                "type": "scm",
                "config": {"clone_url": "https://example.com/hello.git"},
                "content": "TmFtZTogaGVsbG8=",
                "started_on": 1_600_000_000,
                "ended_on": 1_600_000_100,
                "version": "1-1",
                "lifecycle": "fails",
                "outcomes": {F43: {"lifecycle": "skipped", "packages": ["hello-1-1.src"]}},
                "progress": "poll",
                "polls": 1,
                "remaining": 5,
                "advances": True,
            },
            "source_state": "running",
            "source_package": {"version": "1-1", "url": "https://example.com/hello-1-1.src.rpm"},
            "chroots": [{"name": F43, "state": "waiting"}],
        }
    ],
    "submissions": [
        {
            "project": "jdoe/other",
            "package": "hello",
            "source_type": "scm",
            "submitter": "jdoe",
            "nth": 2,
            "lifecycle": "source-fails",
            "packages": ["hello-1-1.src"],
            "version": "1:2-3",
            "progress": {"poll": 2},
            "id": 3,
            "seen": 2,
            "hits": 1,
        },
        {"chroot": "epel-*", "lifecycle": {"stages": [{"state": "pending", "lasts": 5}, {"state": "starting"}]}},
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
        {"breaks": "refused", "seconds": 3, "lasts": 600, "probability": 0.5},
        {"status": 400, "error": "Can't drop chroot"},
    ],
}
"""A scenario with every key."""

ACCOUNT = {"name": "jdoe", "login": "abc", "token": "s3cret"}
GROUP = {"name": "@copr", "fas_name": "copr"}

INVALID_SCENARIOS: list[tuple[object, str]] = [
    ("{", "line 1, column 2: not JSON: Expecting property name enclosed in double quotes"),
    ('{"now": ' + "9" * 5000 + "}", "scenario: invalid JSON: "),
    ('{"now": 1e400}', "now: expected a number from 0 to 2147483647, got inf"),
    ('{"a\\nb": 1}', "a b: unknown key"),
    ("[" * 100_000, "nested too deeply to be a scenario"),
    ('{"builds": [], "builds": []}', "builds: duplicate key; expected once"),
    ([], "expected an object, got []"),
    ({"build": []}, "build: unknown key; did you mean 'builds'? valid: "),
    ({"builds": {}}, "builds: expected a list, got {}"),
    ({"builds": [7]}, "builds[0]: expected an object, got 7"),
    ({"builds": [{}]}, "builds[0].id: missing, and required"),
    ({"builds": [{"id": 1}, {"id": 1}]}, "builds[1].id: build 1 already exists; expected another id"),
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
    ({"projects": [{"ownername": "a", "projectname": "b"}] * 2}, "projects[1].projectname: project a/b"),
    ({"chroots": ["fedora"]}, "chroots[0]: 'fedora' is not a chroot name; expected distribution-version-architecture"),
    ({"chroots": [{"is_active": False}]}, "chroots[0].name: missing, and required"),
    ({"accounts": [{"name": "jdoe"}]}, "accounts[0].login: missing, and required"),
    ({"accounts": [{**ACCOUNT, "groups": ["copr"]}]}, "accounts[0].groups[0]: 'copr' is not a group; expected its"),
    ({"accounts": [ACCOUNT, ACCOUNT]}, "accounts[1].login: 'abc' already exists; expected another"),
    ({"groups": [GROUP, GROUP]}, "groups[1].name: group @copr already exists; expected another"),
    ({"dist_gits": [{"name": "centos"}]}, "dist_gits[0].clone_url: missing, and required"),
    ({"batches": [{"id": 1}, {"id": 1}]}, "batches[1].id: batch 1 already exists; expected another id"),
    ({"batches": [{"id": 1, "blocked_by": 1}]}, "batches[0].blocked_by: there is no batch 1 before this one; expected"),
    ({"last_ids": {"builds": 1}}, "last_ids.builds: unknown key; did you mean 'build'? "),
    ({"builds": [{"id": 1, "batch": 2}]}, "builds[0].batch: there is no batch 2; expected the id of one in batches"),
    ({"builds": [{"id": 1, "source": {"type": "git"}}]}, "builds[0].source.type: 'git'"),
    ({"builds": [{"id": 1, "source": {"content": "é"}}]}, "builds[0].source.content: 'é' is not base64"),
    (
        {"builds": [{"id": 1, "source_results": {"a//b": ""}}]},
        "builds[0].source_results.a//b: 'a//b' is not the name of a file; expected one such as dir/review.json",
    ),
    (
        chroots({"results": {"a.log": "", "a.log.gz": ""}}),
        "builds[0].chroots[0].results: a log is given with and without .gz; expected one of them",
    ),
    (
        chroots({"results": {"a": {"base64": "é"}}}),
        "builds[0].chroots[0].results.a.base64: 'é' is not base64; expected a file in this encoding",
    ),
    (
        chroots({"results": {"a.log": {"base64": "H4sI"}}}),
        "builds[0].chroots[0].results.a.log: the log a.log is compressed; expected its text",
    ),
    (chroots({"results": {"a": "\ud800"}}), "builds[0].chroots[0].results.a: '\\ud800' contains an unpaired surrogate"),
    (chroots({"results": {"a": 7}}), "builds[0].chroots[0].results.a: expected a text or bytes, got 7"),
    (
        {"submissions": [{"lifecycle": "fails", "chrot": "x"}]},
        "submissions[0].chrot: unknown key; did you mean 'chroot'? ",
    ),
    ({"submissions": [{}]}, "submissions[0].lifecycle: the rule changes nothing; expected one of lifecycle, packages,"),
    ({"submissions": [{"chroot": "epel", "version": "1"}]}, "submissions[0].chroot: 'epel' is neither a chroot name"),
    (
        {"projects": [{"ownername": "a", "projectname": name, "id": 1} for name in ("b", "c")]},
        "projects[1].id: project id 1 already exists; expected another id, or none",
    ),
    (
        {"projects": [{"ownername": "a", "projectname": "b", "packages": [{"name": "hello"}] * 2}]},
        "projects[0].packages[1].name: the project already has hello; expected another",
    ),
    (
        {"projects": [{"ownername": "a", "projectname": "b", "permissions": {"bob": {"admin": "yes"}}}]},
        "projects[0].permissions.bob.admin: 'yes'",
    ),
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
    "directories of an invalid project": (
        builds({**PROJECT, "project_dirname": "other"}, {"projectname": "a/b", "project_dirname": "other"}),
        ["builds[0].project_dirname", "builds[1].projectname"],
    ),
    "contents of a build without an id": (
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
        chroots({"state": "running", "polls": 1, "hold": "failed", "progress": "poll"}),
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
    "submissions": (
        {
            "submissions": [
                *({}, 5, {"chroot": "x", "version": "1"}, {"chroot": F43, "version": "1", "progress": "poll"}),
                *({"nth": 0, "lifecycle": "fail"}, {"chroot": F43, "lifecycle": "source-fails"}),
                {"lifecycle": "forked", "packages": ["a"]},
            ]
        },
        [
            f"submissions[{location}"
            for location in (
                *("0].lifecycle", "1]", "2].chroot", "3].progress", "3].version", "4].lifecycle", "4].nth"),
                *("5].lifecycle", "6].packages[0]"),
            )
        ],
    ),
    "objects that must be unique": (
        {
            "accounts": [ACCOUNT, {**ACCOUNT, "admin": 1}],
            "groups": [GROUP, {**GROUP, "fas_name": ""}],
            "batches": [{"id": 1}, {"id": 1, "blocked_by": 0}],
        },
        [
            *("accounts[1].admin", "accounts[1].login", "batches[1].blocked_by", "batches[1].id"),
            *("groups[1].fas_name", "groups[1].name"),
        ],
    ),
    "what waits for another batch": (
        {"batches": [{"id": 1, "blocked_by": 2}, {"id": 2, "blocked_by": 3}], "builds": [{"id": 1, "batch": 3}]},
        ["batches[0].blocked_by", "batches[1].blocked_by", "builds[0].batch"],
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

BEYOND_THE_SCHEMA = (
    # Characters that the database cannot store.
    "contains NUL or an unpaired surrogate",
    "contains an unpaired surrogate",
    # What a schema cannot express about the results of a build.
    "only a scenario file can name another file",
    "is compressed; expected its text",
    "a log is given with and without .gz",
    # Objects that exist already.
    r"build \d+ already exists",
    r"project .* already exists",
    "the build already has .*",
    "the project already has .*",
    "'.*' already exists",
    r"group .* already exists",
    r"dist-git .* already exists",
    r"batch \d+ already exists",
    # Batches that do not exist.
    r"there is no batch \d+",
    # Transitions that do not exist.
    "no event leads from",
    "a lifecycle cannot begin with deleted",
    "absent can only be the first stage",
    "another stage follows; expected the seconds",
    "no stage follows; expected the final state",
    "expected weights that are not all 0",
    # How two values compare.
    "is before started_on",
    "is above the maximum",
    "expected seconds from minimum to maximum",
    "is not a directory of",
    # Relations between fields.
    "does not reach",
    "is not a stage of its lifecycle",
    "is not the index of a stage with state",
    "lasts forever in this stage",
    "only a chroot that advances has it",
    "a chroot that is canceled while it runs ends as failed",
    "its lifecycle sets it",
    "cannot be combined with",
    "json is the body of an error and needs its status",
    "needs the status of an error",
    "has no effect; expected at least one of",
    "only valid with breaks='refused'",
    "the rule changes nothing",
    r"is not above \d+, the highest id so far",
    # To a schema 1.0 is as whole a number as 1.
    r"expected a (whole number|Unix time)\b.*, got \d+\.0(?!\d)",
    r"expected the status of a response.*, got \d+\.0(?!\d)",
)
"""Errors of the reader for scenarios that the schema accepts."""

_KEYS = st.sampled_from(["builds", "projects", "chroots", "faults", "id", "name", "lifecycle", "stages", "state"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([F43, "running", "succeeds"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
"""Any document; names of scenario keys are frequent."""
