"""Calls on builds and their chroots, as Copr's clients see what they do."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from copr_chroot_fake import FakeCopr, SystemClock
from copr_chroot_fake.model.machine import TRANSITIONS

from .doors import F41, F42, S390X, Control


def test_a_build_is_added_of_which_the_rest_is_made_up(control: Control) -> None:
    """In the default project, with chroots that live."""
    reply = control.ask("POST", "/builds", {"id": 1, "chroots": [F41, F42]})
    assert reply.status == 201
    shown = reply.document
    assert (shown["project"], shown["package"], shown["finished"]) == ("jdoe/playground", "hello", False)
    assert control.states() == {F41: "importing", F42: "importing"}
    assert control.get("/builds/1") == shown


def test_all_that_python_can_say_of_a_build_is_taken(control: Control) -> None:
    """The settings, the states, the life, and what makes it go on."""
    said = {
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
    shown = control.post("/builds", said)
    settings = ("package", "memory_limit", "timeout", "enable_net", "is_background", "bootstrap")
    assert {key: shown[key] for key in settings} == {key: said[key] for key in settings}
    assert (shown["project"], shown["project_dirname"]) == ("me/tools", "tools:pr:1")
    assert control.states() == {F41: "failed", F42: "running", S390X: "pending"}
    assert [control.states()[S390X] for _ in range(2)] == ["pending", "skipped"]
    assert control.shown(1, F42)["started_on"] == 5


def test_builds_are_made_up(control: Control) -> None:
    """As many as are wanted, the same for the same seed, and Copr shows them."""
    added = control.post("/populate", {"builds": 3, "chroots": 4, "seed": 7})
    assert added["total"] == len(added["builds"]) == control.get("/builds")["total"] == 3
    assert set(control.states(added["builds"][0]["id"])) == {chroot["name"] for chroot in added["builds"][0]["chroots"]}
    assert FakeCopr(clock=SystemClock()).populate(3, 4, seed=7)[0].package == added["builds"][0]["package"]
    assert control.post("/populate")["total"] == 10


def test_null_says_as_little_as_nothing(control: Control) -> None:
    """Where something may be missing."""
    control.post("/builds", {"id": 1, "chroots": None, "state": None, "lifecycle": None, "package": None})
    assert control.states() == {}


def test_builds_are_listed_by_pages(control: Control) -> None:
    """In the order in which they were added, with how many there are."""
    for number in (3, 1, 2):
        control.post("/builds", {"id": number})
    ids = {
        query: [build["id"] for build in control.get(f"/builds{query}")["builds"]]
        for query in ("", "?limit=2", "?offset=1&limit=1", "?offset=5", "?limit=0")
    }
    assert ids == {"": [3, 1, 2], "?limit=2": [3, 1], "?offset=1&limit=1": [1], "?offset=5": [], "?limit=0": []}
    assert control.get("/builds?limit=0")["total"] == 3


def test_a_build_is_deleted(control: Control) -> None:
    """Copr answers 404 for it then."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    control.do("DELETE", "/builds/1")
    assert control.copr(f"/1/{F41}").status == 404
    assert control.ask("GET", "/builds/1").status == 404


def test_a_build_is_canceled(control: Control) -> None:
    """The backend confirms it a little later."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    assert control.post("/builds/1/cancel")["canceled"]
    assert control.states() == {F41: "importing"}
    control.do("PATCH", "/clock", {"tick": 10})
    assert control.states() == {F41: "canceled"}
    refused = control.ask("POST", "/builds/1/cancel")
    assert (refused.status, refused.document["error"]) == (409, "build 1 is canceled already")


def test_a_build_goes_on(control: Control) -> None:
    """Each chroot by one stage, or to the end."""
    control.post("/builds", {"id": 1, "chroots": {F41: {}, F42: {"lifecycle": "fails"}, S390X: "waiting"}})
    control.post("/builds/1/advance")
    assert control.states() == {F41: "pending", F42: "pending", S390X: "waiting"}
    assert not control.post("/builds/1/advance", {"to": "end"})["finished"]
    assert control.states() == {F41: "succeeded", F42: "failed", S390X: "waiting"}


def test_a_chroot_is_added(control: Control) -> None:
    """After the others, in a state or with a life."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    added = control.ask("POST", "/builds/1/chroots", {"name": F42, "state": "failed"})
    assert (added.status, added.document["name"]) == (201, F42)
    control.post("/builds/1/chroots", {"name": S390X, "lifecycle": "forked", "progress": "immediate"})
    assert control.states() == {F41: "importing", F42: "failed", S390X: "forked"}


