"""The builds of each project, newest first, so that a page of them costs the same however many there are."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .build import Build


class _Ids(list[int]):
    """The ids of some builds in ascending order, and the names of the chroots that any of them has had."""

    def __init__(self) -> None:
        self.chroots: set[str] = set()


class BuildIndex:
    """The ids of the builds of each project, and of each package in it.

    It is built by the first request for a list, which few tests send.
    """

    def __init__(self, builds: Mapping[int, Build]) -> None:
        self._builds = builds
        self._built: dict[str, dict[str | None, _Ids]] | None = None
        """By the full name of the project, and by package; all builds of a project are under ``None``."""

    @property
    def _ids(self) -> dict[str, dict[str | None, _Ids]]:
        if self._built is None:
            built: dict[str, dict[str | None, _Ids]] = {}
            for build in self._builds.values():
                _add(built, build, _keys(build))
            self._built = built
        return self._built

    def add(self, build: Build) -> None:
        if self._built is not None:
            _add(self._built, build, _keys(build))

    def note_package(self, build: Build) -> None:
        """Add a build to those of its package, which was not known before."""
        if self._built is not None:
            _add(self._built, build, {build.stored_package})

    def note_chroots(self, build: Build, names: Iterable[str]) -> None:
        """Store the chroots that a build has got."""
        if self._built is not None and build.stored_package is not None:
            self._built[build.project.full_name][build.stored_package].chroots.update(names)

    def remove(self, build: Build) -> None:
        if self._built is None:
            return
        packages = self._built[build.project.full_name]
        for package in _keys(build):
            ids = packages[package]
            del ids[bisect_left(ids, build.id)]

    def forget(self) -> None:
        """Drop everything, as the builds have changed; the next list builds it again."""
        self._built = None

    def page(self, project: str, package: str | None, offset: int, limit: int | None) -> Sequence[int]:
        """Return the ids of a project's builds, newest first; with a package, only of its builds."""
        ids = self._find(project, package)
        stop = len(ids) - min(offset, len(ids))
        return ids[0 if limit is None else max(0, stop - limit) : stop][::-1]

    def newest_first(self, project: str, package: str | None) -> Iterator[int]:
        """Iterate over the builds of a project or a package; the current one may be removed meanwhile."""
        return reversed(self._find(project, package))

    def packages(self, project: str) -> Iterator[str]:
        """Iterate over the packages that a project has, or has had, builds of."""
        return (package for package in self._ids.get(project, {}) if package is not None)

    def number_of_chroots(self, project: str, package: str) -> int:
        """Return the number of different chroots for which a package has been built."""
        return len(self._find(project, package).chroots)

    def _find(self, project: str, package: str | None) -> _Ids:
        return self._ids.get(project, {}).get(package) or _Ids()


def _keys(build: Build) -> set[str | None]:
    return {None, build.stored_package}


def _add(built: dict[str, dict[str | None, _Ids]], build: Build, keys: Iterable[str | None]) -> None:
    packages = built.setdefault(build.project.full_name, {})
    for package in keys:
        ids = packages.setdefault(package, _Ids())
        insort(ids, build.id, lo=0 if ids and ids[-1] > build.id else len(ids))
        ids.chroots.update(build.names)
