"""Plausible values for builds that are added by hand.

A scenario file is taken literally: omitted fields have Copr's values for a new object. A build that a test adds should
look like one that Copr has built, so here times fit the state, the result directory fits the build, and a chroot that
succeeded has packages that fit its distribution.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import defaults
from ..model.lifecycle import DEFAULT_LIFECYCLE, LIFECYCLES
from ..model.machine import Stamp, stamps_of
from ..model.states import State
from ..validation.checks import LARGEST_INTEGER
from .spec import BuildSpec, ChrootSpec

FIRST_START = 1_700_000_000
"""Start of chroots without a given time, as a Unix time."""

BUILD_SECONDS = 300
"""Time from start to end of such chroots, in seconds."""


def complete_build(build: BuildSpec, build_id: int) -> BuildSpec:
    """Return a build whose chroots have plausible values for all fields that are not given."""
    chroots = tuple(complete_chroot(build.with_defaults(chroot), build_id, build.package) for chroot in build.chroots)
    return replace(build, chroots=chroots)


def complete_chroot(chroot: ChrootSpec, build_id: int, package: str | None) -> ChrootSpec:
    """Return a chroot with plausible values for all fields that are not given."""
    state = chroot.state
    if state is None:
        return chroot if chroot.lifecycle is not None else replace(chroot, lifecycle=LIFECYCLES[DEFAULT_LIFECYCLE])
    stamps = stamps_of(state)
    started_on, ended_on, result_dir, packages = chroot.started_on, chroot.ended_on, chroot.result_dir, chroot.packages
    # Copr skips a chroot in no time.
    seconds = 0 if state is State.SKIPPED else BUILD_SECONDS
    if started_on is None and Stamp.STARTED_ON in stamps:
        started_on = FIRST_START if ended_on is None else max(0, ended_on - seconds)
    if ended_on is None and started_on is not None and Stamp.ENDED_ON in stamps:
        ended_on = min(started_on + seconds, LARGEST_INTEGER)
    if result_dir is None and Stamp.RESULT_DIR in stamps:
        result_dir = defaults.result_dir(build_id, package)
    if packages is None and Stamp.PACKAGES in stamps:
        packages = defaults.packages(chroot.name, package)
    return replace(chroot, started_on=started_on, ended_on=ended_on, result_dir=result_dir, packages=packages)
