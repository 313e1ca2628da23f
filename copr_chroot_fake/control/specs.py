"""Specs of bodies and queries of control calls, beside those of builds, chroots, projects, faults and accounts.

The OpenAPI document is generated from them by ``make docs``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from ..errors import InputError
from ..messages.message import Topic
from ..model.nevra import PackageValue
from ..model.result_file import ResultContent, ResultName
from ..model.states import State, StateValue
from ..options import SharedOptions
from ..scenario.files import ScenarioSource, by_name
from ..scenario.spec import FullName, ScenarioSpec
from ..validation import checks
from ..validation.checks import (
    Amount,
    ChrootName,
    JsonObject,
    PathSegment,
    Positive,
    Text,
    UnixTime,
    WholeNumber,
)
from ..validation.rule import Keywords, Rule, Written, frozen
from ..validation.spec import check_of
from ..wire.endpoint_name import EndpointName
from .worlds import Speed

if TYPE_CHECKING:
    from ..service import Service

MAX_GENERATED = 100
"""Maximum number of builds, and of chroots of each, that one call generates, as it blocks all others meanwhile."""

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
"""How many items of a list one call returns, by default and at most, as it blocks all others meanwhile."""

DEFAULT_UNMATCHED, MAX_UNMATCHED = 20, 100
"""The same for unmatched requests, as a near miss is searched for each of them."""

DEFAULT_BUILDS = 50
"""How many builds an overview has by default."""


@frozen(kw_only=True)
class PopulateBody:
    """How much to generate: so many builds, with about so many chroots each."""

    builds: Annotated[int, checks.integers(0, MAX_GENERATED)] = 10
    chroots: Annotated[int, checks.integers(1, MAX_GENERATED)] = 5
    seed: WholeNumber | None = None


@frozen(kw_only=True)
class MockChrootsBody:
    names: tuple[ChrootName, ...]


@frozen(kw_only=True)
class ReportBody:
    """A state that the backend reports, now or at a Unix time; ``packages`` get plausible defaults."""

    state: StateValue
    at: UnixTime | None = None
    result_dir: PathSegment | None = None
    packages: tuple[PackageValue, ...] | None = None


@frozen(kw_only=True)
class ReportSourceBody:
    """A state of a source build that the backend reports.

    One that succeeds has a ``package``, with a ``version`` and the ``url`` of its source package; omitted ones get
    plausible defaults. The chroots in ``skip`` are not built.
    """

    state: StateValue
    package: PathSegment | None = None
    version: Text | None = None
    url: Text | None = None
    skip: tuple[ChrootName, ...] = ()


@frozen(kw_only=True)
class ReportImportBody:
    """The distributions, such as fedora-42, for which the import into dist-git has failed."""

    failed_for: tuple[Text, ...] = ()


@frozen(kw_only=True)
class ResultBody:
    """A file in a result directory: its ``name``, and its ``content`` as text or base64."""

    name: ResultName
    content: ResultContent


@frozen(kw_only=True)
class SetStateBody:
    """A state, possible or not; null removes a time, an omitted time stays."""

    state: StateValue
    started_on: UnixTime | None = None
    ended_on: UnixTime | None = None


def _parse_destination(location: str, value: object) -> State | Literal["end"]:
    checked = checks.one_of([*(state.value for state in State), "end"])(location, value)
    return "end" if checked == "end" else State(checked)


@frozen(kw_only=True)
class AdvanceBody:
    """How far to advance: ``to`` a state or the ``end`` of the lifecycle; by one stage by default."""

    to: Annotated[State | Literal["end"], Rule(_parse_destination)] | None = None


@frozen(kw_only=True)
class AdvanceBuildBody:
    """How far to advance each chroot: to the ``end`` of its lifecycle; by one stage by default."""

    to: Literal["end"] | None = None


@frozen(kw_only=True)
class HoldBody:
    """The state in which to hold a chroot; its current one by default."""

    state: StateValue | None = None


@frozen(kw_only=True)
class ClockBody:
    """Changes of the clock: ``now`` moves it to a time, and ``tick`` by some seconds from there."""

    now: Amount | None = None
    tick: Amount = 0.0
    speed: Speed | None = None
    paused: bool | None = None


@frozen(kw_only=True)
class SeedBody:
    seed: WholeNumber


@frozen(kw_only=True)
class NextBuildIdBody:
    next_build_id: Positive


def _parse_source(location: str, value: object) -> ScenarioSource:
    """Return a scenario, or the path of a bundled one; clients cannot read other files."""
    if not isinstance(value, str):
        return checks.json_object(location, value)
    bundled = by_name()
    if value not in bundled:
        choices = checks.choices(value, bundled)
        raise InputError(location, f"{checks.excerpt(value)} is not a bundled scenario; {choices}")
    return bundled[value]


ScenarioName = Annotated[str, Keywords(enum=[*by_name()])]

ScenarioValue = Annotated[ScenarioSource, Rule(_parse_source), Written(ScenarioSpec | ScenarioName)]
"""A scenario that the fake parses, as it does those in files, or the name of a bundled one."""


@frozen(kw_only=True)
class WorldBody(SharedOptions):
    """The initial state of a world; omitted fields are as in that of the server.

    A ``default_limit`` or ``max_polls`` of null is none. Its ``scenario`` can be the name of a bundled one.
    """

    scenario: ScenarioValue | None = None
    speed: Speed | None = None


@frozen(kw_only=True)
class _Subject:
    build_id: Positive | None = None
    chrootname: Text | None = None


@frozen(kw_only=True)
class RequestedBody(_Subject):
    """An endpoint was requested, at least once or so many times."""

    assertion: Literal["requested"]
    endpoint: EndpointName
    times: WholeNumber | None = None

    def check(self, service: Service) -> None:
        service.journal.assert_requested(self.endpoint, self.build_id, self.chrootname, self.times)


@frozen(kw_only=True)
class NotRequestedBody(_Subject):
    """An endpoint was not requested."""

    assertion: Literal["not-requested"]
    endpoint: EndpointName

    def check(self, service: Service) -> None:
        service.journal.assert_requested(self.endpoint, self.build_id, self.chrootname, 0)


@frozen(kw_only=True)
class PolledBody(_Subject):
    """Nothing was polled twice within so many seconds of the fake's clock."""

    assertion: Literal["polled-no-faster-than"]
    seconds: Amount

    def check(self, service: Service) -> None:
        service.journal.assert_polled_no_faster_than(self.seconds, self.build_id, self.chrootname)


