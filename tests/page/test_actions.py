"""Actions with forms and menus, and the equivalent curl commands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest
from selenium.webdriver.common.keys import Keys

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.clock import FIRST_NOW
from copr_chroot_fake.model.states import State

from ..chroots import F43
from .browser import EPEL, Open, Page

CHROOT = f"{F43} of build 1"
MORE = f"More for {CHROOT}"


def send(command: str) -> Any:
    """Send the request of a curl command; return the response."""
    program, *words = shlex.split(command)
    assert program == "curl"
    *options, url = words
    given = dict(zip(options[::2], options[1::2], strict=True))
    body = given["-d"].encode() if "-d" in given else None
    headers = dict([given["-H"].split(": ")]) if "-H" in given else {}
    with urlopen(Request(url, body, headers, method=given.get("-X"))) as response:
        return json.load(response)


def is_closed(page: Page) -> bool:
    return not page.find("#form").is_displayed()


def test_build_is_added(open_page: Open, fake: FakeCopr) -> None:
    """By keyboard; the command that the form shows adds the same."""
    page = open_page(fake)
    page.tab_to("Add build…")
    page.type(Keys.ENTER)
    page.wait(lambda: page.find("#form").is_displayed())
    assert page.run("return document.activeElement.id") == "field-chroots"
    page.type(f" {EPEL}", Keys.TAB, "it's")
    command = page.text("#form-curl")
    page.type(Keys.ENTER)
    page.wait(lambda: is_closed(page))
    page.wait_for("h3", ["Build 1 it's"])
    assert page.texts(".chroots .name") == [F43, EPEL]
    assert page.text("#last-curl") == command
    send(command)
    assert [(build.package, build.names) for build in fake.builds.values()] == [("it's", [F43, EPEL])] * 2
    assert page.focused == "Add build…"


def test_invalid_field_is_reported_in_the_form(open_page: Open, fake: FakeCopr) -> None:
    """The form stays open."""
    page = open_page(fake)
    page.press("Add build…")
    page.fill("Id", "0")
    page.press("Add build")
    page.wait(lambda: page.text("#form-problem").startswith("id: expected a whole number from 1"))
    page.fill("Id", "70")
    assert page.text("#form-problem") == ""
    page.press("Add build")
    page.wait_for("h3", ["Build 70 hello"])


def test_every_lifecycle_and_state_can_be_chosen(open_page: Open, fake: FakeCopr) -> None:
    fake.add_build([F43], id=1)
    page = open_page(fake)
    page.press("Add build…")
    assert {"succeeds", "fails", "retried"} <= set(page.texts("#field-lifecycle option"))
    page.press("Close")
    page.press_in_menu(MORE, "Hold in a state…")
    assert page.texts("#field-state option") == [state.value for state in State]


@pytest.mark.parametrize(("how", "ids"), [("add", {13, 90}), ("replace everything", {13})])
def test_bundled_scenario_is_loaded(open_page: Open, fake: FakeCopr, how: str, ids: set[int]) -> None:
    fake.add_build([F43], id=90)
    page = open_page(fake)
    page.press("Add scenario…")
    page.fill("Scenario", "fails")
    page.fill("How", how)
    page.press("Add scenario")
    page.wait(lambda: {int(text.split()[1]) for text in page.texts("h3")} == ids)


def test_build_is_submitted(open_page: Open, fake: FakeCopr) -> None:
    """With an error, the form stays open."""
    fake.add_project("jdoe/tools", chroots=[F43])
    page = open_page(fake)
    page.press("Submit build…")
    assert "-u login:token" in " ".join(shlex.split(page.text("#form-curl")))
    page.press("Submit build")
    page.wait_for("#form-problem", ["Project jdoe/playground does not exist."])
    page.fill("Project", "jdoe/tools")
    page.press("Submit build")
    page.wait(lambda: is_closed(page))
    assert fake.builds[1].submitter == "login"
    assert fake.requests[-1].endpoint == "build/create/url"


def test_submission_hit_by_a_fault_is_reported(open_page: Open, fake: FakeCopr) -> None:
    fake.faults.add({"status": 503, "endpoint": "build/create/url"})
    page = open_page(fake)
    page.press("Submit build…")
    page.press("Submit build")
    page.wait_for("#form-problem", ["status 503, without JSON"])


def test_chroot_is_held_and_released(open_page: Open, fake: FakeCopr) -> None:
    fake.add_build([F43], id=1)
    page = open_page(fake)
    page.press_in_menu(MORE, "Hold")
    page.wait_for(".is .tag", ["held"])
    page.press_in_menu(MORE, "Release")
    page.wait_for(".is .tag", [""])
    page.press_in_menu(MORE, "Hold in a state…")
    page.fill("State", "running")
    page.find("#form-send").click()
    page.wait_for(".is .tag", ["will be held in running"])
    assert page.text("#last-name") == f"Hold {CHROOT}"


def build_menu(page: Page, item: str) -> None:
    page.press_in_menu("More for build 1", item)


def test_all_chroots_of_a_build_are_held_and_released(open_page: Open, fake: FakeCopr) -> None:
    """Those for which it is possible, each with a command."""
    build = fake.add_build({F43: {}, EPEL: {}, "fedora-42-x86_64": "succeeded"}, id=1)
    page = open_page(fake)
    build_menu(page, "Hold")
    page.wait_for(".is .tag", ["held", "held", ""])
    commands = page.text("#last-curl").splitlines()
    assert [command.split("/chroots/")[1] for command in commands] == [f"{F43}/hold'", f"{EPEL}/hold'"]
    build_menu(page, "Release")
    page.wait_for(".is .tag", ["", "", ""])
    for command in commands:
        send(command)
    assert [chroot.held_in for chroot in build.values()] == ["importing", "importing", None]
    page.wait_for(".is .tag", ["held", "held", ""])
    build_menu(page, "Release")
    page.wait_for("#message", ["Release build 1: done."])
    build_menu(page, "Hold in a state…")
    page.fill("State", "running")
    page.find("#form-send").click()
    page.wait_for(".is .tag", ["will be held in running"] * 2 + [""])


def test_all_chroots_of_a_build_are_reported_failed(open_page: Open, fake: FakeCopr) -> None:
    """Also those that are not on the page; then it is not possible anymore."""
    build = fake.add_build({f"fedora-{number}-x86_64": "running" for number in range(102)}, id=1)
    page = open_page(fake)
    build_menu(page, "Report failed")
    page.wait_for(".counts li", ["102 failed"])
    assert build.is_finished
    build_menu(page, "Report failed")
    page.wait_for("#message", ["Report build 1 failed: This is not possible in the state of any chroot."])


def test_failure_for_one_chroot_is_reported(open_page: Open, fake: FakeCopr) -> None:
    """The others are changed nevertheless."""
    build = fake.add_build([F43, EPEL], id=1)
    build[F43].advance(to="running")
    page = open_page(fake)
    build_menu(page, "Hold in a state…")
    page.fill("State", "pending")
    page.find("#form-send").click()
    page.wait(lambda: "its lifecycle does not reach pending" in page.text("#form-problem"))
    page.wait_for(".is .tag", ["", "will be held in pending"])


def test_build_is_deleted_after_confirmation(open_page: Open, fake: FakeCopr) -> None:
    fake.add_build([F43], id=1)
    page = open_page(fake)
    build_menu(page, "Delete…")
    page.press("Keep it")
    page.wait(lambda: not page.find("#confirm").is_displayed())
    build_menu(page, "Delete…")
    page.press("Delete")
    page.wait_for("#builds", ["No builds."])
    assert page.text("#last-curl").startswith("curl -X DELETE ")
    assert not fake.builds


def test_chroot_and_source_are_reported_failed(open_page: Open, fake: FakeCopr) -> None:
    fake.add_build({F43: "running"}, id=1)
    fake.add_scenario({"builds": [{"id": 2, "source_state": "running"}]})
    page = open_page(fake)
    page.press_in_menu("More for build 2", "Report source failed")
    page.wait(lambda: fake.builds[2].state == "failed")
    page.press_in_menu(MORE, "Report failed")
    page.wait(lambda: page.states == ["failed"])
    page.wait_for("#message", [f"Report {CHROOT} failed: done."])


def test_clock_is_moved_to_a_time(open_page: Open, fake: FakeCopr) -> None:
    page = open_page(fake)
    page.wait_for("#unix", [f"{FIRST_NOW}.0"])
    page.press("Move to…")
    page.fill("Time in UTC", "2024-01-01T00:00:00")
    page.press("Move the clock")
    page.wait_for("#now", ["2024-01-01 00:00:00"])
    assert fake.clock.now() == 1704067200


def test_fault_with_parameters_is_added(open_page: Open, fake: FakeCopr) -> None:
    page = open_page(fake)
    page.press("With parameters…")
    for label, value in {
        "Endpoint": "build", "Build": "7", "Which matching requests fail": "probability",
        "Number or probability": "0.5", "Status": "502", "Delay in seconds": "1.5",
        "Dribble": '{"bytes": 10, "every": 0.1}',
    }.items():  # fmt: skip
        page.fill(label, value)
    command = page.text("#form-curl")
    page.find("#form-send").click()
    page.wait(lambda: is_closed(page) and len(fake.faults) == 1)
    send(command)
    first, second = (active.fault for active in fake.faults)
    assert first == second
    assert (first.endpoint, first.build_id, first.probability, first.status) == ("build", 7, 0.5, 502)


def test_invalid_json_in_a_form_is_reported(open_page: Open, fake: FakeCopr) -> None:
    page = open_page(fake)
    page.press("With parameters…")
    page.fill("Dribble", "{")
    page.find("#form-send").click()
    page.wait(lambda: "JSON" in page.text("#form-problem"))
    assert len(fake.faults) == 0


@pytest.mark.parametrize("opener", ["#world-menu", f'button[aria-label="{MORE}"]'])
def test_menus_close_on_escape_and_outside_clicks(open_page: Open, fake: FakeCopr, opener: str) -> None:
    """Escape returns the focus."""
    fake.add_build([F43], id=1)
    page = open_page(fake)
    page.wait(lambda: page.states)
    ways: list[Callable[[], None]] = [
        lambda: page.type(Keys.ESCAPE),
        lambda: page.find("h1").click(),
        lambda: page.find(opener).click(),
    ]
    for close in ways:
        page.find(opener).click()
        page.wait(lambda: len(page.all(":popover-open")) == 1)
        close()
        page.wait(lambda: not page.all(":popover-open"))
    page.find(opener).send_keys(Keys.ENTER)
    page.type(Keys.TAB, Keys.ESCAPE)
    assert page.run("return document.activeElement.matches(arguments[0])", opener)


def test_menu_links_to_json_and_results(open_page: Open) -> None:
    fake = FakeCopr()
    fake.add_build({F43: "succeeded"}, id=1)
    page = open_page(fake)
    page.press(MORE)
    page.wait(lambda: page.all(":popover-open a"))
    links = {link.text: str(link.get_attribute("href")) for link in page.all(":popover-open a")}
    assert list(links) == ["JSON of Copr (a poll)", "JSON of the control API", "Results"]
    for link in list(links.values())[:2]:
        assert send(f"curl '{link}'")["name"] == F43
    with urlopen(links["Results"]) as response:
        assert b"builder-live.log" in response.read()


def test_command_is_copied_or_selected(open_page: Open, fake: FakeCopr) -> None:
    page = open_page(fake)
    page.press("+10 s")
    page.wait(lambda: page.find("#last").is_displayed())
    page.press("Copy command")
    page.wait(lambda: page.run("return getSelection().toString().trim()") == page.text("#last-curl"))
