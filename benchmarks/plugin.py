"""What the pytest plugin and its fixtures cost."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import respx

from copr_chroot_fake import CoprClient, FakeCopr
from copr_chroot_fake.http_server.live_server import LiveServer

from .figures import Figure, ratio, timed
from .in_process import GET, hundred_chroots
from .processes import printed_by

COPR = "https://copr.fedorainfracloud.org"


def measure(rounds: int) -> Iterator[Figure]:
    yield Figure("a pytest run with the plugin, over one without it", 1000 * _plugin_seconds(rounds), "ms", at_most=3)
    yield Figure("copr_fake and copr_client, set up and torn down", 1e6 * _fixtures_seconds(), "µs", at_most=150)
    per_test, per_request = _respx_ratios(rounds)
    yield Figure("a test with copr_httpx / one with respx.mock and a static route", per_test, "times", at_most=1.2)
    yield Figure("a request through copr_httpx / one through that", per_request, "times", at_most=1.2)
    ready, stop = _server_seconds(rounds)
    yield Figure("copr_server ready on first use, imports included", 1000 * ready, "ms", at_most=60)
    yield Figure("copr_server stopped", 1000 * stop, "ms", at_most=30)


def _plugin_seconds(rounds: int) -> float:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "test_empty.py"
        path.write_text("def test_nothing(): pass\n")
        return printed_by("-m", "benchmarks.pytest_runs", str(path), str(8 * rounds))


def _fixtures_seconds(times: int = 2000) -> float:
    def one() -> None:
        fake = FakeCopr()
        with CoprClient(transport=fake.transport, sleep=fake.clock.tick, now=fake.clock.now):
            pass

    one()
    return timed(one, times)() / times


def _respx_ratios(rounds: int) -> tuple[float, float]:
    fake = hundred_chroots()
    body = fake.answer("GET", GET).body

    def ours(requests: int) -> Callable[[], float]:
        def test() -> None:
            with fake.mock_httpx(COPR), httpx.Client(verify=False) as client:
                for _ in range(requests):
                    client.get(COPR + GET)

        return timed(test, 20)

    def static(requests: int) -> Callable[[], float]:
        def test() -> None:
            with respx.mock as router, httpx.Client(verify=False) as client:
                router.get(url__startswith=COPR).respond(200, content=body)
                for _ in range(requests):
                    client.get(COPR + GET)

        return timed(test, 20)

    return ratio(ours(1), static(1), rounds), ratio(ours(50), static(50), rounds)


def _server_seconds(rounds: int) -> tuple[float, float]:
    """From a process that has loaded pytest, as a test run has: the first start, and the medians of stopping."""
    code = (
        "import pytest, time; began = time.perf_counter()\n"
        "from copr_chroot_fake.http_server.live_server import LiveServer\n"
        "server = LiveServer(FakeCopr); print(time.perf_counter() - began); server.stop()"
    )
    starts = [printed_by("-c", code) for _ in range(rounds)]
    stops = []
    for _ in range(rounds):
        server = LiveServer(FakeCopr)
        with httpx.Client(base_url=server.add("x", FakeCopr()), verify=False) as client:
            client.get("/api_3/")
            began = time.perf_counter()
            server.stop()
            stops.append(time.perf_counter() - began)
    return sorted(starts)[rounds // 2], sorted(stops)[rounds // 2]
