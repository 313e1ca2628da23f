"""Builds beside their chroots, and pages of builds wherever they are among many."""

from __future__ import annotations

from collections.abc import Iterator

from copr_chroot_fake import FakeCopr

from .figures import Figure, asked, ratio

NAMES = [f"bulk-{number:03}-x86_64" for number in range(250)]
CHROOT = "/api_3/build-chroot?build_id={}&chrootname=" + NAMES[125]
PROJECT = "ownername=jdoe&projectname=playground"
BUILDS = 10_000


def measure(rounds: int) -> Iterator[Figure]:
    fake = FakeCopr()
    fake.add_build(NAMES, id=1, state="succeeded")
    fake.add_build(NAMES, id=2, lifecycle="stuck-running", progress="clock")
    fake.clock.tick(3600)
    for build_id, what in ((1, "that has ended"), (2, "that runs, by the clock")):
        build, chroot = asked(fake, f"/api_3/build/{build_id}"), asked(fake, CHROOT.format(build_id))
        yield Figure(
            f"a build of 250 chroots {what} / one of its chroots", ratio(build, chroot, rounds), "times", at_most=3
        )
    few, many = _with_builds(10), _with_builds(BUILDS)
    page = f"/api_3/build/list?{PROJECT}&limit=10"
    yield Figure(
        "page of 10 builds, the last of 10,000 / of ten",
        ratio(asked(many, f"{page}&offset={BUILDS - 10}"), asked(few, page), rounds),
        "times",
        at_most=1.2,
    )
    monitor = f"/api_3/monitor?{PROJECT}"
    yield Figure(
        "monitor of a project of 10,000 builds / of ten", ratio(asked(many, monitor), asked(few, monitor), rounds),
        "times", at_most=1.5,
    )  # fmt: skip


def _with_builds(number: int) -> FakeCopr:
    fake = FakeCopr()
    for build_id in range(1, number + 1):
        fake.add_build(NAMES[:3], id=build_id, state="succeeded", package=f"package-{build_id % 5}")
    return fake
