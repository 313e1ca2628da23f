"""What clients ask beside build chroots says the same of a build as its chroots do, at every moment."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from copr_chroot_fake import LIVES, FakeCopr, Lifecycle, Progress, Stage, State

from .adapters import Ask, asking

F41, F42, EPEL = "fedora-41-x86_64", "fedora-42-x86_64", "epel-9-s390x"
BEGAN = 1_700_000_000
PROJECT = "ownername=jdoe&projectname=playground"

FIRST_OF = ("running", "starting", "pending", "failed", "succeeded", "skipped", "forked")


def read(ask: Ask, target: str) -> Any:
    got = ask("GET", f"/api_3/{target}")
    assert got.status == 200, (target, got)
    return json.loads(got.body)


def expected_state(build: dict[str, Any], source: str, chroots: Iterable[str], canceled: bool) -> str:
    """The rule as the service's own page has it."""
    if canceled:
        return "canceled"
    if source in ("starting", "pending", "running", "importing", "failed"):
        return source
    states = set(chroots)
    if not states:
        return "waiting"
    return next((state for state in FIRST_OF if state in states), "pending" if "waiting" in states else "unknown")


def check_says_the_same(ask: Ask, fake: FakeCopr, build_id: int) -> None:
    """Everything that is answered about a build says what the list of its chroots says."""
    items = read(ask, f"build-chroot/list?build_id={build_id}")["items"]
    shown = read(ask, f"build/{build_id}")
    assert shown["chroots"] == [item["name"] for item in items]
    source = fake.builds[build_id].source_state
    canceled = fake.builds[build_id].canceled
    assert shown["state"] == expected_state(shown, source, [item["state"] for item in items], canceled)
    starts = [item["started_on"] for item in items if item["started_on"] is not None]
    ends = [item["ended_on"] for item in items]
    assert shown["started_on"] == (min(starts) if starts else None)
    assert shown["ended_on"] == (max(ends) if ends and None not in ends else None)
    assert read(ask, f"build/list?{PROJECT}")["items"] == [shown]
    (monitored,) = read(ask, f"monitor?{PROJECT}")["packages"] or [{"chroots": {}}]
    assert {name: chroot["state"] for name, chroot in monitored["chroots"].items()} == {
        item["name"]: item["state"] for item in items
    }
    packages = read(ask, f"build/built-packages/{build_id}")
    assert list(packages) == shown["chroots"]
    for name in shown["chroots"]:
        assert packages[name] == read(ask, f"build-chroot/built-packages?build_id={build_id}&chrootname={name}")


@pytest.mark.parametrize("life", LIVES)
def test_at_every_moment_of_a_life_all_say_the_same(life: str) -> None:
    """A build, its list, the monitor and the packages agree with the chroots, one of which is ahead of the other."""
    fake = FakeCopr(progress="clock", seed=3)
    fake.add_build(1, {F41: {"lifecycle": life}, F42: {"lifecycle": life}})
    ask = asking(fake)
    for _ in range(100):
        if 1 not in fake.builds:
            assert ask("GET", "/api_3/build/1").status == 404
            break
        check_says_the_same(ask, fake, 1)
        fake.clock.tick(7)
        fake.builds[1][F41].advance() if fake.builds.get(1) and fake.builds[1][F41].can_advance else None


@pytest.mark.parametrize("door", ["build", "build/built-packages", "build/list", "build/source-chroot", "monitor"])
def test_each_answer_that_shows_a_build_is_a_poll_of_its_chroots(door: str) -> None:
    """Chroots that go on with every poll do so with what shows the build, and with nothing else."""
    fake = FakeCopr()
    fake.add_build(1, [F41, F42])
    ask = asking(fake)
    target = f"/api_3/{door}?{PROJECT}" if door in ("build/list", "monitor") else f"/api_3/{door}/1"
    ask("HEAD", target)
    ask("OPTIONS", target)
    for other in (f"project?{PROJECT}", "mock-chroots/list", "build/2"):
        ask("GET", f"/api_3/{other}")
    ask("GET", target)
    assert [chroot.state for chroot in fake.builds[1]] == ["importing", "importing"]
    ask("GET", target)
    assert [chroot.state for chroot in fake.builds[1]] == ["pending", "pending"]


