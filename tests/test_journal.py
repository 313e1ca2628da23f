"""A fake remembers what it was asked, and its assertions say what was asked instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copr_chroot_fake import FakeCopr, InputError

from .adapters import OpenAdapter, direct_client

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"
GET = f"/api_3/build-chroot?build_id=1&chrootname={F41}"
LIST = "/api_3/build-chroot/list?build_id=1&limit=1"
PROJECT = "ownername=jdoe&projectname=playground"


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F41: {}, F42: "running"}, id=1)
    return fake


def test_every_request_is_kept_with_what_it_saw(open_adapter: OpenAdapter, fake: FakeCopr) -> None:
    """Endpoint, build, chroot, arguments, status, states and time, in order."""
    ask = open_adapter(fake)
    ask("GET", LIST)
    fake.clock.tick(30)
    ask("GET", f"/api_3/build-chroot/%31/{F42}")
    ask("POST", LIST)
    ask("GET", "/api_3/nope?x=1")
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


def test_what_was_seen_is_kept_as_it_was(fake: FakeCopr) -> None:
    """A later state does not change what an earlier request saw."""
    ask = direct_client(fake)
    for _ in range(3):
        ask("GET", GET)
    assert [request.states[F41] for request in fake.requests] == ["importing", "pending", "starting"]


@pytest.mark.parametrize("endpoint", ["build-config", "built-packages"])
def test_requests_beside_the_state_count_as_having_seen_it(fake: FakeCopr, endpoint: str) -> None:
    """Also where the answer does not say the state."""
    direct_client(fake)("GET", f"/api_3/build-chroot/{endpoint}?build_id=1&chrootname={F42}")
    assert fake.requests[-1].states == {F42: "running"}


def test_the_journal_keeps_the_latest_requests(fake: FakeCopr) -> None:
    """It is bounded, so that a fake can be asked for ever."""
    for _ in range(10_005):
        fake.answer("GET", "/api_3/")
    fake.answer("GET", GET)
    assert len(fake.requests) == 10_000
    assert fake.requests[-1].endpoint == "build-chroot"


def test_as_many_requests_are_kept_as_is_said() -> None:
    """The latest, each with its number of all that there have been."""
    fake = FakeCopr(requests_kept=3)
    for _ in range(5):
        fake.answer("GET", "/api_3/")
    assert [request.number for request in fake.requests] == [3, 4, 5]
    assert [request.number for request in fake.requests_after(4)] == [5]
    fake.clear_requests()
    fake.answer("GET", "/api_3/")
    assert [request.number for request in fake.requests] == [6]


@pytest.mark.parametrize("requests_kept", [-1, 1.5, True])
def test_an_impossible_number_of_requests_is_refused(requests_kept: int) -> None:
    """By its name."""
    with pytest.raises(InputError, match="requests_kept: expected a whole number"):
        FakeCopr(requests_kept=requests_kept)


def test_requested_and_not_requested(fake: FakeCopr) -> None:
    """At least once, exactly so often, or not at all, of an endpoint, a build or a chroot."""
    ask = direct_client(fake)
    ask("GET", LIST)
    ask("GET", LIST)
    ask("GET", GET)
    ask("HEAD", GET)
    fake.assert_requested("build-chroot/list")
    fake.assert_requested("build-chroot/list", build_id=1, times=2)
    fake.assert_requested("build-chroot", build_id=1, chrootname=F41, times=1)
    fake.assert_not_requested("build-chroot/built-packages")
    fake.assert_not_requested("build-chroot", chrootname=F42)
    fake.assert_not_requested("build-chroot/list", build_id=2)


def test_a_failed_assertion_says_what_was_asked_instead(fake: FakeCopr) -> None:
    """So that nobody has to guess."""
    with pytest.raises(AssertionError, match=r"^'build-chroot' was to be requested at least once and was not. Nothing"):
        fake.assert_requested("build-chroot")
    direct_client(fake)("GET", LIST)
    with pytest.raises(AssertionError) as failed:
        fake.assert_requested("build-chroot/list", build_id=1, times=2)
    assert str(failed.value) == (
        "'build-chroot/list' of build 1 was to be requested twice and was once. Requested was:\n"
        f"  GET {LIST} -> 200 ({F41} importing) at 1700000000"
    )
    with pytest.raises(AssertionError, match="'build-chroot/list' was not to be requested and was once"):
        fake.assert_not_requested("build-chroot/list")


def test_a_misspelt_endpoint_is_an_error_and_no_failed_assertion(fake: FakeCopr) -> None:
    """An assertion about nothing would always hold."""
    with pytest.raises(InputError, match="endpoint: 'build/lists' is not possible; did you mean 'build/list'"):
        fake.assert_not_requested("build/lists")  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda fake: fake.assert_not_requested("build-chroot", build_id="1"), "build_id: expected a whole number"),
        (lambda fake: fake.assert_not_requested("build-chroot", chrootname=41), "chrootname: expected a text"),
        (lambda fake: fake.assert_requested("build-chroot", times="2"), "times: expected a whole number"),
        (lambda fake: fake.assert_polled_no_faster_than(30, build_id="1"), "build_id: expected a whole number"),
        (lambda fake: fake.assert_all_pages_read(9), "build_id: there is no build 9; there are: 1"),
        (lambda fake: fake.requests_after("1"), "number: expected a whole number"),
    ],
)
def test_a_value_that_no_request_has_is_an_error_too(
    fake: FakeCopr, wrong: Callable[[FakeCopr], object], message: str
) -> None:
    """For the same reason."""
    direct_client(fake)("GET", GET)
    with pytest.raises(InputError) as refused:
        wrong(fake)
    assert str(refused.value).startswith(message)


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
def test_polls_of_the_same_thing_count_however_it_is_addressed(
    fake: FakeCopr, first: str, second: str, is_the_same: bool
) -> None:
    """And only those."""
    for target in (first, second):
        direct_client(fake)("GET", target)
    if is_the_same:
        with pytest.raises(AssertionError, match="polled after 0 s"):
            fake.assert_polled_no_faster_than(5)
    else:
        fake.assert_polled_no_faster_than(5)


def test_polled_no_faster_than(fake: FakeCopr) -> None:
    """By the fake's clock, for each thing that is asked for."""
    ask = direct_client(fake)
    for target in (GET, LIST, GET.replace(F41, F42)):
        ask("GET", target)
    fake.clock.tick(30)
    ask("GET", GET)
    fake.assert_polled_no_faster_than(30)
    fake.clock.tick(29)
    ask("GET", GET)
    with pytest.raises(AssertionError, match="polled after 29 s, but no faster than every 30 s was wanted:\n  GET"):
        fake.assert_polled_no_faster_than(30)
    fake.assert_polled_no_faster_than(30, chrootname=F42)
    fake.assert_polled_no_faster_than(29, build_id=1)


