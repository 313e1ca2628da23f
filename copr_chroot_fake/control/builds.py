"""Calls on builds and their chroots: look at them, add some, and let things happen to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import cast

from .. import checks
from ..builds.chroot import BuildChroot
from ..builds.nevra import Nevra, read_packages
from ..checks import Fields, Form
from ..errors import EventError, InputError
from ..lives.machine import Event
from ..scenarios.entries import ProjectEntry
from . import views
from .bodies import (
    BuildBody,
    BuildEventBody,
    ChrootBody,
    EventBody,
    ForceBody,
    MockChrootsBody,
    ReportBody,
    StateBody,
)
from .calls import Call, number

BUILD = Form.of(BuildBody.__annotations__, BuildBody.__required_keys__)
PROJECT = Form.of(ProjectEntry.__annotations__, ProjectEntry.__required_keys__)
CHROOT = Form.of(ChrootBody.__annotations__, ChrootBody.__required_keys__)
MOCK_CHROOTS = Form.of(MockChrootsBody.__annotations__, MockChrootsBody.__required_keys__)
EVENT = Form.of(EventBody.__annotations__, EventBody.__required_keys__)
BUILD_EVENT = Form.of(BuildEventBody.__annotations__, BuildEventBody.__required_keys__)
REPORT = Form.of(ReportBody.__annotations__, ReportBody.__required_keys__)
FORCE = Form.of(ForceBody.__annotations__, ForceBody.__required_keys__)
STATE = Form.of(StateBody.__annotations__, StateBody.__required_keys__)


def show_builds(call: Call) -> views.BuildsView:
    builds = list(call.fake.builds.values())
    offset = call.query.read("offset", number, 0)
    limit = call.query.read("limit", number, 100)
    return {"builds": [views.build(build) for build in builds[offset : offset + limit]], "total": len(builds)}


def show_build(call: Call) -> views.BuildView:
    return views.build(call.build)


def add_build(call: Call) -> views.BuildView:
    said = {"chroots": [], **call.given(BUILD)}
    # What each has to be is checked where Python's callers are checked too.
    return views.build(call.fake.add_build(**said))  # type: ignore[arg-type]


def remove_build(call: Call) -> None:
    call.build.remove()


def cancel_build(call: Call) -> views.BuildView:
    build = call.build
    build.cancel()
    return views.build(build)


def advance_build(call: Call) -> views.BuildView:
    build = call.build
    build.advance()
    return views.build(build)


def finish_build(call: Call) -> views.BuildView:
    build = call.build
    build.finish()
    return views.build(build)


def send_to_build(call: Call) -> views.BuildView:
    """Let an event happen to each chroot that it can happen to.

    :raises EventError: if there is none.
    """
    build, fields = call.build, call.fields(BUILD_EVENT)
    event = fields.require("event", _event)
    at = fields.read("at", checks.unix_time, None)
    going = [chroot for chroot in build.chroots if event in chroot.possible_events]
    if not going:
        raise EventError(f"build {build.id}: {event} is possible for none of its chroots now")
    for chroot in going:
        _HAPPENS[event](chroot, at, None, None)
    return views.build(build)


def add_chroot(call: Call) -> views.ChrootView:
    said = call.given(CHROOT)
    name = said.pop("name", None)
    checked = checks.chroot_name("name", name)
    return views.chroot(call.fake.add_chroot(call.build.id, checked, **said))  # type: ignore[arg-type]  # checked there


def add_mock_chroots(call: Call) -> None:
    names = call.fields(MOCK_CHROOTS).require("names", checks.texts)
    call.fake.add_mock_chroots(*(checks.chroot_name(f"names[{at}]", name) for at, name in enumerate(names)))


def show_projects(call: Call) -> views.ProjectsView:
    return {"projects": call.fake.to_scenario()["projects"]}


def add_project(call: Call) -> None:
    call.fields(PROJECT)
    call.fake.add_scenario({"projects": [call.body]})


def advance_all(call: Call) -> views.CountView:
    return {"count": call.fake.advance()}


def show_chroot(call: Call) -> views.ChrootView:
    return views.chroot(call.chroot)


def send_to_chroot(call: Call) -> views.ChrootView:
    chroot, fields = call.chroot, call.fields(EVENT)
    event = fields.require("event", _event)
    result_dir = fields.read("result_dir", checks.path_segment, None)
    packages = fields.read("packages", read_packages, None)
    if result_dir is not None and event is not Event.START:
        raise InputError("result_dir", f"goes with {Event.START}, not with {event}")
    if packages is not None and event is not Event.SUCCEED:
        raise InputError("packages", f"go with {Event.SUCCEED}, not with {event}")
    _HAPPENS[event](chroot, fields.read("at", checks.unix_time, None), result_dir, packages)
    return views.chroot(chroot)


def report(call: Call) -> views.ChrootView:
    chroot, fields = call.chroot, call.fields(REPORT)
    chroot.report(
        fields.require("state", checks.state),
        at=fields.read("at", checks.unix_time, None),
        result_dir=fields.read("result_dir", checks.path_segment, None),
        packages=fields.read("packages", read_packages, ()),
    )
    return views.chroot(chroot)


def force_state(call: Call) -> views.ChrootView:
    chroot, fields = call.chroot, call.fields(FORCE)
    said = cast("Mapping[str, object]", call.body)
    chroot.force_state(
        fields.require("state", checks.state),
        started_on=_time_or_what_it_is(fields, said, "started_on"),
        ended_on=_time_or_what_it_is(fields, said, "ended_on"),
    )
    return views.chroot(chroot)


def advance_chroot(call: Call) -> views.ChrootView:
    chroot = call.chroot
    chroot.advance()
    return views.chroot(chroot)


def finish_chroot(call: Call) -> views.ChrootView:
    chroot = call.chroot
    chroot.finish()
    return views.chroot(chroot)


def run_to(call: Call) -> views.ChrootView:
    chroot = call.chroot
    chroot.run_to(call.fields(STATE).require("state", checks.state))
    return views.chroot(chroot)


def hold(call: Call) -> views.ChrootView:
    chroot = call.chroot
    chroot.hold(call.fields(STATE).require("state", checks.state))
    return views.chroot(chroot)


def release(call: Call) -> views.ChrootView:
    chroot = call.chroot
    chroot.release()
    return views.chroot(chroot)


def _event(field: str, value: object) -> Event:
    return Event(checks.one_of([event.value for event in Event])(field, value))


def _time_or_what_it_is(fields: Fields, said: Mapping[str, object], key: str) -> int | EllipsisType | None:
    return fields.read(key, checks.unix_time, None) if key in said else ...


Happens = Callable[[BuildChroot, "int | None", "str | None", "tuple[Nevra, ...] | None"], None]

_HAPPENS: Mapping[Event, Happens] = {
    Event.IMPORT: lambda chroot, at, result_dir, packages: chroot.begin_import(at=at),
    Event.QUEUE: lambda chroot, at, result_dir, packages: chroot.queue(at=at),
    Event.START: lambda chroot, at, result_dir, packages: chroot.start(at=at, result_dir=result_dir),
    Event.RUN: lambda chroot, at, result_dir, packages: chroot.run(at=at),
    Event.SUCCEED: lambda chroot, at, result_dir, packages: chroot.succeed(packages, at=at),
    Event.FAIL: lambda chroot, at, result_dir, packages: chroot.fail(at=at),
    Event.SKIP: lambda chroot, at, result_dir, packages: chroot.skip(at=at),
    Event.RESCHEDULE: lambda chroot, at, result_dir, packages: chroot.reschedule(at=at),
    Event.CONFIRM_CANCEL: lambda chroot, at, result_dir, packages: chroot.confirm_cancel(at=at),
    Event.FORK: lambda chroot, at, result_dir, packages: chroot.fork(at=at),
}