def test_the_source_is_a_poll_only_of_chroots_that_wait_for_it() -> None:
    """Whoever waits for the source build sees it end, and moves nothing after that."""
    fake = FakeCopr()
    fake.add_build(1, {F41: {"lifecycle": "as-deployed"}})
    ask = asking(fake)
    states = [read(ask, "build/source-chroot/1")["state"] for _ in range(5)]
    assert states == ["running", "succeeded", "succeeded", "succeeded", "succeeded"]
    assert fake.builds[1][F41].state == "pending"


@pytest.mark.parametrize(
    ("life", "sources", "states"),
    [
        ("succeeds", ["importing", "succeeded"], ["importing", "pending", "starting", "running", "succeeded"]),
        ("as-deployed", ["running", "succeeded"], ["running", "pending", "starting", "running", "succeeded"]),
        ("appears-late", ["running", "succeeded"], ["running", "pending", "starting", "running", "succeeded"]),
        ("import-fails", ["importing", "failed"], ["importing", "failed"]),
        ("source-fails", ["running", "failed"], ["running", "failed"]),
        ("skipped", ["importing", "succeeded"], ["importing", "skipped"]),
        ("canceled-while-pending", ["importing", "succeeded"], ["importing", "pending", "canceled"]),
        ("forked", ["running", "succeeded"], ["running", "forked"]),
    ],
)
def test_the_source_goes_before_the_chroots(life: str, sources: list[str], states: list[str]) -> None:
    """While the source is built and imported the build is what the source is, and then what its chroots are."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build(1, [F41], lifecycle=life)
    seen: list[tuple[State, State]] = [(build.source_state, build.state)]
    while build.advance():
        seen.append((build.source_state, build.state))
    assert list(dict.fromkeys(source for source, _ in seen)) == sources
    assert without_repeats(state for _, state in seen) == states


def without_repeats(states: Iterable[str]) -> list[str]:
    found: list[str] = []
    for state in states:
        if not found or found[-1] != state:
            found.append(str(state))
    return found


@pytest.mark.parametrize("looks", [1, 7])
@pytest.mark.parametrize("first", [F41, F42])
def test_the_source_goes_by_what_came_first_in_time(first: str, looks: int) -> None:
    """However often somebody looks, and at which chroot: the first one to go on tells that there is a source."""
    fake = FakeCopr(progress="clock")
    fails = Lifecycle(Stage("waiting", 20), Stage("failed"))
    build = fake.add_build(1, {F41: {"lifecycle": fails}, F42: {"lifecycle": "succeeds"}})
    for _ in range(looks):
        fake.clock.tick(42 / looks)
        assert build[first].state
    assert (build[F41].state, build[F42].state) == ("failed", "starting")
    assert (build.state, build.source_state) == ("starting", "succeeded")


def test_the_source_has_failed_before_another_chroot_is_changed() -> None:
    """Also where that one has no life of its own, and nobody has looked at the one that tells of the failure."""
    fake = FakeCopr(progress="immediate")
    build = fake.add_build(1, {F41: "failed", F42: {"lifecycle": "source-fails"}})
    build[F41].force_state("pending")
    assert (build.state, build.source_state) == ("failed", "failed")


@pytest.mark.parametrize("source", ["waiting", "pending", "starting"])
def test_a_source_without_a_log_is_an_error(source: str) -> None:
    """Copr answers 500 until the log of the source build has an address."""
    scenario = {"builds": [{"id": 1, "source_state": source}]}
    got = asking(FakeCopr.from_scenario(scenario))("GET", "/api_3/build/source-chroot/1")
    assert got.status == 500
    assert b"there is probably a bug in the Copr code" in got.body


@pytest.mark.parametrize(("said", "shown"), [({}, "00000001"), ({"source_result_dir": "00000007-x"}, "00000007-x")])
def test_source_results_are_in_their_own_directory(said: dict[str, str], shown: str) -> None:
    """By default it is called after the build."""
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, **said}]})
    address = read(asking(fake), "build/source-chroot/1")["result_url"]
    assert address == f"{fake.results_url}/jdoe/playground/srpm-builds/{shown}"


def test_a_canceled_source_is_canceled() -> None:
    """A build that was canceled before its import has a source that was canceled, one canceled later has not."""
    fake = FakeCopr(progress="clock")
    early, late = fake.add_build(1, [F41]), fake.add_build(2, [F41])
    early.cancel()
    fake.clock.tick(10)
    late.cancel()
    fake.clock.tick(60)
    assert (early.state, early.source_state) == ("canceled", "canceled")
    assert (late.state, late.source_state) == ("canceled", "succeeded")


def test_builds_are_listed_newest_first() -> None:
    """By their ids, page by page; order_type is only echoed."""
    fake = FakeCopr()
    for build_id in (5, 2, 9, 1, 7):
        fake.add_build(build_id, {F41: "succeeded"}, package="a" if build_id % 2 else "b")
    fake.add_build(6, {F41: "succeeded"}, project="jdoe/other")
    fake.builds[7].remove()
    ask = asking(fake)

    def ids(more: str) -> list[int]:
        return [item["id"] for item in read(ask, f"build/list?{PROJECT}{more}")["items"]]

    assert ids("") == ids("&order_type=ASC") == ids("&order_type=DESC") == [9, 5, 2, 1]
    assert ids("&limit=2&offset=1") == [5, 2]
    assert ids("&packagename=a") == [9, 5, 1]
    assert ids("&packagename=a&limit=1&offset=1") == [5]
    assert ids("&packagename=none") == ids("&offset=4") == []


def test_status_is_filtered_after_offset_and_before_limit() -> None:
    """So a page may have fewer builds than there are, and the limit is that of the builds in that state."""
    fake = FakeCopr()
    for build_id in range(1, 9):
        fake.add_build(build_id, {F41: "running" if build_id % 2 else "failed"})
    ask = asking(fake)

    def ids(more: str) -> list[int]:
        return [item["id"] for item in read(ask, f"build/list?{PROJECT}&{more}")["items"]]

    assert ids("status=running") == [7, 5, 3, 1]
    assert ids("status=running&limit=2") == [7, 5]
    assert ids("status=running&offset=3") == [5, 3, 1]
    assert ids("status=running&offset=3&limit=1") == [5]
    assert ids("status=running&limit=0") == []
    assert ids("status=nonsense") == []


def test_a_page_of_builds_has_none_that_are_gone() -> None:
    """A build whose life has ended in its deletion leaves its place on the page to the next one."""
    fake = FakeCopr(progress="clock")
    fake.add_build(1, {F41: "succeeded"})
    fake.add_build(2, [F41], lifecycle="deleted")
    fake.clock.tick(3600)
    ask = asking(fake)
    assert [item["id"] for item in read(ask, f"build/list?{PROJECT}&limit=1")["items"]] == [1]
    assert list(read(ask, f"monitor?{PROJECT}")["packages"][0]["chroots"]) == [F41]


def test_a_source_whose_build_goes_with_the_look_is_gone() -> None:
    """The poll that ends the life of a build is answered as if it had been deleted already."""
    fake = FakeCopr()
    fake.add_build(1, [F41], lifecycle=Lifecycle(Stage("waiting", 10), Stage("deleted")))
    ask = asking(fake)
    assert ask("GET", "/api_3/build/source-chroot/1").status == 200
    for _ in range(2):
        gone = ask("GET", "/api_3/build/source-chroot/1")
        assert (gone.status, json.loads(gone.body)) == (404, {"error": "Build 1 does not exist."})


def test_build_that_leaves_a_status_when_read_is_not_listed() -> None:
    """A list by status shows what has that status in the answer itself."""
    fake = FakeCopr()
    fake.add_build(1, [F41], lifecycle=Lifecycle(Stage("running", 10), Stage("succeeded")))
    fake.add_build(2, [F41], state="running")
    ask = asking(fake)
    shown = [[item["id"] for item in read(ask, f"build/list?{PROJECT}&status=running")["items"]] for _ in range(3)]
    assert shown == [[2, 1], [2], [2]]


@pytest.mark.parametrize(("chroot", "build"), [("waiting", "pending"), ("unknown", "unknown"), ("canceled", "unknown")])
def test_a_build_of_which_nothing_else_is_to_be_said(chroot: str, build: str) -> None:
    """With its source done, what only waits is as good as pending."""
    fake = FakeCopr.from_scenario(
        {"builds": [{"id": 1, "source_state": "succeeded", "chroots": [{"name": F41, "state": chroot}]}]}
    )
    assert read(asking(fake), "build/1")["state"] == build


def test_a_project_without_builds_has_nothing_to_show() -> None:
    """Lists of them, by package too, and the monitor are empty."""
    fake = FakeCopr()
    fake.add_project("jdoe", "playground", chroots=[F41])
    ask = asking(fake)
    assert read(ask, f"build/list?{PROJECT}")["items"] == []
    assert read(ask, f"build/list?{PROJECT}&packagename=hello")["items"] == []
    assert read(ask, f"monitor?{PROJECT}")["packages"] == []


@pytest.mark.parametrize("argument", ["status", "packagename"])
def test_no_text_with_a_nul_is_looked_for(argument: str) -> None:
    """PostgreSQL's driver takes none, which the service does not expect."""
    fake = FakeCopr()
    fake.add_build(1, [F41])
    got = asking(fake)("GET", f"/api_3/build/list?{PROJECT}&{argument}=%00")
    assert (got.status, b"there is probably a bug in the Copr code" in got.body) == (500, True)


