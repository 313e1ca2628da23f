"""Scenario files: defaults, bundled names, combining, and located errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from copr_chroot_fake import CoprFakeError, FakeCopr, InputError, MissingExtraError, ScenarioError, State
from copr_chroot_fake.scenario.files import DEFAULT_SCENARIO, bundled_directory

from ..adapters import credentials, direct_client
from .examples import INVALID_SCENARIOS, WHOLE, write


def test_default_scenario_has_a_chroot_in_every_state() -> None:
    fake = FakeCopr.from_scenario(bundled_directory() / DEFAULT_SCENARIO)
    assert {chroot.state for chroot in fake.builds[1].chroots} == set(State)


def test_bundled_scenario_is_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any directory. A file of that name takes precedence, a directory does not."""
    monkeypatch.chdir(tmp_path)
    assert len(FakeCopr.from_scenario("mass-rebuild").builds) == 60
    (tmp_path / "pages").mkdir()
    assert list(FakeCopr.from_scenario(Path("pages")).builds) == [100]
    fake = FakeCopr()
    fake.add_scenario("no-ended-on")
    assert list(fake.builds) == [22]
    write(tmp_path, {"builds": [{"id": 7}]}, "mass-rebuild")
    assert list(FakeCopr.from_scenario("mass-rebuild").builds) == [7]


@pytest.mark.parametrize(("name", "is_suggested"), [("mass-rebild", True), ("Mass-Rebuild", True), ("nowhere", False)])
def test_wrong_name_error_lists_the_bundled_scenarios(name: str, is_suggested: bool) -> None:
    """It suggests the closest one."""
    with pytest.raises(ScenarioError, match=r"no such file, .* valid: all-states, .*, succeeds$") as raised:
        FakeCopr.from_scenario(name)
    assert ("; did you mean 'mass-rebuild'? valid: " in str(raised.value)) == is_suggested


@pytest.mark.parametrize("path", ["./lifecycles/succeds", "mass-rebuild.json", "/mass-rebuild", "lifecycles/succeeds"])
def test_path_is_not_taken_for_a_bundled_scenario(path: str) -> None:
    with pytest.raises(ScenarioError, match="no such file; expected a scenario in JSON or YAML"):
        FakeCopr.from_scenario(path)


def test_schema_key_is_ignored() -> None:
    """Editors find the schema by it."""
    assert list(FakeCopr.from_scenario({"$schema": "scenario.schema.json", "builds": [{"id": 1}]}).builds) == [1]


@pytest.mark.parametrize("given", [{"started_on": 5}, {"packages": None}], ids=str)
def test_chroot_with_some_values_has_no_others(given: dict[str, object]) -> None:
    """Recordings contain such chroots."""
    chroot = {"name": "fedora-41-x86_64", "state": "succeeded", **given}
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": [chroot]}]})
    send = direct_client(fake)
    assert json.loads(send("GET", "/api_3/build-chroot/1/fedora-41-x86_64").body) == {
        "started_on": given.get("started_on"),
        "ended_on": None,
        "state": "succeeded",
        "name": "fedora-41-x86_64",
        "result_url": None,
    }
    assert json.loads(send("GET", "/api_3/build/built-packages/1").body) == {"fedora-41-x86_64": {"packages": []}}


def test_group_has_the_name_of_its_account() -> None:
    fake = FakeCopr.from_scenario({"groups": [{"name": "@copr"}]})
    assert fake.groups == [FakeCopr().add_group("@copr")]


def test_undescribed_project_has_the_chroots_of_its_builds() -> None:
    """Two builds can share such a project."""
    builds = [{"id": number, "chroots": [{"name": f"fedora-4{number}-x86_64"}]} for number in (1, 2)]
    fake = FakeCopr.from_scenario({"builds": builds})
    (project,) = fake.projects.values()
    assert list(project.chroots) == ["fedora-41-x86_64", "fedora-42-x86_64"]


