"""What the control API shows, as types, from which its document has the schemas."""

from __future__ import annotations

from typing import TypedDict

from .. import __version__
from ..builds.build import Build
from ..builds.chroot import BuildChroot
from ..builds.nevra import NevraEntry, write_nevra
from ..fake import FakeCopr
from ..faults.active import ActiveFault
from ..faults.fault import FaultEntry, write_fault
from ..journal import Request
from ..lives.clock import SystemClock
from ..lives.lifecycle import ABSENT
from ..lives.machine import Event
from ..scenarios.entries import ProjectEntry
from ..server.worlds import World


class ErrorView(TypedDict):
    """Why a call was not done; ``where`` is the place in the body, or the name of an argument."""

    error: str
    where: str | None


class HealthView(TypedDict):
    status: str
    version: str
    default_limit: int | None
    worlds: int


class ChrootView(TypedDict):
    """A build chroot; ``state`` is also ``absent``, where Copr does not know yet that the build has it.

    Times are Unix times in seconds. ``can_advance`` says whether it has a next
    stage that it can go on to.
    """

    name: str
    state: str
    started_on: int | None
    ended_on: int | None
    result_url: str | None
    packages: list[NevraEntry]
    held_in: str | None
    possible_events: list[Event]
    can_advance: bool


class BuildView(TypedDict):
    """A build; ``memory_limit`` in MB, ``timeout`` in seconds."""

    id: int
    project: str
    project_dirname: str
    package: str
    memory_limit: int
    timeout: int
    enable_net: bool
    is_background: bool
    bootstrap: str | None
    canceled: bool
    finished: bool
    chroots: list[ChrootView]


class BuildsView(TypedDict):
    """Some builds, of so many in all."""

    builds: list[BuildView]
    total: int


class ClockView(TypedDict):
    """The clock: Unix time in seconds, and how many of them pass for each real one.

    ``speed`` is null for a clock that stands still until it is moved.
    """

    now: float
    speed: float | None
    paused: bool


class RequestView(TypedDict):
    """A request, numbered from 1; ``status`` is 0 where a fault has kept an answer from coming."""

    number: int
    method: str
    target: str
    endpoint: str | None
    build_id: int | None
    chrootname: str | None
    status: int
    at: float
    matched: bool
    saw: dict[str, str]
    fault: int | None


class RequestsView(TypedDict):
    requests: list[RequestView]


class CountView(TypedDict):
    count: int


class UnmatchedView(TypedDict):
    """A request for what is not there, and what is that comes nearest."""

    request: RequestView
    nearest: str


class UnmatchedsView(TypedDict):
    unmatched: list[UnmatchedView]


class VerdictView(TypedDict):
    """Whether an assertion holds, and if not, what was asked instead."""

    passed: bool
    message: str | None


class FaultView(TypedDict):
    """A fault: how many requests it is about, and how many it has hit."""

    id: int
    seen: int
    hits: int
    fault: FaultEntry


class FaultsView(TypedDict):
    faults: list[FaultView]


class ChangeView(TypedDict):
    at: int
    build_id: int
    chrootname: str
    state: str


class SnapshotView(TypedDict):
    id: int


class SavedView(TypedDict):
    """Where the state has been saved."""

    file: str


class ProjectsView(TypedDict):
    projects: list[ProjectEntry]


class WorldView(TypedDict):
    """A world; its address is ``/worlds/<name>`` below the server's."""

    name: str
    builds: int
    faults: int
    now: float


class WorldsView(TypedDict):
    """The worlds that have a name, and how many there can be."""

    worlds: list[WorldView]
    most: int


class OverviewView(TypedDict):
    """What the page shows: the latest builds and changes of state, the latest requests, faults and the clock."""

    clock: ClockView
    builds: list[BuildView]
    total_builds: int
    changes: list[ChangeView]
    faults: list[FaultView]
    requests: list[RequestView]
    worlds: list[str]


def health(fake: FakeCopr, worlds: int) -> HealthView:
    return {"status": "ok", "version": __version__, "default_limit": fake.default_limit, "worlds": worlds}


def chroot(shown: BuildChroot) -> ChrootView:
    state = ABSENT if shown.is_absent else shown.state.value
    life = shown.life
    return {
        "name": shown.name,
        "state": state,
        "started_on": shown.started_on,
        "ended_on": shown.ended_on,
        "result_url": shown.result_url,
        "packages": [write_nevra(nevra) for nevra in shown.packages],
        "held_in": None if life is None or life.held_in is None else life.held_in.value,
        "possible_events": shown.possible_events,
        "can_advance": shown.can_advance,
    }


def build(shown: Build, chroots: int | None = None) -> BuildView:
    """A build, with so many of its chroots at most."""
    return {
        "id": shown.id,
        "project": shown.project.full_name,
        "project_dirname": shown.project_dirname,
        "package": shown.package,
        "memory_limit": shown.memory_limit,
        "timeout": shown.timeout,
        "enable_net": shown.enable_net,
        "is_background": shown.is_background,
        "bootstrap": shown.bootstrap,
        "canceled": shown.canceled,
        "finished": shown.is_finished,
        "chroots": [chroot(item) for item in shown.chroots[:chroots]],
    }


def clock(fake: FakeCopr) -> ClockView:
    shown = fake.clock
    if isinstance(shown, SystemClock):
        return {"now": shown.now(), "speed": shown.speed, "paused": shown.is_paused}
    return {"now": shown.now(), "speed": None, "paused": True}


def request(shown: Request) -> RequestView:
    return {
        "number": shown.number,
        "method": shown.method,
        "target": shown.target,
        "endpoint": shown.endpoint,
        "build_id": shown.build_id,
        "chrootname": shown.chrootname,
        "status": shown.status,
        "at": shown.at,
        "matched": shown.matched,
        "saw": {name: state.value for name, state in shown.saw.items()},
        "fault": shown.fault,
    }


def fault(shown: ActiveFault) -> FaultView:
    return {"id": shown.id, "seen": shown.seen, "hits": shown.hits, "fault": write_fault(shown.fault)}


def world(shown: World) -> WorldView:
    fake = shown.fake
    return {"name": shown.name, "builds": len(fake.builds), "faults": len(fake.faults), "now": fake.clock.now()}


def overview(fake: FakeCopr, worlds: list[str], builds: int, chroots: int, after: int) -> OverviewView:
    """So many of the latest builds, with so many chroots of each, and the requests after that number."""
    latest = list(fake.builds.values())[-builds:]
    shown = {item.id for item in latest}
    return {
        "clock": clock(fake),
        "builds": [build(item, chroots) for item in latest],
        "total_builds": len(fake.builds),
        "changes": [
            {"at": change.at, "build_id": change.build_id, "chrootname": change.chrootname, "state": change.state.value}
            for change in fake.changes
            if change.build_id in shown
        ],
        "faults": [fault(item) for item in fake.faults],
        "requests": [request(item) for item in fake.requests_after(after)[-100:]],
        "worlds": worlds,
    }
