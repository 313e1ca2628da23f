"""Builds compared with their chroots, and lists of many builds compared with lists of few."""

from __future__ import annotations

from collections.abc import Iterator

from copr_chroot_fake import FakeCopr

from .figures import Figure, ratio, timed_requests

NAMES = [f"bulk-{number:03}-x86_64" for number in range(250)]
CHROOT = "/api_3/build-chroot?build_id={}&chrootname=" + NAMES[125]
PROJECT = "ownername=jdoe&projectname=playground"
BUILDS = 10_000


def measure(rounds: int) -> Iterator[Figure]:
    fake = FakeCopr(max_polls=None, max_repeats=None)
    fake.add_build(NAMES, id=1, state="succeeded")
    fake.add_build(NAMES, id=2, lifecycle="stuck-running", progress="clock")
    fake.clock.tick(3600)
    for build_id, state, maximum in ((1, "finished", 3), (2, "running", 6)):
        build, chroot = timed_requests(fake, f"/api_3/build/{build_id}"), timed_requests(fake, CHROOT.format(build_id))
        yield Figure(
            f"GET a build of 250 {state} chroots / one of its chroots", ratio(build, chroot, rounds), maximum=maximum
        )
    few, many = _fake_with_builds(10), _fake_with_builds(BUILDS)
    page = f"/api_3/build/list?{PROJECT}&limit=10"
    last_page = timed_requests(many, f"{page}&offset={BUILDS - 10}")
    yield Figure(
        "GET the last 10 of 10,000 builds / 10 of 10 builds",
        ratio(last_page, timed_requests(few, page), rounds),
        maximum=1.2,
    )
    monitor = f"/api_3/monitor?{PROJECT}"
    yield Figure(
        "GET the monitor of a project with 10,000 builds / with 10 builds",
        ratio(timed_requests(many, monitor), timed_requests(few, monitor), rounds),
        maximum=1.5,
    )
    thousand = _fake_with_builds(1000)
    repomd = f"/results/jdoe/playground/{NAMES[0]}/repodata/repomd.xml"
    yield Figure(
        "GET the metadata of a repository of 1,000 builds again / the list of the builds",
        ratio(
            timed_requests(thousand, repomd),
            timed_requests(thousand, f"/api_3/build/list?{PROJECT}&limit=1000"),
            rounds,
        ),
        maximum=30,
    )


def _fake_with_builds(number: int) -> FakeCopr:
    fake = FakeCopr()
    for build_id in range(1, number + 1):
        fake.add_build(NAMES[:3], id=build_id, state="succeeded", package=f"package-{build_id % 5}")
    return fake
