"""The repositories of a project, as dnf's plugin reads them: ``rpmrepo``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple
from urllib.parse import ParseResult, urlparse

from ..engine.project import Project
from ..wire.answer import CATCH_ALL, ApiError
from .build_config import repo_id
from .context import RequestContext, Success
from .endpoint import endpoint
from .rendering import json_success

MULTILIB = {"x86_64": "i386"}
"""The 32-bit architecture whose packages can be installed beside those of another one."""

MULTILIB_COST = 1100
"""Higher than the default of dnf, which prefers the main repository."""

KEEP_DAYS = 40
"""Days for which Copr keeps the directory of a pull request after its last build."""


@endpoint("rpmrepo/{ownername}/{dirname}/{name_release}")
def get_rpmrepo(context: RequestContext) -> Success:
    """Return the repositories of a project, for the plugin of dnf 5; they are the same for each release."""
    store, parameters = context.store, context.target.parameters
    owner, name = parameters["ownername"], parameters["dirname"].partition(":")[0]
    project = store.projects.get(f"{owner}/{name}")
    if project is None:
        raise ApiError(404, f"{owner}/{name} copr doesn't exist")
    document: dict[str, object] = {
        "results_url": store.results_root,
        "repos": _repos(project),
        "directories": {dirname: _directory(project, dirname) for dirname in sorted(project.directories)},
    }
    if project.settings.delete_after_days is not None:
        document["delete_after_days"] = project.settings.delete_after_days
    document["dependencies"] = [*_dependencies(project)]
    return json_success(document)


def _repos(project: Project) -> dict[str, object]:
    options = _options(project)
    repos: dict[str, dict[str, dict[str, dict[str, object]]]] = {}
    for name, chroot in project.known_chroots.items():
        release, _, arch = name.rpartition("-")
        fields: dict[str, object] = {"opts": options}
        days = project.days_until_deletion(chroot)
        if days is not None:
            fields["delete_after_days"] = days
        repos.setdefault(release, {"arch": {}})["arch"][arch] = fields
    if project.settings.multilib:
        for repo in repos.values():
            for arch, multilib in MULTILIB.items():
                if arch in repo["arch"] and multilib in repo["arch"]:
                    repo["arch"][arch]["multilib"] = {multilib: {"opts": {"cost": str(MULTILIB_COST), **options}}}
    return dict(sorted(repos.items()))


def _options(project: Project) -> dict[str, object]:
    options: dict[str, object] = {}
    if project.settings.module_hotfixes:
        options["module_hotfixes"] = "1"
    if project.settings.repo_priority:
        options["priority"] = project.settings.repo_priority
    return options


def _directory(project: Project, dirname: str) -> dict[str, object]:
    """Return the days after which Copr deletes the directory of a pull request."""
    if ":pr:" not in dirname:
        return {}
    store = project.store
    builds = (store.builds[number] for number in store.index.page(project.full_name, None, 0, None))
    latest = next((build for build in builds if build.project_dirname == dirname), None)
    if latest is None or latest.submitted_on is None:
        return {"delete_after_days": 0}
    days = (store.clock.now() - latest.submitted_on) / 3600 / 24
    return {"delete_after_days": max(int(KEEP_DAYS - days), 0)}


def _dependencies(project: Project) -> Iterator[dict[str, object]]:
    """Yield the direct and indirect dependencies, each once, Copr's own repositories first."""
    internal, external, _ = find_dependencies(project)
    start = _repo_id(project)
    for index, found in enumerate(internal, 1):
        own = _repo_id(found)
        yield {
            "opts": {
                "id": f"coprdep:{_HOST}:{own.replace('-', ':', 1)}",
                "name": f"Copr {_HOST}/{found} runtime dependency #{index}",
            },
            "type": "copr",
            "data": {"owner": found.ownername, "projectname": found.projectname},
        }
    for index, url in enumerate(external, len(internal) + 1):
        yield {
            "opts": {
                "id": f"coprdep:{_HOST}:{start.replace('-', ':', 1)}:{repo_id(url)}",
                "name": f"Copr {project} external runtime dependency #{index} - {repo_id(url)}",
            },
            "type": "external_baseurl",
            "data": {"pattern": url},
        }


_HOST = "copr.fedorainfracloud.org"


def _repo_id(project: Project) -> str:
    group = project.group
    owner = project.ownername if group is None else f"group_{group[1:]}"
    return f"{owner}-{project.projectname}"


def _parse(url: str) -> ParseResult:
    try:
        return urlparse(url)
    except ValueError:
        raise ApiError(500, CATCH_ALL) from None


class Dependencies(NamedTuple):
    """Dependencies: projects, URLs of other repositories, and names of projects that do not exist."""

    internal: Collection[Project]
    external: Collection[str]
    missing: Collection[str]


def find_dependencies(project: Project) -> Dependencies:
    """Return the direct and indirect dependencies of a project, each once.

    :raises ApiError: 500 for a URL with an invalid host.
    """
    internal: dict[str, Project] = {}
    external: dict[str, None] = {}
    missing: dict[str, None] = {}
    pending = [project]
    while pending:
        for url in pending.pop().settings.runtime_dependencies:
            parsed = _parse(url)
            name = parsed.netloc + parsed.path
            found = project.store.projects.get(name) if parsed.scheme == "copr" else None
            if parsed.scheme != "copr":
                external.setdefault(url)
            elif found is None:
                missing.setdefault(name)
            elif found.full_name not in internal:
                internal[found.full_name] = found
                pending.append(found)
    internal.pop(project.full_name, None)
    return Dependencies(internal.values(), external, missing)