@frozen(kw_only=True)
class PagesBody:
    """Every chroot of a build was on a page of its list that was requested."""

    assertion: Literal["all-pages-read"]
    build_id: Positive

    def check(self, service: Service) -> None:
        service.journal.assert_all_pages_read(service.store.existing_build(self.build_id))


@frozen(kw_only=True)
class SubmittedBody:
    """A build was submitted and accepted, at least once or so many times; ``fields`` are other fields of the body."""

    assertion: Literal["submitted"]
    project: FullName | None = None
    chroots: tuple[Text, ...] | None = None
    url: Text | None = None
    filename: Text | None = None
    user: Text | None = None
    times: WholeNumber | None = None
    fields: JsonObject | None = None

    def check(self, service: Service) -> None:
        service.journal.assert_submitted(
            self.fields or {},
            self.chroots,
            self.times,
            project=self.project,
            url=self.url,
            filename=self.filename,
            user=self.user,
        )


@frozen(kw_only=True)
class ProjectBody:
    """A request created or edited a project; ``fields`` are other fields of the body."""

    assertion: Literal["project-created", "project-edited"]
    project: FullName | None = None
    chroots: tuple[Text, ...] | None = None
    user: Text | None = None
    fields: JsonObject | None = None

    def check(self, service: Service) -> None:
        kind: Literal["project", "edit"] = "project" if self.assertion == "project-created" else "edit"
        service.journal.assert_project(kind, self.fields or {}, self.chroots, project=self.project, user=self.user)


