"""The journal of requests, unmatched requests with near misses, and assertions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copr_chroot_fake import FakeCopr, InputError

from .adapters import OpenAdapter, direct_client
from .chroots import F41, F42

GET = f"/api_3/build-chroot?build_id=1&chrootname={F41}"
LIST = "/api_3/build-chroot/list?build_id=1&limit=1"
PROJECT = "ownername=jdoe&projectname=playground"


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F41: {}, F42: "running"}, id=1)
    return fake


def test_request_is_recorded_with_its_outcome(open_adapter: OpenAdapter, fake: FakeCopr) -> None:
    """Endpoint, build, chroot, arguments, status, states and time are recorded in order."""
    send = open_adapter(fake)
    send("GET", LIST)
    fake.clock.tick(30)
    send("GET", f"/api_3/build-chroot/%31/{F42}")
    send("POST", LIST)
    send("GET", "/api_3/nope?x=1")
    listed, got, posted, nope = fake.requests
    assert (listed.method, listed.target, listed.endpoint, listed.build_id, listed.chrootname) == (
        "GET",
        LIST,
        "build-chroot/list",
        1,
        None,
    )
    assert (listed.arguments, listed.status, listed.states) == (
        {"build_id": "1", "limit": "1"},
        200,
        {F41: "importing"},
    )
    assert (got.endpoint, got.build_id, got.chrootname, got.states) == ("build-chroot", 1, F42, {F42: "running"})
    assert got.at - listed.at == 30
    assert (posted.method, posted.endpoint, posted.status, posted.states) == ("POST", "build-chroot/list", 405, {})
    assert (nope.endpoint, nope.build_id, nope.status, nope.matched) == (None, None, 404, False)
    fake.clear_requests()
    assert fake.requests == []


def test_states_of_builds_are_recorded(fake: FakeCopr) -> None:
    """By id, for the responses of ``build`` and ``build/list``, with or without a mask."""
    other = fake.add_build({F41: "failed"}, project=fake.builds[1].project.full_name)
    fake.answer("GET", "/api_3/build/1")
    fake.answer("GET", f"/api_3/build/{other.id}", {"X-Fields": "id"})
    fake.answer("GET", f"/api_3/build/list?ownername={other.project.ownername}&projectname={other.project.projectname}")
    one, masked, listed = fake.requests
    assert (one.build_states, one.states) == ({1: "importing"}, {})
    assert masked.build_states == {other.id: "failed"}
    assert listed.build_states.keys() == {1, other.id}
    assert str(masked) == f"GET /api_3/build/{other.id} -> 200 (failed) at {masked.at:.10g}"
    assert f"({other.id} failed, 1 " in str(listed)


def test_recorded_states_do_not_change_later(fake: FakeCopr) -> None:
    send = direct_client(fake)
    for _ in range(3):
        send("GET", GET)
    assert [request.states[F41] for request in fake.requests] == ["importing", "pending", "starting"]


@pytest.mark.parametrize("endpoint", ["build-config", "built-packages"])
def test_responses_without_a_state_record_it_too(fake: FakeCopr, endpoint: str) -> None:
    direct_client(fake)("GET", f"/api_3/build-chroot/{endpoint}?build_id=1&chrootname={F42}")
    assert fake.requests[-1].states == {F42: "running"}


def test_journal_keeps_the_latest_10000_requests(fake: FakeCopr) -> None:
    for _ in range(10_005):
        fake.answer("GET", "/api_3/")
    fake.answer("GET", GET)
    assert len(fake.requests) == 10_000
    assert fake.requests[-1].endpoint == "build-chroot"


def test_requests_kept_limits_the_journal() -> None:
    """Each request keeps its number among all requests."""
    fake = FakeCopr(requests_kept=3)
    for _ in range(5):
        fake.answer("GET", "/api_3/")
    assert [request.number for request in fake.requests] == [3, 4, 5]
    assert [request.number for request in fake.requests_after(4)] == [5]
    fake.clear_requests()
    fake.answer("GET", "/api_3/")
    assert [request.number for request in fake.requests] == [6]


@pytest.mark.parametrize("requests_kept", [-1, 1.5, True])
def test_invalid_requests_kept_is_rejected(requests_kept: int) -> None:
    with pytest.raises(InputError, match="requests_kept: expected a whole number"):
        FakeCopr(requests_kept=requests_kept)


def test_requested_and_not_requested_assertions(fake: FakeCopr) -> None:
    """They filter by endpoint, build and chroot, and can count."""
    send = direct_client(fake)
    send("GET", LIST)
    send("GET", LIST)
    send("GET", GET)
    send("HEAD", GET)
    fake.assert_requested("build-chroot/list")
    fake.assert_requested("build-chroot/list", build_id=1, times=2)
    fake.assert_requested("build-chroot", build_id=1, chrootname=F41, times=1)
    fake.assert_not_requested("build-chroot/built-packages")
    fake.assert_not_requested("build-chroot", chrootname=F42)
    fake.assert_not_requested("build-chroot/list", build_id=2)


def test_writes_satisfy_the_requested_assertion() -> None:
    """With any method that the endpoint takes, deprecated ones included."""
    fake = FakeCopr()
    fake.add_project("jdoe/hello")
    headers = {"Authorization": "Basic amRvZTp4", "Content-Type": "application/json"}
    for method in ("DELETE", "POST", "OPTIONS", "GET"):
        fake.answer(method, "/api_3/project/delete/jdoe/hello", headers, b"{}")
    fake.answer("POST", "/api_3/build/create/url", headers, b"{}")
    fake.assert_requested("project/delete", times=2)
    fake.assert_requested("build/create/url", times=1)


def test_failed_assertion_lists_recorded_requests(fake: FakeCopr) -> None:
    with pytest.raises(
        AssertionError, match=r"^'build-chroot': expected at least 1 request, got none\. Nothing was requested\.$"
    ):
        fake.assert_requested("build-chroot")
    direct_client(fake)("GET", LIST)
    with pytest.raises(AssertionError) as failed:
        fake.assert_requested("build-chroot/list", build_id=1, times=2)
    assert str(failed.value) == (
        "'build-chroot/list' of build 1: expected 2 requests, got 1. Requests:\n"
        f"  GET {LIST} -> 200 ({F41} importing) at 1700000000"
    )
    for _ in range(2):
        direct_client(fake)("GET", "/api_3/")
    with pytest.raises(AssertionError, match=r"\n  GET /api_3/, 2 times -> 200 at 1700000000$"):
        fake.assert_requested("build-chroot")
    with pytest.raises(AssertionError, match="'build-chroot/list': expected no requests, got 1"):
        fake.assert_not_requested("build-chroot/list")


def test_misspelt_endpoint_is_an_input_error(fake: FakeCopr) -> None:
    """An assertion about an unknown endpoint would always hold."""
    with pytest.raises(InputError, match="endpoint: 'build/lists' is not valid; did you mean 'build/list'"):
        fake.assert_not_requested("build/lists")  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda fake: fake.assert_not_requested("build-chroot", build_id="1"), "build_id: expected a whole number"),
        (lambda fake: fake.assert_not_requested("build-chroot", chrootname=41), "chrootname: expected a text"),
        (lambda fake: fake.assert_requested("build-chroot", times="2"), "times: expected a whole number"),
        (lambda fake: fake.assert_polled_no_faster_than(30, build_id="1"), "build_id: expected a whole number"),
        (lambda fake: fake.assert_all_pages_read(9), "build_id: there is no build 9; there are: 1"),
        (lambda fake: fake.requests_after("1"), "number: expected a whole number"),
    ],
)
def test_invalid_assertion_argument_is_an_input_error(
    fake: FakeCopr, call: Callable[[FakeCopr], object], message: str
) -> None:
    direct_client(fake)("GET", GET)
    with pytest.raises(InputError) as raised:
        call(fake)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("first", "second", "is_the_same"),
    [
        (GET, f"/api_3/build-chroot/1/{F41}", True),
        (GET, f"/api_3/build-chroot?chrootname={F41}&build_id=1", True),
        ("/api_3/build-chroot/list?build_id=1", "/api_3/build-chroot/list/1", True),
        ("/api_3/build-chroot/list?build_id=1", "/api_3/build/1", False),
        (f"{LIST}&offset=1", f"{LIST}&offset=2", False),
        (f"{LIST}&offset=1", LIST.replace("?", "?offset=1&"), True),
        ("/api_3/build-chroot/list?build_id=x", "/api_3/build-chroot/list?build_id=y", False),
        (f"/api_3/build/list?{PROJECT}", f"/api_3/build/list/?{PROJECT}", True),
        (f"/api_3/monitor?{PROJECT}", f"/api_3/monitor?{'&'.join(reversed(PROJECT.split('&')))}", True),
        (f"/api_3/monitor?{PROJECT}", f"/api_3/monitor?{PROJECT}s", False),
    ],
)
def test_polls_of_one_object_count_for_any_form_of_its_url(
    fake: FakeCopr, first: str, second: str, is_the_same: bool
) -> None:
    for target in (first, second):
        direct_client(fake)("GET", target)
    if is_the_same:
        with pytest.raises(AssertionError, match="polled again after 0 s"):
            fake.assert_polled_no_faster_than(5)
    else:
        fake.assert_polled_no_faster_than(5)


def test_polling_interval_is_measured_per_object(fake: FakeCopr) -> None:
    """Intervals are measured on the fake's clock."""
    send = direct_client(fake)
    for target in (GET, LIST, GET.replace(F41, F42)):
        send("GET", target)
    fake.clock.tick(30)
    send("GET", GET)
    fake.assert_polled_no_faster_than(30)
    fake.clock.tick(29)
    send("GET", GET)
    with pytest.raises(AssertionError, match="polled again after 29 s, expected at least 30 s:\n  GET"):
        fake.assert_polled_no_faster_than(30)
    fake.assert_polled_no_faster_than(30, chrootname=F42)
    fake.assert_polled_no_faster_than(29, build_id=1)


