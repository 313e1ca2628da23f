"""Builds and projects added by a test: given values are used, omitted ones get defaults, invalid ones are errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import pytest

from copr_chroot_fake import FakeCopr, InputError, Nevra, State
from copr_chroot_fake.scenario.spec import ChrootFields

from .adapters import SendRequest, direct_client
from .chroots import F41

Document = Mapping[str, object]

RESULTS = "https://download.copr.fedorainfracloud.org/results"


def get_document(
    fake: FakeCopr, endpoint: str = "", chrootname: str = F41, send: SendRequest | None = None
) -> Document:
    """Return the JSON of an endpoint for a chroot of build 1."""
    target = f"/api_3/build-chroot{endpoint}?build_id=1&chrootname={chrootname}"
    response = (send or direct_client(fake))("GET", target)
    assert response.status == 200, response
    return cast(Document, json.loads(response.body))


def test_omitted_fields_get_consistent_defaults() -> None:
    """A state alone gives a build times, results and packages that fit it."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, state="succeeded")
    send = direct_client(fake)
    assert get_document(fake, send=send) == {
        "started_on": 1700000000,
        "ended_on": 1700000300,
        "state": "succeeded",
        "name": F41,
        "result_url": f"{RESULTS}/jdoe/playground/{F41}/00000001-hello/",
    }
    assert get_document(fake, "/built-packages", send=send) == {
        "packages": [
            {"arch": "src", "epoch": None, "release": "1.fc41", "version": "1.0", "name": "hello"},
            {"arch": "x86_64", "epoch": None, "release": "1.fc41", "version": "1.0", "name": "hello"},
        ]
    }
    assert get_document(fake, "/build-config", send=send) == {
        "additional_repos": ["copr://jdoe/playground"],
        "additional_packages": [],
        "with_opts": [],
        "without_opts": [],
        "enable_net": False,
        "is_background": False,
        "memory_limit": 2048,
        "timeout": 18000,
        "repos": [
            {
                "baseurl": f"{RESULTS}/jdoe/playground/{F41}/",
                "module_hotfixes": None,
                "priority": None,
                "repo_gpgcheck": False,
                "id": "copr_base",
                "name": "Copr repository",
            }
        ],
    }


@pytest.mark.parametrize("state", State)
def test_times_and_results_fit_the_state(state: State) -> None:
    """A started chroot has a start and results, and an ended one an end."""
    fake = FakeCopr()
    fake.add_build({F41: state}, id=1)
    document = get_document(fake)
    started = state in {"starting", "running", "succeeded", "failed", "skipped", "forked"}
    ended = state in {"succeeded", "failed", "skipped", "forked"}
    results = state in {"starting", "running", "succeeded", "failed", "forked"}
    packages = get_document(fake, "/built-packages")["packages"]
    assert (document["started_on"] is not None) == started
    assert (document["ended_on"] is not None) == ended
    assert (document["result_url"] is not None) == results
    assert bool(packages) == (state == "succeeded")


def test_chroot_settings_override_those_of_the_build() -> None:
    fake = FakeCopr()
    build = fake.add_build(
        {
            F41: {},
            "epel-9-s390x": {"state": "failed", "started_on": 1000},
            "fedora-42-x86_64": {"state": "succeeded", "ended_on": 2000, "packages": ["hello-2:1.2-3.fc42.noarch"]},
            "fedora-43-x86_64": "skipped",
        },
        id=1,
        state="running",
    )
    assert build[F41].state == "running"
    assert (build["epel-9-s390x"].started_on, build["epel-9-s390x"].ended_on) == (1000, 1300)
    assert (build["fedora-42-x86_64"].started_on, build["fedora-42-x86_64"].ended_on) == (1700, 2000)
    assert build["fedora-42-x86_64"].packages == (Nevra("hello", "1.2", "3.fc42", "noarch", epoch=2),)
    assert build["fedora-43-x86_64"].ended_on == build["fedora-43-x86_64"].started_on