def test_described_project_has_only_its_listed_chroots() -> None:
    """A build can have a chroot that its project has lost since."""
    chroots = [{"name": "fedora-41-x86_64"}]
    project = {"ownername": "jdoe", "projectname": "tools"}
    fake = FakeCopr.from_scenario({"projects": [project], "builds": [{"id": 1, "chroots": chroots, **project}]})
    assert direct_client(fake)("GET", "/api_3/build-chroot/build-config/1/fedora-41-x86_64").status == 500


def test_ids_of_new_objects_are_above_those_of_the_scenario() -> None:
    """Whether the scenario gives them to objects, or as the last ones."""
    project = {"ownername": "jdoe", "projectname": "tools", "id": 1, "packages": [{"name": "nano", "id": 1}]}
    other = {"ownername": "jdoe", "projectname": "other", "packages": [{"name": "vim"}]}
    fake = FakeCopr.from_scenario({"projects": [other, project], "builds": [{"id": 1}]})
    assert [project.id for project in fake.projects.values()] == [2, 1, 3]
    assert [package.id for project in fake.projects.values() for package in project.packages.values()] == [2, 1, 3]
    fake.add_scenario({"last_ids": {"build": 50, "project": 60, "package": 70}})
    assert fake.add_build([], project="jdoe/new", package="nano").id == 51
    assert fake.populate(1, 1)[0].id == 52
    assert fake.projects["jdoe/new"].id == 61
    assert fake.projects["jdoe/new"].packages["nano"].id == 71


def test_free_ids_are_used_after_the_largest() -> None:
    """Copr stores no larger ones."""
    largest = 2**31 - 1
    builds = [{"id": 1, "project": "jdoe/a"}, {"id": 2, "project": "jdoe/b", "package": "nano"}]
    last_ids = {"build": largest, "project": largest, "package": largest}
    fake = FakeCopr.from_scenario({"last_ids": last_ids, "builds": builds})
    added = fake.add_build([], project="jdoe/c")
    assert added.id == 3
    assert [project.id for project in fake.projects.values()] == [1, 2, 3]
    assert [package.id for project in fake.projects.values() for package in project.packages.values()] == [1, 2, 3]
    assert FakeCopr.from_scenario(fake.to_scenario()).to_scenario() == fake.to_scenario()


def test_rejected_scenario_leaves_batches_and_ids() -> None:
    """A build with the id of a rejected one is in no batch."""
    fake = FakeCopr.from_scenario({"batches": [{"id": 1}, {"id": 2, "blocked_by": 1}]})
    before = fake.to_scenario()
    for invalid in (
        {"builds": [{"id": 1, "batch": 1}, {"id": 2, "batch": 3}]},
        {"last_ids": {"build": 9}, "projects": [{"ownername": "jdoe", "projectname": "tools"}], "batches": [{"id": 1}]},
    ):
        with pytest.raises(ScenarioError):
            fake.add_scenario(invalid)
    assert fake.to_scenario() == before
    fake.add_build(["fedora-41-x86_64"], id=1, lifecycle="stuck-pending")
    build = {"id": 5, "batch": 2, "package": None, "source_state": "pending", "source": {"advances": True}}
    fake.add_scenario({"builds": [build]})
    for _ in range(9):
        fake.answer("GET", "/api_3/build/5")
    assert fake.builds[5].source_state == "succeeded"


EXISTING: dict[str, list[object]] = {
    "accounts": [{"name": "jdoe", "login": "a", "token": "b"}],
    "groups": [{"name": "@copr", "fas_name": "copr"}],
    "batches": [{"id": 1}],
    "projects": [{"ownername": "jdoe", "projectname": "tools", "id": 3}],
    "builds": [{"id": 1}],
}
NEW: dict[str, list[object]] = {
    "chroots": ["fedora-41-x86_64"],
    "accounts": [{"name": "bob", "login": "c", "token": "d"}],
    "groups": [{"name": "@new", "fas_name": "new"}],
    "batches": [{"id": 7}],
    "projects": [{"ownername": "bob", "projectname": "tools"}],
    "builds": [{"id": 9, "ownername": "bob", "projectname": "tools", "package": "hello"}],
    "faults": ["outage"],
    "submissions": [{"lifecycle": "fails"}],
}


