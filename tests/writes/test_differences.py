"""Answers of the real service to unusual requests, each compared by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr

from ..examples import sample
from .drawn import CHROOTS, FIELDS, HOSTILE_VALUES, VALID, WORLD, write
from .sending import send

NAMED = {"ownername": "jdoe", "projectname": "p1"}
GEM = {**NAMED, "gem_name": "a"}
SCM = {**NAMED, "package_name": "new"}
CHROOT = f"project-chroot/edit/jdoe/p1/{CHROOTS[0]}"
ADD = "package/add/jdoe/p1/new"
CUSTOM = {**NAMED, "package_name": "new", "script": "true"}
CATCH_ALL = "Request wasn't successful, there is probably a bug in the Copr code."
BROKEN = "The browser (or proxy) sent a request that this server could not understand."
IMAGE = (
    "bootstrap_image: Enter valid bootstrap image id (<name>[:<tag>], e.g. fedora:33 or "
    "registry.fedoraproject.org/fedora:rawhide)."
)


@pytest.fixture
def fake() -> FakeCopr:
    return FakeCopr.from_scenario(WORLD, progress="manual")


def delete(builds: Any) -> tuple[str, str, Any]:
    return "DELETE", "build/delete/list", {"builds": builds}


def missing(*builds: object) -> tuple[int, str]:
    return 400, f"Build(s) {', '.join(map(str, builds))} don't exist.\n"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (delete([1, 3]), (400, "Can not delete builds from more projects")),
        (delete(["99999"]), missing(99999)),
        (delete([None]), missing(None)),
        (delete([1.5, 1]), missing(1.5)),
        (delete(["1"]), (500, CATCH_ALL)),
        (delete([1, "1"]), missing(1)),
        (delete(["x"]), (500, CATCH_ALL)),
        (delete([True]), (500, CATCH_ALL)),
        (delete([[1]]), (500, CATCH_ALL)),
        (
            ("POST", "build/create/scm", {**SCM, "clone_url": "git://git.example/a.git"}),
            (400, "Bad request parameters: {'clone_url': ['Invalid URL.']}"),
        ),
        (
            ("POST", "build/create/scm", {**SCM, "clone_url": "ftp://git.example/a.git"}),
            (400, "Bad request parameters: {'clone_url': ['Invalid URL.']}"),
        ),
        (("POST", f"{ADD}/scm", {**SCM, "clone_url": "git://git.example/a"}), (400, "clone_url: Invalid URL.")),
        (
            ("PUT", "project/edit/jdoe/p1", {"delete_after_days": "x"}),
            (
                400,
                "delete_after_days: Not a valid integer value.\ndelete_after_days: Number must be between -1 and 720.",
            ),
        ),
        (
            ("POST", "project/add/jdoe", {"name": "new", "chroots": CHROOTS[:1], "delete_after_days": {"a": 1}}),
            (
                400,
                "delete_after_days: Not a valid integer value.\ndelete_after_days: Number must be between -1 and 720.",
            ),
        ),
        (("PUT", CHROOT, {"bootstrap_image": "!", "additional_repos": "copr://no/such"}), (400, f"{IMAGE}\n{{repos}}")),
        (
            ("PUT", CHROOT, {"bootstrap": "custom_image", "additional_repos": "copr://no/such"}),
            (400, "bootstrap_image: Custom image is selected, but not specified\n{repos}"),
        ),
        (
            ("POST", f"{ADD}/custom", {**CUSTOM, "repos": "copr://no/such", "script_chroot": "x"}),
            (400, "{repos}\nchroot: Not a valid choice."),
        ),
        (
            ("POST", "build/create/custom", {**CUSTOM, "repos": "copr://no/such"}),
            (400, "Bad request parameters: {dict}"),
        ),
        (("PUT", CHROOT, {"additional_repos": ["copr://no/such"]}), (400, "{repos}")),
        (("PUT", CHROOT, {"reset_fields": "id"}), (500, CATCH_ALL)),
        (("PUT", CHROOT, {"reset_fields": "mock_chroot_id"}), (500, CATCH_ALL)),
        (
            ("POST", "build/create/rubygems", {**GEM, "timeout": {"a": 1}}),
            (
                400,
                "Bad request parameters: {'timeout': ['Not a valid integer value.', 'Number must be between 0 and "
                "108000.']}",
            ),
        ),
        (
            ("POST", "build/create/rubygems", {**GEM, "with_build_id": {"a": 1}}),
            (400, "Bad request parameters: {'with_build_id': ['Not a valid integer value.']}"),
        ),
        (("PUT", "project/permissions/set/jdoe/p1", {"bob": {"admin": ["x"]}}), (500, CATCH_ALL)),
        (("PUT", "project/permissions/set/jdoe/p1", {"bob": {"admin": {"x": 1}}}), (500, CATCH_ALL)),
        (("DELETE", "project/delete/@copr/p2", {"verify": {}}), (500, CATCH_ALL)),
        (
            ("POST", "build/create/rubygems", {**GEM, "ownername": [None]}),
            (404, "Project [None]/p1 does not exist."),
        ),
        (
            ("POST", "build/create/scm", {**NAMED, "packit_forge_project": "x", "timeout": -1, "clone_url": "a"}),
            (
                400,
                "Bad request parameters: {'clone_url': ['Invalid URL.'], 'timeout': ['Number must be between 0 and "
                "108000.']}",
            ),
        ),
        (
            ("POST", "package/build", {**NAMED, "package_name": "hello", "packit_forge_project": "x", "timeout": -1}),
            (400, "timeout: Number must be between 0 and 108000."),
        ),
    ],
)
def test_request_is_rejected_as_by_copr(
    fake: FakeCopr, request_: tuple[str, str, Any], expected: tuple[int, str]
) -> None:
    """Nothing has changed after the error."""
    before = fake.to_scenario()
    answer = send(fake, *request_)
    unknown = "copr://no/such does not exist."
    error = expected[1].replace("{repos}", f"repos: {unknown}").replace("{dict}", str({"repos": [unknown]}))
    assert (answer.status, answer.json()["error"]) == (expected[0], error)
    assert fake.to_scenario() == before


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (delete([1.0]), {"builds": [1]}),
        (("PUT", CHROOT, {"additional_modules": ["a:b", "c:d"]}), {"additional_modules": ["a:b", "c:d"]}),
        (("PUT", CHROOT, {"reset_fields": ["delete_after"]}), {"isolation": "unchanged"}),
        (
            ("POST", f"{ADD}/rubygems", {"package_name": "new", "gem_name": "a", "chroot_denylist": "*"}),
            {"name": "new"},
        ),
        (("PUT", "project/edit/jdoe/p1", {"delete_after_days": ""}), {"name": "p1"}),
        (("PUT", CHROOT, {"isolation": "", "bootstrap": ""}), {"isolation": ""}),
        (
            ("PUT", "project/edit/jdoe/p1", {"isolation": "", "bootstrap": ""}),
            {"isolation": "", "bootstrap": ""},
        ),
        (
            ("POST", "project/add/jdoe", {"name": "new", "chroots": CHROOTS[:1], "isolation": "", "bootstrap": ""}),
            {"isolation": "", "bootstrap": ""},
        ),
    ],
)
def test_request_is_accepted_as_by_copr(
    fake: FakeCopr, request_: tuple[str, str, Any], expected: dict[str, Any]
) -> None:
    """The answer has these fields, and the new state can be loaded."""
    answer = send(fake, *request_)
    assert (answer.status, {name: answer.json().get(name) for name in expected}) == (200, expected)
    assert FakeCopr.from_scenario(fake.to_scenario()).to_scenario() == fake.to_scenario()


@pytest.mark.parametrize("source", ["{", "[", ""])
def test_broken_json_is_reported_before_running_builds(fake: FakeCopr, source: str) -> None:
    """The project has an unfinished build."""
    request = write("DELETE", "/api_3/project/delete/jdoe/p1", {})
    answer = fake.answer(request.method, request.target, request.headers, source.encode())
    assert (answer.status, answer.json()["error"]) == (400, BROKEN)


@pytest.mark.parametrize(
    ("value", "alone", "listed"), [("False", 7, None), ("0", 7, None), ("", None, None), ("True", 7, 7)]
)
@pytest.mark.parametrize("kind", ["latest", "latest_succeeded"])
def test_any_text_adds_builds_to_a_single_package(
    fake: FakeCopr, kind: str, value: str, alone: int | None, listed: int | None
) -> None:
    """A list of packages takes only some texts for true."""
    fake.add_build({CHROOTS[0]: "succeeded"}, project="jdoe/p1", package="hello", id=7)
    query = f"ownername=jdoe&projectname=p1&with_{kind}_build={value}"
    package = send(fake, "GET", f"package?packagename=hello&{query}").json()
    (other,) = [item for item in send(fake, "GET", f"package/list?{query}").json()["items"] if item["name"] == "hello"]
    found = [(item["builds"][kind] or {}).get("id") for item in (package, other)]
    assert found == [alone, listed]


@pytest.mark.parametrize("name", ["get", "set", "request", "can_build_in/bob"])
def test_permissions_have_no_trailing_slash(fake: FakeCopr, name: str) -> None:
    """Another method gets 405, and OPTIONS names those that are accepted."""
    target = f"project/permissions/{name}/jdoe/p1"
    assert send(fake, "PATCH", target).status == 405
    options = send(fake, "OPTIONS", target)
    assert (options.status, "Allow" in dict(options.headers)) == (200, True)
    assert send(fake, "GET", f"{target}//").status == 404


def test_build_configuration_splits_modules_at_spaces(fake: FakeCopr) -> None:
    """So the commas stay, as in Copr."""
    send(fake, "PUT", CHROOT, {"additional_modules": "a:b, c:d"})
    query = f"ownername=jdoe&projectname=p1&chrootname={CHROOTS[0]}"
    assert send(fake, "GET", f"project-chroot/build-config?{query}").json()["additional_modules"] == ["a:b,", "c:d"]
    assert send(fake, "GET", f"project-chroot?{query}").json()["additional_modules"] == ["a:b", "c:d"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in places(item, (*path, key)))]


def spoil(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a document with another value in one place."""
    if not path:
        return value
    copied = json.loads(json.dumps(document))
    parent = copied
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return copied


