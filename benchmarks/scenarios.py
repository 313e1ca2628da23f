"""Scenarios of 100,000 chroots, loaded and checked, beside what ``json.load`` of the same file takes.

Each is done in a process of its own: what is in memory already slows down either.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from faker import Generator

from copr_chroot_fake import CoprProvider, FakeCopr, Scenario
from copr_chroot_fake.scenario_cli.check import check

from .figures import Figure, ratio
from .processes import printed_by

BUILDS, EACH = 5000, 20
MISTAKES = 1000
AT_MOST = 12


def measure(rounds: int) -> Iterator[Figure]:
    # One takes seconds, and differs little from the next.
    few = max(rounds // 3, 1)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "scenario.json")

        def beside_json(what: str, action: str) -> Figure:
            times = ratio(lambda: _in_process(action, path), lambda: _in_process("json", path), few)
            return Figure(f"a scenario of 100,000 chroots, {what} / json.load", times, "times", at_most=AT_MOST)

        made_up = CoprProvider(Generator().seed_instance(7)).copr_scenario(BUILDS, EACH)
        path.write_text(json.dumps(made_up))
        yield beside_json("made up, loaded", "load")
        for build in made_up["builds"][: MISTAKES * 5 : 5]:
            build["timeout"] = -1
        path.write_text(json.dumps(made_up))
        yield beside_json(f"made up and with {MISTAKES:,} mistakes, checked", "check")
        path.write_text(json.dumps(_living()))
        yield beside_json("that live, loaded", "load")


def _living() -> Scenario:
    """As a fake writes it, with everything drawn that was to be drawn."""
    fake = FakeCopr()
    names = [f"fedora-{version}-x86_64" for version in range(24, 24 + EACH)]
    for number in range(1, BUILDS + 1):
        fake.add_build(names, id=number, lifecycle="realistic")
    return fake.to_scenario()


def _in_process(action: str, path: Path) -> float:
    return printed_by("-m", "benchmarks.scenarios", action, str(path))


def _load_json(path: Path) -> object:
    with path.open() as file:
        return json.load(file)


def _check(path: Path) -> None:
    (checked,) = check([path])
    assert len(checked.errors) == MISTAKES


ACTIONS: Mapping[str, Callable[[Path], object]] = {"json": _load_json, "load": FakeCopr.from_scenario, "check": _check}

if __name__ == "__main__":
    do, path = ACTIONS[sys.argv[1]], Path(sys.argv[2])
    began = time.perf_counter()
    kept = do(path)
    print(time.perf_counter() - began)
