"""Build configurations, derived from the settings of the project, of its chroot and of the build."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast
from urllib.parse import parse_qs, urlencode, urlparse, urlunparse

from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..model.project import Project, ProjectChroot
from ..wire.answer import CATCH_ALL, ApiError

Repo = dict[str, object]

DEFAULT_PRIORITY = 99
"""The default priority of dnf, which Copr omits."""


def derive_build_config(chroot: BuildChroot, store: Store) -> dict[str, object]:
    """Return the configuration with the keys in Copr's order; keys without a value are omitted.

    A priority that is no integer is kept as text, which Copr cannot serialize.

    :raises ApiError: 500 if the project no longer has the chroot, or if the URL of a repository is invalid.
    """
    settings = chroot.build.project.chroots.get(chroot.name)
    if settings is None:
        raise ApiError(500, CATCH_ALL)
    try:
        return _derive_fields(chroot, settings, store)
    except (ValueError, IndexError):
        # An invalid host, or a copr:// URL without a project.
        raise ApiError(500, CATCH_ALL) from None


def has_valid_priorities(config: Mapping[str, object]) -> bool:
    """Return whether the priority of each repository is an integer or ``None``."""
    repos = cast(Iterable[Repo], config["repos"])
    return not any(isinstance(repo["priority"], str) for repo in repos)


def _derive_fields(chroot: BuildChroot, settings: ProjectChroot, store: Store) -> dict[str, object]:
    build = chroot.build
    project = build.project
    return {
        "additional_repos": _additional_repos(project, settings),
        "additional_packages": settings.additional_packages,
        "with_opts": settings.with_opts,
        "without_opts": settings.without_opts,
        "enable_net": build.enable_net,
        "is_background": build.is_background,
        "memory_limit": build.memory_limit,
        "timeout": build.timeout,
        **_bootstrap(chroot, settings),
        "repos": _repos(chroot, settings, store),
    }


def _additional_repos(project: Project, settings: ProjectChroot) -> list[str]:
    own = f"copr://{project}"
    devel = [f"{own}/devel"] if project.devel_mode else []
    return [own, *settings.additional_repos, *project.additional_repos, *devel]


def _bootstrap(chroot: BuildChroot, settings: ProjectChroot) -> dict[str, object]:
    """Return the setting of the build, the chroot or the project, in this order of precedence."""
    build = chroot.build
    overrides = [value for value in (build.bootstrap, settings.bootstrap) if value not in (None, "unchanged")]
    bootstrap = overrides[0] if overrides else build.project.bootstrap
    if bootstrap in (None, "unchanged", "default"):
        return {}
    if bootstrap == settings.bootstrap == "custom_image" and settings.bootstrap_image is not None:
        return {"bootstrap": bootstrap, "bootstrap_image": settings.bootstrap_image}
    return {"bootstrap": bootstrap}


def _repos(chroot: BuildChroot, settings: ProjectChroot, store: Store) -> list[Repo]:
    build = chroot.build
    project = build.project
    root = f"{store.results_root}/{project}/{chroot.name}/"
    priority = None if project.repo_priority == DEFAULT_PRIORITY else project.repo_priority
    hotfixes = project.module_hotfixes or None
    repos = [_repo("copr_base", "Copr repository", root, hotfixes, priority, gpgcheck=False)]
    if project.devel_mode:
        repos.append(_repo("copr_base_devel", "Copr buildroot", f"{root}devel/", None, priority, gpgcheck=False))
    if build.project_dirname != project.projectname:
        root = f"{build.results_url}/{chroot.name}/"
        repos.append(_repo("copr_coprdir", "Coprdir repository", root, None, priority, gpgcheck=False))
    for url in (*project.additional_repos, *settings.additional_repos):
        repos.append(_additional_repo(url, chroot.name, store))
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
        baseurl = f"{store.results_root}/{parts.netloc}/{project}/{chrootname}/"
        known_project = store.projects.get(parts.netloc + parts.path)
        if known_project is not None:
            gpgcheck = False
            hotfixes = known_project.module_hotfixes or None
    elif priority is not None:
        del arguments["priority"]
        baseurl = urlunparse(parts._replace(query=urlencode(arguments, doseq=True)))
    else:
        baseurl = url
    baseurl = baseurl.replace("$chroot", chrootname).replace("$distname", chrootname.rsplit("-", 2)[0])
    return _repo(name, f"Additional repo {name}", baseurl, hotfixes, priority, gpgcheck)


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
