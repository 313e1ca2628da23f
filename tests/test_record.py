"""A recording gives the same responses as the recorded Copr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import hypothesis.strategies as st
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from copr_chroot_fake import LIFECYCLES, FakeCopr, LifecycleName, State
from copr_chroot_fake.cli.check import check
from copr_chroot_fake.client.errors import NotJsonError
from copr_chroot_fake.scenario.files import scenario_schema

from .chroots import F42, F43
from .examples import examples, sample
from .recording_loop import S390X, SCENARIOS, Recording, differences, get, get_other_endpoints, record

SCHEMA = jsonschema.Draft202012Validator(json.loads(scenario_schema()))


def assert_valid(recording: Recording, tmp_path: Path) -> None:
    """Both the parser and the schema accept the scenario."""
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps(recording.scenario))
    (checked,) = check([path])
    assert checked.errors == ()
    assert checked.unreadable is None
    SCHEMA.validate(recording.scenario)


@pytest.mark.sampled
@pytest.mark.parametrize("limit", [None, 100])
@pytest.mark.parametrize("name", sample(SCENARIOS))
def test_recorded_scenario_gives_the_same_responses(name: str, limit: int | None, tmp_path: Path) -> None:
    """Each bundled scenario and each scenario of the recorded exchanges is reproduced byte for byte.

    So are the other endpoints: builds, source builds, projects and the known chroots.
    """
    fake = FakeCopr.from_scenario(SCENARIOS[name], default_limit=limit, progress="manual")
    fake.faults.clear()
    recording = record(fake)
    assert (recording.missing, recording.omissions, recording.problem) == ((), (), None)
    # Chroots that do not exist yet cannot be recorded.
    complete = [
        number for number in fake.builds if not any(chroot.is_absent for chroot in fake.builds[number].values())
    ]
    served = recording.serve(default_limit=limit)
    assert differences(fake, served, complete) == []
    assert get_other_endpoints(served, fake.builds) == get_other_endpoints(fake, fake.builds)
    assert len(complete) == len(fake.builds) or name == "appears-late"
    assert_valid(recording, tmp_path)


def test_recorded_settings_are_visible_or_verbatim() -> None:
    """Settings that only show in build configurations are recorded verbatim."""
    visible: dict[str, Any] = {
        "ownername": "@copr",
        "projectname": "tools",
        "additional_repos": ["copr://jdoe/base", "https://example.org/$chroot/?priority=5"],
        "devel_mode": True,
        "module_hotfixes": True,
        "repo_priority": 7,
        "bootstrap": "on",
    }
    chroots = {F43: {"with_opts": ["tests"], "bootstrap": "image"}, F42: {"additional_packages": ["gcc"]}}
    build: dict[str, Any] = {
        "id": 7,
        "ownername": "@copr",
        "projectname": "tools",
        "project_dirname": "tools:pr:1",
        "package": "hello",
    }
    submission = {
        "is_background": True,
        "submitted_on": 1_699_999_900,
        "submitter": "frostyx",
        "source_result_dir": "00000007",
    }
    states: list[Any] = [
        {"name": F43, "state": "running", "started_on": 1_700_000_000, "result_dir": "00000007-hello"},
        {"name": F42, "state": "pending"},
    ]
    hidden = {"memory_limit": 4096, "enable_net": True}
    fake = FakeCopr.from_scenario(
        {
            "projects": [{**visible, "chroots": chroots}],
            "builds": [{**build, **submission, **hidden, "chroots": states}],
        }
    )
    scenario = record(fake).scenario
    build |= submission
    for chroot in states:
        body = get(fake, f"/build-config?build_id=7&chrootname={chroot['name']}")[1]
        chroot["build_config"] = json.loads(body)
    assert scenario["projects"] == [{**visible, "chroots": {F43: {}, F42: {}}}]
    assert scenario["builds"] == [{**build, "chroots": states}]


@pytest.mark.sampled
@settings(max_examples=examples(15), deadline=None)
@given(seed=st.integers(0, 2**31 - 1), builds=st.integers(1, 8), chroots=st.integers(1, 6))
def test_generated_builds_are_reproduced(seed: int, builds: int, chroots: int) -> None:
    """Generated builds of several projects are reproduced."""
    fake = FakeCopr(seed=seed)
    fake.populate(builds, chroots)
    fake.populate(builds, chroots)
    assert differences(fake, record(fake).serve()) == []


NAMES = [F43, F42, S390X, "opensuse-leap-15.6-x86_64"]
# Copr fails to parse the address of the last repository, so the build configuration is 500.
REPOS = ["copr://jdoe/one", "https://example.org/$chroot/?priority=5", "copr://nobody"]
repos = st.lists(st.sampled_from(REPOS), max_size=2)
chroot_settings = st.fixed_dictionaries({}, optional={"additional_repos": repos, "with_opts": st.just(["tests"])})
projects = st.fixed_dictionaries(
    {"chroots": st.dictionaries(st.sampled_from(NAMES), chroot_settings)},
    optional={"additional_repos": repos, "devel_mode": st.booleans(), "bootstrap": st.sampled_from([None, "image"])},
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
    optional={"package": st.sampled_from(["hello", "x-y"]), "is_background": st.booleans()},
)


@pytest.mark.sampled
@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), entries=st.lists(builds, min_size=1, max_size=4), one=projects, two=projects)
def test_any_settings_are_reproduced(data: st.DataObject, entries: list[Any], one: Any, two: Any) -> None:
    """The settings of two projects and of their builds, in any directory, do not matter."""
    described = [
        {"ownername": "jdoe", "projectname": name, **project} for name, project in (("one", one), ("two", two))
    ]
    for number, build in enumerate(entries, 1):
        name = build["projectname"]
        build |= {"id": number, "ownername": "jdoe"}
        build["project_dirname"] = data.draw(st.sampled_from([name, f"{name}:pr:1", f"{name}:custom:x"]))
    fake = FakeCopr.from_scenario({"projects": described, "builds": entries}, progress="manual")
    recording = record(fake)
    assert (recording.omissions, recording.missing) == ((), ())
    assert differences(fake, recording.serve()) == []


class Switching(httpx.BaseTransport):
    """A Copr that responds differently to URLs that contain a text."""

    def __init__(self, fake: FakeCopr, other: FakeCopr, text: str) -> None:
        self._fake, self._other, self._text = fake, other, text

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fake = self._other if self._text in str(request.url) else self._fake
        return fake.transport.handle_request(request)


def test_project_that_changes_during_recording_is_consistent() -> None:
    """Each build keeps the configuration that it had when it was read."""
    builds = [
        {"id": number, "projectname": "one", "chroots": [{"name": F43, "state": "failed", "result_dir": "1"}]}
        for number in (1, 2)
    ]
    revisions: list[dict[str, Any]] = [
        {"devel_mode": True, "chroots": {F43: {"with_opts": ["tests"]}}},
        {"additional_repos": ["https://example.org/"], "chroots": {F43: {"bootstrap": "on"}}},
        {"chroots": {}},
    ]
    before, changed, lost = (
        FakeCopr.from_scenario({"projects": [{"ownername": "jdoe", "projectname": "one", **project}], "builds": builds})
        for project in revisions
    )
    for after in (changed, lost):
        served = record(before, [1, 2], transport=Switching(before, after, "build_id=2")).serve()
        assert differences(before, served, [1]) == []
        assert differences(after, served, [2]) == []


def test_project_lacks_chroot_whose_build_config_fails() -> None:
    """The recording responds with 500 too."""
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
    assert get(recording.serve(), f"/build-config?build_id=1&chrootname={F42}")[0] == 500


@pytest.mark.parametrize("anonymous", [False, True])
def test_unknown_package_and_submitter_are_reproduced(anonymous: bool) -> None:
    """Neither the name of a package that was not made, nor the submitter of a webhook, is invented."""
    fake = FakeCopr(progress="manual")
    fake.add_build([], id=1, package=None, submitter=None)
    fake.builds[1].source_state = State.FAILED
    fake.add_build([], id=2)
    served = record(fake, anonymous=anonymous).serve()
    documents = [json.loads(served.answer("GET", f"/api_3/build/{number}").body) for number in (1, 2)]
    assert [document["submitter"] is None for document in documents] == [True, False]
    assert [document["source_package"]["name"] is None for document in documents] == [True, False]


def test_result_urls_of_another_copr_are_verbatim() -> None:
    """They are not below the URL of Fedora's results."""
    fake = FakeCopr(results_url="https://copr.example.org/results")
    fake.add_build({F43: "succeeded", F42: "pending"}, id=1)
    recording = record(fake)
    assert differences(fake, recording.serve()) == []
    assert recording.scenario["builds"][0]["package"] == "hello"


