"""Control calls on a fake: scenario, clock, journal, faults, seed and snapshots."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.control.worlds import MAX_SNAPSHOTS, InitialConfig, World, Worlds
from copr_chroot_fake.model.account import Account
from copr_chroot_fake.server.live_server import LiveServer

from ..chroots import F41, F42
from ..served import LIST, Server
from ..worlds import fake_of
from .clients import S390X, Control, control_of, control_of_held, fresh_control


def test_scenario_replaces_everything(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": [F41]})
    view = control.do("PUT", "/scenario", {"builds": [{"id": 2, "chroots": [{"name": F42, "state": "failed"}]}]})
    assert (view["name"], view["builds"]) == (control.world.name, 1)
    assert list(fake_of(control.world).builds) == [2]
    assert control.states(2) == {F42: "failed"}


def test_scenario_is_added(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": {F41: "running"}})
    assert control.post("/scenario", {"builds": [{"id": 2}]})["builds"] == 2
    assert (control.states(1), control.states(2)) == ({F41: "running"}, {})


def test_exported_scenario_loads_back(control: Control) -> None:
    """Builds, projects, chroots, lifecycles and faults."""
    control.post("/projects", {"ownername": "jdoe", "projectname": "tools", "chroots": {F41: {"with_opts": ["x"]}}})
    control.post("/builds", {"id": 1, "chroots": [F41, F42], "lifecycle": "realistic", "project": "jdoe/tools"})
    control.post("/mock-chroots", {"names": [S390X]})
    control.post("/faults", "outage")
    before = control.get("/scenario")
    control.do("DELETE", "/scenario")
    control.post("/scenario", before)
    assert control.get("/scenario") == before


def test_clear_keeps_clock_and_journal(control: Control) -> None:
    control.post("/builds", {"id": 1})
    control.post("/faults", {"delay": 0})
    control.copr("/list/1")
    now = time_of(control)
    control.do("DELETE", "/scenario")
    assert control.get("/scenario") == {"now": now, "chroots": [], "projects": [], "builds": [], "faults": []}
    assert control.get("/requests/count") == {"count": 1}


ANEW: list[tuple[str, str, object]] = [("POST", "/reset", None), ("PUT", "/scenario", {})]


@pytest.mark.parametrize(("method", "target", "body"), ANEW)
def test_reset_and_replacement_discard_everything(control: Control, method: str, target: str, body: object) -> None:
    """Content, requests and snapshots."""
    paths = (
        "/scenario",
        "/builds",
        "/changes",
        "/accounts",
        "/groups",
        "/faults",
        "/requests",
        "/unmatched",
        "/snapshots",
        "/seed",
    )

    def read_all() -> dict[str, object]:
        view = {path: control.get(path) for path in paths}
        del view["/scenario"]["now"]
        return view

    before = read_all()
    control.post("/accounts", {"name": "frostyx", "login": "abc", "token": "s3cret"})
    control.post("/groups", {"name": "@copr"})
    control.post("/builds", {"id": 1, "chroots": [F41], "project": "jdoe/tools"})
    control.post("/faults", {"delay": 0})
    control.post("/snapshots")
    control.post("/seed", {"seed": 99})
    for build_id in (1, 2):
        control.copr(f"/list/{build_id}")
    assert all(now != then for now, then in zip(read_all().values(), before.values(), strict=True))
    assert control.do(method, target, body)["builds"] == 0
    assert read_all() == before


@pytest.mark.parametrize(("method", "target", "body"), ANEW)
@pytest.mark.parametrize("is_held", [True, False])
def test_initial_accounts_are_restored(is_held: bool, method: str, target: str, body: object) -> None:
    """Other accounts are removed."""
    recipe = InitialConfig(accounts=(Account("frostyx", "abc", "s3cret"),))
    control = control_of_held(fake_of(World("", recipe))) if is_held else control_of(Worlds(recipe))
    control.post("/accounts", {"name": "jdoe", "login": "def", "token": "t0ken"})
    control.do(method, target, body)
    assert [account["name"] for account in control.get("/accounts")["accounts"]] == ["frostyx"]


def test_main_world_of_live_server_is_reset() -> None:
    """It is empty; unknown worlds do not exist."""
    server = LiveServer()
    try:
        own = Server(server.url)
        for method, target, body in ANEW:
            own.control("POST", "/builds", {"id": 1})
            assert own.control(method, target, body)["builds"] == 0
        assert own.world("none").call("POST", "/_fake/reset").status == 404
    finally:
        server.stop()


def test_invalid_scenario_keeps_a_given_fake() -> None:
    """The fake is emptied only after the scenario is validated."""
    server = LiveServer()
    try:
        fake = FakeCopr()
        build = fake.add_build({F41: "running"}, id=1)
        world = Server(server.add("x", fake.service))
        world.get(LIST)
        refused = world.call("PUT", "/_fake/scenario", {"builds": [{"id": 7}, {"id": 0}]})
        assert (refused.status, refused.where) == (422, "builds[1].id")
        assert fake.builds == {1: build}
        fake.assert_requested("build-chroot/list", times=1)
        world.control("PUT", "/scenario", {"builds": [{"id": 7}]})
        assert list(fake.builds) == [7]
    finally:
        server.stop()


def test_missing_scenario_file_at_reset_is_named(tmp_path: Path) -> None:
    """It is not an error in the body."""
    file = tmp_path / "scenario.json"
    file.write_text('{"builds": [{"id": 5}]}')
    control = control_of(Worlds(InitialConfig(scenarios=(file,))))
    file.unlink()
    for method, target in (("POST", "/reset"), ("PUT", "/worlds/new")):
        refused = control.request(method, target)
        assert refused.status == 409
        assert "no such file" in refused.document["error"]
    assert list(fake_of(control.world).builds) == [5]


def time_of(control: Control) -> float:
    now: float = control.get("/clock")["now"]
    return now


def test_clock_is_moved(control: Control) -> None:
    """To a time, by seconds, or both."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    now = time_of(control)
    later = int(now) + 10_000_000
    assert control.do("PATCH", "/clock", {"tick": 10})["now"] == pytest.approx(now + 10)
    assert control.states() == {F41: "pending"}
    assert control.do("PATCH", "/clock", {"now": later})["now"] == later
    assert control.states() == {F41: "succeeded"}
    assert control.do("PATCH", "/clock", {"now": later + 100, "tick": 1.5})["now"] == later + 101.5


