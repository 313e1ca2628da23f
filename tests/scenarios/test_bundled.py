"""The bundled scenarios: names, descriptions and contents."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, get_args

import pytest

from copr_chroot_fake import FAULTS, LIFECYCLES, FakeCopr
from copr_chroot_fake.model.fault import BodyName, BreakName
from copr_chroot_fake.model.lifecycle import parse_lifecycle
from copr_chroot_fake.model.project import Bootstrap
from copr_chroot_fake.scenario.files import bundled_directory, by_name

from ..documents import ROOT


@pytest.mark.parametrize("name", LIFECYCLES)
def test_each_named_lifecycle_has_a_scenario(name: str) -> None:
    fake = FakeCopr.from_scenario(bundled_directory() / "lifecycles" / f"{name}.json")
    (build,) = fake.builds.values()
    for chroot in build.values():
        assert chroot.run is not None
        assert chroot.run.plan == parse_lifecycle("", name).plan(f"0/{build.id}/{chroot.name}")


@pytest.mark.parametrize("reverse", [False, True])
def test_all_bundled_scenarios_can_be_combined(reverse: bool) -> None:
    """Their builds and projects differ."""
    fake = FakeCopr()
    names = sorted(by_name(), reverse=reverse)
    for name in names:
        fake.add_scenario(name)
    assert len(fake.builds) == sum(len(FakeCopr.from_scenario(name).builds) for name in names)


def test_each_bundled_scenario_is_documented() -> None:
    files = [path.stem for path in bundled_directory().rglob("*.json")]
    assert sorted(files) == sorted(by_name())
    page = (ROOT / "docs" / "scenarios.md").read_text().partition("## Bundled scenarios")[2]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ") and "`" in line]
    assert sorted(name for names, *_ in rows for name in re.findall("`([^`]+)`", names)) == sorted(files)
    for names, ids, _ in rows:
        listed = re.findall("`([^`]+)`", names)
        built = sorted(number for name in listed for number in FakeCopr.from_scenario(name).builds)
        assert ids == (f"{built[0]} to {built[-1]}" if len(built) > 1 else f"{built[0]}"), names
    headings = re.findall("^## (.*)$", (ROOT / "fixtures" / "README.md").read_text(), flags=re.MULTILINE)
    assert sorted(headings) == sorted(["lifecycles", *(set(files) - set(LIFECYCLES))])


def get(fake: FakeCopr, target: str) -> tuple[int, Any]:
    answer = fake.answer("GET", f"/api_3/build-chroot/{target}")
    return answer.status, json.loads(answer.body)


def test_pages_scenario_has_final_states_on_the_first_page() -> None:
    """The second page has some failures, and only the third unfinished chroots."""
    fake = FakeCopr.from_scenario("pages")
    states = [
        {item["state"] for item in get(fake, f"list?build_id=100&offset={offset}")[1]["items"]}
        for offset in range(0, 300, 100)
    ]
    assert states == [
        {"succeeded"},
        {"succeeded", "failed", "skipped"},
        {"succeeded", "pending", "starting", "running"},
    ]
    assert len(fake.builds[100].chroots) == 250


def test_mass_rebuild_has_many_lifecycles() -> None:
    """60 packages in four chroots each; some fail in some chroots, and four never end."""
    scenario = json.loads(by_name()["mass-rebuild"].read_text())
    builds = scenario["builds"]
    assert len({build["package"] for build in builds}) == 60
    assert {len(build["chroots"]) for build in builds} == {4}
    lifecycles = [build["lifecycle"] for build in builds]
    assert {*LIFECYCLES} - {*lifecycles} == {
        "succeeds", "as-deployed", "forked", "deleted", "appears-late", "source-fails",
    }  # fmt: skip
    assert lifecycles.count("realistic") > 40
    fake = FakeCopr.from_scenario("mass-rebuild", progress="immediate")
    endless = {
        build.id: {chroot.name for chroot in build.values() if not chroot.state.is_final}
        for build in fake.builds.values()
        if not build.is_finished
    }
    assert sorted(map(len, endless.values())) == [1, 1, 4, 4]
    assert set.intersection(*endless.values()) == {"fedora-rawhide-s390x"}


def test_bootstraps_scenario_has_every_setting() -> None:
    """In projects, their chroots, and builds."""
    fake = FakeCopr.from_scenario("bootstraps")
    projects = [project.settings for project in fake.projects.values()]
    settings = [chroot for project in fake.projects.values() for chroot in project.chroots.values()]
    for level in (projects, settings, fake.builds.values()):
        assert {each.bootstrap for each in level} == {None, *get_args(Bootstrap)}
    bootstraps = {
        (build.id, chroot.name): get(fake, f"build-config/{build.id}/{chroot.name}")[1].get("bootstrap")
        for build in fake.builds.values()
        for chroot in build.values()
    }
    assert [bootstraps[number, "fedora-43-x86_64"] for number in range(201, 208)] == [
        *(None, None, "on", "off", "image", "custom_image", None)
    ]
    assert {*bootstraps.values()} == {None, "on", "off", "image", "custom_image"}


def test_repositories_scenario_has_every_setting() -> None:
    """Two invalid repositories make Copr fail."""
    fake = FakeCopr.from_scenario("repositories")
    broken = {
        (build.id, chroot.name)
        for build in fake.builds.values()
        for chroot in build.values()
        if get(fake, f"build-config/{build.id}/{chroot.name}")[0] == 500
    }
    assert broken == {(310, "fedora-43-x86_64"), (312, "fedora-41-x86_64")}
    projects = list(fake.projects.values())
    for name in ("additional_repos", "devel_mode", "module_hotfixes", "repo_priority"):
        assert any(getattr(project.settings, name) for project in projects), name
    chroots = [chroot for project in projects for chroot in project.chroots.values()]
    for name in ("additional_repos", "additional_packages", "with_opts", "without_opts"):
        assert any(getattr(chroot, name) for chroot in chroots), name


def test_outages_scenario_has_a_build_for_each_fault() -> None:
    """Each fault only hits requests for its own build."""
    fake = FakeCopr.from_scenario("outages")
    faults = {active.fault.build_id: active for active in fake.faults}
    assert {*faults} == {*fake.builds} == {*range(601, 618)}
    assert {active.fault.breaks for active in faults.values()} == {None, *get_args(BreakName)}
    assert {active.fault.body for active in faults.values()} == {None, *get_args(BodyName)}
    for number, name in zip([*range(601, 606), 617], FAULTS, strict=True):
        own, known = (
            dataclasses.replace(fault, build_id=None, first=None) for fault in (faults[number].fault, FAULTS[name])
        )
        assert own == known
    for build_id, active in faults.items():
        listed = f"/api_3/build-chroot/list?build_id={build_id}"
        results = f"/results/jdoe/outages/fedora-43-x86_64/{build_id:08d}-hello/"
        for _ in range(20):
            fake.answer("GET", results if active.fault.endpoint == "results" else listed)
        assert active.hits, build_id
        assert active.seen == 20
