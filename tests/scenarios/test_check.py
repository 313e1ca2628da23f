"""``scenario check`` reports all errors in a scenario with their lines."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings

from copr_chroot_fake import FakeCopr, ScenarioError
from copr_chroot_fake.cli.check import Diagnostic, check
from copr_chroot_fake.scenario.files import by_name

from ..examples import examples
from .command import run
from .examples import INVALID_SCENARIOS, JSON, PROJECT, TOGETHER, WHOLE, chroots, write


def errors_in(path: Path) -> list[Diagnostic]:
    (report,) = check([path])
    return [*report.errors]


Keys = tuple[str | int, ...]
"""The keys and indexes that lead to a value in a document."""


def scalars(value: object, keys: Keys = ()) -> Iterator[Keys]:
    """Yield the keys of each value that is neither an object nor a list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from scalars(inner, (*keys, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from scalars(inner, (*keys, index))
    else:
        yield keys


def location_of(keys: Keys) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def set_value(document: Any, keys: Keys, value: object) -> None:
    for key in keys[:-1]:
        document = document[key]
    document[keys[-1]] = value


SCALARS = [
    keys for keys in scalars(WHOLE) if not isinstance(keys[-1], str) or keys[-1] not in ("version", "release", "arch")
]
FREE_TEXT = {
    *("additional_modules", "additional_packages", "additional_repos", "with_opts", "without_opts", "bootstrap_image"),
    *("packit_forge_projects_allowed", "runtime_dependencies", "chroot_denylist", "comps_name", "clone_url"),
    *("description", "instructions", "homepage", "contact", "storage", "creator", "webhook_secret", "submitter"),
    *("login", "token", "fas_name", "url", "error", "build.log", "hello.spec"),
}
"""Keys of which any text is a valid value."""


def is_checked(keys: Keys) -> bool:
    """Whether not every text is valid as a value, for the keys that lead to it."""
    is_name = keys[-1] == "name" and (
        keys[0] in ("accounts", "dist_gits") or ("chroots" in keys and "packages" in keys)
    )
    return not is_name and FREE_TEXT.isdisjoint(keys)


CHECKED_SCALARS = [*filter(is_checked, SCALARS)]

FORMATS: Mapping[str, Callable[[object], str]] = {
    "json": lambda document: json.dumps(document, indent=1),
    "yaml": lambda document: yaml.safe_dump(document, sort_keys=False, width=1000),
}


def test_valid_scenario_has_no_errors(tmp_path: Path) -> None:
    """The other tests break this scenario."""
    assert errors_in(write(tmp_path, WHOLE)) == []


@pytest.mark.sampled
@pytest.mark.parametrize("format_", FORMATS)
@given(broken=st.lists(st.sampled_from(CHECKED_SCALARS), min_size=1, max_size=12, unique=True))
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_invalid_value_is_reported_on_its_line(tmp_path: Path, format_: str, broken: list[Keys]) -> None:
    document = copy.deepcopy(WHOLE)
    for number, keys in enumerate(broken):
        set_value(document, keys, f"/wrong {number}/")
    text = FORMATS[format_](document)
    lines = text.split("\n")
    expected = {
        location_of(keys): 1 + next(row for row, line in enumerate(lines) if f"/wrong {number}/" in line)
        for number, keys in enumerate(broken)
    }
    errors = errors_in(write(tmp_path, text, f"broken.{format_}"))
    assert {error.location: error.line for error in errors} == expected
    assert len(errors) == len(expected)
    assert errors == sorted(errors, key=lambda error: error.line or 0)


@pytest.mark.parametrize(("document", "message"), INVALID_SCENARIOS, ids=[row[1][:60] for row in INVALID_SCENARIOS])
def test_errors_include_the_error_of_loading(tmp_path: Path, document: object, message: str) -> None:
    """The messages are the same, and the exit status is 1."""
    path = write(tmp_path, document)
    result = run("check", path)
    assert (result.exit_code, result.stderr) == (1, "")
    without_line = message.partition(": ")[2] if message.startswith("line ") else message.replace("a b:", r"a\nb:")
    assert any(line.startswith(f"{path}:") and without_line in line for line in result.stdout.splitlines())


@pytest.mark.parametrize("example", TOGETHER)
def test_all_errors_are_reported(tmp_path: Path, example: str) -> None:
    """Errors that are only the consequence of another one are not."""
    document, expected = TOGETHER[example]
    assert sorted(error.location for error in errors_in(write(tmp_path, document))) == expected


def test_error_has_file_line_location_and_remedy(tmp_path: Path) -> None:
    """A summary follows. The locations in YAML are the same."""
    text = '{\n"builds": [\n{"id": 1,\n"chroots": [{\n"name": "x"}]},\n{\n"timeout": 5}]}'
    path = write(tmp_path, text)
    result = run("check", path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}:5: builds[0].chroots[0].name: 'x' is not a chroot name; expected distribution-version-architecture, "
        "such as fedora-41-x86_64",
        f"{path}:6: builds[1].id: missing, and required; add it",
        "1 scenario, 2 errors",
    ]
    path = write(tmp_path, "builds:\n  - id: 1\n    chroots:\n      - name: x\n\n  - timeout: 5", "s.yml")
    assert [(error.line, error.location) for error in errors_in(path)] == [
        (4, "builds[0].chroots[0].name"),
        (6, "builds[1].id"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "errors"),
    [
        ("a.json", '{"builds": [\n 1\n}', [":3:1: not JSON: "]),
        ("a.json", "", [":1:1: not JSON: Expecting value"]),
        ("a.yaml", "builds:\n - id: 1\n  x: [", [":3:3: not YAML: "]),
        ("a.yaml", "now: !!int x", [":1:6: invalid YAML: "]),
        ("a.json", '{"now": ' + "9" * 5000 + "}", [": scenario: invalid JSON: "]),
        ("a.json", "[" * 100_000, [": nested too deeply to be a scenario"]),
        ("a.json", '{"now": -1,\n"builds": [{"id": 1,\n"id": 2,\n"x": 1}]}', [":3: builds[0].id: duplicate key"]),
        ("a.json", '{"a": 1, "a": 2, ]', [":1:18: not JSON: "]),
        ("a.yaml", "now: 1\nbuilds:\n - id: 1\n   id: 2", [":4: builds[0].id: duplicate key"]),
        ("a.yaml", "builds:\n - &b\n   id: 3\n - *b", [":3: builds[1].id: build 3 already exists"]),
        ("a.yaml", "1: x\n0x1: y", [": 1: duplicate key"]),
    ],
)
def test_invalid_text_has_errors_with_their_lines(tmp_path: Path, name: str, text: str, errors: list[str]) -> None:
    """If the text cannot be parsed, there is one error with line and column."""
    path = write(tmp_path, text, name)
    lines = run("check", path).stdout.splitlines()[:-1]
    assert len(lines) == len(errors), lines
    for line, error in zip(lines, errors, strict=True):
        assert line.startswith(f"{path}{error}")


def test_files_are_checked_as_if_loaded_together(tmp_path: Path) -> None:
    """A file with errors is not added."""
    one = write(tmp_path, {"projects": [PROJECT], "builds": [{"id": 1}, {"id": 2}]}, "1.json")
    two = write(tmp_path, {"projects": [PROJECT], "builds": [{"id": 2}, {"id": 3}]}, "2.json")
    three = write(tmp_path, {"builds": [{"id": 3}, {"id": 4, "timeout": -1}]}, "3.json")
    found = [sorted(error.location for error in report.errors) for report in check([one, two, three])]
    assert found == [[], ["builds[0].id", "projects[0].projectname"], ["builds[1].timeout"]]
    assert run("check", two).exit_code == 0


def test_bundled_scenarios_have_no_errors() -> None:
    """They are found by name, and can be loaded together."""
    result = run("check", *by_name())
    assert (result.exit_code, result.stdout) == (0, f"{len(by_name())} scenarios, no errors\n")


def test_unreadable_file_is_reported_and_others_are_checked(tmp_path: Path) -> None:
    """The exit status is 2."""
    path = write(tmp_path, {"x": 1})
    (tmp_path / "bytes.json").write_bytes(b"\xff")
    result = run("check", tmp_path / "nowhere.json", path, tmp_path, tmp_path / "bytes.json", "mass-rebild")
    assert result.exit_code == 2
    assert [line.partition(": ")[2] for line in result.stderr.splitlines()] == [
        f"{tmp_path / 'nowhere.json'}: no such file; expected a scenario in JSON or YAML",
        f"{tmp_path}: cannot be read: Is a directory",
        f"{tmp_path / 'bytes.json'}: cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: "
        "invalid start byte",
        "mass-rebild: no such file, and no bundled scenario of that name; did you mean 'mass-rebuild'? "
        f"valid: {', '.join(by_name())}",
    ]
    assert result.stdout.splitlines()[-1] == "5 scenarios, 1 error, 4 could not be read"
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
def test_standard_input_can_be_checked(text: str, line: str) -> None:
    """It is read as JSON if it begins with a brace, else as YAML."""
    result = run("check", "-", text=text)
    assert result.exit_code == 1
    assert result.stdout.startswith(line)
    assert run("check", "-", text=b"\xff").stderr.startswith("Error: <stdin>: cannot be read: ")


@pytest.mark.parametrize(("hold", "exit_code"), [("failed", 0), ("succeeded", 0), ("canceled", 1)])
def test_state_that_a_random_lifecycle_can_reach_is_valid(tmp_path: Path, hold: str, exit_code: int) -> None:
    """Whether it is reached with one seed or another."""
    lifecycle = {"stages": [{"state": "running", "lasts": 1, "ends": {"succeeded": 1, "failed": 1}}]}
    document = chroots({"lifecycle": lifecycle, "hold": hold})
    assert run("check", write(tmp_path, document)).exit_code == exit_code


def loading_error(path: Path) -> tuple[str, str] | None:
    """Return location and problem of the error if a file cannot be loaded."""
    try:
        FakeCopr.from_scenario(path)
    except ScenarioError as error:
        return error.location, error.problem
    return None


def with_value(value: object) -> st.SearchStrategy[object]:
    """Return scenarios that are valid except, perhaps, for one value."""

    def replaced(keys: Keys) -> object:
        document = copy.deepcopy(WHOLE)
        set_value(document, keys, value)
        return document

    containers: list[Keys] = [
        *(
            ("builds",),
            ("projects",),
            ("builds", 0, "chroots"),
            ("faults", 1),
            ("accounts",),
            ("groups",),
            ("batches",),
        ),
        *(("batches", 1), ("last_ids",), ("builds", 2, "source"), ("projects", 0, "packages")),
    ]
    return st.sampled_from([*SCALARS, *containers]).map(replaced)


@pytest.mark.sampled
@given(document=JSON | JSON.flatmap(with_value), indent=st.sampled_from([None, 1]), ascii=st.booleans())
@example(document={"a\ud800\x1b": 1}, indent=None, ascii=True)
@example(document={".": 1}, indent=None, ascii=True)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_has_errors_exactly_when_loading_fails(
    tmp_path: Path, document: object, indent: int | None, ascii: bool
) -> None:
    """The error of loading is among them, and the command prints each on a line."""
    text = json.dumps(document, indent=indent, ensure_ascii=ascii)
    path = tmp_path / "any.json"
    path.write_bytes(text.encode(errors="replace"))
    result = run("check", path)
    errors = errors_in(path)
    expected = loading_error(path)
    assert (expected is None) == (errors == [])
    assert expected is None or expected in [(error.location, error.problem) for error in errors]
    assert (result.exit_code, len(result.stdout.splitlines())) == (int(bool(errors)), len(errors) + 1)
    assert all(error.line is not None and 1 <= error.line <= text.count("\n") + 1 for error in errors)


@pytest.mark.sampled
@given(text=st.text() | st.text(st.sampled_from("abc:-?[]{}&*!<>#'\" \n1")), name=st.sampled_from(["a.json", "a.yaml"]))
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_errors_exactly_when_loading_fails(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(errors="replace"))
    (report,) = check([path])
    assert report.unreadable is None
    assert bool(report.errors) == (loading_error(path) is not None)


def test_unreadable_results_are_reported_with_their_line(tmp_path: Path) -> None:
    """Beside the other errors of the scenario; a file that can be read is no error."""
    (tmp_path / "there.log").write_text("boom\n")
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "builds:\n"
        "- id: 1\n"
        "  timeout: -1\n"
        "  source_results:\n"
        "    build.log: {file: missing.log}\n"
        "    root.log: {file: there.log}\n"
    )
    errors = errors_in(path)
    assert [(error.line, error.location) for error in errors] == [
        (3, "builds[0].timeout"),
        (5, "builds[0].source_results.build.log.file"),
    ]
