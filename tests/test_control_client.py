"""``CoprFakeControl`` makes every control call, pages through lists, and reports errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from copr_chroot_fake import ControlError, CoprFakeControl
from copr_chroot_fake.admin.operations import TABLE, find

from .served import F41, F42, Server, Start, serving

S390X = "epel-9-s390x"
RULE = {"package": "hello", "lifecycle": "fails"}

CALLS: Mapping[str, Callable[[CoprFakeControl], object]] = {
    "GET /health": lambda control: control.health(),
    "GET /worlds": lambda control: control.worlds(),
    "PUT /worlds/{world}": lambda control: control.create_world("new", scenario="mass-rebuild"),
    "DELETE /worlds/{world}": lambda control: control.delete_world("old"),
    "POST /reset": lambda control: control.reset(),
    "GET /scenario": lambda control: control.scenario(),
    "PUT /scenario": lambda control: control.replace_scenario({"builds": [{"id": 9}]}),
    "POST /scenario": lambda control: control.add_scenario("pages"),
    "DELETE /scenario": lambda control: control.clear(),
    "GET /seed": lambda control: control.seed(),
    "POST /seed": lambda control: control.reseed(7),
    "GET /next-build-id": lambda control: control.next_build_id(),
    "POST /next-build-id": lambda control: control.set_next_build_id(500),
    "GET /accounts": lambda control: control.accounts(),
    "POST /accounts": lambda control: control.add_account("jdoe", "login", "token", admin=True),
    "GET /groups": lambda control: control.groups(),
    "POST /groups": lambda control: control.add_group("@copr", "copr-team"),
    "GET /clock": lambda control: control.clock(),
    "PATCH /clock": lambda control: control.tick(60),
    "GET /changes": lambda control: control.changes(1, F41),
    "GET /snapshots": lambda control: [control.snapshot(), control.snapshots()],
    "POST /snapshots": lambda control: control.snapshot(),
    "DELETE /snapshots/{snapshot_id}": lambda control: control.delete_snapshot(control.snapshot()),
    "POST /snapshots/{snapshot_id}/restore": lambda control: control.restore(control.snapshot()),
    "GET /projects": lambda control: control.projects(),
    "POST /projects": lambda control: control.add_project(ownername="jdoe", projectname="tools"),
    "POST /populate": lambda control: control.populate(builds=2, chroots=3, seed=1),
    "POST /mock-chroots": lambda control: control.add_mock_chroots("fedora-50-x86_64"),
    "GET /builds": lambda control: control.builds(),
    "POST /builds": lambda control: control.add_build([F41, {"name": F42, "state": "failed"}], id=7),
    "GET /builds/{build_id}": lambda control: control.build(1),
    "DELETE /builds/{build_id}": lambda control: control.delete_build(1),
    "POST /builds/{build_id}/cancel": lambda control: control.cancel_build(1),
    "POST /builds/{build_id}/advance": lambda control: control.advance_build(1, to="end"),
    "POST /builds/{build_id}/report-source": lambda control: control.report_source(3, "failed"),
    "POST /builds/{build_id}/report-import": lambda control: [
        control.report_source(3, "succeeded"),
        control.report_import(3, ["fedora-41"]),
    ],
    "POST /builds/{build_id}/chroots": lambda control: control.add_chroot(1, S390X, state="skipped"),
    "GET /builds/{build_id}/chroots/{chrootname}": lambda control: control.chroot(1, F41),
    "POST /builds/{build_id}/chroots/{chrootname}/report": lambda control: control.report(2, F41, "failed"),
    "POST /builds/{build_id}/chroots/{chrootname}/advance": lambda control: control.advance(1, F41),
    "POST /builds/{build_id}/chroots/{chrootname}/hold": lambda control: control.hold(1, F41, "running"),
    "POST /builds/{build_id}/chroots/{chrootname}/release": lambda control: [
        control.hold(1, F41),
        control.release(1, F41),
    ],
    "POST /builds/{build_id}/chroots/{chrootname}/state": lambda control: control.set_state(
        1, F41, "failed", ended_on=None
    ),
    "GET /requests": lambda control: control.requests("build", 1, after=0),
    "DELETE /requests": lambda control: control.clear_requests(),
    "GET /requests/count": lambda control: control.count_requests("build"),
    "GET /unmatched": lambda control: control.unmatched(),
    "POST /verify": lambda control: control.verify("not-requested", endpoint="monitor"),
    "GET /faults": lambda control: control.faults(),
    "POST /faults": lambda control: control.add_fault("outage"),
    "DELETE /faults": lambda control: control.clear_faults(),
    "DELETE /faults/{fault_id}": lambda control: control.remove_fault(control.add_fault({"status": 500})["id"]),
    "GET /submission-rules": lambda control: control.submission_rules(),
    "POST /submission-rules": lambda control: control.on_submit(**RULE),
    "DELETE /submission-rules": lambda control: control.clear_submission_rules(),
    "DELETE /submission-rules/{rule_id}": lambda control: control.remove_submission_rule(
        control.on_submit(**RULE)["id"]
    ),
}

WITHOUT = {
    "GET /overview": "the content of the page",
    "POST /save": "needs a state file; see test_state_is_saved",
    "GET /worlds/{world}": "a world has its own control",
    "POST /worlds/{world}/reset": "a world has its own control",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def control(server: Server, request: pytest.FixtureRequest) -> Iterator[CoprFakeControl]:
    """The control of a world with three builds, of which one waits for its source build."""
    name = f"world-{abs(hash(request.node.name))}"
    with CoprFakeControl(server.url) as main:
        control = main.create_world(name)
        main.create_world("old")
        control.pause()
        control.add_build([F41, F42], id=1)
        control.add_build([{"name": F41, "state": "running"}], id=2)
        control.add_project(ownername="jdoe", projectname="hello", chroots=[F41])
        fields = {"ownername": "jdoe", "projectname": "hello", "pypi_package_name": "nano"}
        headers = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}
        assert Server(control.url).call("POST", "/api_3/build/create/pypi", fields, headers).document["id"] == 3
        yield control
        main.delete_world(name)


def test_every_control_call_has_a_method() -> None:
    operations = {f"{method} {path}" for path, methods in TABLE.items() for method in methods}
    assert operations == {*CALLS, *WITHOUT}


@pytest.mark.parametrize("operation", CALLS)
def test_method_makes_its_control_call(
    control: CoprFakeControl, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is accepted, and its result has the type of the call's response."""
    sent: list[str] = []
    original = httpx.Client.request

    def request(client: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
        found = find(url.partition("/_fake")[2])
        sent.extend(f"{method} {template}" for template, methods in TABLE.items() if found and methods is found[0])
        return original(client, method, url, **options)

    monkeypatch.setattr(httpx.Client, "request", request)
    CALLS[operation](control)
    assert sent[-1] == operation


def test_builds_can_be_added_and_moved(control: CoprFakeControl) -> None:
    build = control.add_build([F41, {"name": F42, "state": "failed"}], package="nano")
    assert (build["package"], build["total_chroots"]) == ("nano", 2)
    assert control.advance(build["id"], F41, to="running")["state"] == "running"
    assert control.report(build["id"], F41, "succeeded")["taken"]
    assert control.set_state(build["id"], F41, "failed", ended_on=None)["ended_on"] is None
    assert [build["id"] for build in control.builds()] == [1, 2, 3, 4]


def test_clock_can_be_moved_paused_and_resumed(control: CoprFakeControl) -> None:
    now = control.clock()["now"]
    assert control.tick(60)["now"] == now + 60
    assert control.move_to(now + 100)["now"] == now + 100
    assert not control.resume()["paused"]
    assert control.set_speed(60)["speed"] == 60
    assert control.pause()["paused"]


def test_failed_assertion_raises(control: CoprFakeControl) -> None:
    with pytest.raises(AssertionError, match=r"^'monitor': expected at least 1 request, got none"):
        control.verify("requested", endpoint="monitor")


def test_lists_are_read_to_the_end(control: CoprFakeControl, server: Server) -> None:
    control.replace_scenario({"builds": [{"id": number} for number in range(1, 1203)]})
    assert [build["id"] for build in control.builds()] == [*range(1, 1203)]
    for number in range(1, 1011):
        Server(control.url).call("GET", f"/api_3/build/{number}")
    assert [request["build_id"] for request in control.requests()] == [*range(1, 1011)]
    control.add_build([f"fedora-{number}-x86_64" for number in range(1, 1102)], id=5000)
    assert len(control.build(5000)["chroots"]) == 1101


def test_world_is_isolated(server: Server) -> None:
    with CoprFakeControl(server.url) as main:
        first, second = main.create_world("a", seed=7), main.world("b")
        first.add_build([F41], id=1)
        assert (first.seed(), second.seed(), len(second.builds())) == (7, 0, 0)
        assert {world["name"] for world in main.worlds()} >= {"a", "b"}


@pytest.mark.parametrize(
    ("call", "status", "where", "message"),
    [
        (lambda control: control.build(99), 404, None, r"GET http://.*/_fake/builds/99: there is no build '99'; there"),
        (lambda control: control.add_build([F41], lifecycle="fail"), 422, "lifecycle", "did you mean 'fails'"),
        (lambda control: control.release(1, F41), 409, None, "it is not held"),
        (lambda control: control.hold(1, "fedora/41"), 404, None, "there is no chroot 'fedora/41' in build 1"),
    ],
)
def test_rejected_call_raises(
    control: CoprFakeControl, call: Callable[[CoprFakeControl], object], status: int, where: str | None, message: str
) -> None:
    with pytest.raises(ControlError, match=message) as raised:
        call(control)
    assert (raised.value.status, raised.value.where) == (status, where)


def test_url_of_something_else_is_an_error() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.handle_request).start()
        with CoprFakeControl(f"http://127.0.0.1:{server.server_port}") as control:
            with pytest.raises(ControlError, match="expected the URL of copr-chroot-fake serve") as raised:
                control.health()
            assert raised.value.status == 501


def test_unreachable_server_is_an_error() -> None:
    with CoprFakeControl("http://127.0.0.1:1") as control:
        with pytest.raises(ControlError, match=r"GET http://127\.0\.0\.1:1/_fake/health: .*refused") as raised:
            control.wait_until_ready(0)
        assert raised.value.status is None


def test_token_is_sent_also_for_worlds(start: Start) -> None:
    served = start("--control-token", "secret")
    with CoprFakeControl(served.url, token="secret") as control:  # that of this server
        control.wait_until_ready()
        assert control.world("a").builds()
    with CoprFakeControl(served.url) as stranger, pytest.raises(ControlError, match="token") as raised:
        stranger.builds()
    assert raised.value.status == 401


def test_state_is_saved(start: Start, tmp_path: Any) -> None:
    served = start("--state", str(tmp_path / "state.json"))
    with CoprFakeControl(served.url) as control:
        assert control.save() == str(tmp_path / "state.json")
