"""What the control API shows, as types, from which its document has the schemas."""

from __future__ import annotations

from collections.abc import Collection
from itertools import compress, islice
from operator import attrgetter
from typing import Annotated, Literal, TypedDict

from .. import __version__
from ..engine.build import Build
from ..engine.chroot import BuildChroot, Change
from ..engine.clock import SystemClock
from ..engine.faults import ActiveFault
from ..fake import FakeCopr
from ..journal.index import About
from ..journal.journal import UnmatchedRequests
from ..journal.request import Request
from ..model.account import Account
from ..model.fault import FaultEntry, write_fault
from ..model.lifecycle import ABSENT
from ..model.machine import Event, possible_events
from ..model.nevra import NevraEntry, write_nevra
from ..model.states import State
from ..scenario.entries import ProjectEntry
from ..server.worlds import World
from ..validation.schema import Keywords
from ..wire.routes import EndpointName
from .bodies import DEFAULT_LIMIT

ShownState = Annotated[str, Keywords(enum=[*(state.value for state in State), ABSENT])]


class ErrorView(TypedDict):
    """Why a call was not done."""

    error: str


class MistakeView(TypedDict):
    """Why a call cannot be; ``where`` is the place in the body, or the name of an argument."""

    error: str
    where: str


class HealthView(TypedDict):
    status: Literal["ok"]
    version: str
    default_limit: int | None
    worlds: int


class ChrootView(TypedDict):
    """A build chroot; ``state`` is also ``absent``, where Copr does not know yet that the build has it.

    Times are Unix times in seconds. ``can_advance`` says whether it has a next
    stage that it can go on to.
    """

    name: str
    state: ShownState
    started_on: int | None
    ended_on: int | None
    result_url: str | None
    packages: list[NevraEntry]
    held_in: State | None
    possible_events: list[Event]
    can_advance: bool


class ReportView(TypedDict):
    """Whether Copr has taken a report, and the build chroot after it."""

    taken: bool
    chroot: ChrootView


class BuildView(TypedDict):
    """A build; ``memory_limit`` in MB, ``timeout`` in seconds.

    ``chroots`` are the first 100 of ``total_chroots``, unless the call has a ``limit`` and an ``offset``.
    """

    id: int
    project: str
    project_dirname: str
    package: str
    memory_limit: int
    timeout: int
    enable_net: bool
    is_background: bool
    bootstrap: str | None
    state: State
    started_on: int | None
    ended_on: int | None
    submitted_on: int | None
    submitter: str | None
    source_state: State
    canceled: bool
    finished: bool
    total_chroots: int
    chroots: list[ChrootView]


class BuildsView(TypedDict):
    """Some builds, of so many in all."""

    builds: list[BuildView]
    total: int


class AccountView(TypedDict):
    """A user who may log in, without the token."""

    name: str
    login: str
    groups: list[str]


class AccountsView(TypedDict):
    """Some of the users who may log in, and how many there are; anybody may if there are none."""

    accounts: list[AccountView]
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
    endpoint: EndpointName | None
    build_id: int | None
    chrootname: str | None
    status: int
    at: float
    matched: bool
    saw: dict[str, State]
    fault: int | None


class RequestsView(TypedDict):
    """Some requests, and how many were selected."""

    requests: list[RequestView]
    total: int


class CountView(TypedDict):
    count: int


class UnmatchedView(TypedDict):
    """The last of ``count`` requests with one method and target that matched nothing, and the near miss."""

    request: RequestView
    count: int
    near_miss: str


class UnmatchedsView(TypedDict):
    """Some of the unmatched requests, and how many methods and targets have any."""

    unmatched: list[UnmatchedView]
    total: int


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
    """Some faults, and how many there are."""

    faults: list[FaultView]
    total: int


class SeedView(TypedDict):
    """What all that is drawn is drawn from now."""

    seed: int


class ChangeView(TypedDict):
    """A build chroot has come into a state, at a Unix time."""

    at: int
    build_id: int
    chrootname: str
    state: State


class ChangesView(TypedDict):
    """Some changes, and how many were selected."""

    changes: list[ChangeView]
    total: int


class SnapshotView(TypedDict):
    id: int


class SnapshotsView(TypedDict):
    """Some snapshots, and how many there are."""

    snapshots: list[SnapshotView]
    total: int


class SavedView(TypedDict):
    """Where the state has been saved."""

    file: str


class ProjectsView(TypedDict):
    """Some projects, and how many there are."""

    projects: list[ProjectEntry]
    total: int


class WorldView(TypedDict):
    """A world; its address is ``/worlds/<name>`` below the server's."""

    name: str
    builds: int
    faults: int
    now: float


