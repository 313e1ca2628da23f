"""The page at ``/_fake/``, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import cast

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.faults.fault import FAULTS
from copr_chroot_fake.lives.clock import FIRST_NOW, SystemClock
from copr_chroot_fake.server.live import LiveServer
from copr_chroot_fake.states import State

from .browser import CHROMEDRIVER, CHROMIUM, Page, chromium, read_log
from .served import HOME, Start

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER), reason="there is no Chromium, or no chromedriver, on this machine"
)

F43, EPEL = "fedora-43-x86_64", "epel-10-s390x"

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    started = LiveServer()
    yield started
    started.stop()


@pytest.fixture
def open_page(browser: Chrome, server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open the page of a fake, in a world of its own; in the end nothing has gone wrong in it."""
    names: list[str] = []

    def open_page(fake: FakeCopr) -> Page:
        name = f"{request.node.name.partition('[')[0]}-{len(names)}"
        names.append(name)
        page = Page(browser, server.add(name, fake) + "/_fake/")
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
    """A fake in which only what is told happens."""
    return FakeCopr(progress="manual")


def states(page: Page) -> list[str]:
    return page.texts(".chroots .badge")


def test_builds_and_states_are_shown(open_page: Open, fake: FakeCopr) -> None:
    """Every build with its package, its project and its chroots, the latest build first."""
    fake.add_build(7, {F43: "succeeded", EPEL: "running"}, package="ripgrep", project="jdoe/tools")
    fake.add_build(8, [F43], package="hello", project="@copr/copr-dev:pr:3")
    page = open_page(fake)
    page.wait_for("h3", ["Build 8 hello", "Build 7 ripgrep"])
    assert page.texts(".build > header > .soft") == ["@copr/copr-dev (copr-dev:pr:3)", "jdoe/tools"]
    assert page.texts(".chroots .name") == [F43, F43, EPEL]
    assert states(page) == ["importing", "succeeded", "running"]
    assert page.texts(".counts") == ["1 importing", "1 running1 succeeded"]


def test_every_state_has_a_shape_of_its_own_beside_its_name(open_page: Open, fake: FakeCopr) -> None:
    """Whoever cannot tell the colours can tell the states."""
    fake.add_build(1, {f"fedora-{number}-x86_64": state for number, state in enumerate(State)})
    page = open_page(fake)
    page.wait(lambda: states(page) == [state.value for state in State])
    shapes = """
        const shapes = [...document.querySelectorAll(".badge use")];
        return shapes.map(shape => [shape.getAttribute("href"), shape.getBBox().width > 0]);
    """
    assert page.run(shapes) == [[f"#icon-{state.value}", True] for state in State]
    assert sorted(page.texts("#legend li")) == sorted(state.value for state in State)


def test_a_state_changes_without_reloading(open_page: Open, fake: FakeCopr) -> None:
    """What Python does is seen, in the element that was there before."""
    chroot = fake.add_build(1, [F43])[F43]
    page = open_page(fake)
    page.wait(lambda: states(page) == ["importing"])
    badge = page.find(".badge")
    chroot.run_to("running")
    page.wait(lambda: badge.text == "running")
    fake.add_build(2, [F43])
    page.wait(lambda: states(page) == ["importing", "running"])
    assert badge.text == "running"


def test_held_canceled_and_ended_are_said(open_page: Open, fake: FakeCopr) -> None:
    """A chroot that is held says so, a canceled build too, and when something started and ended."""
    build = fake.add_build(1, [F43, EPEL])
    build[F43].hold("running")
    build[EPEL].finish()
    page = open_page(fake)
    page.wait_for(".is .tag", ["to be held in running", ""])
    assert page.texts(".times")[1].count("→") == 1
    build[F43].run_to("running")
    build.cancel()
    page.wait_for(".is .tag", ["held", ""])
    page.wait_for(".build > header > .tag", ["canceled"])
    assert page.texts(".times")[0].startswith("since ")


def test_another_build_of_the_same_id_is_shown_as_it_is(open_page: Open, fake: FakeCopr) -> None:
    """Ids come again when a world is filled anew, those of faults too."""
    fake.add_build(1, [F43], package="ripgrep")
    fake.faults.add("outage")
    page = open_page(fake)
    page.wait_for("h3", ["Build 1 ripgrep"])
    fake.clear()
    fake.add_build(1, [EPEL], package="hello")
    fake.faults.add({"id": 1, "status": 500})
    page.wait_for("h3", ["Build 1 hello"])
    assert page.texts(".chroots .name") == [EPEL]
    page.wait_for("#faults .what", ["status 500"])


