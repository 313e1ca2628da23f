"""Rules of single endpoints that no recorded sequence reaches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import EventError, FakeCopr, InputError, ScenarioError

from .drawn import CHROOTS, WORLD, write
from .sending import error, send

NAMED = {"ownername": "jdoe", "projectname": "p1"}
CATCH_ALL = "Request wasn't successful, there is probably a bug in the Copr code."


@pytest.fixture
def fake() -> FakeCopr:
    return FakeCopr.from_scenario(WORLD, progress="manual")


@pytest.mark.parametrize(
    ("method", "target", "fields", "expected"),
    [
        ("POST", "project/fork/jdoe/p1", {"name": "x" * 101, "ownername": "admin1"}, (500, CATCH_ALL)),
        ("POST", "project/add/jdoe", {"name": "x" * 101, "chroots": CHROOTS[:1]}, (500, CATCH_ALL)),
        (
            "PUT",
            "project/permissions/set/jdoe/p1/",
            ["bob"],
            (
                400,
                "request is not a dictionary, expected format: "
                "{'username': {'admin': 'nothing', 'builder': 'request'} ...}",
            ),
        ),
        ("PUT", "project/permissions/set/jdoe/p1/", {"bob": "admin"}, (500, CATCH_ALL)),
        ("PUT", "project/permissions/set/jdoe/p1/", {"\0": {}}, (500, CATCH_ALL)),
        (
            "PUT",
            "project/permissions/request/jdoe/p1/",
            [1],
            (400, "invalid 'roles' dict format, expected: {'admin': True, 'builder': False}"),
        ),
        (
            "PUT",
            f"project-chroot/edit/jdoe/p1/{CHROOTS[0]}",
            {"additional_modules": "a b:c"},
            (400, "module_toggle: Module name 'a b' must contain only letters, digits, dashes, underscores."),
        ),
        (
            "PUT",
            f"project-chroot/edit/jdoe/p1/{CHROOTS[0]}",
            {"additional_modules": "a:b, a:c"},
            (400, "module_toggle: Module name 'a' specified multiple times"),
        ),
        (
            "PUT",
            f"project-chroot/edit/jdoe/p1/{CHROOTS[0]}",
            {"additional_modules": "a:b c"},
            (
                400,
                "module_toggle: Stream part of module name 'b c' must contain only letters, digits, dashes, "
                "underscores.",
            ),
        ),
        ("PUT", f"project-chroot/edit/jdoe/p1/{CHROOTS[0]}", {"with_opts": {"a": 1}}, (500, CATCH_ALL)),
        ("PUT", "project/edit/jdoe/p1", {"repo_priority": 2**31}, (500, CATCH_ALL)),
        ("PUT", "project/edit/jdoe/p1", {"description": "\0"}, (500, CATCH_ALL)),
        ("POST", "project/add/nobody\0", {}, (404, "Such API endpoint doesn't exist")),
        (
            "POST",
            "package/add/jdoe/p1/new/rubygems",
            {"package_name": "new", "gem_name": "a", "chroot_denylist": "mageia-*"},
            (400, 'chroot_denylist: no chroot matched by pattern "mageia-*"'),
        ),
        ("PUT", "package/reset", {**NAMED, "package_name": 5}, (500, CATCH_ALL)),
        ("POST", "build/create/rubygems", {**NAMED, "gem_name": "a", "project_dirname": 5}, (500, CATCH_ALL)),
        (
            "POST",
            "build/create/rubygems",
            {**NAMED, "gem_name": "a", "project_dirname": "p1:custom:a b"},
            (
                400,
                "Wrong directory 'p1:custom:a b' specified.  Directory name can consist of alpha-numeric strings "
                "separated by colons.",
            ),
        ),
        ("POST", "build/create/rubygems", {**NAMED, "gem_name": {"a": float("inf")}}, (500, CATCH_ALL)),
    ],
)
def test_invalid_field_is_rejected(
    fake: FakeCopr, method: str, target: str, fields: Any, expected: tuple[int, str]
) -> None:
    before = fake.to_scenario()
    answer = send(fake, method, target.replace("\0", "/x"), fields)
    assert error(answer) == expected
    assert fake.to_scenario() == before


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("description", 5, "5"),
        ("description", True, "true"),
        ("instructions", False, "false"),
        ("instructions", 0.5, "0.5"),
    ],
)
def test_numbers_are_stored_as_text(fake: FakeCopr, field: str, value: object, stored: str) -> None:
    """As the database does with values of another type."""
    assert send(fake, "PUT", "project/edit/jdoe/p1", {field: value}).json()[field] == stored


def test_image_implies_bootstrap_from_it(fake: FakeCopr) -> None:
    target = f"/api_3/project-chroot/edit/jdoe/p1/{CHROOTS[0]}"
    assert send(fake, "PUT", target, {"bootstrap_image": "fedora:43"}).status == 200
    assert fake.projects["jdoe/p1"].chroots[CHROOTS[0]].bootstrap == "custom_image"


def test_approved_permission_cannot_be_requested(fake: FakeCopr) -> None:
    permissions = "/api_3/project/permissions"
    assert send(fake, "PUT", f"{permissions}/set/jdoe/p1/", {"admin1": {"builder": "approved"}}).status == 200
    answer = send(fake, "PUT", f"{permissions}/request/jdoe/p1/", {"builder": True})
    assert error(answer) == (400, "You already are 'builder' in 'jdoe/p1'")


def test_search_with_slash_looks_for_owner_and_name(fake: FakeCopr) -> None:
    found = fake.answer("GET", "/api_3/project/search?query=JD/p").json()["items"]
    assert [project["full_name"] for project in found] == ["jdoe/p1"]
    newest_first = fake.answer("GET", "/api_3/project/search?query=").json()["items"]
    assert [project["full_name"] for project in newest_first] == ["jdoe/p1", "@copr/p2"]


def test_uploaded_file_can_be_downloaded(fake: FakeCopr) -> None:
    body = b"\r\n".join(
        [
            b"--b",
            b'Content-Disposition: form-data; name="ownername"\r\n',
            b"jdoe",
            b"--b",
            b'Content-Disposition: form-data; name="projectname"\r\n',
            b"p1",
            b"--b",
            b'Content-Disposition: form-data; name="pkgs"; filename="hello.spec"\r\n',
            b"Name: hello",
            b"--b--",
        ]
    )
    request = write("POST", "/api_3/build/create/upload", {})
    headers = {**dict(request.headers), "Content-Type": "multipart/form-data; boundary=b"}
    build = fake.answer("POST", request.target, headers, body).json()["id"]
    config = fake.answer("GET", f"/api_3/build/source-build-config/{build}").json()["source_dict"]
    target = f"/tmp/{config['tmp']}/{config['pkg']}"
    assert fake.answer("GET", target).body == b"Name: hello"
    assert FakeCopr.from_scenario(fake.to_scenario()).answer("GET", target).body == b"Name: hello"
    assert fake.answer("GET", "/tmp/other/hello.spec").status == 404


def test_project_without_active_chroots_has_no_builds(fake: FakeCopr) -> None:
    for name in CHROOTS:
        fake.projects["jdoe/p1"].disable(name)
    answer = send(fake, "POST", "build/create/rubygems", {**NAMED, "gem_name": "a"})
    assert error(answer) == (400, "Can't create build - project jdoe/p1 has no active chroots")
    assert send(fake, "POST", "/webhooks/custom/1/secret/hello/").body == b"NO_ACTIVE_CHROOTS_IN_PROJECT\n"
    assert send(fake, "POST", "/webhooks/github/1/secret/", PUSH).body == b"OK"


def test_latest_fedora_needs_a_fedora(fake: FakeCopr) -> None:
    """Of the branches, and not only rawhide; Copr fails otherwise."""
    scenario = {
        "chroots": ["fedora-rawhide-x86_64"],
        "projects": [
            {
                **NAMED,
                "chroots": ["fedora-rawhide-x86_64"],
                "webhook_secret": "s",
                "packages": [{"name": "a", "source_type": "custom", "source_dict": {"chroot": "fedora-latest-x86_64"}}],
            }
        ],
    }
    only_rawhide = FakeCopr.from_scenario(scenario)
    answer = send(only_rawhide, "POST", "build/create/custom", {**NAMED, "script": "#!/bin/sh\r\ntrue\r\n"})
    assert error(answer) == (500, CATCH_ALL)
    assert send(only_rawhide, "POST", "/webhooks/custom/1/s/a/").body == b"BUILD_REQUEST_ERROR\n"
    fields = {**NAMED, "script": "#!/bin/sh\r\ntrue"}
    build = send(fake, "POST", "build/create/custom", fields).json()["id"]
    config = fake.answer("GET", f"/api_3/build/source-build-config/{build}").json()["source_dict"]
    assert (config["chroot"], config["script"]) == ("fedora-43-x86_64", "#!/bin/sh\ntrue\n")


@pytest.mark.parametrize("builds", [2, 3])
def test_unfinished_builds_keep_a_chroot(fake: FakeCopr, builds: int) -> None:
    for _ in range(builds - 1):
        send(fake, "POST", "build/create/rubygems", {**NAMED, "gem_name": "a", "chroots": CHROOTS[:1]})
    answer = send(fake, "PUT", "project/edit/jdoe/p1", {"chroots": CHROOTS[1:]})
    listed = "builds 4 and 2 are" if builds == 2 else "builds 5, 4, and 2 are"
    assert error(answer) == (409, f"Can't drop chroot from project, related {listed} still in progress")


PUSH: Mapping[str, Any] = {
    "repository": {"clone_url": "https://git.example/hello"},
    "ref": "refs/heads/main",
    "after": "abc",
    "commits": [{"added": ["sub/a"], "modified": [], "removed": []}],
}


def hello(fake: FakeCopr, **config: object) -> None:
    """Let webhooks build the package hello from a repository."""
    project = fake.projects["jdoe/p1"]
    source = {"clone_url": "https://git.example/hello.git", **config}
    project.update_package("hello", webhook_rebuild=True, config=source)


@pytest.mark.parametrize(
    ("config", "push", "is_built"),
    [
        ({}, PUSH, True),
        ({"clone_url": "https://git.example/other"}, PUSH, False),
        ({"committish": "main"}, PUSH, True),
        ({"committish": "f43"}, PUSH, False),
        ({"subdirectory": "./sub/"}, PUSH, True),
        ({"subdirectory": "other"}, PUSH, False),
        ({"subdirectory": "."}, PUSH, True),
        ({}, {**PUSH, "commits": []}, False),
        ({}, {**PUSH, "ref_type": "tag", "ref": "hello-1.0-1"}, True),
        ({}, {**PUSH, "ref_type": "tag", "ref": "hello_1.0"}, True),
        ({}, {**PUSH, "ref_type": "tag", "ref": "other-1.0"}, False),
        ({}, {**PUSH, "ref_type": "tag", "ref": "v1"}, False),
    ],
)
def test_push_builds_the_packages_that_it_concerns(
    fake: FakeCopr, config: Mapping[str, object], push: Mapping[str, object], is_built: bool
) -> None:
    hello(fake, **config)
    assert send(fake, "POST", "/webhooks/github/1/secret/", push).body == b"OK"
    built = [build.package for build in fake.builds.values() if build.id > 3]
    assert built == ["hello"] * is_built


@pytest.mark.parametrize(
    ("target", "payload"),
    [
        ("github/1/secret/hello", {**PUSH, "ref_type": "tag", "ref": "v1"}),
        (
            "gitlab/1/secret/hello",
            {
                **PUSH,
                "project": {"git_http_url": "https://git.example/hello"},
                "object_kind": "tag_push",
                "ref": "refs/tags/v1",
            },
        ),
        (
            "gitlab/1/secret",
            {**PUSH, "project": {"git_http_url": "https://git.example/hello"}, "object_kind": "push"},
        ),
        (
            "bitbucket/1/secret/hello",
            {
                "repository": {"links": {"self": {"href": "x"}, "html": {"href": "https://git.example/hello"}}},
                "push": {"changes": [{"new": {"type": "tag", "name": "v1", "target": {"hash": "abc"}}}]},
            },
        ),
    ],
)
def test_each_forge_triggers_builds(fake: FakeCopr, target: str, payload: Mapping[str, object]) -> None:
    """A build of a webhook has no submitter, and its package and chroots are known at once."""
    hello(fake)
    assert send(fake, "POST", f"/webhooks/{target}/", payload).body == b"OK"
    build = fake.builds[4]
    assert (build.package, build.submitter, build.is_background, [*build]) == ("hello", None, True, CHROOTS)


@pytest.mark.parametrize(
    ("target", "fields", "expected"),
    [
        ("custom/9/secret/hello", {}, (404, b"PROJECT_NOT_FOUND\n")),
        ("custom/1/wrong/hello", {}, (403, b"BAD_UUID\n")),
        ("custom/1/secret", {}, (400, b"PACKAGE_NAME_REQUIRED\n")),
        ("custom/1/secret/nope", {}, (404, b"PACKAGE_NOT_FOUND\n")),
        ("custom/1/secret/hello", {}, (200, b"4\n")),
        ("custom-dir/jdoe/p1:custom:x/secret/hello", {}, (200, b"4\n")),
        ("custom-dir/jdoe/nope/secret/hello", {}, (404, b"PROJECT_NOT_FOUND\n")),
        ("custom-dir/jdoe/p1/secret/nope", {}, (404, b"PACKAGE_NOT_FOUND\n")),
        ("custom-dir/jdoe/p1/wrong/hello", {}, (403, b"BAD_UUID\n")),
        ("custom-dir/jdoe/p1:x/secret/hello", {}, (400, b"CANT_CREATE_DIRECTORY\n")),
        ("github/1/secret", {}, (400, b"Bad Request")),
    ],
)
def test_webhook_answers_in_text(
    fake: FakeCopr, target: str, fields: Mapping[str, object], expected: tuple[int, bytes]
) -> None:
    answer = send(fake, "POST", f"/webhooks/{target}/", fields)
    assert (answer.status, answer.body) == expected


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("github/1/secret/", {}, 500),
        ("github/9/secret/", {"X-GitHub-Event": "push"}, 404),
        ("github/1/wrong/", {"X-GitHub-Event": "push"}, 403),
        ("github/1/secret/", {"X-GitHub-Event": "push"}, 415),
        ("custom/1/secret/%00/", {}, 500),
        ("custom-dir/jdoe/%00/secret/hello/", {}, 500),
    ],
)
def test_webhook_errors_are_pages(fake: FakeCopr, target: str, headers: dict[str, str], status: int) -> None:
    answer = fake.answer("POST", f"/webhooks/{target}", headers)
    assert (answer.status, answer.body[:9]) == (status, b"<!doctype")


def test_webhook_notes_whether_it_has_data(fake: FakeCopr) -> None:
    """Scripts get the data in a file; the ping of a forge builds nothing."""
    ping = fake.answer("POST", "/webhooks/custom/1/secret/hello/", {"X-GitHub-Event": "ping"})
    assert ping.body == b"SKIPPED\n"
    assert fake.answer("POST", "/webhooks/custom/1/secret/hello/", (), b"data").body == b"4\n"
    assert fake.builds[4].source.config["hook_data"] is True
    assert fake.answer("POST", "/webhooks/github/1/secret/", {"X-GitHub-Event": "ping"}).body == b"OK"
    payload = write("POST", "/webhooks/github/1/secret/", {"repository": {"clone_url": "x"}, "commits": [5]})
    assert fake.answer(*payload).status == 500


def test_rpmrepo_has_repositories_directories_and_dependencies() -> None:
    scenario = {
        "now": 1_800_000_000,
        "projects": [
            {
                **NAMED,
                "chroots": {
                    "fedora-43-x86_64": {},
                    "fedora-43-i386": {},
                    "epel-9-x86_64": {"dropped_on": 1_799_900_000},
                },
                "multilib": True,
                "module_hotfixes": True,
                "repo_priority": 5,
                "delete_after_days": 9,
                "directories": ["p1:pr:1", "p1:pr:2", "p1:custom:x"],
                "runtime_dependencies": ["copr://@copr/dep", "https://x.example/$basearch", "copr://jdoe/gone"],
            },
            {
                "ownername": "@copr",
                "projectname": "dep",
                "runtime_dependencies": ["copr://jdoe/p1", "https://y.example"],
            },
        ],
        "builds": [{"id": 1, "project": "jdoe/p1:pr:1", "submitted_on": 1_799_000_000, "chroots": []}],
    }
    fake = FakeCopr.from_scenario(scenario)
    document = fake.answer("GET", "/api_3/rpmrepo/jdoe/p1/fedora-43/").json()
    assert document["delete_after_days"] == 9
    assert document["directories"] == {
        "p1": {},
        "p1:custom:x": {},
        "p1:pr:1": {"delete_after_days": 28},
        "p1:pr:2": {"delete_after_days": 0},
    }
    options = {"module_hotfixes": "1", "priority": 5}
    assert document["repos"]["fedora-43"]["arch"]["x86_64"] == {
        "opts": options,
        "multilib": {"i386": {"opts": {"cost": "1100", **options}}},
    }
    assert document["repos"]["epel-9"]["arch"]["x86_64"] == {"opts": options, "delete_after_days": 5}
    assert [found["data"] for found in document["dependencies"]] == [
        {"owner": "@copr", "projectname": "dep"},
        {"pattern": "https://x.example/$basearch"},
        {"pattern": "https://y.example"},
    ]
    assert fake.answer("GET", "/api_3/rpmrepo/jdoe/nope/fedora-43/").status == 404


def test_source_takes_only_reports_of_the_backend(fake: FakeCopr) -> None:
    build = fake.builds[2]
    assert repr(build.source) == "<SourceBuild 2 unset, succeeded>"
    with pytest.raises(EventError, match="the backend cannot report importing for a source build"):
        build.report_source("importing")
    with pytest.raises(InputError, match=r"failed_for\[0\]: 'fedora-99' is not a distribution"):
        build.report_import(["fedora-99"])


def test_source_report_keeps_the_lifecycle_of_the_chroots() -> None:
    """A build that a test added can get a source build afterwards; its chroots continue after the import."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build(CHROOTS[:1], id=1, lifecycle="fails")
    assert build.report_source("succeeded")
    assert build[CHROOTS[0]].state == "waiting"
    assert build.report_import()
    fake.clock.tick(10_000)
    assert build[CHROOTS[0]].state == "failed"


