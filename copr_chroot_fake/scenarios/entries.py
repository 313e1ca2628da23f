"""The entries of a scenario: their form, and how each becomes an object of the model.

Whatever way a build comes in (a scenario file, :meth:`FakeCopr.add_build`), it
is an entry of this form first, so that it is checked in one place. A reader
raises :class:`~copr_chroot_fake.errors.InputError` naming the place within the
entry, and changes nothing; or it goes on, where mistakes are gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple, TypedDict

from .. import checks
from ..builds.build import CANCEL_SECONDS, Build, Cancellation
from ..builds.chroot import BuildChroot
from ..builds.nevra import Nevra, read_packages
from ..builds.projects import NO_SETTINGS, Project, ProjectChroot, SourcePackage, Submission
from ..builds.record import Given
from ..builds.store import Store
from ..checks import (
    Amount,
    ChrootName,
    Fields,
    Form,
    PathSegment,
    Positive,
    StateText,
    Text,
    UnixTime,
    WholeNumber,
)
from ..errors import InputError
from ..faults.fault import FaultEntry, FaultName
from ..lives.life import Life
from ..lives.lifecycle import Lifecycle, read_lifecycle
from ..lives.progress import Progress, read_progress
from ..mistakes import refuse, tried
from ..schemas import Keywords, Written
from ..states import State
from .schema import WrittenLifecycle, WrittenPackage, WrittenProgress

DEFAULT_OWNER = "jdoe"
DEFAULT_PROJECT = "playground"
DEFAULT_PACKAGE = "hello"

BOOTSTRAPS = ("default", "on", "off", "image", "custom_image", "unchanged")

Bootstrap = Annotated[str, Keywords(enum=[*BOOTSTRAPS])]

_MaybeSegment = Literal[""] | PathSegment
ResultDir = Annotated[str, Written(_MaybeSegment)]


class _ChrootRequired(TypedDict):
    name: ChrootName


class ChrootSettings(TypedDict, total=False):
    """What can be said of a build chroot beside its name; times are Unix times in seconds.

    With a ``state`` it stays in that; with a ``lifecycle`` it lives, and with
    both it is in that state of its life, which ``looks`` answers have shown.
    It stays in the state ``hold`` until it is released.
    """

    state: StateText | None
    lifecycle: WrittenLifecycle
    progress: WrittenProgress
    looks: WholeNumber
    hold: StateText
    started_on: UnixTime | None
    ended_on: UnixTime | None
    result_dir: ResultDir
    result_url: Text
    packages: Sequence[WrittenPackage]
    build_config: Mapping[str, object]


class ChrootEntry(_ChrootRequired, ChrootSettings):
    pass


class ProjectChrootEntry(TypedDict, total=False):
    additional_repos: list[Text]
    additional_packages: list[Text]
    with_opts: list[Text]
    without_opts: list[Text]
    bootstrap: Bootstrap | None
    bootstrap_image: Text | None


class _ProjectRequired(TypedDict):
    ownername: PathSegment
    projectname: PathSegment


class ProjectEntry(_ProjectRequired, total=False):
    additional_repos: list[Text]
    devel_mode: bool
    module_hotfixes: bool
    repo_priority: WholeNumber | None
    bootstrap: Bootstrap | None
    chroots: Mapping[ChrootName, ProjectChrootEntry]


class SourcePackageEntry(TypedDict, total=False):
    version: Text
    url: Text


class _BuildRequired(TypedDict):
    id: Positive


class BuildEntry(_BuildRequired, total=False):
    """A build; ``memory_limit`` in MB, ``timeout`` in seconds."""

    ownername: PathSegment
    projectname: PathSegment
    project_dirname: PathSegment
    package: PathSegment
    memory_limit: WholeNumber
    timeout: WholeNumber
    enable_net: bool
    is_background: bool
    bootstrap: Bootstrap | None
    submitted_on: UnixTime | None
    submitter: Text | None
    source_state: StateText
    source_result_dir: ResultDir
    source_package: SourcePackageEntry | None
    canceled: bool
    confirmed_by: Amount
    lifecycle: WrittenLifecycle
    progress: WrittenProgress
    chroots: list[ChrootEntry]


_ForEditors = TypedDict("_ForEditors", {"$schema": Text}, total=False)
"""Where an editor finds the schema, which nothing else heeds."""


class Scenario(_ForEditors, total=False):
    """A whole scenario; ``chroots`` are those that the service knows beside the ones named further down.

    ``now`` is the Unix time to which a virtual clock is moved.
    """

    now: Amount
    chroots: list[ChrootName]
    projects: list[ProjectEntry]
    builds: list[BuildEntry]
    faults: list[FaultEntry | FaultName]


_CHROOT = Form.of(ChrootEntry.__annotations__, ChrootEntry.__required_keys__)
_PROJECT_CHROOT = Form.of(ProjectChrootEntry.__annotations__, ProjectChrootEntry.__required_keys__)
_PROJECT = Form.of(ProjectEntry.__annotations__, ProjectEntry.__required_keys__)
_SOURCE_PACKAGE = Form.of(SourcePackageEntry.__annotations__, SourcePackageEntry.__required_keys__)
_BUILD = Form.of(BuildEntry.__annotations__, BuildEntry.__required_keys__)
_SCENARIO = Form.of(Scenario.__annotations__, Scenario.__required_keys__)


def scenario_fields(entry: object) -> Fields:
    return Fields("", entry, _SCENARIO)


def build_fields(place: str, entry: object) -> Fields:
    return Fields(place, entry, _BUILD)


def read_project_chroot(place: str, entry: object) -> ProjectChroot:
    if entry == {}:
        return NO_SETTINGS
    fields = Fields(place, entry, _PROJECT_CHROOT)
    return ProjectChroot(
        additional_repos=fields.read("additional_repos", checks.texts, ()),
        additional_packages=fields.read("additional_packages", checks.texts, ()),
        with_opts=fields.read("with_opts", checks.texts, ()),
        without_opts=fields.read("without_opts", checks.texts, ()),
        bootstrap=fields.read("bootstrap", _bootstrap, None),
        bootstrap_image=fields.read("bootstrap_image", checks.text, None),
    )


def read_project(place: str, entry: object) -> Project:
    fields = Fields(place, entry, _PROJECT)
    project = Project(
        ownername=fields.require("ownername", checks.path_segment, DEFAULT_OWNER),
        projectname=fields.require("projectname", checks.path_segment, DEFAULT_PROJECT),
        additional_repos=fields.read("additional_repos", checks.texts, ()),
        devel_mode=fields.read("devel_mode", checks.flag, False),
        module_hotfixes=fields.read("module_hotfixes", checks.flag, False),
        repo_priority=fields.read("repo_priority", checks.whole_number, None),
        bootstrap=fields.read("bootstrap", _bootstrap, None),
        chroots=fields.read("chroots", _project_chroots, {}),
    )
    fields.insist("ownername", "projectname")
    return project


def read_build(fields: Fields, project: Project, store: Store, begun: float) -> Build:
    """A build without its chroots yet, in the project that its entry names."""
    dirname = _dirname_in(project) if fields.is_right("ownername", "projectname") else checks.path_segment
    return Build(
        fields.require("id", checks.positive, 1),
        project,
        store,
        project_dirname=fields.read("project_dirname", dirname, project.projectname),
        package=fields.read("package", checks.path_segment, DEFAULT_PACKAGE),
        memory_limit=fields.read("memory_limit", checks.whole_number, 2048),
        timeout=fields.read("timeout", checks.whole_number, 18000),
        enable_net=fields.read("enable_net", checks.flag, False),
        is_background=fields.read("is_background", checks.flag, False),
        bootstrap=fields.read("bootstrap", _bootstrap, None),
        cancellation=_cancellation(fields, begun),
        submission=Submission(
            submitted_on=fields.read("submitted_on", checks.unix_time, None),
            submitter=fields.read("submitter", checks.text, None),
            source_state=fields.read("source_state", checks.optional(checks.state), None),
            source_result_dir=fields.read("source_result_dir", _result_dir, ""),
            source_package=fields.read("source_package", _source_package, SourcePackage()),
        ),
    )


def _cancellation(fields: Fields, begun: float) -> Cancellation | None:
    confirmed_by = fields.read("confirmed_by", checks.amount, begun + CANCEL_SECONDS)
    return Cancellation(confirmed_by) if fields.read("canceled", checks.flag, False) else None


class Ways(NamedTuple):
    """How the chroots of a build live and progress that do not say it themselves."""

    lifecycle: Lifecycle | None
    progress: Progress
    begun: float
    """When they begin to live, as a Unix time."""
    are_right: bool = True
    """Whether it is known how they live."""


def read_ways(fields: Fields, progress: Progress, begun: float) -> Ways:
    lifecycle = fields.read("lifecycle", read_lifecycle, None)
    return Ways(lifecycle, fields.read("progress", read_progress, progress), begun, fields.is_right("lifecycle"))


class ChrootFields(NamedTuple):
    """The fields of a chroot, each checked by itself."""

    name: str
    state: State | None = None
    lifecycle: Lifecycle | None = None
    progress: Progress | None = None
    looks: int | None = None
    hold: State | None = None
    started_on: int | None = None
    ended_on: int | None = None
    result_dir: str | None = None
    packages: tuple[Nevra, ...] | None = None
    result_url: str | None = None
    build_config: Mapping[str, object] | None = None


def read_chroot(place: str, entry: object, build: Build, ways: Ways) -> BuildChroot:
    """A chroot whose state is fixed, or which lives: from a state that it says, else from the first of its life."""
    fields = Fields(place, entry, _CHROOT)
    said = ChrootFields(fields.require("name", checks.chroot_name, "?"), **fields.said(_CHROOT_CHECKS))
    checks.end_after_start(checks.dotted(place, "ended_on"), said.started_on, said.ended_on)
    if fields.is_right("state", "lifecycle") and (ways.are_right or said.lifecycle or said.state):
        chroot = _make_chroot(place, said, build, ways)
    else:
        # Nobody knows how it was to live, and what goes with that.
        chroot = _make(build, said, State.WAITING, "", ())
    fields.insist("name")
    return chroot


def _make_chroot(place: str, said: ChrootFields, build: Build, ways: Ways) -> BuildChroot:
    lifecycle = said.lifecycle or (ways.lifecycle if said.state is None else None)
    if lifecycle is None:
        _refuse(place, said, ("progress", "looks", "hold"), "only a chroot that lives has it; expected a lifecycle too")
        return _make(build, said, said.state or State.WAITING, said.result_dir or "", said.packages or ())
    life = Life(
        lifecycle.plan(f"{build.store.seed}/{build.id}/{said.name}"),
        said.progress or ways.progress,
        ways.begun,
        state=said.state,
        looks=said.looks or 0,
        packages=said.packages,
        result_dir=said.result_dir,
    )
    if said.hold is not None and not life.gets_to(said.hold):
        refuse(checks.dotted(place, "hold"), f"its life does not get to {said.hold}; it has {lifecycle}")
    life.held_in = said.hold
    if said.state is None:
        _refuse(place, said, ("started_on", "ended_on"), "its life gives it; expected none, or the state it is in")
        chroot = _make(build, said, State.WAITING, "", ())
        chroot.begin(life)
    elif life.stage.state == said.state:
        # What the life still leads to is not there yet.
        result_dir = "" if said.state in _WITHOUT_RESULTS else said.result_dir
        packages = said.packages if said.state is State.SUCCEEDED else None
        chroot = _make(build, said, said.state, result_dir or "", packages or ())
        chroot.go_on_with(life)
    else:
        refuse(checks.dotted(place, "state"), f"{said.state} is no stage of its life, {lifecycle}")
        chroot = _make(build, said, said.state, "", ())
    return chroot


def _make(build: Build, said: ChrootFields, state: State, result_dir: str, packages: tuple[Nevra, ...]) -> BuildChroot:
    return BuildChroot(
        build,
        said.name,
        state,
        started_on=said.started_on,
        ended_on=said.ended_on,
        result_dir=result_dir,
        packages=packages,
        given=Given(said.result_url, said.build_config) if said.result_url or said.build_config is not None else None,
    )


def _refuse(place: str, said: ChrootFields, names: Sequence[str], problem: str) -> None:
    for name in names:
        if getattr(said, name) is not None:
            refuse(checks.dotted(place, name), problem)


_WITHOUT_RESULTS = (State.WAITING, State.IMPORTING, State.PENDING)

_bootstrap = checks.one_of(BOOTSTRAPS)


def _project_chroots(place: str, entries: object) -> dict[str, ProjectChroot]:
    chroots = {}
    for name, entry in checks.mapping(place, entries).items():
        settings = tried(read_project_chroot, f"{place}.{name}", entry, NO_SETTINGS)
        chroots[tried(checks.chroot_name, f"{place}.{name}", name, "?")] = settings
    return chroots


def _result_dir(field: str, value: object) -> str:
    return "" if value == "" else checks.path_segment(field, value)


_CHROOT_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "state": checks.state,
    "lifecycle": read_lifecycle,
    "progress": read_progress,
    "looks": checks.whole_number,
    "hold": checks.state,
    "started_on": checks.unix_time,
    "ended_on": checks.unix_time,
    "result_dir": _result_dir,
    "packages": read_packages,
    "result_url": checks.text,
    "build_config": checks.json_object,
}
"""What is read of a chroot beside its name, which few say much of."""


def _dirname_in(project: Project) -> Callable[[str, object], str]:
    """The project's own directory, or one of its others, ``project:pr:1``."""

    def check(field: str, value: object) -> str:
        dirname = checks.path_segment(field, value)
        if dirname != project.projectname and not dirname.startswith(f"{project.projectname}:"):
            raise InputError(
                field,
                f"{checks.shown(dirname)} is no directory of {project}; "
                f"expected {project.projectname} or {project.projectname}:something",
            )
        return dirname

    return check


def _source_package(place: str, entry: object) -> SourcePackage:
    if entry is None:
        return SourcePackage()
    fields = Fields(place, entry, _SOURCE_PACKAGE)
    return SourcePackage(
        version=fields.read("version", checks.text, None),
        url=fields.read("url", checks.text, None),
    )
