"""Plausible times and results of chroots that are described by their state.

A chroot that a test adds, or that a scenario says nothing else about, looks like one that Copr has built: its times fit
the state, its result directory fits the build, and one that succeeded has packages that fit its distribution.
"""

from __future__ import annotations

from typing import NamedTuple

from ..model import defaults
from ..model.machine import Stamp, stamps_of
from ..model.nevra import Nevra
from ..model.states import State
from ..validation.checks import LARGEST_INTEGER
from ..validation.rule import given
from .spec import ChrootEntry, ChrootSpec

FIRST_START = 1_700_000_000
"""Start of chroots without a given time, as a Unix time."""

BUILD_SECONDS = 300
"""Time from start to end of such chroots, in seconds."""


_ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELED, State.SKIPPED)


class Outcome(NamedTuple):
    """The times of a chroot, Unix times in seconds, and its results."""

    started_on: int | None = None
    ended_on: int | None = None
    result_dir: str | None = None
    packages: tuple[Nevra, ...] | None = None


def plausible_outcome(chroot: ChrootSpec, build_id: int, package: str | None) -> Outcome:
    """Return the times and the results that are given, and plausible ones for those that are not."""
    stamps = () if chroot.state is None else stamps_of(chroot.state)
    started_on, ended_on, result_dir, packages = chroot.started_on, chroot.ended_on, chroot.result_dir, chroot.packages
    # Copr skips a chroot in no time.
    seconds = 0 if chroot.state is State.SKIPPED else BUILD_SECONDS
    if started_on is ... and Stamp.STARTED_ON in stamps:
        end = given(ended_on)
        started_on = FIRST_START if end is None else max(0, end - seconds)
    start = given(started_on)
    if ended_on is ... and start is not None and Stamp.ENDED_ON in stamps:
        ended_on = min(start + seconds, LARGEST_INTEGER)
    if result_dir is ... and Stamp.RESULT_DIR in stamps:
        result_dir = defaults.result_dir(build_id, package)
    if packages is ... and Stamp.PACKAGES in stamps:
        packages = defaults.packages(chroot.name, package)
    return Outcome(start, given(ended_on), given(result_dir), given(packages))


def written_outcome(chroot: ChrootSpec, build_id: int, package: str | None) -> Outcome:
    """Return the times and the results of a chroot in a scenario: what is not said is as in a new chroot.

    Only a chroot that has ended and of which none of them is said, not even as null, gets plausible ones. Recordings
    contain chroots that have only some of them.
    """
    values = (chroot.started_on, chroot.ended_on, chroot.result_dir, chroot.packages)
    if chroot.state in _ENDED and all(value is ... for value in values):
        return plausible_outcome(chroot, build_id, package)
    return Outcome(given(chroot.started_on), given(chroot.ended_on), given(chroot.result_dir), given(chroot.packages))


def without_missing(entry: ChrootEntry) -> ChrootEntry:
    """Return the entry of a chroot without ``None``, but with a null that prevents plausible values."""
    written = {key: value for key, value in entry.items() if value is not None}
    if written.get("state") in _ENDED and written.keys().isdisjoint(Outcome._fields):
        written["started_on"] = None
    return written
