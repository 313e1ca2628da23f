"""The served fake beside other kits' servers, each answering one client from memory as it does best, on one core.

pytest-httpserver answers with a fixed response, moto's server with the list of
its buckets, of which there are none. Both keep no connection open, so the fake is
asked with a connection for each request too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from .figures import Figure, ratio
from .in_process import GET
from .load import ask_each, ask_often, reconnecting_rate
from .processes import python, running, serving
from .served import write_scenario

MIB = 1024 * 1024
ASKED = 200_000


def measure(rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as servers:
        scenario = str(write_scenario(Path(directory)))
        fake = servers.enter_context(running(serving(scenario)))
        httpserver = servers.enter_context(running(python("benchmarks.fixed_httpserver")))
        moto = servers.enter_context(running(python("benchmarks.moto_server")))
        get = reconnecting_rate(fake.port, GET)
        yield Figure(
            "served get, requests/s / pytest-httpserver's",
            ratio(get, reconnecting_rate(httpserver.port, GET, 60), rounds),
            "times",
            at_least=4,
        )
        yield Figure(
            "served get, requests/s / moto's server",
            ratio(get, reconnecting_rate(moto.port, "/", 30), rounds),
            "times",
            at_least=10,
        )
        yield Figure(f"memory that {ASKED:,} requests leave in the server", _grown(scenario), "MiB", at_most=10)
    with tempfile.TemporaryDirectory() as directory:
        yield Figure("memory for each of 10,000 idle worlds", _world_size(10_000), "KiB", at_most=20)


def _grown(scenario: str) -> float:
    """After the first thousand requests, by which everything has been loaded."""
    with running(serving(scenario)) as server:
        ask_often(server.port, GET, 1000)
        before = server.memory
        ask_often(server.port, GET, ASKED)
        return (server.memory - before) / MIB


def _world_size(number: int) -> float:
    """Of worlds with the scenario that ships, each of which has been asked once."""
    with running(serving()) as server:
        ask_often(server.port, "/worlds/first" + GET, 1000)
        before = server.memory
        ask_each(server.port, (f"/worlds/idle-{at}/api_3/build-chroot/list?build_id=1" for at in range(number)))
        return (server.memory - before) / number / 1024
