"""A million build chroots: memory per chroot, and the time for a page at either end of the list.

Each measurement runs in a process of its own. The memory is the growth of that process.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

from copr_chroot_fake import FakeCopr

from .figures import Figure, ratio, timed_requests
from .processes import memory_of, printed_by

MILLION = 1_000_000


def measure(rounds: int) -> Iterator[Figure]:
    for measurement, builds in (("one-build", "one build"), ("many-builds", "10,000 builds")):
        yield Figure(
            f"memory per chroot after reading a million in {builds}",
            _measure_in_process(measurement, rounds),
            "B",
            maximum=1536,
        )
    yield Figure(
        "GET the last 100 of a million chroots / the first 100", _measure_in_process("pages", rounds), maximum=1.15
    )


def _measure_in_process(measurement: str, rounds: int) -> float:
    return printed_by("-m", "benchmarks.million", measurement, str(rounds))


def chroot_names(count: int) -> list[str]:
    return [f"bulk-{number:07}-x86_64" for number in range(count)]


def _memory_per_chroot(builds: int) -> float:
    before = memory_of(os.getpid())
    fake = FakeCopr(default_limit=None)
    names = chroot_names(MILLION // builds)
    for build_id in range(1, builds + 1):
        fake.add_build(names, id=build_id, state="succeeded")
    for build_id in range(1, builds + 1):
        for offset in range(0, len(names), 10_000):
            target = f"/api_3/build-chroot/list?build_id={build_id}&limit=10000&offset={offset}"
            assert fake.answer("GET", target).status == 200
    gc.collect()
    return (memory_of(os.getpid()) - before) / MILLION


def _compare_pages(rounds: int) -> float:
    fake = FakeCopr(max_polls=None, max_repeats=None)
    fake.add_build(chroot_names(MILLION), id=1, state="running")
    page = "/api_3/build-chroot/list?build_id=1&offset={}"
    last, first = (timed_requests(fake, page.format(offset), 1000) for offset in (MILLION - 100, 0))
    return ratio(last, first, rounds)


if __name__ == "__main__":
    if sys.argv[1] == "pages":
        print(_compare_pages(int(sys.argv[2])))
    else:
        print(_memory_per_chroot(1 if sys.argv[1] == "one-build" else 10_000))
