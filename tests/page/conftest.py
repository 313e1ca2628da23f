"""The browser, and pages of fakes and servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver import Chrome

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.server.live_server import LiveServer

from ..programs import IS_CI
from .browser import CHROMEDRIVER, CHROMIUM, Open, Page, chromium, read_log


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    if not ((CHROMIUM and CHROMEDRIVER) or IS_CI):
        pytest.skip("Chromium or chromedriver is not installed")
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    started = LiveServer()
    yield started
    started.stop()


@pytest.fixture
def open_page(browser: Chrome, server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open the page of a fake, in its own world; check for errors in the console at the end."""
    names: list[str] = []

    def open_page(fake: FakeCopr) -> Page:
        name = f"{request.node.name.partition('[')[0]}-{len(names)}"
        names.append(name)
        page = Page(browser, server.add(name, fake.service) + "/_fake/")
        page.wait_for("#connection", ["live"])
        return page

    yield open_page
    problems = [entry for entry in read_log(browser, "browser") if entry["source"] != "network"]
    browser.get("about:blank")
    for command in ("Emulation.clearDeviceMetricsOverride", "Emulation.setEmulatedMedia"):
        browser.execute_cdp_cmd(command, {})
    for name in names:
        server.remove(name)
    assert problems == []


@pytest.fixture
def fake() -> FakeCopr:
    """A fake with manual progress."""
    return FakeCopr(progress="manual")


@pytest.fixture
def visit(browser: Chrome) -> Iterator[Callable[[str], Page]]:
    """Open the page of another server, and clear the browser's storage at the end."""
    yield lambda url: Page(browser, url)
    browser.execute_script("sessionStorage.clear()")
    browser.get("about:blank")
    read_log(browser, "browser")
