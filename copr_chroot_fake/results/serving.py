"""Serve results over HTTP, with ranges, conditional requests and directory indexes.

It behaves like lighttpd in Copr's configuration. For example, after the build the address of a log redirects to the
compressed log, which is sent as text with the content encoding gzip.

The directories are derived from the builds and the clock on each access. A file has the path
``{owner}/{project directory}/{chroot}/{result directory}/{file}``. Source builds are in ``srpm-builds``, in place of a
chroot. Each chroot is a repository of packages, with ``repodata`` beside its result directories.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from datetime import timezone
from email.utils import formatdate, parsedate_to_datetime
from html import escape
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from ..engine.build import Build
from ..engine.store import Store
from ..model.project import SOURCES
from ..wire.answer import HTML, Answer, make_answer, unsniffed
from ..wire.headers import RawHeaders, read_header
from .files import LIVE_LOGS, File, files_of
from .job import Job, job_of, source_job_of
from .repodata import DIRECTORY, cached_repodata

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


class _Directory(NamedTuple):
    """The contents of a directory: the names of its subdirectories, and its files."""

    directories: Sequence[str] = ()
    files: Sequence[File] = ()


def _find(store: Store, names: Sequence[str]) -> _Directory | File | None:
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
    elif result_dir == _DEVEL and _has_devel(store, owner, dirname):
        return _find_devel(store, builds, f"{owner}/{dirname}", chrootname, rest)
    else:
        job = _find_job(builds, chrootname, result_dir)
    return None if job is None else _in_directory(files_of(job), rest)


def _in_directory(files: Sequence[File], rest: Sequence[str]) -> _Directory | File | None:
    """Return a directory, or what the rest of a path names in it: a file or a directory."""
    path = "/".join(rest)
    exact = next((file for file in files if file.name == path), None)
    if exact is not None:
        return exact
    prefix = f"{path}/" if path else ""
    below = [file._replace(name=file.name.removeprefix(prefix)) for file in files if file.name.startswith(prefix)]
    if not below and rest:
        return None
    directories = {file.name.partition("/")[0] for file in below if "/" in file.name}
    return _Directory(sorted(directories), [file for file in below if "/" not in file.name])


def _is_in(build: Build, owner: str, dirname: str) -> bool:
    return build.project_dirname == dirname and build.project.ownername == owner


def _find_projects(store: Store, names: Sequence[str]) -> _Directory | None:
    """Return the list of owners, or of an owner's project directories."""
    directories = {(project.ownername, project.projectname) for project in store.projects.values()}
    directories |= {(build.project.ownername, build.project_dirname) for build in store.builds.values()}
    if not names:
        return _Directory(sorted({owner for owner, _ in directories}))
    dirnames = sorted(dirname for owner, dirname in directories if owner == names[0])
    return _Directory(dirnames) if dirnames else None


def _find_chroots(store: Store, builds: Sequence[Build], name: str, below: Sequence[str]) -> _Directory | None:
    """Return the list of chroots in a project directory, or of the result directories in one of them."""
    if name not in store.projects and not builds:
        return None
    chrootnames = _chroots_of(store, builds, name)
    sources = {build.source_result_dir for build in builds if source_job_of(build) is not None}
    if not below:
        return _Directory(sorted(chrootnames | ({SOURCES} if sources else set())))
    if below[0] == SOURCES and sources:
        return _Directory(sorted(sources))
    if below[0] not in chrootnames:
        return None
    devel = {_DEVEL} if _has_devel(store, *name.split("/")) else set()
    return _Directory(sorted({DIRECTORY, *devel, *_jobs_in(builds, below[0])}))


_DEVEL = "devel"
"""The directory of a chroot whose metadata have all packages, if those of the project are regenerated on request."""


def _has_devel(store: Store, owner: str, dirname: str) -> bool:
    project = store.projects.get(f"{owner}/{dirname.partition(':')[0]}")
    return project is not None and project.settings.devel_mode


def _find_devel(
    store: Store, builds: Sequence[Build], name: str, chrootname: str, rest: Sequence[str]
) -> _Directory | File | None:
    if chrootname not in _chroots_of(store, builds, name):
        return None
    if not rest:
        return _Directory([DIRECTORY])
    base = f"{store.results_root}/{quote(name)}/{quote(chrootname)}/"
    files = cached_repodata(
        store, (name, chrootname, _DEVEL), _jobs_in(builds, chrootname), _created_on(store, name), base
    )
    return _in_directory(files, rest[1:]) if rest[0] == DIRECTORY else None


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
    """Return the metadata of a chroot; with ``devel_mode``, as of the last regeneration."""
    published = [
        build
        for build in builds
        if not build.project.settings.devel_mode or (build.id, chrootname) in build.project.published
    ]
    return cached_repodata(store, (name, chrootname), _jobs_in(published, chrootname), _created_on(store, name))


def _created_on(store: Store, name: str) -> int:
    project = store.projects.get(name)
    return 0 if project is None or project.created_on is None else project.created_on


def _find_source(builds: Sequence[Build], result_dir: str) -> Job | None:
    return next((source_job_of(build) for build in reversed(builds) if build.source_result_dir == result_dir), None)


def _find_job(builds: Sequence[Build], chrootname: str, result_dir: str) -> Job | None:
    """Return the latest build with a result directory."""
    for build in reversed(builds):
        chroot = build.get(chrootname)
        if chroot is not None and chroot.result_dir == result_dir:
            return job_of(chroot)
    return None