@pytest.mark.parametrize(
    ("chrootname", "release"),
    [
        ("fedora-41-x86_64", "1.fc41"),
        ("epel-9-s390x", "1.el9"),
        ("centos-stream-10-x86_64", "1.el10"),
        ("fedora-rawhide-x86_64", "1"),
        ("opensuse-leap-15.6-x86_64", "1"),
    ],
)
def test_default_packages_have_the_dist_tag_of_their_chroot(chrootname: str, release: str) -> None:
    """The release has no tag if the chroot's name does not determine it."""
    fake = FakeCopr()
    build = fake.add_build([chrootname], id=1, state="succeeded")
    assert {nevra.release for nevra in build[chrootname].packages} == {release}


def test_given_result_url_is_returned_unchanged() -> None:
    fake = FakeCopr()
    fake.add_build({F41: {"state": "pending", "result_url": "http://127.0.0.1:8080/anywhere?"}}, id=1)
    assert get_document(fake, send=direct_client(fake))["result_url"] == "http://127.0.0.1:8080/anywhere?"


def test_given_build_config_is_returned_unchanged() -> None:
    """Nothing is added, omitted or reordered."""
    config: Document = {"timeout": None, "chroot": "mine", "repos": []}
    fake = FakeCopr()
    fake.add_build({F41: {"build_config": config}}, id=1)
    response = direct_client(fake)("GET", f"/api_3/build-chroot/build-config?build_id=1&chrootname={F41}")
    assert response.body == b'{"timeout": null, "chroot": "mine", "repos": []}\n'


def test_given_build_config_is_copied() -> None:
    """Changing the object afterwards does not change the response."""
    config: dict[str, object] = {"timeout": 5}
    fake = FakeCopr()
    fake.add_build({F41: {"build_config": config}}, id=1)
    config["timeout"] = 6
    assert get_document(fake, "/build-config") == {"timeout": 5}


def test_project_may_be_given_with_a_directory() -> None:
    """The build's results are in that directory, which is an additional repository."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, project="@copr/copr-dev:pr:12", package="copr-cli", state="succeeded")
    assert get_document(fake)["result_url"] == f"{RESULTS}/@copr/copr-dev:pr:12/{F41}/00000001-copr-cli/"
    repos = cast(list[dict[str, object]], get_document(fake, "/build-config")["repos"])
    assert [repo["id"] for repo in repos] == ["copr_base", "copr_coprdir"]
    assert list(fake.projects) == ["@copr/copr-dev"]


def test_build_is_added_to_an_existing_project() -> None:
    """The project's settings apply, and its missing chroot is enabled."""
    fake = FakeCopr()
    project = fake.add_project("jdoe/tools", chroots={F41: {"with_opts": ["tests"]}}, repo_priority=7)
    fake.add_build([F41, "fedora-42-x86_64"], id=1, project=project)
    assert get_document(fake, "/build-config")["with_opts"] == ["tests"]
    assert get_document(fake, "/build-config", "fedora-42-x86_64")["with_opts"] == []
    assert list(project.chroots) == [F41, "fedora-42-x86_64"]


def test_build_config_of_a_disabled_chroot_is_short() -> None:
    """Its row is still in Copr's database."""
    fake = FakeCopr()
    build = fake.add_build([F41], id=1, state="succeeded")
    build.project.disable(F41)
    assert get_document(fake, "/build-config") == {
        "additional_repos": ["copr://jdoe/playground"],
        "enable_net": False,
        "is_background": False,
        "memory_limit": 2048,
        "timeout": 18000,
    }
    assert get_document(fake)["state"] == "succeeded"


@pytest.mark.parametrize("reason", ["not a chroot of the project", "deactivated"])
def test_build_config_of_an_unusable_chroot_is_500(reason: str) -> None:
    fake = FakeCopr()
    build = fake.add_build([F41], id=1, state="succeeded")
    if reason == "deactivated":
        fake.add_scenario({"chroots": [{"name": F41, "is_active": False}]})
    else:
        build.project.known_chroots = {}
    response = direct_client(fake)("GET", f"/api_3/build-chroot/build-config?build_id=1&chrootname={F41}")
    assert (response.status, b"there is probably a bug in the Copr code" in response.body) == (500, True)


