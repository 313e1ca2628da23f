"""The logs of a build. During the build they only grow, so each response begins with the previous one.

The format is that of Copr's backend and of mock; the contents are invented. Lines written before the end do not depend
on the result. As in copr-rpmbuild, the log of a source build depends on the type of the source: it downloads source
packages and specs, clones repositories, and runs the generators of specs.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..model import defaults
from ..model.states import State
from .job import Job
from .rpm_file import file_name

_BUILDROOT = (
    *("bash", "binutils", "bzip2", "coreutils", "cpio", "diffutils", "fedora-release", "filesystem", "findutils"),
    *("gawk", "gcc", "gcc-c++", "glibc", "glibc-devel", "glibc-headers", "grep", "gzip", "info", "libgcc"),
    *("libstdc++", "libstdc++-devel", "make", "patch", "redhat-rpm-config", "rpm-build", "sed", "shadow-utils"),
    *("systemd-libs", "tar", "unzip", "util-linux", "which", "xz"),
)

_COMPILED = 60
"""Number of compiler calls in the log."""

_RESULTS = "/var/lib/copr-rpmbuild/results"

_ERROR_LINES = (
    f"src/part_{_COMPILED}.c:1:1: error: simulated failure",
    f"make: *** [Makefile:{_COMPILED}: src/part_{_COMPILED}.o] Error 1",
    "error: Bad exit status from /var/tmp/rpm-tmp.build (%build)",
    "",
    "RPM build errors:",
    "    Bad exit status from /var/tmp/rpm-tmp.build (%build)",
)


def builder_live(job: Job) -> bytes:
    """Return the output of the builder; during the build, the part written so far."""
    lines = [*_head(job), *(_source_log(job).lines if job.is_source_build else _mock_lines(job))]
    if job.phase is State.RUNNING:
        return encode_lines(lines[: _count_written(job, len(lines))])
    return encode_lines([*lines, *_end_lines(job)])


def written_part(content: bytes, job: Job) -> bytes:
    """Return the part of a log that is written by now."""
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: _count_written(job, len(lines))])


def _count_written(job: Job, total: int) -> int:
    """Return how many of the lines of a log are written by now: one per second if the duration is unknown."""
    if job.phase is State.STARTING:
        return 1
    return 1 + int(job.elapsed if job.fraction is None else job.fraction * (total - 1))


def root(job: Job) -> bytes:
    """Return mock's log of setting up the chroot."""
    return encode_lines(_root_lines(job))


def build(job: Job) -> bytes:
    """Return the output of rpmbuild."""
    end = _wrote_lines(job) if job.phase is State.SUCCEEDED else _ERROR_LINES
    return encode_lines([*_build_lines(job), *end])


def state(job: Job) -> bytes:
    """Return mock's log of the start and end of each step."""
    began, ended = (f"{_format_time(unix_time)},000 - " for unix_time in (job.started_on, job.modified))
    finish = [f"{ended}Finish: rpmbuild {job.package}.spec"] if job.phase is State.SUCCEEDED else []
    return encode_lines(
        [
            f"{began}Start: run",
            f"{began}Start: chroot init",
            f"{began}Finish: chroot init",
            f"{began}Start: rpmbuild {job.package}.spec",
            *finish,
            f"{ended}Finish: run",
        ]
    )


def backend(job: Job) -> bytes:
    """Return the log of the backend's worker."""
    messages = ["Marking build as starting", "Checking for cancel request", "VM allocation process starts"]
    if job.phase is not State.STARTING:
        messages += [
            "Allocating ssh connection to builder",
            "Checking that builder machine is OK",
            "Filling build.info file with builder info",
            f"Starting remote build: {_command(job)} --detached",
            "Downloading the builder-live.log file, attempt 1",
        ]
    lines = [f"[{_format_time(job.started_on)},000][  INFO][PID:{_pid(job)}] {message}" for message in messages]
    return encode_lines([*lines, *_backend_end(job)])


def _backend_end(job: Job) -> Iterator[str]:
    if not job.phase.is_final:
        return
    stamp = f"[{_format_time(job.modified)},000]"
    pid = f"[PID:{_pid(job)}]"
    failed = job.phase is not State.SUCCEEDED
    if job.phase is State.CANCELED:
        yield f"{stamp}[ ERROR]{pid} Build was canceled"
    else:
        yield f"{stamp}[  INFO]{pid} Downloading results from builder"
        yield f"{stamp}[  INFO]{pid} Searching for 'success' file in resultdir"
        if failed:
            yield f"{stamp}[ ERROR]{pid} Backend process error: No success file => build failure"
        yield (
            f"{stamp}[  INFO]{pid} Finished build: id={job.build.id} failed={failed} timeout={job.build.timeout} "
            f"destdir=/var/lib/copr/public_html/results/{job.directory} chroot={job.chrootname} "
        )
    yield f"{stamp}[  INFO]{pid} Releasing VM back to pool"
    took = max(job.modified - job.started_on, 0)
    yield f"{stamp}[  INFO]{pid} Worker {'failed' if failed else 'succeeded'} build, took {took}"