class WorldsView(TypedDict):
    """Some worlds that have a name, how many there are, and how many there can be."""

    worlds: list[WorldView]
    total: int
    most: int


class OverviewView(TypedDict):
    """What the page shows: the latest builds and changes of state, the latest requests, faults and the clock."""

    clock: ClockView
    builds: list[BuildView]
    total_builds: int
    changes: list[ChangeView]
    faults: list[FaultView]
    total_faults: int
    requests: list[RequestView]
    worlds: list[str]
    total_worlds: int


def health(fake: FakeCopr, worlds: int) -> HealthView:
    return {"status": "ok", "version": __version__, "default_limit": fake.default_limit, "worlds": worlds}


def chroot(shown: BuildChroot) -> ChrootView:
    with shown.build.store.lock:
        shown.catch_up()
        return _as_it_is(shown)


def _as_it_is(shown: BuildChroot) -> ChrootView:
    """A chroot as of when it was last looked at; each of its properties would look again, at another moment."""
    build, moment, life = shown.build, shown.save(), shown.lifecycle_run
    is_absent = life is not None and life.stage.state == ABSENT
    derived_url = f"{build.results_url}/{shown.name}/{moment.result_dir}/" if moment.result_dir else None
    return {
        "name": shown.name,
        "state": ABSENT if is_absent else moment.state.value,
        "started_on": moment.started_on,
        "ended_on": moment.ended_on,
        "result_url": shown.overrides.result_url or derived_url,
        "packages": [write_nevra(nevra) for nevra in moment.packages],
        "held_in": None if life is None else life.held_in,
        "possible_events": [] if is_absent else possible_events(moment.state, build.is_canceled),
        "can_advance": shown.advance_problem() is None,
    }


def build(shown: Build, chroots: int = DEFAULT_LIMIT, offset: int = 0) -> BuildView:
    """A build, with so many of its chroots at most, after the first ``offset``."""
    with shown.store.lock:
        shown.catch_up()
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
            "state": shown.state,
            "started_on": shown.started_on,
            "ended_on": shown.ended_on,
            "submitted_on": shown.submission.submitted_on,
            "submitter": shown.submission.submitter,
            "source_state": shown.source_state,
            "canceled": shown.is_canceled,
            "finished": shown.is_finished,
            "total_chroots": len(shown.chroots),
            "chroots": [_as_it_is(item) for item in shown.chroots[offset : offset + chroots]],
        }


def account(shown: Account) -> AccountView:
    return {"name": shown.name, "login": shown.login, "groups": list(shown.groups)}


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
        "saw": shown.states,
        "fault": shown.fault,
    }


def unmatched(shown: UnmatchedRequests) -> UnmatchedView:
    return {"request": request(shown.last), "count": shown.count, "near_miss": shown.near_miss}


def fault(shown: ActiveFault) -> FaultView:
    return {"id": shown.id, "seen": shown.seen, "hits": shown.hits, "fault": write_fault(shown.fault)}


def world(shown: World) -> WorldView:
    fake = shown.fake
    return {"name": shown.name, "builds": len(fake.builds), "faults": len(fake.faults), "now": fake.clock.now()}


def change(shown: Change) -> ChangeView:
    return {"at": shown.at, "build_id": shown.build_id, "chrootname": shown.chrootname, "state": shown.state}


MOST_WORLDS, MOST_REQUESTS, MOST_FAULTS = 200, 100, 100
"""How many worlds an overview names, and how many requests and faults it shows."""


def overview(fake: FakeCopr, worlds: Collection[str], builds: int, chroots: int, after: int) -> OverviewView:
    """So many of the latest builds, with so many chroots of each, and the requests after that number."""
    there = fake.builds.values()
    latest = list(islice(there, max(len(there) - builds, 0), None))
    requests, _ = fake.journal.page(About(), after, MOST_REQUESTS, 0)
    return {
        "clock": clock(fake),
        "builds": [build(item, chroots) for item in latest],
        "total_builds": len(fake.builds),
        "changes": [change(item) for item in _changes_of(latest)],
        "faults": [fault(item) for item in islice(fake.faults, MOST_FAULTS)],
        "total_faults": len(fake.faults),
        "requests": [request(item) for item in requests],
        "worlds": list(islice(worlds, MOST_WORLDS)),
        "total_worlds": len(worlds),
    }


def _changes_of(builds: list[Build]) -> list[Change]:
    """The changes of some builds, which have caught up with the clock already."""
    # The fake's own list would first let happen what is due in all other builds, however many.
    kept = list(builds[0].store.changes) if builds else []
    ids = {item.id for item in builds}
    # Without a step in Python for each, as there are so many.
    return list(compress(kept, map(ids.__contains__, map(attrgetter("build_id"), kept))))
