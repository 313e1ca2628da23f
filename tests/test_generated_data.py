"""Generated data is consistent, looks like Copr's, and is the same for the same seed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from faker import Generator
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from copr_chroot_fake import CoprProvider, FakeCopr, InputError, Nevra, Scenario, State, SystemClock, VirtualClock
from copr_chroot_fake.generate.choices import MOCK_CHROOTS
from copr_chroot_fake.model.machine import Stamp, stamps_of
from copr_chroot_fake.scenario.files import scenario_schema

from .examples import examples
from .generated_data import check_packages, check_responses, dist_tag_pattern, get_build_chroot
from .invariants import check_chroot

VALIDATOR = Draft202012Validator(json.loads(scenario_schema()))
NOW = 1_790_000_000


def provider(seed: int | str = 0) -> CoprProvider:
    return CoprProvider(Generator().seed_instance(seed))


@pytest.mark.sampled
@settings(max_examples=examples(80), deadline=None)
@given(st.integers(), st.integers(0, 15), st.integers(1, 12), st.integers(0, 2**31 - 1))
def test_every_generated_scenario_is_valid_and_consistent(seed: int, builds: int, chroots: int, now: int) -> None:
    """It matches the schema, and the responses of a fake that loads it are consistent."""
    scenario = provider(seed).copr_scenario(builds, chroots, now=now)
    VALIDATOR.validate(scenario)
    assert json.loads(json.dumps(scenario)) == scenario
    fake = FakeCopr.from_scenario(scenario)
    assert fake.clock.now() == now
    assert len(fake.builds) == builds
    assert len(set(fake.projects)) == len(scenario["projects"])
    for build in fake.builds.values():
        assert chroots / 2 <= len(build.chroots) <= chroots * 1.5
    check_responses(fake, now)
    VALIDATOR.validate(fake.to_scenario())


@pytest.mark.slow
def test_large_scenario_has_the_variety_of_copr() -> None:
    """It has nearly every state, pull request directories and epochs, in chroots that Copr offers."""
    scenario = provider(1).copr_scenario(2000, 5)
    builds = scenario["builds"]
    chroots = [chroot for build in builds for chroot in build["chroots"]]
    states = Counter(chroot.get("state") for chroot in chroots)
    assert 9_000 < states.total() < 11_000
    assert set(states) >= {"running", "succeeded", "failed", "skipped", "canceled", "forked"}
    assert states["succeeded"] > states.total() * 0.7
    assert any(build.get("canceled") for build in builds)
    assert any(":pr:" in build["project_dirname"] for build in builds)
    assert [build["id"] for build in builds] == list(range(builds[0]["id"], builds[0]["id"] + 2000))
    assert {chroot["name"] for chroot in chroots} <= {chroot.name for chroot in MOCK_CHROOTS}
    packages: list[Any] = [package for chroot in chroots for package in chroot.get("packages", ())]
    assert {package["epoch"] for package in packages} == {0, 1, 2}
    check_responses(FakeCopr.from_scenario({**scenario, "builds": builds[-100:]}), NOW)


def test_two_generated_scenarios_fit_in_one_fake() -> None:
    """With ``first_id`` and ``taken`` the second one has other ids and projects."""
    faker = provider()
    fake = FakeCopr.from_scenario(faker.copr_scenario(400, 1, first_id=1))
    fake.add_scenario(faker.copr_scenario(400, 1, first_id=401, taken=list(fake.projects)))
    assert len(fake.builds) == 800
    assert len(fake.projects) == 200


@pytest.mark.sampled
@pytest.mark.parametrize("state", State)
@given(seed=st.integers(), now=st.integers(0, 2**31 - 1))
@settings(max_examples=examples(20), deadline=None)
def test_fields_of_a_chroot_fit_its_state(state: State, seed: int, now: int) -> None:
    """This holds for a single chroot and for all chroots of a build."""
    faker = provider(seed)
    entry = faker.copr_chroot_entry(7, state=state, package="hello", now=now)
    stamps = stamps_of(state)
    assert entry["state"] == state
    assert ("started_on" in entry, "ended_on" in entry) == (Stamp.STARTED_ON in stamps, Stamp.ENDED_ON in stamps)
    assert entry.get("result_dir") == ("00000007-hello" if Stamp.RESULT_DIR in stamps else None)
    assert ("packages" in entry) is (Stamp.PACKAGES in stamps)
    build = faker.copr_build_entry(8, 6, state=state, now=now)
    assert {chroot["state"] for chroot in build["chroots"]} == {state}
    fake = FakeCopr.from_scenario({"builds": [build, {"id": 9, "package": "hello", "chroots": [entry]}]})
    for number in (8, 9):
        for chroot in get_build_chroot(fake, "/list", build_id=number)["items"]:
            check_chroot(chroot)
            assert chroot["state"] == state


@pytest.mark.sampled
@settings(max_examples=examples(50), deadline=None)
@given(st.integers())
def test_separately_generated_entries_are_consistent(seed: int) -> None:
    """A project, its builds and their packages can be loaded together."""
    faker = provider(seed)
    project = faker.copr_project_entry(4)
    builds = [faker.copr_build_entry(number, project=project, now=NOW) for number in (1, 2)]
    few = faker.copr_build_entry(3, 1, project=project, now=NOW)
    assert [chroot["name"] for chroot in builds[0]["chroots"]] == list(project["chroots"])
    assert len(few["chroots"]) == 1
    fake = FakeCopr.from_scenario({"now": NOW, "projects": [project], "builds": [*builds, few]})
    for build in fake.builds.values():
        assert str(build.project) == f"{project['ownername']}/{project['projectname']}"
        for chroot in build.chroots:
            get_build_chroot(fake, "/build-config", build_id=build.id, chrootname=chroot.name)
    name = faker.copr_mock_chroot()
    packages = faker.copr_package_set(name, "python-hello")
    check_packages({"name": name, "state": "succeeded"}, list(packages))
    assert {package["name"] for package in packages} >= {"python-hello", "python3-hello"}
    assert Nevra.parse(faker.copr_nevra(name)) is not None
    assert re.fullmatch(rf"\d+{dist_tag_pattern(name)}", faker.copr_release(name))
    assert faker.copr_dirname("copr-dev").partition(":")[0] == "copr-dev"
    assert faker.copr_group().startswith("@")
    assert not faker.copr_owner().startswith("@")


def test_unknown_chroot_gets_its_dist_tag_from_its_name() -> None:
    """Without a known distribution in the name there is no dist tag."""
    packages = provider().copr_package_set("fedora-99-i386", "hello")
    assert {package["release"].partition(".")[2] for package in packages} == {"fc99"}
    assert {package["arch"] for package in packages} <= {"src", "noarch", "i686"}
    assert all(package["release"].isdigit() for package in provider().copr_package_set("my-own-linux", "hello"))


def test_added_build_has_the_same_dist_tags_and_architectures() -> None:
    """``add_build`` derives them from the name of the chroot, as generated data does."""
    fake = FakeCopr()
    build = fake.add_build(["fedora-44-i386", "rhel+epel-10-aarch64"], id=1, state="succeeded")
    assert [str(nevra) for chroot in build.values() for nevra in chroot.packages] == [
        "hello-1.0-1.fc44.src",
        "hello-1.0-1.fc44.i686",
        "hello-1.0-1.el10.src",
        "hello-1.0-1.el10.aarch64",
    ]


def test_chroots_are_drawn_according_to_their_weights() -> None:
    faker = provider(1)
    drawn = Counter(faker.copr_mock_chroot() for _ in range(40_000))
    total = sum(MOCK_CHROOTS.values())
    for chroot, weight in MOCK_CHROOTS.items():
        expected = 40_000 * weight / total
        assert abs(drawn[chroot.name] - expected) < 5 * expected**0.5 + 1, chroot
    arches = Counter(name.rpartition("-")[2] for name in drawn.elements())
    assert [arch for arch, _ in arches.most_common(2)] == ["x86_64", "aarch64"]
    assert sum(count for name, count in drawn.items() if name.startswith("fedora-")) > 20_000


def test_seed_gives_the_pinned_data() -> None:
    """Update this test when a change to the tables is intended."""
    faker = provider(2026)
    assert [faker.copr_mock_chroot() for _ in range(3)] == ["epel-10-x86_64", "fedora-44-aarch64", "fedora-44-aarch64"]
    assert [faker.copr_nevra() for _ in range(3)] == [
        "deltaworks-7.24.18-1.fc46.src",
        "python3-nimbusgate-0.25.12-1.fc43.noarch",
        "python3-flintbase-1.12.18-11.el9.x86_64",
    ]
    assert faker.copr_project_entry(2) == {
        "ownername": "jlang",
        "projectname": "cometline-testing",
        "additional_repos": [],
        "devel_mode": False,
        "module_hotfixes": False,
        "repo_priority": None,
        "bootstrap": "default",
        "chroots": {"fedora-43-x86_64": {}, "fedora-44-x86_64": {}},
    }
    entry = faker.copr_chroot_entry(1, "fedora-43-x86_64", package="hello", state="succeeded")
    assert entry == {
        "name": "fedora-43-x86_64",
        "state": "succeeded",
        "started_on": 1789971570,
        "ended_on": 1789972121,
        "result_dir": "00000001-hello",
        "packages": [
            {"name": "hello", "epoch": 0, "version": "110", "release": "1.fc43", "arch": "src"},
            {"name": "hello", "epoch": 0, "version": "110", "release": "1.fc43", "arch": "x86_64"},
            {"name": "hello-debuginfo", "epoch": 0, "version": "110", "release": "1.fc43", "arch": "x86_64"},
            {"name": "hello-debugsource", "epoch": 0, "version": "110", "release": "1.fc43", "arch": "x86_64"},
        ],
    }


def test_another_seed_or_call_gives_other_data() -> None:
    faker = provider(1)
    first, second = faker.copr_scenario(), faker.copr_scenario()
    assert first == provider(1).copr_scenario()
    assert first != second
    assert first != provider(2).copr_scenario()


@pytest.mark.slow
def test_seed_gives_the_same_data_in_another_process() -> None:
    """It does not depend on hash randomization."""
    code = (
        "import json, sys; from faker import Generator; from copr_chroot_fake import CoprProvider;"
        "json.dump(CoprProvider(Generator().seed_instance(3)).copr_scenario(20, 8), sys.stdout)"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0]) == provider(3).copr_scenario(20, 8)


@pytest.mark.parametrize(
    ("generate", "message"),
    [
        (lambda faker, fake: faker.copr_scenario(-1), "builds: expected a whole number from 0"),
        (lambda faker, fake: faker.copr_scenario(1, 0), "chroots: expected an average number from 1 to 110, got 0"),
        (lambda faker, fake: faker.copr_scenario(1, 111), "chroots: expected an average number from 1 to 110, got 111"),
        (lambda faker, fake: faker.copr_scenario(1, True), "chroots: expected a whole number"),
        (lambda faker, fake: faker.copr_scenario(first_id=0), "first_id: expected a whole number from 1"),
        (lambda faker, fake: faker.copr_scenario(now=1.5), "now: expected a Unix time"),
        (lambda faker, fake: faker.copr_scenario(taken="jdoe/tools"), "taken: expected a list"),
        (lambda faker, fake: faker.copr_project_entry(["fedora"]), "chroots[0]: 'fedora' is not a chroot name"),
        (lambda faker, fake: faker.copr_project_entry(None), "chroots: expected a list"),
        (lambda faker, fake: faker.copr_build_entry("7"), "id: expected a whole number from 1"),
        (lambda faker, fake: faker.copr_build_entry(state="done"), "state: 'done' is not a state; "),
        (lambda faker, fake: faker.copr_build_entry(project={}), "project.ownername: missing, and required"),
        (lambda faker, fake: faker.copr_chroot_entry(0), "build_id: expected a whole number from 1"),
        (lambda faker, fake: faker.copr_chroot_entry(1, "fedora"), "name: 'fedora' is not a chroot name"),
        (lambda faker, fake: faker.copr_release("fedora"), "chroot: 'fedora' is not a chroot name"),
        (lambda faker, fake: faker.copr_package_set(package="a/b"), "package: 'a/b' has a slash"),
        (lambda faker, fake: faker.copr_dirname(""), "projectname: expected a text"),
        (lambda faker, fake: fake.populate(1, 1000), "chroots: expected an average number from 1 to 110, got 1000"),
        (lambda faker, fake: fake.populate(seed="7"), "seed: expected a whole number"),
    ],
)
def test_invalid_arguments_raise_input_error(generate: Callable[[Any, FakeCopr], object], message: str) -> None:
    """Nothing is added to the fake."""
    fake = FakeCopr()
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        generate(provider(), fake)
    assert not fake.builds


@pytest.mark.slow
def test_missing_faker_error_names_the_extra() -> None:
    """The rest of the package works without Faker."""
    code = """
