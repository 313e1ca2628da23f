"""Responses of the control API, as types (from which the OpenAPI schemas are generated) and functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict, TypeVar, cast

from ..engine.build import Build
from ..engine.chroot import BuildChroot, Change
from ..engine.clock import SystemClock, VirtualClock
from ..engine.dump import write_package
from ..engine.faults import ActiveFault
from ..engine.project import Project
from ..engine.submission_rules import SubmissionRule
from ..errors import InputError
from ..journal.journal import UnmatchedRequests
from ..journal.request import Request
from ..messages.message import Message, MessageBody, Topic
from ..model.account import Account, Group
from ..model.fault import FaultObject
from ..model.lifecycle import ABSENT
from ..model.machine import Event, possible_events
from ..model.nevra import NevraEntry, dump_package
from ..model.package import Package
from ..model.states import State
from ..scenario.spec import PackageSpec, ProjectEntry, ProjectSpec, SubmissionRuleSpec
from ..validation import checks
from ..validation.rule import Keywords, Written
from ..validation.spec import dump
from ..wire.endpoint_name import EndpointName
from .call import select_builds
from .specs import DEFAULT_LIMIT, OverviewQuery

if TYPE_CHECKING:
    from ..service import Service
    from .worlds import World

V = TypeVar("V")

StateOrAbsent = Annotated[str, Keywords(enum=[*(state.value for state in State), ABSENT])]


class ErrorView(TypedDict):
    """An error."""

    error: str


class LocatedErrorView(TypedDict):
    """An error; ``where`` is the location in the body, or the name of an argument."""

    where: str
    problem: str


class InputErrorView(TypedDict):
    """An invalid body or query: the first error with its location, and all ``errors``, 100 at most."""

    error: str
    where: str
    errors: list[LocatedErrorView]


class HealthView(TypedDict):
    status: Literal["ok"]
    version: str
    copr_version: str
    default_limit: int | None
    worlds: int


class ChrootView(TypedDict):
    """A build chroot. ``state`` is ``absent`` while Copr does not list the chroot yet.

    Times are Unix times in seconds. ``can_advance`` is whether it can advance to a next stage.
    """

    name: str
    state: StateOrAbsent
    started_on: int | None
    ended_on: int | None
    result_url: str | None
    packages: list[NevraEntry]
    held_in: State | None
    possible_events: list[Event]
    can_advance: bool


class ReportView(TypedDict):
    """Whether Copr has accepted a report, and the build chroot after it."""

    accepted: bool
    chroot: ChrootView


class BuildView(TypedDict):
    """A build; ``memory_limit`` is in MB, ``timeout`` in seconds.

    ``states`` has the number of chroots in each state, of all ``total_chroots``. ``chroots`` are the first 100 of
    them, unless the call has ``limit`` and ``offset``.
    """

    id: int
    project: str
    project_dirname: str
    package: str | None
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
    version: str | None
    source_state: State
    canceled: bool
    finished: bool
    total_chroots: int
    states: Annotated[dict[str, int], Keywords(propertyNames={"enum": [*(state.value for state in State), ABSENT]})]
    chroots: list[ChrootView]


class BuildReportView(TypedDict):
    """Whether Copr has accepted a report, and the build after it."""

    accepted: bool
    build: BuildView


class BuildsView(TypedDict):
    """A page of the builds, and their total number."""

    builds: list[BuildView]
    total: int


class AccountView(TypedDict):
    """A user who may log in, without the token; one who is ``admin`` may do everything.

    With an ``expired`` token, the login is rejected.
    """

    name: str
    login: str
    groups: list[str]
    admin: bool
    expired: bool


class AccountsView(TypedDict):
    """A page of the accounts, and their total number. Without accounts, any login is accepted."""

    accounts: list[AccountView]
    total: int


class GroupView(TypedDict):
    """A group, with its name in the account system."""

    name: str
    fas_name: str


class GroupsView(TypedDict):
    """A page of the groups, and their total number."""

    groups: list[GroupView]
    total: int


class ClockView(TypedDict):
    """The clock: Unix time in seconds, and its seconds for each real second.

    ``speed`` is null for a virtual clock, which only moves when told.
    """

    now: float
    speed: float | None
    paused: bool


class UploadedFileView(TypedDict):
    """An uploaded file; ``size`` is in bytes."""

    filename: str
    size: int


class RequestView(TypedDict):
    """A request, numbered from 1; ``status`` is 0 if a fault prevented the response.

    ``states`` has the states of the chroots in the response, by name; ``build_states`` those of its builds, by id.

    Headers with logins and tokens are ``***``. Bodies of more than 64 KiB, not counting uploaded files, are not kept.
    """

    number: int
    method: str
    target: str
    endpoint: EndpointName | None
    build_id: int | None
    chrootname: str | None
    status: int
    at: float
    matched: bool
    states: dict[str, State]
    build_states: dict[str, State]
    fault: int | None
    headers: dict[str, str]
    user: str | None
    body_size: int
    json: object
    form: dict[str, str]
    files: dict[str, UploadedFileView]
    created_builds: list[int]
    created_project: str | None
    error: str | None


class RequestsView(TypedDict):
    """A page of the selected requests, and their total number."""

    requests: list[RequestView]
    total: int


class CountView(TypedDict):
    count: int


class UnmatchedView(TypedDict):
    """The last of ``count`` unmatched requests with the same method and target, and its near miss."""

    request: RequestView
    count: int
    near_miss: str


class UnmatchedsView(TypedDict):
    """A page of the unmatched requests; ``total`` is the number of distinct methods and targets."""

    unmatched: list[UnmatchedView]
    total: int


class VerdictView(TypedDict):
    """Whether an assertion holds; if not, ``message`` lists the recorded requests."""

    passed: bool
    message: str | None


class MessageView(TypedDict):
    """A message that Copr has published, numbered from 1; ``time`` is the Unix time of the transition."""

    number: int
    topic: Topic
    time: int
    body: MessageBody


class MessagesView(TypedDict):
    """A page of the selected messages, and their total number."""

    messages: list[MessageView]
    total: int


class FaultView(TypedDict):
    """A fault: ``seen`` is the number of requests that match it, ``hits`` the number of those that it affected."""

    id: int
    seen: int
    hits: int
    fault: Annotated[Mapping[str, object], Written(FaultObject)]


class FaultsView(TypedDict):
    """A page of the faults, and their total number."""

    faults: list[FaultView]
    total: int


class SubmissionRuleView(TypedDict):
    """A rule: ``seen`` is the number of submitted builds that match it, ``hits`` of those that it has applied to.

    ``has_function`` is whether a function in Python decides, too.
    """

    id: int
    seen: int
    hits: int
    has_function: bool
    rule: Annotated[Mapping[str, object], Written(SubmissionRuleSpec)]


class SubmissionRulesView(TypedDict):
    """A page of the rules for submitted builds, and their total number."""

    rules: list[SubmissionRuleView]
    total: int


class NextBuildIdView(TypedDict):
    """The id of the next build."""

    next_build_id: int


class SeedView(TypedDict):
    """The random seed."""

    seed: int


class ChangeView(TypedDict):
    """A change of a build chroot to a state, at a Unix time."""

    at: int
    build_id: int
    chrootname: str
    state: State


class ChangesView(TypedDict):
    """A page of the selected changes, and their total number."""

    changes: list[ChangeView]
    total: int


class SnapshotView(TypedDict):
    id: int


class SnapshotsView(TypedDict):
    """A page of the snapshots, and their total number."""

    snapshots: list[SnapshotView]
    total: int


class SavedView(TypedDict):
    """The state file."""

    file: str


class ProjectsView(TypedDict):
    """A page of the projects, and their total number."""

    projects: list[Annotated[ProjectEntry, Written(ProjectSpec)]]
    total: int


class PackageView(TypedDict):
    """A package, and the full name of its project."""

    project: str
    package: Annotated[Mapping[str, object], Written(PackageSpec)]


class PackagesView(TypedDict):
    """A page of the packages, and their total number."""

    packages: list[PackageView]
    total: int


class WorldView(TypedDict):
    """A world, at ``/worlds/<name>`` below the server's URL; the main world's name is empty."""

    name: str
    builds: int
    faults: int
    now: float


class WorldsView(TypedDict):
    """A page of the named worlds, their total number, and the maximum number."""

    worlds: list[WorldView]
    total: int
    maximum: int


class OverviewView(TypedDict):
    """Content of the page: the latest builds, changes of state and requests, the faults, and the clock.

    ``total_builds`` is the number of selected builds.
    """

    clock: ClockView
    builds: list[BuildView]
    total_builds: int
    changes: list[ChangeView]
    faults: list[FaultView]
    total_faults: int
    requests: list[RequestView]
    worlds: list[str]
    total_worlds: int


def _view(kind: type[V], item: object, **others: object) -> V:
    """Return a view of an object: its attributes with the names of the view's fields, and the other fields."""
    names = kind.__annotations__
    return cast(V, {name: others[name] if name in others else getattr(item, name) for name in names})


