"""The steps in which a builder makes a source package, for the log of a source build.

As in copr-rpmbuild, it depends on the type of the source: it downloads source packages and specs, clones repositories,
and runs the generators of specs. All of it is known when the build begins, unlike the name of the package.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..model.source import SourceType
from .job import Job


class SourceLog(NamedTuple):
    """The lines about how a source package is made, and the error if that fails."""

    lines: tuple[str, ...]
    error: str


_PROGRESS = tuple(f"{percent:>3}%" for percent in range(0, 101, 5))


def source_log(job: Job) -> SourceLog:
    """Return the log of a source build, apart from its start and its end."""
    source = job.build.source
    config = {name: value for name, value in source.config.items() if isinstance(value, str) and value}
    return _LOGS.get(source.type, _clone)(config, job.package)


def _download(config: Mapping[str, str], package: str) -> SourceLog:
    url = config.get("url", f"https://example.org/{package}.src.rpm")
    name = config.get("pkg") or posixpath.basename(url.partition("?")[0]) or url
    lines = (f"INFO: Downloading {url}", *(f"{name} {percent}" for percent in _PROGRESS))
    if name.endswith(".spec"):
        return _bad_source(name.removesuffix(".spec"), (*lines, f"Running: rpmbuild -bs {name}"))
    return SourceLog(lines, f"error: {name}: not an rpm package (or package manifest)")


def _clone(config: Mapping[str, str], package: str) -> SourceLog:
    url = config.get("clone_url", f"https://example.org/{package}.git")
    name = posixpath.basename(url.rstrip("/")).removesuffix(".git") or package
    spec = config.get("spec", f"{name}.spec")
    clone = f"svn checkout {url}" if config.get("type") == "svn" else f"git clone {url}"
    build = _BUILD_METHODS.get(config.get("srpm_build_method", ""), "rpkg srpm --spec {}").format(spec)
    return _bad_source(
        name,
        (f"Running: {clone}", *(f"Receiving objects: {percent}" for percent in _PROGRESS), f"Running: {build}"),
    )


_BUILD_METHODS = {
    "tito": "tito build --srpm",
    "tito_test": "tito build --test --srpm",
    "make_srpm": 'make -f .copr/Makefile srpm outdir="." spec="{}"',
}


def _clone_dist_git(config: Mapping[str, str], package: str) -> SourceLog:
    cloned = _clone(config, package)
    client = ("Running: copr-distgit-client sources", "Running: copr-distgit-client srpm")
    return cloned._replace(lines=(*cloned.lines[:-1], *client))


def _generate_from_pypi(config: Mapping[str, str], package: str) -> SourceLog:
    name = config.get("pypi_package_name", package)
    return _bad_source(name, (f"Running: {config.get('spec_generator', 'pyp2spec')} {name}",))


def _generate_from_gem(config: Mapping[str, str], package: str) -> SourceLog:
    name = config.get("gem_name", package)
    return _bad_source(name, (f"Running: gem2rpm {name} --fetch --srpm",))


def _run_script(config: Mapping[str, str], package: str) -> SourceLog:
    chroot = f" --mock-config {config['chroot']}" if "chroot" in config else ""
    return SourceLog(
        (f"Running: copr-sources-custom --workdir /workdir{chroot} --script /workdir/script",),
        "error: the script has ended with status 1",
    )


def _bad_source(name: str, lines: tuple[str, ...]) -> SourceLog:
    return SourceLog(lines, f"error: Bad source: {name}.tar.gz: No such file or directory")


_LOGS: Mapping[SourceType, Callable[[Mapping[str, str], str], SourceLog]] = {
    "link": _download,
    "upload": _download,
    "pypi": _generate_from_pypi,
    "rubygems": _generate_from_gem,
    "custom": _run_script,
    "distgit": _clone_dist_git,
}
"""By type; other sources are cloned."""
