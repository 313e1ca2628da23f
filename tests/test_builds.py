"""Builds, projects and the monitor agree with the build chroots at any time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from copr_chroot_fake import LIFECYCLES, FakeCopr, Lifecycle, LifecycleName, Progress, Stage, State, StateName

from .adapters import SendRequest, direct_client
from .chroots import F41, F42
from .events import advance_all
from .model.tables import state_of_build

EPEL = "epel-9-s390x"
PROJECT = "ownername=jdoe&projectname=playground"

BUG = b'{"error": "Request wasn\'t successful, there is probably a bug in the Copr code."}\n'


def read(send: SendRequest, target: str) -> Any:
    got = send("GET", f"/api_3/{target}")
    assert got.status == 200, (target, got)
    return json.loads(got.body)


def check_endpoints_agree(send: SendRequest, fake: FakeCopr, build_id: int) -> None:
    """Assert that all endpoints match the list of the build's chroots."""
    items = read(send, f"build-chroot/list?build_id={build_id}")["items"]
    build = read(send, f"build/{build_id}")
    assert build["chroots"] == [item["name"] for item in items]
    source = fake.builds[build_id].source_state
    canceled = fake.builds[build_id].is_canceled
    assert build["state"] == state_of_build(source, [item["state"] for item in items], canceled)
    starts = [item["started_on"] for item in items if item["started_on"] is not None]
    ends = [item["ended_on"] for item in items]
    assert build["started_on"] == (min(starts) if starts else None)
    assert build["ended_on"] == (max(ends) if ends and None not in ends else None)
    assert read(send, f"build/list?{PROJECT}")["items"] == [build]
    (monitored,) = read(send, f"monitor?{PROJECT}")["packages"] or [{"chroots": {}}]
    assert {name: chroot["state"] for name, chroot in monitored["chroots"].items()} == {
        item["name"]: item["state"] for item in items
    }
    packages = read(send, f"build/built-packages/{build_id}")
    assert list(packages) == build["chroots"]
    for name in build["chroots"]:
        assert packages[name] == read(send, f"build-chroot/built-packages?build_id={build_id}&chrootname={name}")


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_endpoints_agree_throughout_a_lifecycle(lifecycle: LifecycleName) -> None:
    """Build, list, monitor and packages match the chroots, one of which is ahead of the other."""
    fake = FakeCopr(progress="clock", seed=3)
    fake.add_build({F41: {"lifecycle": lifecycle}, F42: {"lifecycle": lifecycle}}, id=1)
    send = direct_client(fake)
    for _ in range(100):
        if 1 not in fake.builds:
            assert send("GET", "/api_3/build/1").status == 404
            break
        check_endpoints_agree(send, fake, 1)
        fake.clock.tick(7)
        fake.builds[1][F41].advance() if fake.builds.get(1) and fake.builds[1][F41].can_advance else None


@pytest.mark.parametrize("endpoint", ["build", "build/built-packages", "build/list", "build/source-chroot", "monitor"])
def test_showing_a_build_polls_its_chroots(endpoint: str) -> None:
    """HEAD, OPTIONS and other endpoints are no polls."""
    fake = FakeCopr()
    fake.add_build([F41, F42], id=1)
    send = direct_client(fake)
    target = f"/api_3/{endpoint}?{PROJECT}" if endpoint in ("build/list", "monitor") else f"/api_3/{endpoint}/1"
    send("HEAD", target)
    send("OPTIONS", target)
    for other in (f"project?{PROJECT}", "mock-chroots/list", "build/2"):
        send("GET", f"/api_3/{other}")
    send("GET", target)
    assert [chroot.state for chroot in fake.builds[1].values()] == ["importing", "importing"]
    send("GET", target)
    assert [chroot.state for chroot in fake.builds[1].values()] == ["pending", "pending"]


def test_source_chroot_polls_only_waiting_chroots() -> None:
    """Further polls change nothing after the source build has ended."""
    fake = FakeCopr()
    fake.add_build({F41: {"lifecycle": "as-deployed"}}, id=1)
    send = direct_client(fake)
    states = [read(send, "build/source-chroot/1")["state"] for _ in range(5)]
    assert states == ["running", "succeeded", "succeeded", "succeeded", "succeeded"]
    assert fake.builds[1][F41].state == "pending"


