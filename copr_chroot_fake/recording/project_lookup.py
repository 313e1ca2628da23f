"""Whose a build is: its project and directory, its package and the names of its results, by what was answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .observations import BuildAnswers
from .parsing import Json, is_full_name, is_segment, object_of, text_of

UNKNOWN = "unknown/unknown"
"""The project of a build of which no answer tells it."""

_RESULT_URL = re.compile(r"(?P<root>.*)/(?P<owner>[^/\s]+)/(?P<dirname>[^/\s]+)/(?P<chroot>[^/]+)/(?P<dir>[^/\s]+)/")


class Home(NamedTuple):
    """The full name of a project, and the directory of it."""

    project: str
    dirname: str


def home_of(build: BuildAnswers) -> Home:
    """Where the first answer that tells it says; the project's own directory, where none does."""
    project = _project_of(build)
    name = project.partition("/")[2]
    for dirname in _dirnames(build):
        if is_segment(dirname) and (dirname == name or dirname.startswith(f"{name}:")):
            return Home(project, dirname)
    return Home(project, name)


def _project_of(build: BuildAnswers) -> str:
    told = build.build or {}
    named = [f"{text_of(told, 'ownername') or ''}/{text_of(told, 'projectname') or ''}"]
    for config in _configs(build):
        # A project's own repository comes first.
        addresses = config.get("additional_repos")
        first = addresses[0] if isinstance(addresses, list) and addresses else ""
        named.append(str(first).removeprefix("copr://"))
    for found in _results(build):
        named.append(f"{found['owner']}/{found['dirname'].partition(':')[0]}")
    return next((name for name in named if is_full_name(name)), UNKNOWN)


def _dirnames(build: BuildAnswers) -> Iterator[str]:
    told = build.build or {}
    yield text_of(told, "project_dirname") or ""
    for found in _results(build):
        yield found["dirname"]
    for config in _configs(build):
        repos = config.get("repos")
        for repo in repos if isinstance(repos, list) else ():
            if isinstance(repo, dict) and repo.get("id") == "copr_coprdir":
                # It ends in the directory, the chroot and a slash.
                yield str(repo.get("baseurl")).split("/")[-3:][0]


def package_of(build: BuildAnswers) -> str | None:
    """The name of its package: as told, as its results are called, or as its source package is."""
    told = text_of(object_of(build.build or {}, "source_package"), "name")
    if told is not None and is_segment(told):
        return told
    for found in _results(build):
        name = re.fullmatch("[0-9]+-(.+)", found["dir"])
        if name is not None:
            return name[1]
    sources = (package for chroot in build.chroots.values() for package in chroot.details.packages)
    return next((package.name for package in sources if package.arch == "src"), None)


def result_dir_of(url: str, chrootname: str) -> str | None:
    """The name of a chroot's directory of results; ``None`` for an address of another form."""
    found = _read_url(url, chrootname)
    return None if found is None else found["dir"]


def _configs(build: BuildAnswers) -> Iterator[Json]:
    for chroot in build.chroots.values():
        if chroot.details.config is not None:
            yield chroot.details.config


def _results(build: BuildAnswers) -> Iterator[re.Match[str]]:
    for name, chroot in build.chroots.items():
        found = None if chroot.result_url is None else _read_url(chroot.result_url, name)
        if found is not None:
            yield found


def _read_url(url: str, chrootname: str) -> re.Match[str] | None:
    found = _RESULT_URL.fullmatch(url)
    return found if found is not None and found["chroot"] == chrootname else None