def test_clock_is_paused_and_resumed(control: Control) -> None:
    """At another speed, if given."""
    assert control.get("/clock")["paused"]
    now = time_of(control)
    assert time_of(control) == now
    view = control.do("PATCH", "/clock", {"paused": False, "speed": 100_000})
    assert (view["paused"], view["speed"]) == (False, 100_000)
    assert time_of(control) > now
    control.do("PATCH", "/clock", {"paused": True})
    assert time_of(control) == time_of(control)
    assert control.get("/clock")["speed"] == 100_000


def test_invalid_clock_change_changes_nothing(control: Control) -> None:
    """Time does not go backwards, or beyond the maximum."""
    before = control.get("/clock")
    for body, where in (
        ({"now": 5, "tick": 5, "speed": 7}, "now"),
        ({"tick": 5, "speed": 0}, "speed"),
        ({"tick": 2**31 - 1, "speed": 7}, "tick"),
        ({"now": 2**31 - 1, "tick": 1}, "tick"),
    ):
        refused = control.request("PATCH", "/clock", body)
        assert (refused.status, refused.where) == (422, where)
    assert control.get("/clock") == before


def test_virtual_clock_has_no_speed() -> None:
    control = fresh_control()
    control.world.replace_service(FakeCopr().service)
    assert control.get("/clock") == {"now": 1_700_000_000, "speed": None, "paused": True}
    assert control.do("PATCH", "/clock", {"tick": 5, "paused": True})["now"] == 1_700_000_005
    for body in ({"tick": 5, "speed": 2}, {"tick": 5, "paused": False}):
        assert control.request("PATCH", "/clock", body).status == 409
    assert time_of(control) == 1_700_000_005


