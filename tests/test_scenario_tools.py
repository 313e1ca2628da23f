"""The tools for scenarios: on the command line, and in Python where that says more."""

from __future__ import annotations

import copy
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings

from copr_chroot_fake import FakeCopr, ScenarioError, State
from copr_chroot_fake.cli import main
from copr_chroot_fake.lives.lifecycle import LIVES, PlannedStage
from copr_chroot_fake.scenarios.schema import scenario_schema
from copr_chroot_fake.scenarios.shipped import by_name
from copr_chroot_fake.tools import json_places, places, timeline, yaml_places
from copr_chroot_fake.tools.check import Mistake, check
from copr_chroot_fake.tools.timeline import Scale

from .served import COMMAND, starting
from .test_scenario_files import MISTAKES, write

F43, S390X = "fedora-43-x86_64", "epel-10-s390x"


def run(*arguments: str | Path, text: str | bytes | None = None, **env: str) -> Result:
    """The command in this process, which is no terminal; what would do something to one is not taken out."""
    return CliRunner().invoke(main, ["scenario", *map(str, arguments)], input=text, env=env, color=True)


def mistakes_in(path: Path) -> list[Mistake]:
    (checked,) = check([path])
    return [*checked.mistakes]


# Everything that a scenario can say, but for texts, of which any does.

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
                                "lasts": {"lognormal": {"median": 2, "sigma": 1, "least": 1, "most": 9}},
                            },
                            {"state": "running", "lasts": 5, "ends": {"succeeded": 9, "failed": 1}, "canceled": False},
                        ]
                    },
                    "looks": 1,
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
        {"name": "outage", "id": 5, "seen": 2, "first": 3, "build_id": 1, "endpoint": "get"},
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

At = tuple[str | int, ...]


def leaves(value: object, at: At = ()) -> Iterator[At]:
    """Where each value is that is neither an object nor a list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*at, number))
    else:
        yield at


def named(at: At) -> str:
    """A place as the reader writes it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).removeprefix(".")


def put(document: Any, at: At, value: object) -> None:
    for part in at[:-1]:
        document = document[part]
    document[at[-1]] = value


LEAVES = [at for at in leaves(WHOLE) if not isinstance(at[-1], str) or at[-1] not in ("version", "release", "arch")]
BREAKABLE = [at for at in LEAVES if "packages" not in at or at[-1] != "name"]

WRITTEN: Mapping[str, Callable[[object], str]] = {
    "json": lambda document: json.dumps(document, indent=1),
    "yaml": lambda document: yaml.safe_dump(document, sort_keys=False, width=1000),
}


def test_the_whole_scenario_has_no_mistake(tmp_path: Path) -> None:
    """Or nothing could be said of broken ones."""
    assert mistakes_in(write(tmp_path, WHOLE)) == []


