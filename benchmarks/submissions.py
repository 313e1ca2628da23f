"""Submitting builds: through httpx, and a hundred thousand one by one."""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator

import httpx

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.model.changelog import ChangelogEntry
from copr_chroot_fake.model.nevra import Nevra
from copr_chroot_fake.results import rpm_file
from copr_chroot_fake.sources.reading import read_source

from .figures import Figure, ratio, timed
from .processes import memory_of, printed_by

BUILDS = 100_000
SAMPLE = 5_000
"""How many of the first and of the last submissions are compared."""

CREATE = "/api_3/build/create/url"
HEADERS = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}
BODY = json.dumps({"ownername": "jdoe", "projectname": "p", "pkgs": "https://x.example/hello-1-1.src.rpm"}).encode()


def measure(rounds: int) -> Iterator[Figure]:
    yield Figure("httpx, create a build / GET a build", _compare_creating(rounds), maximum=4)
    yield Figure("submit the last 5,000 of 100,000 builds / the first 5,000", _measure_in_process("time"), maximum=1.5)
    yield Figure("memory per build after submitting 100,000", _measure_in_process("memory"), "B", maximum=4096)
    yield Figure("read a source package of 5 MB", _time_reading(rounds), "ms", maximum=20)


def fake_with_project() -> FakeCopr:
    """Return a fake with a project that builds for two chroots, and no journal to grow."""
    fake = FakeCopr(progress="manual", requests_kept=10, max_polls=None, max_repeats=None)
    fake.add_project("jdoe/p", chroots=["fedora-42-x86_64", "fedora-43-x86_64"])
    return fake


def submit(fake: FakeCopr, builds: int) -> None:
    for _ in range(builds):
        assert fake.answer("POST", CREATE, HEADERS, BODY).status == 200


def _time_reading(rounds: int) -> float:
    """Return the milliseconds for a package with a long changelog."""
    nevra = Nevra("hello", "1", "1", "src")
    changelog = [ChangelogEntry(0, "Jane Doe <jane@example.org> - 1-1", "- Update\n" * 20)] * 500
    package = rpm_file.write(nevra, source=nevra, vendor="", built_on=0, changelog=changelog) + bytes(5_000_000)
    assert read_source("hello-1-1.src.rpm", package).facts is not None
    read = timed(lambda: read_source("hello-1-1.src.rpm", package), times=10)
    return statistics.median(read() for _ in range(rounds)) / 10 * 1000


def _compare_creating(rounds: int) -> float:
    fake = fake_with_project()
    submit(fake, 1)
    with httpx.Client(transport=fake.transport, base_url="https://copr.example") as client:

        def create() -> None:
            assert client.post(CREATE, headers=HEADERS, content=BODY).status_code == 200

        return ratio(timed(create), timed(lambda: client.get("/api_3/build/1")), rounds)


def _measure_in_process(measurement: str) -> float:
    return printed_by("-m", "benchmarks.submissions", measurement)


def _compare_times() -> float:
    fake = fake_with_project()
    # The list of builds has its index, which each submission then updates.
    assert fake.answer("GET", "/api_3/build/list?ownername=jdoe&projectname=p").status == 200
    submit(fake, SAMPLE)
    first = _time(fake)
    submit(fake, BUILDS - 3 * SAMPLE)
    return _time(fake) / first


def _time(fake: FakeCopr) -> float:
    began = time.process_time()
    submit(fake, SAMPLE)
    return time.process_time() - began


def _memory_per_build(fake: FakeCopr, builds: int) -> float:
    gc.collect()
    before = memory_of(os.getpid())
    submit(fake, builds)
    gc.collect()
    return (memory_of(os.getpid()) - before) / builds


if __name__ == "__main__":
    if sys.argv[1] == "time":
        print(_compare_times())
    else:
        print(_memory_per_build(fake_with_project(), BUILDS))