def lengths(page: Page, row: int) -> list[tuple[str, float]]:
    """The segments of a chroot's timeline: state and length, as drawn."""
    script = """
        const line = document.querySelectorAll(".line")[arguments[0]];
        return [...line.querySelectorAll(".segment")].map(segment =>
            [segment.classList[1], segment.querySelector("rect").getBoundingClientRect().width]);
    """
    drawn = cast("list[list[object]]", page.run(script, row))
    return [(str(state), float(cast(float, length))) for state, length in drawn]


def test_the_timeline_has_a_segment_per_state(open_page: Open) -> None:
    """Each as long as the chroot was in that state on the clock, and it grows as the clock goes on."""
    fake = FakeCopr(progress="clock")
    fake.add_build(1, [F43])
    fake.clock.tick(180)
    page = open_page(fake)
    page.wait(lambda: len(lengths(page, 0)) == 4)
    drawn = dict(lengths(page, 0))
    assert list(drawn) == [f"state-{state}" for state in ("importing", "pending", "starting", "running")]
    second = sum(drawn.values()) / 180
    expected = {"importing": 10, "pending": 30, "starting": 20, "running": 120}
    for state, seconds in expected.items():
        assert drawn[f"state-{state}"] == pytest.approx(seconds * second, abs=1.5)
    assert page.find(".line svg").get_attribute("aria-label") == (
        "importing for 10 s, pending for 30 s, starting for 20 s, running for 2 min"
    )
    now = page.find(".line .now").rect["x"]
    end = page.find(".line .segment:last-child rect").rect
    assert now == pytest.approx(end["x"] + end["width"], abs=1.5)
    fake.clock.tick(600)
    page.wait(lambda: len(lengths(page, 0)) == 5)
    assert lengths(page, 0)[3][1] == pytest.approx(24 * lengths(page, 0)[0][1], rel=0.05)


def test_the_timeline_of_a_fixed_build_is_made_of_its_times(open_page: Open, fake: FakeCopr) -> None:
    """Where no change is known, it goes from started_on to ended_on."""
    build = fake.add_build(1, {F43: "succeeded", EPEL: "succeeded"})
    for chroot, took in zip(build, (100, 300), strict=True):
        chroot.force_state("succeeded", started_on=FIRST_NOW - 1000, ended_on=FIRST_NOW - 1000 + took)
    fixed = FakeCopr.from_scenario(fake.to_scenario())
    page = open_page(fixed)
    page.wait(lambda: len(lengths(page, 1)) == 2)
    assert lengths(page, 1)[0][1] == pytest.approx(3 * lengths(page, 0)[0][1], rel=0.02)


def test_a_chroot_is_advanced_and_finished(open_page: Open, fake: FakeCopr) -> None:
    """Its buttons let that chroot go on, and no other."""
    build = fake.add_build(1, [F43, EPEL])
    page = open_page(fake)
    page.press(f"Advance {F43} of build 1")
    page.wait(lambda: states(page) == ["pending", "importing"])
    page.press(f"Finish {F43} of build 1")
    page.wait(lambda: states(page) == ["succeeded", "importing"])
    assert [chroot.state for chroot in build] == ["succeeded", "importing"]


def test_a_build_is_advanced_and_finished(open_page: Open, fake: FakeCopr) -> None:
    """Its buttons let each of its chroots go on."""
    build = fake.add_build(1, [F43, EPEL])
    page = open_page(fake)
    page.press("Advance build 1")
    page.wait(lambda: states(page) == ["pending", "pending"])
    page.press("Finish build 1")
    page.wait(lambda: states(page) == ["succeeded", "succeeded"])
    assert build.is_finished


def test_a_build_is_canceled(open_page: Open, fake: FakeCopr) -> None:
    """As by a user, so that its chroots are canceled with their next step."""
    build = fake.add_build(1, [F43])
    page = open_page(fake)
    page.press("Cancel build 1")
    page.wait_for(".build > header > .tag", ["canceled"])
    assert build.canceled
    page.press("Advance build 1")
    page.wait(lambda: states(page) == ["canceled"])