@pytest.mark.parametrize("form", WRITTEN)
@given(broken=st.lists(st.sampled_from(BREAKABLE), min_size=1, max_size=12, unique=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_what_is_broken_is_found_each_on_its_line(tmp_path: Path, form: str, broken: list[At]) -> None:
    """However many values are wrong, and wherever they are."""
    document = copy.deepcopy(WHOLE)
    for number, at in enumerate(broken):
        put(document, at, f"/wrong {number}/")
    text = WRITTEN[form](document)
    lines = text.split("\n")
    expected = {
        named(at): 1 + next(row for row, line in enumerate(lines) if f"/wrong {number}/" in line)
        for number, at in enumerate(broken)
    }
    found = mistakes_in(write(tmp_path, text, f"broken.{form}"))
    assert {mistake.place: mistake.line for mistake in found} == expected
    assert len(found) == len(expected)
    assert found == sorted(found, key=lambda mistake: mistake.line or 0)


@pytest.mark.parametrize(("document", "message"), MISTAKES, ids=[message[:60] for _, message in MISTAKES])
def test_what_a_scenario_is_refused_for_is_among_its_mistakes(tmp_path: Path, document: object, message: str) -> None:
    """In the same words, as it is the same reader, and the command's status is 1."""
    path = write(tmp_path, document)
    result = run("check", path)
    assert (result.exit_code, result.stderr) == (1, "")
    without_line = message.partition(": ")[2] if message.startswith("line ") else message.replace("a b:", r"a\nb:")
    assert any(line.startswith(f"{path}:") and without_line in line for line in result.stdout.splitlines())


def builds(*entries: dict[str, object]) -> dict[str, object]:
    return {"builds": [{"id": number, **entry} for number, entry in enumerate(entries, 1)]}


def chroots(*entries: dict[str, object], **said: object) -> dict[str, object]:
    return builds({"chroots": [{"name": F43, **entry} for entry in entries], **said})


def stages(*entries: object) -> dict[str, object]:
    return builds({"lifecycle": {"stages": [*entries]}})


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
        chroots({"looks": -1}, {"state": "done"}, {}),
        [f"builds[0].chroots[{place}" for place in ("0].looks", "1].name", "1].state", "2].name")],
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
    "what does not go with a life": (
        chroots({"lifecycle": "succeeds", "hold": "forked", "state": "failed", "started_on": 9, "ended_on": 8}),
        [f"builds[0].chroots[0].{key}" for key in ("ended_on", "hold", "state")],
    ),
    "what only goes with a life": (
        chroots({"looks": 1, "hold": "failed", "progress": "poll"}),
        [f"builds[0].chroots[0].{key}" for key in ("hold", "looks", "progress")],
    ),
    "what a life gives itself": (
        chroots({"started_on": 1, "ended_on": 2}, lifecycle="fails"),
        [f"builds[0].chroots[0].{key}" for key in ("ended_on", "started_on")],
    ),
    "nothing that hangs on a wrong life": (
        chroots(
            {"looks": 1, "hold": "failed"}, {"name": S390X, "lifecycle": "succeeds", "hold": "failed"}, lifecycle=7
        ),
        ["builds[0].chroots[1].hold", "builds[0].lifecycle"],
    ),
    "an order of stages": (
        stages({"state": "deleted"}, {**RUNNING, "ends": None}, {"state": "importing", "lasts": 1}),
        [f"builds[0].lifecycle.stages[{place}" for place in ("0]", "0].lasts", "0].state", "1]", "2].ends")],
    ),
    "stages before their order": (
        stages(
            {"state": "running", "lasts": 1},
            {"state": "importin", "lasts": {"uniform": ["a", "b"]}, "ends": {"x": -1}, "without": ["y", "z"]},
            5,
        ),
        [
            *(f"builds[0].lifecycle.stages[1].{place}" for place in ("ends", "ends.x", "lasts.uniform[0]")),
            *(
                f"builds[0].lifecycle.stages[1].{place}"
                for place in ("lasts.uniform[1]", "state", "without", "without")
            ),
            "builds[0].lifecycle.stages[2]",
        ],
    ),
    "bounds": (
        stages(
            {**RUNNING, "lasts": {"uniform": [2, 1]}},
            {**RUNNING, "lasts": {"uniform": [1]}},
            {**RUNNING, "lasts": {"lognormal": {"median": -1, "sigma": -1, "least": 0}}},
            {**RUNNING, "lasts": {"lognormal": {"median": 9, "sigma": 1, "least": 0, "most": 1}}},
            {**RUNNING, "ends": {"failed": 0}},
        ),
        [
            *("builds[0].lifecycle.stages[0].lasts.uniform.least", "builds[0].lifecycle.stages[1].lasts.uniform"),
            *(f"builds[0].lifecycle.stages[2].lasts.lognormal.{key}" for key in ("median", "most", "sigma")),
            *("builds[0].lifecycle.stages[3].lasts.lognormal.median", "builds[0].lifecycle.stages[4].ends"),
        ],
    ),
    "polls": (
        builds({"progress": {"poll": {"running": 0, "other": 0, "done": 0}}}),
        [f"builds[0].progress.poll{place}" for place in ("", ".done", ".other", ".running")],
    ),
    "packages": (
        chroots({"packages": ["a", "b", {"name": 5, "arch": ""}, 7]}),
        [
            f"builds[0].chroots[0].packages[{place}"
            for place in ("0]", "1]", "2].arch", "2].name", "2].release", "2].version", "3]")
        ],
    ),
    "chroots of a project": (
        {"projects": [{**PROJECT, "chroots": {"a": {}, "b": {"with_opts": [1, ""]}, F43: {"bootstrap": 1}, S390X: 5}}]},
        [
            f"projects[0].chroots.{place}"
            for place in ("a", "b", "b.with_opts[0]", "b.with_opts[1]", f"{S390X}", f"{F43}.bootstrap")
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
            f"faults[{place}"
            for place in (
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
        {"builds": [{"id": 1, "chroots": {}}], "projects": 5, "chroots": "x", "faults": 7},
        ["builds[0].chroots", "chroots", "faults", "projects"],
    ),
}


@pytest.mark.parametrize("what", TOGETHER)
def test_what_is_wrong_together_is_found_too(tmp_path: Path, what: str) -> None:
    """All of it, and nothing that only comes of something else."""
    document, expected = TOGETHER[what]
    assert sorted(mistake.place for mistake in mistakes_in(write(tmp_path, document))) == expected


def test_a_mistake_is_a_line_with_file_line_place_and_remedy(tmp_path: Path) -> None:
    """Then there is a summary; and the same in YAML is at the same places."""
    text = '{\n"builds": [\n{"id": 1,\n"chroots": [{\n"name": "x"}]},\n{\n"timeout": 5}]}'
    path = write(tmp_path, text)
    result = run("check", path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}:5: builds[0].chroots[0].name: 'x' is no chroot name; expected distribution-version-architecture, "
        "such as fedora-41-x86_64",
        f"{path}:6: builds[1].id: missing, and required; add it",
        "1 scenario, 2 mistakes",
    ]
    path = write(tmp_path, "builds:\n  - id: 1\n    chroots:\n      - name: x\n\n  - timeout: 5", "s.yml")
    assert [(mistake.line, mistake.place) for mistake in mistakes_in(path)] == [
        (4, "builds[0].chroots[0].name"),
        (6, "builds[1].id"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "mistakes"),
    [
        ("a.json", '{"builds": [\n 1\n}', [":3:1: not JSON: "]),
        ("a.json", "", [":1:1: not JSON: Expecting value"]),
        ("a.yaml", "builds:\n - id: 1\n  x: [", [":3:3: not YAML: "]),
        ("a.yaml", "now: !!int x", [":1:6: not YAML that can be read: "]),
        ("a.json", '{"now": ' + "9" * 5000 + "}", [": scenario: not JSON that can be read: "]),
        ("a.json", "[" * 100_000, [": nested too deeply to be a scenario"]),
        # A key that is there twice is one mistake of several; the last one is read.
        (
            "a.json",
            '{"now": -1,\n"now": -2, "builds": [{"id": 1,\n"id": 2,\n"x": 1}]}',
            [
                *(":2: now: the key is there twice", ":2: now: expected a number from 0 to 2147483647, got -2"),
                *(":3: builds[0].id: the key is there twice", ":4: builds[0].x: no such key"),
            ],
        ),
        ("a.json", '{"a": 1, "a": 2, ]', [":1:18: not JSON: "]),
        (
            "a.yaml",
            "now: 1\nnow: 2\nbuilds:\n - id: 1\n   id: 2\n - &b\n   id: 3\n - *b",
            [":2: now: the key is", ":5: builds[0].id: the key is", ":7: builds[2].id: there is a build 3 already"],
        ),
        ("a.yaml", "1: x\n0x1: y", [": 1: the key is there twice", ":1: 1: no such key here"]),
    ],
)
def test_a_text_that_is_wrong_itself(tmp_path: Path, name: str, text: str, mistakes: list[str]) -> None:
    """Is one mistake where nothing can be read of it, with line and column."""
    path = write(tmp_path, text, name)
    lines = run("check", path).stdout.splitlines()[:-1]
    assert len(lines) == len(mistakes), lines
    for line, mistake in zip(lines, mistakes, strict=True):
        assert line.startswith(f"{path}{mistake}")


def test_files_are_checked_as_they_are_served_together(tmp_path: Path) -> None:
    """Each is added to those before it, as far as it is right."""
    one = write(tmp_path, {"projects": [PROJECT], "builds": [{"id": 1, "timeout": -1}, {"id": 2}]}, "1.json")
    two = write(tmp_path, {"projects": [PROJECT], "builds": [{"id": 2}, {"id": 3}]}, "2.json")
    found = [sorted(mistake.place for mistake in checked.mistakes) for checked in check([one, two, one])]
    assert found == [
        ["builds[0].timeout"],
        ["builds[0].id", "projects[0].projectname"],
        ["builds[0].id", "builds[0].timeout", "builds[1].id", "projects[0].projectname"],
    ]
    assert run("check", two).exit_code == 0


def test_all_that_ships_has_no_mistake() -> None:
    """Each by its name, and all together."""
    result = run("check", *by_name())
    assert (result.exit_code, result.stdout) == (0, f"{len(by_name())} scenarios, no mistake\n")


def test_what_cannot_be_read_is_said_and_the_rest_is_checked(tmp_path: Path) -> None:
    """The status is 2 then, whatever else is wrong."""
    path = write(tmp_path, {"x": 1})
    (tmp_path / "bytes.json").write_bytes(b"\xff")
    result = run("check", tmp_path / "nowhere.json", path, tmp_path, tmp_path / "bytes.json", "mass-rebild")
    assert result.exit_code == 2
    assert [line.partition(": ")[2] for line in result.stderr.splitlines()] == [
        f"{tmp_path / 'nowhere.json'}: no such file; expected a scenario in JSON or YAML",
        f"{tmp_path}: cannot be read: [Errno 21] Is a directory: '{tmp_path}'",
        f"{tmp_path / 'bytes.json'}: cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: "
        "invalid start byte",
        "mass-rebild: no such file, and no scenario of that name ships; did you mean 'mass-rebuild'? "
        f"valid: {', '.join(by_name())}",
    ]
    assert result.stdout.splitlines()[-1] == "5 scenarios, 1 mistake, 4 could not be read"
    assert run("check").exit_code == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('\n {"x": 1}', "<stdin>:2: x: no such key here"),
        ("# none\nx: 1", "<stdin>:2: x: no such key here"),
        ("[1", "<stdin>:1:3: not YAML: "),
        ("{1", "<stdin>:1:2: not JSON: "),
    ],
)
def test_standard_input_is_checked_too(text: str, line: str) -> None:
    """As JSON if it begins like it, else as YAML."""
    result = run("check", "-", text=text)
    assert result.exit_code == 1
    assert result.stdout.startswith(line)
    assert run("check", "-", text=b"\xff").stderr.startswith("Error: <stdin>: cannot be read: ")