def test_all_pages_read_requires_every_chroot(fake: FakeCopr) -> None:
    send = direct_client(fake)
    send("GET", LIST)
    with pytest.raises(AssertionError) as failed:
        fake.assert_all_pages_read(1)
    assert f"1 of 2 chroots of build 1 were never read: {F42}. Requests:" in str(failed.value)
    send("GET", LIST + "&offset=1")
    fake.assert_all_pages_read(1)
    with pytest.raises(InputError, match="there is no build 2"):
        fake.assert_all_pages_read(2)


@pytest.mark.parametrize(
    ("target", "near_miss"),
    [
        ("/api_3/build-chroot?build_id=7&chrootname=x-1-y", "builds 70, 1 exist, 7 does not"),
        ("/api_3/build-chroot?build_id=x&chrootname=x-1-y", "builds 70, 1 exist, x does not"),
        ("/api_3/build-chroot/list?build_id=700", "builds 70, 1 exist, 700 does not"),
        ("/api_3/build-chroot/list/71", "builds 70, 1 exist, 71 does not"),
        ("/api_3/build-chroot/list/7", "builds 70, 1 exist, 7 does not"),
        (f"/api_3/build-chroot/1/{F41[:-1]}", f"build 1 has {F41}, {F42}, not 'fedora-41-x86_6'"),
        ("/api_3/build-chroot?build_id=1&chrootname=fedora41", f"build 1 has {F41}, {F42}, not 'fedora41'"),
        ("/api_3/build-chroot?build_id=70&chrootname=a-b-c", "build 70 has no chroots, not 'a-b-c'"),
        ("/api_3/build-chroots/list", "/api_3/build-chroot/list exists, /api_3/build-chroots/list does not"),
        ("/api_2/", "/api_3/ exists, /api_2/ does not"),
    ],
)
def test_unmatched_request_has_a_near_miss(fake: FakeCopr, target: str, near_miss: str) -> None:
    """Ids are compared as texts, because a missing digit is a likelier mistake than an id that is off by one."""
    fake.add_build([], id=70)
    direct_client(fake)("GET", GET)
    direct_client(fake)("GET", target)
    (unmatched,) = fake.unmatched
    assert unmatched.target == target
    assert unmatched.near_miss == near_miss