def test_the_monitor_has_the_latest_of_each_package_per_chroot() -> None:
    """From builds in the project's own directory only, and in the chroots that it has now."""
    fake = FakeCopr()
    fake.add_build(1, {F41: "succeeded", F42: "succeeded"}, package="hello")
    fake.add_build(2, {F41: "failed"}, package="hello")
    fake.add_build(3, {F41: "running"}, package="other")
    fake.add_build(4, {F41: "running"}, package="hello", project="jdoe/playground:pr:1")
    ask = asking(fake)

    def monitored(more: str = "") -> dict[str, dict[str, tuple[int, str]]]:
        return {
            package["name"]: {name: (at["build_id"], at["state"]) for name, at in package["chroots"].items()}
            for package in read(ask, f"monitor?{PROJECT}{more}")["packages"]
        }

    assert monitored() == {
        "hello": {F41: (2, "failed"), F42: (1, "succeeded")},
        "other": {F41: (3, "running")},
    }
    assert monitored("&project_dirname=playground:pr:1") == {"hello": {F41: (4, "running")}}
    fake.add_chroot(2, F42, state="skipped")
    fake.builds[3].remove()
    assert monitored() == {"hello": {F41: (2, "failed"), F42: (2, "skipped")}}


def test_a_snapshot_keeps_where_the_source_is() -> None:
    """Taken back, a build and the lists say what they said then."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build(1, [F41])
    taken = fake.snapshot()
    build.advance()
    fake.add_build(2, [F41])
    fake.restore(taken)
    ask = asking(fake)
    assert build.source_state == "importing"
    assert [(item["id"], item["state"]) for item in read(ask, f"build/list?{PROJECT}")["items"]] == [(1, "importing")]


@pytest.mark.parametrize("steps", range(6))
def test_written_out_in_the_middle_it_goes_on_the_same(steps: int) -> None:
    """A fake and its copy say the same of a build from then on, its source included."""
    fake = FakeCopr()
    fake.add_build(1, {F41: {"lifecycle": "as-deployed"}, F42: {"lifecycle": "appears-late"}})
    for _ in range(steps):
        fake.answer("GET", "/api_3/build/1")
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for _ in range(8):
        assert copy.answer("GET", "/api_3/build/1") == fake.answer("GET", "/api_3/build/1")


def test_polls_that_make_no_difference_are_made_up_for() -> None:
    """A build that is held is shown any number of times, and goes on with the first poll after it is released."""
    fake = FakeCopr(progress=Progress("poll", polls=3))
    build = fake.add_build(1, [F41], lifecycle=Lifecycle(Stage("pending", 1), Stage("starting", 1), Stage("running")))
    build[F41].hold("pending")
    ask = asking(fake)
    assert {read(ask, "build/1")["state"] for _ in range(9)} == {"pending"}
    build[F41].release()
    assert [read(ask, "build/1")["state"] for _ in range(5)] == ["starting"] * 3 + ["running"] * 2


def test_faults_hit_them_by_their_names() -> None:
    """A fault of one endpoint, or of one build, leaves the others alone."""
    fake = FakeCopr()
    fake.add_build(1, {F41: "running"})
    fake.add_build(2, {F41: "running"})
    fake.faults.add({"endpoint": "build", "build_id": 1, "status": 503})
    fake.faults.add({"endpoint": "project", "status": 504})
    ask = asking(fake)
    targets = ("build/1", "build/2", "build/built-packages/1", f"project?{PROJECT}", f"monitor?{PROJECT}")
    assert [ask("GET", f"/api_3/{target}").status for target in targets] == [503, 200, 200, 504, 200]