@pytest.mark.parametrize(
    ("lifecycle", "sources", "states"),
    [
        ("succeeds", ["importing", "succeeded"], ["importing", "pending", "starting", "running", "succeeded"]),
        ("as-deployed", ["running", "succeeded"], ["running", "pending", "starting", "running", "succeeded"]),
        ("appears-late", ["running", "succeeded"], ["running", "pending", "starting", "running", "succeeded"]),
        ("import-fails", ["importing", "failed"], ["importing", "failed"]),
        ("source-fails", ["running", "failed"], ["running", "failed"]),
        ("skipped", ["importing", "succeeded"], ["importing", "skipped"]),
        ("canceled-while-pending", ["importing", "succeeded"], ["importing", "pending", "canceled"]),
        ("forked", ["running", "forked"], ["running", "forked"]),
    ],
)
def test_source_build_precedes_the_chroots(lifecycle: LifecycleName, sources: list[str], states: list[str]) -> None:
    """The build's state is the source build's first, and then follows the chroots."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F41], id=1, lifecycle=lifecycle)
    seen: list[tuple[State, State]] = [(build.source_state, build.state)]
    while advance_all(build):
        seen.append((build.source_state, build.state))
    assert list(dict.fromkeys(source for source, _ in seen)) == sources
    assert without_repeats(state for _, state in seen) == states


def without_repeats(states: Iterable[str]) -> list[str]:
    found: list[str] = []
    for state in states:
        if not found or found[-1] != state:
            found.append(str(state))
    return found


@pytest.mark.parametrize("polls", [1, 7])
@pytest.mark.parametrize("first", [F41, F42])
def test_earliest_event_decides_the_source_state(first: str, polls: int) -> None:
    """The number of polls and the polled chroot make no difference."""
    fake = FakeCopr(progress="clock")
    fails = Lifecycle(Stage("waiting", 20), Stage("failed"))
    build = fake.add_build({F41: {"lifecycle": fails}, F42: {"lifecycle": "succeeds"}}, id=1)
    for _ in range(polls):
        fake.clock.tick(42 / polls)
        assert build[first].state
    assert (build[F41].state, build[F42].state) == ("failed", "starting")
    assert (build.state, build.source_state) == ("starting", "succeeded")


def test_source_fails_before_other_chroots_change() -> None:
    """The other chroot may have no lifecycle."""
    fake = FakeCopr(progress="immediate")
    build = fake.add_build({F41: "failed", F42: {"lifecycle": "source-fails"}}, id=1)
    build[F41].set_state("pending")
    assert (build.state, build.source_state) == ("failed", "failed")


@pytest.mark.parametrize(
    ("source", "directory"),
    [
        *((source, "00000001") for source in ("waiting", "pending", "starting", "skipped", "forked", "unknown")),
        *((source, "") for source in ("running", "importing", "succeeded", "failed", "canceled")),
    ],
)
def test_source_without_a_log_is_an_internal_error(source: str, directory: str) -> None:
    """The log has an address in some states, if there is a directory."""
    scenario = {"builds": [{"id": 1, "source_state": source, "source_result_dir": directory}]}
    got = direct_client(FakeCopr.from_scenario(scenario))("GET", "/api_3/build/source-chroot/1")
    assert (got.status, got.body) == (500, BUG)


def test_source_results_have_their_own_directory() -> None:
    """By default it is named after the build's id."""
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "source_result_dir": "00000007-x"}]})
    fake.add_build([F41], id=2)
    urls = [read(direct_client(fake), f"build/source-chroot/{number}")["result_url"] for number in (1, 2)]
    root = f"{fake.results_url}/jdoe/playground/srpm-builds"
    assert urls == [f"{root}/00000007-x", f"{root}/00000002"]


def test_source_of_a_build_with_a_lifecycle_has_a_directory() -> None:
    """Even if a scenario does not give its name."""
    scenario = {"builds": [{"id": 1, "chroots": [{"name": F41, "lifecycle": "succeeds"}]}]}
    source = read(direct_client(FakeCopr.from_scenario(scenario)), "build/source-chroot/1")
    assert (source["state"], source["result_url"].split("/")[-1]) == ("importing", "00000001")


