"""Find a build's project, directory and package in the responses about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..validation import checks
from .observations import Json, ObservedBuild, valid

UNKNOWN = "unknown/unknown"
"""The project of a build if no response names it."""

_RESULT_URL = re.compile(r".*/(?P<owner>[^/\s]+)/(?P<dirname>[^/\s]+)/(?P<chroot>[^/]+)/(?P<dir>[^/\s]+)/")


class ProjectDir(NamedTuple):
    """A project's full name, and the name of one of its directories."""

    project: str
    dirname: str


def find_project_dir(build: ObservedBuild) -> ProjectDir:
    """Return the project and directory that the first response names; by default the project's main directory."""
    project = next((name for name in _project_names(build) if _is_full_name(name)), UNKNOWN)
    name = project.partition("/")[2]
    for dirname in _dirnames(build):
        if valid(checks.path_segment, dirname) and (dirname == name or dirname.startswith(f"{name}:")):
            return ProjectDir(project, dirname)
    return ProjectDir(project, name)


def _project_names(build: ObservedBuild) -> Iterator[str]:
    document = build.build or {}
    yield f"{_text(document, 'ownername')}/{_text(document, 'projectname')}"
    for config in _build_configs(build):
        # The first repository is the project's own.
        addresses = config.get("additional_repos")
        if isinstance(addresses, list) and addresses:
            yield str(addresses[0]).removeprefix("copr://")
    for match in _result_urls(build):
        yield f"{match['owner']}/{match['dirname'].partition(':')[0]}"


def _is_full_name(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 2 and all(valid(checks.path_segment, part) for part in parts)


def _dirnames(build: ObservedBuild) -> Iterator[str]:
    yield _text(build.build or {}, "project_dirname")
    for match in _result_urls(build):
        yield match["dirname"]
    for config in _build_configs(build):
        repos = config.get("repos")
        for repo in repos if isinstance(repos, list) else ():
            if isinstance(repo, dict) and repo.get("id") == "copr_coprdir":
                # The URL ends in the directory, the chroot and a slash.
                yield str(repo.get("baseurl")).split("/")[-3:][0]


def find_package(build: ObservedBuild) -> str | None:
    """Return the package name from the build, from a result directory or from a source package."""
    return next((name for name in _package_names(build) if valid(checks.path_segment, name)), None)


def _package_names(build: ObservedBuild) -> Iterator[str]:
    source_package = valid(checks.mapping, (build.build or {}).get("source_package"))
    yield _text(source_package or {}, "name")
    for match in _result_urls(build):
        numbered = re.fullmatch("[0-9]+-(.+)", match["dir"])
        if numbered is not None:
            yield numbered[1]
    for chroot in build.chroots.values():
        for package in chroot.details.packages if chroot.details else ():
            if package.arch == "src":
                yield package.name


def _text(document: Json, key: str) -> str:
    return valid(checks.text, document.get(key)) or ""


def find_result_dir(url: str, chrootname: str) -> str | None:
    """Return the name of a chroot's result directory; ``None`` if the URL has another form."""
    match = _match_result_url(url, chrootname)
    return None if match is None else match["dir"]


def _build_configs(build: ObservedBuild) -> Iterator[Json]:
    for chroot in build.chroots.values():
        if chroot.details is not None and chroot.details.build_config is not None:
            yield chroot.details.build_config


def _result_urls(build: ObservedBuild) -> Iterator[re.Match[str]]:
    for name, chroot in build.chroots.items():
        match = None if chroot.result_url is None else _match_result_url(chroot.result_url, name)
        if match is not None:
            yield match


def _match_result_url(url: str, chrootname: str) -> re.Match[str] | None:
    match = _RESULT_URL.fullmatch(url)
    return match if match is not None and match["chroot"] == chrootname else None
