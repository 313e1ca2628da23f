"""Calls on builds and their chroots: look at them, add some, and let things happen to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from ..engine.chroot import BuildChroot
from ..errors import EventError, InputError
from ..model.machine import Event
from ..model.nevra import parse_packages
from ..model.states import parse_state
from ..scenario.dump import write_project
from ..validation import checks
from ..validation.fields import Fields
from . import views
from .bodies import MOST_MADE_UP, ChrootBody
from .call import Call, at_most


def show_builds(call: Call) -> views.BuildsView:
    """The builds, in the order in which they were added."""
    builds = call.fake.builds
    return {"builds": [views.build(build) for build in call.page(builds.values())], "total": len(builds)}


def show_build(call: Call) -> views.BuildView:
    """A build, with a page of its chroots."""
    return views.build(call.build, call.limit(), call.offset)


def add_build(call: Call) -> views.BuildView:
    """Add a build."""
    # What each field has to be is checked there, as for Python's callers.
    given = cast("dict[str, Any]", {"id": None, "chroots": [], **call.given})
    return views.build(call.fake.add_build(**given))


def populate(call: Call) -> views.BuildsView:
    """Add builds as Copr could have them now, made up from the fake's seed or another."""
    fields = call.fields
    added = call.fake.populate(
        builds=fields.read("builds", at_most(MOST_MADE_UP), 10),
        chroots=fields.read("chroots", at_most(MOST_MADE_UP), 5),
        seed=fields.read("seed", checks.whole_number, None),
    )
    return {"builds": [views.build(build) for build in added], "total": len(added)}


def remove_build(call: Call) -> None:
    """Delete a build."""
    call.build.remove()


def cancel_build(call: Call) -> views.BuildView:
    """Cancel a build, as a user does."""
    build = call.build
    build.cancel()
    return views.build(build)


def advance_build(call: Call) -> views.BuildView:
    """Let each chroot that can go on to its next stage."""
    build = call.build
    build.advance()
    return views.build(build)


def finish_build(call: Call) -> views.BuildView:
    """Let each chroot go on as far as its life goes."""
    build = call.build
    build.finish()
    return views.build(build)


def send_to_build(call: Call) -> views.BuildView:
    """Let something happen to each chroot that it can happen to.

    :raises EventError: if there is none.
    :raises InputError: for a time before the last one of any of them; nothing happens then.
    """
    build, event = call.build, call.fields.require("event", _event)
    at = call.fields.read("at", checks.unix_time, None)
    going = [chroot for chroot in build if event in chroot.possible_events]
    if not going:
        raise EventError(f"build {build.id}: {event} is possible for none of its chroots now")
    last = max(going, key=lambda chroot: chroot.latest)
    if at is not None and at < last.latest:
        raise InputError("at", f"{at} is before {last.latest}, when {last.name} last changed; expected a later time")
    for chroot in going:
        # The clock can have led it elsewhere in the meantime.
        with suppress(EventError):
            _HAPPENS[event](chroot, at=at)
    return views.build(build)


def add_chroot(call: Call) -> views.ChrootView:
    """Add a chroot to a build."""
    said = cast(ChrootBody, call.given)
    name = checks.chroot_name("name", said["name"])
    if call.build.find(name) is not None:
        raise InputError("name", f"build {call.build.id} has {name} already; expected another")
    # What else is said is checked there.
    added = call.fake.add_chroot(
        call.build.id,
        name,
        state=said.get("state"),
        lifecycle=said.get("lifecycle"),
        progress=said.get("progress"),
    )
    return views.chroot(added)


def add_mock_chroots(call: Call) -> None:
    """Let the service know chroots that no project and no build has."""
    call.fake.add_mock_chroots(*call.fields.require("names", _chroot_names))


def show_projects(call: Call) -> views.ProjectsView:
    """The projects."""
    projects = call.fake.projects
    return {"projects": [write_project(project) for project in call.page(projects.values())], "total": len(projects)}


def add_project(call: Call) -> None:
    """Add a project."""
    # What each field has to be is checked there.
    call.fake.add_project(**cast("dict[str, Any]", call.given))


def show_chroot(call: Call) -> views.ChrootView:
    """A build chroot."""
    return views.chroot(call.chroot)


def send_to_chroot(call: Call) -> views.ChrootView:
    """Let something happen to a build chroot."""
    chroot, fields = call.chroot, call.fields
    event = fields.require("event", _event)
    _HAPPENS[event](chroot, at=fields.read("at", checks.unix_time, None), **_details(event, fields))
    return views.chroot(chroot)


def _details(event: Event, fields: Fields) -> dict[str, object]:
    """What else is said of an event.

    :raises InputError: naming what does not go with it.
    """
    said = {key: fields.read(key, check, None) for key, (_, check) in _DETAILS.items()}
    given = {key: value for key, value in said.items() if value is not None}
    for key in given:
        if event is not _DETAILS[key][0]:
            raise InputError(key, f"goes with {_DETAILS[key][0]}, not with {event}")
    return given


def report(call: Call) -> views.ReportView:
    """Report of a build chroot as the backend does, which Copr takes or not."""
    chroot, fields = call.chroot, call.fields
    taken = chroot.report(
        fields.require("state", parse_state),
        at=fields.read("at", checks.unix_time, None),
        result_dir=fields.read("result_dir", checks.path_segment, None),
        packages=fields.read("packages", parse_packages, ()),
    )
    return {"taken": taken, "chroot": views.chroot(chroot)}


def force_state(call: Call) -> views.ChrootView:
    """Put a build chroot into a state, possible or not."""
    chroot, fields = call.chroot, call.fields
    times = {key: fields.read(key, checks.unix_time, None) for key in ("started_on", "ended_on") if key in call.said}
    chroot.force_state(fields.require("state", parse_state), **times)
    return views.chroot(chroot)


def advance_chroot(call: Call) -> views.ChrootView:
    """Let a build chroot go on to its next stage."""
    chroot = call.chroot
    chroot.advance()
    return views.chroot(chroot)


def finish_chroot(call: Call) -> views.ChrootView:
    """Let a build chroot go on as far as its life goes."""
    chroot = call.chroot
    chroot.finish()
    return views.chroot(chroot)


def run_to(call: Call) -> views.ChrootView:
    """Let a build chroot go on until it is in a state."""
    chroot = call.chroot
    chroot.run_to(call.fields.require("state", parse_state))
    return views.chroot(chroot)


def hold(call: Call) -> views.ChrootView:
    """Keep a build chroot in a state, once it gets there."""
    chroot = call.chroot
    chroot.hold(call.fields.require("state", parse_state))
    return views.chroot(chroot)


def release(call: Call) -> views.ChrootView:
    """Let a build chroot go on that is held."""
    chroot = call.chroot
    chroot.release()
    return views.chroot(chroot)


def _event(field: str, value: object) -> Event:
    return Event(checks.one_of([event.value for event in Event])(field, value))


def _chroot_names(field: str, value: object) -> list[str]:
    return [checks.chroot_name(f"{field}[{at}]", name) for at, name in enumerate(checks.items(field, value))]


_HAPPENS: Mapping[Event, Callable[..., None]] = {
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
"""What lets each event happen."""

_DETAILS: Mapping[str, tuple[Event, Callable[[str, object], object]]] = {
    "result_dir": (Event.START, checks.path_segment),
    "packages": (Event.SUCCEED, parse_packages),
}
"""What can be said of an event beside its time: with which it goes, and its check."""