def test_end_at_zero_is_an_end() -> None:
    chroots = [{"name": F41, "state": "succeeded", "started_on": 0, "ended_on": 0}]
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": chroots}, {"id": 2}]})
    ends = [read(direct_client(fake), f"build/{number}")["ended_on"] for number in (1, 2)]
    assert ends == [0, None]


def test_cancel_before_import_cancels_the_source() -> None:
    """A later cancellation does not."""
    fake = FakeCopr(progress="clock")
    early, late = fake.add_build([F41], id=1), fake.add_build([F41], id=2)
    early.cancel()
    fake.clock.tick(10)
    late.cancel()
    fake.clock.tick(60)
    assert (early.state, early.source_state) == ("canceled", "canceled")
    assert (late.state, late.source_state) == ("canceled", "succeeded")


def test_builds_are_listed_newest_first() -> None:
    """The meta repeats order_type, which has no effect."""
    fake = FakeCopr()
    for build_id in (5, 2, 9, 1, 7):
        fake.add_build({F41: "succeeded"}, id=build_id, package="a" if build_id % 2 else "b")
    fake.add_build({F41: "succeeded"}, id=6, project="jdoe/other")
    fake.builds[7].delete()
    send = direct_client(fake)

    def ids(more: str) -> list[int]:
        return [item["id"] for item in read(send, f"build/list?{PROJECT}{more}")["items"]]

    assert ids("") == ids("&order_type=ASC") == ids("&order_type=DESC") == [9, 5, 2, 1]
    assert ids("&limit=2&offset=1") == [5, 2]
    assert ids("&packagename=a") == [9, 5, 1]
    assert ids("&packagename=a&limit=1&offset=1") == [5]
    assert ids("&packagename=none") == ids("&offset=4") == []


def test_status_is_filtered_after_offset_and_before_limit() -> None:
    fake = FakeCopr()
    for build_id in range(1, 9):
        fake.add_build({F41: "running" if build_id % 2 else "failed"}, id=build_id)
    send = direct_client(fake)

    def ids(more: str) -> list[int]:
        return [item["id"] for item in read(send, f"build/list?{PROJECT}&{more}")["items"]]

    assert ids("status=running") == [7, 5, 3, 1]
    assert ids("status=running&limit=2") == [7, 5]
    assert ids("status=running&offset=3") == [5, 3, 1]
    assert ids("status=running&offset=3&limit=1") == [5]
    assert ids("status=running&limit=0") == []
    assert ids("status=nonsense") == []


def test_deleted_builds_make_room_on_the_page() -> None:
    """The next build takes the place of one that its lifecycle deletes."""
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: "succeeded"}, id=1)
    fake.add_build([F41], id=2, lifecycle="deleted")
    fake.clock.tick(3600)
    send = direct_client(fake)
    assert [item["id"] for item in read(send, f"build/list?{PROJECT}&limit=1")["items"]] == [1]
    assert list(read(send, f"monitor?{PROJECT}")["packages"][0]["chroots"]) == [F41]


@pytest.mark.parametrize("path", ["build/1", "build/built-packages/1", "build/source-chroot/1"])
def test_poll_that_deletes_a_build_gets_a_404(path: str) -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("waiting", 10), Stage("deleted")))
    send = direct_client(fake)
    assert send("GET", f"/api_3/{path}").status == 200
    for _ in range(2):
        deleted = send("GET", f"/api_3/{path}")
        assert (deleted.status, json.loads(deleted.body)) == (404, {"error": "Build 1 does not exist."})


def test_build_that_leaves_the_status_is_not_listed() -> None:
    """The poll may change the state by which the list is filtered."""
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("running", 10), Stage("succeeded")))
    fake.add_build([F41], id=2, state="running")
    send = direct_client(fake)
    pages = [[item["id"] for item in read(send, f"build/list?{PROJECT}&status=running")["items"]] for _ in range(3)]
    assert pages == [[2, 1], [2], [2]]


