"""Delays pass on the fake's clock, and each client times out as with a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
import requests
from urllib3 import Timeout

from copr_chroot_fake import CoprFakeError, Dribble, FakeCopr, Fault, SystemClock

from .helpers import COPR_ANSWER, IN_PROCESS, URL, fake_with_running_build, seconds_passed


def with_httpx(lib: Any, adapter: str, timeout: Callable[[Any], Any]) -> Timed:
    def send(fake: FakeCopr, seconds: float | None) -> bytes:
        with (
            IN_PROCESS[adapter](fake) as opened,
            lib.Client(transport=opened if adapter == "transport" else None, timeout=timeout(seconds)) as client,
        ):
            content: bytes = client.get(URL).content
            return content

    return send


def with_async_httpx(lib: Any, adapter: str) -> Timed:
    def send(fake: FakeCopr, seconds: float | None) -> bytes:
        async def get(transport: Any) -> bytes:
            async with lib.AsyncClient(transport=transport, timeout=seconds) as client:
                content: bytes = (await client.get(URL)).content
                return content

        with IN_PROCESS[adapter](fake) as opened:
            return asyncio.run(get(opened if adapter == "transport" else None))

    return send


def with_requests(timeout: Callable[[Any], Any]) -> Timed:
    def send(fake: FakeCopr, seconds: float | None) -> bytes:
        with IN_PROCESS["mock_requests"](fake):
            return requests.get(URL, timeout=timeout(seconds)).content

    return send


Timed = Callable[[FakeCopr, "float | None"], bytes]
"""Requests a chroot with a timeout in seconds, or none."""

TIMED: dict[str, Timed] = {
    "httpx": with_httpx(httpx, "transport", lambda seconds: seconds),
    "httpx, to read": with_httpx(httpx, "transport", lambda seconds: httpx.Timeout(1, read=seconds)),
    "httpx async": with_async_httpx(httpx, "transport"),
    "mock_httpx": with_httpx(httpx, "mock_httpx", lambda seconds: seconds),
    "httpx2": with_httpx(httpx2, "mock_httpx2", lambda seconds: seconds),
    "httpx2, to read": with_httpx(httpx2, "mock_httpx2", lambda seconds: httpx2.Timeout(1, read=seconds)),
    "httpx2 async": with_async_httpx(httpx2, "mock_httpx2"),
    "requests": with_requests(lambda seconds: seconds),
    "requests, to connect and to read": with_requests(lambda seconds: (1, seconds)),
    "requests, of urllib3": with_requests(lambda seconds: Timeout(connect=1, read=seconds)),
    "requests, in total": with_requests(lambda seconds: Timeout(total=seconds)),
    "requests, total before read": with_requests(lambda seconds: Timeout(total=seconds, read=seconds and 99)),
}


@pytest.fixture(params=TIMED)
def timed(request: pytest.FixtureRequest) -> Timed:
    return TIMED[request.param]


TIMEOUTS = (httpx.ReadTimeout, httpx2.ReadTimeout, requests.ReadTimeout)


@pytest.mark.parametrize("fault", [Fault(breaks="timeout"), Fault(delay=45), Fault(breaks="reset", delay=45)], ids=str)
def test_client_times_out_on_the_clock_of_the_fake(fake: FakeCopr, timed: Timed, fault: Fault) -> None:
    fake.faults.add(fault)
    with pytest.raises(TIMEOUTS):
        timed(fake, 30)
    assert seconds_passed(fake) == 30


@pytest.mark.parametrize("seconds", [30, None])
def test_delay_passes_on_the_clock_of_the_fake(fake: FakeCopr, timed: Timed, seconds: float | None) -> None:
    """It passes once before the response and once between pieces; the timeout applies to each."""
    fake.faults.add(Fault(delay=20, dribble=Dribble(bytes=100, every=25)))
    assert timed(fake, seconds) == COPR_ANSWER.body
    assert seconds_passed(fake) == 20 + 25 * ((len(COPR_ANSWER.body) - 1) // 100)


def test_client_times_out_within_a_body(fake: FakeCopr, timed: Timed) -> None:
    """requests raises ``ConnectionError`` then."""
    fake.faults.add(Fault(dribble=Dribble(bytes=100, every=31)))
    with pytest.raises((httpx.ReadTimeout, httpx2.ReadTimeout, requests.ConnectionError)):
        timed(fake, 30)
    assert seconds_passed(fake) == 30


def test_endless_wait_without_a_timeout_is_an_error(fake: FakeCopr, timed: Timed) -> None:
    """The error is not one of the library's, so that nothing retries it."""
    fake.faults.add(Fault(breaks="timeout"))
    with pytest.raises(CoprFakeError, match="the client would wait forever; give it a timeout"):
        timed(fake, None)
    assert seconds_passed(fake) == 0


def test_delay_does_not_move_a_system_clock(timed: Timed) -> None:
    fake = fake_with_running_build(clock=SystemClock())
    fake.faults.add(Fault(delay=86400))
    assert timed(fake, None) == COPR_ANSWER.body