def test_what_is_refused_is_said_in_the_servers_words(open_page: Open, fake: FakeCopr) -> None:
    """A button that is of no use now is shown as such, and says why when it is pressed."""
    fake.add_build(1, {F43: "succeeded"})
    page = open_page(fake)
    name = f"Advance {F43} of build 1"
    assert page.button(name).get_attribute("aria-disabled") == "true"
    page.press(name)
    page.wait_for("#said", [f"{name}: build 1, {F43} is succeeded: that is the end of its life."])
    assert page.find("#said").get_attribute("role") == "status"
    page.press("Dismiss")
    page.wait_for("#said", [""])
    assert page.focused == name


def test_reset_asks_first(open_page: Open, fake: FakeCopr) -> None:
    """Escape and "Keep it" leave the world as it is; only "Reset" takes it back."""
    fake.add_build(1, [F43])
    page = open_page(fake)
    fake.add_build(2, [F43])
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
def test_the_clock_is_moved(open_page: Open, fake: FakeCopr, button: str, seconds: int) -> None:
    """By so many seconds; one that stands still until it is moved has nothing else to be done with it."""
    page = open_page(fake)
    page.wait_for("#now", ["2023-11-14 22:13:20"])
    page.press(button)
    page.wait_for("#unix", [f"{FIRST_NOW + seconds}.0"])
    assert fake.clock.now() == FIRST_NOW + seconds
    assert page.text("#course") == "stands still until it is moved"
    assert not page.find("#running").is_displayed()


def test_a_running_clock_is_paused_and_made_faster(open_page: Open) -> None:
    """Its speed is what was typed, and paused it stands still until it is resumed."""
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


def test_what_is_being_typed_stays(open_page: Open) -> None:
    """A poll does not write over it."""
    clock = SystemClock()
    fake = FakeCopr(clock=clock)
    page = open_page(fake)
    page.find("#speed").send_keys(Keys.CONTROL, "a")
    page.type("7")
    fake.add_build(1, [F43])
    page.wait_for("h3", ["Build 1 hello"])
    assert (page.find("#speed").get_attribute("value"), clock.speed) == ("7", 1)


def test_faults_are_added_removed_and_cleared(open_page: Open, fake: FakeCopr) -> None:
    """All that have a name can be added; what each has hit is counted."""
    page = open_page(fake)
    page.wait_for("#faults li", ["Nothing goes wrong."])
    choice = Select(page.find("#fault-name"))
    assert [option.text for option in choice.options] == list(FAULTS)
    choice.select_by_visible_text("outage")
    page.press("Add fault")
    page.wait_for("#faults .what", ["first 5, status 503"])
    assert [active.fault for active in fake.faults] == [FAULTS["outage"]]
    fake.answer("GET", "/api_3/")
    page.wait_for("#faults .soft", ["1 hit of 1 seen"])
    choice.select_by_visible_text("slow-list")
    page.press("Add fault")
    page.wait(lambda: len(fake.faults) == 2)
    page.press("Remove fault 1")
    page.wait(lambda: [active.fault for active in fake.faults] == [FAULTS["slow-list"]])
    page.press("Clear all faults")
    page.wait_for("#faults li", ["Nothing goes wrong."])
    assert len(fake.faults) == 0


def test_a_request_appears_in_the_journal(open_page: Open, fake: FakeCopr) -> None:
    """The latest first, with what it saw; errors and what is not there stand out."""
    fake.add_build(1, {F43: "running"})
    page = open_page(fake)
    page.wait_for("#journal li", ["Nobody has asked for anything."])
    fake.answer("GET", f"/api_3/build-chroot?build_id=1&chrootname={F43}")
    page.wait_for(".request .saw", [f"{F43} running"])
    assert page.texts(".request .target") == [f"/api_3/build-chroot?build_id=1&chrootname={F43}"]
    fake.faults.add({"breaks": "reset", "first": 1})
    fake.answer("GET", "/api_3/build-chroot?build_id=99&chrootname=x")
    fake.answer("GET", "/api_3/build-chroot?build_id=99&chrootname=x")
    page.wait_for(".request .status", ["404", "no answer", "200"])
    assert page.texts(".request.bad .status") == ["404", "no answer"]
    assert page.texts(".request .tag:not(:empty)") == ["not there", "fault 1"]


def test_the_journal_goes_on_after_its_numbers_have_begun_again(open_page: Open, fake: FakeCopr) -> None:
    """After a reset, or when it has been forgotten, only what came since is shown."""
    page = open_page(fake)
    for _ in range(40):
        fake.answer("GET", "/api_3/")
    page.wait_for("#journal-count", ["40"])
    fake.forget_requests()
    page.wait_for("#journal li", ["Nobody has asked for anything."])
    fake.answer("GET", "/api_3/build-chroot")
    page.wait_for(".request .target", ["/api_3/build-chroot"])


