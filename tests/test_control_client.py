"""``CoprFakeControl`` makes every control call, pages through lists, and reports errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from copr_chroot_fake import ControlError, CoprFakeControl, FakeCopr, Fault, Uniform
from copr_chroot_fake.control.operations import TABLE, find
from copr_chroot_fake.model.fault import FaultLike
from copr_chroot_fake.validation.spec import dump
from docs.control_examples import EXAMPLES, WITHOUT, prepare
from docs.make_control_examples import recording

from .chroots import F41, F42
from .served import Server, Start, serving


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
        control.pause()
        control.add_build([F41, F42], id=1)
        control.add_build([{"name": F41, "state": "running"}], id=2)
        control.add_project(ownername="jdoe", projectname="hello", chroots=[F41])
        fields = {"ownername": "jdoe", "projectname": "hello", "pypi_package_name": "nano"}
        headers = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}
        assert Server(control.url).call("POST", "/api_3/build/create/pypi", fields, headers).document["id"] == 3
        yield control
        main.delete_world(name)


def test_every_control_call_has_an_example() -> None:
    operations = {f"{method} {path}" for path, methods in TABLE.items() for method in methods}
    assert operations == {*EXAMPLES, *WITHOUT}


@pytest.mark.slow
def test_examples_make_their_calls(server: Server) -> None:
    """The calls are accepted, and are those that the examples are for."""
    wrong = []
    with CoprFakeControl(server.url) as control:
        for operation, call in EXAMPLES.items():
            prepare(control)
            with recording() as exchanges:
                eval(f"control.{call}", {"control": control})
            request = exchanges[-1][0]
            found = find(request.url.path.partition("/_fake")[2])
            made = [
                f"{request.method} {template}" for template, methods in TABLE.items() if found and methods is found[0]
            ]
            if made != [operation]:
                wrong.append((operation, made))
    assert wrong == []


def test_builds_can_be_added_and_moved(control: CoprFakeControl) -> None:
    build = control.add_build([F41, {"name": F42, "state": "failed"}], package="nano")
    assert (build["package"], build["total_chroots"]) == ("nano", 2)
    assert control.advance(build["id"], F41, to="running")["state"] == "running"
    assert control.report(build["id"], F41, "succeeded")["accepted"]
    assert control.set_state(build["id"], F41, "failed", ended_on=None)["ended_on"] is None
    assert [build["id"] for build in control.builds()] == [1, 2, 3, 4]


def test_results_can_be_added(control: CoprFakeControl) -> None:
    """As text, or as bytes."""
    control.add_result(1, F41, "review.json", "{}")
    control.add_source_result(3, "icon.png", b"\x89PNG")
    builds = {build["id"]: build for build in control.scenario()["builds"]}
    assert builds[1]["chroots"][0]["results"] == {"review.json": "{}"}
    assert builds[3]["source_results"] == {"icon.png": {"base64": "iVBORw=="}}


def test_clock_can_be_moved_paused_and_resumed(control: CoprFakeControl) -> None:
    now = control.clock()["now"]
    assert control.tick(60)["now"] == now + 60
    assert control.move_to(now + 100)["now"] == now + 100
    assert not control.resume()["paused"]
    assert control.set_speed(60)["speed"] == 60
    assert control.pause()["paused"]


@pytest.mark.parametrize(
    "fault", [Fault(status=502, delay=Uniform(1, 2), lasts=600), {"status": 502}, "gateway-timeout"], ids=str
)
def test_fault_can_be_added_in_any_form(control: CoprFakeControl, fault: FaultLike) -> None:
    """It is the same as in process."""
    added = control.add_fault(fault)
    assert [added["fault"]] == [dump(active.fault) for active in [FakeCopr().faults.add(fault)]]
    assert [each["id"] for each in control.faults()] == [added["id"]]


def test_port_that_a_fault_closes_is_waited_for(start: Start) -> None:
    """Refused connections are neither counted nor recorded."""
    server = start()
    with CoprFakeControl(server.url) as control:
        control.add_fault(Fault(breaks="refused", seconds=0.5, nth=1))
        with pytest.raises(ConnectionResetError):
            server.call("GET", "/api_3/build/1")
        with pytest.raises(ControlError, match="refused"):
            control.faults()
        control.wait_until_ready()
        assert [(fault["seen"], fault["hits"]) for fault in control.faults()] == [(1, 1)]
        assert len(control.requests()) == 1


def test_requests_are_selected_by_status_and_fault(control: CoprFakeControl) -> None:
    control.clear_requests()
    fault = control.add_fault(Fault(status=503, nth=2))
    for _ in range(3):
        Server(control.url).call("GET", "/api_3/build/1")
    assert [request["fault"] for request in control.requests(status=503)] == [fault["id"]]
    assert [request["status"] for request in control.requests(fault=fault["id"])] == [503]
    assert (control.count_requests(status=200), control.count_requests(fault=fault["id"])) == (2, 1)


def test_failed_assertion_raises(control: CoprFakeControl) -> None:
    with pytest.raises(AssertionError, match=r"^'monitor': expected at least 1 request, got none"):
        control.verify("requested", endpoint="monitor")


@pytest.mark.slow
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