def test_results_url_option_sets_the_url_of_results() -> None:
    fake = FakeCopr(results_url="http://127.0.0.1:8000/results/")
    fake.add_build([F41], id=1, state="succeeded")
    assert get_document(fake)["result_url"] == f"http://127.0.0.1:8000/results/jdoe/playground/{F41}/00000001-hello/"


def test_unknown_chroot_differs_from_unused_one() -> None:
    """The build was not submitted to a chroot that Copr knows; any other chroot does not exist."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.add_mock_chroots("fedora-42-x86_64")
    target = "/api_3/build-chroot?build_id=1&chrootname="
    body = direct_client(fake)("GET", target + "fedora-42-x86_64").body
    assert b"was not submitted to fedora-42-x86_64 chroot." in body
    assert b"Chroot fedora-43-x86_64 does not exist" in direct_client(fake)("GET", target + "fedora-43-x86_64").body


def test_two_fakes_share_nothing() -> None:
    one, other = FakeCopr(), FakeCopr()
    one.add_build([F41], id=1)
    assert list(one.builds) == [1]
    assert list(other.builds) == []


def test_missing_chroot_error_lists_the_chroots() -> None:
    fake = FakeCopr()
    build, bare = fake.add_build([F41, "epel-9-s390x"], id=1), fake.add_build([], id=2)
    with pytest.raises(KeyError, match="build 1 has no chroot 'f41'; it has fedora-41-x86_64, epel-9-s390x"):
        build["f41"]
    with pytest.raises(KeyError, match="build 2 has no chroot 'f41'; it has no chroots"):
        bare["f41"]


@pytest.mark.parametrize(
    ("text", "nevra"),
    [
        ("hello-2.12-3.fc41.x86_64", Nevra("hello", "2.12", "3.fc41", "x86_64")),
        (
            "python3-a-b-0:1~rc1-1.20240101git^abc.el9.noarch",
            Nevra("python3-a-b", "1~rc1", "1.20240101git^abc.el9", "noarch", 0),
        ),
        ("hello-2:1.2-3.fc42.noarch", Nevra("hello", "1.2", "3.fc42", "noarch", 2)),
    ],
)
def test_nevra_is_parsed_and_formatted(text: str, nevra: Nevra) -> None:
    """An epoch of 0 is omitted."""
    assert Nevra.parse(text) == nevra
    assert str(nevra) == text.replace("0:", "")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": ""}, "name: expected a text that is not empty, got ''"),
        ({"arch": 7}, "arch: expected a text that is not empty, got 7"),
        ({"epoch": -1}, "epoch: expected a whole number from 0"),
    ],
)
def test_invalid_part_of_a_nevra_is_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Nevra(**{"name": "hello", "version": "1", "release": "1", "arch": "src", **settings})  # type: ignore[arg-type]  # wrong on purpose
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(("arch", "built"), [("x86_64", "x86_64"), ("i386", "i686"), ("armhfp", "armv7hl")])
def test_default_packages_have_the_architecture_rpm_uses(arch: str, built: str) -> None:
    """RPM's name of an architecture can differ from the chroot's."""
    name = f"fedora-41-{arch}"
    build = FakeCopr().add_build([name], id=1, state="succeeded")
    assert {nevra.arch for nevra in build[name].packages} == {"src", built}


DEEP = json.loads("[" * 600 + "]" * 600)
ENDLESS: dict[str, object] = {}
ENDLESS.update(first=ENDLESS, second=ENDLESS)

INVALID_BUILDS: list[tuple[dict[str, object], str]] = [
    ({"id": 0}, "id: expected a whole number from 1 to 2147483647, got 0"),
    ({"id": True}, "id: expected a whole number from 1"),
    ({"id": "7"}, "id: expected a whole number from 1"),
    ({"id": 2**31}, "id: expected a whole number from 1"),
    ({"id": 1}, "id: build 1 already exists; expected another id"),
    ({"state": "succeded"}, "state: 'succeded' is not a state; did you mean 'succeeded'? valid: importing, waiting"),
    ({"chroots": {F41: "runing"}}, "runing"),
    (
        {"chroots": {F41: "fails"}},
        f"chroots.{F41}: 'fails' is a lifecycle, and not a state; expected a state, or {{'lifecycle': 'fails'}}",
    ),
    ({"project": "a/ b"}, "project: ' b' has a slash or white space around it"),
    ({"chroots": {F41: {"build_config": {"a": DEEP}}}}, "build_config: nested too deeply; expected at most 100 levels"),
    (
        {"chroots": {F41: {"build_config": ENDLESS}}},
        "build_config: expected a value that JSON can represent: Circular reference",
    ),
    (
        {"chroots": {F41: {"state": "running", "canceled": True}}},
        f"chroots.{F41}.canceled: a chroot that is canceled while",
    ),
    ({"chroots": {F41: {"canceled": True}}}, "ends as failed; expected that state"),
    (
        {"chroots": ["fedora-x86_64"]},
        "'fedora-x86_64' is not a chroot name; expected distribution-version-architecture",
    ),
    ({"chroots": ["fedora-41-"]}, "'fedora-41-' is not a chroot name"),
    ({"chroots": ["fedora/41-1-x86_64"]}, "is not a chroot name"),
    ({"chroots": ["fedora-\ud800-x86_64"], "lifecycle": "realistic"}, "is not a chroot name"),
    ({"chroots": [7]}, "chroots"),
    ({"chroots": 7}, "chroots: expected a list, got 7"),
    ({"chroots": {F41: {"started_on": -1}}}, "started_on: expected a Unix time in whole seconds, from 0 to 2147483647"),
    ({"chroots": {F41: {"ended_on": 1_700_000_000_000}}}, "in whole seconds, from 0 to 2147483647, got 1700000000000"),
    ({"chroots": {F41: {"ended_on": "now"}}}, f"chroots.{F41}.ended_on: expected a Unix time in whole seconds"),
    ({"chroots": {F41: 7}}, f"chroots.{F41}: expected an object, got 7"),
    ({"chroots": F41}, "chroots: expected a list, got 'fedora-41-x86_64'"),
    ({"chroots": {F41: {"build_config": {"a": {1}}}}}, "build_config: expected a value that JSON can represent"),
    ({"chroots": {F41: {"started_on": 1.5}}}, "started_on: expected a Unix time in whole seconds"),
    (
        {"chroots": {F41: {"started_on": 10, "ended_on": 9}}},
        "ended_on: 9 is before started_on, 10; expected that time or",
    ),
    ({"chroots": {F41: {"packages": ["hello"]}}}, "packages[0]: 'hello' is not a NEVRA; expected name-[epoch:]version"),
    ({"chroots": {F41: {"packages": ["a-\N{ARABIC-INDIC DIGIT THREE}:1-1.src"]}}}, "is not a NEVRA"),
    ({"chroots": {F41: {"packages": [{"version": "1", "release": "1", "arch": "src"}]}}}, "packages[0].name: missing"),
    (
        {"chroots": {F41: {"packages": [{"name": "", "version": "1", "release": "1", "arch": "src"}]}}},
        "packages[0].name",
    ),
    ({"chroots": {F41: {"endet_on": 9}}}, "endet_on: unknown key; did you mean 'ended_on'?"),
    ({"chroots": {F41: {"result_dir": "a/b"}}}, "result_dir: 'a/b' has a slash or white space around it"),
    ({"project": "playground"}, "project: 'playground' is not a full name; expected owner/project"),
    ({"project": "a/b/c"}, "project: 'b/c' has a slash"),
    ({"package": ""}, "package: expected a text that is not empty, got ''"),
    ({"memory_limit": -1}, "memory_limit: expected a whole number from 0"),
    ({"timeout": "1h"}, "timeout: expected a whole number"),
    ({"enable_net": 1}, "enable_net: expected true or false, got 1"),
    ({"bootstrap": "maybe"}, "bootstrap: 'maybe' is not valid; valid: default, on, off, image, custom_image"),
]


@pytest.mark.parametrize(("settings", "message"), INVALID_BUILDS, ids=[str(settings) for settings, _ in INVALID_BUILDS])
def test_invalid_build_is_rejected_and_nothing_changes(settings: dict[str, object], message: str) -> None:
    """The error names the field and valid values."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, project="jdoe/first")
    arguments: dict[str, object] = {"id": 2, "chroots": [F41, "fedora-42-x86_64"], **settings}
    with pytest.raises(InputError) as raised:
        fake.add_build(**arguments)  # type: ignore[arg-type]  # wrong on purpose
    assert message in str(raised.value)
    assert not raised.value.location.startswith("builds")
    assert isinstance(raised.value, ValueError)
    assert list(fake.builds) == [1]
    assert list(fake.projects) == ["jdoe/first"]
    body = direct_client(fake)("GET", "/api_3/build-chroot/1/fedora-42-x86_64").body
    assert b"fedora-42-x86_64 does not exist" in body