def chroot(item: BuildChroot) -> ChrootView:
    with item.build.store.lock:
        item.build.store.catch_up()
        return _chroot_now(item)


def _chroot_now(item: BuildChroot) -> ChrootView:
    """Return a chroot as of its last catch-up. Its properties would each catch up again, at different times."""
    build, moment, life = item.build, item.stored, item.run
    derived_url = f"{build.results_url}/{item.name}/{moment.result_dir}/" if moment.result_dir else None
    return {
        "name": item.name,
        "state": item.stored_state,
        "started_on": moment.started_on,
        "ended_on": moment.ended_on,
        "result_url": item.overrides.result_url or derived_url,
        "packages": [dump_package(nevra) for nevra in moment.packages],
        "held_in": None if life is None else life.held_in,
        "possible_events": [] if item.stored_state == ABSENT else possible_events(moment.state, build.is_canceled),
        "can_advance": item.advance_problem() is None,
    }


def build(item: Build, chroots: int = DEFAULT_LIMIT, offset: int = 0) -> BuildView:
    """Return a build, with at most ``chroots`` of its chroots, after the first ``offset``."""
    with item.store.lock:
        item.store.catch_up()
        return _view(
            BuildView,
            item,
            project=item.project.full_name,
            version=item.source.version,
            canceled=item.is_canceled,
            finished=item.is_finished,
            total_chroots=len(item.chroots),
            states=Counter(map(attrgetter("stored_state"), item.chroots)),
            chroots=[_chroot_now(each) for each in item.chroots[offset : offset + chroots]],
        )


