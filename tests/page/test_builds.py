"""Builds and their chroots on the page: what is shown of them, and what their buttons do."""

from __future__ import annotations

from typing import cast

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.clock import FIRST_NOW
from copr_chroot_fake.model.states import State

from .browser import EPEL, F43, Open, Page


def test_builds_and_states_are_shown(open_page: Open, fake: FakeCopr) -> None:
    """Every build with its package, its project and its chroots, the latest build first."""
    fake.add_build({F43: "succeeded", EPEL: "running"}, id=7, package="ripgrep", project="jdoe/tools")
    fake.add_build([F43], id=8, package="hello", project="@copr/copr-dev:pr:3")
    page = open_page(fake)
    page.wait_for("h3", ["Build 8 hello", "Build 7 ripgrep"])
    assert page.texts(".build > header > .soft") == ["@copr/copr-dev (copr-dev:pr:3)", "jdoe/tools"]
    assert page.texts(".chroots .name") == [F43, F43, EPEL]
    assert page.states == ["importing", "succeeded", "running"]
    assert page.texts(".counts") == ["1 importing", "1 running1 succeeded"]


def test_every_state_has_a_shape_of_its_own_beside_its_name(open_page: Open, fake: FakeCopr) -> None:
    """Whoever cannot tell the colours can tell the states."""
    fake.add_build({f"fedora-{number}-x86_64": state for number, state in enumerate(State)}, id=1)
    page = open_page(fake)
    page.wait(lambda: page.states == [state.value for state in State])
    shapes = """
        const shapes = [...document.querySelectorAll(".badge use")];
        return shapes.map(shape => [shape.getAttribute("href"), shape.getBBox().width > 0]);
    """
    assert page.run(shapes) == [[f"#icon-{state.value}", True] for state in State]
    assert sorted(page.texts("#legend li")) == sorted(state.value for state in State)


def test_a_state_changes_without_reloading(open_page: Open, fake: FakeCopr) -> None:
    """What Python does is seen, in the element that was there before."""
    chroot = fake.add_build([F43], id=1)[F43]
    page = open_page(fake)
    page.wait(lambda: page.states == ["importing"])
    badge = page.find(".badge")
    chroot.advance(to="running")
    page.wait(lambda: badge.text == "running")
    fake.add_build([F43], id=2)
    page.wait(lambda: page.states == ["importing", "running"])
    assert badge.text == "running"


def test_held_canceled_and_ended_are_said(open_page: Open, fake: FakeCopr) -> None:
    """A chroot that is held says so, a canceled build too, and when something started and ended."""
    build = fake.add_build([F43, EPEL], id=1)
    build[F43].hold("running")
    build[EPEL].advance(to="end")
    page = open_page(fake)
    page.wait_for(".is .tag", ["to be held in running", ""])
    assert page.texts(".times")[1].count("→") == 1
    build[F43].advance(to="running")
    build.cancel()
    page.wait_for(".is .tag", ["held", ""])
    page.wait_for(".build > header > .tag", ["canceled"])
    assert page.texts(".times")[0].startswith("since ")


def test_another_build_of_the_same_id_is_shown_as_it_is(open_page: Open, fake: FakeCopr) -> None:
    """Ids come again when a world is filled anew, those of faults too."""
    fake.add_build([F43], id=1, package="ripgrep")
    fake.faults.add("outage")
    page = open_page(fake)
    page.wait_for("h3", ["Build 1 ripgrep"])
    fake.clear()
    fake.add_build([EPEL], id=1, package="hello")
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
    fake.add_build([F43], id=1)
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
    build = fake.add_build({F43: "succeeded", EPEL: "succeeded"}, id=1)
    for chroot, took in zip(build.values(), (100, 300), strict=True):
        chroot.set_state("succeeded", started_on=FIRST_NOW - 1000, ended_on=FIRST_NOW - 1000 + took)
    fixed = FakeCopr.from_scenario(fake.to_scenario())
    page = open_page(fixed)
    page.wait(lambda: len(lengths(page, 1)) == 2)
    assert lengths(page, 1)[0][1] == pytest.approx(3 * lengths(page, 0)[0][1], rel=0.02)


def test_a_chroot_is_advanced_and_finished(open_page: Open, fake: FakeCopr) -> None:
    """Its buttons let that chroot go on, and no other."""
    build = fake.add_build([F43, EPEL], id=1)
    page = open_page(fake)
    page.press(f"Advance {F43} of build 1")
    page.wait(lambda: page.states == ["pending", "importing"])
    page.press(f"Finish {F43} of build 1")
    page.wait(lambda: page.states == ["succeeded", "importing"])
    assert [chroot.state for chroot in build.values()] == ["succeeded", "importing"]


def test_a_build_is_advanced_and_finished(open_page: Open, fake: FakeCopr) -> None:
    """Its buttons let each of its chroots go on."""
    build = fake.add_build([F43, EPEL], id=1)
    page = open_page(fake)
    page.press("Advance build 1")
    page.wait(lambda: page.states == ["pending", "pending"])
    page.press("Finish build 1")
    page.wait(lambda: page.states == ["succeeded", "succeeded"])
    assert build.is_finished


def test_a_build_is_canceled(open_page: Open, fake: FakeCopr) -> None:
    """As by a user, so that its chroots are canceled with their next step."""
    build = fake.add_build([F43], id=1)
    page = open_page(fake)
    page.press("Cancel build 1")
    page.wait_for(".build > header > .tag", ["canceled"])
    assert build.is_canceled
    page.press("Advance build 1")
    page.wait(lambda: page.states == ["canceled"])


def test_what_is_refused_is_said_in_the_servers_words(open_page: Open, fake: FakeCopr) -> None:
    """A button that is of no use now is shown as such, and says why when it is pressed."""
    fake.add_build({F43: "succeeded"}, id=1)
    page = open_page(fake)
    name = f"Advance {F43} of build 1"
    assert page.button(name).get_attribute("aria-disabled") == "true"
    page.press(name)
    page.wait_for("#said", [f"{name}: build 1, {F43} is succeeded: its lifecycle has ended."])
    assert page.find("#said").get_attribute("role") == "status"
    page.press("Dismiss")
    page.wait_for("#said", [""])
    assert page.focused == name


def test_many_chroots_are_folded_up(open_page: Open, fake: FakeCopr) -> None:
    """A large build is its counts until it is unfolded, which shows as many as the server says."""
    build = fake.add_build([f"fedora-{number}-x86_64" for number in range(150)], id=1)
    page = open_page(fake)
    page.wait_for(".build summary > span", ["the first 100 of 150 chroots"])
    assert page.texts(".counts") == ["100 importing"]
    assert page.states == []
    page.find(".build summary").click()
    page.wait(lambda: len(page.states) == 100)
    build["fedora-99-x86_64"].advance(to="running")
    page.wait(lambda: page.states[-1] == "running")
    assert page.texts(".counts li") == ["99 importing", "1 running"]