@frozen(kw_only=True)
class CanceledBody:
    """A request canceled a build."""

    assertion: Literal["canceled"]
    build_id: Positive

    def check(self, service: Service) -> None:
        service.journal.assert_canceled(self.build_id)


@frozen(kw_only=True)
class WaitedForBody:
    """A response showed the end of a build, or of all its chroots."""

    assertion: Literal["waited-for"]
    build_id: Positive

    def check(self, service: Service) -> None:
        service.journal.assert_waited_for(service.store.existing_build(self.build_id))


Assertion = (
    RequestedBody
    | NotRequestedBody
    | PolledBody
    | PagesBody
    | SubmittedBody
    | ProjectBody
    | CanceledBody
    | WaitedForBody
)

_ASSERTIONS: Mapping[str, Callable[[str, object], Assertion]] = {
    "requested": check_of(RequestedBody),
    "not-requested": check_of(NotRequestedBody),
    "polled-no-faster-than": check_of(PolledBody),
    "all-pages-read": check_of(PagesBody),
    "submitted": check_of(SubmittedBody),
    "project-created": check_of(ProjectBody),
    "project-edited": check_of(ProjectBody),
    "canceled": check_of(CanceledBody),
    "waited-for": check_of(WaitedForBody),
}


def _parse_assertion(location: str, value: object) -> Assertion:
    name = checks.mapping(location, value).get("assertion")
    return _ASSERTIONS[checks.one_of(_ASSERTIONS)("assertion", name)](location, value)


VerifyBody = Annotated[Assertion, Rule(_parse_assertion)]

Limit = Annotated[int, checks.integers(0, MAX_LIMIT)]


@frozen(kw_only=True)
class PageQuery:
    """A page of a list: at most ``limit`` items, after the first ``offset`` ones."""

    limit: Limit = DEFAULT_LIMIT
    offset: WholeNumber = 0


@frozen(kw_only=True)
class BuildFilter:
    """Builds with this id, or whose package or project contains ``search``, and that are in a ``state``."""

    search: Text | None = None
    state: StateValue | None = None


@frozen(kw_only=True)
class BuildsQuery(PageQuery, BuildFilter):
    """A page of the selected builds: at most ``limit``, after the first ``offset`` ones."""


@frozen(kw_only=True)
class NamesQuery(PageQuery):
    """A page of those whose names contain ``search``: at most ``limit``, after the first ``offset`` ones."""

    search: Text | None = None


@frozen(kw_only=True)
class UnmatchedQuery:
    """A page of the unmatched requests: at most ``limit`` targets, after the first ``offset`` ones."""

    limit: Annotated[int, checks.integers(0, MAX_UNMATCHED)] = DEFAULT_UNMATCHED
    offset: WholeNumber = 0


@frozen(kw_only=True)
class RequestFilter(_Subject):
    """Which requests; the targets or the bodies contain ``search``, and ``fault`` is the id of the one that hit them.

    ``status`` is 0 for requests without a response.
    """

    endpoint: EndpointName | None = None
    search: Text | None = None
    status: WholeNumber | None = None
    fault: Positive | None = None


@frozen(kw_only=True)
class RequestsQuery(PageQuery, RequestFilter):
    """Only requests ``after`` this number: the latest ``limit``, without the last ``offset``."""

    after: WholeNumber = 0


@frozen(kw_only=True)
class ChangesQuery(PageQuery, _Subject):
    """The latest ``limit`` changes, without the last ``offset``."""


@frozen(kw_only=True)
class MessagesQuery(PageQuery, _Subject):
    """Only messages ``after`` this number: the latest ``limit``, without the last ``offset``.

    The bodies contain ``search``.
    """

    topic: Topic | None = None
    after: WholeNumber = 0
    search: Text | None = None


@frozen(kw_only=True)
class OverviewQuery(BuildFilter):
    """The latest ``builds`` selected ones, before the last ``offset``, and requests ``after`` the one of that number.

    ``chroots`` is the maximum number of chroots of each build.
    """

    builds: Limit = DEFAULT_BUILDS
    offset: WholeNumber = 0
    chroots: Limit = DEFAULT_LIMIT
    after: WholeNumber = 0
