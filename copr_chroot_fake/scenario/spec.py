"""Specs of everything that input describes: scenarios, projects, builds and their chroots.

Scenario files, ``add_build`` calls, control API bodies, generated data and recordings all become these plain, frozen
objects before a fake sees them; they know no store. Omitted fields have Copr's defaults for a new object, except those
that are derived: of a chroot that has ended, and of which nothing else is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace
from typing import Annotated, Any, ClassVar, TypeAlias, TypedDict

from ..errors import InputError
from ..model import defaults
from ..model.account import Account, Group, fas_name_of
from ..model.fault import FaultValue
from ..model.lifecycle import (
    DEFAULT_LIFECYCLE,
    LIFECYCLES,
    UNBUILT_LIFECYCLES,
    LifecycleLike,
    LifecycleValue,
    has_end,
    positions,
)
from ..model.nevra import PackageLike, PackageValue
from ..model.progress import ProgressLike, ProgressValue
from ..model.project import (
    Bootstrap,
    Isolation,
    Permissions,
    ProjectChroot,
    ProjectSettings,
    ResultDir,
    SourcePackage,
)
from ..model.result_file import Results
from ..model.source import SourceType
from ..model.states import State, StateName, StateValue, parse_state
from ..validation import checks
from ..validation.checks import (
    Amount,
    Base64,
    ChrootName,
    JsonObject,
    PathSegment,
    Positive,
    Remaining,
    Text,
    UnixTime,
    WholeNumber,
)
from ..validation.rule import NULLABLE, Derivable, Relation, Rule, Written, frozen, given, whole
from ..validation.spec import Unique, check_of, dump, fields_of, parse, parse_list, parse_mapping

Entry: TypeAlias = dict[str, Any]
"""An object in a scenario document; the specs below declare its fields."""

Scenario: TypeAlias = Entry
ProjectEntry: TypeAlias = Entry
ProjectChrootEntry: TypeAlias = Entry
BuildEntry: TypeAlias = Entry
ChrootEntry: TypeAlias = Entry

DEFAULT_OWNER = "jdoe"
DEFAULT_PROJECT = "playground"
DERIVED = ""
"""The default submitter of a build: the owner of its project."""


def _check_times(chroot: ChrootSpec) -> Iterable[tuple[str, str]]:
    problem = checks.end_problem(given(chroot.started_on), given(chroot.ended_on))
    if problem is not None and not chroot.late_start:
        yield "ended_on", problem


def _check_canceled(chroot: ChrootSpec) -> Iterable[tuple[str, str]]:
    if chroot.canceled and chroot.state is not State.FAILED:
        yield "canceled", "a chroot that is canceled while it runs ends as failed; expected that state"


_OF_LIFECYCLE = ("progress", "polls", "stage", "remaining", "hold", "planned")
"""The fields that need a lifecycle."""

_SET_BY_LIFECYCLE = ("stage", "started_on", "ended_on")
"""The fields that a lifecycle sets for a chroot that begins it."""


def _check_lifecycle(chroot: ChrootSpec) -> Iterable[tuple[str, str]]:
    """Yield conflicts with the lifecycle of a chroot; the build checks a chroot that inherits its lifecycle."""
    if chroot.lifecycle is not None or chroot.state is not None:
        yield from _lifecycle_errors(chroot)


def _lifecycle_errors(chroot: ChrootSpec) -> Iterator[tuple[str, str]]:
    lifecycle, state, stage = chroot.lifecycle, chroot.state, chroot.stage
    if lifecycle is None:
        for name in _given(chroot, _OF_LIFECYCLE):
            yield name, "only a chroot that advances has it; expected a lifecycle too"
        return
    if state is None:
        for name in _given(chroot, _SET_BY_LIFECYCLE):
            yield name, "its lifecycle sets it; expected none, or the state it is in"
    if chroot.hold is not None and not positions(lifecycle, chroot.hold):
        yield "hold", f"its lifecycle does not reach {chroot.hold}; possible: {lifecycle}"
    possible = [0] if state is None else positions(lifecycle, state)
    if not possible:
        yield "state", f"{state} is not a stage of its lifecycle, {lifecycle}"
    elif stage is not None and state is not None and stage not in possible:
        indices = ", ".join(map(str, possible))
        yield "stage", f"{stage} is not the index of a stage with state {state}; expected {indices}"
    elif chroot.remaining is not None and not has_end(lifecycle, possible[0] if stage is None else stage):
        yield "remaining", f"{state or lifecycle.stages[0].state} lasts forever in this stage; omit it"


def _given(spec: ChrootSpec | SubmissionRuleSpec, names: Iterable[str]) -> list[str]:
    return [name for name in names if given(getattr(spec, name)) is not None]


@frozen(kw_only=True)
class PlannedSpec:
    """The values that a lifecycle sets: ``result_dir`` when the chroot starts, ``packages`` when it succeeds."""

    result_dir: ResultDir | None = None
    packages: tuple[PackageValue, ...] | None = None


@frozen(kw_only=True)
class ChrootSettings:
    """The settings of a build chroot; times are Unix times in seconds.

    With only a ``state``, it stays in that state. With a ``lifecycle``, it advances: from ``state``, if given, which
    ``polls`` responses have shown. It stays in the state ``hold`` until it is released. ``stage`` is the index of
    its stage, for a lifecycle with several stages in that state. ``remaining`` are the seconds until the stage ends,
    negative if it is held beyond its end. Without ``planned``, its lifecycle sets the ``result_dir`` and the
    ``packages``. A failed chroot may have been ``canceled`` while it ran, which affects only its results. With a
    ``late_start``, which the backend reported after the end, it may have started after its end. If ``announced``, the
    message about its start has been published; derived by default. ``results`` are the contents of files in its result
    directory, by name, and ``copied`` the packages that a fork has there, of which the API lists none.
    """

    state: StateValue | None = None
    lifecycle: LifecycleValue | None = None
    progress: ProgressValue | None = None
    polls: WholeNumber | None = None
    stage: WholeNumber | None = None
    remaining: Remaining | None = None
    hold: StateValue | None = None
    started_on: Derivable[UnixTime] = ...
    ended_on: Derivable[UnixTime] = ...
    result_dir: Derivable[ResultDir] = ...
    planned: PlannedSpec | None = None
    result_url: Text | None = None
    packages: Derivable[tuple[PackageValue, ...]] = ...
    build_config: JsonObject | None = None
    results: Results | None = None
    copied: tuple[PackageValue, ...] = ()
    canceled: bool = False
    late_start: bool = False
    announced: bool | None = None
    _RELATIONS: ClassVar[tuple[object, ...]] = (
        Relation(("started_on", "ended_on", "late_start"), _check_times, frozenset({"ended_on"})),
        Relation(("canceled", "state"), _check_canceled, frozenset({"canceled"})),
        Relation(
            ("state", "lifecycle", *_OF_LIFECYCLE),
            _check_lifecycle,
            frozenset({"lifecycle", *_OF_LIFECYCLE}),
        ),
    )


@frozen(kw_only=True)
class ChrootSpec(ChrootSettings):
    """A build chroot."""

    name: ChrootName


def _parse_chroot(location: str, value: object) -> ChrootSpec:
    if checks.plain_text(value) is not None:
        return ChrootSpec(name=checks.chroot_name(location, value))
    return parse(ChrootSpec, location, value)


def _parse_settings(location: str, value: object) -> ChrootSettings:
    """Parse the settings of a chroot, or the state in which it stays."""
    name = checks.plain_text(value)
    if name is None:
        return parse(ChrootSettings, location, value)
    if name in LIFECYCLES and name not in State.__members__.values():
        expected = f"a state, or {{'lifecycle': {name!r}}}"
        raise InputError(location, f"{name!r} is a lifecycle, and not a state; expected {expected}")
    return ChrootSettings(state=parse_state(location, name))


def _parse_chroots(location: str, value: object) -> tuple[ChrootSpec, ...]:
    """Return the chroots of a list of names or objects, or of their states or settings by name."""
    if not checks.is_mapping(value):
        return parse_list(
            _parse_chroot, location, value, Unique(("name",), "the build already has {}; expected another")
        )
    by_name = parse_mapping(checks.chroot_name, _parse_settings, location, value)
    return tuple(ChrootSpec(name=name, **vars(settings)) for name, settings in by_name.items())


Chroots = Annotated[
    tuple[ChrootSpec, ...],
    Rule(_parse_chroots, lambda chroots: [dump(chroot) for chroot in chroots]),
    Written(list[ChrootName | ChrootSpec] | Mapping[ChrootName, StateValue | ChrootSettings]),
]


class ChrootFields(TypedDict, total=False):
    """The fields of a build chroot, for type checkers."""

    state: State | StateName | None
    lifecycle: LifecycleLike | None
    progress: ProgressLike | None
    polls: int | None
    stage: int | None
    remaining: float | None
    hold: State | StateName | None
    started_on: int | None
    ended_on: int | None
    result_dir: str | None
    planned: Mapping[str, object] | None
    result_url: str | None
    packages: Iterable[PackageLike] | None
    build_config: Mapping[str, object] | None
    results: Mapping[str, str | bytes] | None
    copied: Iterable[PackageLike]
    canceled: bool
    late_start: bool
    announced: bool | None


class NamedChrootFields(ChrootFields):
    """The fields of a build chroot in a list."""

    name: str


# Not any iterable: a mapping is one, of its keys, whatever its values are.
_Listed = str | NamedChrootFields
ChrootsLike = Sequence[_Listed] | Set[str] | Iterator[_Listed] | Mapping[str, State | StateName | ChrootFields]
"""Names or objects of chroots, or by name the state in which each stays, or its settings."""


def _parse_enabled(location: str, value: object) -> Mapping[str, ProjectChroot]:
    """Return the settings of the chroots that a project enables; those of a list of names are the defaults."""
    if checks.is_mapping(value):
        return parse_mapping(checks.chroot_name, check_of(ProjectChroot), location, value)
    return dict.fromkeys(parse_list(checks.chroot_name, location, value), ProjectChroot())


EnabledChroots = Annotated[
    Mapping[str, ProjectChroot],
    Rule(_parse_enabled, lambda chroots: {name: dump(settings) for name, settings in chroots.items()}),
    Written(list[ChrootName] | Mapping[ChrootName, ProjectChroot]),
]


@frozen(kw_only=True)
class GroupSpec:
    """A group of users; ``fas_name`` is its name in the account system, by default the same without the ``@``."""

    name: checks.Group
    fas_name: Text | None = None

    @property
    def group(self) -> Group:
        """The group that it describes."""
        return Group(self.name, self.fas_name or fas_name_of(self.name))


@frozen(kw_only=True)
class PackageSpec:
    """A package of a project; ``source_dict`` has the fields of its default source."""

    id: Positive | None = None
    name: PathSegment
    source_type: SourceType = "unset"
    source_dict: JsonObject = field(default_factory=dict)
    webhook_rebuild: bool = False
    max_builds: WholeNumber | None = None
    chroot_denylist: tuple[Text, ...] = ()


@frozen(kw_only=True)
class ProjectSpec(ProjectSettings):
    """A project; ``chroots`` are the names of those that it enables, or their settings by name.

    ``creator`` is the user who added it, ``created_on`` the Unix time, ``permissions`` those of other users by name,
    and ``directories`` those besides the main one. ``published`` are the ids of the builds in the repository of each
    chroot, which matter with ``devel_mode``.
    """

    ownername: PathSegment
    projectname: PathSegment
    id: Positive | None = None
    creator: Text | None = None
    created_on: UnixTime | None = None
    chroots: EnabledChroots = field(default_factory=dict)
    permissions: Mapping[Text, Permissions] = field(default_factory=dict)
    packages: Annotated[tuple[PackageSpec, ...], Unique(("name",), "the project already has {}; expected another")] = ()
    directories: tuple[PathSegment, ...] = ()
    webhook_secret: Text | None = None
    published: Mapping[ChrootName, tuple[Positive, ...]] = field(default_factory=dict)

    @property
    def settings(self) -> ProjectSettings:
        """Only its settings."""
        return ProjectSettings(**{name: getattr(self, name) for name in fields_of(ProjectSettings)})

    @property
    def full_name(self) -> str:
        """``owner/project``."""
        return f"{self.ownername}/{self.projectname}"


def split_full_name(location: str, value: object) -> tuple[str, str]:
    """Return the parts of a full name, ``owner`` and ``project`` or ``project:directory``."""
    owner, _, name = _parse_full_name(location, value).partition("/")
    return owner, name


def _parse_full_name(location: str, value: object) -> str:
    """Return ``owner/project``, or ``owner/project:directory``."""
    text = checks.text(location, value)
    owner, slash, name = text.partition("/")
    if not (owner and slash and name):
        raise InputError(location, f"{checks.excerpt(text)} is not a full name; expected owner/project")
    checks.path_segment(location, owner)
    checks.path_segment(location, name)
    checks.path_segment(location, name.partition(":")[0])
    return text


FullName = Annotated[
    str,
    Rule(_parse_full_name),
    whole(r"[^\s/](?:[^/]*[^\s/])?/[^\s/:](?:[^/:]*[^\s/:])?(?::(?:[^/]*[^\s/])?)?"),
]
"""``owner/project``, or ``owner/project:directory``."""


_NO_SOURCE = SourcePackage()


def _check_one_name(build: BuildSpec) -> Iterable[tuple[str, str]]:
    others = [name for name in ("ownername", "projectname", "project_dirname") if getattr(build, name) is not None]
    if build.project is not None and others:
        yield "project", f"cannot be combined with {others[0]}; expected one of them"


def _check_directory(build: BuildSpec) -> Iterable[tuple[str, str]]:
    dirname, (owner, name) = build.project_dirname, build.location
    if dirname is not None and dirname != name and not dirname.startswith(f"{name}:"):
        expected = f"expected {name} or {name}:something"
        yield "project_dirname", f"{checks.excerpt(dirname)} is not a directory of {owner}/{name}; {expected}"


def _check_default_lifecycle(build: BuildSpec) -> Iterable[tuple[str, str]]:
    for index, chroot in enumerate(build.chroots):
        if chroot.lifecycle is None and chroot.state is None:
            for name, problem in _lifecycle_errors(build.with_defaults(chroot)):
                yield f"chroots[{index}].{name}", problem


@frozen(kw_only=True)
class OutcomeSpec:
    """The outcome of one chroot of a submitted build: its ``lifecycle``, its ``packages``, and files of its results."""

    lifecycle: LifecycleValue | None = None
    packages: tuple[PackageValue, ...] | None = None
    results: Results | None = None


@frozen(kw_only=True)
class SourceSpec:
    """The source build of a build; times are Unix times in seconds.

    That of a submitted build advances before the chroots, by ``progress``. ``polls`` responses have shown its
    current state, which ends in ``remaining`` seconds. ``config`` has the fields of the source, ``content`` is an
    uploaded file, ``name``, ``version`` and ``changelog`` are those of the resulting source package, and
    ``lifecycle`` is that of the chroots after the import, unless ``outcomes`` has another one for a chroot. If it
    ``follows``, its state is derived from the lifecycles of the chroots. If ``announced``, the message about its
    start has been published; if ``made``, responses show the source package. Both are derived by default.
    """

    type: SourceType = "unset"
    config: JsonObject = field(default_factory=dict)
    content: Base64 | None = None
    started_on: UnixTime | None = None
    ended_on: UnixTime | None = None
    name: PathSegment | None = None
    version: Text | None = None
    changelog: Text | None = None
    lifecycle: LifecycleValue | None = None
    outcomes: Mapping[ChrootName, OutcomeSpec] = field(default_factory=dict)
    progress: ProgressValue | None = None
    polls: WholeNumber | None = None
    remaining: Remaining | None = None
    advances: bool = False
    follows: bool = False
    announced: bool | None = None
    made: bool | None = None


@frozen(kw_only=True)
class BuildSpec:
    """A build; ``memory_limit`` in MB, ``timeout`` in seconds.

    ``package`` is null until the source build has determined its name, and ``submitter`` for a webhook. ``batch`` is
    the id of its batch. Its project is ``project``, or ``ownername``, ``projectname`` and ``project_dirname``.
    ``chroots`` are names, objects, or states or settings by name; those with neither a ``state`` nor a ``lifecycle``
    have those of the build. If it ``hides_package``, responses omit the name until a chroot appears; by default if none
    has. ``source_results`` are the contents of files in the result directory of its source build, by name.
    """

    id: Positive | None = None
    project: FullName | None = None
    ownername: PathSegment | None = None
    projectname: PathSegment | None = None
    project_dirname: PathSegment | None = None
    package: Annotated[PathSegment | None, NULLABLE] = defaults.PACKAGE
    hides_package: bool | None = None
    memory_limit: WholeNumber = defaults.MEMORY_LIMIT
    timeout: WholeNumber = defaults.TIMEOUT
    enable_net: bool = False
    is_background: bool = False
    bootstrap: Bootstrap | None = None
    isolation: Isolation | None = None
    batch: Positive | None = None
    submitted_on: UnixTime | None = None
    submitter: Annotated[Text | None, NULLABLE] = DERIVED
    source: SourceSpec | None = None
    source_state: StateValue | None = None
    source_result_dir: ResultDir = ""
    source_package: SourcePackage = _NO_SOURCE
    source_results: Results | None = None
    canceled: bool = False
    confirmed_by: Amount | None = None
    state: StateValue | None = None
    lifecycle: LifecycleValue | None = None
    progress: ProgressValue | None = None
    chroots: Chroots = ()
    _RELATIONS: ClassVar[tuple[object, ...]] = (
        Relation(("project", "ownername", "projectname", "project_dirname"), _check_one_name, frozenset({"project"})),
        Relation(("ownername", "projectname", "project_dirname"), _check_directory, frozenset({"project_dirname"})),
        Relation(("state", "lifecycle", "chroots"), _check_default_lifecycle, frozenset({"chroots"})),
    )

    @property
    def location(self) -> tuple[str, str]:
        """The owner and the name of the project."""
        if self.project is not None:
            owner, _, dirname = self.project.partition("/")
            return owner, dirname.partition(":")[0]
        return self.ownername or DEFAULT_OWNER, self.projectname or DEFAULT_PROJECT

    @property
    def project_name(self) -> str:
        """The full name of the project."""
        return "/".join(self.location)

    @property
    def dirname(self) -> str:
        """The directory of the project; by default the main one."""
        if self.project is not None:
            return self.project.partition("/")[2]
        return self.project_dirname or self.location[1]

    def with_defaults(self, chroot: ChrootSpec) -> ChrootSpec:
        """Return a chroot; one without a state and a lifecycle gets those of the build, or the default lifecycle.

        Without any, it waits for the source build of a submitted build.
        """
        if chroot.state is not None or chroot.lifecycle is not None:
            return chroot
        lifecycle = self.lifecycle
        if lifecycle is None and self.state is None and (self.source is None or self.source.follows):
            lifecycle = LIFECYCLES[DEFAULT_LIFECYCLE]
        return replace(chroot, state=self.state, lifecycle=lifecycle)


@frozen(kw_only=True)
class NumberedBuildSpec(BuildSpec):
    """A build of a scenario, which has an id; ``memory_limit`` in MB, ``timeout`` in seconds."""

    id: Positive = field()


@frozen()
class MockChroot:
    """A mock chroot, active or deactivated."""

    name: ChrootName
    is_active: bool = True


@frozen()
class DistGit:
    """A dist-git that Copr knows, with the URL below which its packages can be cloned."""

    name: Text
    clone_url: Text


@frozen(kw_only=True)
class LastIds:
    """The highest ids so far; new ids are higher."""

    build: WholeNumber = 0
    project: WholeNumber = 0
    package: WholeNumber = 0


def _parse_mock_chroot(location: str, value: object) -> MockChroot:
    name = checks.plain_text(value)
    if name is not None:
        return MockChroot(checks.chroot_name(location, name))
    return parse(MockChroot, location, value)


def dump_mock_chroot(chroot: MockChroot) -> object:
    """Return a chroot as an entry of a scenario: only its name if it is active."""
    return chroot.name if chroot.is_active else {"name": chroot.name, "is_active": False}


MockChrootValue = Annotated[MockChroot, Rule(_parse_mock_chroot, dump_mock_chroot), Written(ChrootName | MockChroot)]


@frozen(kw_only=True)
class BatchSpec:
    """A batch of builds, which start only when all builds of the batch ``blocked_by`` have ended."""

    id: Positive
    blocked_by: Positive | None = None


_CHROOT_PATTERN = rf"(?:[^\s/*?\[]*[*?\[][^\s/]*|{checks.CHROOT_NAME.pattern})"


def _parse_chroot_pattern(location: str, value: object) -> str:
    pattern = checks.text(location, value)
    if re.fullmatch(_CHROOT_PATTERN, pattern) is None:
        expected = "expected one such as epel-*"
        raise InputError(location, f"{checks.excerpt(pattern)} is neither a chroot name nor a pattern; {expected}")
    return pattern


ChrootPattern = Annotated[str, Rule(_parse_chroot_pattern), whole(_CHROOT_PATTERN)]
"""The name of a chroot, or a pattern with ``*``, ``?`` and ``[…]``."""

_OF_THE_BUILD = ("name", "version", "changelog", "progress")
"""The same for all chroots."""

_OUTCOME = ("lifecycle", "packages", "results", *_OF_THE_BUILD)
"""The fields of a submission rule that define the outcome."""


def _check_outcome(rule: SubmissionRuleSpec) -> Iterable[tuple[str, str]]:
    lifecycle = rule.lifecycle
    if not _given(rule, _OUTCOME):
        yield "lifecycle", f"the rule changes nothing; expected one of {', '.join(_OUTCOME)}"
    if lifecycle is not None and lifecycle not in UNBUILT_LIFECYCLES and not positions(lifecycle, State.PENDING):
        named = ", ".join(UNBUILT_LIFECYCLES.values())
        yield "lifecycle", f"does not reach pending, the state after the import; expected one that does, or {named}"
    if rule.chroot is None:
        return
    if lifecycle is not None and UNBUILT_LIFECYCLES.get(lifecycle) == "source-fails":
        yield "lifecycle", "source-fails cannot be combined with chroot, as all chroots then fail; omit one"
    for name in _given(rule, _OF_THE_BUILD):
        yield name, "cannot be combined with chroot, as it is the same for all chroots; omit one"


@frozen(kw_only=True)
class SubmissionRuleSpec:
    """The outcome of submitted builds, by default of all.

    A rule applies to builds of the ``project`` (owner/name, or owner/name:directory), the ``package``, the
    ``source_type``, the ``committish``, the ``url`` (of the clone or the package, or the name of the file) and the
    ``submitter``, and in these to the chroots that match ``chroot``; with ``nth``, only to one of these builds,
    counted from 1. All of them but ``source_type`` and ``nth`` may be patterns such as ``jdoe/*``. The package is
    the one in an uploaded file, as far as that is read, or in the URL or the name of the file.

    ``lifecycle`` is that of the chroots, ``packages`` are what they build, ``results`` are contents of files in their
    result directories by name, ``name``, ``version`` and ``changelog``, as in a spec, are those of the source package,
    and ``progress`` advances the build. ``id``, ``seen`` and ``hits``, the numbers of builds that matched and that it
    applied to, are those of a saved rule.
    """

    project: FullName | None = None
    package: PathSegment | None = None
    chroot: ChrootPattern | None = None
    source_type: SourceType | None = None
    committish: Text | None = None
    url: Text | None = None
    submitter: Text | None = None
    nth: Positive | None = None
    lifecycle: LifecycleValue | None = None
    packages: tuple[PackageValue, ...] | None = None
    results: Results | None = None
    name: PathSegment | None = None
    version: Text | None = None
    changelog: Text | None = None
    progress: ProgressValue | None = None
    id: Positive | None = None
    seen: WholeNumber = 0
    hits: WholeNumber = 0
    _RELATIONS: ClassVar[tuple[object, ...]] = (Relation(("chroot", *_OUTCOME), _check_outcome),)


@frozen(kw_only=True)
class ScenarioSpec:
    """A whole scenario; ``chroots`` are those that Copr knows besides the ones named in projects and builds.

    ``now`` is the Unix time to which a virtual clock is moved. ``accounts`` are the users who can log in; if there are
    none, everybody can. ``last_ids`` are the highest ids of builds, projects and packages that were given, and
    ``submissions`` the rules for submitted builds, of which the first that matches applies.
    """

    schema: Text | None = field(default=None, metadata={"key": "$schema"})
    now: Amount | None = None
    chroots: tuple[MockChrootValue, ...] = ()
    accounts: Annotated[tuple[Account, ...], Unique(("login",), "{!r} already exists; expected another")] = ()
    groups: Annotated[tuple[GroupSpec, ...], Unique(("name",), "group {} already exists; expected another")] = ()
    batches: Annotated[tuple[BatchSpec, ...], Unique(("id",), "batch {} already exists; expected another id")] = ()
    dist_gits: Annotated[tuple[DistGit, ...], Unique(("name",), "dist-git {} already exists; expected another")] = ()
    last_ids: LastIds | None = None
    projects: Annotated[
        tuple[ProjectSpec, ...],
        Unique(("ownername", "projectname"), "project {}/{} already exists; expected another name"),
    ] = ()
    builds: Annotated[
        tuple[NumberedBuildSpec, ...], Unique(("id",), "build {} already exists; expected another id")
    ] = ()
    submissions: tuple[SubmissionRuleSpec, ...] = ()
    faults: tuple[FaultValue, ...] = ()
