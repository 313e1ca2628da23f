"""What users may do: the rules of Copr's models for owners, members of groups, administrators and permissions."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from ..engine.project import Project
from ..engine.store import Store
from ..model.project import Permissions
from ..wire.answer import ApiError

_NOTHING = Permissions()


class User(NamedTuple):
    """The user who sends a request.

    :param id: the id in Copr's database.
    :param groups: the names of the user's groups, with their ``@``.
    """

    name: str
    id: int
    groups: tuple[str, ...] = ()
    is_admin: bool = False


def may_build_in(user: User, project: Project) -> bool:
    """Return whether a user may build in a project, and cancel its builds."""
    permissions = _permissions(user, project)
    return user.is_admin or _owns(user, project) or "approved" in (permissions.builder, permissions.admin)


def may_edit(user: User, project: Project) -> bool:
    """Return whether a user may change a project, and delete its builds.

    The user who added the project of a group may do so only as a member of the group.
    """
    return user.is_admin or _owns(user, project) or _permissions(user, project).admin == "approved"


def owner_of(project: Project) -> str | None:
    """Return the owner of a project; for a group's project, the user who added it."""
    return project.creator if project.group is not None else project.ownername


def _owns(user: User, project: Project) -> bool:
    return project.group in user.groups if project.group is not None else project.ownername == user.name


def _permissions(user: User, project: Project) -> Permissions:
    return project.permissions.get(user.name, _NOTHING)


def find_user(store: Store, name: str) -> User | None:
    """Return a user by name: one with an account, an owner or a submitter.

    Without accounts, every user exists and has full permissions.
    """
    accounts = [*store.accounts.values()]
    for number, account in enumerate(accounts, 1):
        if account.name == name:
            return User(name, number, account.groups, account.admin)
    if accounts and not _is_known(store, name):
        return None
    return User(name, anonymous_id(name), is_admin=not accounts)


def _is_known(store: Store, name: str) -> bool:
    """Return whether a user without an account owns a project, or has submitted a build."""
    if any(owner_of(project) == name for project in store.projects.values()):
        return True
    return any(build.submitter == name for build in store.builds.values())


def anonymous_id(name: str) -> int:
    """Return an id derived from the name."""
    return zlib.crc32(name.encode(errors="surrogatepass")) % 100_000 + 1


def require_group_member(user: User, group: str, store: Store) -> None:
    """Reject users who are not in a group.

    :raises ApiError: 403.
    """
    if user.is_admin or group in user.groups:
        return
    found = store.find_group(group)
    fas_name = group if found is None else found.fas_name
    name = group.removeprefix("@")
    raise ApiError(403, f"User '{user.name}' doesn't have access to the copr group '{name}' (fas_name='{fas_name}')")
