"""Control calls on builds and chroots, and their effect on Copr's responses."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from copr_chroot_fake import FakeCopr, SystemClock
from copr_chroot_fake.model.machine import TRANSITIONS

from ..chroots import F41, F42
from .clients import CHROOT, S390X, Control


def test_added_build_gets_defaults(control: Control) -> None:
    """It is in the default project, and its chroots have a lifecycle."""
    reply = control.request("POST", "/builds", {"id": 1, "chroots": [F41, F42]})
    assert reply.status == 201
    view = reply.document
    assert (view["project"], view["package"], view["finished"]) == ("jdoe/playground", "hello", False)
    assert control.states() == {F41: "importing", F42: "importing"}
    assert control.get("/builds/1") == view


def test_add_build_accepts_all_options_of_python(control: Control) -> None:
    """Settings, states, lifecycle and progress."""
    given = {
        "id": 1,
        "chroots": {F41: "failed", F42: {"started_on": 5, "state": "running"}, S390X: {}},
        "project": "me/tools:pr:1",
        "package": "tool",
        "lifecycle": {"stages": [{"state": "pending", "lasts": 10}, {"state": "skipped"}]},
        "progress": {"poll": 2},
        "memory_limit": 1,
        "timeout": 2,
        "enable_net": True,
        "is_background": True,
        "bootstrap": "on",
    }
    view = control.post("/builds", given)
    settings = ("package", "memory_limit", "timeout", "enable_net", "is_background", "bootstrap")
    assert {key: view[key] for key in settings} == {key: given[key] for key in settings}
    assert (view["project"], view["project_dirname"]) == ("me/tools", "tools:pr:1")
    assert control.states() == {F41: "failed", F42: "running", S390X: "pending"}
    assert [control.states()[S390X] for _ in range(2)] == ["pending", "skipped"]
    assert control.copr_chroot(1, F42)["started_on"] == 5


def test_added_build_accepts_the_fields_of_scenarios(control: Control) -> None:
    """Given fields replace what is derived from the chroots."""
    build = {
        "id": 1,
        "ownername": "me",
        "projectname": "tools",
        "project_dirname": "tools:pr:1",
        "submitted_on": 5,
        "submitter": "you",
        "source_state": "failed",
        "source_result_dir": "00000007",
        "source_package": {"version": "7-1", "url": "http://copr.test/tool-7-1.src.rpm"},
        "canceled": True,
        "chroots": {F41: "importing"},
    }
    view = control.post("/builds", build)
    assert (view["project_dirname"], view["submitted_on"], view["submitter"]) == ("tools:pr:1", 5, "you")
    (written,) = control.get("/scenario")["builds"]
    given = ("submitted_on", "submitter", "source_state", "source_result_dir", "source_package", "canceled")
    assert {key: written[key] for key in given} == {key: build[key] for key in given}


def test_added_chroot_accepts_the_fields_of_scenarios(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": [F41]})
    view = control.post("/builds/1/chroots", {"name": F42, "state": "failed", "started_on": 5, "ended_on": 6})
    assert (view["started_on"], view["ended_on"]) == (5, 6)
    held = control.post("/builds/1/chroots", {"name": S390X, "hold": "running"})
    assert held["held_in"] == "running"


def test_populate_adds_generated_builds(control: Control) -> None:
    """The same seed generates the same builds."""
    added = control.post("/populate", {"builds": 3, "chroots": 4, "seed": 7})
    assert added["total"] == len(added["builds"]) == control.get("/builds")["total"] == 3
    assert set(control.states(added["builds"][0]["id"])) == {chroot["name"] for chroot in added["builds"][0]["chroots"]}
    assert FakeCopr(clock=SystemClock()).populate(3, 4, seed=7)[0].package == added["builds"][0]["package"]
    assert control.post("/populate")["total"] == 10


def test_null_is_equivalent_to_an_omitted_key(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": None, "state": None, "lifecycle": None, "package": None})
    assert control.states() == {}


def test_builds_are_listed_in_pages(control: Control) -> None:
    """They are in the order of their addition, with their total number."""
    for number in (3, 1, 2):
        control.post("/builds", {"id": number})
    ids = {
        query: [build["id"] for build in control.get(f"/builds{query}")["builds"]]
        for query in ("", "?limit=2", "?offset=1&limit=1", "?offset=5", "?limit=0")
    }
    assert ids == {"": [3, 1, 2], "?limit=2": [3, 1], "?offset=1&limit=1": [1], "?offset=5": [], "?limit=0": []}
    assert control.get("/builds?limit=0")["total"] == 3


def test_deleted_build_is_404(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": [F41]})
    control.do("DELETE", "/builds/1")
    assert control.copr(f"/1/{F41}").status == 404
    assert control.request("GET", "/builds/1").status == 404


def test_build_is_canceled(control: Control) -> None:
    """The backend confirms it later."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    assert control.post("/builds/1/cancel")["canceled"]
    assert control.states() == {F41: "importing"}
    control.do("PATCH", "/clock", {"tick": 10})
    assert control.states() == {F41: "canceled"}
    refused = control.request("POST", "/builds/1/cancel")
    assert (refused.status, refused.document["error"]) == (409, "build 1 is canceled already")


