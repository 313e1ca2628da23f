"""The repositories of a project, as the plugins of dnf read them.

That of dnf 5 reads ``rpmrepo``, that of dnf 4 a repository file: ``/coprs/OWNER/PROJECT/repo/RELEASE/``, of which the
rules and the text are those of Copr's source; the release can also be the whole name of a chroot. The packages of the
fake are not signed, so ``gpgcheck`` is 0, which is a setting of the service.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlparse

from ..engine.project import Project
from ..model.project import COPR_URL
from ..wire.answer import Answer, ApiError, crashing_on
from ..wire.headers import read_header
from .build_config import expand_url, repo_id
from .context import TEXT, RequestContext, Success, error_page, json_success, owner_in_path, text_answer
from .endpoint import Endpoint

_MULTILIB = {"x86_64": "i386"}
"""The 32-bit architecture whose packages can be installed beside those of another one."""

_MULTILIB_COST = 1100
"""Higher than the default of dnf, which prefers the main repository."""

_HOST = COPR_URL.partition("//")[2]

_KEEP_DAYS = 40
"""Days for which Copr keeps the directory of a pull request after its last build."""


@Endpoint("rpmrepo/{ownername}/{dirname}/{name_release}")
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
            for arch, multilib in _MULTILIB.items():
                if arch in repo["arch"] and multilib in repo["arch"]:
                    repo["arch"][arch]["multilib"] = {multilib: {"opts": {"cost": str(_MULTILIB_COST), **options}}}
    return dict(sorted(repos.items()))


def _options(project: Project) -> dict[str, object]:
    options: dict[str, object] = {}
    if project.settings.module_hotfixes:
        options["module_hotfixes"] = "1"
    if project.settings.repo_priority is not None:
        options["priority"] = project.settings.repo_priority
    return options


def _directory(project: Project, dirname: str) -> dict[str, object]:
    """Return the days after which Copr deletes the directory of a pull request."""
    if ":pr:" not in dirname:
        return {}
    store = project.store
    builds = store.builds_in(project)
    latest = next((build for build in builds if build.project_dirname == dirname), None)
    if latest is None or latest.submitted_on is None:
        return {"delete_after_days": 0}
    days = (store.clock.now() - latest.submitted_on) / 3600 / 24
    return {"delete_after_days": max(int(_KEEP_DAYS - days), 0)}


def _dependencies(project: Project) -> Iterator[dict[str, object]]:
    """Yield the direct and indirect dependencies, each once, Copr's own repositories first."""
    internal, external, _ = _find_dependencies(project)
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


def _repo_id(project: Project) -> str:
    group = project.group
    owner = project.ownername if group is None else f"group_{group[1:]}"
    return f"{owner}-{project.projectname}"


class _Dependencies(NamedTuple):
    """Dependencies: projects, URLs of other repositories, and names of projects that do not exist."""

    internal: Collection[Project]
    external: Collection[str]
    missing: Collection[str]


def _find_dependencies(project: Project) -> _Dependencies:
    """Return the direct and indirect dependencies of a project, each once.

    :raises ApiError: 500 for a URL with an invalid host.
    """
    internal: dict[str, Project] = {}
    external: dict[str, None] = {}
    missing: dict[str, None] = {}
    pending = [project]
    while pending:
        for url in pending.pop().settings.runtime_dependencies:
            with crashing_on(ValueError):
                parsed = urlparse(url)
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
    return _Dependencies(internal.values(), external, missing)


_BY_RELEASE = ("fedora", "centos-stream", "opensuse-leap", "mageia")
"""The distributions for which dnf fills in the version."""


@Endpoint(
    "/coprs/g/{groupname}/{dirname}/repo/{name_release}/ "
    "/coprs/g/{groupname}/{dirname}/repo/{name_release}/{repofile} "
    "/coprs/{ownername}/{dirname}/repo/{name_release}/ "
    "/coprs/{ownername}/{dirname}/repo/{name_release}/{repofile}",
    alias="coprs/repo",
)
def get_repo_file(context: RequestContext) -> Answer:
    """Return the repository file of a project, for the plugin of dnf."""
    parameters = context.target.parameters
    owner = owner_in_path(context)
    dirname, release = parameters["dirname"], parameters["name_release"]
    project = context.store.projects.get(f"{owner}/{dirname.partition(':')[0]}")
    if project is None or dirname not in project.directories:
        return error_page(404)
    arch = context.target.arguments.get("arch")
    searched = f"{release}-{arch}" if arch else release
    found = [name for name in project.active_chroots if name.startswith(searched)]
    if not found:
        return error_page(404, (_available(project),))
    # Copr takes the last one.
    text = "\n\n".join(_blocks(project, dirname, found[-1], arch, _host(context)))
    # The template of Copr ends no line after a priority.
    end = "" if text.rpartition("\n")[2].startswith("priority=") else "\n"
    disposition = ("Content-Disposition", f"filename={_encoded(f'{owner}-{dirname}')}.repo")
    return text_answer(text + end, content_type=TEXT, headers=(disposition,))