def test_projects_and_chroots_are_added(control: Control) -> None:
    """A project with what it says for its chroots, which a build of it shows."""
    said = {
        "ownername": "me",
        "projectname": "tools",
        "chroots": {F41: {"additional_packages": ["make"]}},
        "additional_repos": ["https://example.org/repo"],
    }
    control.post("/projects", said)
    control.post("/builds", {"id": 1, "chroots": [F41], "project": "me/tools"})
    config = control.copr(f"/build-config/1/{F41}").document
    assert config["additional_packages"] == ["make"]
    assert "https://example.org/repo" in [repo["baseurl"] for repo in config["repos"]]
    (project,) = control.get("/projects")["projects"]
    assert {**project, **said} == project
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
        assert (report["taken"], report["chroot"]["state"]) == (True, after)
    assert control.states()[F42] == "waiting"


def test_backend_confirms_a_canceled_build(control: Control) -> None:
    control.post("/builds", {"id": 1, "chroots": {F41: "pending"}})
    path = f"/builds/1/chroots/{F41}/report"
    assert not control.post(path, {"state": "canceled"})["taken"]
    control.post("/builds/1/cancel")
    assert control.post(path, {"state": "canceled"})["taken"]
    assert control.states() == {F41: "canceled"}


def test_report_takes_details(control: Control) -> None:
    """The time, the result directory of a start, the packages of a success, which get plausible defaults."""
    control.post("/builds", {"id": 1, "chroots": {F41: "pending", F42: "running"}})
    path = f"/builds/1/chroots/{F41}/report"
    control.post(path, {"state": "starting", "at": 1000, "result_dir": "here"})
    package = {"name": "a", "version": "1", "release": "2", "arch": "src"}
    control.post(path, {"state": "running"})
    control.post(path, {"state": "succeeded", "at": 1500, "packages": ["b-3:1-2.x86_64", package]})
    shown = control.shown()
    assert (shown["started_on"], shown["ended_on"]) == (1000, 1500)
    assert shown["result_url"].endswith(f"/{F41}/here/")
    packages = control.copr(f"/built-packages?build_id=1&chrootname={F41}").document["packages"]
    assert [(item["name"], item["epoch"]) for item in packages] == [("b", 3), ("a", None)]
    assert control.post(f"/builds/1/chroots/{F42}/report", {"state": "succeeded"})["chroot"]["packages"]


def test_a_report_is_taken_or_not(control: Control) -> None:
    """It says whether, as Python does."""
    control.post("/builds", {"id": 1, "chroots": {F41: "pending", F42: "pending"}})
    path = f"/builds/1/chroots/{F41}/report"
    assert control.post(path, {"state": "starting", "at": 10, "result_dir": "here"})["taken"]
    shown = control.post(path, {"state": "failed", "at": 20})
    assert (shown["taken"], shown["chroot"]["ended_on"]) == (True, 20)
    assert control.states() == {F41: "failed", F42: "pending"}
    control.post("/builds/1/cancel")
    assert not control.post(f"/builds/1/chroots/{F42}/report", {"state": "starting"})["taken"]
    assert control.ask("POST", f"/builds/1/chroots/{F42}/report", {"state": "forked"}).status == 409


