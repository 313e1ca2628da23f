"""The directory tree of results, derived from the builds and the clock on each access.

A file has the path ``{owner}/{project directory}/{chroot}/{result directory}/{file}``. Source builds are in
``srpm-builds``, in place of a chroot. Each chroot is a repository of packages, with ``repodata`` beside its result
directories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..engine.build import Build
from ..engine.store import Store
from ..model.project import SOURCES
from .files import File, files_of
from .job import Job, job_of, source_job_of
from .repodata import DIRECTORY, make_repodata


class Directory(NamedTuple):
    """The contents of a directory: the names of its subdirectories, and its files."""

    directories: Sequence[str] = ()
    files: Sequence[File] = ()


def find(store: Store, names: Sequence[str]) -> Directory | File | None:
    """Return the directory or file at a path, given as the names between its slashes; ``None`` if there is none."""
    store.catch_up()
    if len(names) < 2:
        return _find_projects(store, names)
    owner, dirname, *below = names
    builds = [build for build in store.builds.values() if _is_in(build, owner, dirname)]
    if len(below) < 2:
        return _find_chroots(store, builds, f"{owner}/{dirname}", below)
    chrootname, result_dir, *rest = below
    if chrootname == SOURCES:
        job = _find_source(builds, result_dir)
    elif result_dir == DIRECTORY and chrootname in _chroots_of(store, builds, f"{owner}/{dirname}"):
        return _in_directory(_repodata_of(store, builds, f"{owner}/{dirname}", chrootname), rest)
    else:
        job = _find_job(builds, chrootname, result_dir)
    return None if job is None else _in_directory(files_of(job), rest)


def _in_directory(files: Sequence[File], rest: Sequence[str]) -> Directory | File | None:
    """Return a directory, or the file that the rest of a path names in it."""
    if not rest:
        return Directory(files=files)
    return next((file for file in files if [file.name] == rest), None)


def _is_in(build: Build, owner: str, dirname: str) -> bool:
    return build.project_dirname == dirname and build.project.ownername == owner


def _find_projects(store: Store, names: Sequence[str]) -> Directory | None:
    """Return the list of owners, or of an owner's project directories."""
    directories = {(project.ownername, project.projectname) for project in store.projects.values()}
    directories |= {(build.project.ownername, build.project_dirname) for build in store.builds.values()}
    if not names:
        return Directory(sorted({owner for owner, _ in directories}))
    dirnames = sorted(dirname for owner, dirname in directories if owner == names[0])
    return Directory(dirnames) if dirnames else None


def _find_chroots(store: Store, builds: Sequence[Build], name: str, below: Sequence[str]) -> Directory | None:
    """Return the list of chroots in a project directory, or of the result directories in one of them."""
    if name not in store.projects and not builds:
        return None
    chrootnames = _chroots_of(store, builds, name)
    sources = {build.source_result_dir for build in builds if source_job_of(build) is not None}
    if not below:
        return Directory(sorted(chrootnames | ({SOURCES} if sources else set())))
    if below[0] == SOURCES and sources:
        return Directory(sorted(sources))
    if below[0] not in chrootnames:
        return None
    return Directory(sorted({DIRECTORY, *_jobs_in(builds, below[0])}))


def _chroots_of(store: Store, builds: Sequence[Build], name: str) -> set[str]:
    """Return the chroots with a directory, which exists as soon as the project has enabled the chroot."""
    project = store.projects.get(name)
    enabled = () if project is None else project.chroots
    return {*enabled, *(chroot.name for build in builds for chroot in build.chroots if not chroot.is_absent)}


def _jobs_in(builds: Sequence[Build], chrootname: str) -> Mapping[str, Job]:
    """Return the builds in a chroot by their result directories; the latest wins a shared one."""
    found = ((chroot.result_dir, job_of(chroot)) for build in builds if (chroot := build.get(chrootname)) is not None)
    return {result_dir: job for result_dir, job in found if job is not None}


def _repodata_of(store: Store, builds: Sequence[Build], name: str, chrootname: str) -> Sequence[File]:
    project = store.projects.get(name)
    created_on = 0 if project is None or project.created_on is None else project.created_on
    return make_repodata(_jobs_in(builds, chrootname).items(), created_on)


def _find_source(builds: Sequence[Build], result_dir: str) -> Job | None:
    return next((source_job_of(build) for build in reversed(builds) if build.source_result_dir == result_dir), None)


def _find_job(builds: Sequence[Build], chrootname: str, result_dir: str) -> Job | None:
    """Return the latest build with a result directory."""
    for build in reversed(builds):
        chroot = build.get(chrootname)
        if chroot is not None and chroot.result_dir == result_dir:
            return job_of(chroot)
    return None
