"""Polls of chroots that advance with the clock: compared with fixed ones, and among few or many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from copr_chroot_fake import FakeCopr

from .figures import Figure, ratio, timed_requests
from .million import MILLION, chroot_names


def measure(rounds: int) -> Iterator[Figure]:
    advancing, fixed = _advancing_fake(10), FakeCopr(max_polls=None, max_repeats=None)
    fixed.add_build(chroot_names(10), id=1, state="importing")
    yield Figure(
        "poll an advancing chroot with no transition due / a fixed chroot",
        ratio(_timed_polls(advancing), _timed_polls(fixed), rounds),
        maximum=1.2,
    )
    crowded = _advancing_fake(MILLION)
    assert threading.active_count() == 1, "there is a background thread"
    yield Figure(
        "poll one of a million advancing chroots / one of ten",
        ratio(_timed_polls(crowded), _timed_polls(advancing), rounds),
        maximum=1.2,
    )


def _advancing_fake(count: int) -> FakeCopr:
    """Return a fake with so many chroots, at most 100 per build, which advance with the clock."""
    fake = FakeCopr(progress="clock", max_polls=None, max_repeats=None)
    names = chroot_names(min(count, 100))
    for build_id in range(1, count // len(names) + 1):
        fake.add_build(names, id=build_id)
    return fake


def _timed_polls(fake: FakeCopr) -> Callable[[], float]:
    return timed_requests(fake, f"/api_3/build-chroot?build_id=1&chrootname={chroot_names(1)[0]}", 5000)
