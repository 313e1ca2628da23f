"""Build configurations taken apart: what a project, its chroots and its builds must have set to get them.

The inverse of :mod:`~copr_chroot_fake.api.build_config`. What several
settings can lead to is put down to as few of them as possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from ..api.build_config import repo_id
from ..model.project import BOOTSTRAPS, ProjectChroot
from ..scenario.spec import DEFAULT_MEMORY_LIMIT, DEFAULT_TIMEOUT
from .parsing import Json, Odd, chroot_names, is_full_name, number_of, object_of, objects_of, text_of, texts_of

T = TypeVar("T", bound=Hashable)

Bootstrap = tuple[str | None, str | None]
"""A choice, and the image to go with it."""

OWN_REPOS = ("copr_base", "copr_base_devel", "copr_coprdir")
"""The repositories that a configuration has without anybody having added them."""

MOST_REPOS = 1000
"""With how many repositories a configuration is taken apart: it takes quadratic time, and none has nearly as many."""

_UNLESS_SAID = {"memory_limit": DEFAULT_MEMORY_LIMIT, "timeout": DEFAULT_TIMEOUT}
"""What a scenario need not say of a build."""


class ProjectSettings(NamedTuple):
    """What a project has set for all of its chroots."""

    additional_repos: tuple[str, ...] = ()
    devel_mode: bool = False
    module_hotfixes: bool = False
    repo_priority: int | None = None
    bootstrap: str | None = None


class BuildSettings(NamedTuple):
    """What a build has set for itself; the memory limit in MB, the timeout in seconds."""

    memory_limit: int | None
    timeout: int | None
    enable_net: bool
    is_background: bool
    bootstrap: str | None = None


class Config(NamedTuple):
    """A configuration in terms of settings, as far as one alone tells."""

    project: str
    devel_mode: bool
    module_hotfixes: bool
    repo_priority: int | None
    additional: tuple[str, ...]
    """Addresses of repositories: the chroot's, then the project's."""
    splits: tuple[int, ...]
    """How many of them can be the chroot's."""
    chroot: ProjectChroot
    """Without its repositories; a bootstrap is here, whoever chose it."""
    build: BuildSettings
    known: Mapping[str, bool]
    """The projects that are known by their repositories, and whether they have module hotfixes."""

    @property
    def bootstrap(self) -> Bootstrap:
        return self.chroot.bootstrap, self.chroot.bootstrap_image

    @property
    def of_project(self) -> tuple[tuple[str, ...], ...]:
        """What repositories the project can have."""
        return tuple(self.additional[split:] for split in self.splits)

    def of_chroot(self, of_project: tuple[str, ...]) -> tuple[str, ...]:
        """What repositories the chroot has, where the project has those."""
        number = len(self.additional) - len(of_project)
        return self.additional[:number] if self.additional[number:] == of_project else self.additional


def read_config(document: Json) -> Config | None:
    """A configuration in terms of settings; ``None`` for one that no settings known to the kit lead to."""
    try:
        return _read(document)
    except Odd:
        return None


def _read(document: Json) -> Config:
    addresses = texts_of(document, "additional_repos")
    repos = objects_of(document, "repos")
    if not (addresses and addresses[0].startswith("copr://") and repos):
        raise Odd("additional_repos")
    own = addresses[0]
    ids = [repo.get("id") for repo in repos]
    devel_mode = len(addresses) > 1 and addresses[-1] == f"{own}/devel" and ids[1:2] == ["copr_base_devel"]
    additional = addresses[1 : len(addresses) - devel_mode]
    if len(additional) > MOST_REPOS:
        raise Odd("additional_repos")
    shown = [name for at, name in enumerate(ids) if not (at < len(OWN_REPOS) and name in OWN_REPOS)]
    additional_ids = [repo_id(address) for address in additional]
    splits = tuple(
        split for split in range(len(additional) + 1) if additional_ids[split:] + additional_ids[:split] == shown
    )
    if not splits:
        raise Odd("repos")
    return Config(
        own.removeprefix("copr://"),
        devel_mode,
        repos[0].get("module_hotfixes") is True,
        number_of(repos[0], "priority"),
        additional,
        splits,
        ProjectChroot(
            additional_packages=texts_of(document, "additional_packages"),
            with_opts=texts_of(document, "with_opts"),
            without_opts=texts_of(document, "without_opts"),
            bootstrap=_bootstrap_of(document),
            bootstrap_image=text_of(document, "bootstrap_image"),
        ),
        BuildSettings(
            number_of(document, "memory_limit"),
            number_of(document, "timeout"),
            document.get("enable_net") is True,
            document.get("is_background") is True,
        ),
        dict(_known(additional, repos)),
    )


