"""Build configurations, derived from the settings of the project, its chroot and the build."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast
from urllib.parse import parse_qs, urlencode, urlparse, urlunparse

from ..engine.chroot import BuildChroot
from ..engine.project import Project
from ..engine.store import Store
from ..model.project import NO_SETTINGS, ProjectChroot
from ..wire.answer import ApiError, crashing_on
from .context import attributes
from .endpoint import Model, plain

Repo = dict[str, object]

REPO: Model = plain("baseurl id name module_hotfixes repo_gpgcheck priority")
"""The model of a repository."""

DEFAULT_PRIORITY = 99
"""The default priority of dnf, which Copr omits."""


def derive_build_config(chroot: BuildChroot, store: Store) -> dict[str, object]:
    """Return the configuration of a build with the keys in Copr's order; keys without a value are omitted.

    A priority that is no integer is kept as text, which Copr cannot serialize.

    :raises ApiError: 500 if the project never had the chroot, the service has deactivated it, or the URL of a
        repository is invalid.
    """
    build, name = chroot.build, chroot.name
    project = build.project
    settings = project.known_chroots.get(name)
    if settings is None or not store.mock_chroots[name]:
        raise ApiError(500)
    is_enabled = settings.dropped_on is None
    fields: dict[str, object] = {"additional_repos": _additional_repos(project, settings)}
    if is_enabled:
        fields |= attributes(settings, ("additional_packages", "with_opts", "without_opts"))
    fields |= attributes(build, ("enable_net", "is_background", "memory_limit", "timeout"))
    fields.update(_bootstrap(project, settings if is_enabled else NO_SETTINGS, build.bootstrap, is_enabled))
    if is_enabled:
        fields["repos"] = _repos(project, name, settings, build.project_dirname)
    return fields


def has_valid_priorities(config: Mapping[str, object]) -> bool:
    """Return whether the priority of each repository is an integer or ``None``."""
    repos = cast(Iterable[Repo], config.get("repos", ()))
    return not any(isinstance(repo["priority"], str) for repo in repos)


def derive_project_config(project: Project, name: str) -> dict[str, object]:
    """Return the configuration for a chroot of a project, without bootstrap.

    :raises ApiError: 500 if the URL of a repository is invalid.
    """
    settings = project.chroots[name]
    return {
        "additional_repos": _additional_repos(project, settings),
        "additional_packages": settings.additional_packages,
        # Copr splits the text, in which commas separate the modules, at white space.
        "additional_modules": ", ".join(settings.additional_modules).split(),
        **attributes(settings, ("with_opts", "without_opts", "isolation")),
        "chroot": name,
        "enable_net": project.settings.enable_net,
        "repos": _repos(project, name, settings, project.projectname),
    }


def _additional_repos(project: Project, settings: ProjectChroot) -> list[str]:
    own = f"copr://{project}"
    devel = [f"{own}/devel"] if project.settings.devel_mode else []
    return [own, *settings.additional_repos, *project.settings.additional_repos, *devel]


def first_setting(*values: str | None) -> str | None:
    """Return the first value that is set, of those of the build, the chroot and the project, in this order."""
    return next((value for value in values if value and value != "unchanged"), None)


def _bootstrap(project: Project, settings: ProjectChroot, of_build: str | None, has_project: bool) -> dict[str, object]:
    bootstrap = first_setting(of_build, settings.bootstrap, project.settings.bootstrap if has_project else None)
    if bootstrap in (None, "default"):
        return {}
    if bootstrap == settings.bootstrap == "custom_image" and settings.bootstrap_image is not None:
        return {"bootstrap": bootstrap, "bootstrap_image": settings.bootstrap_image}
    return {"bootstrap": bootstrap}


def _repos(project: Project, name: str, settings: ProjectChroot, dirname: str) -> list[Repo]:
    """Return the repositories of a project and of one of its directories, for a chroot.

    :raises ApiError: 500 for an invalid host, or a ``copr://`` URL without a project.
    """
    store, own = project.store, project.settings
    root = f"{store.results_root}/{project}/{name}/"
    priority = None if own.repo_priority == DEFAULT_PRIORITY else own.repo_priority
    hotfixes = own.module_hotfixes or None
    repos = [_repo("copr_base", "Copr repository", root, hotfixes, priority, gpgcheck=False)]
    if own.devel_mode:
        repos.append(_repo("copr_base_devel", "Copr buildroot", f"{root}devel/", None, priority, gpgcheck=False))
    if dirname != project.projectname:
        root = f"{store.results_root}/{project.ownername}/{dirname}/{name}/"
        repos.append(_repo("copr_coprdir", "Coprdir repository", root, None, priority, gpgcheck=False))
    with crashing_on(ValueError, IndexError):
        for url in (*own.additional_repos, *settings.additional_repos):
            repos.append(_additional_repo(url, name, store))
    return repos


def repo_id(url: str) -> str:
    """Return Copr's id of an additional repository."""
    return re.sub("[^a-zA-Z0-9]+", "_", url).strip("_")


def _additional_repo(url: str, chrootname: str, store: Store) -> Repo:
    name = repo_id(url)
    parts = urlparse(url)
    arguments = parse_qs(parts.query)
    # The first priority counts; parse_qs ignores blank ones.
    priority = _parse_priority(arguments["priority"][0]) if "priority" in arguments else None
    hotfixes = gpgcheck = None
    if parts.scheme == "copr":
        project = parts.path.split("/")[1]
        baseurl = _fill_in(f"{store.results_root}/{parts.netloc}/{project}/{chrootname}/", chrootname)
        known_project = store.projects.get(parts.netloc + parts.path)
        if known_project is not None:
            gpgcheck = False
            hotfixes = known_project.settings.module_hotfixes or None
    else:
        baseurl = expand_url(url, chrootname)
    return _repo(name, f"Additional repo {name}", baseurl, hotfixes, priority, gpgcheck)


def expand_url(url: str, chrootname: str) -> str:
    """Return the URL of an external repository, without its priority and with variables filled in.

    :raises ValueError: for an invalid host.
    """
    parts = urlparse(url)
    arguments = parse_qs(parts.query)
    if "priority" in arguments:
        del arguments["priority"]
        url = urlunparse(parts._replace(query=urlencode(arguments, doseq=True)))
    return _fill_in(url, chrootname)


def _fill_in(url: str, chrootname: str) -> str:
    return url.replace("$chroot", chrootname).replace("$distname", chrootname.rsplit("-", 2)[0])


def _parse_priority(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _repo(
    id: str, name: str, baseurl: str, hotfixes: bool | None, priority: int | str | None, gpgcheck: bool | None
) -> Repo:
    return {
        "baseurl": baseurl,
        "module_hotfixes": hotfixes,
        "priority": priority,
        "repo_gpgcheck": gpgcheck,
        "id": id,
        "name": name,
    }
