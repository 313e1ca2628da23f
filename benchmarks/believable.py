"""How long it takes to make up a large scenario."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from faker import Generator

from copr_chroot_fake import CoprProvider

from .figures import Figure

CHROOTS = 100_000
EACH = 5


def measure(rounds: int) -> Iterator[Figure]:
    seconds = statistics.median(_make(seed) for seed in range(min(rounds, 3)))
    yield Figure(f"a scenario of {CHROOTS:,} chroots, made up", seconds, "s", at_most=30)


def _make(seed: int) -> float:
    """Seconds for a hundred thousand chroots, from as many as a seed gives of about that many."""
    faker = CoprProvider(Generator().seed_instance(seed))
    began = time.perf_counter()
    scenario = faker.copr_scenario(CHROOTS // EACH, EACH)
    taken = time.perf_counter() - began
    return taken * CHROOTS / sum(len(build["chroots"]) for build in scenario["builds"])