def test_requests_are_listed_and_counted(control: Control) -> None:
    """All or selected ones, the latest first pages."""
    control.post("/builds", {"id": 1, "chroots": {F41: "running", F42: "failed"}})
    control.copr("/list/1")
    control.copr(f"/1/{F41}")
    control.copr(f"/1/{F42}")
    control.copr(f"/2/{F41}")
    requests = control.get("/requests")["requests"]
    assert [(item["number"], item["endpoint"], item["status"]) for item in requests] == [
        (1, "build-chroot/list", 200),
        (2, "build-chroot", 200),
        (3, "build-chroot", 200),
        (4, "build-chroot", 404),
    ]
    assert requests[0]["states"] == {F41: "running", F42: "failed"}
    assert requests[0]["build_states"] == {}
    for query, numbers in {
        "endpoint=build-chroot": [2, 3, 4],
        "build_id=2": [4],
        f"chrootname={F42}": [3],
        "endpoint=build-chroot/list&build_id=1": [1],
        "after=2": [3, 4],
        "limit=1": [4],
        "after=1&limit=2": [3, 4],
        "limit=0": [],
    }.items():
        assert [item["number"] for item in control.get(f"/requests?{query}")["requests"]] == numbers
        if "limit" not in query and "after" not in query:
            assert control.get(f"/requests/count?{query}") == {"count": len(numbers)}


def test_requests_are_deleted(control: Control) -> None:
    """Numbering continues."""
    control.copr("/list/1")
    control.do("DELETE", "/requests")
    assert control.get("/requests") == {"requests": [], "total": 0}
    control.copr("/list/1")
    assert [item["number"] for item in control.get("/requests")["requests"]] == [2]


def test_unmatched_requests_have_near_misses(control: Control) -> None:
    """For builds, chroots and paths."""
    control.post("/builds", {"id": 1234, "chroots": [F41]})
    for target in ("/list/123", "/1234/fedora-41-x8664", "/lst/1234"):
        control.copr(target)
    assert [item["near_miss"] for item in control.get("/unmatched")["unmatched"]] == [
        "build 1234 exists, 123 does not",
        f"build 1234 has {F41}, not 'fedora-41-x8664'",
        "/api_3/build-chroot/list exists, /api_3/build-chroot/lst/1234 does not",
    ]


def test_failed_assertion_lists_requests(control: Control) -> None:
    """Every assertion of Python is available."""
    control.post("/builds", {"id": 1, "chroots": {F41: "running"}})
    holding: list[dict[str, object]] = [
        {"assertion": "not-requested", "endpoint": "build-chroot/list"},
        {"assertion": "requested", "endpoint": "build-chroot", "build_id": 1, "chrootname": F41, "times": 0},
        {"assertion": "polled-no-faster-than", "seconds": 30, "build_id": 1, "chrootname": F41},
    ]
    failing: list[dict[str, object]] = [
        {"assertion": "requested", "endpoint": "build-chroot/list", "build_id": 1},
        {"assertion": "all-pages-read", "build_id": 1},
    ]
    for body in holding:
        assert control.post("/verify", body) == {"passed": True, "message": None}
    for body in failing:
        view = control.post("/verify", body)
        assert not view["passed"]
        assert "Nothing was requested" in view["message"]
    for _ in range(2):
        control.copr("/list/1")
        control.copr(f"/1/{F41}")
    for body in failing:
        assert control.post("/verify", body)["passed"]
    for body in holding:
        assert not control.post("/verify", body)["passed"]
    others: list[dict[str, object]] = [{"assertion": name, "build_id": 1} for name in ("canceled", "waited-for")]
    others.append({"assertion": "project-edited", "project": "jdoe/playground"})
    for body in others:
        assert not control.post("/verify", body)["passed"]