def test_nesting_beyond_the_recursion_limit_is_rejected() -> None:
    """The error is the same as for slightly too deep nesting."""
    config: dict[str, object] = {}
    for _ in range(100_000):
        config = {"a": config}
    with pytest.raises(InputError, match="build_config: nested too deeply; expected at most 100 levels"):
        FakeCopr().add_build({F41: {"build_config": config}}, id=1)


def test_repeated_chroot_is_rejected() -> None:
    entry = {"id": 1, "chroots": [{"name": F41}, {"name": F41}]}
    with pytest.raises(InputError, match=r"builds\[0\].chroots\[1\].name: the build already has fedora-41-x86_64"):
        FakeCopr.from_scenario({"builds": [entry]})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"project": "/new"}, "project: '/new' is not a full name; expected owner/project"),
        ({"project": "jdoe/a/b"}, "project: 'a/b' has a slash"),
        ({"chroots": ["fedora"]}, "'fedora' is not a chroot name"),
        ({"chroots": {F41: {"with_opt": []}}}, "with_opt: unknown key; did you mean 'with_opts'?"),
        ({"chroots": {F41: {"with_opts": "tests"}}}, "with_opts: expected a list, got 'tests'"),
        ({"additional_repos": [1]}, "additional_repos[0]: expected a text"),
        ({"repo_priority": "high"}, "repo_priority: expected a whole number"),
        ({"devel_mode": "yes"}, "devel_mode: expected true or false"),
        ({"project": "jdoe/taken"}, "project jdoe/taken already exists"),
    ],
)
def test_invalid_project_is_rejected_and_nothing_changes(settings: dict[str, object], message: str) -> None:
    """The error names the field and valid values."""
    fake = FakeCopr()
    fake.add_project("jdoe/taken")
    with pytest.raises(InputError) as raised:
        fake.add_project(**{"project": "jdoe/new", **settings})  # type: ignore[arg-type]  # wrong on purpose
    assert message in str(raised.value)
    assert list(fake.projects) == ["jdoe/taken"]