BODILESS = [
    ("PUT", "/api_3/build/cancel/2"),
    ("DELETE", "/api_3/build/delete/1"),
    ("PUT", "/api_3/project/regenerate-repos/jdoe/p1"),
    ("POST", "/api_3/webhook/generate/jdoe/p1"),
    ("POST", "/api_3/api-token"),
    ("POST", "/webhooks/custom/1/secret/hello/"),
    ("POST", "/webhooks/custom-dir/jdoe/p1:custom:x/secret/hello/"),
]
"""Endpoints that change something and need no fields."""

WRITES = [*VALID, *((method, target, dict[str, Any]()) for method, target in BODILESS)]
WRONG_TYPES: list[Any] = [None, True, 5, 0.5, "", "x", [], [None], [[]], [5], {}, {"a": None}]


@pytest.mark.sampled
@pytest.mark.parametrize(("method", "target", "fields"), sample(WRITES))
def test_no_type_of_a_field_makes_the_fake_raise(
    fake: FakeCopr, method: str, target: str, fields: Mapping[str, Any]
) -> None:
    """Any field of any form, in any request that changes something."""
    before = fake.snapshot()
    for name in {**FIELDS, **fields}:
        for value in WRONG_TYPES:
            answer = fake.answer(*write(method, target, {**fields, name: value}))
            assert answer.status in (200, 400, 403, 404, 409, 415, 500), (name, value)
            fake.restore(before)