def test_build_advances_or_finishes(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": {F41: {}, F42: {"lifecycle": "fails"}, S390X: "waiting"}})
    control.post("/builds/1/advance")
    assert control.states() == {F41: "pending", F42: "pending", S390X: "waiting"}
    assert not control.post("/builds/1/advance", {"to": "end"})["finished"]
    assert control.states() == {F41: "succeeded", F42: "failed", S390X: "waiting"}


def test_chroot_is_added(control: Control) -> None:
    """It comes last, with a state or a lifecycle."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    added = control.request("POST", "/builds/1/chroots", {"name": F42, "state": "failed"})
    assert (added.status, added.document["name"]) == (201, F42)
    control.post("/builds/1/chroots", {"name": S390X, "lifecycle": "forked", "progress": "immediate"})
    assert control.states() == {F41: "importing", F42: "failed", S390X: "forked"}


def test_results_are_added(control: Control) -> None:
    """To a chroot and to its source build, as text or as base64."""
    control.post("/builds", {"id": 1, "chroots": {F41: "succeeded"}})
    control.post(f"{CHROOT}/results", {"name": "build.log", "content": "é\n"})
    control.post(f"{CHROOT}/results", {"name": "data", "content": {"base64": "/w=="}})
    control.post("/builds/1/source-results", {"name": "hello.spec", "content": ""})
    (build,) = control.get("/scenario")["builds"]
    assert build["chroots"][0]["results"] == {"build.log": "é\n", "data": {"base64": "/w=="}}
    assert build["source_results"] == {"hello.spec": ""}
    reply = control.request("POST", f"{CHROOT}/results", {"name": "a/../b", "content": {"file": "/etc/passwd"}})
    assert (reply.status, reply.where) == (422, "name")
    reply = control.request("POST", f"{CHROOT}/results", {"name": "a", "content": {"file": "/etc/passwd"}})
    assert (reply.status, reply.where) == (422, "content")


def test_projects_and_mock_chroots_are_added(control: Control) -> None:
    """Builds of the project have its settings."""
    given = {
        "ownername": "me",
        "projectname": "tools",
        "chroots": {F41: {"additional_packages": ["make"]}},
        "additional_repos": ["https://example.org/repo"],
    }
    control.post("/projects", given)
    control.post("/builds", {"id": 1, "chroots": [F41], "project": "me/tools"})
    config = control.copr(f"/build-config/1/{F41}").document
    assert config["additional_packages"] == ["make"]
    assert "https://example.org/repo" in [repo["baseurl"] for repo in config["repos"]]
    (project,) = control.get("/projects")["projects"]
    assert {**project, **given} == project
    control.post("/mock-chroots", {"names": [S390X]})
    assert control.get("/scenario")["chroots"] == [F41, S390X]


def test_every_state_but_unknown_is_reported(control: Control) -> None:
    """Each of them after one that leads there, and nothing else happens."""
    ways = {t.target: t.sources[0] for t in TRANSITIONS if t.canceled is None}
    control.post("/builds", {"id": 1, "chroots": {F42: "waiting"}})
    for number, (after, before) in enumerate(ways.items()):
        name = f"fedora-{number}-x86_64"
        control.post("/builds/1/chroots", {"name": name, "state": before})
        report = control.post(f"/builds/1/chroots/{name}/report", {"state": after})
        assert (report["accepted"], report["chroot"]["state"]) == (True, after)
    assert control.states()[F42] == "waiting"


def test_backend_confirms_cancellation(control: Control) -> None:
    """Only if the build was canceled."""
    control.post("/builds", {"id": 1, "chroots": {F41: "pending"}})
    path = f"/builds/1/chroots/{F41}/report"
    assert not control.post(path, {"state": "canceled"})["accepted"]
    control.post("/builds/1/cancel")
    assert control.post(path, {"state": "canceled"})["accepted"]
    assert control.states() == {F41: "canceled"}


def test_report_has_details(control: Control) -> None:
    """A time, a result directory, and packages, which are generated by default."""
    control.post("/builds", {"id": 1, "chroots": {F41: "pending", F42: "running"}})
    path = f"/builds/1/chroots/{F41}/report"
    control.post(path, {"state": "starting", "at": 1000, "result_dir": "here"})
    package = {"name": "a", "version": "1", "release": "2", "arch": "src"}
    control.post(path, {"state": "running"})
    control.post(path, {"state": "succeeded", "at": 1500, "packages": ["b-3:1-2.x86_64", package]})
    view = control.copr_chroot()
    assert (view["started_on"], view["ended_on"]) == (1000, 1500)
    assert view["result_url"].endswith(f"/{F41}/here/")
    packages = control.copr(f"/built-packages?build_id=1&chrootname={F41}").document["packages"]
    assert [(item["name"], item["epoch"]) for item in packages] == [("b", 3), ("a", None)]
    assert control.post(f"/builds/1/chroots/{F42}/report", {"state": "succeeded"})["chroot"]["packages"]


def test_report_is_accepted_or_not(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": {F41: "pending", F42: "pending"}})
    path = f"/builds/1/chroots/{F41}/report"
    assert control.post(path, {"state": "starting", "at": 10, "result_dir": "here"})["accepted"]
    view = control.post(path, {"state": "failed", "at": 20})
    assert (view["accepted"], view["chroot"]["ended_on"]) == (True, 20)
    assert control.states() == {F41: "failed", F42: "pending"}
    control.post("/builds/1/cancel")
    assert not control.post(f"/builds/1/chroots/{F42}/report", {"state": "starting"})["accepted"]
    assert control.request("POST", f"/builds/1/chroots/{F42}/report", {"state": "forked"}).status == 409


def test_state_is_set(control: Control) -> None:
    """A null time is removed, and an omitted one is kept."""
    control.post("/builds", {"id": 1, "chroots": {F41: {"state": "succeeded", "started_on": 5, "ended_on": 6}}})
    path = f"/builds/1/chroots/{F41}/state"
    control.post(path, {"state": "unknown", "ended_on": None})
    view = control.copr_chroot()
    assert (view["state"], view["started_on"], view["ended_on"]) == ("unknown", 5, None)
    control.post(path, {"state": "waiting", "started_on": None, "ended_on": 9})
    view = control.copr_chroot()
    assert (view["state"], view["started_on"], view["ended_on"]) == ("waiting", None, 9)


def test_chroot_advances(control: Control) -> None:
    """To the next stage, to a state, or to the end."""
    control.post("/builds", {"id": 1, "chroots": [F41, F42]})
    path = f"/builds/1/chroots/{F41}"
    assert control.post(f"{path}/advance")["state"] == "pending"
    assert control.post(f"{path}/advance", {"to": "running"})["state"] == "running"
    assert control.post(f"{path}/advance", {"to": "end"})["state"] == "succeeded"
    assert control.states() == {F41: "succeeded", F42: "importing"}
    for refused in (
        control.request("POST", f"{path}/advance"),
        control.request("POST", f"{path}/advance", {"to": "failed"}),
    ):
        assert refused.status == 409
    assert control.states() == {F41: "succeeded", F42: "importing"}


def test_chroot_is_held_and_released(control: Control) -> None:
    """Time does not advance a held chroot."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    path = f"/builds/1/chroots/{F41}"
    assert control.post(f"{path}/hold")["held_in"] == "importing"
    assert control.post(f"{path}/hold", {"state": "running"})["held_in"] == "running"
    control.do("PATCH", "/clock", {"tick": 10_000})
    assert control.states() == {F41: "running"}
    assert not control.get(path)["can_advance"]
    assert control.post(f"{path}/release")["held_in"] is None
    assert control.states() == {F41: "succeeded"}
    assert control.request("POST", f"{path}/hold", {"state": "running"}).status == 409


def test_chroot_unknown_to_copr_is_absent(control: Control) -> None:
    """The control API has it, Copr does not."""
    control.post("/builds", {"id": 1, "chroots": {F41: {"lifecycle": "appears-late"}}})
    view = control.get(f"/builds/1/chroots/{F41}")
    assert (view["state"], view["possible_events"], view["can_advance"]) == ("absent", [], True)
    assert control.copr(f"/1/{F41}").status == 404
    refused = control.request("POST", f"/builds/1/chroots/{F41}/report", {"state": "failed"})
    assert refused.status == 409


def test_chroot_name_in_path_is_decoded(control: Control) -> None:
    name = "fédora-%?#+ü-x86_64"
    control.post("/builds", {"id": 1, "chroots": {name: "pending"}})
    path = f"/builds/1/chroots/{quote(name, safe='')}"
    assert control.get(path)["name"] == name
    control.post(f"{path}/report", {"state": "starting"})
    assert control.states() == {name: "starting"}
    assert control.get(f"/%62uilds/%31/chroots/{quote(name)}")["state"] == "starting"


@pytest.mark.parametrize("digits", ["1", "01", "0000000001"])
def test_leading_zeros_of_ids_are_ignored(control: Control, digits: str) -> None:
    """In the ids of builds, faults and snapshots."""
    control.post("/builds", {"id": 1})
    control.post("/faults", {"delay": 0})
    control.post("/snapshots")
    assert control.get(f"/builds/{digits}")["id"] == 1
    control.do("POST", f"/snapshots/{digits}/restore")
    control.do("DELETE", f"/snapshots/{digits}")
    control.do("DELETE", f"/faults/{digits}")
    assert control.get("/faults") == {"faults": [], "total": 0}
