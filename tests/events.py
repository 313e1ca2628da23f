"""Reports events of build chroots, and advances several chroots."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from copr_chroot_fake import Build, BuildChroot, EventError, FakeCopr, State
from copr_chroot_fake.model.machine import Event

TARGETS = {
    Event.IMPORT: State.IMPORTING,
    Event.QUEUE: State.PENDING,
    Event.START: State.STARTING,
    Event.RUN: State.RUNNING,
    Event.SUCCEED: State.SUCCEEDED,
    Event.FAIL: State.FAILED,
    Event.SKIP: State.SKIPPED,
    Event.RESCHEDULE: State.PENDING,
    Event.CONFIRM_CANCEL: State.CANCELED,
    Event.FORK: State.FORKED,
}
"""The state that reports each event."""


def report_event(event: Event, chroot: BuildChroot, **arguments: Any) -> None:
    """Report an event that can happen now.

    :raises EventError: if it cannot.
    """
    if event not in chroot.possible_events:
        raise EventError(f"{event} is not possible")
    assert chroot.report(TARGETS[event], **arguments)


METHODS: dict[Event, Callable[..., object]] = {event: partial(report_event, event) for event in TARGETS}


def advance_all(owner: FakeCopr | Build) -> int:
    """Advance each chroot of a fake or a build that can advance; return how many did."""
    builds = owner.builds.values() if isinstance(owner, FakeCopr) else [owner]
    chroots = [chroot for build in builds for chroot in build.values() if chroot.can_advance]
    for chroot in chroots:
        # Another thread, or chroot of its build, may have ended it.
        with suppress(EventError):
            chroot.advance()
    return len(chroots)


def finish_all(owner: FakeCopr | Build) -> None:
    """Advance each chroot as far as it can."""
    while advance_all(owner):
        pass
