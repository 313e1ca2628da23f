"""The part of a fake that fills it by hand: projects, builds, chroots and accounts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping

from .engine import create
from .engine.build import Build
from .engine.chroot import BuildChroot
from .engine.store import Store
from .errors import InputError
from .model.account import Account
from .model.lifecycle import DEFAULT_LIFECYCLE, LifecycleLike
from .model.progress import ProgressLike
from .model.project import Project
from .model.states import State, StateName
from .scenario.spec import (
    DEFAULT_MEMORY_LIMIT,
    DEFAULT_OWNER,
    DEFAULT_PACKAGE,
    DEFAULT_PROJECT,
    DEFAULT_TIMEOUT,
    BuildSpec,
    ChrootSpec,
    ProjectSpec,
)
from .validation import checks
from .validation.spec import parse

Chroots = Iterable[str | Mapping[str, object]] | Mapping[str, State | StateName | Mapping[str, object]]
"""Names or objects of chroots, or by name the state in which each stays, or its settings."""


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
        chroots: Iterable[str] | Mapping[str, Mapping[str, object]] = (),
        additional_repos: Iterable[str] = (),
        devel_mode: bool = False,
        module_hotfixes: bool = False,
        repo_priority: int | None = None,
        bootstrap: str | None = None,
    ) -> Project:
        """Add a project; ``chroots`` are the names of the chroots it enables, or their settings by name.

        :raises InputError: naming the impossible value; nothing is added then.
        """
        entry = {
            "ownername": ownername,
            "projectname": projectname,
            "chroots": chroots,
            "additional_repos": additional_repos,
            "devel_mode": devel_mode,
            "module_hotfixes": module_hotfixes,
            "repo_priority": repo_priority,
            "bootstrap": bootstrap,
        }
        return create.add_project(parse(ProjectSpec, "", entry), self._store)

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
        if lifecycle is None and state is None:
            lifecycle = DEFAULT_LIFECYCLE
        entry = {
            "id": id,
            "project": self._own_name(project),
            "package": package,
            "memory_limit": memory_limit,
            "timeout": timeout,
            "enable_net": enable_net,
            "is_background": is_background,
            "bootstrap": bootstrap,
            "state": state,
            "lifecycle": lifecycle,
            "progress": progress,
            "chroots": chroots,
        }
        return create.add_build(parse(BuildSpec, "", entry), self._store)

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
        with self._store.lock:
            build = self._build(build_id)
            entry = {
                "name": checks.chroot_name("chrootname", chrootname),
                "state": state,
                "lifecycle": DEFAULT_LIFECYCLE if lifecycle is None and state is None else lifecycle,
                "progress": progress,
            }
            return create.add_chroot(parse(ChrootSpec, "", entry), build)

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

    def _own_name(self, project: Project | str) -> str:
        if not checks.is_kind(project, Project):
            return checks.text("project", project)
        if self._store.projects.get(project.full_name) is not project:
            raise InputError("project", f"{project} is of no or another fake; expected what add_project has returned")
        return project.full_name
