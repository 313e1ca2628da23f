"""Which builds a project has, newest first, so that a page of them costs the same however many there are."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .build import Build


class _Ids(list[int]):
    """The ids of some builds in their order, and the names of the chroots that any of them has had."""

    def __init__(self) -> None:
        self.chroots: set[str] = set()


class BuildIndex:
    """The ids of the builds of each project, and of each package in it.

    It is made when somebody first asks for a list, which few tests and hardly a
    world of a server do.
    """

    def __init__(self, builds: Mapping[int, Build]) -> None:
        self._builds = builds
        self._made: dict[str, dict[str | None, _Ids]] | None = None
        """By the full name of the project, and by package; all of a project's under no package."""

    @property
    def _ids(self) -> dict[str, dict[str | None, _Ids]]:
        if self._made is None:
            made: dict[str, dict[str | None, _Ids]] = {}
            for build in self._builds.values():
                _add(made, build)
            self._made = made
        return self._made

    def add(self, build: Build) -> None:
        if self._made is not None:
            _add(self._made, build)

    def note_chroots(self, build: Build, names: Iterable[str]) -> None:
        """Know of chroots that a build has got."""
        if self._made is not None:
            self._made[build.project.full_name][build.package].chroots.update(names)

    def remove(self, build: Build) -> None:
        if self._made is None:
            return
        packages = self._made[build.project.full_name]
        for package in (None, build.package):
            ids = packages[package]
            del ids[bisect_left(ids, build.id)]

    def forget(self) -> None:
        """Be made anew, as the builds are others now."""
        self._made = None

    def page(self, project: str, package: str | None, offset: int, limit: int | None) -> Sequence[int]:
        """The ids of a project's builds, newest first, of one package where that is said."""
        ids = self._find(project, package)
        stop = len(ids) - min(offset, len(ids))
        return ids[0 if limit is None else max(0, stop - limit) : stop][::-1]

    def newest_first(self, project: str, package: str) -> Iterator[int]:
        """All of a package one by one; the one that was given last may be removed meanwhile."""
        return reversed(self._find(project, package))

    def packages(self, project: str) -> Iterator[str]:
        """The packages that a project has, or has had, builds of."""
        return (package for package in self._ids.get(project, {}) if package is not None)

    def number_of_chroots(self, project: str, package: str) -> int:
        """In how many chroots a package has been built at most."""
        return len(self._find(project, package).chroots)

    def _find(self, project: str, package: str | None) -> _Ids:
        return self._ids.get(project, {}).get(package) or _Ids()


def _add(made: dict[str, dict[str | None, _Ids]], build: Build) -> None:
    packages = made.setdefault(build.project.full_name, {})
    for package in (None, build.package):
        ids = packages.setdefault(package, _Ids())
        insort(ids, build.id, lo=0 if ids and ids[-1] > build.id else len(ids))
    packages[build.package].chroots.update(build.keys())
