"""What the service knows: projects, the builds in them, and each build's chroots.

The objects hold values that have been checked already (see
:mod:`~copr_chroot_fake.entries`), and say what Copr derives from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .states import State

RESULTS_URL = "https://download.copr.fedorainfracloud.org/results"
"""Where the deployed service publishes results."""

_NEVRA = re.compile(r"(?P<name>.+)-(?:(?P<epoch>\d+):)?(?P<version>[^-:]+)-(?P<release>[^-]+)\.(?P<arch>[^.-]+)")


@dataclass(frozen=True, slots=True)
class Nevra:
    """A built package: name, epoch, version, release and architecture.

    An epoch of ``None`` is how Copr shows a package whose epoch it never learnt.
    """

    name: str
    version: str
    release: str
    arch: str
    epoch: int | None = None

    @classmethod
    def parse(cls, text: str) -> Nevra | None:
        """Read ``name-[epoch:]version-release.arch``; ``None`` if it is not one."""
        found = _NEVRA.fullmatch(text)
        if found is None:
            return None
        epoch = found["epoch"]
        return cls(found["name"], found["version"], found["release"], found["arch"], int(epoch) if epoch else None)

    def __str__(self) -> str:
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{self.name}-{epoch}{self.version}-{self.release}.{self.arch}"


@dataclass(frozen=True, slots=True)
class ProjectChroot:
    """What a project has set for one of its chroots."""

    additional_repos: tuple[str, ...] = ()
    additional_packages: tuple[str, ...] = ()
    with_opts: tuple[str, ...] = ()
    without_opts: tuple[str, ...] = ()
    bootstrap: str | None = None
    bootstrap_image: str | None = None


@dataclass(slots=True)
class Project:
    """A project and the chroots that it has enabled."""

    ownername: str
    projectname: str
    additional_repos: tuple[str, ...] = ()
    devel_mode: bool = False
    module_hotfixes: bool = False
    repo_priority: int | None = None
    bootstrap: str | None = None
    chroots: dict[str, ProjectChroot] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.ownername}/{self.projectname}"

    def __str__(self) -> str:
        return self.full_name


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """The source package that a build was made from; its version and address."""

    version: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """How a build came about, which only the companion endpoints show."""

    submitted_on: int | None = None
    submitter: str | None = None
    source_state: State = State.SUCCEEDED
    source_result_dir: str = ""
    source_package: SourcePackage = SourcePackage()
    canceled: bool = False


class BuildChroot:
    """One chroot of a build: its state, its times (Unix, seconds) and what came out."""

    __slots__ = (
        "_build",
        "_build_config",
        "_ended_on",
        "_name",
        "_packages",
        "_result_dir",
        "_result_url",
        "_started_on",
        "_state",
        "rendered",
    )

    def __init__(
        self,
        build: Build,
        name: str,
        state: State,
        started_on: int | None = None,
        ended_on: int | None = None,
        result_dir: str = "",
        packages: tuple[Nevra, ...] = (),
        result_url: str | None = None,
        build_config: Mapping[str, object] | None = None,
    ) -> None:
        self._build = build
        self._name = name
        self._state = state
        self._started_on = started_on
        self._ended_on = ended_on
        self._result_dir = result_dir
        self._packages = packages
        self._result_url = result_url
        self._build_config = build_config
        self.rendered: bytes | None = None
        """What the API shows of this chroot, kept until it changes."""

    @property
    def build(self) -> Build:
        return self._build

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> State:
        return self._state

    @property
    def started_on(self) -> int | None:
        return self._started_on

    @property
    def ended_on(self) -> int | None:
        return self._ended_on

    @property
    def result_dir(self) -> str:
        """The name of the directory with the results; empty while there is none."""
        return self._result_dir

    @property
    def packages(self) -> tuple[Nevra, ...]:
        return self._packages

    @property
    def result_url(self) -> str | None:
        """Where the results are: as given, else as Copr derives it; ``None`` without a result directory."""
        if self._result_url is not None:
            return self._result_url
        if not self._result_dir:
            return None
        return f"{self._build.results_url}/{self._name}/{self._result_dir}/"

    @property
    def build_config(self) -> Mapping[str, object] | None:
        """The build configuration as given; ``None`` where it is derived."""
        return self._build_config

    def __repr__(self) -> str:
        return f"<BuildChroot {self._build.id} {self._name} {self._state}>"


class Build:
    """A build of a package in a project; its chroots are in the order of their database ids."""

    __slots__ = (
        "_by_name",
        "bootstrap",
        "chroots",
        "enable_net",
        "id",
        "is_background",
        "memory_limit",
        "package",
        "project",
        "project_dirname",
        "results_url",
        "submission",
        "timeout",
    )

    def __init__(
        self,
        id: int,
        project: Project,
        *,
        results_root: str,
        project_dirname: str,
        package: str,
        memory_limit: int,
        timeout: int,
        enable_net: bool,
        is_background: bool,
        bootstrap: str | None,
        submission: Submission,
    ) -> None:
        self.id = id
        self.project = project
        self.project_dirname = project_dirname
        self.package = package
        self.memory_limit = memory_limit
        self.timeout = timeout
        self.enable_net = enable_net
        self.is_background = is_background
        self.bootstrap = bootstrap
        self.submission = submission
        self.results_url = f"{results_root}/{project.ownername}/{project_dirname}"
        self.chroots: list[BuildChroot] = []
        self._by_name: dict[str, BuildChroot] = {}

    def add_chroot(self, chroot: BuildChroot) -> None:
        self.chroots.append(chroot)
        self._by_name[chroot.name] = chroot

    def find(self, chrootname: str) -> BuildChroot | None:
        return self._by_name.get(chrootname)

    def __getitem__(self, chrootname: str) -> BuildChroot:
        """The chroot of that name.

        :raises KeyError: naming the chroots that the build has.
        """
        chroot = self._by_name.get(chrootname)
        if chroot is None:
            has = ", ".join(self._by_name) or "no chroots"
            raise KeyError(f"build {self.id} has no chroot {chrootname!r}; it has {has}")
        return chroot

    def __repr__(self) -> str:
        return f"<Build {self.id} {self.package} in {self.project}>"
