"""What the control API takes, as types: bodies and queries, from which its document has the schemas."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from ..model.lifecycle import LifecycleValue
from ..model.nevra import PackageValue
from ..model.progress import ProgressMode, ProgressValue
from ..model.project import Bootstrap
from ..model.states import State
from ..scenario.bundled import by_name
from ..scenario.spec import Chroots, FullName, ScenarioSpec
from ..validation.checks import (
    LARGEST_INTEGER,
    Amount,
    ChrootName,
    Group,
    Login,
    PathSegment,
    Positive,
    Text,
    UnixTime,
    WholeNumber,
)
from ..validation.schema import Keywords
from ..wire.routes import EndpointName

MOST_MADE_UP = 100
"""How many builds, and chroots of each, one call makes up at most: nothing else is answered meanwhile."""


class BuildBody(TypedDict, total=False):
    """A build; omitted fields get plausible defaults, and the ``id`` is the next one by default.

    ``memory_limit`` is in MB, ``timeout`` in seconds. ``chroots`` are names, objects, or states or settings by name.
    """

    id: Positive
    chroots: Chroots
    project: FullName
    package: PathSegment
    state: State
    lifecycle: LifecycleValue
    progress: ProgressValue
    memory_limit: WholeNumber
    timeout: WholeNumber
    enable_net: bool
    is_background: bool
    bootstrap: Bootstrap


class _ChrootRequired(TypedDict):
    name: ChrootName


class ChrootBody(_ChrootRequired, total=False):
    """A chroot for a build: the state in which it stays, or how it lives and what makes it go on."""

    state: State
    lifecycle: LifecycleValue
    progress: ProgressValue


class PopulateBody(TypedDict, total=False):
    """How much to make up: so many builds, with about so many chroots each."""

    builds: Annotated[int, Keywords(minimum=0, maximum=MOST_MADE_UP)]
    chroots: Annotated[int, Keywords(minimum=1, maximum=MOST_MADE_UP)]
    seed: WholeNumber


class _AccountRequired(TypedDict):
    name: Text
    login: Login
    token: Text


class AccountBody(_AccountRequired, total=False):
    """A user who may log in; the projects of the ``groups``, each with its ``@``, are the user's too."""

    groups: list[Group]


class MockChrootsBody(TypedDict):
    names: list[ChrootName]


class _StateRequired(TypedDict):
    state: State


class ReportBody(_StateRequired, total=False):
    """A state that the backend reports, now or at a Unix time; ``packages`` get plausible defaults."""

    at: UnixTime
    result_dir: PathSegment
    packages: list[PackageValue]


class SetStateBody(_StateRequired, total=False):
    """A state, possible or not; null removes a time, an omitted time stays."""

    started_on: UnixTime | None
    ended_on: UnixTime | None


class AdvanceBody(TypedDict, total=False):
    """How far to advance: ``to`` a state or the ``end`` of the lifecycle; by one stage by default."""

    to: State | Literal["end"]


class AdvanceBuildBody(TypedDict, total=False):
    """How far to advance each chroot: to the ``end`` of its lifecycle; by one stage by default."""

    to: Literal["end"]


class HoldBody(TypedDict, total=False):
    """The state in which to hold a chroot; its current one by default."""

    state: State


Speed = Annotated[Amount, Keywords(exclusiveMinimum=0)]


class ClockBody(TypedDict, total=False):
    """What to do with the clock: ``now`` moves it to a time, and ``tick`` by some seconds from there."""

    now: Amount
    tick: Amount
    speed: Speed
    paused: bool


class SeedBody(TypedDict):
    seed: WholeNumber


ScenarioName = Annotated[str, Keywords(enum=[*by_name()])]
"""The name of a scenario that ships."""


class WorldBody(TypedDict, total=False):
    """How a world is to be; what is not said is as the server was started. A ``default_limit`` of null is none.

    Its ``scenario`` can be the name of one that ships.
    """

    scenario: ScenarioSpec | ScenarioName
    progress: ProgressMode
    seed: WholeNumber
    default_limit: Positive | None
    speed: Speed
    requests_kept: WholeNumber


class _About(TypedDict, total=False):
    build_id: Positive
    chrootname: Text


class _RequestedRequired(TypedDict):
    assertion: Literal["requested"]
    endpoint: EndpointName


class RequestedBody(_RequestedRequired, _About, total=False):
    """An endpoint was asked, at least once or so many times."""

    times: WholeNumber


class _NotRequestedRequired(TypedDict):
    assertion: Literal["not-requested"]
    endpoint: EndpointName


class NotRequestedBody(_NotRequestedRequired, _About, total=False):
    """An endpoint was not asked."""


class _PolledRequired(TypedDict):
    assertion: Literal["polled-no-faster-than"]
    seconds: Amount


class PolledBody(_PolledRequired, _About, total=False):
    """Nobody asked for one thing twice within so many seconds of the fake's clock."""


class PagesBody(TypedDict):
    """Every chroot of a build was on a page of its list that was read."""

    assertion: Literal["all-pages-read"]
    build_id: Positive


VerifyBody = RequestedBody | NotRequestedBody | PolledBody | PagesBody


DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
"""How many items of a list one call returns, by default and at most: nothing else is answered meanwhile."""

DEFAULT_UNMATCHED, MAX_UNMATCHED = 20, 100
"""The same for unmatched requests, as a near miss is searched for each of them."""

Limit = Annotated[int, Keywords(minimum=0, maximum=MAX_LIMIT, default=DEFAULT_LIMIT)]
Offset = Annotated[int, Keywords(minimum=0, maximum=LARGEST_INTEGER, default=0)]


class PageQuery(TypedDict, total=False):
    """A page of a list: at most ``limit`` items, after the first ``offset`` ones."""

    limit: Limit
    offset: Offset


class UnmatchedQuery(TypedDict, total=False):
    """A page of the unmatched requests: at most ``limit`` targets, after the first ``offset`` ones."""

    limit: Annotated[int, Keywords(minimum=0, maximum=MAX_UNMATCHED, default=DEFAULT_UNMATCHED)]
    offset: Offset


class AskedQuery(TypedDict, total=False):
    """Which requests."""

    endpoint: EndpointName
    build_id: Positive
    chrootname: Text


class RequestsQuery(AskedQuery, total=False):
    """Which requests that came ``after`` the one of that number: the latest ``limit``, before the last ``offset``."""

    after: WholeNumber
    limit: Limit
    offset: Offset


class ChangesQuery(_About, total=False):
    """Which changes: the latest ``limit``, before the last ``offset``."""

    limit: Limit
    offset: Offset


DEFAULT_BUILDS = 50
"""How many builds an overview shows by default."""


class OverviewQuery(TypedDict, total=False):
    """How much to show: so many builds, chroots of each, and the requests after that number."""

    builds: Annotated[int, Keywords(minimum=0, maximum=MAX_LIMIT, default=DEFAULT_BUILDS)]
    chroots: Limit
    after: WholeNumber