def _bootstrap_of(document: Json) -> str | None:
    bootstrap = text_of(document, "bootstrap")
    if bootstrap not in (None, *BOOTSTRAPS):
        raise Odd("bootstrap")
    return bootstrap


def _known(additional: Iterable[str], repos: Iterable[Json]) -> Iterable[tuple[str, bool]]:
    by_id = {repo.get("id"): repo for repo in repos}
    for address in additional:
        repo = by_id.get(repo_id(address), {})
        name = address.removeprefix("copr://").partition("?")[0]
        if address.startswith("copr://") and is_full_name(name) and repo.get("repo_gpgcheck") is False:
            yield name, repo.get("module_hotfixes") is True


def settings_of_project(configs: Iterable[Config], told: Json | None) -> ProjectSettings:
    """What a project has set, by what most of its configurations say, or by what the service tells of it."""
    found = [*configs]
    if told is not None:
        try:
            return ProjectSettings(
                texts_of(told, "additional_repos"),
                told.get("devel_mode") is True,
                told.get("module_hotfixes") is True,
                number_of(told, "repo_priority"),
                # What a project has that has chosen none.
                None if told.get("bootstrap") == "default" else _bootstrap_of(told),
            )
        except Odd:
            pass
    if not found:
        return ProjectSettings()
    devel_mode, module_hotfixes, repo_priority = most(
        (config.devel_mode, config.module_hotfixes, config.repo_priority) for config in found
    )
    # The longest one of those that fit as many chroots.
    possible = sorted((repos for config in found for repos in config.of_project), key=len, reverse=True)
    return ProjectSettings(most(possible), devel_mode, module_hotfixes, repo_priority, _common_bootstrap(found))


def _common_bootstrap(configs: Iterable[Config]) -> str | None:
    """The bootstrap that all have, where one for all can be the reason."""
    (bootstrap, image), *others = {config.bootstrap for config in configs}
    return bootstrap if not others and image is None else None


def bootstraps_of_chroots(builds: Iterable[Mapping[str, Config]]) -> Mapping[str, Bootstrap]:
    """What bootstrap each chroot has set, by its name.

    A build that shows the same for all of its chroots may have chosen that itself, so others count more.
    """
    shown = [{name: config.bootstrap for name, config in configs.items()} for configs in builds]
    decided: dict[str, Bootstrap] = {}
    for may_be_its_own in (False, True):
        votes: dict[str, list[Bootstrap]] = {}
        for chroots in shown:
            if _may_be_its_own([*chroots.values()]) == may_be_its_own:
                for name, bootstrap in chroots.items():
                    votes.setdefault(name, []).append(bootstrap)
        decided = {**{name: most(values) for name, values in votes.items()}, **decided}
    return decided


def _may_be_its_own(shown: Sequence[Bootstrap]) -> bool:
    return len({*shown}) == 1 and shown[0][1] is None


def settings_of_chroot(configs: Iterable[Config], bootstrap: Bootstrap, project: ProjectSettings) -> ProjectChroot:
    """What a project has set for a chroot, by what most of its builds say."""
    chroot, repos = most((_without_bootstrap(c), c.of_chroot(project.additional_repos)) for c in configs)
    choice, image = bootstrap
    if choice == project.bootstrap and image is None:
        choice = None
    elif choice is None and project.bootstrap not in (None, "default"):
        choice = "default"
    return replace(chroot, additional_repos=repos, bootstrap=choice, bootstrap_image=image)


def _without_bootstrap(config: Config) -> ProjectChroot:
    return replace(config.chroot, bootstrap=None, bootstrap_image=None)


def settings_of_build(configs: Mapping[str, Config], chroots: Mapping[str, ProjectChroot], project: str | None) -> Json:
    """What a build has set beside what is so unless said, by what most of its configurations say.

    :param chroots: what its project has set for its chroots, by name.
    :param project: the bootstrap that its project has set.
    """
    settings = most(config.build for config in configs.values())
    shown = {name: config.chroot.bootstrap for name, config in configs.items()}
    derived = {name: _shown(chroots[name].bootstrap or project) for name in configs}
    if shown != derived and len({*shown.values()}) == 1:
        settings = settings._replace(bootstrap=next(iter(shown.values())) or "default")
    return {
        name: value
        for name, value in settings._asdict().items()
        if value is not None and value is not False and value != _UNLESS_SAID.get(name)
    }


def _shown(bootstrap: str | None) -> str | None:
    return None if bootstrap in ("default", "unchanged") else bootstrap


def most(values: Iterable[T]) -> T:
    """What is there most often, the first of several."""
    return Counter(values).most_common(1)[0][0]


def chroots_told(told: Json | None) -> list[str]:
    """The chroots that a project has enabled, where the service tells."""
    return [] if told is None else chroot_names(object_of(told, "chroot_repos"))