def test_yaml_without_its_extra_is_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is said."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    result = run("check", write(tmp_path, "builds: []", "s.yaml"))
    assert result.exit_code == 2
    assert "pip install 'copr-chroot-fake[yaml]'" in result.stderr


@pytest.mark.parametrize(("seed", "exit_code"), [(0, 0), (1, 1)])
def test_what_hangs_on_the_seed_is_checked_with_that(tmp_path: Path, seed: int, exit_code: int) -> None:
    """A drawn life gets to a state with one, and not with another."""
    life = {"stages": [{"state": "running", "lasts": 1, "ends": {"succeeded": 1, "failed": 1}}]}
    document = chroots({"lifecycle": life, "hold": "failed"})
    assert run("check", "--seed", str(seed), write(tmp_path, document)).exit_code == exit_code


KEYS = st.sampled_from(["builds", "projects", "chroots", "faults", "id", "name", "lifecycle", "stages", "state"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([F43, "running", "succeeds"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def refusal(path: Path) -> tuple[str, str] | None:
    """Place and problem of what a file is not loaded for."""
    try:
        FakeCopr.from_scenario(path)
    except ScenarioError as error:
        return error.place, error.problem
    return None


def placed(value: object) -> st.SearchStrategy[object]:
    """A scenario that is right but for one value."""

    def put_at(at: At) -> object:
        document = copy.deepcopy(WHOLE)
        put(document, at, value)
        return document

    return st.sampled_from([*LEAVES, ("builds",), ("projects",), ("builds", 0, "chroots"), ("faults", 1)]).map(put_at)


@given(document=JSON | JSON.flatmap(placed), indent=st.sampled_from([None, 1]), ascii=st.booleans())
@example(document={"a\ud800\x1b": 1}, indent=None, ascii=True)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_file_is_checked_and_as_it_would_be_loaded(
    tmp_path: Path, document: object, indent: int | None, ascii: bool
) -> None:
    """It has mistakes if it would be refused, among them what it is refused for; the command says each on a line."""
    text = json.dumps(document, indent=indent, ensure_ascii=ascii)
    path = tmp_path / "any.json"
    path.write_bytes(text.encode(errors="replace"))
    result = run("check", path)
    mistakes = mistakes_in(path)
    refused = refusal(path)
    assert (refused is None) == (mistakes == [])
    assert refused is None or refused in [(mistake.place, mistake.problem) for mistake in mistakes]
    assert (result.exit_code, len(result.stdout.splitlines())) == (int(bool(mistakes)), len(mistakes) + 1)
    assert all(mistake.line is not None and 1 <= mistake.line <= text.count("\n") + 1 for mistake in mistakes)


@given(text=st.text() | st.text(st.sampled_from("abc:-?[]{}&*!<>#'\" \n1")), name=st.sampled_from(["a.json", "a.yaml"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_text_a_file_has_is_checked(tmp_path: Path, text: str, name: str) -> None:
    """It has mistakes, or is a scenario."""
    path = tmp_path / name
    path.write_bytes(text.encode(errors="replace"))
    (checked,) = check([path])
    assert checked.unreadable is None
    assert bool(checked.mistakes) == (refusal(path) is not None)


@given(document=JSON)
@settings(max_examples=100, deadline=None)
def test_the_places_of_a_text_are_those_of_what_it_says(document: object) -> None:
    """All of them, whatever the keys and the texts; and a line begins with each where it is written so."""

    def all_places(value: object, place: str) -> Iterator[str]:
        yield place
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from all_places(inner, f"{place}.{key}" if place else key)
        elif isinstance(value, list):
            for at, inner in enumerate(value):
                yield from all_places(inner, f"{place}[{at}]")

    expected = [*all_places(document, "")]
    flat = [*json_places.walk(json.dumps(document), None)]
    assert [found.place for found in flat] == expected
    assert {found.line for found in flat} == {1}
    spread = [*json_places.walk("\n" + json.dumps(document, indent=2), None)]
    assert [found.place for found in spread] == expected
    assert spread[0].line == 2
    lines = [found.line for found in spread]
    assert lines == sorted(set(lines))


def test_aliases_and_merges_of_yaml_have_their_places() -> None:
    """A line is that where the value is written; what is merged is where it is merged from, unless it is said anew."""
    text = "a: &a\n  x: 1\n  y: 2\nb:\n  <<: *a\n  y: 3\nc: *a\nd: &d\n  - *d\n"
    wanted = ["a.x", "b.x", "b.y", "c.x", "d[0][0][0]", "c.nowhere"]
    found = places.lines(yaml_places.walk, text, wanted)
    assert found == {"a.x": 2, "b.x": 2, "b.y": 6, "c.x": 2, "d[0][0][0]": 8, "c.nowhere": 7}
    assert [*places.repeats(yaml_places.walk, text)] == []


# What is shown.


def shown(*arguments: str | Path, **env: str) -> str:
    result = run("show", *arguments, **{"COLUMNS": "100", **env})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_a_scenario_is_shown_with_builds_chroots_and_times() -> None:
    """A table of the builds, and of the chroots that stay as they are; nothing is coloured in a pipe."""
    text = shown("all-states")
    lines = text.splitlines()
    assert lines[0] == "all-states: 3 builds, 17 chroots, 2 projects, 0 faults"
    for row in (
        r"@copr/copr-dev +11 +copr://jdoe/playground,",
        r"2 +python-requests +jdoe/playground:pr:12 +3 +3 succeeded +6",
        r"fedora-43-x86_64 +succeeded +2026-01-01 10:01:00 +4m 12s +4",
        r"fedora-42-s390x +pending",
        r"Build 3  ripgrep  jdoe/playground  realistic",
    ):
        assert re.search(f"^{row}", text, flags=re.MULTILINE), row
    assert {str(state) for state in State} <= set(re.findall(r"\w+", text))
    assert "\x1b" not in text


def test_faults_are_shown() -> None:
    """Which requests each hits, and what goes wrong."""
    text = shown("outages")
    for row in (
        r"1 +build_id 601, first 1 +status 504",
        r"3 +endpoint list, build_id 603 +delay lognormal median 8 sigma 0.8 least 2 most 60",
        r"10 +build_id 610 +dribble bytes 32 every 0.2",
        r"16 +build_id 616 +delay uniform 0.5 to 3",
    ):
        assert re.search(f"^{row}", text, flags=re.MULTILINE), row


def bars(text: str, chroot: str = F43) -> str:
    """The bar of a chroot, and how it ends."""
    (line,) = re.findall(rf"^{chroot} +([A-Z].*?) *$", text, flags=re.MULTILINE)
    return str(line)


@pytest.mark.parametrize("name", LIVES)
@pytest.mark.parametrize("columns", [60, 100, 200])
def test_each_life_is_a_bar_that_reads_without_colour(name: str, columns: int) -> None:
    """A letter for each stage in order, as long as it lasts, and how it ends; within the terminal's width."""
    text = shown(name, COLUMNS=str(columns))
    assert max(map(len, text.splitlines())) <= columns
    assert f"  {name}\n" in text
    fake = FakeCopr.from_scenario(name, progress="clock")
    (build,) = fake.builds.values()
    for chroot in build:
        assert chroot.life is not None
        lasting = timeline.lasting(chroot.life.plan)
        line = bars(text, chroot.name)
        assert re.findall("[A-Z]", line.split(" ")[0]) == [timeline.letter_of(stage) for stage in lasting]
        last = chroot.life.plan[-1].state
        assert ("build deleted" if last == "deleted" else str(last)) in line
        assert ("for ever" in line) == timeline.is_open(chroot.life.plan)
        for stage in lasting:
            word = "canceled" if stage.canceled else stage.state
            assert re.search(rf"\b{timeline.letter_of(stage)} {word}\b", text)


STAGES = st.lists(
    st.tuples(st.sampled_from(["importing", "pending", "running"]), st.floats(0, 10_000)), min_size=1, max_size=12
)


@given(lasting=STAGES, is_open=st.booleans(), cells=st.integers(8, 300), longer=st.floats(1, 10))
def test_a_bar_is_proportional_and_shows_every_stage(
    lasting: list[tuple[str, float]], is_open: bool, cells: int, longer: float
) -> None:
    """Each stage begins where its time is, unless stages that hardly last push it on; none is left out that fits."""
    plan = [PlannedStage(State(state), lasts) for state, lasts in lasting]
    plan.append(PlannedStage(State.RUNNING if is_open else State.FAILED, None))
    scale = Scale(timeline.scale_for([plan], cells).seconds * longer, cells)
    drawn = timeline.pieces(plan, scale)
    count = len(lasting) + is_open
    assert len(drawn) == min(count, cells)
    assert all(piece.cells >= 1 for piece in drawn)
    assert sum(piece.cells for piece in drawn) <= cells
    if is_open and count <= cells:
        assert sum(piece.cells for piece in drawn) == cells
    begin, seconds = 0, 0.0
    for piece, (_, lasts) in zip(drawn, lasting, strict=False):
        if scale.seconds and count <= cells:
            assert abs(begin - seconds / scale.seconds * cells) <= count
        begin += piece.cells
        seconds += lasts


@pytest.mark.parametrize("seconds", [1, 9, 59, 60, 301, 3600, 7200, 86_400, 10_000_000])
@pytest.mark.parametrize("cells", [8, 40, 200])
def test_an_axis_has_round_times_where_they_are(seconds: float, cells: int) -> None:
    """From 0 on, and far enough from each other to be read."""
    ticks = timeline.ticks(Scale(seconds, cells), 9)
    assert ticks[0] == (0, 0)
    assert all(later - cell >= 8 for (cell, _), (later, _) in pairwise(ticks))
    assert all(cell == round(time / seconds * cells) for cell, time in ticks)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.6, "1m"), (61, "1m 01s"), (300, "5m"), (3600, "1h"), (3661, "1h 01m"), (90_000, "1d 01h")],
)
def test_a_duration_is_said_in_two_units(seconds: float, text: str) -> None:
    """At most."""
    assert timeline.duration(seconds) == text


def in_terminal(*arguments: str, columns: int = 100, **env: str) -> str:
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR")}
    environment = {**plain, "TERM": "xterm-256color", **env}
    process = subprocess.Popen([*COMMAND, "scenario", *arguments], stdout=theirs, env=environment)
    os.close(theirs)
    written = b""
    with os.fdopen(ours, "rb", closefd=True, buffering=0) as screen:
        try:
            while chunk := screen.read(65536):
                written += chunk
        except OSError:
            # That is the end of a terminal.
            pass
    assert process.wait(10) == 0
    return written.decode().replace("\r\n", "\n")


def test_a_terminal_has_colours_unless_told_otherwise() -> None:
    """And the text is the same, as wide as the terminal."""
    coloured, plain = in_terminal("show", "retried"), in_terminal("show", "retried", NO_COLOR="1")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain == shown("retried")
    assert len(bars(in_terminal("show", "retried", NO_COLOR="1", columns=180))) > 150


def test_a_terminal_that_knows_only_ascii_gets_that() -> None:
    """Nothing fails."""
    command = [*COMMAND, "scenario", "show", "all-states"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    text = subprocess.run(command, capture_output=True, env=environment, check=True).stdout
    assert b"I-" in text
    assert text.isascii()


def test_names_do_nothing_to_the_terminal(tmp_path: Path) -> None:
    """Neither as markup nor as what a terminal obeys."""
    document = builds({"package": "[red]\x1b[31mx:smile:", "projectname": "a\u202eb"})
    for text in (shown(write(tmp_path, document)), run("check", write(tmp_path, {"\x1b[31m": 1})).stdout):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert r"[red]\x1b[31mx:smile:" in shown(write(tmp_path, document))


@pytest.mark.parametrize("command", ["scenario show", "serve"])
def test_what_a_scenario_is_refused_for_does_nothing_to_the_terminal_either(tmp_path: Path, command: str) -> None:
    """It is written out, on one line."""
    path = write(tmp_path, {"\x1b[31mred\u202e": 1})
    result = CliRunner().invoke(main, [*command.split(), str(path)], color=True)
    assert result.exit_code == 2
    assert result.stderr.startswith(rf"Error: {path}: \x1b[31mred\u202e: no such key here")


def test_only_so_much_is_shown(tmp_path: Path) -> None:
    """So many chroots, and of what is left out how many; or only some builds."""
    text = shown("pages", "--limit", "120")
    assert len(re.findall(r"^\S+ +(?:succeeded|failed) +\d", text, flags=re.MULTILINE)) == 120
    assert text.splitlines()[-1] == "… and 130 chroots more; --limit shows more of them, --build those of a build"
    text = shown("mass-rebuild", "--limit", "237")
    assert text.splitlines()[-1].startswith("… and 3 chroots more; ")
    text = shown("mass-rebuild", "--limit", "235")
    assert text.splitlines()[-1].startswith("… and 1 build, 5 chroots more; ")
    text = shown(write(tmp_path, builds({}, {}, {})), "--limit", "1")
    assert text.splitlines()[-1].startswith("… and 2 builds more; ")
    text = shown("mass-rebuild", "--build", "1007", "--build", "1009")
    assert re.findall(r"^Build (\d+)", text, flags=re.MULTILINE) == ["1007", "1009"]
    assert "more;" not in text


def test_a_build_that_is_not_there_cannot_be_shown() -> None:
    """What to say instead is said, with status 2."""
    result = run("show", "pages", "--build", "100", "--build", "7")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: pages has no build 7; leave --build out to see those that it has\n"


def test_lives_that_go_on_otherwise_or_are_held_are_marked(tmp_path: Path) -> None:
    """By poll, by hand, in a canceled build; and the rest of a life begins where it is."""
    document = builds(
        {"lifecycle": "succeeds", "progress": {"poll": 2}, "chroots": [{"name": F43, "hold": "running"}]},
        {
            "progress": "manual",
            "canceled": True,
            "chroots": [{"name": S390X, "lifecycle": "fails", "state": "running"}],
        },
    )
    text = shown(write(tmp_path, document))
    assert bars(text).endswith("succeeded after 5m, held in running, by poll")
    assert re.match(r"R━+ failed after 4m, by hand$", bars(text, S390X))
    assert "  fails  canceled\n" in text


def test_a_scenario_with_a_mistake_is_not_shown(tmp_path: Path) -> None:
    """The first is said, with status 2; so is a name that there is not."""
    path = write(tmp_path, {"x": 1})
    for name, problem in ((str(path), f"{path}: x: no such key here"), ("page", "did you mean 'pages'?")):
        result = run("show", name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert problem in result.stderr


# What is made, and the schema.


def test_a_scenario_is_made_up_the_same_from_the_same_seed(tmp_path: Path) -> None:
    """With as many builds as are asked for, and no mistake."""
    path = tmp_path / "made.json"
    made = run("make", "--builds", "20", "--chroots", "3", "--seed", "7")
    assert run("make", "--builds", "20", "--chroots", "3", "--seed", "7", "-o", path).stdout == ""
    assert path.read_text() == made.stdout
    assert run("make", "--builds", "20", "--chroots", "3", "--seed", "8").stdout != made.stdout
    assert run("check", path).exit_code == 0
    fake = FakeCopr.from_scenario(path)
    assert len(fake.builds) == 20
    assert 1 <= sum(len(build.chroots) for build in fake.builds.values()) / 20 <= 5


def test_without_faker_nothing_is_made_up() -> None:
    """The remedy is said."""
    code = (
        "import sys; sys.modules['faker'] = sys.modules['faker.providers'] = None; "
        "from copr_chroot_fake.cli import main; main(['scenario', 'make'])"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert made.returncode == 2
    assert "pip install 'copr-chroot-fake[faker]'" in made.stderr


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    """With status 2."""
    result = run("schema", "-o", tmp_path / "nowhere" / "file")
    assert result.exit_code == 2
    assert result.stderr == f"Error: {tmp_path}/nowhere/file: cannot be written: No such file or directory\n"


def test_the_schema_is_that_of_the_types(tmp_path: Path) -> None:
    """And a scenario may say where it is."""
    path = tmp_path / "schema.json"
    assert json.loads(run("schema").stdout) == scenario_schema()
    run("schema", "--output", path)
    assert path.read_text() == run("schema").stdout
    scenario = write(tmp_path, {"$schema": "./schema.json", "builds": [{"id": 1}]})
    assert run("check", scenario).exit_code == 0
    assert "$schema" not in FakeCopr.from_scenario(scenario).to_scenario()


@pytest.mark.parametrize("command", [["--help"], ["scenario", "check", "--help"], ["scenario", "check", "pages"]])
def test_what_is_not_needed_is_not_loaded(command: list[str]) -> None:
    """Neither to say what can be done, nor to check JSON."""
    code = (
        "import sys; from copr_chroot_fake.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "assert not {'rich', 'yaml', 'faker', 'uvicorn'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True)


def test_a_scenario_that_ships_is_served_by_its_name() -> None:
    """Several, too."""
    with starting() as start:
        served = start("pages", "mass-rebuild")
        assert len(served.get("/api_3/build-chroot/list?build_id=100&offset=200")["items"]) == 50
        assert len(served.get("/api_3/build-chroot/list?build_id=1060")["items"]) == 4
