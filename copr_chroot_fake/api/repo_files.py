"""Repository files for dnf, which its copr plugin fetches: ``/coprs/OWNER/PROJECT/repo/RELEASE/``.

The rules and the text are those of Copr's source; the release can also be the whole name of a chroot. The packages of
the fake are not signed, so ``gpgcheck`` is 0, which is a setting of the service.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator

from ..engine.project import Project
from ..model.project import COPR_URL
from ..wire.answer import Answer
from ..wire.headers import read_header
from .build_config import expand_url, repo_id
from .context import RequestContext
from .endpoint import endpoint
from .rpmrepo import MULTILIB, MULTILIB_COST, find_dependencies
from .text_pages import TEXT, error_page, text_answer

_BY_RELEASE = ("fedora", "centos-stream", "opensuse-leap", "mageia")
"""The distributions for which dnf fills in the version."""


@endpoint(
    "/coprs/g/{groupname}/{dirname}/repo/{name_release}/",
    "/coprs/g/{groupname}/{dirname}/repo/{name_release}/{repofile}",
    "/coprs/{ownername}/{dirname}/repo/{name_release}/",
    "/coprs/{ownername}/{dirname}/repo/{name_release}/{repofile}",
    name="coprs/repo",
)
def get_repo_file(context: RequestContext) -> Answer:
    """Return the repository file of a project, for the plugin of dnf."""
    parameters = context.target.parameters
    owner = parameters.get("ownername") or f"@{parameters['groupname']}"
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
    lines = [*_lines(project, dirname, found[-1], arch, _host(context))]
    # The template of Copr ends no line after a priority.
    end = "" if lines[-1].startswith("priority=") else "\n"
    disposition = ("Content-Disposition", f"filename={_encoded(f'{owner}-{dirname}')}.repo")
    return text_answer("\n".join(lines) + end, content_type=TEXT, headers=(disposition,))


def _available(project: Project) -> tuple[str, str]:
    """Return the header that lists the available chroots for the plugin."""
    data = json.dumps({"available chroots": project.active_chroots})
    return "Copr-Error-Data", b64encode(data.encode()).decode()


def _host(context: RequestContext) -> str:
    """Return the host name that the client uses; the plugin expects it in the id of the repository."""
    host = read_header(context.headers, b"host") or ""
    match = re.fullmatch(r"([\w.-]+|\[[0-9A-Fa-f:.]+])(?::[0-9]+)?", host, re.ASCII)
    return COPR_URL.partition("//")[2] if match is None else match[1]


def _encoded(text: str) -> str:
    """Replace characters that a header cannot have."""
    return "".join(character if " " < character <= "~" else "_" for character in text)


def _lines(project: Project, dirname: str, chrootname: str, arch: str | None, host: str) -> Iterator[str]:
    name = f"Copr repo for {dirname} owned by {project.ownername}"
    yield from _copr_repo(project, dirname, chrootname, f"copr:{host}:", name)
    multilib = MULTILIB.get(arch or "") if project.settings.multilib else None
    if multilib is not None and f"{chrootname.rpartition('-')[0]}-{multilib}" in project.active_chroots:
        yield ""
        yield from _copr_repo(project, dirname, chrootname, f"copr:{host}:", name, multilib)
    internal, external, missing = find_dependencies(project)
    described = f"Copr {host}/{project.ownername}/{dirname}"
    for number, found in enumerate(internal, 1):
        yield ""
        name = f"{described} runtime dependency #{number} - {found}"
        yield from _copr_repo(found, found.projectname, chrootname, f"coprdep:{host}:", name)
    for number, url in enumerate(external, 1):
        yield ""
        name = f"{described} external runtime dependency #{number} - {repo_id(url)}"
        yield from _external_repo(url, chrootname, name)
    for full_name in missing:
        yield ""
        yield (
            f"# This repository is configured to have a runtime dependency on a Copr project {full_name} but that "
            "doesn't exist."
        )


def _copr_repo(
    project: Project, dirname: str, chrootname: str, prefix: str, name: str, multilib: str | None = None
) -> Iterator[str]:
    root = f"{project.store.results_root}/{project.ownername}/{dirname}/"
    owner = project.ownername.replace("@", "group_")
    settings = project.settings
    yield f"[{prefix}{owner}:{dirname}{':ml' if multilib else ''}]"
    yield f"name={name}{f' ({multilib})' if multilib else ''}"
    yield f"baseurl={root}{_directory(chrootname, multilib or '$basearch')}/"
    yield "type=rpm-md"
    yield "skip_if_unavailable=True"
    yield "gpgcheck=0"
    yield f"gpgkey={root}pubkey.gpg"
    yield "repo_gpgcheck=0"
    if multilib:
        yield f"cost={MULTILIB_COST}"
    yield "enabled=1"
    yield "enabled_metadata=1"
    if settings.module_hotfixes:
        yield "module_hotfixes=1"
    if settings.repo_priority is not None:
        yield f"priority={settings.repo_priority}"


def _directory(chrootname: str, arch: str) -> str:
    """Return the directory of a chroot, with variables of dnf."""
    distribution, version, _ = chrootname.rsplit("-", 2)
    return (
        f"{distribution}-{'$releasever' if distribution in _BY_RELEASE and version != 'cauldron' else version}-{arch}"
    )


def _external_repo(url: str, chrootname: str, name: str) -> Iterator[str]:
    yield f"[coprdep:{repo_id(url)}]"
    yield f"name={name}"
    yield f"baseurl={expand_url(url, chrootname)}"
    yield "type=rpm-md"
    yield "skip_if_unavailable=True"
    yield "repo_gpgcheck=0"
    yield "gpgcheck=0"
    yield "enabled=1"
    yield "enabled_metadata=1"
