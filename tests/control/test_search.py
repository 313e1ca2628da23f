"""Searching lists of the control API, and the counts of chroots by state."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from copr_chroot_fake import FakeCopr

from ..chroots import F41, F42
from ..worlds import fake_of
from .clients import Control


@pytest.fixture
def filled(control: Control) -> Control:
    fake: FakeCopr = fake_of(control.world)
    fake.clear()
    fake.add_build({F41: "succeeded"}, id=1, package="hello", project="jdoe/tools")
    fake.add_build({F41: "failed"}, id=2, package="ripgrep", project="jdoe/tools")
    fake.add_build({F41: "succeeded"}, id=11, package="hello-2", project="@copr/Dev")
    return control


SEARCHES = [
    ("", [1, 2, 11]),
    ("search=1", [1]),
    ("search=HELLO", [1, 11]),
    ("search=tools", [1, 2]),
    ("search=%40copr%2Fdev", [11]),
    ("search=nothing", []),
    ("state=succeeded", [1, 11]),
    ("state=succeeded&search=jdoe", [1]),
    ("search=hello&limit=1", [1]),
]


@pytest.mark.parametrize(("query", "ids"), SEARCHES)
def test_builds_are_found_by_text_and_state(filled: Control, query: str, ids: list[int]) -> None:
    found = filled.get(f"/builds?{query}")
    assert [build["id"] for build in found["builds"]] == ids
    assert found["total"] == (len(ids) if "limit" not in query else 2)


def test_overview_has_pages_of_selected_builds(filled: Control) -> None:
    """The latest ones first, as pages are counted from the end."""
    pages = [filled.get(f"/overview?builds=1&search=hello&offset={offset}") for offset in range(3)]
    assert [[build["id"] for build in page["builds"]] for page in pages] == [[11], [1], []]
    assert {page["total_builds"] for page in pages} == {2}


def test_invalid_state_in_search_is_rejected(filled: Control) -> None:
    assert filled.request("GET", "/builds?state=absent").where == "state"


def test_build_without_package_is_found(control: Control) -> None:
    """Its package is unknown until its source build has ended."""
    fake: FakeCopr = fake_of(control.world)
    fake.add_project("jdoe/hello", chroots=[F41])
    headers = {"Authorization": "Basic YTpi", "Content-Type": "application/json"}
    body = b'{"ownername": "jdoe", "projectname": "hello", "pypi_package_name": "nano"}'
    assert fake.answer("POST", "/api_3/build/create/pypi", headers, body).status == 200
    assert [build["package"] for build in control.get("/builds?search=jdoe/hello")["builds"]] == [None]


def test_projects_and_packages_are_found(filled: Control) -> None:
    projects = filled.get("/projects?search=TOOLS")
    assert ([project["projectname"] for project in projects["projects"]], projects["total"]) == (["tools"], 1)
    packages = filled.get("/packages?search=dev/hello")
    assert [(item["project"], item["package"]["name"]) for item in packages["packages"]] == [("@copr/Dev", "hello-2")]
    assert [item["package"]["name"] for item in filled.get("/packages")["packages"]] == ["hello", "ripgrep", "hello-2"]


def test_requests_are_found_by_target(filled: Control) -> None:
    """In combination with the other filters, and pages."""
    for name in (F41, F42, F41):
        filled.copr(f"/1/{name}")
    assert filled.get(f"/requests?search={F41.upper()}")["total"] == 2
    assert filled.get(f"/requests?search={F41}&after=1")["total"] == 1
    found = filled.get(f"/requests?search=build-chroot&build_id=1&chrootname={F42}&limit=1")
    assert ([request["number"] for request in found["requests"]], found["total"]) == ([2], 1)
    assert filled.get(f"/requests/count?search={F42}") == {"count": 1}


def test_requests_are_found_by_status_and_fault(filled: Control) -> None:
    """A request without a response has status 0."""
    fake: FakeCopr = fake_of(filled.world)
    fake.clear_requests()
    fake.faults.add({"status": 503, "nth": 1})
    lost = fake.faults.add({"breaks": "reset", "nth": 2})
    for _ in range(4):
        fake.answer("GET", f"/api_3/build-chroot/1/{F41}")
    first = fake.requests[0].number
    found = {
        query: [request["number"] - first for request in filled.get(f"/requests?{query}")["requests"]]
        for query in ("status=503", "status=0", f"fault={lost.id}", "status=200&limit=1", "status=200&endpoint=build")
    }
    assert found == {
        "status=503": [0],
        "status=0": [1],
        f"fault={lost.id}": [1],
        "status=200&limit=1": [3],
        "status=200&endpoint=build": [],
    }
    assert filled.get("/requests/count?status=200") == {"count": 2}


@pytest.mark.parametrize("search", ["B C", '"name": "CAFÉ', "TOOLS"])
def test_requests_are_found_by_body(filled: Control, search: str) -> None:
    """In JSON as sent, and in decoded forms."""
    fake = fake_of(filled.world)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    fake.answer("POST", "/api_3/project/add/jdoe", form, b"name=TOOLS&description=b+c")
    fake.answer("POST", "/api_3/project/add/jdoe", {"Content-Type": "application/json"}, '{"name": "café"}'.encode())
    assert filled.get(f"/requests?search={quote(search)}")["total"] == 1


def test_messages_are_found_by_body(filled: Control) -> None:
    """In combination with the other filters, and in any case."""
    fake = fake_of(filled.world)
    for number, package in ((90, "nano"), (91, "ripgrep")):
        fake.add_build([F41], id=number, package=package, progress="manual")[F41].advance(to="running")
    found = filled.get("/messages?search=NANO")["messages"]
    assert [(message["topic"], message["body"]["pkg"]) for message in found] == [
        ("copr.build.start", "nano"), ("copr.chroot.start", "nano"),
    ]  # fmt: skip
    assert filled.get("/messages?search=nano&topic=copr.chroot.start")["total"] == 1
    assert filled.get("/messages?search=nothing")["total"] == 0


def test_states_count_all_chroots(control: Control) -> None:
    """Also those that are not on the page."""
    fake: FakeCopr = fake_of(control.world)
    fake.add_build({f"fedora-{number}-x86_64": "running" for number in range(236)}, id=50)
    for number in range(14):
        fake.builds[50].add_chroot(f"epel-{number}-x86_64", state="succeeded")
    build = control.get("/builds/50?limit=10&offset=5")
    assert (len(build["chroots"]), build["total_chroots"]) == (10, 250)
    assert build["states"] == {"running": 236, "succeeded": 14}


def test_states_count_absent_chroots(control: Control) -> None:
    fake_of(control.world).add_build([F41, F42], id=50, lifecycle="appears-late", progress="manual")
    assert control.get("/builds/50")["states"] == {"absent": 2}
