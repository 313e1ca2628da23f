"""Scenarios in YAML: aliases, merge keys, and located errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr, ScenarioError
from copr_chroot_fake.cli.check import check

from ..chroots import F41

KEYS = "$schema, now, chroots, accounts, groups, batches, dist_gits, last_ids, projects, builds, submissions, faults"

MERGED = """\
builds:
  - &defaults
    id: 1
    package: hello
    timeout: 100
    chroots: &chroots
      - {name: fedora-41-x86_64, state: running}
  - <<: *defaults
    id: 2
  - <<: [{timeout: 300}, *defaults]
    id: 3
    package: world
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(text)
    return path


def problem_in(path: Path) -> str:
    with pytest.raises(ScenarioError) as raised:
        FakeCopr.from_scenario(path)
    return str(raised.value).removeprefix(f"{path}: ")


def errors_in(path: Path) -> list[str]:
    """Return the errors as the command prints them, without the file name."""
    (checked,) = check([path])
    return [str(error).removeprefix(f"{path}:") for error in checked.errors]


def test_merge_keys_add_missing_keys(tmp_path: Path) -> None:
    """The object's own keys take precedence, then the first merged object."""
    path = write(tmp_path, MERGED)
    assert errors_in(path) == []
    builds = FakeCopr.from_scenario(path).builds.values()
    assert [(build.id, build.package, build.timeout) for build in builds] == [
        (1, "hello", 100),
        (2, "hello", 100),
        (3, "world", 300),
    ]
    assert {build[F41].state.value for build in builds} == {"running"}


def test_overridden_merged_key_is_not_a_duplicate(tmp_path: Path) -> None:
    """In either order."""
    text = "projects:\n - {ownername: a, <<: &x {projectname: b, devel_mode: true, <<: {devel_mode: false}}}\n"
    project = FakeCopr.from_scenario(write(tmp_path, f"{text} - {{<<: *x, ownername: c}}\n")).projects["c/b"]
    assert project.settings.devel_mode


def test_error_in_merged_value_has_the_line_of_the_object(tmp_path: Path) -> None:
    text = MERGED.replace("timeout: 300", "timeout: no").replace("package: hello", "package: a/b")
    remedy = "expected a plain name"
    assert errors_in(write(tmp_path, text)) == [
        f"4: builds[0].package: 'a/b' has a slash or white space around it; {remedy}",
        f"8: builds[1].package: 'a/b' has a slash or white space around it; {remedy}",
        "10: builds[2].timeout: expected a whole number from 0 to 2147483647, got False",
    ]


def test_repeated_merge_key_is_rejected(tmp_path: Path) -> None:
    path = write(tmp_path, "builds:\n- id: 1\n  <<: {timeout: 1}\n  <<: {memory_limit: 2}\n")
    assert problem_in(path) == "<<: duplicate key; expected once"
    assert errors_in(path) == ["4: builds[0].<<: duplicate key; expected once"]


def test_aliases_of_many_builds_are_read(tmp_path: Path) -> None:
    chroots = ", ".join(f"{{name: fedora-{number}-x86_64}}" for number in range(20))
    builds = "".join(f"- {{id: {number}, chroots: *all}}\n" for number in range(2, 100))
    path = write(tmp_path, f"builds:\n- {{id: 1, chroots: &all [{chroots}]}}\n{builds}")
    assert {len(build.chroots) for build in FakeCopr.from_scenario(path).builds.values()} == {20}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("builds: &a [*a]", "builds[0]: expected an object, got [[[[...]]]]"),
        ("&a {<<: *a}", "nested too deeply to be a scenario"),
        ("builds: *a", "line 1, column 9: not YAML: found undefined alias"),
        ("now: .nan", "now: expected a number from 0 to 2147483647, got nan"),
        ("now: -.inf", "now: expected a number from 0 to 2147483647, got -inf"),
        ("now: 2024-01-01", "now: expected a number from 0 to 2147483647, got datetime.date(2024, 1, 1)"),
        ("now: 2024-99-99", "line 1, column 6: invalid YAML: month must be in 1..12"),
        ("1: 2", f"1: unknown key; valid: {KEYS}"),
        ("? [a]\n: 1", "line 1, column 3: not YAML: found unhashable key"),
        ("<<: 1", "line 1, column 5: not YAML: only an object, or a list of them, can be merged"),
        ("<<: [1]", "line 1, column 6: not YAML: only an object, or a list of them, can be merged"),
        ("now: 1\nnow: 2", "now: duplicate key; expected once"),
        ("1: 2\n0x1: 3", "1: duplicate key; expected once"),
        ("a: 1\n--- \nb: 1", "line 2, column 1: not YAML: but found another document"),
        ("!!python/object:os.system {}", "line 1, column 1: not YAML: could not determine a constructor for the tag"),
        ("now: !!binary x", "line 1, column 6: not YAML: failed to decode base64 data"),
        ("now: !!set {a, b}", "now: expected a number from 0 to 2147483647, got {"),
        ("now: !x 1", "line 1, column 6: not YAML: could not determine a constructor for the tag '!x'"),
        ("[" * 1000, "nested too deeply to be a scenario"),
        ("a:\n\tb", "line 2, column 1: not YAML: found character '\\t' that cannot start any token"),
        ('now: "\\ud800"', "now: expected a number from 0 to 2147483647, got '\\ud800'"),
        ("", "expected an object, got None"),
    ],
)
def test_invalid_yaml_scenario_is_located(tmp_path: Path, text: str, problem: str) -> None:
    """The ``check`` command reports the same errors."""
    path = write(tmp_path, text)
    raised = problem_in(path)
    assert raised.startswith(problem)
    (error, *_) = errors_in(path)
    assert raised.rpartition(": ")[2] in error
