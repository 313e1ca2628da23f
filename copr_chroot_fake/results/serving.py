"""Serve results over HTTP, with ranges, conditional requests and directory indexes.

It behaves like lighttpd in Copr's configuration. For example, after the build the address of a log redirects to the
compressed log, which is sent as text with the content encoding gzip.

The directories are derived from the builds and the clock on each access. A file has the path
``{owner}/{project directory}/{chroot}/{result directory}/{file}``. Source builds are in ``srpm-builds``, in place of a
chroot. Each chroot is a repository of packages, with ``repodata`` beside its result directories, and in Pulp with the
packages in ``Packages``.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timezone
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from html import escape
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..model.project import SOURCES, ProjectSettings, is_in_pulp
from ..wire.answer import HTML, Answer, make_answer, unsniffed
from ..wire.headers import RawHeaders, read_header
from .files import LIVE_LOGS, File, files_of, package_files_of
from .job import has_results, has_source_results, job_of, source_job_of
from .repodata import DIRECTORY, PACKAGES, cached_repodata, pulp_location

METHODS = "GET, HEAD, OPTIONS"

_TYPES = {".rpm": "application/x-rpm", ".spec": "text/plain; charset=utf-8"}
_DEFAULT_TYPE = "text/plain"

_STATUS_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>{title}</title></head>
<body><h1>{title}</h1></body>
</html>
"""


_INDEX_PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>Index of {title}</title>
</head>
<body>
<h2>Index of {title}</h2>
<div class="list">
<table>
<thead><tr><th>Name</th><th>Last Modified</th><th>Size</th><th>Type</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</div>
</body>
</html>
"""

_INDEX_ROW = '<tr><td><a href="{link}">{name}</td><td>{modified}</td><td>{size}</td><td>{type}</td></tr>\n'


def answer(store: Store, method: str, path: str, headers: RawHeaders) -> Answer:
    """Answer a request for results.

    :param path: the decoded path, from ``/results`` on.
    """
    return unsniffed(_answer(store, method, path, headers))


def _answer(store: Store, method: str, path: str, headers: RawHeaders) -> Answer:
    if method not in METHODS.split(", "):
        return _page(405, ("Allow", METHODS))
    if method == "OPTIONS":
        return Answer(200, (("Allow", METHODS), ("Content-Length", "0")), b"")
    # Clients that join paths often double a slash.
    names = [name for name in path.split("/") if name][1:]
    # Empty if the path ends with a slash.
    last = path.rpartition("/")[2]
    found = _find(store, names)
    if isinstance(found, _Directory):
        return _index(path, found) if not last else _page(301, ("Location", f"{quote(last)}/"))
    if isinstance(found, File) and last:
        return _file(found, method, headers)
    if isinstance(found, _Moved) and last:
        return _page(302, ("Location", quote(found.location)))
    if last in LIVE_LOGS and isinstance(_find(store, [*names[:-1], f"{last}.gz"]), File):
        return _page(301, ("Location", f"{last}.gz"))
    return _page(404)


def _index(path: str, directory: _Directory) -> Answer:
    """Return the index of a directory; its links are relative, so it works behind any prefix."""
    rows = [_directory_row("../", "..")]
    rows += [_directory_row(f"{_link(name)}/", escape(name)) for name in sorted(directory.directories)]
    rows += map(_file_row, directory.files)
    return _html(200, _INDEX_PAGE.format(title=escape(path), rows="".join(rows)))


def _directory_row(link: str, name: str) -> str:
    return _INDEX_ROW.format(link=link, name=f"{name}</a>/", modified="", size="-", type="Directory")


def _file_row(file: File) -> str:
    return _INDEX_ROW.format(
        link=_link(file.name),
        name=f"{escape(file.name)}</a>",
        modified=time.strftime("%Y-%b-%d %H:%M:%S", time.gmtime(file.modified)),
        size=_format_size(len(file.read())),
        type=escape(_content_type(file.name)),
    )


def _link(name: str) -> str:
    # Without the dot, a name with a colon would begin with a scheme.
    return escape(f"./{quote(name, safe='', errors='replace')}")


def _format_size(size: int) -> str:
    """Return a size in bytes in lighttpd's format."""
    amount, unit = float(size), "B"
    for larger in "KMGT":
        if amount < 1000:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.2f}{unit}"


