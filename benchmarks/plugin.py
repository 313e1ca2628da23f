"""The time that the pytest plugin and its fixtures take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import httpx
import respx

from copr_chroot_fake import CoprClient, FakeCopr
from copr_chroot_fake.server.live_server import LiveServer

from .figures import Figure, ratio, timed
from .in_process import GET, fake_with_hundred_chroots
from .processes import printed_by

COPR = "https://copr.fedorainfracloud.org"


def measure(rounds: int) -> Iterator[Figure]:
    yield Figure("pytest plugin, import", 1000 * _import_seconds(rounds), "ms", maximum=1.5)
    yield Figure("copr_fake and copr_client, setup and teardown", 1e6 * _fixtures_seconds(), "µs", maximum=150)
    per_test, per_request = _compare_with_respx(rounds)
    yield Figure("test with one request: copr_httpx / respx.mock with a fixed route", per_test, maximum=1.2)
    yield Figure("test with 50 requests: copr_httpx / respx.mock with a fixed route", per_request, maximum=1.2)
    start, stop = _server_seconds(rounds)
    yield Figure("copr_server, first start including imports", 1000 * start, "ms", maximum=60)
    yield Figure("copr_server, stop", 1000 * stop, "ms", maximum=30)


def _import_seconds(rounds: int) -> float:
    """Return the median for what each run of pytest does, even if it does not use the plugin."""
    code = (
        "import pytest, time\n"
        "began = time.perf_counter()\n"
        "import copr_chroot_fake.pytest_plugin; print(time.perf_counter() - began)"
    )
    return statistics.median(printed_by("-c", code) for _ in range(rounds))


def _fixtures_seconds(times: int = 2000) -> float:
    def set_up_and_tear_down() -> None:
        fake = FakeCopr()
        with CoprClient(transport=fake.transport, sleep=fake.clock.tick, now=fake.clock.now):
            pass

    set_up_and_tear_down()
    return timed(set_up_and_tear_down, times)() / times


def _compare_with_respx(rounds: int) -> tuple[float, float]:
    """Return the ratios of tests with one request, and of tests with 50 requests."""
    fake = fake_with_hundred_chroots()
    body = fake.answer("GET", GET).body

    def with_fake(requests: int) -> Callable[[], float]:
        def test() -> None:
            with fake.mock_httpx(COPR), httpx.Client(verify=False) as client:
                for _ in range(requests):
                    client.get(COPR + GET)

        return timed(test, 20)

    def with_respx(requests: int) -> Callable[[], float]:
        def test() -> None:
            with respx.mock as router, httpx.Client(verify=False) as client:
                router.get(url__startswith=COPR).respond(200, content=body)
                for _ in range(requests):
                    client.get(COPR + GET)

        return timed(test, 20)

    return ratio(with_fake(1), with_respx(1), rounds), ratio(with_fake(50), with_respx(50), rounds)


def _server_seconds(rounds: int) -> tuple[float, float]:
    """Return the medians of a first start, in a process that has imported pytest and created a fake, and of a stop."""
    code = (
        "import pytest, time\n"
        "from copr_chroot_fake import FakeCopr\n"
        "FakeCopr(); began = time.perf_counter()\n"
        "from copr_chroot_fake.server.live_server import LiveServer\n"
        "server = LiveServer(); print(time.perf_counter() - began); server.stop()"
    )
    starts = [printed_by("-c", code) for _ in range(rounds)]
    return statistics.median(starts), statistics.median(_stop_seconds() for _ in range(rounds))


def _stop_seconds() -> float:
    server = LiveServer()
    with httpx.Client(base_url=server.add("x", FakeCopr().service), verify=False) as client:
        client.get("/api_3/")
        began = time.perf_counter()
        server.stop()
        return time.perf_counter() - began
