"""The form of a scenario: which keys each of its entries has, and what each key takes.

A build from a scenario file and one from :meth:`FakeCopr.add_build` are both
such an entry first, so that they are checked in one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypedDict

from ..model.fault import FaultName, FaultObject
from ..model.states import State
from ..validation import checks
from ..validation.checks import (
    Amount,
    ChrootName,
    PathSegment,
    Positive,
    Remaining,
    Text,
    UnixTime,
    WholeNumber,
)
from ..validation.fields import Form
from ..validation.schema import Keywords, Written
from .schema import WrittenLifecycle, WrittenPackage, WrittenProgress

StateText = Annotated[str, Written(State)]

DEFAULT_OWNER = "jdoe"
DEFAULT_PROJECT = "playground"
DEFAULT_PACKAGE = "hello"
DEFAULT_MEMORY_LIMIT = 2048
"""In MB, as Copr has it."""
DEFAULT_TIMEOUT = 18000
"""In seconds, as Copr has it."""

BOOTSTRAPS = ("default", "on", "off", "image", "custom_image", "unchanged")

Bootstrap = Annotated[str, Keywords(enum=[*BOOTSTRAPS])]
bootstrap = checks.one_of(BOOTSTRAPS)

_MaybeSegment = Literal[""] | PathSegment
ResultDir = Annotated[str, Written(_MaybeSegment)]


def result_dir(field: str, value: object) -> str:
    return "" if checks.plain_text(value) == "" else checks.path_segment(field, value)


class _ChrootRequired(TypedDict):
    name: ChrootName


class ChrootSettings(TypedDict, total=False):
    """What can be said of a build chroot beside its name; times are Unix times in seconds.

    With a ``state`` it stays in that; with a ``lifecycle`` it lives, and with
    both it is in that state of its life, which ``polls`` answers have shown.
    It stays in the state ``hold`` until it is released. ``stage`` is the index of
    its stage, for a life that is in the state more than once, ``remaining`` the
    seconds until that stage ends, negative while it is held beyond its end, and
    ``planned_result_dir`` the directory that its next start sets. One that failed may have
    been ``canceled`` while it was built, which only its results show.
    """

    state: StateText | None
    lifecycle: WrittenLifecycle
    progress: WrittenProgress
    polls: WholeNumber
    stage: WholeNumber
    remaining: Remaining
    hold: StateText
    started_on: UnixTime | None
    ended_on: UnixTime | None
    result_dir: ResultDir
    planned_result_dir: ResultDir
    result_url: Text
    packages: Sequence[WrittenPackage]
    build_config: Mapping[str, object]
    canceled: bool


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
"""Where an editor finds the schema; everything else ignores it."""


class Scenario(_ForEditors, total=False):
    """A whole scenario; ``chroots`` are those that the service knows beside the ones named further down.

    ``now`` is the Unix time to which a virtual clock is moved.
    """

    now: Amount
    chroots: list[ChrootName]
    projects: list[ProjectEntry]
    builds: list[BuildEntry]
    faults: list[Annotated[Mapping[str, object], Written(FaultObject)] | FaultName]


CHROOT_FORM = Form.of(ChrootEntry)
PROJECT_CHROOT_FORM = Form.of(ProjectChrootEntry)
PROJECT_FORM = Form.of(ProjectEntry)
SOURCE_PACKAGE_FORM = Form.of(SourcePackageEntry)
BUILD_FORM = Form.of(BuildEntry)
SCENARIO_FORM = Form.of(Scenario)