def test_more_requests_than_an_answer_shows_are_caught_up(open_page: Open, fake: FakeCopr) -> None:
    """However many come at once, the latest are there."""
    page = open_page(fake)
    fake.answer("GET", "/api_3/")
    page.wait_for("#journal-count", ["1"])
    for number in range(250):
        fake.answer("GET", f"/api_3/?{number}")
    page.wait(lambda: page.texts(".request .target")[:1] == ["/api_3/?249"])
    assert page.text("#journal-count").endswith(" of 251")


HOSTILE = '<img src=x onerror="window.ran=1">'


def test_hostile_names_are_shown_as_they_are(open_page: Open, fake: FakeCopr) -> None:
    """Nothing in them runs or becomes an element, and their buttons work."""
    name = "<b>'\"&%3F?#\\é☃-${1}-`x`"
    build = fake.add_build(1, [name], package=HOSTILE, project="<i>x/<u>y")
    fake.answer("GET", f"/api_3/build-chroot?build_id={HOSTILE}")
    page = open_page(fake)
    page.wait_for("h3", [f"Build 1 {HOSTILE}"])
    page.wait(lambda: HOSTILE in page.text(".request .target"))
    assert page.texts(".chroots .name") == [name]
    assert page.texts(".build > header > .soft") == ["<i>x/<u>y"]
    page.find(".chroots button").click()
    page.wait(lambda: states(page) == ["pending"])
    assert build[name].state == "pending"
    assert page.all("main img, main i, main u, .name b") == []
    assert page.run("return window.ran") is None


def test_the_keyboard_is_enough(open_page: Open, fake: FakeCopr) -> None:
    """From the top of the page to the first chroot's button, which keeps the focus while the page goes on."""
    chroot = fake.add_build(1, [F43])[F43]
    page = open_page(fake)
    page.wait(lambda: states(page) == ["importing"])
    page.type(Keys.TAB)
    assert page.focused == "Skip to the builds"
    page.type(Keys.ENTER)
    name = f"Advance {F43} of build 1"
    page.tab_to(name)
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert page.run(outline) == "solid"
    page.type(Keys.ENTER)
    page.wait(lambda: states(page) == ["pending"])
    fake.add_build(2, [EPEL])
    page.wait(lambda: states(page) == ["importing", "pending"])
    assert page.focused == name
    for _ in range(3):
        page.type(Keys.SPACE)
    page.wait(lambda: states(page) == ["importing", "succeeded"])
    assert (page.focused, chroot.state) == (name, "succeeded")


def test_every_control_is_reached_by_the_keyboard_alone(open_page: Open) -> None:
    """The clock, the faults and the reset are worked without a pointer."""
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
    page.wait_for("#faults li", ["Nothing goes wrong."])
    assert page.run("return document.activeElement.id") == "fault-name"
    page.tab_to("Reset…")
    page.type(Keys.ENTER)
    page.tab_to("Reset", most=3)
    page.type(Keys.ENTER)
    page.wait_for("#said", ["Reset: done."])


@pytest.mark.parametrize("width", [320, 360, 800, 1200])
def test_nothing_is_wider_than_the_page(open_page: Open, fake: FakeCopr, width: int) -> None:
    """No scrolling sideways, on a phone neither, whatever the names are."""
    long = f"fedora-{'0123456789' * 12}-x86_64"
    fake.add_build(2_147_483_647, [F43, long], package="p" * 200, project=f"{'o' * 120}/{'q' * 120}")
    fake.answer("GET", f"/api_3/build-chroot?build_id=1&chrootname={long}")
    fake.faults.add({"status": 503, "chrootname": long})
    page = open_page(fake)
    page.resize(width, 640)
    page.wait(lambda: len(states(page)) == 2)
    page.press(f"Finish {F43} of build 2147483647")
    page.press(f"Advance {F43} of build 2147483647")
    page.wait(lambda: page.find("#heard").is_displayed())
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


