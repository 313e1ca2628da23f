"""Projects as data: their settings, those of their chroots, and the source packages of their builds."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, get_args

from ..validation import checks
from ..validation.checks import AnyText, PathSegment, Text, WholeNumber
from ..validation.rule import Rule, Written, frozen

COPR_URL = "https://copr.fedorainfracloud.org"
"""The deployed service."""

RESULTS_URL = "https://download.copr.fedorainfracloud.org/results"
"""Where the deployed service publishes results."""

RESULTS_PATH = "/results"
"""Where a server publishes results, if it does."""

UPLOADS_PATH = "/tmp"
"""Where it has uploaded files."""


SOURCES = "srpm-builds"
"""What the backend and its messages call the chroot of source builds, and their directory."""


Bootstrap = Literal["default", "on", "off", "image", "custom_image", "unchanged"]
Isolation = Literal["unchanged", "default", "nspawn", "simple"]
SavedBootstrap = Literal[Bootstrap, ""]
SavedIsolation = Literal[Isolation, ""]
"""The settings of projects and their chroots, which are empty if a blank field was sent."""


def parse_result_dir(location: str, value: object) -> str:
    """Return the name of a result directory; empty if there is none."""
    return "" if checks.plain_text(value) == "" else checks.path_segment(location, value)


ResultDir = Annotated[str, Rule(parse_result_dir), Written(Literal[""] | PathSegment)]


@frozen()
class ProjectChroot:
    """A project's settings for one of its chroots.

    :param comps_name: the name of the file with package groups that was uploaded.
    """

    additional_repos: tuple[Text, ...] = ()
    additional_packages: tuple[Text, ...] = ()
    additional_modules: tuple[Text, ...] = ()
    with_opts: tuple[Text, ...] = ()
    without_opts: tuple[Text, ...] = ()
    bootstrap: SavedBootstrap | None = None
    bootstrap_image: Text | None = None
    isolation: SavedIsolation | None = "unchanged"
    comps_name: Text | None = None
    dropped_on: WholeNumber | None = None
    """Unix time at which the project dropped the chroot; ``None`` while it is enabled."""


NO_SETTINGS = ProjectChroot()
"""The settings of most chroots."""

PermissionName = Literal["admin", "builder"]
PermissionState = Literal["nothing", "request", "approved"]

PERMISSION_NAMES: tuple[PermissionName, ...] = get_args(PermissionName)
PERMISSION_STATES: tuple[PermissionState, ...] = get_args(PermissionState)


@frozen()
class Permissions:
    """What a user who is not the owner may do in a project, or has requested to be allowed to do."""

    admin: PermissionState = "nothing"
    builder: PermissionState = "nothing"

    def __getitem__(self, name: PermissionName) -> PermissionState:
        """Return one of them by its name in requests."""
        return {"admin": self.admin, "builder": self.builder}[name]


@frozen(kw_only=True)
class ProjectSettings:
    """The settings of a project; the defaults are those of Copr's database, not those of ``project/add``.

    :param delete_after_days: days until a temporary project is deleted.
    """

    description: AnyText | None = None
    instructions: AnyText | None = None
    homepage: AnyText | None = None
    contact: AnyText | None = None
    additional_repos: tuple[Text, ...] = ()
    runtime_dependencies: tuple[Text, ...] = ()
    packit_forge_projects_allowed: tuple[Text, ...] = ()
    persistent: bool = False
    unlisted_on_hp: bool = False
    auto_prune: bool = True
    enable_net: bool = True
    devel_mode: bool = False
    multilib: bool = False
    module_hotfixes: bool = False
    fedora_review: bool = False
    appstream: bool = True
    follow_fedora_branching: bool = True
    bootstrap: SavedBootstrap | None = None
    isolation: SavedIsolation | None = "default"
    storage: Text | None = "backend"
    repo_priority: WholeNumber | None = None
    delete_after_days: WholeNumber | None = None


def is_in_pulp(settings: ProjectSettings) -> bool:
    """Whether Copr stores the packages of a project in Pulp."""
    return settings.storage == "pulp"


@frozen()
class SourcePackage:
    """The source package that a build was made from: its version and address."""

    version: Text | None = None
    url: Text | None = None

    def moved(self, before: str, after: str) -> SourcePackage:
        """With an address below another one than before, if it was below that."""
        if self.url is None or before == after or not self.url.startswith(f"{before}/"):
            return self
        return replace(self, url=after + self.url.removeprefix(before))
