"""What configuration Copr gives to the build of a chroot, from its project's, its chroot's and its own settings."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlparse, urlunparse

from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..model.project import Project, ProjectChroot
from ..wire.answer import CATCH_ALL, Refusal

Repo = dict[str, object]

DEFAULT_PRIORITY = 99
"""The priority that dnf gives to any repository, so Copr does not say it."""


def derive(chroot: BuildChroot, store: Store) -> dict[str, object]:
    """The configuration in the order in which Copr shows it, without the settings that are not there.

    :raises Refusal: 500 where the project no longer has the chroot, or where the
        address of a repository cannot be taken apart.
    """
    settings = chroot.build.project.chroots.get(chroot.name)
    if settings is None:
        raise Refusal(500, CATCH_ALL)
    try:
        return _derive(chroot, settings, store)
    except (ValueError, IndexError):
        # A priority that is no number, a host that is none, a copr:// address without a project.
        raise Refusal(500, CATCH_ALL) from None


def _derive(chroot: BuildChroot, settings: ProjectChroot, store: Store) -> dict[str, object]:
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
    """The build's own choice, else the chroot's, else the project's; the image only beside ``custom_image``."""
    build = chroot.build
    said = [choice for choice in (build.bootstrap, settings.bootstrap) if choice not in (None, "unchanged")]
    bootstrap = said[0] if said else build.project.bootstrap
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
    for address in (*project.additional_repos, *settings.additional_repos):
        repos.append(_additional_repo(address, chroot.name, store))
    return repos


def repo_id(address: str) -> str:
    """What Copr calls an additional repository, by its address."""
    return re.sub("[^a-zA-Z0-9]+", "_", address).strip("_")


def _additional_repo(address: str, chrootname: str, store: Store) -> Repo:
    name = repo_id(address)
    parts = urlparse(address)
    arguments = parse_qs(parts.query)
    # Its first one, where it has any that is not blank.
    priority = int(arguments["priority"][0]) if "priority" in arguments else None
    hotfixes = gpgcheck = None
    if parts.scheme == "copr":
        project = parts.path.split("/")[1]
        baseurl = f"{store.results_root}/{parts.netloc}/{project}/{chrootname}/"
        known = store.projects.get(parts.netloc + parts.path)
        if known is not None:
            gpgcheck = False
            hotfixes = known.module_hotfixes or None
    elif priority is not None:
        del arguments["priority"]
        baseurl = urlunparse(parts._replace(query=urlencode(arguments, doseq=True)))
    else:
        baseurl = address
    baseurl = baseurl.replace("$chroot", chrootname).replace("$distname", chrootname.rsplit("-", 2)[0])
    return _repo(name, f"Additional repo {name}", baseurl, hotfixes, priority, gpgcheck)


def _repo(id: str, name: str, baseurl: str, hotfixes: bool | None, priority: int | None, gpgcheck: bool | None) -> Repo:
    return {
        "baseurl": baseurl,
        "module_hotfixes": hotfixes,
        "priority": priority,
        "repo_gpgcheck": gpgcheck,
        "id": id,
        "name": name,
    }
