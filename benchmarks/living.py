"""Looks at chroots that progress by clock: beside fixed ones, and however many there are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from copr_chroot_fake import FakeCopr

from .figures import Figure, asked, ratio
from .million import MILLION, names_of


def measure(rounds: int) -> Iterator[Figure]:
    living, fixed = _fake(10), FakeCopr()
    fixed.add_build(names_of(10), id=1, state="importing")
    yield Figure(
        "look with nothing due / look at a fixed chroot",
        ratio(_look(living), _look(fixed), rounds),
        "times",
        at_most=1.2,
    )
    crowded = _fake(MILLION)
    assert threading.active_count() == 1, "something runs in the background"
    yield Figure(
        "look among a million living chroots / among ten",
        ratio(_look(crowded), _look(living), rounds),
        "times",
        at_most=1.2,
    )


def _fake(count: int) -> FakeCopr:
    """A hundred chroots a build, all of which live by clock."""
    fake = FakeCopr(progress="clock")
    names = names_of(min(count, 100))
    for number in range(1, count // len(names) + 1):
        fake.add_build(names, id=number)
    return fake


def _look(fake: FakeCopr) -> Callable[[], float]:
    return asked(fake, f"/api_3/build-chroot?build_id=1&chrootname={names_of(1)[0]}", 5000)
