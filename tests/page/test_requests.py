"""Requests of the page: to its own server only, with a token if required."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.clock import SystemClock
from copr_chroot_fake.server.live_server import LiveServer

from ..chroots import F43
from ..served import HOME, Start
from .browser import Open, Page, read_log


def test_page_loads_nothing_from_other_sites(
    open_page: Open, fake: FakeCopr, browser: Chrome, server: LiveServer
) -> None:
    """The console has no errors."""
    fake.add_build([F43], id=1)
    read_log(browser, "performance")
    read_log(browser, "browser")
    page = open_page(fake)
    page.press("Advance build 1")
    page.wait(lambda: page.states == ["pending"])
    messages = [json.loads(entry["message"])["message"] for entry in read_log(browser, "performance")]
    sent = {
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    }
    assert len(sent) > 5
    assert [url for url in sent if not url.startswith((server.url + "/", "data:"))] == []
    entries = cast("list[str]", page.run("return performance.getEntriesByType('resource').map(entry => entry.name)"))
    assert [url for url in entries if not url.startswith((page.url, "data:"))] == []
    assert read_log(browser, "browser") == []


def test_hidden_page_requests_nothing(open_page: Open, fake: FakeCopr) -> None:
    """It continues when it is visible."""
    page = open_page(fake)
    hide = """
        Object.defineProperty(document, "hidden", { configurable: true, get: () => arguments[0] });
        document.dispatchEvent(new Event("visibilitychange"));
    """
    page.run(hide, True)

    def sent() -> int:
        return cast(int, page.run(COUNT))

    before = sent()
    with pytest.raises(TimeoutException):
        page.wait(lambda: sent() > before + 1, seconds=1.5)
    fake.add_build([F43], id=1)
    page.run(hide, False)
    page.wait_for("h3", ["Build 1 hello"])


def test_page_waits_for_events(open_page: Open) -> None:
    """Nothing is requested while nothing changes, although the clock runs; automatic transitions are changes."""
    clock = SystemClock()
    fake = FakeCopr(clock=clock, progress="clock")
    fake.faults.add("list-500")
    page = open_page(fake)
    page.wait_for("#builds", ["No builds."])
    sent = page.run(COUNT)
    for _ in range(3):
        page.wait(partial(shows_other, page, page.text("#now")))
    assert page.run(COUNT) == sent
    clock.speed = 100
    fake.add_build([F43], id=1)
    page.wait(lambda: page.states == ["succeeded"])


def shows_other(page: Page, time: str) -> bool:
    return page.text("#now") != time


COUNT = "return performance.getEntriesByType('resource').length"

HOSTILE = '<img src=x onerror="window.ran=1">'


def test_hostile_names_are_escaped(open_page: Open, fake: FakeCopr) -> None:
    """Their buttons work."""
    name = "<b>'\"&%3F?#\\é☃-${1}-`x`"
    build = fake.add_build([name], id=1, package=HOSTILE, project="<i>x/<u>y")
    fake.answer("GET", f"/api_3/build-chroot?build_id={HOSTILE}")
    page = open_page(fake)
    page.wait_for("h3", [f"Build 1 {HOSTILE}"])
    page.wait(lambda: HOSTILE in page.text(".request .target"))
    assert page.texts(".chroots .name") == [name]
    assert page.texts(".build > header > .soft") == ["<i>x/<u>y"]
    page.find(".chroots button").click()
    page.wait(lambda: page.states == ["pending"])
    assert build[name].state == "pending"
    assert page.all("main img, main i, main u, .name b") == []
    assert page.run("return window.ran") is None


def test_other_worlds_are_linked(open_page: Open, fake: FakeCopr, server: LiveServer) -> None:
    """The page names its own world."""
    other = FakeCopr()
    other.add_build([F43], id=5)
    server.add("the.other_one~1", other.service)
    page = open_page(fake)
    assert page.text("#world") == page.browser.title.split()[0] == page.url.split("/")[-3].removeprefix("@")
    page.find("#world-menu").click()
    page.browser.find_element(By.LINK_TEXT, "the.other_one~1").click()
    page.wait_for("h3", ["Build 5 hello"])
    assert page.browser.current_url == f"{server.url}/worlds/the.other_one~1/_fake/"
    page.find("#world-menu").click()
    page.browser.find_element(By.LINK_TEXT, "main").click()
    page.wait_for("#world", ["main"])
    page.wait_for("#builds", ["No builds."])
    assert page.browser.current_url == f"{server.url}/_fake/"
    server.remove("the.other_one~1")


def test_deleted_world_is_reported(open_page: Open, fake: FakeCopr, server: LiveServer) -> None:
    """Until it exists again."""
    page = open_page(fake)
    name = page.text("#world")
    server.remove(name)
    page.wait(lambda: "there is no world " in page.text("#connection"))
    server.add(name, fake.service)
    page.wait_for("#connection", ["live"])


def test_page_does_not_create_its_deleted_world(visit: Callable[[str], Page], start: Start) -> None:
    """Unless it is opened again."""
    served = start()
    page = visit(f"{served.url}/worlds/w/_fake/")
    page.wait_for("#connection", ["live"])
    served.control("DELETE", "/worlds/w")
    page.wait(lambda: "there is no world 'w'" in page.text("#connection"))
    assert served.control("GET", "/worlds")["total"] == 0
    served.control("PUT", "/worlds/w", {"scenario": "fails"})
    page.wait_for("#connection", ["live"])
    page.wait(lambda: page.text("h3").startswith("Build 13"))


TOKEN = ("--control-token", "s3cret+1")


def test_page_asks_for_the_token(visit: Callable[[str], Page], start: Start) -> None:
    """Once per tab, and again if it is wrong."""
    page = visit(f"{start(*TOKEN).url}/_fake/")
    page.wait(lambda: page.find("#token").is_displayed())
    assert page.run("return document.activeElement.id") == "token-field"
    assert not page.find("main").is_displayed()
    page.type("wrong", Keys.ENTER)
    page.wait_for("#token-why", ["The control token is wrong."])
    page.wait(lambda: page.find("#token").is_displayed())
    page.type("s3cret+1", Keys.ENTER)
    page.wait_for("#connection", ["live"])
    assert not page.find("#token").is_displayed()
    page.press("Advance build 3")
    page.wait_for("#message", ["Advance build 3: done."])
    page.browser.refresh()
    page.wait_for("#connection", ["live"])


def test_token_in_url_is_used_and_removed(visit: Callable[[str], Page], start: Start) -> None:
    url = start(*TOKEN).url
    page = visit(f"{url}/_fake/#token=s3cret+1")
    page.wait_for("#connection", ["live"])
    assert page.browser.current_url == f"{url}/_fake/"


ENABLED = """
    const buttons = [...document.querySelectorAll("#add-build, #submit-build, #add-scenario, #reset, main button")];
    return buttons.filter(button => button.ariaDisabled !== "true").filter(button => button.checkVisibility())
        .map(button => button.ariaLabel ?? button.textContent);
"""


def test_unreachable_server_is_reported(visit: Callable[[str], Page], start: Start) -> None:
    """Its buttons are disabled; the page continues with the restarted server."""
    first = start()
    page = visit(f"{first.url}/_fake/")
    page.wait_for("#connection", ["live"])
    for _ in range(3):
        first.get(HOME)
    page.wait_for("#journal-count", ["3"])
    first.end()
    page.wait_for("#connection", ["The server is not reachable; trying again."])
    assert page.run(ENABLED) == []
    page.press("Pause")
    page.wait_for("#message", ["Pause: The server is not reachable."])
    page.press("Add build…")
    assert not page.find("#form").is_displayed()
    again = start("--port", str(first.address[1]))
    page.wait_for("#connection", ["live"])
    page.wait_for("#journal li", ["No requests."])
    assert {"Pause", "Add build…", "Advance build 3"} <= set(cast("list[str]", page.run(ENABLED)))
    assert page.button("Advance build 1").get_attribute("aria-disabled") == "true"
    again.get(HOME)
    page.wait_for("#journal-count", ["1"])
