"""Which rule counts if several apply: who may do what, the order of checks, and what a fork or a list prefers."""

from __future__ import annotations

from typing import Any

import pytest

from copr_chroot_fake import FakeCopr

from .drawn import CHROOTS, WORLD
from .sending import error, send

NAMED = {"ownername": "jdoe", "projectname": "p1"}
CATCH_ALL = "Request wasn't successful, there is probably a bug in the Copr code."
GEM = {**NAMED, "gem_name": "a"}


@pytest.fixture
def fake() -> FakeCopr:
    return FakeCopr.from_scenario(WORLD, progress="manual")


def submit(fake: FakeCopr, user: str, fields: Any) -> int:
    number: int = send(fake, "POST", "build/create/rubygems", fields, user=user).json()["id"]
    return number


@pytest.mark.parametrize(
    ("method", "target", "warns"),
    [
        ("POST", "project/permissions/request/jdoe/p1/", True),
        ("POST", f"project-chroot/edit/jdoe/p1/{CHROOTS[0]}", True),
        ("POST", "package/reset", True),
        ("POST", "package/delete", True),
        ("POST", "project/edit/jdoe/p1", False),
        ("POST", "project/delete/jdoe/p1", False),
        ("POST", "project/regenerate-repos/jdoe/p1", False),
        ("PUT", "project/fork/jdoe/p1", False),
        ("POST", "build/cancel/2", False),
        ("POST", "build/delete/list", False),
    ],
)
def test_invalid_login_hides_most_deprecation_warnings(fake: FakeCopr, method: str, target: str, warns: bool) -> None:
    answer = send(fake, method, target, user="expired")
    assert (answer.status, "Warning" in dict(answer.headers)) == (401, warns)


@pytest.mark.parametrize("project", ["jdoe/p1", "jdoe/nope", "@nogroup/p1"])
def test_unknown_user_is_reported_before_unknown_project(fake: FakeCopr, project: str) -> None:
    answer = send(fake, "GET", f"project/permissions/can_build_in/nobody/{project}", user="jdoe")
    assert error(answer) == (500, "Database error, contact admin")


@pytest.mark.parametrize(
    ("permissions", "may_build", "may_edit"),
    [
        ({"builder": "approved"}, True, False),
        ({"admin": "approved"}, True, True),
        ({"admin": "request", "builder": "request"}, False, False),
    ],
)
def test_admin_of_a_project_may_build_in_it(
    fake: FakeCopr, permissions: dict[str, str], may_build: bool, may_edit: bool
) -> None:
    send(fake, "PUT", "project/permissions/set/jdoe/p1/", {"bob": permissions}, user="jdoe")
    assert send(fake, "POST", "build/create/rubygems", GEM, user="bob").status == (200 if may_build else 403)
    assert send(fake, "PUT", "project/edit/jdoe/p1", {}, user="bob").status == (200 if may_edit else 403)


def test_creator_outside_the_group_may_not_edit_its_project() -> None:
    project = {"ownername": "@llvm", "projectname": "p", "chroots": CHROOTS, "creator": "bob"}
    fake = FakeCopr.from_scenario({**WORLD, "projects": [project], "builds": []})
    expected = "Only owners and admins may update their projects."
    assert error(send(fake, "PUT", "project/edit/@llvm/p", {}, user="bob")) == (403, expected)


def test_mask_selects_whether_a_user_can_build(fake: FakeCopr) -> None:
    target = "/api_3/project/permissions/can_build_in/jdoe/jdoe/p1/"
    assert fake.answer("GET", target, {"X-Fields": "can_build_in"}).json() == {"can_build_in": True}


def test_unfinished_build_is_reported_before_pruning(fake: FakeCopr) -> None:
    """Only administrators may disable pruning, which Copr finds out last."""
    fields = {"chroots": CHROOTS[1:], "auto_prune": False}
    expected = "Can't drop chroot from project, related build 2 is still in progress"
    assert error(send(fake, "PUT", "project/edit/jdoe/p1", fields, user="jdoe")) == (409, expected)
    fields["chroots"] = CHROOTS[:1]
    expected = "Non-admin cannot disable auto-prunning."
    assert error(send(fake, "PUT", "project/edit/jdoe/p1", fields, user="jdoe")) == (403, expected)
    assert len(fake.projects["jdoe/p1"].chroots) == len(CHROOTS)


@pytest.mark.parametrize(("builds", "dropped", "is_shortened"), [(5, 1, False), (6, 1, True), (5, 2, True)])
def test_unfinished_builds_are_listed_up_to_five(fake: FakeCopr, builds: int, dropped: int, is_shortened: bool) -> None:
    """With five in one chroot, Copr reports others as soon as it finds any in the next one."""
    fake.builds[2].delete()
    for _ in range(builds):
        submit(fake, "jdoe", {**GEM, "chroots": CHROOTS[:2]})
    answer = send(fake, "PUT", "project/edit/jdoe/p1", {"chroots": CHROOTS[dropped:]}, user="jdoe")
    assert (answer.status, "and others are" in answer.json()["error"]) == (409, is_shortened)


