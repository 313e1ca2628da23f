"""The files of a result directory, by the phase of the build; their contents are generated on access."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import NamedTuple

from ..model.nevra import Nevra, dump_package
from ..model.result_file import is_log
from ..model.states import State
from . import logs, rpm_file
from .job import Job


class File(NamedTuple):
    """A file: its path in the directory, its modification time (a Unix time), and a function that reads it."""

    name: str
    modified: int
    read: Callable[[], bytes]


LIVE_LOGS = {"builder-live.log": logs.builder_live, "backend.log": logs.backend}
"""Logs that grow during the build."""

_GZIP_LEVEL = 6
"""The default of the gzip command, as in Copr; the highest level takes several times as long for large logs."""

_MOCK_LOGS = {
    "build.log": logs.build,
    "hw_info.log": logs.hw_info,
    "installed_pkgs.log": logs.installed_pkgs,
    "root.log": logs.root,
    "state.log": logs.state,
}


def files_of(job: Job) -> list[File]:
    """Return the current files of a build, ordered by name.

    During the build there are only logs. At its end Copr compresses them and adds the results (from the source of
    its backend). The files that a test has added take precedence. The packages of a project in Pulp are not among them.
    """
    hidden = packages_of(job) if job.is_in_pulp else {}
    return [file for file in _all_files(job) if file.name not in hidden]


def package_files_of(job: Job) -> list[File]:
    """Return the packages of a build, wherever they are stored."""
    packages = packages_of(job)
    return [file for file in _all_files(job) if file.name in packages] if packages else []


def _all_files(job: Job) -> list[File]:
    files = {file.name: file for file in _generated_files(job)}
    files |= {file.name: file for file in _added_files(job, files)}
    return sorted(files.values(), key=lambda file: file.name)


def packages_of(job: Job) -> Mapping[str, Nevra]:
    """Return the packages of a build by the names of their files."""
    named = {rpm_file.file_name(nevra): nevra for nevra in job.packages} if job.phase is State.SUCCEEDED else {}
    return {name: nevra for name, nevra in named.items() if "/" not in name}


def _added_files(job: Job, generated: Container[str]) -> Iterator[File]:
    """Yield the files that a test has added: during the build only growing logs and ``build.info``, at its end all."""
    for name, content in job.results.items():
        read, compressed = partial(bytes, content), is_log(name)
        if compressed and job.phase.is_final:
            yield File(f"{name}.gz", job.modified, partial(_compressed, read, job))
        elif compressed and name in generated:
            yield File(name, job.modified, partial(logs.written_part, content, job))
        elif job.phase.is_final or name in generated:
            yield File(name, job.modified, read)


def _generated_files(job: Job) -> Iterator[File]:
    if job.phase is not State.STARTING:
        yield File("build.info", job.started_on, partial(_build_info, job))
    if not job.phase.is_final:
        for name, write in LIVE_LOGS.items():
            if name == "backend.log" or job.phase is State.RUNNING:
                yield File(name, job.modified, partial(write, job))
        return
    # The worker of a canceled build downloads nothing from the builder.
    downloaded = {} if job.phase is State.CANCELED or job.is_source_build else _MOCK_LOGS
    for name, write in {**LIVE_LOGS, **downloaded}.items():
        yield File(f"{name}.gz", job.modified, partial(_compressed, partial(write, job), job))
    if job.phase is State.CANCELED:
        return
    if not job.is_source_build:
        yield File("configs.tar.gz", job.modified, partial(_compressed, partial(_configs, job), job))
    yield File(f"{job.package}.spec", job.modified, partial(_spec, job))
    if job.phase is State.SUCCEEDED:
        yield from _files_of_success(job)


def _files_of_success(job: Job) -> Iterator[File]:
    yield File("success", job.modified, lambda: b"done")
    yield File("results.json", job.modified, partial(_results, job))
    for name, nevra in packages_of(job).items():
        yield File(name, job.modified, partial(_package, nevra, job))
    if job.build.project.settings.fedora_review and not job.is_source_build:
        for name, lines in _review(job.package).items():
            yield File(f"fedora-review/{name}", job.modified, partial(logs.encode_lines, lines))


def _compressed(read: Callable[[], bytes], job: Job) -> bytes:
    return gzip.compress(read(), compresslevel=_GZIP_LEVEL, mtime=job.modified)


def _package(nevra: Nevra, job: Job) -> bytes:
    vendor, changelog = rpm_file.vendor(job.directory), job.build.source.changelog
    return rpm_file.write(nevra, source=job.source, vendor=vendor, built_on=job.modified, changelog=changelog)


def _build_info(job: Job) -> bytes:
    return f"build_id={job.build.id}\nbuilder_ip=127.0.0.1".encode()


def _configs(job: Job) -> bytes:
    """Return an archive with the configuration of mock."""
    archive = BytesIO()
    content = f"include('/etc/mock/{job.chrootname}.cfg')\nconfig_opts['root'] = '{job.build.id}-{job.chrootname}'\n"
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("configs/child.cfg")
        entry.size, entry.mtime = len(content), job.modified
        tar.addfile(entry, BytesIO(content.encode()))
    return archive.getvalue()


def _results(job: Job) -> bytes:
    if job.is_source_build:
        source = dump_package(job.source)
        document: object = {key: source[key] for key in ("name", "epoch", "version", "release")}
    else:
        document = {"packages": [dump_package(nevra) for nevra in job.packages]}
    return json.dumps(document, indent=4).encode()


def _review(package: str) -> Mapping[str, Sequence[str]]:
    """Return the lines of the files of fedora-review; their texts are invented."""
    check = "Package successfully compiles and builds into binary rpms."
    checks = [{"name": "Generic", "text": check, "result": "pass"}]
    return {
        "review.txt": ["Package Review", "==============", "", f"Package: {package}", "", f"[x]: {check}"],
        "review.json": [json.dumps({"name": package, "issues": [], "checks": checks}, indent=4)],
        "licensecheck.txt": ["MIT License", "-----------", f"{package}.spec"],
    }


def _spec(job: Job) -> bytes:
    """Return the uploaded spec, or a minimal one."""
    uploaded = job.build.source
    if uploaded.content is not None and str(uploaded.config.get("pkg")).lower().endswith(".spec"):
        return uploaded.content
    source = job.source
    tags = {
        "Name": source.name,
        "Epoch": source.epoch,
        "Version": source.version,
        "Release": source.release,
        "Summary": rpm_file.summary(source.name),
        "License": "MIT",
    }
    lines = [f"{name + ':':<15} {value}" for name, value in tags.items() if value is not None]
    return logs.encode_lines([*lines, "", "%description", rpm_file.DESCRIPTION, "", "%files"])