import sys
sys.modules["faker"] = None
from copr_chroot_fake import *
from copr_chroot_fake import FakeCopr, MissingExtraError
def import_provider():
    from copr_chroot_fake import CoprProvider
for function in (import_provider, FakeCopr().populate):
    try:
        function()
    except MissingExtraError as error:
        print(error)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    needs = "needs Faker, which is not installed: pip install 'copr-chroot-fake[faker]'"
    assert result.stdout == f"CoprProvider {needs}\nFakeCopr.populate {needs}\n"


def populated(fake: FakeCopr, **arguments: int) -> Scenario:
    fake.populate(**arguments)
    return fake.to_scenario()


def test_populate_uses_the_given_seed_or_the_seed_of_the_fake() -> None:
    """By default it adds ten builds."""
    scenario = populated(FakeCopr(seed=1))
    assert len(scenario["builds"]) == 10
    assert populated(FakeCopr(seed=1)) == populated(FakeCopr(seed=2), seed=1) == scenario
    assert populated(FakeCopr(seed=2)) != scenario
    assert populated(FakeCopr(seed=1), builds=3) != scenario


@pytest.mark.parametrize("clock", [VirtualClock(5), VirtualClock(1_800_000_000.5), SystemClock()])
def test_populate_adds_nothing_after_the_current_time(clock: VirtualClock | SystemClock) -> None:
    """The clock does not move."""
    fake = FakeCopr(clock=clock)
    before = clock.now()
    builds = fake.populate(20)
    assert builds == list(fake.builds.values())
    assert before <= clock.now() < before + 60
    check_responses(fake, int(clock.now()))


def test_populate_adds_new_ids_and_projects() -> None:
    """The ids are higher than those of all builds, deleted ones included."""
    fake = FakeCopr()
    fake.add_build(["fedora-43-x86_64"], id=40)
    fake.add_build(["fedora-43-x86_64"], id=41).delete()
    assert [build.id for build in fake.populate(2, 3)] == [42, 43]
    assert fake.populate(100, 1)[0].id == 44
    assert list(fake.builds) == [40, *range(42, 144)]
    # One project of the added build, one of the first call, and one for every four builds of the second.
    assert len(fake.projects) == 1 + 1 + 25
    assert all(1 <= len(fake.builds[number].chroots) <= 4 for number in (42, 43))
    assert fake.populate(0) == []
