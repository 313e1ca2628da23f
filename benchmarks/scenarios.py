"""Loading scenarios of 100,000 chroots, compared with ``json.load`` of the same file.

Each measurement runs in a process of its own, because data that is already in memory slows it down.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from copr_chroot_fake import FakeCopr, Scenario
from copr_chroot_fake.generate.provider import seeded_provider

from .figures import Figure, ratio
from .processes import printed_by

BUILDS, CHROOTS_PER_BUILD = 5000, 20
MAXIMUM = 12


def measure(rounds: int) -> Iterator[Figure]:
    # A measurement takes seconds, and varies little.
    few_rounds = max(rounds // 3, 1)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "scenario.json")

        def compare_with_json(name: str, action: str, scenario: Scenario) -> Figure:
            path.write_text(json.dumps(scenario))
            times = ratio(lambda: _time_in_process(action, path), lambda: _time_in_process("json", path), few_rounds)
            return Figure(f"{name} / json.load", times, maximum=MAXIMUM)

        scenario = seeded_provider("7").copr_scenario(BUILDS, CHROOTS_PER_BUILD)
        yield compare_with_json("load a generated scenario of 100,000 chroots", "load", scenario)
        yield compare_with_json("load a scenario of 100,000 chroots with lifecycles", "load", _advancing_scenario())


def _advancing_scenario() -> Scenario:
    """Return a scenario exported from a fake, with all random durations already drawn."""
    fake = FakeCopr(max_polls=None, max_repeats=None)
    names = [f"fedora-{version}-x86_64" for version in range(24, 24 + CHROOTS_PER_BUILD)]
    for build_id in range(1, BUILDS + 1):
        fake.add_build(names, id=build_id, lifecycle="realistic")
    return fake.to_scenario()


def _time_in_process(action: str, path: Path) -> float:
    return printed_by("-m", "benchmarks.scenarios", action, str(path))


def _load_json(path: Path) -> object:
    with path.open() as file:
        return json.load(file)


ACTIONS: Mapping[str, Callable[[Path], object]] = {"json": _load_json, "load": FakeCopr.from_scenario}

if __name__ == "__main__":
    action, path = ACTIONS[sys.argv[1]], Path(sys.argv[2])
    began = time.perf_counter()
    # The result is kept until the time is taken, so that freeing it does not count.
    result = action(path)
    print(time.perf_counter() - began)
