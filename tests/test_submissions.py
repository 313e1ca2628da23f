"""Submissions of builds: submitter, time, source package and source build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr, InputError, ScenarioError

from .adapters import direct_client
from .chroots import F41, F42

EPEL = "epel-9-s390x"
START = 1_700_000_000


def test_build_has_a_default_submission() -> None:
    """It fits the owner, times and packages of the build."""
    fake = FakeCopr()
    fake.add_build({F41: "succeeded"}, id=7, project="@copr/tools:pr:3", package="hello")
    document = json.loads(direct_client(fake)("GET", "/api_3/build/7").body)
    assert document == {
        "chroots": [F41],
        "ended_on": START + 300,
        "id": 7,
        "is_background": False,
        "ownername": "@copr",
        "project_dirname": "tools:pr:3",
        "projectname": "tools",
        "repo_url": "https://download.copr.fedorainfracloud.org/results/@copr/tools",
        "started_on": START,
        "state": "succeeded",
        "submitted_on": START - 60,
        "submitter": "jdoe",
        "source_package": {
            "name": "hello",
            "url": "https://download.copr.fedorainfracloud.org/results/@copr/tools:pr:3/srpm-builds/00000007/"
            "hello-1.0-1.src.rpm",
            "version": "1.0-1",
        },
    }


@pytest.mark.parametrize(
    ("chroots", "version"),
    [
        ({F41: {"state": "succeeded", "packages": ["hello-2.12-3.fc41.x86_64"]}}, "2.12-3"),
        ({F41: "failed", "epel-10-s390x": "succeeded"}, "1.0-1"),
        ({F41: {"packages": ["hello-1:2.12-3.noarch"]}}, "2.12-3"),
        ({F41: {"state": "succeeded", "packages": ["hello-data-9-1.fc41.noarch", "hello-2-3.fc41.src"]}}, "2-3"),
    ],
)
def test_source_package_has_the_version_of_the_packages(chroots: Mapping[str, Any], version: str) -> None:
    """Without the dist tag of a chroot."""
    fake = FakeCopr()
    fake.add_build(chroots, id=7)
    assert json.loads(fake.answer("GET", "/api_3/build/7").body)["source_package"]["version"] == version


@pytest.mark.parametrize(
    ("chroots", "state", "canceled"),
    [
        ({F41: "canceled"}, "canceled", True),
        ({F41: "canceled", F42: "succeeded"}, "canceled", True),
        ({F41: "canceled", F42: {}}, "importing", False),
        ({F41: "canceled", F42: "running"}, "running", False),
    ],
)
def test_build_added_with_a_canceled_chroot_is_canceled(chroots: Mapping[str, Any], state: str, canceled: bool) -> None:
    """Unless other chroots have not ended."""
    build = FakeCopr().add_build(chroots, id=7)
    assert (build.state, build.is_canceled) == (state, canceled)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (START - 60, "jdoe")),
        ({"ownername": "frostyx"}, (START - 60, "frostyx")),
        ({"ownername": "@copr"}, (START - 60, "jdoe")),
        ({"submitted_on": 5, "submitter": "praiskup"}, (5, "praiskup")),
        ({"chroots": []}, (1_800_000_000, "jdoe")),
    ],
)
def test_build_of_a_scenario_has_a_default_submission(fields: dict[str, object], expected: tuple[int, str]) -> None:
    """The time is shortly before the first start of a chroot, or the scenario's time."""
    chroots = [{"name": F41}, {"name": F42, "state": "running", "started_on": START}]
    fake = FakeCopr.from_scenario({"now": 1_800_000_000, "builds": [{"id": 7, "chroots": chroots, **fields}]})
    answer = json.loads(fake.answer("GET", "/api_3/build/7").body)
    assert (answer["submitted_on"], answer["submitter"]) == expected


def test_source_state_can_be_set() -> None:
    fake = FakeCopr()
    build = fake.add_build({F41: "waiting"}, id=7)
    assert json.loads(fake.answer("GET", "/api_3/build/7").body)["state"] == "pending"
    build.source_state = "failed"
    assert json.loads(fake.answer("GET", "/api_3/build/7").body)["state"] == "failed"
    assert fake.to_scenario()["builds"][0]["source_state"] == "failed"
    with pytest.raises(InputError, match="source_state: 'fails' is not a state; did you mean 'failed'"):
        build.source_state = "fails"  # type: ignore[assignment]  # wrong on purpose
    assert build.source_state == "failed"


def test_build_of_an_importing_chroot_is_importing() -> None:
    fake = FakeCopr()
    assert fake.add_build({F41: "importing"}, id=1).state == "importing"
    assert fake.add_build({F41: "importing", F42: "running"}, id=2).state == "importing"


def test_batch_that_waits_for_none_is_an_error() -> None:
    """The batch that it waits for has to be listed before it."""
    with pytest.raises(ScenarioError, match=r"batches\[0\].blocked_by: there is no batch 1"):
        FakeCopr.from_scenario({"batches": [{"id": 2, "blocked_by": 1}]})
    FakeCopr.from_scenario({"batches": [{"id": 1}, {"id": 2, "blocked_by": 1}]})