def submit(control: Control, body: str) -> None:
    """Submit a build from a URL as jdoe."""
    headers = {"Authorization": "Basic amRvZTpzM2NyZXQ=", "Content-Type": "application/json"}
    fake_of(control.world).answer("POST", "/api_3/build/create/url", headers, body.encode())


def test_requests_have_their_details(control: Control) -> None:
    control.post("/projects", {"ownername": "jdoe", "projectname": "hello", "chroots": [F41]})
    document = {"ownername": "jdoe", "projectname": "hello", "pkgs": ["https://a.test/a.spec"], "x": "\ud800"}
    submit(control, json.dumps(document))
    (request,) = control.get("/requests")["requests"]
    assert request["headers"] == {"authorization": "***", "content-type": "application/json"}
    assert (request["user"], request["json"], request["form"], request["files"]) == ("jdoe", document, {}, {})
    assert (request["created_builds"], request["created_project"]) == ([1], None)
    assert request["body_size"] == len(json.dumps(document))


@pytest.mark.parametrize("body", ["[NaN]", "1e999", "[" * 500 + "]" * 500, "{"])
def test_document_that_is_no_json_is_null(control: Control, body: str) -> None:
    """Python parses some that are not valid, or that are nested very deeply."""
    submit(control, body)
    (request,) = control.get("/requests")["requests"]
    assert (request["json"], request["body_size"]) == (None, len(body))


def test_submissions_are_verified(control: Control) -> None:
    control.post("/projects", {"ownername": "jdoe", "projectname": "hello", "chroots": [F41]})
    fields = {"ownername": "jdoe", "projectname": "hello", "pkgs": ["https://a.test/a.spec"], "timeout": 60}
    submit(control, json.dumps(fields))
    holding = {"assertion": "submitted", "project": "jdoe/hello", "url": "https://a.test/a.spec", "times": 1}
    assert control.post("/verify", {**holding, "user": "jdoe", "fields": {"timeout": 60}})["passed"]
    failing = control.post("/verify", {**holding, "fields": {"timeout": 70}})
    assert not failing["passed"]
    assert "-     'timeout': 70,\n  +     'timeout': 60," in failing["message"]
    created = control.post("/verify", {"assertion": "project-created", "project": "jdoe/hello"})
    assert created["message"].endswith("No request created a project.")


