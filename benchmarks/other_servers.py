"""The served fake compared with the servers of other test tools, each with one client, on one core.

pytest-httpserver returns a fixed response, and moto's server its empty list of buckets. Neither keeps connections
open, so the fake is also measured with a connection per request.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from .figures import Figure, ratio
from .in_process import GET
from .load import reconnecting_rate, send_repeatedly
from .processes import python, running, serving
from .served import write_scenario

MIB = 1024 * 1024
REQUESTS = 200_000


def measure(rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as servers:
        scenario = str(write_scenario(Path(directory)))
        fake = servers.enter_context(running(serving(scenario)))
        httpserver = servers.enter_context(running(python("benchmarks.fixed_httpserver")))
        moto = servers.enter_context(running(python("benchmarks.moto_server")))
        get = reconnecting_rate(fake.port, GET)
        yield Figure(
            "server, requests/s: fake / pytest-httpserver",
            ratio(get, reconnecting_rate(httpserver.port, GET, 60), rounds),
            minimum=4,
        )
        yield Figure(
            "server, requests/s: fake / moto's server",
            ratio(get, reconnecting_rate(moto.port, "/", 30), rounds),
            minimum=10,
        )
        yield Figure(f"server, memory growth in {REQUESTS:,} requests", _memory_growth(scenario), "MiB", maximum=10)


def _memory_growth(scenario: str) -> float:
    """Return the growth after the first thousand requests, which import everything."""
    with running(serving(scenario)) as server:
        send_repeatedly(server.port, GET, 1000)
        before = server.memory
        send_repeatedly(server.port, GET, REQUESTS)
        return (server.memory - before) / MIB
