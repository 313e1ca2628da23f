"""How builds came about: who submitted them and when, their sources, and what their chroots say of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr, InputError

from .adapters import direct_client

F41, F42, EPEL = "fedora-41-x86_64", "fedora-42-x86_64", "epel-9-s390x"
BEGAN = 1_700_000_000


def test_a_build_that_is_added_came_about_in_some_way() -> None:
    """What clients read of a build is there without being said, and fits its owner, its times and its packages."""
    fake = FakeCopr()
    fake.add_build({F41: "succeeded"}, id=7, project="@copr/tools:pr:3", package="hello")
    shown = json.loads(direct_client(fake)("GET", "/api_3/build/7").body)
    assert shown == {
        "chroots": [F41],
        "ended_on": BEGAN + 300,
        "id": 7,
        "is_background": False,
        "ownername": "@copr",
        "project_dirname": "tools:pr:3",
        "projectname": "tools",
        "repo_url": "https://download.copr.fedorainfracloud.org/results/@copr/tools",
        "started_on": BEGAN,
        "state": "succeeded",
        "submitted_on": BEGAN - 60,
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
def test_the_source_has_the_version_of_the_packages(chroots: Mapping[str, Any], version: str) -> None:
    """Of those that there are or will be, without the dist tag of any chroot."""
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
    """Nothing else leads there; only where others have not ended yet they go on."""
    build = FakeCopr().add_build(chroots, id=7)
    assert (build.state, build.is_canceled) == (state, canceled)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({}, (BEGAN - 60, "jdoe")),
        ({"ownername": "frostyx"}, (BEGAN - 60, "frostyx")),
        ({"ownername": "@copr"}, (BEGAN - 60, "jdoe")),
        ({"submitted_on": 5, "submitter": "praiskup"}, (5, "praiskup")),
        ({"chroots": []}, (1_800_000_000, "jdoe")),
    ],
)
def test_a_build_of_a_scenario_was_submitted_by_somebody(said: dict[str, object], shown: tuple[int, str]) -> None:
    """Shortly before the first of its chroots started, or when the scenario begins: Copr always knows both."""
    chroots = [{"name": F41}, {"name": F42, "state": "running", "started_on": BEGAN}]
    fake = FakeCopr.from_scenario({"now": 1_800_000_000, "builds": [{"id": 7, "chroots": chroots, **said}]})
    answer = json.loads(fake.answer("GET", "/api_3/build/7").body)
    assert (answer["submitted_on"], answer["submitter"]) == shown


def test_the_state_of_a_source_build_can_be_set() -> None:
    """By its name too, at once for whoever asks; what is none is refused."""
    fake = FakeCopr()
    build = fake.add_build({F41: "waiting"}, id=7)
    assert json.loads(fake.answer("GET", "/api_3/build/7").body)["state"] == "pending"
    build.source_state = "failed"
    assert json.loads(fake.answer("GET", "/api_3/build/7").body)["state"] == "failed"
    assert fake.to_scenario()["builds"][0]["source_state"] == "failed"
    with pytest.raises(InputError, match="source_state: 'fails' is not a state; did you mean 'failed'"):
        build.source_state = "fails"  # type: ignore[assignment]  # wrong on purpose
    assert build.source_state == "failed"


def test_a_chroot_said_to_be_importing_is_in_a_build_that_is() -> None:
    """The build says importing too, as its source is where the chroot is."""
    fake = FakeCopr()
    assert fake.add_build({F41: "importing"}, id=1).state == "importing"
    assert fake.add_build({F41: "importing", F42: "running"}, id=2).state == "importing"
