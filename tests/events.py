"""What lets each event happen to a build chroot, by hand."""

from __future__ import annotations

from collections.abc import Callable

from copr_chroot_fake import BuildChroot
from copr_chroot_fake.model.machine import Event

METHODS: dict[Event, Callable[..., object]] = {
    Event.IMPORT: BuildChroot.begin_import,
    Event.QUEUE: BuildChroot.queue,
    Event.START: BuildChroot.start,
    Event.RUN: BuildChroot.run,
    Event.SUCCEED: BuildChroot.succeed,
    Event.FAIL: BuildChroot.fail,
    Event.SKIP: BuildChroot.skip,
    Event.RESCHEDULE: BuildChroot.reschedule,
    Event.CONFIRM_CANCEL: BuildChroot.confirm_cancel,
    Event.FORK: BuildChroot.fork,
}