def test_a_position_scrolled_to_stays(open_page: Open, fake: FakeCopr) -> None:
    """Neither the page nor the journal jumps when something comes."""
    for build_id in range(1, 6):
        fake.add_build(build_id, [f"fedora-{number}-x86_64" for number in range(10)])
    for number in range(100):
        fake.answer("GET", f"/api_3/?{number}")
    page = open_page(fake)
    page.wait(lambda: len(page.all(".request")) == 100)
    page.run("scrollTo(0, 300); document.getElementById('journal').scrollTop = 500")
    chroot = fake.builds[5]["fedora-0-x86_64"]
    chroot.run_to("running")
    page.wait(lambda: states(page)[0] == "running")
    assert page.run("return [scrollY, document.getElementById('journal').scrollTop]") == [300, 500]


def test_many_chroots_are_folded_up(open_page: Open, fake: FakeCopr) -> None:
    """A large build is its counts until it is unfolded, which shows as many as the server says."""
    build = fake.add_build(1, [f"fedora-{number}-x86_64" for number in range(150)])
    page = open_page(fake)
    page.wait_for(".build summary > span", ["the first 100 of 150 chroots"])
    assert page.texts(".counts") == ["100 importing"]
    assert states(page) == []
    page.find(".build summary").click()
    page.wait(lambda: len(states(page)) == 100)
    build["fedora-99-x86_64"].run_to("running")
    page.wait(lambda: states(page)[-1] == "running")
    assert page.texts(".counts li") == ["99 importing", "1 running"]


def test_nothing_is_asked_of_anybody_else(open_page: Open, fake: FakeCopr, browser: Chrome, server: LiveServer) -> None:
    """All that the page loads and asks comes from the server, and there is nothing to complain of."""
    fake.add_build(1, [F43])
    read_log(browser, "performance")
    read_log(browser, "browser")
    page = open_page(fake)
    page.press("Advance build 1")
    page.wait(lambda: states(page) == ["pending"])
    messages = [json.loads(entry["message"])["message"] for entry in read_log(browser, "performance")]
    asked = {
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    }
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((server.url + "/", "data:"))] == []
    entries = cast("list[str]", page.run("return performance.getEntriesByType('resource').map(entry => entry.name)"))
    assert [url for url in entries if not url.startswith((page.url, "data:"))] == []
    assert read_log(browser, "browser") == []


def test_a_page_that_is_not_seen_asks_for_nothing(open_page: Open, fake: FakeCopr) -> None:
    """It goes on when it is seen again."""
    page = open_page(fake)
    hide = """
        Object.defineProperty(document, "hidden", { configurable: true, get: () => arguments[0] });
        document.dispatchEvent(new Event("visibilitychange"));
    """
    page.run(hide, True)

    def asked() -> int:
        return cast(int, page.run("return performance.getEntriesByType('resource').length"))

    before = asked()
    with pytest.raises(TimeoutException):
        page.wait(lambda: asked() > before + 1, seconds=1.5)
    fake.add_build(1, [F43])
    page.run(hide, False)
    page.wait_for("h3", ["Build 1 hello"])


def test_the_other_worlds_are_linked(open_page: Open, fake: FakeCopr, server: LiveServer) -> None:
    """The page says which world it shows, and leads to the server's own one and to the others."""
    other = FakeCopr()
    other.add_build(5, [F43])
    server.add("the.other_one~1", other)
    page = open_page(fake)
    assert page.text("#world") == page.browser.title.split()[0] == page.url.split("/")[-3].removeprefix("@")
    page.find(".worlds summary").click()
    page.browser.find_element(By.LINK_TEXT, "the.other_one~1").click()
    page.wait_for("h3", ["Build 5 hello"])
    assert page.browser.current_url == f"{server.url}/worlds/the.other_one~1/_fake/"
    page.find(".worlds summary").click()
    page.browser.find_element(By.LINK_TEXT, "main").click()
    page.wait_for("#world", ["main"])
    page.wait_for("#builds", ["There are no builds."])
    assert page.browser.current_url == f"{server.url}/_fake/"
    server.remove("the.other_one~1")


def test_a_world_that_is_gone_is_told(open_page: Open, fake: FakeCopr, server: LiveServer) -> None:
    """In the server's words, until it is there again."""
    page = open_page(fake)
    name = page.text("#world")
    server.remove(name)
    page.wait(lambda: "there is none of that name" in page.text("#connection"))
    server.add(name, fake)
    page.wait_for("#connection", ["live"])


