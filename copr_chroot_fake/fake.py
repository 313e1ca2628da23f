"""FakeCopr, the face that tests and the server use: fill it, ask it, hand out its doors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from . import checks
from .answers import Answer
from .api import Api, Headers
from .by_hand import Chroots, chroot_entries, project_chroots
from .entries import DEFAULT_OWNER, DEFAULT_PACKAGE, DEFAULT_PROJECT, ProjectChrootEntry
from .errors import InputError
from .model import RESULTS_URL, Build, Project, ProjectChroot
from .scenario import ScenarioSource, read_batch, read_scenario
from .states import State, StateName
from .store import Batch, Store

if TYPE_CHECKING:
    from .doors.asgi import AsgiDoor
    from .doors.httpx_transport import HttpxTransport


class FakeCopr:
    """A Copr service in memory, which answers the four ``build-chroot`` endpoints.

    :param default_limit: how many items a list has that is asked for without a
        ``limit``: 100 as the API reference says, or ``None``, no limit, as the
        service is deployed.
    :param results_url: the address under which all results are said to be.
    :raises InputError: if an option cannot have its value.
    """

    def __init__(self, *, default_limit: int | None = 100, results_url: str = RESULTS_URL) -> None:
        self.default_limit = default_limit if default_limit is None else _check_limit(default_limit)
        self.results_url = checks.text("results_url", results_url).rstrip("/")
        self._store = Store(self.results_url)
        self._api = Api(self._store, self.default_limit)

    @classmethod
    def from_scenario(
        cls, source: ScenarioSource, *, default_limit: int | None = 100, results_url: str = RESULTS_URL
    ) -> FakeCopr:
        """A fake filled from a scenario: the path of a JSON or YAML file, or what such a file says.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        """
        fake = cls(default_limit=default_limit, results_url=results_url)
        fake.add_scenario(source)
        return fake

    def add_scenario(self, source: ScenarioSource) -> None:
        """Add what a scenario says; all of it, or nothing if there is a mistake in it.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        """
        self._store.add(read_scenario(source, self._store))

    def add_project(
        self,
        ownername: str,
        projectname: str,
        *,
        chroots: Iterable[str] | Mapping[str, ProjectChrootEntry] = (),
        additional_repos: Iterable[str] = (),
        devel_mode: bool = False,
        module_hotfixes: bool = False,
        repo_priority: int | None = None,
        bootstrap: str | None = None,
    ) -> Project:
        """Add a project; ``chroots`` are the names of those it enables, or their settings by name.

        :raises InputError: naming the value that is not possible; nothing is added then.
        """
        entry = {
            "ownername": ownername,
            "projectname": projectname,
            "chroots": project_chroots(chroots),
            "additional_repos": additional_repos,
            "devel_mode": devel_mode,
            "module_hotfixes": module_hotfixes,
            "repo_priority": repo_priority,
            "bootstrap": bootstrap,
        }
        (project,) = self._add_entry("projects", entry).projects.values()
        return project

    def add_build(
        self,
        id: int,
        chroots: Chroots,
        *,
        project: Project | str = f"{DEFAULT_OWNER}/{DEFAULT_PROJECT}",
        package: str = DEFAULT_PACKAGE,
        state: State | StateName = State.SUCCEEDED,
        memory_limit: int = 2048,
        timeout: int = 18000,
        enable_net: bool = False,
        is_background: bool = False,
        bootstrap: str | None = None,
    ) -> Build:
        """Add a build, of which all that is not said is made up so that it fits.

        :param chroots: the names of its chroots, or their state or settings by name.
        :param project: ``owner/project``, or ``owner/project:pr:1`` for another
            directory of it; added, or given the build's chroots, where it lacks them.
        :param state: the state of the chroots that say none.
        :param memory_limit: in MB.
        :param timeout: in seconds.
        :raises InputError: naming the value that is not possible; nothing is added then.
        """
        ownername, dirname = _split_full_name(str(project))
        checked_id = checks.build_id("id", id)
        entry = {
            "id": checked_id,
            "ownername": ownername,
            "projectname": dirname.partition(":")[0],
            "project_dirname": dirname,
            "package": package,
            "memory_limit": memory_limit,
            "timeout": timeout,
            "enable_net": enable_net,
            "is_background": is_background,
            "bootstrap": bootstrap,
            "chroots": chroot_entries(checked_id, chroots, package, checks.state("state", state)),
        }
        (build,) = self._add_entry("builds", entry).builds.values()
        for chroot in build.chroots:
            build.project.chroots.setdefault(chroot.name, ProjectChroot())
        return build

    def add_mock_chroots(self, *names: str) -> None:
        """Let the service know chroots that no project and no build has."""
        self._store.add(read_batch({"chroots": names}, self._store))

    def _add_entry(self, kind: Literal["projects", "builds"], entry: Mapping[str, object]) -> Batch:
        """Add a scenario of one entry, whose fields are an error's own."""
        try:
            batch = read_batch({kind: [entry]}, self._store)
        except InputError as error:
            raise InputError(error.field.removeprefix(f"{kind}[0]."), error.problem) from None
        self._store.add(batch)
        return batch

    @property
    def builds(self) -> Mapping[int, Build]:
        return self._store.builds

    @property
    def projects(self) -> Mapping[str, Project]:
        """The projects by their full names, ``owner/project``."""
        return self._store.projects

    def answer(self, method: str, target: str, headers: Headers = ()) -> Answer:
        """What Copr answers to a request.

        :param target: path and query as a client sends them, from ``/api_3`` on.
        """
        return self._api.answer(method, target, headers)

    @cached_property
    def transport(self) -> HttpxTransport:
        """A transport for any ``httpx.Client`` or ``httpx.AsyncClient``, whatever host it asks."""
        from .doors.httpx_transport import HttpxTransport

        return HttpxTransport(self.answer)

    @cached_property
    def asgi(self) -> AsgiDoor:
        """An ASGI application."""
        from .doors.asgi import AsgiDoor

        return AsgiDoor(self.answer)


def _check_limit(limit: int) -> int:
    if checks.whole_number("default_limit", limit) == 0:
        raise InputError("default_limit", "0 would be an empty page; expected at least 1, or None for no limit")
    return limit


def _split_full_name(full_name: str) -> tuple[str, str]:
    owner, slash, name = checks.text("project", full_name).partition("/")
    if not (owner and slash and name):
        raise InputError("project", f"{checks.shown(full_name)} is no full name; expected owner/project")
    return owner, name
