"""Builds and chroots on the page, and their buttons."""

from __future__ import annotations

from typing import cast

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.clock import FIRST_NOW
from copr_chroot_fake.model.states import State

from ..chroots import F43
from .browser import EPEL, Open, Page


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


def test_every_state_has_its_own_icon(open_page: Open, fake: FakeCopr) -> None:
    """States are distinguishable without colors."""
    fake.add_build({f"fedora-{number}-x86_64": state for number, state in enumerate(State)}, id=1)
    page = open_page(fake)
    page.wait(lambda: page.states == [state.value for state in State])
    shapes = """
        const shapes = [...document.querySelectorAll(".badge use")];
        return shapes.map(shape => [shape.getAttribute("href"), shape.getBBox().width > 0]);
    """
    assert page.run(shapes) == [[f"#icon-{state.value}", True] for state in State]
    assert sorted(page.texts("#legend li")) == sorted(state.value for state in State)


def test_state_change_appears_without_reload(open_page: Open, fake: FakeCopr) -> None:
    """The element is kept."""
    chroot = fake.add_build([F43], id=1)[F43]
    page = open_page(fake)
    page.wait(lambda: page.states == ["importing"])
    badge = page.find(".badge")
    chroot.advance(to="running")
    page.wait(lambda: badge.text == "running")
    fake.add_build([F43], id=2)
    page.wait(lambda: page.states == ["importing", "running"])
    assert badge.text == "running"


def test_held_canceled_and_times_are_shown(open_page: Open, fake: FakeCopr) -> None:
    build = fake.add_build([F43, EPEL], id=1)
    build[F43].hold("running")
    build[EPEL].advance(to="end")
    page = open_page(fake)
    page.wait_for(".is .tag", ["will be held in running", ""])
    assert page.texts(".times")[1].count("→") == 1
    build[F43].advance(to="running")
    build.cancel()
    page.wait_for(".is .tag", ["held", ""])
    page.wait_for(".build > header > .tag", ["canceled"])
    assert page.texts(".times")[0].startswith("since ")


def test_reused_ids_are_displayed_correctly(open_page: Open, fake: FakeCopr) -> None:
    """Of builds and faults, after the world is refilled."""
    fake.add_build([F43], id=1, package="ripgrep")
    fake.faults.add("outage")
    page = open_page(fake)
    page.wait_for("h3", ["Build 1 ripgrep"])
    fake.clear()
    fake.add_build([EPEL], id=1, package="hello")
    fake.faults.add({"id": 1, "status": 500})
    page.wait_for("h3", ["Build 1 hello"])
    assert page.texts(".chroots .name") == [EPEL]
    page.wait_for("#faults .fields", ["status 500"])


def lengths(page: Page, row: int) -> list[tuple[str, float]]:
    """The segments of a chroot's timeline: state and length, as drawn."""
    script = """
        const line = document.querySelectorAll(".line")[arguments[0]];
        return [...line.querySelectorAll(".segment")].map(segment =>
            [segment.classList[1], segment.querySelector("rect").getBoundingClientRect().width]);
    """
    drawn = cast("list[list[object]]", page.run(script, row))
    return [(str(state), float(cast(float, length))) for state, length in drawn]


def test_timeline_has_a_segment_per_state(open_page: Open) -> None:
    """Its length is the duration, and it grows with the clock."""
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


def test_timeline_without_changes_uses_times(open_page: Open, fake: FakeCopr) -> None:
    """From started_on to ended_on."""
    build = fake.add_build({F43: "succeeded", EPEL: "succeeded"}, id=1)
    for chroot, took in zip(build.values(), (100, 300), strict=True):
        chroot.set_state("succeeded", started_on=FIRST_NOW - 1000, ended_on=FIRST_NOW - 1000 + took)
    fixed = FakeCopr.from_scenario(fake.to_scenario())
    page = open_page(fixed)
    page.wait(lambda: len(lengths(page, 1)) == 2)
    assert lengths(page, 1)[0][1] == pytest.approx(3 * lengths(page, 0)[0][1], rel=0.02)


