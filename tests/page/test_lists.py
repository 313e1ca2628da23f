"""Search and pages of builds, and the lists of projects, packages, requests and messages."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr

from ..chroots import F43
from .browser import EPEL, Open, Page

HEADERS = {"Authorization": "Basic YTpi", "Content-Type": "application/json", "User-Agent": "robot/7"}
PYPI = b'{"ownername": "jdoe", "projectname": "tools", "pypi_package_name": "nano"}'


def opened(page: Page, view: str, position: int = 0) -> dict[str, str]:
    """Open an item of a list; return its fields as displayed."""
    page.wait(lambda: page.all(f"#view-{view} .list summary"))
    page.all(f"#view-{view} .list summary")[position].click()
    item = f"#view-{view} .list > li:nth-child({position + 1})"
    page.wait(lambda: page.texts(f"{item} dt"))
    return dict(zip(page.texts(f"{item} dt"), page.texts(f"{item} dd"), strict=True))


@pytest.fixture
def two_builds(fake: FakeCopr) -> FakeCopr:
    """A fake with builds of two packages in two projects."""
    fake.add_build({F43: "succeeded", EPEL: "succeeded"}, id=7, project="jdoe/tools", package="hello")
    fake.add_build({F43: "failed"}, id=8, project="@copr/dev", package="ripgrep")
    return fake


def test_builds_have_pages(open_page: Open, fake: FakeCopr) -> None:
    """The latest ones first; a new build does not turn the page."""
    for number in range(1, 61):
        fake.add_build({F43: "succeeded"}, id=number)
    page = open_page(fake)
    page.wait(lambda: len(page.texts("h3")) == 50)
    assert page.text("#builds-count") == "60"
    page.press("Next builds")
    page.wait_for("h3", [f"Build {number} hello" for number in range(10, 0, -1)])
    assert page.text("#builds + .pager span") == "51 to 60 of 60"
    fake.add_build({F43: "succeeded"}, id=61)
    page.wait_for("#builds-count", ["61"])
    page.press("Previous builds")
    page.wait(lambda: page.texts("h3")[:1] == ["Build 61 hello"])


def test_page_that_has_no_builds_anymore_is_left(open_page: Open, fake: FakeCopr) -> None:
    for number in range(1, 52):
        fake.add_build({F43: "succeeded"}, id=number)
    page = open_page(fake)
    page.press("Next builds")
    page.wait_for("h3", ["Build 1 hello"])
    fake.builds[51].delete()
    page.wait(lambda: len(page.texts("h3")) == 50)


@pytest.mark.parametrize(
    ("field", "value", "ids"),
    [
        ("Id, package or project", "8", [8]),
        ("Id, package or project", "HELLO", [7]),
        ("Id, package or project", "@copr", [8]),
        ("State", "failed", [8]),
    ],
)
def test_builds_are_searched(open_page: Open, two_builds: FakeCopr, field: str, value: str, ids: list[int]) -> None:
    """By id, package, project and state."""
    page = open_page(two_builds)
    page.wait(lambda: len(page.texts("h3")) == 2)
    page.fill(field, value)
    page.wait(lambda: [int(text.split()[1]) for text in page.texts("h3")] == ids)
    page.fill("Id, package or project", "nothing")
    page.wait_for("#builds", ["No such builds."])


def test_projects_are_listed_and_searched(open_page: Open, two_builds: FakeCopr) -> None:
    """A project leads to its builds."""
    page = open_page(two_builds)
    page.view("Projects")
    page.wait_for("#view-projects summary", ["jdoe/tools 2 chroots, 1 package", "@copr/dev 1 chroot, 1 package"])
    page.fill("Owner or name", "JDOE")
    page.wait_for("#view-projects summary", ["jdoe/tools 2 chroots, 1 package"])
    fields = opened(page, "projects")
    assert (fields["ownername"], fields["projectname"]) == ("jdoe", "tools")
    assert page.find("#view-projects .list a").get_attribute("href") == (
        page.url.replace("/_fake/", "/api_3/project?ownername=jdoe&projectname=tools")
    )
    page.press("Builds of jdoe/tools")
    page.wait_for("h3", ["Build 7 hello"])
    assert page.texts(".tabs [aria-current]") == ["Builds"]


def test_packages_are_listed_and_searched(open_page: Open, two_builds: FakeCopr) -> None:
    page = open_page(two_builds)
    page.view("Packages")
    page.wait_for("#view-packages summary", ["hello jdoe/tools", "ripgrep @copr/dev"])
    page.fill("Package or project", "dev")
    page.wait_for("#view-packages summary", ["ripgrep @copr/dev"])
    assert opened(page, "packages")["name"] == "ripgrep"
    page.press("Builds of ripgrep")
    page.wait_for("h3", ["Build 8 ripgrep"])


def test_requests_have_headers_bodies_and_errors(open_page: Open, fake: FakeCopr) -> None:
    """A request leads to the build that it has created."""
    fake.add_project("jdoe/tools", chroots=[F43])
    fake.answer("POST", "/api_3/build/create/pypi", HEADERS, PYPI)
    fake.answer("GET", "/api_3/build/99")
    page = open_page(fake)
    page.view("Requests")
    page.wait(lambda: len(page.all("#view-requests summary")) == 2)
    fields = opened(page, "requests")
    assert (fields["error"], fields["matches something"]) == ("Build 99 does not exist.", "no")
    fields = opened(page, "requests", 1)
    assert '"user-agent": "robot/7"' in fields["headers"]
    assert '"authorization": "***"' in fields["headers"]
    assert '"pypi_package_name": "nano"' in fields["body (JSON)"]
    assert (fields["created builds"], fields["user"]) == ("1", "a")
    page.fill("Text in target or body", "NANO")
    page.wait(lambda: page.texts("#view-requests .target") == ["/api_3/build/create/pypi"])
    page.press("Show build 1")
    page.wait(lambda: page.texts("h3") == ["Build 1"])
    assert page.texts(".build > header > .tag") == ["source pending"]


def test_opened_request_stays_open(open_page: Open, fake: FakeCopr) -> None:
    fake.answer("GET", "/api_3/build/99")
    page = open_page(fake)
    page.view("Requests")
    opened(page, "requests")
    fake.answer("GET", "/api_3/build/100")
    page.wait_for("#view-requests .target", ["/api_3/build/100", "/api_3/build/99"])
    assert len(page.all("#view-requests details[open]")) == 1


def test_messages_are_searched(open_page: Open, fake: FakeCopr) -> None:
    for number in (7, 8):
        fake.add_build([F43], id=number)[F43].advance(to="running")
    page = open_page(fake)
    page.view("Messages")
    page.wait(lambda: len(page.all("#view-messages summary")) == 4)
    page.wait(lambda: len(page.all("#message-topic option")) == 4)
    page.fill("Text in the body", "BUILD:8 ")
    page.wait(lambda: len(page.all("#view-messages summary")) == 2)
    page.fill("Text in the body", "")
    page.fill("Topic", "copr.chroot.start")
    page.wait_for("#view-messages summary > b", ["copr.chroot.start", "copr.chroot.start"])
    page.fill("Build", "7")
    page.wait(lambda: len(page.all("#view-messages summary")) == 1)
    fields = opened(page, "messages")
    assert (fields["build"], fields["chroot"]) == ("7", F43)


def test_requests_and_messages_have_pages(open_page: Open, fake: FakeCopr) -> None:
    """The latest ones first."""
    build = fake.add_build([f"fedora-{number}-x86_64" for number in range(30)], id=7)
    for chroot in build.values():
        chroot.advance(to="running")
    for number in range(60):
        fake.answer("GET", f"/api_3/?{number}")
    page = open_page(fake)
    for view in ("Requests", "Messages"):
        page.view(view)
        page.wait(lambda: len(page.all("section:not([hidden]) .list summary")) == 50)
        page.press(f"Next {view.lower()}")
        page.wait_for("section:not([hidden]) .list + .pager span", ["51 to 60 of 60"])
        page.wait(lambda: len(page.all("section:not([hidden]) .list summary")) == 10)