@pytest.mark.parametrize(
    ("key", "conflict"),
    [
        ("accounts", {"name": "jdoe", "login": "a", "token": "other"}),
        ("groups", {"name": "@copr", "fas_name": "other"}),
        ("batches", {"id": 1}),
        ("batches", {"id": 8, "blocked_by": 3}),
        ("projects", {"ownername": "jdoe", "projectname": "tools"}),
        ("projects", {"ownername": "jdoe", "projectname": "other", "id": 3}),
        ("builds", {"id": 1}),
        ("builds", {"id": 2, "batch": 5}),
    ],
)
def test_scenario_with_a_conflict_changes_nothing(key: str, conflict: dict[str, object]) -> None:
    """The clock, ids and mock chroots included, although the rest of the scenario is new."""
    fake = FakeCopr.from_scenario(EXISTING)
    before, mock_chroots = fake.to_scenario(), fake.answer("GET", "/api_3/mock-chroots/list")
    rejected = {**NEW, key: [*NEW[key], conflict], "now": 1_800_000_000, "last_ids": {"build": 99, "project": 99}}
    with pytest.raises(ScenarioError):
        fake.add_scenario(rejected)
    assert fake.to_scenario() == before
    assert fake.answer("GET", "/api_3/mock-chroots/list") == mock_chroots
    fake.add_scenario({**NEW, "now": 1_800_000_000})
    assert fake.clock.now() == 1_800_000_000


def test_existing_groups_and_batches_are_errors() -> None:
    fake = FakeCopr.from_scenario({"groups": [{"name": "@copr", "fas_name": "copr"}], "batches": [{"id": 1}]})
    with pytest.raises(ScenarioError) as raised:
        fake.add_scenario({"groups": [{"name": "@copr", "fas_name": "other"}], "batches": [{"id": 1}]})
    assert [str(error) for error in raised.value.errors] == [
        "groups[0].name: group @copr already exists; expected another",
        "batches[0].id: batch 1 already exists; expected another id",
    ]


def test_scenarios_can_be_combined(tmp_path: Path) -> None:
    """A later scenario may use existing projects."""
    fake = FakeCopr.from_scenario({"projects": [{"ownername": "jdoe", "projectname": "playground"}]})
    fake.add_scenario(write(tmp_path, {"builds": [{"id": 5}]}))
    fake.add_scenario({"builds": [{"id": 6}]})
    assert list(fake.builds) == [5, 6]
    assert len(fake.projects) == 1


def test_invalid_scenario_adds_nothing(tmp_path: Path) -> None:
    """Also if the only error is in the last build."""
    fake = FakeCopr()
    invalid = {
        "chroots": ["fedora-41-x86_64"],
        "projects": [{"ownername": "jdoe", "projectname": "tools"}],
        "builds": [{"id": 1}, {"id": 2, "timeout": -5}],
    }
    with pytest.raises(ScenarioError):
        fake.add_scenario(invalid)
    assert not fake.builds
    assert not fake.projects
    fake.add_build(["fedora-43-x86_64"], id=9)
    raised = direct_client(fake)("GET", "/api_3/build-chroot/9/fedora-41-x86_64")
    assert b"Chroot fedora-41-x86_64 does not exist" in raised.body


@pytest.mark.parametrize(("document", "message"), INVALID_SCENARIOS, ids=[row[1][:60] for row in INVALID_SCENARIOS])
def test_error_names_file_location_and_remedy(tmp_path: Path, document: object, message: str) -> None:
    """It is one line."""
    path = write(tmp_path, document)
    with pytest.raises(ScenarioError) as raised:
        FakeCopr.from_scenario(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    """The file is not text, or a directory."""
    path = tmp_path / "scenario.json"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ScenarioError, match=r"scenario\.json: cannot be read: "):
        FakeCopr.from_scenario(path)


@pytest.mark.parametrize("source", [5, None, [], b"scenario.json"])
def test_source_must_be_a_path_or_a_document(source: object) -> None:
    with pytest.raises(InputError, match="source: expected the path of a scenario, or its document"):
        FakeCopr.from_scenario(source)  # type: ignore[arg-type]  # wrong on purpose