def test_fault_is_added_and_counts_hits(control: Control) -> None:
    """By name or as an object."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    reply = control.request("POST", "/faults", {"status": 503, "nth": 2, "endpoint": "build-chroot/list"})
    assert (reply.status, reply.document["id"]) == (201, 1)
    assert control.post("/faults", "list-500")["id"] == 2
    assert [control.copr("/list/1").status for _ in range(2)] == [500, 503]
    assert control.copr(f"/1/{F41}").status == 200
    first, second = control.get("/faults")["faults"]
    assert (first["seen"], first["hits"], second["seen"], second["hits"]) == (2, 1, 2, 1)
    assert first["fault"] == {"status": 503, "nth": 2, "endpoint": "build-chroot/list"}
    assert control.get("/requests")["requests"][0]["fault"] == 2


def test_faults_are_removed(control: Control) -> None:
    """One at a time, or all."""
    control.post("/builds", {"id": 1})
    for _ in range(3):
        control.post("/faults", {"name": "list-500", "status": 502})
    control.do("DELETE", "/faults/1")
    assert control.copr("/list/1").status == 502
    control.do("DELETE", "/faults")
    assert control.copr("/list/1").status == 200
    refused = control.request("DELETE", "/faults/2")
    assert (refused.status, refused.document) == (404, {"error": "there is no fault '2'; there are none"})


def test_seed_is_set(control: Control) -> None:
    """Random draws are the same as in Python with that seed."""
    control.post("/seed", {"seed": 7})
    assert control.get("/seed") == {"seed": 7}
    control.post("/builds", {"id": 1, "chroots": [F41], "lifecycle": "realistic"})
    fake = FakeCopr(seed=7, progress="clock")
    fake.add_build([F41], id=1, lifecycle="realistic")
    scenarios = [
        scenario["builds"][0]["chroots"][0]["lifecycle"] for scenario in (control.get("/scenario"), fake.to_scenario())
    ]
    assert scenarios[0] == scenarios[1]


def test_snapshot_is_restored(control: Control) -> None:
    """Any number of times, until it is deleted."""
    control.post("/builds", {"id": 1, "chroots": {F41: "pending"}})
    taken = control.request("POST", "/snapshots")
    assert (taken.status, taken.document) == (201, {"id": 1})
    for _ in range(2):
        control.post(f"/builds/1/chroots/{F41}/report", {"state": "starting"})
        control.post("/builds", {"id": 2})
        assert control.post("/snapshots/1/restore")["builds"] == 1
        assert control.states() == {F41: "pending"}
    assert control.post("/snapshots") == {"id": 2}
    assert control.get("/snapshots") == {"snapshots": [{"id": 1}, {"id": 2}], "total": 2}
    control.do("DELETE", "/snapshots/1")
    refused = control.request("POST", "/snapshots/1/restore")
    assert (refused.status, refused.document) == (404, {"error": "there is no snapshot '1'; there are: 2"})


def test_snapshots_restore_in_any_order_over_http(control: Control) -> None:
    """Even if each has a chroot that the other has not."""
    control.post("/builds", {"id": 1, "chroots": {F41: "pending"}})
    control.post("/snapshots")
    control.post("/builds/1/chroots", {"name": F42, "state": "failed"})
    control.post("/snapshots")
    control.post("/snapshots/1/restore")
    control.post("/builds/1/chroots", {"name": S390X, "state": "running"})
    for number, states in ((2, {F41: "pending", F42: "failed"}), (1, {F41: "pending"})):
        control.post(f"/snapshots/{number}/restore")
        assert control.states() == states


def test_number_of_snapshots_is_limited(local: Control) -> None:
    """The error names the limit."""
    for _ in range(MAX_SNAPSHOTS):
        local.post("/snapshots")
    refused = local.request("POST", "/snapshots")
    assert refused.status == 409
    assert str(MAX_SNAPSHOTS) in refused.document["error"]


def test_submission_rules_are_listed_and_removed(control: Control) -> None:
    rule = {"package": "hello", "chroot": "epel-*", "lifecycle": "fails"}
    added = control.request("POST", "/submission-rules", rule)
    assert (added.status, added.document["id"], added.document["rule"]["chroot"]) == (201, 1, "epel-*")
    control.post("/submission-rules", {"progress": "immediate"})
    fake_of(control.world).on_submit(when=lambda build: False, version="1-1")
    listed = control.get("/submission-rules")
    assert [(item["id"], item["hits"], item["has_function"]) for item in listed["rules"]] == [
        (1, 0, False),
        (2, 0, False),
        (3, 0, True),
    ]
    control.do("DELETE", "/submission-rules/1")
    assert control.get("/submission-rules")["total"] == 2
    assert control.request("DELETE", "/submission-rules/1").status == 404
    control.do("DELETE", "/submission-rules")
    assert control.get("/submission-rules") == {"rules": [], "total": 0}


@pytest.mark.parametrize(
    ("rule", "where"), [({}, "lifecycle"), ({"lifecycle": "fail"}, "lifecycle"), ({"version": "1", "nth": 0}, "nth")]
)
def test_invalid_submission_rule_is_rejected(control: Control, rule: dict[str, object], where: str) -> None:
    refused = control.request("POST", "/submission-rules", rule)
    assert (refused.status, refused.where) == (422, where)
    assert control.get("/submission-rules")["total"] == 0


def test_next_build_id_is_set(control: Control) -> None:
    control.post("/next-build-id", {"next_build_id": 500})
    assert control.get("/next-build-id") == {"next_build_id": 500}
    refused = control.request("POST", "/next-build-id", {"next_build_id": 499})
    assert (refused.status, refused.where) == (422, "next_build_id")
