"""The pages of Copr's website."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from copr_chroot_fake import FakeCopr

from .chroots import F43


@pytest.fixture
def fake() -> FakeCopr:
    """Return a fake with a project of a user and one of a group, each with a build."""
    fake = FakeCopr()
    fake.add_build({F43: "succeeded"}, id=7, project="jdoe/tools", package="hello")
    fake.add_build({F43: "pending"}, id=8, project="@qa/checks", package="world")
    return fake


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "jdoe/tools"),
        ("/coprs/", "@qa/checks"),
        ("/coprs/jdoe/", "jdoe/tools"),
        ("/coprs/jdoe/tools/", F43),
        ("/coprs/jdoe/tools/builds/", "build 7"),
        ("/coprs/jdoe/tools/packages/", "hello"),
        ("/coprs/jdoe/tools/monitor/", "succeeded"),
        ("/coprs/jdoe/tools/build/7/", f"{F43}: succeeded"),
        ("/coprs/g/qa/checks/", F43),
        ("/coprs/g/qa/checks/builds/", "build 8"),
        ("/coprs/g/qa/checks/build/8/", "world in @qa/checks, pending"),
        ("/groups/g/qa/coprs/", "@qa/checks"),
        ("/status/", "build 8"),
        ("/status/running/", "<ul>"),
        ("/rss/", "<title>jdoe/tools</title>"),
        ("/rss/1/", "<title>@qa/checks</title>"),
    ],
)
def test_page_shows_facts(fake: FakeCopr, path: str, shown: str) -> None:
    """Each page of Copr's website that programs link to exists."""
    answer = fake.answer("GET", path)
    assert answer.status == 200
    assert shown in answer.body.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/coprs/nobody/",
        "/coprs/jdoe/none/",
        "/coprs/jdoe/none/builds/",
        "/coprs/jdoe/tools/build/99/",
        "/coprs/jdoe/none/build/7/",
        "/coprs/build/99/",
        "/coprs/g/none/checks/",
        "/rss/x/",
    ],
)
def test_page_of_missing_object_is_not_found(fake: FakeCopr, path: str) -> None:
    """The page of an object that does not exist is a 404 in HTML."""
    answer = fake.answer("GET", path)
    assert answer.status == 404
    assert b"<h1>Not Found</h1>" in answer.body


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/coprs/build/7/", 302, "/coprs/jdoe/tools/build/7/"),
        ("/coprs/build/8/", 302, "/coprs/g/qa/checks/build/8/"),
        ("/coprs/build/7", 308, "/coprs/build/7/"),
        ("/coprs/jdoe/tools?a=b", 308, "/coprs/jdoe/tools/?a=b"),
    ],
)
def test_page_redirects(fake: FakeCopr, path: str, status: int, location: str) -> None:
    """The short address of a build, and an address without its final slash, redirect."""
    answer = fake.answer("GET", path)
    assert answer.status == status
    assert urljoin(path, dict(answer.headers)["Location"]) == location


def test_hidden_projects_are_not_listed() -> None:
    """Lists omit a project that is hidden from the home page; its own page exists."""
    fake = FakeCopr()
    fake.add_project("jdoe/hidden", unlisted_on_hp=True)
    assert all(b"hidden" not in fake.answer("GET", path).body for path in ("/coprs/", "/rss/"))
    assert fake.answer("GET", "/coprs/jdoe/hidden/").status == 200


def test_page_escapes_text() -> None:
    """Text of a project cannot add markup to a page."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", description="<script>alert()</script>")
    assert b"<script>" not in fake.answer("GET", "/coprs/jdoe/tools/").body