def test_impossible_path_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="cannot be read: "):
        FakeCopr.from_scenario("a\0b")


def test_null_counts_as_a_missing_key() -> None:
    """Unless the key is required."""
    build = {"id": 1, "timeout": None, "chroots": [{"name": "fedora-41-x86_64", "state": None, "packages": None}]}
    fake = FakeCopr.from_scenario({"now": None, "projects": None, "builds": [build]})
    assert fake.builds[1].timeout == 18000
    with pytest.raises(ScenarioError, match=r"builds\[0\].id: missing, and required"):
        FakeCopr.from_scenario({"builds": [{"id": None}]})


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.json: no such file"):
        FakeCopr.from_scenario(tmp_path / "nowhere.json")


def test_yaml_and_json_scenarios_are_equal(tmp_path: Path) -> None:
    as_yaml = FakeCopr.from_scenario(write(tmp_path, yaml.safe_dump(WHOLE), "scenario.yaml"))
    assert as_yaml.to_scenario() == FakeCopr.from_scenario(write(tmp_path, WHOLE)).to_scenario()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("builds: [", r"line \d+, column \d+: not YAML: "),
        ("a: \x01", "scenario: invalid YAML: "),
        ("builds: 1", "builds: expected"),
        ("now: 2024-99-99", "line 1, column 6: invalid YAML: "),
        ('builds: []\nnow: !!int "x"', "line 2, column 6: invalid YAML: "),
        ('now: !!bool "x"', "line 1, column 6: invalid YAML: "),
        ('now: !!timestamp "x"', "line 1, column 6: invalid YAML: "),
        ("now: " + "9" * 5000, "line 1, column 6: invalid YAML: |now: expected a number"),
        ("builds: []\nbuilds: []", "builds: duplicate key"),
        ("? [1]\n: 1", "line 1, column 3: not YAML: found unhashable key"),
    ],
)
def test_error_in_yaml_is_located(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=rf"scenario\.YML: ({message})") as raised:
        FakeCopr.from_scenario(write(tmp_path, text, "scenario.YML"))
    assert "\n" not in str(raised.value)


def test_yaml_without_its_extra_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'copr-chroot-fake\[yaml\]'") as raised:
        FakeCopr.from_scenario(write(tmp_path, "builds: []", "scenario.yaml"))
    assert isinstance(raised.value, CoprFakeError)


def test_changed_fake_shares_nothing_with_the_next_one(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    first = FakeCopr.from_scenario(path)
    unchanged = first.to_scenario()
    first.faults.clear()
    first.clock.tick(1_000_000)
    for build in first.builds.values():
        build.source.add_result("more.txt", "x")
        for chroot in build.values():
            chroot.set_state("failed")
            chroot.add_result("more.txt", "x")
    project = first.projects["@copr/tools"]
    for name in [*project.chroots]:
        project.disable(name)
    login = credentials("abc", "s3cret")
    headers = [(b"authorization", login.encode()), (b"content-type", b"application/json")]
    for endpoint, fields in (
        ("project/edit/@copr/tools", {"description": "changed"}),
        ("project/permissions/set/@copr/tools", {"frostyx": {"admin": "approved"}}),
        ("package/edit/@copr/tools/hello/scm", {"package_name": "hello", "clone_url": "https://example.com/x.git"}),
    ):
        assert first.answer("POST", f"/api_3/{endpoint}", headers, json.dumps(fields).encode()).status == 200
    assert first.to_scenario() != unchanged
    assert FakeCopr.from_scenario(path).to_scenario() == unchanged


def test_result_file_is_read_at_each_load(tmp_path: Path) -> None:
    path = write(tmp_path, {"builds": [{"id": 1, "source_results": {"a.txt": {"file": "a.txt"}}}]})
    for content in ("one", "two"):
        (tmp_path / "a.txt").write_text(content)
        (build,) = FakeCopr.from_scenario(path).to_scenario()["builds"]
        assert build["source_results"] == {"a.txt": content}
