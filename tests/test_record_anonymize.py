"""Anonymizing replaces all names and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.model.nevra import parse_package
from copr_chroot_fake.recording.anonymize import anonymize

from .chroots import F43
from .examples import examples, sample
from .recording_loop import S390X, SCENARIOS, get, record, targets

KEYS_OF_NAMES = {
    *("ownername", "projectname", "project_dirname", "package", "submitter", "source_package", "bootstrap_image"),
    *("result_dir", "result_url", "source_result_dir", "additional_repos", "additional_packages", "baseurl", "id"),
    *("url", "name"),
}
"""The keys whose values contain names."""


@cache
def chroots() -> set[str]:
    """Return the names of all chroots of builds."""
    fakes = [FakeCopr.from_scenario(path, progress="manual") for path in SCENARIOS.values()]
    return {chroot.name for fake in fakes for build in fake.builds.values() for chroot in build.values()}


def shape(value: Any, key: str = "") -> Any:
    """Return a scenario with ``None`` for each name."""
    if isinstance(value, dict):
        return {name: shape(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner, key) for inner in value]
    if isinstance(value, str) and key == "packages":
        return value[len(parse_package("", value).name) :]
    is_chroot = isinstance(value, str) and key == "name" and value in chroots()
    return None if isinstance(value, str) and key in KEYS_OF_NAMES and not is_chroot else value


def words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words(inner)
    elif isinstance(value, str):
        yield value


def scenario(names: list[str]) -> Any:
    """Return a scenario with names in all places that can contain them."""
    owner, project, dirname, package, sub, person, host, path, group, image = names
    other = {"ownername": f"@{group}", "projectname": path, "chroots": {F43: {}}}
    repos = [
        f"copr://{owner}/{project}",
        f"copr://@{group}/{path}?priority=3",
        f"https://{host}.example.org/{path}/$chroot/",
        f"https://{host}/{path}?priority=high",
        f"http://[{host}",
        f"copr://{host}",
        f"https://{owner}@{host}/?key={path}",
    ]
    settings_of_chroot = {
        "additional_repos": repos[2:3],
        "additional_packages": [sub, f"@{path}"],
        "bootstrap": "custom_image",
        "bootstrap_image": f"quay.io/{owner}/{image}:43",
    }
    results = f"https://copr.{host}.org/results/{owner}/{project}:pr:1"
    config = {
        "additional_repos": [f"copr://{owner}/{project}", repos[2]],
        "additional_packages": [package],
        "repos": [
            {"id": "copr_base", "name": "Copr repository", "baseurl": f"{results}/{F43}/"},
            {
                "id": f"https_{host}_example_org_{path}_chroot",
                "name": host,
                "baseurl": f"https://{host}.example.org/{path}/",
            },
            {"id": path, "name": path, "baseurl": f"https://{host}.example.org/{path}/"},
        ],
    }
    chroot = {
        "name": F43,
        "state": "succeeded",
        "result_dir": f"00000001-{package}",
        "packages": [f"{package}-1-1.src", {"name": sub, "version": "2", "release": "3", "arch": "noarch", "epoch": 0}],
    }
    build = {
        "id": 1,
        "ownername": owner,
        "projectname": project,
        "project_dirname": f"{project}:{dirname}:1",
        "package": package,
        "submitter": person,
        "source_result_dir": f"00000001-{package}",
        "source_package": {"version": "1-1", "url": f"{results}/srpm-builds/00000001/{package}-1-1.src.rpm"},
        "chroots": [
            chroot,
            {"name": S390X, "state": "failed", "result_url": f"{results}/{S390X}/1-{sub}/", "build_config": config},
        ],
    }
    elsewhere = {
        "id": 2,
        "ownername": owner,
        "projectname": path,
        "source_package": {"url": f"https://{host}/{path}.git"},
    }
    described = {"ownername": owner, "projectname": project, "additional_repos": repos}
    return {
        "projects": [{**described, "chroots": {F43: settings_of_chroot}}, other],
        "builds": [build, elsewhere],
    }


own_names = st.from_regex(r"[a-z]{0,6}(zq|qx|xj|jz)[a-z]{1,6}[0-9]?", fullmatch=True)
used_names = st.builds(
    lambda kind, number: f"{kind}{number}",
    st.sampled_from(["owner", "group", "project", "dir", "package", "person", "repo", "image", "results", "server"]),
    st.integers(1, 4),
)


@pytest.mark.sampled
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names=st.lists(own_names | used_names, min_size=10, max_size=10, unique=True))
def test_no_name_remains_as_a_word(names: list[str]) -> None:
    """This includes names that look like replacements."""
    document = scenario(names)
    FakeCopr.from_scenario(document)
    anonymous = anonymize(document)
    FakeCopr.from_scenario(anonymous)
    assert shape({**anonymous, "builds": []}) == shape({**document, "builds": []})
    left = {name for name in names for word in words(anonymous) if re.search(rf"(?<![a-z]){name}(?![0-9])", word)}
    assert left == set()


def test_names_are_replaced_consistently() -> None:
    """Owners and projects match in builds, projects, repositories and results."""
    document: Any = anonymize(
        scenario(["fred", "tools", "pr", "hello", "hello-devel", "wilma", "mirror", "base", "admins", "img"])
    )
    first, second = document["projects"]
    assert (first["ownername"], first["projectname"]) == ("owner1", "project1")
    assert (second["ownername"], second["projectname"]) == ("@group1", "project2")
    assert first["additional_repos"] == [
        *("copr://owner1/project1", "copr://@group1/project2?priority=3", "https://repo1.example.com/$chroot/"),
        *(
            "https://repo2.example.com/?priority=high",
            "https://repo3.example.com/",
            "copr://owner2",
            "https://repo4.example.com/",
        ),
    ]
    build = document["builds"][0]
    assert (build["ownername"], build["project_dirname"]) == ("owner1", "project1:pr:1")
    assert (build["package"], build["source_result_dir"]) == ("package3", "00000001-package3")
    assert build["chroots"][0]["result_dir"] == "00000001-package3"
    source, noarch = build["chroots"][0]["packages"]
    assert (source, noarch["name"]) == ("package3-1-1.src", "package1")
    root = "https://server1.example.com/results/owner1/project1:pr:1"
    assert build["source_package"]["url"] == f"{root}/srpm-builds/00000001/package3-1-1.src.rpm"
    assert build["chroots"][1]["result_url"] == f"{root}/{S390X}/1-package1/"
    own, *added = build["chroots"][1]["build_config"]["repos"]
    assert own == {"id": "copr_base", "name": "Copr repository", "baseurl": f"{root}/{F43}/"}
    assert added[0] == {
        "id": "repo6",
        "name": "Additional repo repo6",
        "baseurl": "https://repo5.example.com/",
    }


def test_repositories_stay_distinct() -> None:
    """Addresses that differ in scheme, host or path get different names; variables stay."""
    repos = [
        *("https://example.net/a/$chroot/", "https://example.net/b/$chroot/", "http://example.net/a/$chroot/"),
        *(
            "https://example.net/a/$chroot/?priority=5",
            "https://$distname.example.net/",
            "svn://example.net/a/$chroot/",
        ),
    ]
    project = {"ownername": "fred", "projectname": "tools", "additional_repos": repos}
    document: Any = anonymize({"projects": [project]})
    assert document["projects"][0]["additional_repos"] == [
        *(
            "https://repo1.example.com/$chroot/",
            "https://repo2.example.com/$chroot/",
            "https://repo3.example.com/$chroot/",
        ),
        *("https://repo1.example.com/$chroot/?priority=5", "https://repo4.example.com/$distname/"),
        "https://repo5.example.com/$chroot/",
    ]


@pytest.mark.sampled
@pytest.mark.parametrize("name", sample(SCENARIOS))
def test_anonymous_recording_keeps_the_shape_of_responses(name: str) -> None:
    """The verbatim build configurations only differ in names, and name the same project as the build."""
    fake = FakeCopr.from_scenario(SCENARIOS[name], progress="manual")
    fake.faults.clear()
    scenario = record(fake, anonymous=True).scenario
    served = FakeCopr.from_scenario(scenario, progress="manual")
    for build in scenario["builds"]:
        project = f"{build['ownername']}/{build['projectname']}"
        for target in targets(build["id"], [chroot["name"] for chroot in build["chroots"]]):
            (status, body), (other_status, other_body) = get(fake, target), get(served, target)
            assert (status, shape(json.loads(body))) == (other_status, shape(json.loads(other_body))), target
        for chroot in build["chroots"]:
            if "build_config" in chroot:
                config = chroot["build_config"]
                assert config["additional_repos"][0] == f"copr://{project}"
                assert f"/{project}/{chroot['name']}/" in config["repos"][0]["baseurl"]


def test_recording_an_anonymous_recording_changes_nothing() -> None:
    fake = FakeCopr.from_scenario(SCENARIOS["repositories"], progress="manual")
    recording = record(fake, anonymous=True)
    assert "jdoe" not in json.dumps(recording.scenario)
    again = record(recording.serve(progress="manual"))
    assert again.scenario == recording.scenario