@pytest.mark.sampled
@pytest.mark.parametrize(("method", "target", "fields"), sample(WRITES))
def test_no_value_in_a_payload_makes_the_fake_raise(
    fake: FakeCopr, method: str, target: str, fields: Mapping[str, Any]
) -> None:
    """Whatever its place is."""
    fake.projects["jdoe/p1"].update_package("hello", webhook_rebuild=True)
    before = fake.snapshot()
    for path in places({**fields}):
        for value in HOSTILE_VALUES:
            answer = fake.answer(*write(method, target, spoil({**fields}, path, value)))
            assert answer.status in (200, 400, 403, 404, 409, 415, 500), (path, value)
            fake.restore(before)


@pytest.mark.parametrize("value", [None, 5, {}, []])
def test_clone_url_must_be_a_text(fake: FakeCopr, value: object) -> None:
    """Copr fails, whether or not the project has packages."""
    payload = {"repository": {"clone_url": value}, "commits": []}
    assert fake.answer(*write("POST", "/webhooks/github/1/secret/", payload)).status == 500
    assert fake.answer(*write("POST", "/webhooks/github/2/secret/", payload)).status == 403


@pytest.mark.parametrize("order_type", ["ASC", "DESC"])
def test_projects_are_ordered_by_user(order_type: str) -> None:
    """By the id of the owner, which is the position of the account."""
    fake = FakeCopr.from_scenario(WORLD)
    for owner in ("bob", "admin1"):
        fake.add_project(f"{owner}/a")
    users = [str(account.name) for account in fake.accounts]
    query = f"order=user&order_type={order_type}"
    found = [item["ownername"] for item in send(fake, "GET", f"project/list?{query}").json()["items"]]
    expected = sorted(found, key=lambda name: users.index("alice" if name == "@copr" else name))
    assert found == (expected if order_type == "ASC" else expected[::-1])


