"""The panels of the page: reset, clock, faults and journal."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.clock import FIRST_NOW, SystemClock
from copr_chroot_fake.model.fault import FAULTS

from ..chroots import F43
from .browser import Open


def test_reset_asks_for_confirmation(open_page: Open, fake: FakeCopr) -> None:
    """Escape and "Keep it" change nothing."""
    fake.add_build([F43], id=1)
    page = open_page(fake)
    fake.add_build([F43], id=2)
    page.wait_for("h3", ["Build 2 hello", "Build 1 hello"])
    page.press("Reset…")
    page.type(Keys.ESCAPE)
    page.wait(lambda: not page.find("#confirm").is_displayed())
    assert page.focused == "Reset…"
    page.press("Reset…")
    assert page.focused == "Keep it"
    page.press("Keep it")
    page.wait(lambda: not page.find("#confirm").is_displayed())
    assert list(fake.builds) == [1, 2]
    page.press("Reset…")
    page.press("Reset")
    page.wait_for("h3", ["Build 1 hello"])
    assert list(fake.builds) == [1]


@pytest.mark.parametrize(("button", "seconds"), [("+10 s", 10), ("+1 min", 60), ("+10 min", 600)])
def test_clock_is_moved(open_page: Open, fake: FakeCopr, button: str, seconds: int) -> None:
    """To a time, by seconds, or both."""
    page = open_page(fake)
    page.wait_for("#now", ["2023-11-14 22:13:20"])
    page.press(button)
    page.wait_for("#unix", [f"{FIRST_NOW + seconds}.0"])
    assert fake.clock.now() == FIRST_NOW + seconds
    assert page.text("#course") == "virtual: moves only by control"
    assert not page.find("#running").is_displayed()


def test_running_clock_is_paused_and_sped_up(open_page: Open) -> None:
    clock = SystemClock(speed=10)
    page = open_page(FakeCopr(clock=clock))
    page.wait_for("#course", ["10 times real time"])
    page.press("Pause")
    page.wait_for("#course", ["paused"])
    assert clock.is_paused
    page.press("Resume")
    page.wait_for("#pause", ["Pause"])
    assert not clock.is_paused
    speed = page.find("#speed")
    assert speed.get_attribute("value") == "10"
    speed.send_keys(Keys.CONTROL, "a")
    page.type("2.5", Keys.ENTER)
    page.wait_for("#course", ["2.5 times real time"])
    assert clock.speed == 2.5


def test_update_does_not_overwrite_input(open_page: Open) -> None:
    clock = SystemClock()
    fake = FakeCopr(clock=clock)
    page = open_page(fake)
    page.find("#speed").send_keys(Keys.CONTROL, "a")
    page.type("7")
    fake.add_build([F43], id=1)
    page.wait_for("h3", ["Build 1 hello"])
    assert (page.find("#speed").get_attribute("value"), clock.speed) == ("7", 1)


def test_faults_are_added_removed_and_cleared(open_page: Open, fake: FakeCopr) -> None:
    """Every named fault can be added; hits are counted."""
    page = open_page(fake)
    page.wait_for("#faults li", ["No faults."])
    choice = Select(page.find("#fault-name"))
    assert [option.text for option in choice.options] == list(FAULTS)
    choice.select_by_visible_text("outage")
    page.press("Add fault")
    page.wait_for("#faults .fields", ["first 5, status 503"])
    assert [active.fault for active in fake.faults] == [FAULTS["outage"]]
    fake.answer("GET", "/api_3/")
    page.wait_for("#faults .soft", ["hit 1 of 1 matching requests"])
    choice.select_by_visible_text("slow-list")
    page.press("Add fault")
    page.wait(lambda: len(fake.faults) == 2)
    page.press("Remove fault 1")
    page.wait(lambda: [active.fault for active in fake.faults] == [FAULTS["slow-list"]])
    page.press("Clear all faults")
    page.wait_for("#faults li", ["No faults."])
    assert len(fake.faults) == 0


def test_only_first_faults_are_shown(open_page: Open, fake: FakeCopr) -> None:
    """With their total number."""
    for _ in range(103):
        fake.faults.add("outage")
    page = open_page(fake)
    page.wait_for("#faults-count", ["the first 100 of 103"])
    page.press("Clear all faults")
    page.wait_for("#faults-count", [""])


def test_request_appears_in_the_journal(open_page: Open, fake: FakeCopr) -> None:
    """The latest first; errors and unmatched requests stand out."""
    fake.add_build({F43: "running"}, id=1)
    page = open_page(fake)
    page.wait_for("#journal li", ["No requests."])
    fake.answer("GET", f"/api_3/build-chroot?build_id=1&chrootname={F43}")
    page.wait_for(".request .states", [f"{F43} running"])
    assert page.texts(".request .target") == [f"/api_3/build-chroot?build_id=1&chrootname={F43}"]
    fake.faults.add({"breaks": "reset", "first": 1})
    fake.answer("GET", "/api_3/build-chroot?build_id=99&chrootname=x")
    fake.answer("GET", "/api_3/build-chroot?build_id=99&chrootname=x")
    page.wait_for(".request .status", ["404", "no response", "200"])
    assert page.texts(".request.bad .status") == ["404", "no response"]
    assert page.texts(".request .tag:not(:empty)") == ["unmatched", "fault 1"]


def test_journal_restarts_with_its_numbers(open_page: Open, fake: FakeCopr) -> None:
    """After a reset, or when requests are deleted."""
    page = open_page(fake)
    for _ in range(40):
        fake.answer("GET", "/api_3/")
    page.wait_for("#journal-count", ["40"])
    fake.clear_requests()
    page.wait_for("#journal li", ["No requests."])
    fake.answer("GET", "/api_3/build-chroot")
    page.wait_for(".request .target", ["/api_3/build-chroot"])


def test_page_catches_up_with_many_requests(open_page: Open, fake: FakeCopr) -> None:
    page = open_page(fake)
    fake.answer("GET", "/api_3/")
    page.wait_for("#journal-count", ["1"])
    for number in range(250):
        fake.answer("GET", f"/api_3/?{number}")
    page.wait(lambda: page.texts(".request .target")[:1] == ["/api_3/?249"])
    assert page.text("#journal-count").endswith(" of 251")
