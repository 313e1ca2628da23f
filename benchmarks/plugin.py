"""What the pytest plugin and its fixtures cost."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import respx

from copr_chroot_fake import CoprClient, FakeCopr
from copr_chroot_fake.doors.respx_router import answering_through_respx
from copr_chroot_fake.server.live import LiveServer

from .figures import Figure, ratio
from .in_process import GET, hundred_chroots
from .processes import ENVIRONMENT

COPR = "https://copr.fedorainfracloud.org"


def measure(rounds: int) -> Iterator[Figure]:
    yield Figure("a pytest run with the plugin, over one without it", 1000 * _plugin_seconds(rounds), "ms", 3)
    yield Figure("copr_fake and copr_client, set up and torn down", 1e6 * _fixtures_seconds(), "µs", 150)
    per_test, per_request = _respx_ratios(rounds)
    yield Figure("a test with copr_respx / one with respx.mock and a static route", per_test, "times", 1.2)
    yield Figure("a request through copr_respx / one through that", per_request, "times", 1.2)
    ready, stop = _server_seconds(rounds)
    yield Figure("copr_server ready on first use, imports included", 1000 * ready, "ms", 60)
    yield Figure("copr_server stopped", 1000 * stop, "ms", 30)


def _plugin_seconds(rounds: int) -> float:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "test_empty.py"
        path.write_text("def test_nothing(): pass\n")
        command = [sys.executable, "-m", "benchmarks.pytest_runs", str(path), str(8 * rounds)]
        return float(subprocess.run(command, check=True, env=ENVIRONMENT, capture_output=True, text=True).stdout)


def _fixtures_seconds(times: int = 2000) -> float:
    def one() -> None:
        fake = FakeCopr()
        with CoprClient(transport=fake.transport, sleep=fake.clock.tick, now=fake.clock.now):
            pass

    one()
    began = time.perf_counter()
    for _ in range(times):
        one()
    return (time.perf_counter() - began) / times


def _respx_ratios(rounds: int) -> tuple[float, float]:
    fake = hundred_chroots()
    body = fake.answer("GET", GET).body

    def ours(requests: int) -> Callable[[], float]:
        def run() -> float:
            began = time.perf_counter()
            for _ in range(20):
                with answering_through_respx(fake.transport, COPR), httpx.Client(verify=False) as client:
                    for _ in range(requests):
                        client.get(COPR + GET)
            return time.perf_counter() - began

        return run

    def static(requests: int) -> Callable[[], float]:
        def run() -> float:
            began = time.perf_counter()
            for _ in range(20):
                with respx.mock as router, httpx.Client(verify=False) as client:
                    router.get(url__startswith=COPR).respond(200, content=body)
                    for _ in range(requests):
                        client.get(COPR + GET)
            return time.perf_counter() - began

        return run

    return ratio(ours(1), static(1), rounds), ratio(ours(50), static(50), rounds)


def _server_seconds(rounds: int) -> tuple[float, float]:
    """From a process that has loaded pytest, as a test run has: the first start, and the medians of stopping."""
    code = (
        "import pytest, time; began = time.perf_counter()\n"
        "from copr_chroot_fake.server.live import LiveServer\n"
        "server = LiveServer(); print(time.perf_counter() - began); server.stop()"
    )
    command = [sys.executable, "-c", code]
    starts = [
        float(subprocess.run(command, check=True, env=ENVIRONMENT, capture_output=True, text=True).stdout)
        for _ in range(rounds)
    ]
    stops = []
    for _ in range(rounds):
        server = LiveServer()
        with httpx.Client(base_url=server.add("x", FakeCopr()), verify=False) as client:
            client.get("/api_3/")
            began = time.perf_counter()
            server.stop()
            stops.append(time.perf_counter() - began)
    return sorted(starts)[rounds // 2], sorted(stops)[rounds // 2]