def test_deleted_builds_and_bad_requests_are_not_unmatched(fake: FakeCopr) -> None:
    """Nor are invalid arguments, methods and pages beyond the end."""
    fake.add_build([F41], id=2, lifecycle="deleted")
    send = direct_client(fake)
    for _ in range(7):
        send("GET", f"/api_3/build-chroot/2/{F41}")
    for target in (
        "/api_3/build-chroot/list/2",
        LIST + "&offset=9",
        "/api_3/build-chroot/list?build_id=1&limit=x",
        "/api_3/build-chroot",
        "/api_3/",
    ):
        send("GET", target)
    send("POST", LIST)
    fake.projects["jdoe/playground"].known_chroots = {}
    assert send("GET", f"/api_3/build-chroot/build-config/1/{F42}").status == 500
    send("POST", "/api_3/build-chroot")
    send("POST", "/api_3/build-chroot/1/fedora41")
    assert send("GET", "/api_3/build-chroot/list?build_id=1&limit=x&chrootname=fedora41").status == 500
    assert send("GET", "/api_3/build-chroot?build_id=1").status == 400
    send("DELETE", "/api_3/project")
    send("POST", "/api_3/gssapi_login")
    send("OPTIONS", LIST)
    assert fake.unmatched == []


def test_near_miss_in_an_empty_fake() -> None:
    fake = FakeCopr()
    direct_client(fake)("GET", LIST)
    assert [unmatched.near_miss for unmatched in fake.unmatched] == ["there are no builds"]


def test_requests_to_other_endpoints_are_recorded() -> None:
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    send = direct_client(fake)
    for target in (
        "build/1", f"build/list?{PROJECT}", "build/built-packages/1", "build/source-chroot/1", f"project?{PROJECT}",
        f"monitor?{PROJECT}", "mock-chroots/list", "gssapi_login/", "build/12",
        "project?ownername=jdoe&projectname=play",
    ):  # fmt: skip
        send("GET", f"/api_3/{target}")
    assert [request.endpoint for request in fake.requests] == [
        "build", "build/list", "build/built-packages", "build/source-chroot", "project",
        "monitor", "mock-chroots/list", "gssapi_login", "build", "project",
    ]  # fmt: skip
    assert [(unmatched.target.removeprefix("/api_3/"), unmatched.near_miss) for unmatched in fake.unmatched] == [
        ("build/12", "build 1 exists, 12 does not"),
        (
            "project?ownername=jdoe&projectname=play",
            "project jdoe/playground exists, jdoe/play does not",
        ),
    ]
    fake.assert_requested("build", build_id=1, times=1)
    fake.assert_requested("monitor")
    send("GET", "/api_3/build/1")
    with pytest.raises(AssertionError, match="expected at least 30 s"):
        fake.assert_polled_no_faster_than(30)


def test_regular_polls_satisfy_the_interval_assertion() -> None:
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    for _ in range(3):
        direct_client(fake)("GET", "/api_3/build/1")
        fake.clock.tick(30)
    fake.assert_polled_no_faster_than(30)