def _head(job: Job) -> list[str]:
    return [
        "You can reproduce this build on your computer by running:",
        "",
        "  sudo dnf install copr-rpmbuild",
        f"  {_command(job)}",
        "",
        "",
        "Version: 1.8",
        f"PID: {_pid(job)}",
        "",
    ]


def _mock_lines(job: Job) -> list[str]:
    return [
        "INFO: mock.py version 6.3 starting",
        "Start: init plugins",
        "INFO: selinux disabled",
        "Finish: init plugins",
        "INFO: Signal handler active",
        "Start: run",
        f"INFO: Start({job.package}.spec)  Config({job.chrootname})",
        "Start: clean chroot",
        "Finish: clean chroot",
        *_root_lines(job),
        *_build_lines(job),
    ]


def _root_lines(job: Job) -> list[str]:
    count = len(_BUILDROOT)
    return [
        "Start: chroot init",
        f"INFO: calling preinit hooks for {job.chrootname}",
        "Start: dnf install",
        *(f"  Installing       : {name:<48} {number:>3}/{count}" for number, name in enumerate(_BUILDROOT, 1)),
        "Complete!",
        "Finish: dnf install",
        "Finish: chroot init",
    ]


def _build_lines(job: Job) -> list[str]:
    arch = job.chrootname.rpartition("-")[2]
    return [
        f"Start: rpmbuild {job.package}.spec",
        f"Building target platforms: {arch}",
        f"Building for target {arch}",
        "Executing(%prep): /bin/sh -e /var/tmp/rpm-tmp.prep",
        "+ exit 0",
        "Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.build",
        *(
            f"[{number:>3}/{_COMPILED}] gcc -O2 -g -c src/part_{number}.c -o src/part_{number}.o"
            for number in range(1, _COMPILED + 1)
        ),
    ]


def _end_lines(job: Job) -> list[str]:
    """Return the last lines; the log of a canceled build just stops."""
    if job.phase is State.CANCELED:
        return []
    if job.is_source_build:
        made = [f"Wrote: {file_name(job.source)}", "Running SRPMResults tool", "SRPMResults finished"]
        return made if job.phase is State.SUCCEEDED else [_source_log(job).error, "Copr build error: Build failed"]
    minutes, seconds = divmod(max(job.modified - job.started_on, 0), 60)
    took = f"{minutes} minutes {seconds} seconds"
    cleaned = ["Start: clean chroot", "Finish: clean chroot"]
    if job.phase is State.FAILED:
        return [
            *_ERROR_LINES,
            f"ERROR: Exception({job.package}.spec) Config({job.chrootname}) {took}",
            f"INFO: Results and/or logs in: {_RESULTS}",
            "INFO: Cleaning up build root ('cleanup_on_failure=True')",
            *cleaned,
            "ERROR: Command failed: ",
            f" # bash --login -c /usr/bin/rpmbuild -ba --nodeps /builddir/build/SPECS/{job.package}.spec",
            "Copr build error: Build failed",
        ]
    return [
        *_wrote_lines(job),
        f"Finish: rpmbuild {job.package}.spec",
        f"INFO: Done({job.package}.spec) Config({job.chrootname}) {took}",
        f"INFO: Results and/or logs in: {_RESULTS}",
        "INFO: Cleaning up build root ('cleanup_on_success=True')",
        *cleaned,
        "Finish: run",
        "Running RPMResults tool",
        "RPMResults finished",
    ]


def _wrote_lines(job: Job) -> list[str]:
    root = "/builddir/build"
    return [
        "+ exit 0",
        *(f"Wrote: {root}/{'SRPMS' if nevra.arch == 'src' else 'RPMS'}/{file_name(nevra)}" for nevra in job.packages),
    ]


def _command(job: Job) -> str:
    backend = f"{job.build.store.frontend_url}/backend"
    command = "/usr/bin/copr-rpmbuild --verbose --drop-resultdir"
    if job.is_source_build:
        return f"{command} --srpm --task-url {backend}/get-srpm-build-task/{job.build.id}"
    task = f"{backend}/get-build-task/{job.build.id}-{job.chrootname}"
    return f"{command} --task-url {task} --chroot {job.chrootname}"