AXE = files("axe_core_python").joinpath("axe.min.js")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_has_nothing_to_complain_of(open_page: Open, scheme: str, width: int) -> None:
    """No violation of what it checks: names, roles, headings, landmarks, contrast and more."""
    fake = FakeCopr(clock=SystemClock())
    fake.add_build(1, {f"fedora-{number}-x86_64": state for number, state in enumerate(State)})
    fake.add_build(2, [F43], progress="manual")
    fake.faults.add("list-500")
    fake.answer("GET", "/api_3/build-chroot/list?build_id=1")
    fake.answer("GET", "/api_3/build-chroot?build_id=3&chrootname=x")
    page = open_page(fake)
    page.prefer(color_scheme=scheme, reduced_motion="reduce")
    page.resize(width, 800)
    page.wait(lambda: len(states(page)) == 12)
    page.press("Advance fedora-5-x86_64 of build 1")
    page.wait(lambda: page.find("#heard").is_displayed())
    assert violations(page) == []
    page.find(".worlds summary").click()
    page.press("Reset…")
    assert violations(page) == []


def violations(page: Page) -> list[object]:
    page.run(AXE.read_text(encoding="utf-8"))
    script = """
        const done = arguments[0];
        axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => done(violations.map(
            ({ id, help, nodes }) => [id, help, nodes.map(node => node.html + node.failureSummary)])));
    """
    found: list[object] = page.browser.execute_async_script(script)
    return found


CONTRASTS = """
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const luminance = colour => {
        canvas.fillStyle = colour;
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
def test_states_are_told_from_what_is_behind_them(open_page: Open, fake: FakeCopr, scheme: str) -> None:
    """Words on badges and on the timeline have the contrast that small text needs, 4.5 to 1."""
    fake.add_build(1, {f"fedora-{number}-x86_64": state for number, state in enumerate(State)})
    page = open_page(fake)
    page.prefer(color_scheme=scheme)
    page.wait(lambda: len(states(page)) == len(State))
    contrasts = cast("list[float]", page.run(CONTRASTS))
    assert len(contrasts) >= 2 * len(State)
    assert min(contrasts) >= 4.5


@pytest.fixture
def visit(browser: Chrome) -> Iterator[Callable[[str], Page]]:
    """Open the page of another server, of which nothing is left in the browser then."""
    yield lambda url: Page(browser, url)
    browser.execute_script("sessionStorage.clear()")
    browser.get("about:blank")
    read_log(browser, "browser")


TOKEN = ("--control-token", "s3cret+1")


def test_a_token_is_asked_for(visit: Callable[[str], Page], start: Start) -> None:
    """Once, for this tab; a wrong one is said to be wrong, and nothing is shown without the right one."""
    page = visit(f"{start(*TOKEN).url}/_fake/")
    page.wait(lambda: page.find("#token").is_displayed())
    assert page.run("return document.activeElement.id") == "token-field"
    assert not page.find("main").is_displayed()
    page.type("wrong", Keys.ENTER)
    page.wait_for("#token-why", ["That is not this server's control token."])
    page.wait(lambda: page.find("#token").is_displayed())
    page.type("s3cret+1", Keys.ENTER)
    page.wait_for("#connection", ["live"])
    assert not page.find("#token").is_displayed()
    page.press("Advance build 3")
    page.wait_for("#said", ["Advance build 3: done."])
    page.browser.refresh()
    page.wait_for("#connection", ["live"])


def test_a_token_comes_with_the_address(visit: Callable[[str], Page], start: Start) -> None:
    """It is taken from there, so that nobody sees it."""
    url = start(*TOKEN).url
    page = visit(f"{url}/_fake/#token=s3cret+1")
    page.wait_for("#connection", ["live"])
    assert page.browser.current_url == f"{url}/_fake/"


def test_a_server_that_goes_away_and_comes_back_is_told(visit: Callable[[str], Page], start: Start) -> None:
    """The page says so, and goes on with what the new one shows, requests included."""
    first = start()
    page = visit(f"{first.url}/_fake/")
    page.wait_for("#connection", ["live"])
    for _ in range(3):
        first.get(HOME)
    page.wait_for("#journal-count", ["3"])
    first.end()
    page.wait_for("#connection", ["The server cannot be reached; trying again."])
    page.press("Pause")
    page.wait_for("#said", ["Pause: The server cannot be reached."])
    again = start("--port", str(first.address[1]))
    page.wait_for("#connection", ["live"])
    page.wait_for("#journal li", ["Nobody has asked for anything."])
    again.get(HOME)
    page.wait_for("#journal-count", ["1"])
