"""Projects, and the origin of builds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple, cast

from ..errors import InputError
from ..fork_lock import new_lock
from ..validation import checks
from ..validation.checks import PathSegment, Text
from ..validation.rule import Rule
from ..validation.schema import Keywords, Written
from .states import State

COPR_URL = "https://copr.fedorainfracloud.org"
"""The deployed service."""

RESULTS_URL = "https://download.copr.fedorainfracloud.org/results"
"""Where the deployed service publishes results."""


SOURCES = "srpm-builds"
"""The backend's name of the chroot, and the directory, of source builds."""


BOOTSTRAPS = ("default", "on", "off", "image", "custom_image", "unchanged")

Bootstrap = Annotated[str, Rule(checks.one_of(BOOTSTRAPS)), Keywords(enum=[*BOOTSTRAPS])]


def parse_result_dir(location: str, value: object) -> str:
    """Return the name of a result directory; empty if there is none."""
    return "" if checks.plain_text(value) == "" else checks.path_segment(location, value)


ResultDir = Annotated[str, Rule(parse_result_dir), Written(Literal[""] | PathSegment)]


@dataclass(frozen=True)
class ProjectChroot:
    """A project's settings for one of its chroots."""

    additional_repos: tuple[Text, ...] = ()
    additional_packages: tuple[Text, ...] = ()
    with_opts: tuple[Text, ...] = ()
    without_opts: tuple[Text, ...] = ()
    bootstrap: Bootstrap | None = None
    bootstrap_image: Text | None = None


NO_SETTINGS = ProjectChroot()
"""The settings of most chroots."""

_changing = new_lock(innermost=True)
"""Held while chroots are enabled, so that none gets lost between threads."""


@dataclass(frozen=True)
class Project:
    """A project; ``chroots`` has the settings of the chroots that are enabled in it, by name, read-only.

    The mapping of chroots is replaced when one is enabled, not changed, so that it can be iterated meanwhile.
    """

    ownername: str
    projectname: str
    additional_repos: tuple[str, ...] = ()
    devel_mode: bool = False
    module_hotfixes: bool = False
    repo_priority: int | None = None
    bootstrap: str | None = None
    chroots: Mapping[str, ProjectChroot] = field(default_factory=dict)
    _known: dict[str, None] = field(init=False, repr=False, compare=False, default_factory=dict)
    """The chroots that the service knows, once it has the project."""

    def __post_init__(self) -> None:
        replace_chroots(self, cast(Mapping[str, ProjectChroot], checks.mapping("chroots", self.chroots)))

    def enable(self, chrootname: str) -> None:
        """Enable a chroot, without settings of its own; one that is enabled keeps its settings.

        :raises InputError: for an invalid name.
        """
        enable_chroots(self, [checks.chroot_name("chrootname", chrootname)])

    def disable(self, chrootname: str) -> None:
        """Disable a chroot, as a maintainer does; builds that were submitted to it keep it.

        :raises InputError: if it is not enabled.
        """
        name = checks.text("chrootname", chrootname)
        with _changing:
            if name not in self.chroots:
                enabled = checks.listing(self.chroots) or "none"
                raise InputError("chrootname", f"{self} has not enabled {checks.excerpt(name)}; enabled: {enabled}")
            replace_chroots(self, {other: settings for other, settings in self.chroots.items() if other != name})

    @property
    def full_name(self) -> str:
        """``owner/project``."""
        return f"{self.ownername}/{self.projectname}"

    def __str__(self) -> str:
        return self.full_name


def register_project(project: Project, mock_chroots: dict[str, None]) -> None:
    """Let the service know the project's chroots, those that it enables later included."""
    mock_chroots.update(dict.fromkeys(project.chroots))
    object.__setattr__(project, "_known", mock_chroots)


def enable_chroots(project: Project, chrootnames: Iterable[str]) -> None:
    """Enable chroots, with no settings, unless they are enabled already."""
    with _changing:
        missing = {name: NO_SETTINGS for name in chrootnames if name not in project.chroots}
        if missing:
            project._known.update(dict.fromkeys(missing))  # noqa: SLF001  # of its own module
            replace_chroots(project, {**project.chroots, **missing})


def replace_chroots(project: Project, chroots: Mapping[str, ProjectChroot]) -> None:
    """Enable exactly these chroots, with these settings."""
    object.__setattr__(project, "chroots", MappingProxyType(dict(chroots)))


@dataclass(frozen=True)
class SourcePackage:
    """The source package that a build was made from: its version and address."""

    version: Text | None = None
    url: Text | None = None

    def moved(self, before: str, after: str) -> SourcePackage:
        """With an address below another one than before, if it was below that."""
        if self.url is None or before == after or not self.url.startswith(f"{before}/"):
            return self
        return replace(self, url=after + self.url.removeprefix(before))


class Submission(NamedTuple):
    """How a build came about, which only the companion endpoints show."""

    submitted_on: int | None = None
    submitter: str | None = None
    source_state: State | None = None
    """As said; ``None`` for what its chroots tell."""
    source_result_dir: str = ""
    source_package: SourcePackage = SourcePackage()
