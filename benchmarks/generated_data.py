"""The time it takes to generate a large scenario."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from copr_chroot_fake.generate.provider import seeded_provider

from .figures import Figure

CHROOTS = 100_000
CHROOTS_PER_BUILD = 5


def measure(rounds: int) -> Iterator[Figure]:
    seconds = statistics.median(_generate(seed) for seed in range(min(rounds, 3)))
    yield Figure(f"generate a scenario of {CHROOTS:,} chroots", seconds, "s", maximum=30)


def _generate(seed: int) -> float:
    """Return the seconds per 100,000 chroots; a scenario only has about that many."""
    provider = seeded_provider(str(seed))
    began = time.perf_counter()
    scenario = provider.copr_scenario(CHROOTS // CHROOTS_PER_BUILD, CHROOTS_PER_BUILD)
    elapsed = time.perf_counter() - began
    return elapsed * CHROOTS / sum(len(build["chroots"]) for build in scenario["builds"])