@pytest.mark.parametrize("limit", [0, -1, 1.5, "100", True])
def test_invalid_default_limit_is_rejected(limit: int) -> None:
    with pytest.raises(InputError, match="default_limit: "):
        FakeCopr(default_limit=limit)


def test_chroot_being_canceled_cancels_its_build() -> None:
    """The other chroots are confirmed as canceled 10 seconds after the cancellation began."""
    running: dict[str, object] = {"state": "running", "lasts": 60, "canceled": True}
    canceled = {"name": F41, "state": "running", "lifecycle": {"stages": [running, {"state": "failed"}]}}
    other = {"name": "fedora-42-x86_64", "lifecycle": "stuck-pending"}
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "progress": "clock", "chroots": [canceled, other]}]})
    build = fake.builds[1]
    assert build.is_canceled
    fake.clock.tick(10)
    assert [chroot.state for chroot in build.values()] == ["running", "canceled"]


def test_chroot_settings_have_a_type() -> None:
    """Settings that are assembled separately type-check."""
    settings: ChrootFields = {"state": "failed", "ended_on": 1000}
    build = FakeCopr().add_build({F41: settings}, id=1)
    assert (build[F41].started_on, build[F41].ended_on) == (700, 1000)


def test_repr_describes_the_build() -> None:
    assert (
        repr(FakeCopr().add_build([F41], id=7, project="jdoe/tools", package="make"))
        == "<Build 7 make in jdoe/tools, importing>"
    )