def _file(file: File, method: str, headers: RawHeaders) -> Answer:
    body = file.read()
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    modified = formatdate(file.modified, usegmt=True)
    file_headers = [("Last-Modified", modified), ("ETag", etag), ("Accept-Ranges", "bytes")]
    if _is_unmodified(headers, etag, file.modified):
        return Answer(304, tuple(file_headers), b"")
    if file.name.endswith(".log.gz"):
        file_headers.append(("Content-Encoding", "gzip"))
    range_header = read_header(headers, b"range") if method == "GET" else None
    # If-Range: the range is only useful if the file has not changed since the client fetched the rest.
    is_useful = range_header is not None and read_header(headers, b"if-range") in (None, etag, modified)
    part = _parse_range(range_header or "", len(body)) if is_useful else None
    content_type = _content_type(file.name)
    if part is None:
        return make_answer(body, content_type, headers=tuple(file_headers))
    if not part:
        return _page(416, ("Content-Range", f"bytes */{len(body)}"))
    content_range = ("Content-Range", f"bytes {part.start}-{part.stop - 1}/{len(body)}")
    content_length = ("Content-Length", str(len(part)))
    ranged_headers = (("Content-Type", content_type), content_range, content_length, *file_headers)
    return Answer(206, ranged_headers, body[part.start : part.stop])