def _available(project: Project) -> tuple[str, str]:
    """Return the header that lists the available chroots for the plugin."""
    data = json.dumps({"available chroots": project.active_chroots})
    return "Copr-Error-Data", b64encode(data.encode()).decode()


def _host(context: RequestContext) -> str:
    """Return the host name that the client uses; the plugin expects it in the id of the repository."""
    host = read_header(context.headers, b"host") or ""
    match = re.fullmatch(r"([\w.-]+|\[[0-9A-Fa-f:.]+])(?::[0-9]+)?", host, re.ASCII)
    return _HOST if match is None else match[1]


def _encoded(text: str) -> str:
    """Replace characters that a header cannot have."""
    return "".join(character if " " < character <= "~" else "_" for character in text)


def _blocks(project: Project, dirname: str, chrootname: str, arch: str | None, host: str) -> Iterator[str]:
    """Yield the sections of a repository file: the project, its 32-bit packages, and its dependencies."""
    name = f"Copr repo for {dirname} owned by {project.ownername}"
    yield _copr_repo(project, dirname, chrootname, f"copr:{host}:", name)
    multilib = _MULTILIB.get(arch or "") if project.settings.multilib else None
    if multilib is not None and f"{chrootname.rpartition('-')[0]}-{multilib}" in project.active_chroots:
        yield _copr_repo(project, dirname, chrootname, f"copr:{host}:", name, multilib)
    internal, external, missing = _find_dependencies(project)
    described = f"Copr {host}/{project.ownername}/{dirname}"
    for number, found in enumerate(internal, 1):
        name = f"{described} runtime dependency #{number} - {found}"
        yield _copr_repo(found, found.projectname, chrootname, f"coprdep:{host}:", name)
    for number, url in enumerate(external, 1):
        name = f"{described} external runtime dependency #{number} - {repo_id(url)}"
        unsigned = {"repo_gpgcheck": 0, "gpgcheck": 0, **_ENABLED}
        yield _section(f"coprdep:{repo_id(url)}", name, expand_url(url, chrootname), unsigned)
    for full_name in missing:
        yield (
            f"# This repository is configured to have a runtime dependency on a Copr project {full_name} but that "
            "doesn't exist."
        )


def _section(id: str, name: str, baseurl: str, options: Mapping[str, object]) -> str:
    fields = {"name": name, "baseurl": baseurl, "type": "rpm-md", "skip_if_unavailable": True, **options}
    return "\n".join([f"[{id}]", *(f"{key}={value}" for key, value in fields.items())])


_ENABLED = {"enabled": 1, "enabled_metadata": 1}


def _copr_repo(
    project: Project, dirname: str, chrootname: str, prefix: str, name: str, multilib: str | None = None
) -> str:
    root = f"{project.store.results_root}/{project.ownername}/{dirname}/"
    owner = project.ownername.replace("@", "group_")
    signatures = {"gpgcheck": 0, "gpgkey": f"{root}pubkey.gpg", "repo_gpgcheck": 0}
    return _section(
        f"{prefix}{owner}:{dirname}{':ml' if multilib else ''}",
        f"{name} ({multilib})" if multilib else name,
        f"{root}{_chroot_directory(chrootname, multilib or '$basearch')}/",
        {**signatures, **({"cost": _MULTILIB_COST} if multilib else {}), **_ENABLED, **_options(project)},
    )


def _chroot_directory(chrootname: str, arch: str) -> str:
    """Return the directory of a chroot, with variables of dnf."""
    distribution, version, _ = chrootname.rsplit("-", 2)
    has_releases = distribution in _BY_RELEASE and version != "cauldron"
    return f"{distribution}-{'$releasever' if has_releases else version}-{arch}"