@pytest.mark.parametrize("query", ["", "jdoe/p", "hello"])
def test_search_can_be_ordered_by_user(fake: FakeCopr, query: str) -> None:
    """It keeps its own order."""
    found, ordered = (send(fake, "GET", f"project/search?query={query}{more}").json() for more in ("", "&order=user"))
    assert ordered["items"] == found["items"]


@pytest.mark.parametrize(("priority", "end"), [(None, b"enabled_metadata=1\n"), (7, b"\npriority=7")])
def test_repository_file_with_priority_has_no_final_newline(priority: int | None, end: bytes) -> None:
    """Without a priority it has one."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", chroots=["fedora-43-x86_64"], repo_priority=priority)
    assert fake.answer("GET", "/coprs/jdoe/tools/repo/fedora-43/").body.endswith(end)


@pytest.mark.parametrize(("name", "status"), [("packit", 200), ("carol", 200), ("nobody", 500)])
def test_submitters_and_owners_are_users(fake: FakeCopr, name: str, status: int) -> None:
    """Even those without an account."""
    fake.add_build([CHROOTS[0]], project="jdoe/p1", submitter="packit")
    fake.add_project("carol/tools")
    assert send(fake, "GET", f"project/permissions/can_build_in/{name}/jdoe/p1").status == status


@pytest.mark.parametrize(
    ("method", "target", "fields", "package"),
    [
        ("POST", "/api_3/package/build", {**NAMED, "package_name": "hello"}, "hello"),
        ("POST", "/webhooks/custom/1/secret/hello/", {}, "hello"),
        ("POST", "/api_3/build/create/rubygems", GEM, None),
    ],
)
def test_messages_of_a_source_build_name_a_known_package(
    method: str, target: str, fields: Any, package: str | None
) -> None:
    """Copr knows it before the source build if the package is what was to be built."""
    fake = FakeCopr.from_scenario(WORLD, progress="clock")
    answer = fake.answer(*write(method, target, fields))
    assert answer.status == 200
    fake.clock.tick(1000)
    bodies = [body for body in (message.body for message in fake.messages) if body["chroot"] == "srpm-builds"]
    assert [body["pkg"] for body in bodies] == [package] * 3
    assert all(f"pkg:{package} " in body["what"] for body in bodies)