def test_all_pages_read(fake: FakeCopr) -> None:
    """Every chroot has been on a page that was read."""
    ask = direct_client(fake)
    ask("GET", LIST)
    with pytest.raises(AssertionError) as failed:
        fake.assert_all_pages_read(1)
    assert f"1 of 2 chroots of build 1 were on no page that was read: {F42}. Requested was:" in str(failed.value)
    ask("GET", LIST + "&offset=1")
    fake.assert_all_pages_read(1)
    with pytest.raises(InputError, match="there is no build 2"):
        fake.assert_all_pages_read(2)


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ("/api_3/build-chroot?build_id=7&chrootname=x-1-y", "builds 70, 1 are there, 7 is not"),
        ("/api_3/build-chroot?build_id=x&chrootname=x-1-y", "builds 70, 1 are there, x is not"),
        ("/api_3/build-chroot/list?build_id=700", "builds 70, 1 are there, 700 is not"),
        ("/api_3/build-chroot/list/7", "builds 70, 1 are there, 7 is not"),
        (f"/api_3/build-chroot/1/{F41[:-1]}", f"build 1 has {F41}, {F42}, not 'fedora-41-x86_6'"),
        ("/api_3/build-chroot?build_id=1&chrootname=fedora41", f"build 1 has {F41}, {F42}, not 'fedora41'"),
        ("/api_3/build-chroot?build_id=70&chrootname=a-b-c", "build 70 has no chroots, not 'a-b-c'"),
        ("/api_3/build-chroots/list", "/api_3/build-chroot/list is there, /api_3/build-chroots/list is not"),
        ("/api_2/", "/api_3/ is there, /api_2/ is not"),
    ],
)
def test_what_is_not_there_is_kept_with_the_nearest_that_is(fake: FakeCopr, target: str, nearest: str) -> None:
    """The nearest by what is written, as a digit is sooner forgotten than wrong by one."""
    fake.add_build([], id=70)
    direct_client(fake)("GET", GET)
    direct_client(fake)("GET", target)
    (unmatched,) = fake.unmatched
    assert unmatched.target == target
    assert unmatched.near_miss == nearest