def _pid(job: Job) -> int:
    return 1000 + job.build.id % 1_000_000


def _format_time(unix_time: int) -> str:
    """Return a Unix time in the format of the logs, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(unix_time))


def hw_info(job: Job) -> bytes:
    """Return the description of the builder."""
    arch = job.chrootname.rpartition("-")[2]
    return encode_lines(["CPU info:", f"Architecture: {arch}", "CPU(s): 4", "", "Memory:", "MemTotal: 16384000 kB"])


def installed_pkgs(job: Job) -> bytes:
    """Return mock's list of the packages in the chroot: each with its build time, size and checksum."""
    end = f"{defaults.dist_tag(job.chrootname)}.{defaults.package_arch(job.chrootname)}"
    return encode_lines(f"{name}-1.0-1{end} {job.started_on} 1024 {'0' * 32} installed" for name in _BUILDROOT)


def encode_lines(lines: Iterable[str]) -> bytes:
    """Return lines as the contents of a text file."""
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")


class _SourceLog(NamedTuple):
    """The lines about how a source package is made, and the error if that fails."""

    lines: Sequence[str]
    error: str


_PROGRESS = tuple(f"{percent:>3}%" for percent in range(0, 101, 5))


def _source_log(job: Job) -> _SourceLog:
    """Return the log of a source build, apart from its start and its end."""
    log, reading = _describe_source(job), job.build.source.reading
    if reading.fails:
        return log._replace(error=f"error: {reading.problem}")
    if reading.problem:
        return log._replace(lines=[*log.lines, f"WARNING: the name of the file decides, as {reading.problem}"])
    return log


def _describe_source(job: Job) -> _SourceLog:
    source, package = job.build.source, job.package
    config = {name: value for name, value in source.config.items() if isinstance(value, str) and value}
    match source.type:
        case "link" | "upload":
            return _download(config, package)
        case "pypi":
            name = config.get("pypi_package_name", package)
            return _make_from(name, f"{config.get('spec_generator', 'pyp2spec')} {name}")
        case "rubygems":
            name = config.get("gem_name", package)
            return _make_from(name, f"gem2rpm {name} --fetch --srpm")
        case "custom":
            chroot = f" --mock-config {config['chroot']}" if "chroot" in config else ""
            script = f"Running: copr-sources-custom --workdir /workdir{chroot} --script /workdir/script"
            return _SourceLog([script], "error: the script has ended with status 1")
        case "distgit":
            return _clone(config, package, "copr-distgit-client sources", "copr-distgit-client srpm")
        case _:
            return _clone(config, package)


def _download(config: Mapping[str, str], package: str) -> _SourceLog:
    url = config.get("url", f"https://example.org/{package}.src.rpm")
    name = config.get("pkg") or posixpath.basename(url.partition("?")[0]) or url
    lines = [f"INFO: Downloading {url}", *(f"{name} {percent}" for percent in _PROGRESS)]
    if name.endswith(".spec"):
        return _make_from(name.removesuffix(".spec"), f"rpmbuild -bs {name}", after=lines)
    return _SourceLog(lines, f"error: {name}: not an rpm package (or package manifest)")


def _clone(config: Mapping[str, str], package: str, *commands: str) -> _SourceLog:
    """Clone a repository and run commands in it, by default the build method of the source."""
    url = config.get("clone_url", f"https://example.org/{package}.git")
    name = posixpath.basename(url.rstrip("/")).removesuffix(".git") or package
    clone = f"svn checkout {url}" if config.get("type") == "svn" else f"git clone {url}"
    method = _BUILD_METHODS.get(config.get("srpm_build_method", ""), "rpkg srpm --spec {}")
    return _make_from(
        name,
        *(commands or [method.format(config.get("spec", f"{name}.spec"))]),
        after=[f"Running: {clone}", *(f"Receiving objects: {percent}" for percent in _PROGRESS)],
    )


_BUILD_METHODS = {
    "tito": "tito build --srpm",
    "tito_test": "tito build --test --srpm",
    "make_srpm": 'make -f .copr/Makefile srpm outdir="." spec="{}"',
}


def _make_from(name: str, *commands: str, after: Sequence[str] = ()) -> _SourceLog:
    lines = [*after, *(f"Running: {command}" for command in commands)]
    return _SourceLog(lines, f"error: Bad source: {name}.tar.gz: No such file or directory")