def account(item: Account) -> AccountView:
    return _view(AccountView, item)


def group(item: Group) -> GroupView:
    return _view(GroupView, item)


def clock(item: VirtualClock | SystemClock) -> ClockView:
    now = item.now()
    if isinstance(item, SystemClock):
        return {"now": now, "speed": item.speed, "paused": item.is_paused}
    return {"now": now, "speed": None, "paused": True}


def request(item: Request) -> RequestView:
    return _view(
        RequestView,
        item,
        build_states={str(build_id): state for build_id, state in item.build_states.items()},
        json=_valid_json(item.json),
        form={**item.form},
        files={name: _view(UploadedFileView, file) for name, file in item.files.items()},
    )


def _valid_json(document: object) -> object:
    """Return a document; ``None`` if it is nested too deeply, or has a NaN, which Python accepts."""
    if document is None:
        return None
    try:
        return checks.json_object("body", {"json": document})["json"]
    except InputError:
        return None


def package(project: Project, item: Package) -> PackageView:
    return {"project": project.full_name, "package": write_package(item)}


def unmatched(item: UnmatchedRequests) -> UnmatchedView:
    return _view(UnmatchedView, item, request=request(item.last))


def fault(item: ActiveFault) -> FaultView:
    return _view(FaultView, item, fault=dump(item.fault))


def submission_rule(item: SubmissionRule) -> SubmissionRuleView:
    return _view(SubmissionRuleView, item, has_function=item.when is not None, rule=dump(item.rule))


def world(item: World) -> WorldView:
    store = item.service.store
    return {
        "name": item.name,
        "builds": len(store.current_builds),
        "faults": len(store.faults),
        "now": store.clock.now(),
    }


def change(item: Change) -> ChangeView:
    return _view(ChangeView, item)


def message(item: Message) -> MessageView:
    return _view(MessageView, item)


MAX_WORLDS, MAX_REQUESTS, MAX_FAULTS = 200, 100, 100
"""Maximum numbers of names of worlds, requests and faults in an overview."""


def overview(service: Service, worlds: Collection[str], query: OverviewQuery) -> OverviewView:
    """Return the page's content; ``worlds`` are the names of the named worlds."""
    store = service.store
    builds = select_builds(store.current_builds.values(), query)
    end = max(len(builds) - query.offset, 0)
    latest = list(islice(builds, max(end - query.builds, 0), end))
    requests = service.journal.requests(query.after)[-MAX_REQUESTS:]
    return {
        "clock": clock(service.clock),
        "builds": [build(item, query.chroots) for item in latest],
        "total_builds": len(builds),
        "changes": [change(item) for item in _changes_of(latest)],
        "faults": [fault(item) for item in islice(store.faults, MAX_FAULTS)],
        "total_faults": len(store.faults),
        "requests": [request(item) for item in requests],
        "worlds": list(islice(worlds, MAX_WORLDS)),
        "total_worlds": len(worlds),
    }


def _changes_of(builds: list[Build]) -> list[Change]:
    """Return the changes of builds that have already caught up with the clock."""
    # Store.sorted_changes would first make all other builds catch up, however many there are.
    changes = list(builds[0].store.changes) if builds else []
    ids = {item.id for item in builds}
    return [change for change in changes if change.build_id in ids]