def test_deleted_builds_and_bad_requests_are_not_unmatched(fake: FakeCopr) -> None:
    """A build that its life has deleted, bad arguments, methods and pages beyond the end are no mistake of a name."""
    fake.add_build([F41], id=2, lifecycle="deleted")
    ask = direct_client(fake)
    for _ in range(7):
        ask("GET", f"/api_3/build-chroot/2/{F41}")
    for target in (
        "/api_3/build-chroot/list/2",
        LIST + "&offset=9",
        "/api_3/build-chroot/list?build_id=1&limit=x",
        "/api_3/build-chroot",
        "/api_3/",
    ):
        ask("GET", target)
    ask("POST", LIST)
    fake.projects["jdoe/playground"].disable(F42)
    assert ask("GET", f"/api_3/build-chroot/build-config/1/{F42}").status == 500
    ask("POST", "/api_3/build-chroot")
    ask("POST", "/api_3/build-chroot/1/fedora41")
    assert ask("GET", "/api_3/build-chroot/list?build_id=1&limit=x&chrootname=fedora41").status == 500
    assert ask("GET", "/api_3/build-chroot?build_id=1").status == 400
    ask("DELETE", "/api_3/project")
    ask("POST", "/api_3/gssapi_login")
    ask("OPTIONS", LIST)
    assert fake.unmatched == []


def test_nothing_there_at_all() -> None:
    """A fake without builds says so."""
    fake = FakeCopr()
    direct_client(fake)("GET", LIST)
    assert [unmatched.near_miss for unmatched in fake.unmatched] == ["there are no builds, 1 is not"]


def test_what_is_asked_beside_build_chroots_is_kept_too() -> None:
    """Each under the name of its endpoint, what is not there with what comes nearest."""
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    ask = direct_client(fake)
    for target in (
        "build/1", f"build/list?{PROJECT}", "build/built-packages/1", "build/source-chroot/1", f"project?{PROJECT}",
        f"monitor?{PROJECT}", "mock-chroots/list", "gssapi_login/", "build/12",
        "project?ownername=jdoe&projectname=play",
    ):  # fmt: skip
        ask("GET", f"/api_3/{target}")
    assert [request.endpoint for request in fake.requests] == [
        "build", "build/list", "build/built-packages", "build/source-chroot", "project",
        "monitor", "mock-chroots/list", "gssapi_login", "build", "project",
    ]  # fmt: skip
    assert [(unmatched.target.removeprefix("/api_3/"), unmatched.near_miss) for unmatched in fake.unmatched] == [
        ("build/12", "build 1 is there, 12 is not"),
        (
            "project?ownername=jdoe&projectname=play",
            "project jdoe/playground is there, jdoe/play is not",
        ),
    ]
    fake.assert_requested("build", build_id=1, times=1)
    fake.assert_requested("monitor")
    ask("GET", "/api_3/build/1")
    with pytest.raises(AssertionError, match="no faster than every 30 s"):
        fake.assert_polled_no_faster_than(30)


def test_a_build_is_polled_no_faster_than_was_said() -> None:
    """The assertion holds for a loop that keeps to it."""
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    for _ in range(3):
        direct_client(fake)("GET", "/api_3/build/1")
        fake.clock.tick(30)
    fake.assert_polled_no_faster_than(30)