def test_chroots_without_a_queue_stay_as_reported() -> None:
    """A lifecycle in which they are never pending does not tell how they continue."""
    fake = FakeCopr(progress="clock")
    build = fake.add_build(CHROOTS[:1], id=1, lifecycle={"stages": [{"state": "waiting"}]})
    assert build.report_source("succeeded")
    assert build.report_import()
    fake.clock.tick(10_000)
    assert build[CHROOTS[0]].state == "pending"


@pytest.mark.parametrize(
    ("batches", "problem"),
    [
        ([{"id": 1, "blocked_by": 2}, {"id": 2}], "batches[0].blocked_by: there is no batch 2"),
        ([{"id": 2, "blocked_by": 1}], "batches[0].blocked_by: there is no batch 1"),
        ([{"id": 2, "blocked_by": 2}], "batches[0].blocked_by: there is no batch 2"),
    ],
)
def test_batch_waits_for_one_before_it(batches: list[dict[str, int]], problem: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        FakeCopr.from_scenario({"batches": batches})
    assert problem in str(caught.value)


def test_rejected_scenario_changes_no_batch(fake: FakeCopr) -> None:
    """A batch that exists gets builds only if all of a scenario is added."""
    fake.add_scenario({"batches": [{"id": 1}], "builds": [{"id": 10, "batch": 1}]})
    before = fake.to_scenario()
    with pytest.raises(ScenarioError, match="batch 1 already exists"):
        fake.add_scenario({"batches": [{"id": 1}], "builds": [{"id": 11, "batch": 1}]})
    with pytest.raises(ScenarioError, match="build 10 already exists"):
        fake.add_scenario({"builds": [{"id": 11, "batch": 1}, {"id": 10}]})
    assert fake.to_scenario() == before
    with pytest.raises(ScenarioError, match="there is no batch 7"):
        fake.add_scenario({"builds": [{"id": 11, "batch": 7}]})
    fake.add_scenario({"builds": [{"id": 11, "batch": 1}]})
    assert fake.builds[11].batch == 1


def test_late_start_loads_back(fake: FakeCopr) -> None:
    """Copr stores a start that is reported after the end."""
    chroot = fake.builds[1][CHROOTS[0]]
    chroot.report("succeeded")
    fake.clock.tick(60)
    assert chroot.report("starting")
    written = fake.to_scenario()
    assert written["builds"][0]["chroots"][0]["late_start"] is True
    assert FakeCopr.from_scenario(written).to_scenario() == written


def test_json_file_has_to_be_an_object(fake: FakeCopr) -> None:
    """It is read before anything else; a form may begin with an empty line."""
    head = b'--b\r\n\r\nContent-Disposition: form-data; name="json"; filename="json"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = fake.answer("POST", "/api_3/build/create/upload", headers, head + b"[1]\r\n--b--")
    assert error(answer) == (500, CATCH_ALL)


def test_homepage_can_have_an_address_for_a_name(fake: FakeCopr) -> None:
    fields = {"homepage": "http://10.0.0.1/x"}
    assert send(fake, "PUT", "project/edit/jdoe/p1", fields).json()["homepage"] == "http://10.0.0.1/x"


def test_token_is_renewed_without_accounts() -> None:
    """As long as there are no accounts, any token is valid, the new one too."""
    answer = FakeCopr().answer(*write("POST", "/api_3/api-token", {}))
    assert {*answer.json()} == {"api_login", "api_token", "expiration"}


def test_blank_project_is_looked_for_in_the_body(fake: FakeCopr) -> None:
    assert error(send(fake, "GET", "project?ownername=&projectname=p1", NAMED)) == (500, CATCH_ALL)


def test_tag_with_version_and_release_names_a_package(fake: FakeCopr) -> None:
    hello(fake)
    for tag in ("hello-2-3", "other-2-3"):
        push = {**PUSH, "ref_type": "tag", "ref": tag}
        assert send(fake, "POST", "/webhooks/github/1/secret/", push).body == b"OK"
    assert [build.package for build in fake.builds.values() if build.id > 3] == ["hello"]


def test_fork_into_project_keeps_its_packages(fake: FakeCopr) -> None:
    """Only what is missing is added."""
    fields = {"name": "p1", "ownername": "admin1", "confirm": True}
    for _ in range(2):
        assert send(fake, "POST", "project/fork/jdoe/p1", fields).status == 200
    assert [*fake.projects["admin1/p1"].packages] == ["0ad", "hello"]


def test_group_is_known_by_its_members() -> None:
    fake = FakeCopr()
    fake.add_account("admin1", "admin1-login", "admin1-token", ["@some"])
    answer = send(fake, "POST", "project/add/@some", {"name": "p", "chroots": []})
    assert error(answer)[0] == 400
    assert error(send(fake, "POST", "project/add/@other", {})) == (404, "Group other does not exist.")


def test_cancellation_leaves_skipped_chroots() -> None:
    """Only chroots that wait for the source are canceled with it."""
    fake = FakeCopr.from_scenario(WORLD, progress="clock")
    fields = {**NAMED, "gem_name": "a", "chroots": CHROOTS[:2]}
    build = fake.builds[send(fake, "POST", "build/create/rubygems", fields).json()["id"]]
    fake.clock.tick(45)
    build.report_source("succeeded", skip=CHROOTS[:1])
    build.cancel()
    fake.clock.tick(100)
    assert [chroot.state for chroot in build.chroots] == ["skipped", "canceled"]


def test_results_of_forks_and_of_devel_mode_load_back(fake: FakeCopr) -> None:
    """The packages that a fork has copied, and the builds of the last regeneration."""
    project = fake.add_project("jdoe/devel", chroots=[CHROOTS[0]], devel_mode=True)
    build = fake.add_build([CHROOTS[0]], project=project, state="succeeded")
    assert send(fake, "PUT", "project/regenerate-repos/jdoe/devel").status == 200
    assert send(fake, "POST", "project/fork/jdoe/devel", {"name": "copy", "ownername": "admin1"}).status == 200
    loaded = FakeCopr.from_scenario(json.loads(json.dumps(fake.to_scenario())))
    copied = fake.builds[build.id + 1][CHROOTS[0]]
    for path in (f"jdoe/devel/{CHROOTS[0]}/repodata/repomd.xml", f"admin1/copy/{CHROOTS[0]}/{copied.result_dir}/"):
        answers = [each.answer("GET", f"/results/{path}") for each in (fake, loaded)]
        assert answers[0].status == 200
        assert answers[0] == answers[1], path
