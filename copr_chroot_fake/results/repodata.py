"""The metadata of a package repository in createrepo_c's format; each chroot of a project directory has a repository.

Its files describe each other by checksum, so all of them are made at once.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import NamedTuple, cast

from ..engine.store import Store
from ..model.nevra import Nevra
from ..model.states import State
from . import rpm_file
from .files import File, package_files_of, packages_of
from .job import Job

DIRECTORY = "repodata"
PACKAGES = "Packages"
"""The directory of packages in a repository of Pulp."""

_COMMON, _RPM = "http://linux.duke.edu/metadata/common", "http://linux.duke.edu/metadata/rpm"
_ROOTS = {
    "primary": ("metadata", f'xmlns="{_COMMON}" xmlns:rpm="{_RPM}"'),
    "filelists": ("filelists", 'xmlns="http://linux.duke.edu/metadata/filelists"'),
    "other": ("otherdata", 'xmlns="http://linux.duke.edu/metadata/other"'),
}
"""The root element of each file, and its attributes."""

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class _Package(NamedTuple):
    """A package of the repository: its content, and the attributes of its location."""

    nevra: Nevra
    job: Job
    location: str
    content: bytes
    checksum: str


def pulp_location(name: str) -> str:
    """Return where Pulp has the file of a package, below the directory of the repository."""
    return f"{PACKAGES}/{name[0].lower()}/{name}"


def cached_repodata(
    store: Store, path: tuple[str, ...], jobs: Mapping[str, Job], created_on: int, base: str = ""
) -> Sequence[File]:
    """Return the files of the repository at a path; they are made when its packages change.

    A client reads four files of a repository, which is slow to make of a thousand builds.
    """
    packages = [(directory, job._replace(elapsed=0)) for directory, job in jobs.items() if job.phase is State.SUCCEEDED]
    made_of = (packages, created_on, base)
    cached = store.repositories.get(path)
    if cached is None or cached[0] != made_of:
        cached = store.repositories[path] = made_of, _make_repodata(jobs.items(), created_on, base)
    return cast("Sequence[File]", cached[1])


def _make_repodata(jobs: Iterable[tuple[str, Job]], created_on: int, base: str = "") -> Sequence[File]:
    """Return the files of a repository.

    :param jobs: the builds in a chroot, each with the name of its result directory.
    :param created_on: the Unix time of a repository without packages.
    :param base: the URL of the packages, if they are not beside the metadata.
    """
    found = [package for directory, job in jobs for package in _packages_of(directory, job, base)]
    # In Pulp, a package replaces an earlier one of its name and version.
    packages = [*{package.location: package for package in found}.values()]
    modified = max((package.job.modified for package in packages), default=created_on)
    documents = {name: _document(name, packages) for name in _ROOTS}
    contents: dict[str, bytes] = {}
    described = []
    for name, document in documents.items():
        content = gzip.compress(document, mtime=modified)
        checksum = hashlib.sha256(content).hexdigest()
        contents[f"{checksum}-{name}.xml.gz"] = content
        described.append(_describe(name, checksum, content, document, modified))
    contents["repomd.xml"] = _repomd(described, modified)
    return [File(name, modified, partial(bytes, content)) for name, content in sorted(contents.items())]


def _packages_of(directory: str, job: Job, base: str) -> Iterator[_Package]:
    attribute = f'xml:base="{_xml(base)}" ' if base else ""
    packages = packages_of(job)
    for file in package_files_of(job):
        content = file.read()
        # createrepo_c omits files that are not packages, such as replacements by a test.
        if rpm_file.header_range(content) is not None:
            checksum = hashlib.sha256(content).hexdigest()
            path = pulp_location(file.name) if job.is_in_pulp else f"{directory}/{file.name}"
            yield _Package(packages[file.name], job, f'{attribute}href="{_xml(path)}"', content, checksum)


def _document(name: str, packages: Sequence[_Package]) -> bytes:
    root, attributes = _ROOTS[name]
    elements = "".join(map(_WRITERS[name], packages))
    return f'{_DECLARATION}<{root} {attributes} packages="{len(packages)}">\n{elements}</{root}>\n'.encode()


def _primary(package: _Package) -> str:
    """Return the description of a package, with the values of its header."""
    nevra, job = package.nevra, package.job
    header = rpm_file.header_range(package.content) or range(0)
    source = provides = ""
    if nevra.arch != "src":
        source = rpm_file.file_name(job.source)
        provides = f"""    <rpm:provides>
      <rpm:entry name="{_xml(nevra.name)}" flags="EQ" {_version(nevra)}/>
    </rpm:provides>
"""
    return f"""<package type="rpm">
  <name>{_xml(nevra.name)}</name>
  <arch>{_xml(nevra.arch)}</arch>
  <version {_version(nevra)}/>
  <checksum type="sha256" pkgid="YES">{package.checksum}</checksum>
  <summary>{_xml(rpm_file.summary(nevra.name))}</summary>
  <description>{_xml(rpm_file.DESCRIPTION)}</description>
  <packager></packager>
  <url></url>
  <time file="{job.modified}" build="{job.modified}"/>
  <size package="{len(package.content)}" installed="0" archive="{rpm_file.ARCHIVE_SIZE}"/>
  <location {package.location}/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:vendor>{_xml(rpm_file.vendor(job.directory))}</rpm:vendor>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>localhost</rpm:buildhost>
    <rpm:sourcerpm>{_xml(source)}</rpm:sourcerpm>
    <rpm:header-range start="{header.start}" end="{header.stop}"/>
{provides}  </format>
</package>
"""


def _filelists(package: _Package, content: str = "") -> str:
    """Return the files of a package, which has none."""
    nevra = package.nevra
    attributes = f'pkgid="{package.checksum}" name="{_xml(nevra.name)}" arch="{_xml(nevra.arch)}"'
    return f"<package {attributes}>\n  <version {_version(nevra)}/>\n{content}</package>\n"


def _other(package: _Package) -> str:
    """Return the changelog of a package, the latest entry last."""
    entries = [
        f'  <changelog author="{_xml(entry.author)}" date="{entry.time}">{_xml(entry.text)}</changelog>\n'
        for entry in reversed(package.job.build.source.changelog)
    ]
    return _filelists(package, "".join(entries))


_WRITERS: Mapping[str, Callable[[_Package], str]] = {"primary": _primary, "filelists": _filelists, "other": _other}


def _version(nevra: Nevra) -> str:
    return f'epoch="{nevra.epoch or 0}" ver="{_xml(nevra.version)}" rel="{_xml(nevra.release)}"'


def _xml(text: str) -> str:
    """Escape a text for an element or an attribute, and replace control characters that XML cannot contain."""
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text))


def _describe(name: str, checksum: str, content: bytes, document: bytes, modified: int) -> str:
    return f"""  <data type="{name}">
    <checksum type="sha256">{checksum}</checksum>
    <open-checksum type="sha256">{hashlib.sha256(document).hexdigest()}</open-checksum>
    <location href="{DIRECTORY}/{checksum}-{name}.xml.gz"/>
    <timestamp>{modified}</timestamp>
    <size>{len(content)}</size>
    <open-size>{len(document)}</open-size>
  </data>
"""


def _repomd(described: Iterable[str], revision: int) -> bytes:
    attributes = f'xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="{_RPM}"'
    lines = f"  <revision>{revision}</revision>\n{''.join(described)}"
    return f"{_DECLARATION}<repomd {attributes}>\n{lines}</repomd>\n".encode()