@pytest.mark.parametrize("lifecycle", [lifecycle for lifecycle in LIFECYCLES if lifecycle != "deleted"])
def test_chroot_that_changes_while_read_is_recorded_consistently(lifecycle: LifecycleName) -> None:
    """The state, times and packages belong together although each poll moves the chroot."""
    fake = FakeCopr(progress={"poll": 2})
    fake.add_build([F43, S390X], id=1, lifecycle=lifecycle)
    (build,) = record(fake).scenario["builds"]
    for chroot in build["chroots"]:
        assert ("packages" in chroot) == (chroot["state"] == "succeeded")


def test_inexpressible_chroots_are_omitted_and_reported() -> None:
    """A scenario can express neither unknown states nor an end before the start."""
    fake = FakeCopr()
    fake.add_build({F43: "unknown", F42: {"state": "failed", "started_on": 5, "ended_on": 5}, S390X: "running"}, id=1)

    def newer(request: httpx.Request) -> httpx.Response:
        answer = fake.answer("GET", request.url.raw_path.decode())
        text = answer.body.decode().replace('"unknown"', '"paused"').replace('"ended_on": 5', '"ended_on": 4')
        return httpx.Response(answer.status, text=text)

    recording = record(fake, transport=httpx.MockTransport(newer))
    unknown, backwards = recording.omissions
    assert unknown.startswith(f"build 1, {F43}: cannot be expressed in a scenario: state: 'paused' is not a state")
    assert backwards.startswith(
        f"build 1, {F42}: cannot be expressed in a scenario: ended_on: 4 is before started_on, 5"
    )
    assert [chroot["name"] for chroot in recording.scenario["builds"][0]["chroots"]] == [S390X]


