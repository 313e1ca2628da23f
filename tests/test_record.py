"""What is recorded of a Copr answers the same when it is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import hypothesis.strategies as st
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from copr_chroot_fake import LIVES, FakeCopr, State
from copr_chroot_fake.client.errors import NotJsonError
from copr_chroot_fake.scenario.entries import BOOTSTRAPS
from copr_chroot_fake.scenario.schema import scenario_schema
from copr_chroot_fake.scenario_cli.check import check

from .examples import examples
from .recording_loop import F42, F43, S390X, SCENARIOS, Bare, Recording, ask, differences, record, told, unsaid

SCHEMA = jsonschema.Draft202012Validator(scenario_schema())


def assert_checked(recording: Recording, tmp_path: Path) -> None:
    """It is a scenario, by the reader and by the schema."""
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps(recording.scenario))
    (checked,) = check([path])
    assert checked.mistakes == ()
    assert checked.unreadable is None
    SCHEMA.validate(recording.scenario)


@pytest.mark.parametrize(("limit", "is_bare"), [(None, False), (100, True)])
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_was_recorded_answers_the_same(name: str, limit: int | None, is_bare: bool, tmp_path: Path) -> None:
    """Each scenario that ships, and each world of the recorded exchanges, byte for byte.

    With what other endpoints tell, and where the service has none but the four.
    """
    fake = FakeCopr.from_scenario(SCENARIOS[name], default_limit=limit, progress="manual")
    fake.faults.clear()
    recording = record(fake, transport=Bare(fake) if is_bare else None)
    assert (recording.missing, recording.left_out, recording.problem) == ((), (), None)
    # Of chroots that are not there yet, nobody knows.
    there = [number for number in fake.builds if not any(chroot.is_absent for chroot in fake.builds[number])]
    assert differences(fake, recording.serve(default_limit=limit), there) == []
    assert len(there) == len(fake.builds) or name == "appears-late"
    assert_checked(recording, tmp_path)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_the_other_endpoints_tell_is_told_again(name: str) -> None:
    """Of builds, their sources, their projects and the chroots that the service knows, in its order."""
    fake = FakeCopr.from_scenario(SCENARIOS[name], progress="manual")
    fake.faults.clear()
    assert told(record(fake).serve(), fake.builds) == told(fake, fake.builds)


@pytest.mark.parametrize("is_bare", [False, True])
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "bootstraps"])
def test_configurations_come_of_settings(name: str, is_bare: bool) -> None:
    """Nothing is said as it was answered where settings of projects, chroots and builds lead to it."""
    fake = FakeCopr.from_scenario(SCENARIOS[name], progress="manual")
    fake.faults.clear()
    assert unsaid(record(fake, transport=Bare(fake) if is_bare else None).scenario) == []


@pytest.mark.parametrize("is_bare", [False, True])
def test_settings_are_those_of_the_recorded_service(is_bare: bool) -> None:
    """What the project, its chroots and the build have set, each where it was set."""
    project = {
        "ownername": "@copr",
        "projectname": "tools",
        "additional_repos": ["copr://jdoe/base", "https://example.org/$chroot/?priority=5"],
        "devel_mode": True,
        "module_hotfixes": True,
        "repo_priority": 7,
        "chroots": {
            F43: {"additional_repos": ["https://example.org/f43/"], "with_opts": ["tests"], "bootstrap": "image"},
            F42: {"without_opts": ["docs"], "additional_packages": ["gcc"]},
        },
    }
    base = {"ownername": "jdoe", "projectname": "base", "module_hotfixes": True}
    build = {
        "id": 7,
        "ownername": "@copr",
        "projectname": "tools",
        "project_dirname": "tools:pr:1",
        "package": "hello",
        "memory_limit": 4096,
        "timeout": 0,
        "enable_net": True,
        "submitted_on": 1_699_999_900,
        "submitter": "frostyx",
        "chroots": [
            {"name": F43, "state": "running", "started_on": 1_700_000_000, "result_dir": "00000007-hello"},
            {"name": F42, "state": "pending"},
        ],
    }
    fake = FakeCopr.from_scenario({"projects": [project, base], "builds": [build]})
    scenario = record(fake, transport=Bare(fake) if is_bare else None).scenario
    assert scenario["projects"] == [project, base]
    if is_bare:
        # Of how it came about nothing is known there.
        made = {key: value for key, value in build.items() if key not in ("submitted_on", "submitter")}
    else:
        # Where there is no source yet, its directory is named as Copr would.
        made = {**build, "source_result_dir": "00000007"}
    assert scenario["builds"] == [made]


@settings(max_examples=examples(15), deadline=None)
@given(seed=st.integers(0, 2**31 - 1), builds=st.integers(1, 8), chroots=st.integers(1, 6))
def test_what_looks_like_copr_is_recorded_whole(seed: int, builds: int, chroots: int) -> None:
    """Any believable builds, of several projects and twice of the same."""
    fake = FakeCopr(seed=seed)
    fake.populate(builds, chroots)
    fake.populate(builds, chroots)
    recording = record(fake)
    assert differences(fake, recording.serve()) == []
    assert unsaid(recording.scenario) == []


NAMES = [F43, F42, S390X, "opensuse-leap-15.6-x86_64"]
REPOS = [
    *("copr://jdoe/one", "copr://jdoe/two?priority=3", "copr://jdoe/gone", "copr://jdoe/one/devel"),
    *("https://example.org/$chroot/?priority=5&x=1", "http://example.org/$distname/", "https://example.org/a--b//c"),
    *("https://example.org/?priority=high", "copr://nobody"),
]
repos = st.lists(st.sampled_from(REPOS), max_size=3)
bootstrap = st.sampled_from([None, *BOOTSTRAPS])
words = st.lists(st.sampled_from(["tests", "docs", "x11"]), max_size=2)
chroot_settings = st.fixed_dictionaries(
    {},
    optional={
        "additional_repos": repos,
        "additional_packages": words,
        "with_opts": words,
        "without_opts": words,
        "bootstrap": bootstrap,
        "bootstrap_image": st.sampled_from([None, "quay.io/fedora:43"]),
    },
)
projects = st.fixed_dictionaries(
    {"chroots": st.dictionaries(st.sampled_from(NAMES), chroot_settings)},
    optional={
        "additional_repos": repos,
        "devel_mode": st.booleans(),
        "module_hotfixes": st.booleans(),
        "repo_priority": st.sampled_from([None, 0, 1, 99]),
        "bootstrap": bootstrap,
    },
)
chroots = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(NAMES), "state": st.sampled_from([state.value for state in State])},
        optional={
            "started_on": st.integers(0, 50),
            "ended_on": st.integers(50, 100),
            "result_dir": st.sampled_from(["", "00000001-hello", "other"]),
            "packages": st.lists(
                st.sampled_from(
                    ["a-1-1.src", {"name": "b", "version": "1", "release": "2", "arch": "noarch", "epoch": 0}]
                ),
                max_size=2,
            ),
        },
    ),
    max_size=4,
    unique_by=lambda chroot: str(chroot["name"]),
)
builds = st.fixed_dictionaries(
    {"projectname": st.sampled_from(["one", "two"]), "chroots": chroots},
    optional={
        "package": st.sampled_from(["hello", "x-y"]),
        "memory_limit": st.sampled_from([0, 2048, 4096]),
        "timeout": st.sampled_from([0, 18000, 3600]),
        "enable_net": st.booleans(),
        "is_background": st.booleans(),
        "bootstrap": bootstrap,
    },
)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), made=st.lists(builds, min_size=1, max_size=4), one=projects, two=projects)
def test_whatever_is_set_is_recorded(data: st.DataObject, made: list[Any], one: Any, two: Any) -> None:
    """Any settings of two projects, each with a repository of the other, and any builds of them in any directory."""
    described = [
        {"ownername": "jdoe", "projectname": name, **project} for name, project in (("one", one), ("two", two))
    ]
    for number, build in enumerate(made, 1):
        name = build["projectname"]
        build |= {"id": number, "ownername": "jdoe"}
        build["project_dirname"] = data.draw(st.sampled_from([name, f"{name}:pr:1", f"{name}:custom:x"]))
    fake = FakeCopr.from_scenario({"projects": described, "builds": made}, progress="manual")
    for transport in (None, Bare(fake)):
        recording = record(fake, transport=transport)
        assert (recording.left_out, recording.missing) == ((), ())
        assert differences(fake, recording.serve()) == []


class Two(httpx.BaseTransport):
    """A service that is another one for some of what it is asked."""

    def __init__(self, one: FakeCopr, other: FakeCopr, asked: str) -> None:
        self._one, self._other, self._asked = one, other, asked

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fake = self._other if self._asked in str(request.url) else self._one
        return fake.transport.handle_request(request)


def changed(*projects: Any) -> tuple[FakeCopr, Recording, tuple[FakeCopr, ...]]:
    """A recording of builds 1 and 2 of a project, which has been changed when the second one is read."""
    made = [
        {
            "id": number,
            "ownername": "jdoe",
            "projectname": "one",
            "chroots": [{"name": F43, "state": "failed", "result_dir": "1"}],
        }
        for number in (1, 2)
    ]
    one, other = (
        FakeCopr.from_scenario({"projects": [{"ownername": "jdoe", "projectname": "one", **project}], "builds": made})
        for project in projects
    )
    recording = record(one, [1, 2], transport=Two(one, other, "build_id=2"))
    return recording.serve(), recording, (one, other)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"devel_mode": True, "chroots": {F43: {}}}, {"chroots": {F43: {}}}),
        ({"chroots": {F43: {}}}, {"additional_repos": ["https://example.org/"], "chroots": {F43: {}}}),
        ({"chroots": {F43: {"with_opts": ["tests"]}}}, {"chroots": {F43: {}}}),
        ({"chroots": {F43: {}}}, {"chroots": {}}),
        ({"chroots": {}}, {"chroots": {F43: {"bootstrap": "on"}}}),
    ],
)
def test_project_that_changes_during_recording_is_consistent(before: Any, after: Any) -> None:
    """Settings are those of most builds, and the other configurations are said as they were answered."""
    served, recording, (one, other) = changed(before, after)
    assert differences(one, served, [1]) == []
    assert differences(other, served, [2]) == []
    assert len(unsaid(recording.scenario)) == 1


def test_bootstrap_of_the_build_differs_from_the_project() -> None:
    """Each is put down to who has set it, where the builds of a project show different ones."""
    fake = FakeCopr()
    fake.add_project("jdoe", "one", chroots={F43: {"bootstrap": "on"}, F42: {}})
    fake.add_build(1, [F43, F42], project="jdoe/one", state="succeeded")
    fake.add_build(2, [F43, F42], project="jdoe/one", state="succeeded", bootstrap="image")
    scenario = record(fake).scenario
    assert scenario["projects"][0]["chroots"] == {F43: {"bootstrap": "on"}, F42: {}}
    assert [build.get("bootstrap") for build in scenario["builds"]] == [None, "image"]


def test_failing_build_config_is_a_chroot_the_project_lost() -> None:
    """It answers 500 again, and the project does not list it."""
    fake = FakeCopr.from_scenario(
        {
            "projects": [{"ownername": "jdoe", "projectname": "one", "chroots": {F43: {}}}],
            "builds": [
                {
                    "id": 1,
                    "ownername": "jdoe",
                    "projectname": "one",
                    "chroots": [{"name": F43, "state": "succeeded"}, {"name": F42, "state": "failed"}],
                }
            ],
        }
    )
    recording = record(fake)
    assert [*recording.scenario["projects"][0]["chroots"]] == [F43]
    assert ask(recording.serve(), f"/build-config?build_id=1&chrootname={F42}")[0] == 500


def test_recorded_build_without_a_project_answers_the_same() -> None:
    """No configuration and no results: whose it is stays unknown."""
    fake = FakeCopr.from_scenario(
        {
            "projects": [{"ownername": "jdoe", "projectname": "one"}],
            "builds": [
                {"id": 1, "ownername": "jdoe", "projectname": "one", "chroots": [{"name": F43, "state": "waiting"}]},
                {"id": 2, "ownername": "jdoe", "projectname": "one"},
            ],
        }
    )
    recording = record(fake, transport=Bare(fake))
    assert differences(fake, recording.serve()) == []
    assert recording.scenario["builds"][0]["ownername"] == "unknown"


def test_results_elsewhere_are_said_as_they_were_answered() -> None:
    """The address of another Copr's results is no setting."""
    fake = FakeCopr(results_url="https://copr.example.org/results")
    fake.add_build(1, {F43: "succeeded", F42: "pending"})
    recording = record(fake)
    assert differences(fake, recording.serve()) == []
    assert recording.scenario["builds"][0]["package"] == "hello"


