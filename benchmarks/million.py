"""A million build chroots: memory for each, and what a page costs wherever it is.

Each shape is filled in a process of its own, whose growth is the memory it takes.
"""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from copr_chroot_fake import FakeCopr

from .figures import Figure, asked, ratio
from .processes import printed_by

MILLION = 1_000_000


def measure(rounds: int) -> Iterator[Figure]:
    for shape, what in (("one", "in one build"), ("many", "in 10,000 builds")):
        yield Figure(
            f"memory for each of a million chroots {what}, all shown once",
            _in_process(shape, rounds),
            "B",
            at_most=1024,
        )
    yield Figure(
        "page of 100 at the end of a million / at the start", _in_process("pages", rounds), "times", at_most=1.15
    )


def _in_process(shape: str, rounds: int) -> float:
    return printed_by("-m", "benchmarks.million", shape, str(rounds))


def names_of(count: int) -> list[str]:
    return [f"bulk-{number:07}-x86_64" for number in range(count)]


def _memory(builds: int) -> float:
    before = _resident()
    fake = FakeCopr(default_limit=None)
    names = names_of(MILLION // builds)
    for number in range(1, builds + 1):
        fake.add_build(names, id=number, state="succeeded")
    for number in range(1, builds + 1):
        for offset in range(0, len(names), 10_000):
            target = f"/api_3/build-chroot/list?build_id={number}&limit=10000&offset={offset}"
            assert fake.answer("GET", target).status == 200
    gc.collect()
    return (_resident() - before) / MILLION


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _last_page_over_first(rounds: int) -> float:
    fake = FakeCopr()
    fake.add_build(names_of(MILLION), id=1, state="running")
    page = "/api_3/build-chroot/list?build_id=1&offset={}"
    return ratio(asked(fake, page.format(MILLION - 100), 1000), asked(fake, page.format(0), 1000), rounds)


if __name__ == "__main__":
    shape, rounds = sys.argv[1], int(sys.argv[2])
    print(
        {"one": lambda: _memory(1), "many": lambda: _memory(10_000), "pages": lambda: _last_page_over_first(rounds)}[
            shape
        ]()
    )
