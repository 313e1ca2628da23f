"""Accessibility of the page: keyboard, phone, screen reader, contrast."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import cast

import pytest
from selenium.webdriver.common.keys import Keys

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.clock import SystemClock
from copr_chroot_fake.model.fault import FAULTS
from copr_chroot_fake.model.states import State

from ..chroots import F43
from .browser import EPEL, Open, Page


def test_keyboard_focus_is_kept_while_updating(open_page: Open, fake: FakeCopr) -> None:
    chroot = fake.add_build([F43], id=1)[F43]
    page = open_page(fake)
    page.wait(lambda: page.states == ["importing"])
    page.type(Keys.TAB)
    assert page.focused == "Skip to the builds"
    page.type(Keys.ENTER)
    name = f"Advance {F43} of build 1"
    page.tab_to(name)
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert page.run(outline) == "solid"
    page.type(Keys.ENTER)
    page.wait(lambda: page.states == ["pending"])
    fake.add_build([EPEL], id=2)
    page.wait(lambda: page.states == ["importing", "pending"])
    assert page.focused == name
    for _ in range(3):
        page.type(Keys.SPACE)
    page.wait(lambda: page.states == ["importing", "succeeded"])
    assert (page.focused, chroot.state) == (name, "succeeded")


def test_every_control_works_by_keyboard(open_page: Open) -> None:
    """Clock, faults and reset."""
    fake = FakeCopr(clock=SystemClock())
    page = open_page(fake)
    page.wait(lambda: len(page.all("#fault-name option")) == len(FAULTS))
    page.tab_to("Pause")
    page.type(Keys.ENTER)
    page.wait_for("#pause", ["Resume"])
    page.tab_to("Add fault")
    page.type(Keys.ENTER)
    page.wait(lambda: len(fake.faults) == 1)
    page.tab_to("Remove fault 1")
    page.type(Keys.ENTER)
    page.wait_for("#faults li", ["No faults."])
    assert page.run("return document.activeElement.id") == "fault-name"
    page.tab_to("Reset…")
    page.type(Keys.ENTER)
    page.tab_to("Reset", most=3)
    page.type(Keys.ENTER)
    page.wait_for("#message", ["Reset: done."])


@pytest.mark.parametrize("width", [320, 360, 800, 1200])
def test_page_never_scrolls_sideways(open_page: Open, fake: FakeCopr, width: int) -> None:
    """At any width, with any names."""
    long = f"fedora-{'0123456789' * 12}-x86_64"
    fake.add_build([F43, long], id=2_147_483_647, package="p" * 200, project=f"{'o' * 120}/{'q' * 120}")
    fake.answer("GET", f"/api_3/build-chroot?build_id=1&chrootname={long}")
    fake.faults.add({"status": 503, "chrootname": long})
    page = open_page(fake)
    page.resize(width, 640)
    page.wait(lambda: len(page.states) == 2)
    page.press(f"Finish {F43} of build 2147483647")
    page.press(f"Advance {F43} of build 2147483647")
    page.wait(lambda: page.find("#dismiss").is_displayed())
    sizes = (
        "const { scrollWidth, clientWidth } = document.documentElement; return [innerWidth, scrollWidth - clientWidth]"
    )
    assert page.run(sizes) == [width, 0]
    cut = """
        const reach = node => node.getBoundingClientRect();
        return [...document.querySelectorAll("button, input, select, summary")]
            .filter(node => node.checkVisibility() && (reach(node).left < 0 || reach(node).right > innerWidth))
            .map(node => node.ariaLabel || node.textContent);
    """
    assert page.run(cut) == []


def test_faults_and_journal_are_one_tap_away_on_a_phone(open_page: Open) -> None:
    """Below a page of builds, at 375 pixels; the tabs are in one line."""
    page = open_page(FakeCopr.from_scenario("mass-rebuild"))
    page.resize(375, 667)
    page.wait(lambda: len(page.all("h3")) >= 50)
    for name, panel in (("Journal", "journal-panel"), ("Builds", "views"), ("Faults", "faults-panel")):
        page.press(name)
        top = f"return document.getElementById('{panel}').getBoundingClientRect().top"
        page.wait(lambda: 0 < cast("float", page.run(top)) < 667)  # noqa: B023  # called at once
    assert len({tab.location["y"] for tab in page.all(".tabs a")}) == 1
    assert page.run("const list = document.querySelector('.tabs ul'); return list.scrollWidth - list.clientWidth") == 0


def test_scroll_position_is_kept(open_page: Open, fake: FakeCopr) -> None:
    for build_id in range(1, 6):
        fake.add_build([f"fedora-{number}-x86_64" for number in range(10)], id=build_id)
    for number in range(100):
        fake.answer("GET", f"/api_3/?{number}")
    page = open_page(fake)
    page.wait(lambda: len(page.all(".request")) == 100)
    page.run("scrollTo(0, 300); document.getElementById('journal').scrollTop = 500")
    chroot = fake.builds[5]["fedora-0-x86_64"]
    chroot.advance(to="running")
    page.wait(lambda: page.states[0] == "running")
    assert page.run("return [scrollY, document.getElementById('journal').scrollTop]") == [300, 500]


AXE = files("axe_core_python").joinpath("axe.min.js")


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1200)])
def test_axe_finds_no_violations(open_page: Open, scheme: str, width: int) -> None:
    """Names, roles, headings, landmarks, contrast and more."""
    fake = FakeCopr(clock=SystemClock())
    fake.add_build({f"fedora-{number}-x86_64": state for number, state in enumerate(State)}, id=1)
    fake.add_build([F43], id=2, progress="manual")
    fake.faults.add("list-500")
    fake.answer("GET", "/api_3/build-chroot/list?build_id=1")
    fake.answer("GET", "/api_3/build-chroot?build_id=3&chrootname=x")
    page = open_page(fake)
    page.prefer(color_scheme=scheme, reduced_motion="reduce")
    page.resize(width, 800)
    page.wait(lambda: len(page.states) == 12)
    page.press("Advance fedora-5-x86_64 of build 1")
    page.wait(lambda: page.find("#dismiss").is_displayed())
    assert violations(page) == []
    page.find("#world-menu").click()
    assert violations(page) == []
    page.type(Keys.ESCAPE)
    page.press("Reset…")
    assert violations(page) == []


VIEWS = ["Projects", "Packages", "Requests", "Messages"]


@pytest.fixture
def varied(fake: FakeCopr) -> FakeCopr:
    """A fake with something in each view, with long names."""
    long = f"fedora-{'0123456789' * 12}-x86_64"
    fake.add_build([F43, long], id=1, package="p" * 200, project=f"{'o' * 120}/{'q' * 120}")
    fake.builds[1][long].advance(to="running")
    fake.answer("GET", f"/api_3/build-chroot?build_id=1&chrootname={long}", {"User-Agent": "u" * 300})
    return fake


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 320)])
def test_axe_finds_no_violations_in_views(open_page: Open, varied: FakeCopr, scheme: str, width: int) -> None:
    """Nor in menus and forms; nothing is wider than the page."""
    page = open_page(varied)
    page.prefer(color_scheme=scheme, reduced_motion="reduce")
    page.resize(width, 700)
    for name in VIEWS:
        page.view(name)
        summary = f"#view-{name.lower()} summary"
        page.wait(partial(page.find, summary))
        page.find(summary).click()
        page.wait(partial(page.find, f"{summary} + * + dl, {summary} + dl"))
        assert violations(page, f"#view-{name.lower()}") == []
        assert page.run(OVERFLOW) == 0
    page.view("Builds")
    page.press(f"More for {F43} of build 1")
    page.wait(lambda: page.all(":popover-open"))
    assert violations(page, ":popover-open") == []
    page.type(Keys.ESCAPE)
    page.press("With parameters…")
    assert violations(page, "#form") == []
    assert page.run("const { scrollWidth, clientWidth } = form; return scrollWidth - clientWidth") == 0


OVERFLOW = "const { scrollWidth, clientWidth } = document.documentElement; return scrollWidth - clientWidth"


def test_chroot_names_do_not_wrap(open_page: Open, fake: FakeCopr) -> None:
    """At 1280 pixels."""
    names = ["centos-stream+epel-next-9-aarch64", "opensuse-tumbleweed-aarch64", "fedora-rawhide-ppc64le", F43]
    fake.add_build(names, id=1)
    page = open_page(fake)
    page.resize(1280, 800)
    page.wait(lambda: page.texts(".chroots .name") == names)
    assert len({name.size["height"] for name in page.all(".chroots .name")}) == 1


def test_views_and_search_work_by_keyboard(open_page: Open, fake: FakeCopr) -> None:
    fake.add_build([F43], id=1, project="jdoe/tools")
    fake.add_build([F43], id=2, project="@copr/dev")
    page = open_page(fake)
    page.tab_to("Projects")
    page.type(Keys.ENTER)
    page.wait(lambda: len(page.all("#view-projects summary")) == 2)
    page.wait(lambda: page.run("return document.querySelector('.tabs [aria-current]').textContent") == "Projects")
    while page.run("return document.activeElement.name") != "search":
        page.type(Keys.TAB)
    page.type("jdoe")
    page.wait(lambda: len(page.all("#view-projects summary")) == 1)
    page.type(Keys.TAB, Keys.ENTER)
    page.wait(lambda: page.all("#view-projects dl"))
    page.tab_to("Builds of jdoe/tools", most=3)
    page.type(Keys.ENTER)
    page.wait_for("h3", ["Build 1 hello"])


def violations(page: Page, within: str = "html") -> list[object]:
    """Check a part of the page."""
    if not page.run("return 'axe' in window"):
        page.run(AXE.read_text(encoding="utf-8"))
    script = """
        const [within, done] = arguments;
        axe.run(within, { resultTypes: ["violations"] }).then(({ violations }) => done(violations.map(
            ({ id, help, nodes }) => [id, help, nodes.map(node => node.html + node.failureSummary)])));
    """
    found: list[object] = page.browser.execute_async_script(script, within)
    return found


CONTRASTS = """
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const luminance = color => {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255);
        const linear = parts.map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const contrast = (one, other) => {
        const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
        return (light + 0.05) / (dark + 0.05);
    };
    const badges = [...document.querySelectorAll(".badge")].map(badge => getComputedStyle(badge));
    const segments = [...document.querySelectorAll(".segment")].map(segment => [
        getComputedStyle(segment.querySelector("text")).fill, getComputedStyle(segment.querySelector("rect")).fill]);
    return [...badges.map(({ color, backgroundColor }) => contrast(color, backgroundColor)),
            ...segments.map(([word, bar]) => contrast(word, bar))];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_states_have_sufficient_contrast(open_page: Open, fake: FakeCopr, scheme: str) -> None:
    """4.5 to 1 on badges and the timeline."""
    fake.add_build({f"fedora-{number}-x86_64": state for number, state in enumerate(State)}, id=1)
    page = open_page(fake)
    page.prefer(color_scheme=scheme)
    page.wait(lambda: len(page.states) == len(State))
    contrasts = cast("list[float]", page.run(CONTRASTS))
    assert len(contrasts) >= 2 * len(State)
    assert min(contrasts) >= 4.5
