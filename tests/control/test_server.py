"""Control calls on the server and its worlds."""

from __future__ import annotations

from random import Random

from copr_chroot_fake import FakeCopr, FakeOptions, PollLoopError, State, VirtualClock, __version__
from copr_chroot_fake.control.api import ControlApi
from copr_chroot_fake.control.call import Setting
from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.version import COPR_VERSION

from ..chroots import F41, F42
from ..invariants import check_chroot
from ..worlds import fake_of
from .clients import READS, Control, control_of, fresh_control, in_process


def test_world_is_created_with_options(control: Control) -> None:
    """Scenario, limit, seed, speed and progress."""
    made = control.do(
        "PUT",
        "/worlds/new",
        {
            "scenario": {"builds": [{"id": 5, "lifecycle": "succeeds", "chroots": [{"name": F41}]}]},
            "progress": "manual",
            "seed": 3,
            "default_limit": 7,
            "speed": 2,
            "requests_kept": 1,
            "max_polls": 3,
        },
    )
    assert (made["name"], made["builds"]) == ("new", 1)
    new = control.of_world("new")
    assert new.copr("/list/5").document["meta"]["limit"] == 7
    assert (new.get("/seed"), new.get("/clock")["speed"]) == ({"seed": 3}, 2)
    new.copr("/list/5")
    assert len(new.get("/requests")["requests"]) == 1
    assert new.states(5) == {F41: "importing"}
    new.post(f"/builds/5/chroots/{F41}/advance")
    assert new.states(5) == {F41: "pending"}
    assert not fake_of(control.world).builds


def test_world_limits_polls_while_its_clock_is_paused(control: Control) -> None:
    """A null limit means no limit."""
    for limit, statuses in ((2, {200, 508}), (None, {200})):
        build = {"id": 5, "chroots": [{"name": "fedora-41-x86_64", "state": "running"}]}
        control.do("PUT", "/worlds/new", {"scenario": {"builds": [build]}, "max_polls": limit})
        new = control.of_world("new")
        new.do("PATCH", "/clock", {"paused": True})
        assert {poll_status(new) for _ in range(5)} == statuses


def poll_status(control: Control) -> int:
    """Return the status of a poll; in this process, 508 is an error."""
    try:
        return control.copr("/list/5").status
    except PollLoopError:
        return 508


def test_new_world_inherits_options_of_the_server() -> None:
    """A null limit means no limit."""
    options = FakeOptions(default_limit=7, seed=3, progress="manual")
    recipe = InitialConfig(scenarios=({"builds": [{"id": 5}]},), options=options, speed=5)
    control = control_of(Worlds(recipe))
    for body, limit in ((None, 7), ({}, 7), ({"default_limit": None}, None), ({"seed": None, "speed": None}, 7)):
        control.do("PUT", "/worlds/new", body)
        new = control.of_world("new")
        assert new.get("/health")["default_limit"] == limit
        assert (new.get("/seed"), new.get("/clock")["speed"]) == ({"seed": 3}, 5)
        assert list(fake_of(new.world).builds) == [5]


def test_new_world_can_have_a_bundled_scenario(control: Control) -> None:
    """By name; clients cannot read other files."""
    view = control.do("PUT", "/worlds/paged", {"scenario": "pages"})
    assert view["builds"] == 1
    assert control.do("POST", "/worlds/paged/reset")["builds"] == 1
    refused = control.request("PUT", "/worlds/other", {"scenario": "page"})
    assert refused.document["error"].startswith(
        "scenario: 'page' is not a bundled scenario; did you mean 'pages'? valid: "
    )


def test_worlds_are_listed_reset_and_deleted(control: Control) -> None:
    control.do("PUT", "/worlds/new", {"scenario": {"builds": [{"id": 5}]}})
    fake_of(control.worlds.get_or_create("new")).add_build([], id=6)
    listed = {world["name"]: world["builds"] for world in control.get("/worlds")["worlds"]}
    assert listed == {**({control.world.name: 0} if control.world.name else {}), "new": 2}
    assert control.get("/worlds/new")["builds"] == 2
    assert control.post("/worlds/new/reset")["builds"] == 1
    assert fake_of(control.worlds.get_or_create("new")).builds.keys() == {5}
    control.do("DELETE", "/worlds/new")
    assert control.request("GET", "/worlds/new").status == 404
    assert control.worlds.find("new") is None


