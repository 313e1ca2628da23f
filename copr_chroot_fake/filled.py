"""The part of a fake that fills it by hand: projects, builds, chroots and accounts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from .engine.build import Build
from .engine.chroot import BuildChroot
from .engine.store import Batch, Store
from .errors import InputError
from .model.account import Account
from .model.lifecycle import DEFAULT_LIFECYCLE, LifecycleLike
from .model.progress import ProgressLike
from .model.project import Project
from .model.states import State, StateName, parse_state
from .scenario.entries import DEFAULT_MEMORY_LIMIT, DEFAULT_OWNER, DEFAULT_PACKAGE, DEFAULT_PROJECT, DEFAULT_TIMEOUT
from .scenario.load import read_batch
from .validation import checks

if TYPE_CHECKING:
    from .scenario.arguments import Chroots
    from .scenario.entries import ProjectChrootEntry


class Filled:
    """How a :class:`~copr_chroot_fake.FakeCopr` is filled by hand."""

    _store: Store

    @abstractmethod
    def _build(self, build_id: int) -> Build: ...

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
        """Add a project; ``chroots`` are the names of the chroots it enables, or their settings by name.

        :raises InputError: naming the impossible value; nothing is added then.
        """
        from .scenario.arguments import project_chroots

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
        state: State | StateName | None = None,
        lifecycle: LifecycleLike | None = None,
        progress: ProgressLike | None = None,
        memory_limit: int = DEFAULT_MEMORY_LIMIT,
        timeout: int = DEFAULT_TIMEOUT,
        enable_net: bool = False,
        is_background: bool = False,
        bootstrap: str | None = None,
    ) -> Build:
        """Add a build; whatever is not given is made up to fit.

        Its chroots live, from the first stage of their life on, except those with a given state: they stay in it, or
        go on from there if a life is given too.

        :param chroots: the names of its chroots; or a mapping from each name to the state in which it stays, or to
            its settings.
        :param project: ``owner/project``, or ``owner/project:pr:1`` for another directory of it. A project that is
            missing is added; chroots that it lacks are enabled in it.
        :param state: the state of all chroots that have no state or life of their own. If all have ended, and one of
            them as canceled, a user has canceled the build.
        :param lifecycle: the life of the others, or its name; "succeeds" by default.
        :param progress: what makes them go on; the fake's own by default.
        :param memory_limit: in MB.
        :param timeout: in seconds.
        :raises InputError: naming the impossible value; nothing is added then.
        """
        from .scenario.arguments import chroot_entries, come_about, split_full_name

        ownername, dirname = split_full_name(self._own_name(project))
        checked_id = checks.positive("id", id)
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
            "lifecycle": DEFAULT_LIFECYCLE if lifecycle is None else lifecycle,
            "progress": self._store.progress if progress is None else progress,
            "chroots": chroot_entries(
                checked_id, chroots, package, checks.optional(parse_state)("state", state), lifecycle
            ),
        }
        (build,) = self._add_entry("builds", entry, come_about).builds.values()
        return build

    def add_chroot(
        self,
        build_id: int,
        chrootname: str,
        *,
        state: State | StateName | None = None,
        lifecycle: LifecycleLike | None = None,
        progress: ProgressLike | None = None,
    ) -> BuildChroot:
        """Add a chroot to an existing build, after its others, in the same way as :meth:`add_build` does.

        With a ``state`` and no ``lifecycle`` it stays in that, and can have no ``progress``.

        :raises InputError: naming the impossible value; nothing is added then.
        """
        from .scenario.arguments import add_chroot

        with self._store.lock:
            return add_chroot(self._build(build_id), chrootname, state, lifecycle, progress)

    def add_mock_chroots(self, *names: str) -> None:
        """Let the service know chroots that no project and no build has.

        :raises InputError: for what is no name of a chroot; none is added then.
        """
        checked = [*checks.each("names", names, checks.chroot_name)]
        with self._store.lock:
            self._store.know(checked)

    def add_account(self, name: str, login: str, token: str, groups: Iterable[str] = ()) -> Account:
        """Let a user log in. Before the first is added, any login is accepted and may do everything; then only these.

        :param groups: the groups whose projects are the user's too, each with its ``@``.
        :raises InputError: for an impossible value, or a login that exists already.
        """
        account = Account(name, login, token, checks.groups("groups", groups))
        with self._store.lock:
            if account.login in self._store.accounts:
                raise InputError("login", f"{checks.shown(account.login)} is there already; expected another")
            self._store.accounts[account.login] = account
        return account

    @property
    def accounts(self) -> list[Account]:
        """The users who may log in; while there are none, anybody may."""
        return list(self._store.accounts.values())

    def _add_entry(
        self,
        kind: Literal["projects", "builds"],
        entry: Mapping[str, object],
        finish: Callable[[Build], None] = lambda build: None,
    ) -> Batch:
        """Add a scenario of one entry; errors name the fields of that entry alone."""
        with self._store.lock:
            try:
                batch = read_batch({kind: [entry]}, self._store)
            except InputError as error:
                raise InputError(error.location.removeprefix(f"{kind}[0]."), error.problem) from None
            for build in batch.builds.values():
                finish(build)
            self._store.add(batch, enable=True)
        return batch

    def _own_name(self, project: Project | str) -> str:
        if not checks.is_kind(project, Project):
            return checks.text("project", project)
        if self._store.projects.get(project.full_name) is not project:
            raise InputError("project", f"{project} is of no or another fake; expected what add_project has returned")
        return project.full_name
