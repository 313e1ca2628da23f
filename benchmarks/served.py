"""The served fake beside uvicorn with a static application: requests per second, lateness, and time until ready.

Both servers run on one core, and what asks them on another where there is one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from .figures import Figure, ratio
from .in_process import GET, LIST, hundred_chroots
from .load import late, rate
from .processes import ready_seconds, running, serving, static_app


def measure(rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as servers:
        scenario = str(write_scenario(Path(directory)))
        fake = servers.enter_context(running(serving(scenario))).port
        forgetful = servers.enter_context(running(serving(scenario, "--journal", "0"))).port
        static = servers.enter_context(running(static_app)).port
        get, page, least = rate(fake, GET), rate(fake, LIST), rate(static, GET)
        yield Figure(
            "served get, requests/s / uvicorn with a static app", ratio(get, least, rounds), "times", at_least=0.7
        )
        yield Figure("served list of 100, requests/s / served get", ratio(page, get, rounds), "times", at_least=0.6)
        in_world = rate(fake, "/worlds/a" + GET)
        yield Figure(
            "served get in a world, requests/s / without", ratio(in_world, get, rounds), "times", at_least=0.85
        )
        yield Figure(
            "served get, requests/s with the journal / without",
            ratio(get, rate(forgetful, GET), rounds),
            "times",
            at_least=0.9,
        )
        yield Figure(
            "served get to 64 clients, the 99th of 100 / that app's",
            ratio(late(fake, GET), late(static, GET), rounds),
            "times",
            at_most=3,
        )
    ready = ratio(lambda: ready_seconds(serving()), lambda: ready_seconds(static_app), rounds)
    yield Figure("serve, time until it answers / the same static app", ready, "times", at_most=1.5)


def write_scenario(directory: Path) -> Path:
    names = [chroot.name for chroot in hundred_chroots().builds[1].chroots]
    chroots = [
        {"name": name, "state": "succeeded", "started_on": 1, "ended_on": 2, "result_dir": "d"} for name in names
    ]
    path = directory / "hundred.json"
    path.write_text(json.dumps({"builds": [{"id": 1, "chroots": chroots}]}))
    return path
