"""Code that polls without waiting, while the clock stands still, gets an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import httpx2
import pytest
import requests

from copr_chroot_fake import FakeCopr, InputError, PollLoopError, Progress, StateName, SystemClock

from .chroots import F41

BUILD = "/api_3/build/1"
COPR = "https://copr.fedorainfracloud.org"
LOOP = r"^GET /api_3/build/1 was requested 5 times .* \(<VirtualClock at 1700000000>\)\. .*clock\.tick.*max_polls=None"


def stuck(max_polls: int | None = 5) -> FakeCopr:
    """Return a fake with a running build that nothing advances."""
    fake = FakeCopr(max_polls=max_polls)
    fake.add_build({F41: "running"}, id=1)
    return fake


def poll(fake: FakeCopr, times: int, target: str = BUILD) -> None:
    for _ in range(times):
        assert fake.answer("GET", target).status == 200


def test_default_limit_is_a_thousand_polls() -> None:
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    poll(fake, 1000)
    with pytest.raises(PollLoopError, match="was requested 1000 times"):
        poll(fake, 1)
    assert fake.requests[-1].status == 508


@pytest.mark.parametrize("max_polls", [1, 2, 3, 10])
def test_poll_after_the_limit_fails(max_polls: int) -> None:
    fake = stuck(max_polls)
    poll(fake, max_polls)
    for _ in range(2):
        with pytest.raises(PollLoopError):
            poll(fake, 1)


def test_limit_can_be_disabled() -> None:
    poll(stuck(None), 3000)


@pytest.mark.parametrize("max_polls", [0, -1, True, "5"])
def test_invalid_limit_is_rejected(max_polls: int) -> None:
    with pytest.raises(InputError, match=r"^max_polls: "):
        FakeCopr(max_polls=max_polls)


@contextmanager
def by_transport(fake: FakeCopr) -> Iterator[Callable[[], object]]:
    with httpx.Client(transport=fake.transport) as client:
        yield lambda: client.get(COPR + BUILD)


@contextmanager
def by_async_transport(fake: FakeCopr) -> Iterator[Callable[[], object]]:
    async def get() -> None:
        async with httpx.AsyncClient(transport=fake.transport) as client:
            await client.get(COPR + BUILD)

    yield lambda: asyncio.run(get())


@contextmanager
def by_httpx(fake: FakeCopr) -> Iterator[Callable[[], object]]:
    with fake.mock_httpx():
        yield lambda: httpx.get(COPR + BUILD)


@contextmanager
def by_httpx2(fake: FakeCopr) -> Iterator[Callable[[], object]]:
    with fake.mock_httpx2():
        yield lambda: httpx2.get(COPR + BUILD)


@contextmanager
def by_requests(fake: FakeCopr) -> Iterator[Callable[[], object]]:
    with fake.mock_requests():
        yield lambda: requests.get(COPR + BUILD)


@pytest.mark.parametrize("connect", [by_transport, by_async_transport, by_httpx, by_httpx2, by_requests])
def test_error_ends_a_loop_that_catches_exceptions(
    connect: Callable[[FakeCopr], AbstractContextManager[Callable[[], object]]],
) -> None:
    """The error is no Exception."""

    def loop(get: Callable[[], object]) -> None:
        while True:
            try:
                get()
            except Exception:
                continue

    with connect(stuck()) as get, pytest.raises(PollLoopError, match=LOOP):
        loop(get)


def test_server_responds_with_508() -> None:
    with stuck().serving() as url:
        replies = [httpx.get(url + BUILD) for _ in range(6)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [508]
    assert replies[-1].json()["error"].startswith("GET /api_3/build/1 was requested 5 times")


def test_asgi_application_responds_with_508() -> None:
    async def get() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(stuck(1).asgi), base_url=COPR) as client:
            await client.get(BUILD)
            return (await client.get(BUILD)).status_code

    assert asyncio.run(get()) == 508


def test_moving_the_clock_restarts_the_count() -> None:
    fake = stuck()
    for _ in range(20):
        poll(fake, 5)
        fake.clock.tick(1)


def test_running_clock_is_not_limited() -> None:
    fake = FakeCopr(max_polls=1, clock=SystemClock(1e6))
    fake.add_build({F41: "running"}, id=1)
    poll(fake, 20)


def test_paused_clock_is_limited() -> None:
    clock = SystemClock()
    clock.pause()
    fake = FakeCopr(max_polls=5, clock=clock)
    fake.add_build({F41: "running"}, id=1)
    with pytest.raises(PollLoopError, match=", paused>"):
        poll(fake, 6, "/api_3/build/list?ownername=jdoe&projectname=playground")


def test_other_resources_are_counted_separately() -> None:
    fake = stuck()
    for _ in range(5):
        poll(fake, 1)
        poll(fake, 1, f"/api_3/build-chroot/1/{F41}")
    with pytest.raises(PollLoopError):
        poll(fake, 1)


def test_changed_response_restarts_the_count() -> None:
    fake = stuck()
    for number in range(2, 40):
        poll(fake, 3, "/api_3/build/list?ownername=jdoe&projectname=playground")
        fake.add_build({F41: "running"}, id=number)


@pytest.mark.parametrize("target", [BUILD, f"/api_3/build-chroot/1/{F41}", "/api_3/build-chroot/list?build_id=1"])
def test_polls_that_a_build_counts_are_not_limited(target: str) -> None:
    fake = FakeCopr(max_polls=5, progress=Progress("poll", 50))
    fake.add_build([F41], id=1, lifecycle="succeeds")
    while not fake.builds[1].is_finished:
        poll(fake, 1, target)
    assert len(fake.requests) > 150


def test_polls_of_a_source_build_are_not_limited() -> None:
    fake = FakeCopr(max_polls=5, progress=Progress("poll", 50))
    fake.add_project("jdoe/tools", chroots=[F41])
    body = b'{"ownername": "jdoe", "projectname": "tools", "pypi_package_name": "hello"}'
    headers = {"Content-Type": "application/json", "Authorization": "Basic amRvZTp0b2tlbg=="}
    assert fake.answer("POST", "/api_3/build/create/pypi", [*headers.items()], body).status == 200
    while not fake.builds[1].is_finished:
        poll(fake, 1)


@pytest.mark.parametrize("target", [BUILD, "/api_3/build/list?ownername=jdoe&projectname=playground", "/api_3/"])
def test_polls_of_finished_builds_are_not_limited(target: str) -> None:
    """The code waits for nothing."""
    fake = FakeCopr(max_polls=5)
    fake.add_build({F41: "failed"}, id=1)
    poll(fake, 50, target)


def test_held_build_is_limited() -> None:
    """More polls would not advance it."""
    fake = FakeCopr(max_polls=5)
    fake.add_build([F41], id=1)[F41].hold("pending")
    with pytest.raises(PollLoopError):
        poll(fake, 20)


@pytest.mark.parametrize("restores", ["restore", "with", "reset", "clear"])
def test_restored_state_restarts_the_count(restores: str) -> None:
    """At the same time, and with the same responses."""
    fake = stuck()
    for _ in range(10):
        snapshot = fake.snapshot()
        poll(fake, 4)
        if restores == "restore":
            fake.restore(snapshot)
        elif restores == "with":
            with snapshot:
                pass
        else:
            getattr(fake, restores)()
            fake.add_build({F41: "running"}, id=1)


def test_threads_share_the_count() -> None:
    fake = stuck(50)

    def fails(_: int) -> bool:
        try:
            poll(fake, 1)
        except PollLoopError:
            return True
        return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(fails, range(60))) == 10


def test_endless_fault_is_limited() -> None:
    """Also one that hits only some requests."""
    fake = stuck()
    fake.faults.add({"status": 503, "every": 2})
    statuses = [fake.answer("GET", BUILD).status for _ in range(5)]
    assert statuses.count(503) == 2
    with pytest.raises(PollLoopError):
        fake.answer("GET", BUILD)


def test_other_methods_are_not_limited() -> None:
    fake = stuck()
    for _ in range(20):
        assert fake.answer("OPTIONS", BUILD).status == 200
    for _ in range(5):
        fake.answer("HEAD", BUILD)
    with pytest.raises(PollLoopError):
        fake.answer("HEAD", BUILD)


def test_counts_are_bounded() -> None:
    fake = stuck()
    for number in range(10_001):
        fake.answer("GET", f"/api_3/build/{number}")
    assert len(fake._store.poll_loops._polls) <= 10_000  # noqa: SLF001  # memory is not visible otherwise


FORKED: Mapping[str, StateName] = {F41: "forked"}


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/api_3/build/1", '200 {"chroots": ["fedora-41-x86_64"], "ended_on"'),
        (f"/api_3/build-chroot/1/{F41}", '200 {"started_on": '),
        ("/api_3/build/list?ownername=jdoe&projectname=playground", '200 {"items": '),
        ("/api_3/build/404", '404 {"error": "Build 404 does not exist."}: '),
        ("/api_3/auth-check", '401 {"output": "notok", '),
        ("/results/jdoe/", "200 <!DOCTYPE html>"),
    ],
)
@pytest.mark.parametrize("seconds", [0, 1])
def test_endless_wait_for_what_never_happens_is_found(target: str, answer: str, seconds: int) -> None:
    """For a finished, a missing or a rejected resource, whether the clock moves or not."""
    fake = FakeCopr(max_repeats=50)
    fake.add_build(FORKED, id=1)
    for _ in range(50):
        fake.answer("GET", target)
        fake.clock.tick(seconds)
    with pytest.raises(PollLoopError) as raised:
        fake.answer("GET", target)
    assert f"GET {target} was requested 51 times in a row, and the response was always {answer}" in str(raised.value)
    assert "max_repeats=None" in str(raised.value)


def test_default_limit_of_repeats_is_ten_thousand() -> None:
    fake = FakeCopr()
    poll(fake, 10_000, "/api_3/")
    with pytest.raises(PollLoopError):
        poll(fake, 1, "/api_3/")


@pytest.mark.parametrize("method", ["POST", "other endpoint", "change"])
def test_repeats_are_counted_from_the_last_other_request(method: str) -> None:
    fake = FakeCopr(max_repeats=5)
    fake.add_build(FORKED, id=1)
    for number in range(2, 20):
        poll(fake, 5, "/api_3/build/list?ownername=jdoe&projectname=playground")
        if method == "change":
            fake.add_build(FORKED, id=number)
        elif method == "POST":
            fake.answer("POST", "/api_3/build/create/url")
        else:
            poll(fake, 1, "/api_3/")


def test_alternating_requests_for_two_builds_are_found() -> None:
    fake = FakeCopr(max_repeats=5)
    fake.add_build(FORKED, id=1)
    fake.add_build(FORKED, id=2)
    for _ in range(5):
        poll(fake, 1, "/api_3/build/1")
        poll(fake, 1, "/api_3/build/2")
    with pytest.raises(PollLoopError):
        poll(fake, 1, "/api_3/build/1")


@pytest.mark.parametrize(("state", "seconds"), [("running", 600), ("forked", 600), ("running", 7 * 86_400)])
def test_waiting_for_more_than_a_day_is_found(state: StateName, seconds: int) -> None:
    """After ten polls at least: a test may move the clock by weeks."""
    fake = FakeCopr()
    fake.add_build({F41: state}, id=1)
    polls = max(86_400 // seconds + 1, 10)
    for _ in range(polls):
        poll(fake, 1)
        fake.clock.tick(seconds)
    message = rf"requested {polls + 1} times in {polls * seconds} s of the fake's clock, .*: 200 .*max_wait=SECONDS"
    with pytest.raises(PollLoopError, match=message.replace(": 200", " 200")):
        poll(fake, 1)


@pytest.mark.parametrize("max_wait", [None, 10**7])
def test_limit_of_waiting_can_be_changed(max_wait: float | None) -> None:
    fake = FakeCopr(max_wait=max_wait)
    fake.add_build({F41: "running"}, id=1)
    for _ in range(100):
        poll(fake, 1)
        fake.clock.tick(7200)


def test_long_builds_are_not_limited_by_repeats() -> None:
    """An unfinished build may still end."""
    fake = FakeCopr(progress="clock", max_repeats=5)
    fake.add_build([F41], id=1, lifecycle="succeeds")
    while not fake.builds[1].is_finished:
        poll(fake, 1)
        fake.clock.tick(1)


def test_waits_on_a_running_clock_are_not_limited() -> None:
    """Health checks repeat the same request for days."""
    fake = FakeCopr(max_repeats=5, clock=SystemClock(1e6))
    poll(fake, 100, "/api_3/")


@pytest.mark.parametrize("options", [{"max_repeats": 0}, {"max_wait": -1}, {"max_wait": "1"}])
def test_invalid_limits_of_waiting_are_rejected(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=rf"^{next(iter(options))}: "):
        FakeCopr(**options)