@pytest.mark.parametrize("life", [life for life in LIVES if life != "deleted"])
def test_chroot_that_changes_while_read_is_recorded_consistently(life: str) -> None:
    """Its state, its times and its packages go together, though every look moves it."""
    fake = FakeCopr(progress={"poll": 2})
    fake.add_build(1, [F43, S390X], lifecycle=life)
    (build,) = record(fake).scenario["builds"]
    for chroot in build["chroots"]:
        assert ("packages" in chroot) == (chroot["state"] == "succeeded")


def test_what_no_scenario_can_say_is_left_out_and_named() -> None:
    """A state that the kit does not know, and a chroot that ends before it starts; all else is there."""
    fake = FakeCopr()
    fake.add_build(1, {F43: "unknown", F42: {"state": "failed", "started_on": 5, "ended_on": 5}, S390X: "running"})

    def newer(request: httpx.Request) -> httpx.Response:
        answer = fake.answer("GET", request.url.raw_path.decode())
        text = answer.body.decode().replace('"unknown"', '"paused"').replace('"ended_on": 5', '"ended_on": 4')
        return httpx.Response(answer.status, text=text)

    recording = record(fake, transport=httpx.MockTransport(newer))
    unknown, backwards = recording.left_out
    assert unknown.startswith(f"build 1, {F43}: a scenario cannot say it: state: 'paused' is no state")
    assert backwards.startswith(f"build 1, {F42}: a scenario cannot say it: ended_on: 4 is before started_on, 5")
    assert [chroot["name"] for chroot in recording.scenario["builds"][0]["chroots"]] == [S390X]


@pytest.mark.parametrize("body", ["{}", '{"items": 7, "meta": {}}', '{"items": [{"name": 1}], "meta": {}}'])
def test_what_is_no_copr_is_said_to_be_none(body: str) -> None:
    """JSON of another form is an error with the address that it came from, and not a traceback."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=body))
    problem = record(FakeCopr(), [1], transport=transport).problem
    assert str(problem).startswith("unexpected content in the response: ")
    assert "GET https://copr.fedorainfracloud.org/api_3/" in str(problem)


def test_errors_that_pass_are_tried_again() -> None:
    """502 and a broken connection, a bounded number of times."""
    fake = FakeCopr()
    fake.add_build(1, [F43, S390X], state="succeeded")
    fake.faults.add({"status": 502, "endpoint": "build-config", "first": 2})
    fake.faults.add({"breaks": "reset", "endpoint": "list", "first": 2})
    recording = record(fake)
    assert differences(fake, recording.serve()) == []
    fake.faults.clear()
    fake.faults.add({"status": 502})
    assert isinstance(record(fake).problem, NotJsonError)