def test_builder_of_one_project_may_use_its_batch(fake: FakeCopr) -> None:
    """A batch with builds of two projects is open to the builders of each, and closed to others."""
    first = submit(fake, "jdoe", GEM)
    submit(fake, "admin1", {**GEM, "ownername": "@copr", "projectname": "p2", "with_build_id": first})
    frostyx = {**GEM, "ownername": "@copr", "projectname": "p2", "with_build_id": first}
    assert send(fake, "POST", "build/create/rubygems", frostyx, user="frostyx").status == 200
    answer = send(fake, "POST", "build/create/rubygems", {**GEM, "with_build_id": first}, user="bob")
    belongs = "The batch 1 belongs to projects jdoe/p1 and @copr/p2.  You are not allowed to build there, so you "
    assert belongs in answer.json()["error"]


def test_list_prefers_builds_in_the_main_directory(fake: FakeCopr) -> None:
    """One package has its latest build, in a list the latest one in the main directory."""
    numbers = []
    for dirname in ("p1", "p1:custom:x"):
        numbers.append(submit(fake, "jdoe", {**GEM, "project_dirname": dirname, "chroots": CHROOTS[:1]}))
        fake.builds[numbers[-1]].report_source("succeeded", package="gem")
    query = "ownername=jdoe&projectname=p1&packagename=gem&with_latest_build=True"
    main, other = numbers
    assert send(fake, "GET", f"package?{query}", user="bob").json()["builds"]["latest"]["id"] == other
    listed = send(fake, "GET", f"package/list?{query}", user="bob").json()["items"]
    assert [item["builds"]["latest"]["id"] for item in listed if item["name"] == "gem"] == [main]
    fake.builds[main].delete()
    listed = send(fake, "GET", f"package/list?{query}", user="bob").json()["items"]
    assert [item["builds"]["latest"]["id"] for item in listed if item["name"] == "gem"] == [other]


def test_fork_of_a_canceled_build_is_canceled(fake: FakeCopr) -> None:
    """A fork has the packages by name, and copies whether a build was canceled, and its batch."""
    number = submit(fake, "jdoe", {**GEM, "chroots": CHROOTS[:2]})
    build = fake.builds[number]
    submit(fake, "jdoe", {**GEM, "with_build_id": number})
    build.report_source("succeeded", package="gem")
    build.report_import()
    build[CHROOTS[0]].report("starting")
    build[CHROOTS[0]].report("succeeded")
    build.cancel()
    fork = send(fake, "POST", "project/fork/jdoe/p1", {"name": "f", "ownername": "alice"}, user="alice").json()
    forked = next(other for other in fake.builds.values() if other.package == "gem" and other.project.id == fork["id"])
    assert (forked.state, forked[CHROOTS[0]].state, forked.batch) == ("canceled", "forked", build.batch)
    assert [*fake.projects["alice/f"].packages] == ["0ad", "gem", "hello"]


@pytest.mark.parametrize("user", ["jdoe", "bob"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"storage": "pulp"}, (500, CATCH_ALL)),
        ({"storage": "pulp", "homepage": "x"}, (400, "homepage: Invalid URL.")),
        ({"storage": "x"}, (400, "storage: Not a valid choice.")),
    ],
)
def test_storage_cannot_be_edited(fake: FakeCopr, user: str, fields: Any, expected: tuple[int, str]) -> None:
    assert error(send(fake, "PUT", "project/edit/jdoe/p1", fields, user=user)) == expected


@pytest.mark.parametrize("user", ["admin1", "jdoe"])
def test_persistent_project_is_not_deleted_after_days(fake: FakeCopr, user: str) -> None:
    fields = {"name": "new", "chroots": CHROOTS[:1], "persistent": True, "delete_after_days": 5}
    expected = "delete_after_days: 'delete after' can not be combined with persistent"
    assert error(send(fake, "POST", "project/add/jdoe", fields, user=user)) == (400, expected)
    fields["delete_after_days"] = 0
    assert send(fake, "POST", "project/add/jdoe", fields, user="admin1").status == 200


def test_webhook_without_an_object_lacks_its_clone_url(fake: FakeCopr) -> None:
    headers = {"X-GitHub-Event": "push", "Content-Type": "application/json"}
    answer = fake.answer("POST", "/webhooks/github/1/secret/", headers, b"[]")
    assert (answer.status, answer.body) == (400, b"Missing clone_url in webhook")


def test_canceled_chroot_is_not_rescheduled(fake: FakeCopr) -> None:
    build = fake.builds[2]
    build.cancel()
    assert not build[CHROOTS[0]].report("pending")
    assert build[CHROOTS[0]].state == "running"


def test_times_stay_when_a_source_is_built_again(fake: FakeCopr) -> None:
    """The failed source has stamped the chroots; Copr stores nothing over that until they end again."""
    build = fake.builds[submit(fake, "jdoe", {**GEM, "chroots": CHROOTS[:2]})]
    build.report_source("failed")
    failed_on = int(fake.clock.now())
    fake.clock.tick(10)
    build.report_source("succeeded", package="gem")
    build.report_import(failed_for=["fedora-42"])
    build[CHROOTS[0]].report("starting")
    assert [(chroot.started_on, chroot.ended_on) for chroot in build.chroots] == [
        (failed_on + 10, failed_on),
        (failed_on, failed_on),
    ]
