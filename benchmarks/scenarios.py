"""Scenarios of 100,000 chroots, loaded and checked, beside what ``json.load`` of the same file takes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from faker import Generator

from copr_chroot_fake import CoprProvider, FakeCopr, Scenario
from copr_chroot_fake.tools.check import check

from .figures import Figure, ratio

BUILDS, EACH = 5000, 20
MISTAKES = 1000
AT_MOST = 12


def measure(rounds: int) -> Iterator[Figure]:
    # One takes seconds, and differs little from the next.
    few = max(rounds // 3, 1)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "scenario.json")

        def beside_json(what: str, do: Callable[[], object]) -> Figure:
            times = ratio(lambda: _seconds(do), lambda: _seconds(lambda: _load_json(path)), few)
            return Figure(f"a scenario of 100,000 chroots, {what} / json.load", times, "times", AT_MOST)

        made_up = CoprProvider(Generator().seed_instance(7)).copr_scenario(BUILDS, EACH)
        for what, scenario in (("made up", made_up), ("that live", _living())):
            path.write_text(json.dumps(scenario))
            yield beside_json(f"{what}, loaded", lambda: FakeCopr.from_scenario(path))
        _break(made_up)
        path.write_text(json.dumps(made_up))
        yield beside_json(f"made up and with {MISTAKES:,} mistakes, checked", lambda: _check(path))


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _load_json(path: Path) -> object:
    with path.open() as file:
        return json.load(file)


def _living() -> Scenario:
    """As a fake writes it, with everything drawn that was to be drawn."""
    fake = FakeCopr()
    names = [f"fedora-{version}-x86_64" for version in range(24, 24 + EACH)]
    for number in range(1, BUILDS + 1):
        fake.add_build(number, names, lifecycle="realistic")
    return fake.to_scenario()


def _break(scenario: Scenario) -> None:
    for build in scenario["builds"][: MISTAKES * 5 : 5]:
        build["timeout"] = -1


def _check(path: Path) -> None:
    (checked,) = check([path])
    assert len(checked.mistakes) == MISTAKES