@pytest.mark.parametrize("body", ["{}", '{"items": 7, "meta": {}}', '{"items": [{"name": 1}], "meta": {}}'])
def test_json_of_another_form_is_an_error(body: str) -> None:
    """The error names the URL."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=body))
    problem = record(FakeCopr(), [1], transport=transport).problem
    assert str(problem).startswith("unexpected content in the response: ")
    assert "GET https://copr.fedorainfracloud.org/api_3/" in str(problem)


def test_temporary_errors_are_retried() -> None:
    """Error pages and broken connections are retried a limited number of times."""
    fake = FakeCopr()
    fake.add_build([F43, S390X], id=1, state="succeeded")
    fake.faults.add({"status": 502, "endpoint": "build-chroot/build-config", "first": 2})
    fake.faults.add({"breaks": "reset", "endpoint": "build-chroot/list", "first": 2})
    recording = record(fake)
    assert differences(fake, recording.serve()) == []
    fake.faults.clear()
    fake.faults.add({"status": 502})
    assert isinstance(record(fake).problem, NotJsonError)


def test_build_deleted_while_it_is_read_is_reported() -> None:
    """The chroots that have been read are kept."""
    fake = FakeCopr()
    fake.add_build([F43, S390X], id=1, state="succeeded")
    recording = record(fake, transport=Switching(fake, FakeCopr(), S390X))
    assert recording.missing == ("build 1: 1 of 2 chroots", "build 1: it was deleted while it was read")
    assert [chroot["name"] for chroot in recording.scenario["builds"][0]["chroots"]] == [F43]