@pytest.mark.parametrize(("chroot", "build"), [("waiting", "pending"), ("unknown", "unknown"), ("canceled", "unknown")])
def test_build_state_of_waiting_and_unknown_chroots(chroot: str, build: str) -> None:
    fake = FakeCopr.from_scenario(
        {"builds": [{"id": 1, "source_state": "succeeded", "chroots": [{"name": F41, "state": chroot}]}]}
    )
    assert read(direct_client(fake), "build/1")["state"] == build


def test_project_without_builds_has_empty_lists() -> None:
    fake = FakeCopr()
    fake.add_project("jdoe/playground", chroots=[F41])
    send = direct_client(fake)
    assert read(send, f"build/list?{PROJECT}")["items"] == []
    assert read(send, f"build/list?{PROJECT}&packagename=hello")["items"] == []
    assert read(send, f"monitor?{PROJECT}")["packages"] == []


def test_nul_in_package_name_is_an_internal_error() -> None:
    """PostgreSQL's driver rejects NUL, which Copr does not expect. Statuses are compared in Python."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    send = direct_client(fake)
    for paging in ("", "&order=user", "&offset=-1"):
        got = send("GET", f"/api_3/build/list?{PROJECT}&packagename=%00{paging}")
        assert (got.status, got.body) == (500, BUG), "the driver fails before the database does"
    assert read(send, f"build/list?{PROJECT}&status=%00")["items"] == []


def test_monitor_of_an_unknown_directory_is_not_found() -> None:
    """A project has its own directory, and those of its builds."""
    build = {"id": 1, "project_dirname": "playground:pr:1", "chroots": [{"name": F41, "state": "succeeded"}]}
    send = direct_client(FakeCopr.from_scenario({"builds": [build]}))
    counts = {
        dirname: len(read(send, f"monitor?{PROJECT}&project_dirname={dirname}")["packages"])
        for dirname in ("", "playground", "playground:pr:1")
    }
    assert counts == {"": 0, "playground": 0, "playground:pr:1": 1}
    missing = send("GET", f"/api_3/monitor?{PROJECT}&project_dirname=nope")
    message = {"error": "Dirname 'nope' doesn't exist in 'jdoe/playground' copr"}
    assert (missing.status, json.loads(missing.body)) == (404, message)
    assert send("GET", f"/api_3/monitor?{PROJECT}&project_dirname=%00").body == BUG


@pytest.mark.parametrize(
    ("state", "build_log", "backend_log"),
    [
        ("pending", None, None),
        ("starting", None, "backend.log"),
        ("running", "builder-live.log", "backend.log"),
        ("succeeded", "builder-live.log.gz", "backend.log.gz"),
        ("failed", "builder-live.log.gz", "backend.log.gz"),
        ("skipped", None, None),
    ],
)
def test_monitor_has_the_urls_of_logs(state: StateName, build_log: str | None, backend_log: str | None) -> None:
    """As additional fields; they are compressed when the chroot has ended."""
    fake = FakeCopr()
    build = fake.add_build({F41: {"state": state, "result_dir": "00000001-hello"}}, id=1, package="hello")
    fields = "additional_fields[]=url_backend_log&additional_fields%5B%5D=url_build_log&additional_fields[]=url_build"
    (package,) = read(direct_client(fake), f"monitor?{PROJECT}&{fields}")["packages"]
    urls = [name and f"{build[F41].result_url}{name}" for name in (build_log, backend_log)]
    assert [*package["chroots"][F41].items()][3:5] == [*zip(("url_build_log", "url_backend_log"), urls, strict=True)]


def test_monitor_without_results_has_no_logs() -> None:
    fake = FakeCopr()
    fake.add_build({F41: "pending"}, id=1)
    (package,) = read(direct_client(fake), f"monitor?{PROJECT}&additional_fields[]=url_build_log")["packages"]
    assert [*package["chroots"][F41]] == ["state", "status", "build_id", "url_build_log", "pkg_version"]
    assert package["chroots"][F41]["url_build_log"] is None


def test_monitor_names_wrong_additional_fields() -> None:
    """The project comes first, and the directory after them."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fields = "project_dirname=nope&additional_fields[]=url_build&additional_fields[]=nope&additional_fields[]=a#b"
    got = direct_client(fake)("GET", f"/api_3/monitor?{PROJECT}&{fields}")
    assert (got.status, json.loads(got.body)) == (400, {"error": "Wrong additional_fields argument(s): a, nope"})
    assert direct_client(fake)("GET", f"/api_3/monitor?ownername=jdoe&projectname=x&{fields}").status == 404


