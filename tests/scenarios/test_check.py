"""Every mistake in a scenario is found, and named with its line: by the command, or in Python where that says more."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings

from copr_chroot_fake import FakeCopr, ScenarioError
from copr_chroot_fake.scenario.bundled import by_name
from copr_chroot_fake.scenario_cli.check import Mistake, check

from ..examples import examples
from .command import run
from .examples import JSON, MISTAKES, PROJECT, TOGETHER, WHOLE, chroots, write


def mistakes_in(path: Path) -> list[Mistake]:
    (checked,) = check([path])
    return [*checked.mistakes]


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
    """Otherwise the tests that break it would prove nothing."""
    assert mistakes_in(write(tmp_path, WHOLE)) == []


@pytest.mark.parametrize("form", WRITTEN)
@given(broken=st.lists(st.sampled_from(BREAKABLE), min_size=1, max_size=12, unique=True))
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_broken_value_is_reported_on_its_line(tmp_path: Path, form: str, broken: list[At]) -> None:
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
    """In the same words, as the same reader finds them; the command exits with status 1."""
    path = write(tmp_path, document)
    result = run("check", path)
    assert (result.exit_code, result.stderr) == (1, "")
    without_line = message.partition(": ")[2] if message.startswith("line ") else message.replace("a b:", r"a\nb:")
    assert any(line.startswith(f"{path}:") and without_line in line for line in result.stdout.splitlines())


@pytest.mark.parametrize("what", TOGETHER)
def test_several_mistakes_in_one_scenario_are_all_found(tmp_path: Path, what: str) -> None:
    """But none that is only the consequence of another."""
    document, expected = TOGETHER[what]
    assert sorted(mistake.place for mistake in mistakes_in(write(tmp_path, document))) == expected


def test_a_mistake_is_a_line_with_file_line_place_and_remedy(tmp_path: Path) -> None:
    """A summary follows. In YAML the places are the same."""
    text = '{\n"builds": [\n{"id": 1,\n"chroots": [{\n"name": "x"}]},\n{\n"timeout": 5}]}'
    path = write(tmp_path, text)
    result = run("check", path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}:5: builds[0].chroots[0].name: 'x' is not a chroot name; expected distribution-version-architecture, "
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
                *(":3: builds[0].id: the key is there twice", ":4: builds[0].x: unknown key"),
            ],
        ),
        ("a.json", '{"a": 1, "a": 2, ]', [":1:18: not JSON: "]),
        (
            "a.yaml",
            "now: 1\nnow: 2\nbuilds:\n - id: 1\n   id: 2\n - &b\n   id: 3\n - *b",
            [":2: now: the key is", ":5: builds[0].id: the key is", ":7: builds[2].id: there is a build 3 already"],
        ),
        ("a.yaml", "1: x\n0x1: y", [": 1: the key is there twice", ":1: 1: unknown key"]),
    ],
)
def test_invalid_text_has_errors_with_their_lines(tmp_path: Path, name: str, text: str, mistakes: list[str]) -> None:
    """If it cannot be read at all, there is only one mistake, with its column."""
    path = write(tmp_path, text, name)
    lines = run("check", path).stdout.splitlines()[:-1]
    assert len(lines) == len(mistakes), lines
    for line, mistake in zip(lines, mistakes, strict=True):
        assert line.startswith(f"{path}{mistake}")


def test_files_are_checked_as_they_are_served_together(tmp_path: Path) -> None:
    """Each is added to those before it; what is wrong of it is left out."""
    one = write(tmp_path, {"projects": [PROJECT], "builds": [{"id": 1, "timeout": -1}, {"id": 2}]}, "1.json")
    two = write(tmp_path, {"projects": [PROJECT], "builds": [{"id": 2}, {"id": 3}]}, "2.json")
    found = [sorted(mistake.place for mistake in checked.mistakes) for checked in check([one, two, one])]
    assert found == [
        ["builds[0].timeout"],
        ["builds[0].id", "projects[0].projectname"],
        ["builds[0].id", "builds[0].timeout", "builds[1].id", "projects[0].projectname"],
    ]
    assert run("check", two).exit_code == 0


def test_the_scenarios_that_ship_have_no_mistake() -> None:
    """They are found by name, and checked together."""
    result = run("check", *by_name())
    assert (result.exit_code, result.stdout) == (0, f"{len(by_name())} scenarios, no mistake\n")


def test_unreadable_file_is_reported_and_others_are_checked(tmp_path: Path) -> None:
    """The status is 2 then, whatever mistakes the others have."""
    path = write(tmp_path, {"x": 1})
    (tmp_path / "bytes.json").write_bytes(b"\xff")
    result = run("check", tmp_path / "nowhere.json", path, tmp_path, tmp_path / "bytes.json", "mass-rebild")
    assert result.exit_code == 2
    assert [line.partition(": ")[2] for line in result.stderr.splitlines()] == [
        f"{tmp_path / 'nowhere.json'}: no such file; expected a scenario in JSON or YAML",
        f"{tmp_path}: cannot be read: Is a directory",
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
        ('\n {"x": 1}', "<stdin>:2: x: unknown key"),
        ("# none\nx: 1", "<stdin>:2: x: unknown key"),
        ("[1", "<stdin>:1:3: not YAML: "),
        ("{1", "<stdin>:1:2: not JSON: "),
    ],
)
def test_standard_input_is_checked_too(text: str, line: str) -> None:
    """As JSON if it begins with a brace, else as YAML."""
    result = run("check", "-", text=text)
    assert result.exit_code == 1
    assert result.stdout.startswith(line)
    assert run("check", "-", text=b"\xff").stderr.startswith("Error: <stdin>: cannot be read: ")


def test_yaml_cannot_be_read_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install it."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    result = run("check", write(tmp_path, "builds: []", "s.yaml"))
    assert result.exit_code == 2
    assert "pip install 'copr-chroot-fake[yaml]'" in result.stderr


@pytest.mark.parametrize(("hold", "exit_code"), [("failed", 0), ("succeeded", 0), ("canceled", 1)])
def test_state_that_a_random_lifecycle_can_reach_is_valid(tmp_path: Path, hold: str, exit_code: int) -> None:
    """Whether it is reached with one seed or another."""
    life = {"stages": [{"state": "running", "lasts": 1, "ends": {"succeeded": 1, "failed": 1}}]}
    document = chroots({"lifecycle": life, "hold": hold})
    assert run("check", write(tmp_path, document)).exit_code == exit_code


def refusal(path: Path) -> tuple[str, str] | None:
    """Place and problem of what a file is not loaded for."""
    try:
        FakeCopr.from_scenario(path)
    except ScenarioError as error:
        return error.location, error.problem
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
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_has_errors_exactly_when_loading_fails(
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
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_errors_exactly_when_loading_fails(tmp_path: Path, text: str, name: str) -> None:
    """Checking never fails."""
    path = tmp_path / name
    path.write_bytes(text.encode(errors="replace"))
    (checked,) = check([path])
    assert checked.unreadable is None
    assert bool(checked.mistakes) == (refusal(path) is not None)