def test_state_is_set(control: Control) -> None:
    """A time that is null is taken away, and one that is not said stays."""
    control.post("/builds", {"id": 1, "chroots": {F41: {"state": "succeeded", "started_on": 5, "ended_on": 6}}})
    path = f"/builds/1/chroots/{F41}/state"
    control.post(path, {"state": "unknown", "ended_on": None})
    shown = control.shown()
    assert (shown["state"], shown["started_on"], shown["ended_on"]) == ("unknown", 5, None)
    control.post(path, {"state": "waiting", "started_on": None, "ended_on": 9})
    shown = control.shown()
    assert (shown["state"], shown["started_on"], shown["ended_on"]) == ("waiting", None, 9)


def test_a_chroot_goes_on(control: Control) -> None:
    """By a stage, to a state, or to the end."""
    control.post("/builds", {"id": 1, "chroots": [F41, F42]})
    path = f"/builds/1/chroots/{F41}"
    assert control.post(f"{path}/advance")["state"] == "pending"
    assert control.post(f"{path}/advance", {"to": "running"})["state"] == "running"
    assert control.post(f"{path}/advance", {"to": "end"})["state"] == "succeeded"
    assert control.states() == {F41: "succeeded", F42: "importing"}
    for refused in (
        control.ask("POST", f"{path}/advance"),
        control.ask("POST", f"{path}/advance", {"to": "failed"}),
    ):
        assert refused.status == 409
    assert control.states() == {F41: "succeeded", F42: "importing"}


def test_a_chroot_is_held_and_released(control: Control) -> None:
    """However much time passes in between."""
    control.post("/builds", {"id": 1, "chroots": [F41]})
    path = f"/builds/1/chroots/{F41}"
    assert control.post(f"{path}/hold")["held_in"] == "importing"
    assert control.post(f"{path}/hold", {"state": "running"})["held_in"] == "running"
    control.do("PATCH", "/clock", {"tick": 10_000})
    assert control.states() == {F41: "running"}
    assert not control.get(path)["can_advance"]
    assert control.post(f"{path}/release")["held_in"] is None
    assert control.states() == {F41: "succeeded"}
    assert control.ask("POST", f"{path}/hold", {"state": "running"}).status == 409


def test_what_copr_does_not_know_yet_is_absent(control: Control) -> None:
    """Here it is shown, there it is not."""
    control.post("/builds", {"id": 1, "chroots": {F41: {"lifecycle": "appears-late"}}})
    shown = control.get(f"/builds/1/chroots/{F41}")
    assert (shown["state"], shown["possible_events"], shown["can_advance"]) == ("absent", [], True)
    assert control.copr(f"/1/{F41}").status == 404
    refused = control.ask("POST", f"/builds/1/chroots/{F41}/report", {"state": "failed"})
    assert refused.status == 409


def test_a_name_in_the_path_is_escaped(control: Control) -> None:
    """Whatever a chroot's name has in it; so can be what needs no escape."""
    name = "fédora-%?#+ü-x86_64"
    control.post("/builds", {"id": 1, "chroots": {name: "pending"}})
    path = f"/builds/1/chroots/{quote(name, safe='')}"
    assert control.get(path)["name"] == name
    control.post(f"{path}/report", {"state": "starting"})
    assert control.states() == {name: "starting"}
    assert control.get(f"/%62uilds/%31/chroots/{quote(name)}")["state"] == "starting"


@pytest.mark.parametrize("digits", ["1", "01", "0000000001"])
def test_zeros_before_a_number_say_nothing(control: Control, digits: str) -> None:
    """Of a build as of a fault and a snapshot."""
    control.post("/builds", {"id": 1})
    control.post("/faults", {"delay": 0})
    control.post("/snapshots")
    assert control.get(f"/builds/{digits}")["id"] == 1
    control.do("POST", f"/snapshots/{digits}/restore")
    control.do("DELETE", f"/snapshots/{digits}")
    control.do("DELETE", f"/faults/{digits}")
    assert control.get("/faults") == {"faults": [], "total": 0}
