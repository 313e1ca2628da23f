"""What takes long passes on the fake's clock, and each client gives up when it would."""

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

from .asked import IN_PROCESS, OWN, URL, passed, running


def with_httpx(lib: Any, adapter: str, timeout: Callable[[Any], Any]) -> Timed:
    def ask(fake: FakeCopr, seconds: float | None) -> bytes:
        with (
            IN_PROCESS[adapter](fake) as opened,
            lib.Client(transport=opened if adapter == "transport" else None, timeout=timeout(seconds)) as client,
        ):
            content: bytes = client.get(URL).content
            return content

    return ask


def with_async_httpx(lib: Any, adapter: str) -> Timed:
    def ask(fake: FakeCopr, seconds: float | None) -> bytes:
        async def get(transport: Any) -> bytes:
            async with lib.AsyncClient(transport=transport, timeout=seconds) as client:
                content: bytes = (await client.get(URL)).content
                return content

        with IN_PROCESS[adapter](fake) as opened:
            return asyncio.run(get(opened if adapter == "transport" else None))

    return ask


def with_requests(timeout: Callable[[Any], Any]) -> Timed:
    def ask(fake: FakeCopr, seconds: float | None) -> bytes:
        with IN_PROCESS["mock_requests"](fake):
            return requests.get(URL, timeout=timeout(seconds)).content

    return ask


Timed = Callable[[FakeCopr, "float | None"], bytes]
"""Asks for a chroot, and waits for so many seconds at most."""

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


GAVE_UP = (httpx.ReadTimeout, httpx2.ReadTimeout, requests.ReadTimeout)


@pytest.mark.parametrize("fault", [Fault(breaks="timeout"), Fault(delay=45), Fault(breaks="reset", delay=45)], ids=str)
def test_a_client_gives_up_when_it_would(fake: FakeCopr, timed: Timed, fault: Fault) -> None:
    """By its own timeout, which passes on the fake's clock and nowhere else."""
    fake.faults.add(fault)
    with pytest.raises(GAVE_UP):
        timed(fake, 30)
    assert passed(fake) == 30


@pytest.mark.parametrize("seconds", [30, None])
def test_a_delay_passes_on_the_clock(fake: FakeCopr, timed: Timed, seconds: float | None) -> None:
    """Once for the answer, and once for each piece of it but the first; a client may wait so long for each."""
    fake.faults.add(Fault(delay=20, dribble=Dribble(bytes=100, every=25)))
    assert timed(fake, seconds) == OWN.body
    assert passed(fake) == 20 + 25 * ((len(OWN.body) - 1) // 100)


def test_a_client_gives_up_within_a_body_too(fake: FakeCopr, timed: Timed) -> None:
    """When a piece is too long in coming; requests has a word of its own for that."""
    fake.faults.add(Fault(dribble=Dribble(bytes=100, every=31)))
    with pytest.raises((httpx.ReadTimeout, httpx2.ReadTimeout, requests.ConnectionError)):
        timed(fake, 30)
    assert passed(fake) == 30


def test_who_would_wait_for_ever_is_told_so(fake: FakeCopr, timed: Timed) -> None:
    """By an error that is none of the library's, so that nobody tries again."""
    fake.faults.add(Fault(breaks="timeout"))
    with pytest.raises(CoprFakeError, match="the client would wait for ever; give it a timeout"):
        timed(fake, None)
    assert passed(fake) == 0


def test_nobody_waits_where_the_systems_time_runs(timed: Timed) -> None:
    """It goes on by itself."""
    fake = running(clock=SystemClock())
    fake.faults.add(Fault(delay=86400))
    assert timed(fake, None) == OWN.body