def test_number_of_worlds_is_limited() -> None:
    """An existing world can still be replaced."""
    control = control_of(Worlds(InitialConfig(), max_worlds=1))
    for name, status in (("one", 200), ("two", 409), ("one", 200)):
        assert control.request("PUT", f"/worlds/{name}").status == status
    assert control.get("/worlds")["maximum"] == 1


def test_state_is_saved() -> None:
    """Without a state file, saving is an error."""
    worlds = Worlds(InitialConfig())
    saved: list[Worlds] = []

    def save(worlds: Worlds) -> str:
        saved.append(worlds)
        return "state.json"

    api = ControlApi(Setting(worlds, InitialConfig(), save))
    assert Control(in_process(api, worlds), worlds, worlds.main).post("/save") == {"file": "state.json"}
    assert saved == [worlds]
    refused = fresh_control().request("POST", "/save")
    assert (refused.status, refused.document) == (
        409,
        {"error": "this server has no state file; serve with --state FILE"},
    )


def test_view_is_consistent_while_the_clock_runs() -> None:
    random = Random(0)

    class Racing(VirtualClock):
        def now(self) -> float:
            return self.tick(random.uniform(0, 3))

    control = fresh_control()
    control.world.replace_service(FakeCopr(clock=Racing(), progress="clock").service)
    fake_of(control.world).add_build({F41: {}, F42: {"lifecycle": "retried"}}, id=1)
    finished = False
    while not finished:
        build = control.get("/builds/1")
        for chroot in build["chroots"]:
            check_chroot(chroot)
            assert bool(chroot["possible_events"]) == (not State(chroot["state"]).is_final)
        finished = build["finished"]
        assert finished == all(State(chroot["state"]).is_final for chroot in build["chroots"])


def test_control_calls_do_not_count_as_polls(control: Control) -> None:
    """They are not recorded in the journal either."""
    control.do(
        "PUT",
        "/scenario",
        {"builds": [{"id": 1, "progress": "poll", "lifecycle": "succeeds", "chroots": [{"name": F41}]}]},
    )
    for _ in range(3):
        for path in READS:
            control.request("GET", path.format(build_id=1, chrootname=F41, world=control.world.name or "none"))
    control.post("/verify", {"assertion": "requested", "endpoint": "build-chroot/list"})
    assert control.get("/requests") == {"requests": [], "total": 0}
    assert [control.states()[F41] for _ in range(2)] == ["importing", "pending"]


def test_health_has_the_version(control: Control) -> None:
    """And that of Copr, the default limit and the number of worlds."""
    versions = {"version": __version__, "copr_version": COPR_VERSION}
    expected = {"status": "ok", **versions, "default_limit": 100, "worlds": len(control.worlds)}
    assert control.get("/health") == expected


def test_overview_has_the_latest_items(control: Control) -> None:
    """Builds, chroots, changes and requests after a number."""
    for number in (1, 2, 3):
        control.post("/builds", {"id": number, "chroots": [F41, F42]})
        control.copr(f"/list/{number}")
    control.post("/faults", {"delay": 0})
    view = control.get("/overview?builds=2&chroots=1&after=2")
    assert [(build["id"], len(build["chroots"])) for build in view["builds"]] == [(2, 1), (3, 1)]
    assert {change["build_id"] for change in view["changes"]} == {2, 3}
    assert [request["number"] for request in view["requests"]] == [3]
    assert (view["total_builds"], len(view["faults"])) == (3, 1)
    assert view["worlds"] == [world.name for world in control.worlds]
    view = control.get("/overview?builds=0")
    assert (view["builds"], view["changes"], view["total_builds"]) == ([], [], 3)


def test_changes_of_state_are_listed(control: Control) -> None:
    """Of all builds, a build, or a chroot."""
    control.post("/builds", {"id": 1, "chroots": [F41, F42]})
    control.post("/builds", {"id": 2, "chroots": {F41: "running"}})
    control.post(f"/builds/2/chroots/{F41}/report", {"state": "failed"})
    control.do("PATCH", "/clock", {"tick": 10})
    states = [(item["build_id"], item["state"]) for item in control.get("/changes")["changes"]]
    assert sorted(states) == [(1, "importing"), (1, "importing"), (1, "pending"), (1, "pending"), (2, "failed")]
    of_one = control.get(f"/changes?build_id=1&chrootname={F42}")["changes"]
    assert [item["state"] for item in of_one] == ["importing", "pending"]
    assert of_one[1]["at"] - of_one[0]["at"] == 10
    assert control.get(f"/changes?build_id=1&chrootname={F42}&limit=1")["changes"] == of_one[1:]