_RANGE = re.compile(r"[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII)


def _parse_range(header: str, size: int) -> range | None:
    """Return the bytes that a Range header selects, none if the range begins after the end of the file.

    A request with an invalid range, or with several, gets the whole file: ``None``. RFC 9110 allows that.

    :param size: bytes of the whole file.
    """
    unit, _, value = header.partition("=")
    match = _RANGE.fullmatch(value)
    if unit.strip().lower() != "bytes" or match is None:
        return None
    first, last = match.groups()
    if not (first or last) or (first and last and int(first) > int(last)):
        return None
    if first:
        return range(int(first), min(int(last) + 1, size) if last else size)
    return range(max(size - int(last), 0), size)


def _is_unmodified(headers: RawHeaders, etag: str, modified: int) -> bool:
    """Return whether the client's copy is current; If-None-Match takes precedence over If-Modified-Since."""
    if_none_match = read_header(headers, b"if-none-match")
    if if_none_match is not None:
        etags = [item.strip().removeprefix("W/") for item in if_none_match.split(",")]
        return "*" in etags or etag in etags
    if_modified_since = read_header(headers, b"if-modified-since")
    return if_modified_since is not None and modified <= _parse_date(if_modified_since)


def _parse_date(date: str) -> float:
    """Return the Unix time of an HTTP date, which is always in GMT; if it is invalid, -1."""
    try:
        return parsedate_to_datetime(date).replace(tzinfo=timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return -1


def _content_type(name: str) -> str:
    """Return the content type in the configuration of Copr's server."""
    return next((type_ for suffix, type_ in _TYPES.items() if name.endswith(suffix)), _DEFAULT_TYPE)


def _page(status: int, *headers: tuple[str, str]) -> Answer:
    title = f"{status} {HTTPStatus(status).phrase}"
    return _html(status, _STATUS_PAGE.format(title=escape(title)), *headers)


def _html(status: int, page: str, *headers: tuple[str, str]) -> Answer:
    return make_answer(page.encode(errors="replace"), HTML, status, headers)


class _Moved(NamedTuple):
    """A file that a directory does not list, as it is at another address."""

    name: str
    location: str


class _Directory(NamedTuple):
    """A directory: its files, and its subdirectories by name, which are generated when they are opened."""

    directories: Mapping[str, Callable[[], _Directory]]
    files: Sequence[File] = ()
    moved: Sequence[_Moved] = ()


def _find(store: Store, names: Sequence[str]) -> _Directory | File | _Moved | None:
    """Return the directory or file at a path, given as the names between its slashes; ``None`` if there is none."""
    store.catch_up()
    directory = _root(store)
    for number, name in enumerate(names, 1):
        if name not in directory.directories:
            is_last = number == len(names)
            known: list[File | _Moved] = [*directory.files, *directory.moved] if is_last else []
            return next((file for file in known if file.name == name), None)
        directory = directory.directories[name]()
    return directory


def _root(store: Store) -> _Directory:
    """Return the top directory: owners, and below them their projects."""
    found = {(project.ownername, project.projectname) for project in store.projects.values()}
    found |= {(build.project.ownername, build.project_dirname) for build in store.builds.values()}
    owners: defaultdict[str, dict[str, Callable[[], _Directory]]] = defaultdict(dict)
    for owner, dirname in found:
        owners[owner][dirname] = partial(_project, store, owner, dirname)
    return _Directory({owner: partial(_Directory, dirnames) for owner, dirnames in owners.items()})


def _project(store: Store, owner: str, dirname: str) -> _Directory:
    """Return a project directory: the source builds, and each chroot that the project has enabled or built."""
    project = store.projects.get(f"{owner}/{dirname}")
    builds = [
        build
        for build in store.builds.values()
        if build.project_dirname == dirname and build.project.ownername == owner
    ]
    names = set(() if project is None else project.chroots)
    names |= {chroot.name for build in builds for chroot in build.chroots if not chroot.is_absent}
    directories = {name: partial(_chroot, store, (owner, dirname, name), builds) for name in names}
    settings = ProjectSettings() if project is None else project.settings
    if settings.devel_mode and is_in_pulp(settings):
        directories |= {f"{name}-devel": partial(_pulp_devel, store, (owner, dirname, name), builds) for name in names}
    sources = {build.source_result_dir: partial(_source, build) for build in builds if has_source_results(build)}
    return _Directory(directories | ({SOURCES: partial(_Directory, sources)} if sources else {}))


def _source(build: Build) -> _Directory:
    return _of_files(files_of(source_job_of(build)))


def _chroot(store: Store, path: tuple[str, ...], builds: Iterable[Build]) -> _Directory:
    """Return the directory of a chroot: its repository, and the result directories.

    With ``devel_mode``, the repository is that of the last regeneration, and ``devel`` has one with all packages.
    """
    owner, dirname, name = path
    results = _results_of(builds, name)
    directories = {result_dir: partial(_result_dir, chroot) for result_dir, chroot in results.items()}
    project = store.projects.get(f"{owner}/{dirname.partition(':')[0]}")
    if project is not None and project.settings.devel_mode:
        if not is_in_pulp(project.settings):
            base = f"{store.results_root}/{quote('/'.join(path))}/"
            directories["devel"] = partial(_Directory, _repository(store, (*path, "devel"), results, base))
        published = {*project.published.get(name, ())}
        results = {key: chroot for key, chroot in results.items() if chroot.build.id in published}
    return _Directory({**directories, **_repository(store, path, results)})


def _pulp_devel(store: Store, path: tuple[str, ...], builds: Iterable[Build]) -> _Directory:
    """Return the repository that Pulp has with all packages of a chroot; the logs are only beside the other one."""
    *project, name = path
    results = _results_of(builds, name)
    directories = {key: partial(_Directory, {}, (), _packages_in_pulp(chroot)) for key, chroot in results.items()}
    return _Directory({**directories, **_repository(store, (*project, f"{name}-devel"), results)})


def _results_of(builds: Iterable[Build], name: str) -> Mapping[str, BuildChroot]:
    """Return the chroots of a name that have results, by the directory of these."""
    found = (build.get(name) for build in builds)
    # The latest wins a shared directory.
    return {chroot.result_dir: chroot for chroot in found if chroot is not None and has_results(chroot)}


def _result_dir(chroot: BuildChroot) -> _Directory:
    directory = _of_files(files_of(job_of(chroot)))
    return (
        directory._replace(moved=_packages_in_pulp(chroot)) if is_in_pulp(chroot.build.project.settings) else directory
    )


def _packages_in_pulp(chroot: BuildChroot) -> Sequence[_Moved]:
    """Return where the packages of a chroot are, which clients look for in its result directory."""
    return [_Moved(file.name, f"../{pulp_location(file.name)}") for file in package_files_of(job_of(chroot))]


def _repository(
    store: Store, path: tuple[str, ...], results: Mapping[str, BuildChroot], base: str = ""
) -> Mapping[str, Callable[[], _Directory]]:
    """Return the directories of the repository at a path; see :func:`.cached_repodata`."""
    directories = {DIRECTORY: partial(_repodata, store, path, results, base)}
    if any(is_in_pulp(chroot.build.project.settings) for chroot in results.values()):
        directories[PACKAGES] = partial(_packages, results)
    return directories


def _packages(results: Mapping[str, BuildChroot]) -> _Directory:
    """Return the packages of a repository in Pulp, in directories by their first letter."""
    files = {file.name: file for chroot in results.values() for file in package_files_of(job_of(chroot))}
    return _of_files(file._replace(name=pulp_location(name).partition("/")[2]) for name, file in files.items())


def _repodata(store: Store, path: tuple[str, ...], results: Mapping[str, BuildChroot], base: str) -> _Directory:
    project = store.projects.get("/".join(path[:2]))
    created_on = (project and project.created_on) or 0
    jobs = {result_dir: job_of(chroot) for result_dir, chroot in results.items()}
    return _Directory({}, cached_repodata(store, path, jobs, created_on, base))


def _of_files(files: Iterable[File]) -> _Directory:
    """Return a directory with files; a slash in a name begins a subdirectory."""
    direct: list[File] = []
    below: defaultdict[str, list[File]] = defaultdict(list)
    for file in files:
        directory, slash, name = file.name.partition("/")
        (below[directory] if slash else direct).append(file._replace(name=name) if slash else file)
    return _Directory({name: partial(_of_files, inner) for name, inner in below.items()}, direct)
