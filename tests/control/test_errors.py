"""Invalid control calls are rejected with the location of the error, and change nothing."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

import pytest

from copr_chroot_fake.control.limits import MAX_CONTROL_BODY
from copr_chroot_fake.control.operations import OPERATIONS, TABLE
from copr_chroot_fake.control.worlds import InitialConfig

from ..chroots import F41, F42
from ..examples import sample
from ..served import Threaded
from ..worlds import fake_of
from .clients import CHROOT, READS, S390X, Control, filled


@pytest.fixture(params=["process", "server/world"])
def control(request: pytest.FixtureRequest, open_control: Callable[[str], Control]) -> Control:
    """In process and over HTTP; errors do not depend on the world."""
    return open_control(request.param)


OTHER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "COPY")
PAGE = ("/openapi.json", "/", "/page.css", "/page.js", "")
PATHS: Mapping[str, set[str]] = {
    **{path: {*operations} for path, operations in TABLE.items()},
    **{path: {"GET"} for path in PAGE},
}


@pytest.mark.parametrize("path", PATHS)
def test_wrong_method_is_405_with_allowed_methods(control: Control, path: str) -> None:
    """For every path; nothing changes."""
    allowed = PATHS[path] | ({"HEAD"} if "GET" in PATHS[path] else set())
    target = path.format(build_id=99, chrootname="none", world="none", fault_id="none", rule_id=7, snapshot_id=7)
    for method in set(OTHER) - allowed:
        refused = control.send(method, target, b"{" if method not in ("TRACE", "HEAD") else b"")
        assert (refused.status, set(refused.headers["allow"].split(", "))) == (405, allowed)


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/clock", 200),
        ("PUT", "/clock", 405),
        ("GET", "/none", 404),
        ("DELETE", "/requests", 204),
        ("GET", "/", 200),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://other.example"}], ids=["own", "foreign"])
def test_browsers_do_not_guess_the_type_of_a_response(
    served: Threaded, method: str, target: str, status: int, headers: dict[str, str]
) -> None:
    """Also of a rejected call."""
    reply = served.call(method, f"/_fake{target}", headers=headers)
    assert reply.status == (403 if headers else status)
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_head_is_get_without_body(served: Threaded) -> None:
    served.worlds.main.reset()
    fake_of(served.worlds.main).add_build({F41: "running"}, id=1)
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=10)
    for path in (*READS, *PAGE):
        path = path.format(build_id=1, chrootname=F41, world="none")
        answers = []
        for method in ("GET", "HEAD"):
            connection.request(method, f"/_fake{path}")
            got = connection.getresponse()
            body = got.read()
            headers = {name: value for name, value in got.getheaders() if name not in ("date", "content-length")}
            answers.append((got.status, headers))
        assert body == b""
        assert answers[0] == answers[1]
    connection.close()


ALL_PATHS = "/_fake/openapi.json lists all paths"


@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("GET", "/builds/2", "there is no build '2'; there are: 1"),
        ("GET", "/builds/99999999999999999999999", "there is no build '99999999999999999999999'; there are: 1"),
        ("GET", "/builds/" + "9" * 5000, None),
        ("GET", "/builds/0", "there is no build '0'; there are: 1"),
        ("GET", "/builds/-1", "there is no build '-1'; there are: 1"),
        ("GET", "/builds/%D9%A1", "there is no build '\N{ARABIC-INDIC DIGIT ONE}'; there are: 1"),
        ("GET", "/builds/one", "there is no build 'one'; there are: 1"),
        ("POST", "/builds/2/cancel", "there is no build '2'; there are: 1"),
        ("POST", "/builds/2/chroots/x/advance", "there is no build '2'; there are: 1"),
        ("GET", "/builds/1/chroots/x", f"there is no chroot 'x' in build 1; there are: {F41}, {F42}"),
        ("GET", f"/builds/1/chroots/x%2F{F41}", None),
        ("GET", "/builds/1/chroots/%FF", None),
        ("POST", "/builds/1/chroots/x/release", f"there is no chroot 'x' in build 1; there are: {F41}, {F42}"),
        ("DELETE", "/faults/1", "there is no fault '1'; there are none"),
        ("DELETE", "/snapshots/x", "there is no snapshot 'x'; there are none"),
        ("POST", "/snapshots/1/restore", "there is no snapshot '1'; there are none"),
        ("GET", "/worlds/none", "there is no world 'none'; there are: {worlds}"),
        ("DELETE", "/worlds/%20", "there is no world ' '; there are: {worlds}"),
        ("POST", "/worlds/none/reset", "there is no world 'none'; there are: {worlds}"),
        ("GET", "/nothing", f"unknown path /_fake/nothing; {ALL_PATHS}"),
        ("GET", "/fault", f"unknown path /_fake/fault; did you mean /_fake/faults? {ALL_PATHS}"),
        ("GET", "/builds/", f"unknown path /_fake/builds/; did you mean /_fake/builds? {ALL_PATHS}"),
        ("GET", "/builds/1/", f"unknown path /_fake/builds/1/; did you mean /_fake/builds? {ALL_PATHS}"),
        ("GET", "//builds", None),
        ("POST", "/builds/1/chroots/x/y", None),
    ],
)
def test_unknown_object_is_404_and_lists_existing_ones(
    control: Control, method: str, path: str, error: str | None
) -> None:
    control.worlds.replace("some", InitialConfig())
    fake_of(control.world).add_build([F41, F42], id=1)
    refused = control.request(method, path)
    assert refused.status == 404
    if error is not None:
        worlds = ", ".join(world.name for world in control.worlds)
        assert refused.document == {"error": error.replace("{worlds}", worlds)}


WRONG: list[tuple[str, str, object, str]] = [
    # What is no object.
    *(
        (operation.method, operation.path.format(build_id=1, chrootname=F41, world="new"), body, "body")
        for operation in OPERATIONS
        if "body" in operation.hints
        for body in ([1], "text", None)
        if not (operation.path == "/faults" and body == "text")
    ),
    # Keys that are not known, or missing.
    ("POST", "/builds", {"id": 2, "chroot": [F41]}, "chroot"),
    ("POST", "/seed", {"seeds": 1}, "seeds"),
    ("POST", "/seed", {}, "seed"),
    ("PATCH", "/clock", {"seconds": 1}, "seconds"),
    ("PUT", "/worlds/new", {"scenarios": []}, "scenarios"),
    ("POST", "/faults", {"statu": 500}, "statu"),
    ("POST", "/projects", {"ownername": "me"}, "projectname"),
    ("POST", "/mock-chroots", {}, "names"),
    ("POST", f"{CHROOT}/report", {}, "state"),
    ("POST", f"{CHROOT}/report", {"state": "failed", "seconds": 1}, "seconds"),
    ("POST", "/verify", {}, "assertion"),
    ("POST", "/verify", {"assertion": "requested"}, "endpoint"),
    ("POST", "/verify", {"assertion": "requested", "endpoint": "build-chroot", "seconds": 1}, "seconds"),
    ("POST", "/verify", {"assertion": "not-requested", "endpoint": "build-chroot", "times": 1}, "times"),
    ("POST", "/verify", {"assertion": "all-pages-read"}, "build_id"),
    ("POST", "/verify", {"assertion": "submitted", "project": "hello"}, "project"),
    ("POST", "/verify", {"assertion": "submitted", "timeout": 1}, "timeout"),
    ("POST", "/verify", {"assertion": "project-created", "times": 1}, "times"),
    # Scenarios.
    ("PUT", "/scenario", {"build": []}, "build"),
    ("PUT", "/scenario", {"builds": {}}, "builds"),
    ("PUT", "/scenario", {"builds": [{"id": 7}, {"id": 7}]}, "builds[1].id"),
    (
        "PUT",
        "/scenario",
        {"builds": [{"id": 7, "chroots": [{"name": F41}, {"name": F42, "state": "done"}]}]},
        "builds[0].chroots[1].state",
    ),
    ("POST", "/scenario", {"builds": [{"id": 1}]}, "builds[0].id"),
    ("POST", "/scenario", {"now": "today"}, "now"),
    ("POST", "/scenario", {"chroots": [F41, "fedora"]}, "chroots[1]"),
    ("POST", "/scenario", {"faults": ["outage", "outge"]}, "faults[1]"),
    ("POST", "/scenario", {"projects": [{"ownername": "a/b", "projectname": "c"}]}, "projects[0].ownername"),
    ("PUT", "/worlds/new", {"scenario": {"builds": [{"id": 0}]}}, "scenario.builds[0].id"),
    ("PUT", "/worlds/new", {"scenario": []}, "scenario"),
    ("PUT", "/worlds/new", {"scenario": "page"}, "scenario"),
    ("PUT", "/worlds/new", {"scenario": "/etc/passwd"}, "scenario"),
    ("PUT", "/worlds/new", {"progress": "polls"}, "progress"),
    ("PUT", "/worlds/new", {"default_limit": 0}, "default_limit"),
    ("PUT", "/worlds/new", {"speed": 0}, "speed"),
    ("PUT", "/worlds/new", {"seed": -1}, "seed"),
    ("PUT", "/worlds/a%20b", {}, "world"),
    ("PUT", "/worlds/a%2Fb", {}, "world"),
    # Builds and chroots.
    ("POST", "/builds", {"id": 1}, "id"),
    ("POST", "/builds", {"id": "2"}, "id"),
    ("POST", "/builds", {"id": 2.0}, "id"),
    ("POST", "/builds", {"id": 2**31}, "id"),
    ("POST", "/builds", {"id": 2, "chroots": F41}, "chroots"),
    ("POST", "/builds", {"id": 2, "chroots": [F41, 5]}, "chroots[1]"),
    ("POST", "/builds", {"id": 2, "chroots": [F41, F41]}, "chroots[1].name"),
    ("POST", "/builds", {"id": 2, "chroots": {F41: {}, F42: {"state": "done"}}}, f"chroots.{F42}.state"),
    ("POST", "/builds", {"id": 2, "chroots": {F41: {"stat": "done"}}}, f"chroots.{F41}.stat"),
    (
        "POST",
        "/builds",
        {"id": 2, "chroots": {F41: {"state": "running", "packages": ["x"]}}},
        f"chroots.{F41}.packages[0]",
    ),
    ("POST", "/builds", {"id": 2, "project": "jdoe"}, "project"),
    ("POST", "/builds", {"id": 2, "project": 5}, "project"),
    ("POST", "/builds", {"id": 2, "package": "a/b"}, "package"),
    ("POST", "/builds", {"id": 2, "state": "done"}, "state"),
    ("POST", "/builds", {"id": 2, "lifecycle": "succeed"}, "lifecycle"),
    (
        "POST",
        "/builds",
        {"id": 2, "lifecycle": {"stages": [{"state": "pending", "lasts": -1}]}},
        "lifecycle.stages[0].lasts",
    ),
    ("POST", "/builds", {"id": 2, "progress": {"poll": {"running": 0}}}, "progress.poll.running"),
    ("POST", "/builds", {"id": 2, "enable_net": 1}, "enable_net"),
    ("POST", "/builds", {"id": 2, "timeout": -1}, "timeout"),
    ("POST", "/builds", {"id": 2, "bootstrap": "no"}, "bootstrap"),
    ("POST", "/builds/1/chroots", {"name": None}, "name"),
    ("POST", "/populate", {"builds": 101}, "builds"),
    ("POST", "/populate", {"builds": -1}, "builds"),
    ("POST", "/populate", {"chroots": 0}, "chroots"),
    ("POST", "/populate", {"chroots": 101}, "chroots"),
    ("POST", "/populate", {"seed": "x"}, "seed"),
    ("POST", "/builds/1/chroots", {"name": F41}, "name"),
    ("POST", "/builds/1/chroots", {"name": "fedora"}, "name"),
    ("POST", "/builds/1/chroots", {"name": S390X, "state": "done"}, "state"),
    ("POST", "/builds/1/chroots", {"name": S390X, "lifecycle": "x"}, "lifecycle"),
    ("POST", "/builds/1/chroots", {"name": S390X, "progress": "x"}, "progress"),
    ("POST", "/mock-chroots", {"names": [F41, "fedora"]}, "names[1]"),
    ("POST", "/mock-chroots", {"names": [5]}, "names[0]"),
    ("POST", "/mock-chroots", {"names": F41}, "names"),
    ("POST", "/mock-chroots", {"names": None}, "names"),
    ("POST", "/projects", {"ownername": "a/b", "projectname": "c"}, "ownername"),
    ("POST", "/projects", {"ownername": "a", "projectname": None}, "projectname"),
    ("POST", "/projects", {"ownername": "jdoe", "projectname": "playground"}, "projectname"),
    (
        "POST",
        "/projects",
        {"ownername": "a", "projectname": "b", "chroots": {F41: {"with_opts": [5]}}},
        f"chroots.{F41}.with_opts[0]",
    ),
    # Events.
    ("POST", f"{CHROOT}/report", {"state": "explode"}, "state"),
    ("POST", f"{CHROOT}/report", {"state": None}, "state"),
    ("POST", f"{CHROOT}/report", {"state": "failed", "at": 1.5}, "at"),
    ("POST", f"{CHROOT}/report", {"state": "failed", "at": 5}, "at"),
    ("POST", f"{CHROOT}/report", {"state": "starting", "result_dir": "a/b"}, "result_dir"),
    (
        "POST",
        f"{CHROOT}/report",
        {"state": "succeeded", "packages": ["a-1-1.src", {"name": "a"}]},
        "packages[1].version",
    ),
    ("POST", f"{CHROOT}/report", {"state": "done"}, "state"),
    ("POST", f"{CHROOT}/report", {"state": "failed", "at": "now"}, "at"),
    ("POST", f"{CHROOT}/state", {"state": "failed", "ended_on": -1}, "ended_on"),
    ("POST", f"{CHROOT}/state", {"state": "failed", "started_on": 7, "ended_on": 6}, "ended_on"),
    ("POST", f"{CHROOT}/advance", {"to": "absent"}, "to"),
    ("POST", f"{CHROOT}/hold", {"state": ["failed"]}, "state"),
    # The rest.
    ("PATCH", "/clock", {"now": "today"}, "now"),
    ("PATCH", "/clock", {"paused": 1}, "paused"),
    ("PATCH", "/clock", {"speed": -1}, "speed"),
    ("POST", "/seed", {"seed": None}, "seed"),
    ("POST", "/seed", {"seed": 1.0}, "seed"),
    ("POST", "/faults", "outge", "body"),
    ("POST", "/faults", {}, "body"),
    ("POST", "/faults", {"status": 99}, "status"),
    ("POST", "/faults", {"name": "outage", "endpoint": "lst"}, "endpoint"),
    ("POST", "/faults", {"delay": {"uniform": [1]}}, "delay.uniform"),
    ("POST", "/faults", {"dribble": {"bytes": 0, "every": 1}}, "dribble.bytes"),
    ("POST", "/verify", {"assertion": "asked"}, "assertion"),
    ("POST", "/verify", {"assertion": "requested", "endpoint": "lst"}, "endpoint"),
    ("POST", "/verify", {"assertion": "requested", "endpoint": "build-chroot/list", "times": -1}, "times"),
    ("POST", "/verify", {"assertion": "all-pages-read", "build_id": 99}, "build_id"),
    # Where none is taken.
    ("POST", "/reset", {"state": "running"}, "body"),
    ("POST", f"{CHROOT}/release", [], "body"),
    ("DELETE", "/requests", {"endpoint": "build-chroot/list"}, "body"),
    ("GET", "/builds", {"limit": 1}, "body"),
]


WRONG_JSON: list[tuple[bytes, str]] = [
    (b"", "body"),
    (b" ", "line 1, column 2"),
    (b"{", "line 1, column 2"),
    (b'{\n "seed" 1}', "line 2, column 9"),
    (b'{"seed": 1} x', "line 1, column 13"),
    (b"seed=1", "line 1, column 1"),
    (b"\xef\xbb\xbf{}", "line 1, column 1"),
    (b'{"seed": "\xff"}', "body"),
    ('{"seed": 1}'.encode("utf-16"), "body"),
    (b'{"seed": 1, "seed": 2}', "seed"),
    (b'{"seed": {"a": 1, "b": 2, "a": 3}}', "a"),
    (b'{"seed": NaN}', "seed"),
    (b'{"seed": Infinity}', "seed"),
    (b'{"seed": 1e999}', "seed"),
    (b'{"seed": ' + b"9" * 4000 + b"}", "seed"),
    (b'{"seed": ' + b"[" * 500 + b"]" * 500 + b"}", "seed"),
    (b"[" * 100_000, "body"),
    (b"[" * 100_000 + b"]" * 100_000, "body"),
    (b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, "body"),
]


WRONG_QUERIES: list[tuple[str, str]] = [
    ("/builds?limt=1", "limt"),
    ("/builds?limit=1&limit=1", "limit"),
    ("/builds?limit=", "limit"),
    ("/builds?limit", "limit"),
    ("/builds?limit=-1", "limit"),
    ("/builds?limit=1.0", "limit"),
    ("/builds?limit=2147483648", "limit"),
    ("/builds?offset=" + "9" * 5000, "offset"),
    ("/builds?offset=%D9%A1", "offset"),
    ("/builds?offset=%FF", "query"),
    ("/builds?%FF=1", "query"),
    ("/builds?=1", "query"),
    ("/requests?endpoint=lst", "endpoint"),
    ("/requests?endpoint=", "endpoint"),
    ("/requests?build_id=0", "build_id"),
    ("/requests?chrootname=", "chrootname"),
    ("/requests?after=x", "after"),
    ("/requests/count?limit=1", "limit"),
    ("/changes?build_id=x", "build_id"),
    ("/overview?builds=all", "builds"),
    ("/health?x=1", "x"),
    (f"{CHROOT}?x=1", "x"),
]


@pytest.mark.sampled
def test_invalid_body_is_422_and_changes_nothing(local: Control) -> None:
    """The error has the location."""
    sent = [(method, path, json.dumps(body).encode(), where) for method, path, body, where in sample(WRONG)]
    assert_rejected(filled(local), sent)


def assert_rejected(control: Control, sent: Sequence[tuple[str, str, bytes, str]]) -> None:
    """Send calls with an error at a location each; lists all that are not rejected with it, or change something."""
    before = control.all_responses()
    problems = []
    for method, path, raw, where in sent:
        refused = control.send(method, path, raw)
        is_located = refused.status == 422 and refused.where == where
        if not is_located or f"{where}: " not in refused.document["error"]:
            problems.append(f"{method} {path} {raw!r}: {refused}, not at {where}")
        if (after := control.all_responses()) != before:
            problems.append(f"{method} {path} {raw!r} changed {before} to {after}")
            before = after
    assert not problems, "\n".join(problems)


def test_all_errors_of_a_body_are_reported(local: Control) -> None:
    """Each with its location, and the closest valid key or value; 100 at most."""
    body = {"id": 0, "chroots": {F41: {"state": "runing"}, F42: {"polls": -1}}, "memory_limt": 1}
    reported = local.request("POST", "/builds", body).document["errors"]
    assert [(error["where"], error["problem"].partition(" valid:")[0]) for error in reported] == [
        ("id", "expected a whole number from 1 to 2147483647, got 0"),
        (f"chroots.{F41}.state", "'runing' is not a state; did you mean 'running'?"),
        (f"chroots.{F42}.polls", "expected a whole number from 0 to 2147483647, got -1"),
        ("memory_limt", "unknown key; did you mean 'memory_limit'?"),
    ]
    many = local.request("POST", "/mock-chroots", {"names": [0] * 200})
    assert len(many.document["errors"]) == 100


@pytest.mark.slow
def test_invalid_json_is_422_and_changes_nothing(control: Control) -> None:
    """The error has line and column, or the duplicate key."""
    assert_rejected(filled(control), [("POST", "/seed", raw, where) for raw, where in WRONG_JSON])


@pytest.mark.parametrize("depth", [100, 300, 900, *range(960, 1000), 20_000])
def test_too_deeply_nested_json_is_422(local: Control, depth: int) -> None:
    assert local.send("POST", "/seed", b'{"seed":' + b"[" * depth + b"]" * depth + b"}").status == 422


@pytest.mark.slow
@pytest.mark.parametrize("key", ["builds", "unknown"])
def test_many_empty_objects_are_rejected_in_bounded_time(local: Control, key: str) -> None:
    """Up to the largest body that a server accepts by default, which takes it a second."""
    body = b'{"%b": [{}%b]}' % (key.encode(), b",{}" * ((MAX_CONTROL_BODY - 100) // 3))
    began = time.process_time()
    assert local.send("POST", "/scenario", body).status == 422
    assert time.process_time() - began < 10


def test_number_with_too_many_digits_is_422(control: Control) -> None:
    assert control.send("POST", "/seed", b'{"seed": ' + b"9" * 5000 + b"}").status == 422


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "method"),
    [
        (operation.path, operation.method)
        for operation in OPERATIONS
        if "body" in operation.hints and not operation.has_optional_body
    ],
)
def test_missing_required_body_is_422(local: Control, path: str, method: str) -> None:
    before = filled(local).all_responses()
    refused = local.request(method, path.format(build_id=1, chrootname=F41))
    errors = [{"where": "body", "problem": "missing; expected JSON"}]
    missing = {"error": "body: missing; expected JSON", "where": "body", "errors": errors}
    assert (refused.status, refused.document) == (422, missing)
    assert local.all_responses() == before


@pytest.mark.parametrize("body", [b"", b"{}", b" {} "])
def test_empty_body_is_always_accepted(control: Control, body: bytes) -> None:
    """Some clients send one with every request."""
    assert control.send("POST", "/reset", body).document["builds"] == 0
    assert control.send("GET", "/health", body).status == 200


@pytest.mark.parametrize(("target", "where"), WRONG_QUERIES)
def test_invalid_query_is_422(control: Control, target: str, where: str) -> None:
    """The error names the argument."""
    refused = filled(control).request("GET", target)
    assert (refused.status, refused.where) == (422, where)


def test_query_is_decoded(control: Control) -> None:
    control.copr("/list/1?chrootname=a+b")
    assert control.get("/requests?chr%6Fotname=a+b") == control.get("/requests?chrootname=a%20b")
    assert control.get("/requests/count?chrootname=a+b") == {"count": 1}
