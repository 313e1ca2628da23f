"""One server, and four behind nginx as in docs/how-to/scale-out.md: ``python -m benchmarks.scale_out`` prints a table.

All of them, and the clients, share the cores of this machine, so processor times say more than rates.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx

from tests.documents import ROOT, blocks_of
from tests.nginx import running_nginx
from tests.served import Served, starting

from .load import send_repeatedly
from .processes import memory_of

WORLDS, CLIENTS, REQUESTS = 400, 8, 4000
BUILDS = {"all-states": 1, "mass-rebuild": 1001}
"""The scenarios of the worlds, and the build that is read."""


class Cost(NamedTuple):
    """How many per second, and the processor time of each, in microseconds."""

    rate: float
    microseconds: float


def main() -> None:
    print("| scenario | servers | worlds/s | time of a world | memory of a world | requests/s | time of a request |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for scenario in BUILDS:
        for count in (1, 4):
            print(_measure(scenario, count))


def _measure(scenario: str, count: int) -> str:
    with TemporaryDirectory() as directory, ExitStack() as opened:
        start = opened.enter_context(starting())
        servers = [start(scenario) for _ in range(count)]
        proxy = opened.enter_context(running_nginx(Path(directory), _configuration(servers)))
        pids = [server.process.pid for server in servers]
        client = opened.enter_context(httpx.Client(base_url=proxy.url))

        def create(number: int) -> None:
            client.put(f"/_fake/worlds/job-{number}").raise_for_status()

        def read(number: int) -> None:
            target = f"/worlds/job-{number}/api_3/build/{BUILDS[scenario]}"
            send_repeatedly(proxy.address[1], target, REQUESTS)

        create(0)
        before = sum(map(memory_of, pids))
        worlds = _cost(pids, create, WORLDS, WORLDS)
        memory = (sum(map(memory_of, pids)) - before) / WORLDS / 1024
        requests = _cost(pids, read, CLIENTS, CLIENTS * REQUESTS)
    return (
        f"| {scenario} | {count} | {worlds.rate:,.0f} | {worlds.microseconds / 1000:.1f} ms | {memory:.0f} KiB "
        f"| {requests.rate:,.0f} | {requests.microseconds:.0f} µs |"
    )


def _cost(pids: list[int], call: Callable[[int], None], calls: int, units: int) -> Cost:
    """Call a function in several threads, and measure what that costs the servers."""
    used, began = sum(map(_processor_seconds, pids)), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(call, range(calls)))
    seconds = time.perf_counter() - began
    return Cost(units / seconds, 1e6 * (sum(map(_processor_seconds, pids)) - used) / units)


def _configuration(servers: list[Served]) -> str:
    (text,) = (block.text for block in blocks_of(ROOT / "docs/how-to/scale-out.md") if block.file == "copr.conf")
    listed = "hash $world consistent;" + "".join(f"server {server.url.removeprefix('http://')};" for server in servers)
    text = re.sub(r"server copr-\d:5000.*", "", text).replace("hash $world consistent;", listed)
    return text.replace("listen 8080", "listen PORT")


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