def test_chroot_buttons_advance_and_finish(open_page: Open, fake: FakeCopr) -> None:
    """Other chroots do not change."""
    build = fake.add_build([F43, EPEL], id=1)
    page = open_page(fake)
    page.press(f"Advance {F43} of build 1")
    page.wait(lambda: page.states == ["pending", "importing"])
    page.press(f"Finish {F43} of build 1")
    page.wait(lambda: page.states == ["succeeded", "importing"])
    assert [chroot.state for chroot in build.values()] == ["succeeded", "importing"]


def test_build_buttons_advance_and_finish(open_page: Open, fake: FakeCopr) -> None:
    """They affect all its chroots."""
    build = fake.add_build([F43, EPEL], id=1)
    page = open_page(fake)
    page.press("Advance build 1")
    page.wait(lambda: page.states == ["pending", "pending"])
    page.press("Finish build 1")
    page.wait(lambda: page.states == ["succeeded", "succeeded"])
    assert build.is_finished


def test_source_build_shows_its_stages(open_page: Open, fake: FakeCopr) -> None:
    """They say why no chroot advances, until the source build has ended."""
    fake.add_scenario({"builds": [{"id": 1, "source_state": "pending", "source": {"lifecycle": "succeeds"}}]})
    page = open_page(fake)
    page.wait_for(".stages li", ["pending", "starting", "running", "importing", "succeeded"])
    assert page.texts(".stages [aria-current]") == ["pending"]
    advance = page.button("Advance build 1")
    assert advance.get_attribute("aria-disabled") == "true"
    reason = page.find(f"#{advance.get_attribute('aria-describedby')}")
    assert "The source build comes first" in reason.text
    fake.builds[1].report_source("running")
    page.wait_for(".stages [aria-current]", ["running"])
    fake.builds[1].report_source("failed")
    page.wait(lambda: not reason.is_displayed())


def test_build_is_canceled(open_page: Open, fake: FakeCopr) -> None:
    """The backend confirms it later."""
    build = fake.add_build([F43], id=1)
    page = open_page(fake)
    page.press("Cancel build 1")
    page.wait_for(".build > header > .tag", ["canceled"])
    assert build.is_canceled
    page.press("Advance build 1")
    page.wait(lambda: page.states == ["canceled"])


def test_rejected_call_shows_error_of_the_server(open_page: Open, fake: FakeCopr) -> None:
    """A disabled button shows the reason when pressed."""
    fake.add_build({F43: "succeeded"}, id=1)
    page = open_page(fake)
    name = f"Advance {F43} of build 1"
    assert page.button(name).get_attribute("aria-disabled") == "true"
    page.press(name)
    page.wait_for("#message", [f"{name}: build 1, {F43} is succeeded: its lifecycle has ended."])
    assert page.find("#message").get_attribute("role") == "status"
    page.press("Dismiss")
    page.wait_for("#message", [""])
    assert page.focused == name


def test_large_build_is_collapsed(open_page: Open, fake: FakeCopr) -> None:
    """Its counts are those of all chroots; expanded, it has pages of chroots."""
    build = fake.add_build({f"fedora-{number}-x86_64": "succeeded" for number in range(236)}, id=1)
    for number in range(14):
        build.add_chroot(f"epel-{number}-x86_64", state="running")
    page = open_page(fake)
    page.wait_for(".build summary > span", ["250 chroots"])
    assert page.texts(".counts li") == ["14 running", "236 succeeded"]
    assert page.states == []
    page.find(".build summary").click()
    page.wait(lambda: len(page.states) == 100)
    for _ in range(2):
        page.press("Next chroots of build 1")
    page.wait_for(".chroots + .pager span", ["chroots 201 to 250 of 250"])
    page.wait(lambda: page.states == ["succeeded"] * 36 + ["running"] * 14)
    build["epel-13-x86_64"].report("failed")
    page.wait(lambda: page.states[-1] == "failed")
    assert page.texts(".counts li") == ["13 running", "236 succeeded", "1 failed"]
    page.press("Previous chroots of build 1")
    page.wait(lambda: page.texts(".chroots .name")[:1] == ["fedora-100-x86_64"])