def test_monitor_has_the_latest_build_of_each_package() -> None:
    """Only builds in the project's directory and chroots that the project has are included."""
    fake = FakeCopr()
    fake.add_build({F41: "succeeded", F42: "succeeded"}, id=1, package="hello")
    fake.add_build({F41: "failed"}, id=2, package="hello")
    fake.add_build({F41: "running"}, id=3, package="other")
    fake.add_build({F41: "running"}, id=4, package="hello", project="jdoe/playground:pr:1")
    send = direct_client(fake)

    def monitored(more: str = "") -> dict[str, dict[str, tuple[int, str]]]:
        return {
            package["name"]: {name: (at["build_id"], at["state"]) for name, at in package["chroots"].items()}
            for package in read(send, f"monitor?{PROJECT}{more}")["packages"]
        }

    assert monitored() == {
        "hello": {F41: (2, "failed"), F42: (1, "succeeded")},
        "other": {F41: (3, "running")},
    }
    assert monitored("&project_dirname=playground:pr:1") == {"hello": {F41: (4, "running")}}
    fake.builds[2].add_chroot(F42, state="skipped")
    fake.builds[3].delete()
    assert monitored() == {"hello": {F41: (2, "failed"), F42: (2, "skipped")}}


def test_restore_brings_back_the_source_state() -> None:
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F41], id=1)
    snapshot = fake.snapshot()
    advance_all(build)
    fake.add_build([F41], id=2)
    fake.restore(snapshot)
    send = direct_client(fake)
    assert build.source_state == "importing"
    assert [(item["id"], item["state"]) for item in read(send, f"build/list?{PROJECT}")["items"]] == [(1, "importing")]


@pytest.mark.parametrize("steps", range(6))
def test_dumped_and_loaded_build_continues_the_same(steps: int) -> None:
    fake = FakeCopr()
    fake.add_build({F41: {"lifecycle": "as-deployed"}, F42: {"lifecycle": "appears-late"}}, id=1)
    for _ in range(steps):
        fake.answer("GET", "/api_3/build/1")
    copy = FakeCopr.from_scenario(fake.to_scenario())
    for _ in range(8):
        assert copy.answer("GET", "/api_3/build/1") == fake.answer("GET", "/api_3/build/1")


def test_polls_during_a_hold_do_not_count() -> None:
    fake = FakeCopr(progress=Progress("poll", polls=3))
    build = fake.add_build(
        [F41], id=1, lifecycle=Lifecycle(Stage("pending", 1), Stage("starting", 1), Stage("running"))
    )
    build[F41].hold("pending")
    send = direct_client(fake)
    assert {read(send, "build/1")["state"] for _ in range(9)} == {"pending"}
    build[F41].release()
    assert [read(send, "build/1")["state"] for _ in range(5)] == ["starting"] * 3 + ["running"] * 2


def test_faults_select_endpoints_by_name() -> None:
    """Other endpoints and builds are not affected."""
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    fake.add_build({F41: "running"}, id=2)
    fake.faults.add({"endpoint": "build", "build_id": 1, "status": 503})
    fake.faults.add({"endpoint": "project", "status": 504})
    send = direct_client(fake)
    targets = ("build/1", "build/2", "build/built-packages/1", f"project?{PROJECT}", f"monitor?{PROJECT}")
    assert [send("GET", f"/api_3/{target}").status for target in targets] == [503, 200, 200, 504, 200]


def test_deleted_build_can_still_change() -> None:
    """A test may hold it; the lists of the project do not show it again."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F41], lifecycle="appears-late")
    build.delete()
    build.chroots[0].set_state("running")
    assert build.package == "hello"
    assert json.loads(fake.answer("GET", "/api_3/build/list?ownername=jdoe&projectname=playground").body)["items"] == []
