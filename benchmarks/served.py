"""The served fake compared with uvicorn and a static application: requests per second and latency.

Both servers run on one core, and the client on another one if there is one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from .figures import Figure, ratio
from .in_process import GET, LIST, fake_with_hundred_chroots
from .load import latency, rate
from .processes import running, serving, static_app


def measure(rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as servers:
        scenario = str(write_scenario(Path(directory)))
        fake = servers.enter_context(running(serving(scenario))).port
        static = servers.enter_context(running(static_app)).port
        get = rate(fake, GET)
        yield Figure(
            "server, requests/s: GET a chroot / uvicorn with a static app",
            ratio(get, rate(static, GET), rounds),
            minimum=1.3,
        )
        yield Figure(
            "server, requests/s: GET a list of 100 chroots / one chroot",
            ratio(rate(fake, LIST), get, rounds),
            minimum=0.7,
        )
        yield Figure(
            "server, 99th percentile latency with 64 clients / uvicorn with a static app",
            ratio(latency(fake, GET), latency(static, GET), rounds),
            maximum=1.2,
        )


def write_scenario(directory: Path) -> Path:
    """Write a scenario with the build of ``fake_with_hundred_chroots``, and return its path."""
    path = directory / "hundred.json"
    path.write_text(json.dumps(fake_with_hundred_chroots().to_scenario()))
    return path
