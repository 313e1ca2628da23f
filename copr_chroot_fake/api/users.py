"""The user who sends a request, and what users may do, as owners, members of groups, administrators or by permissions.

While a fake has no accounts, any login is valid, is the user's name, and may do everything.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from typing import NamedTuple

from ..engine.project import Project
from ..engine.store import Store
from ..model.project import Permissions
from ..wire.answer import Answer, ApiError, crashing_on, json_answer
from ..wire.headers import read_header
from .context import RequestContext, nul_error

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


def may_delete(user: User, project: Project) -> bool:
    """Return whether a user may delete the builds of a project."""
    return may_edit(user, project) and not project.settings.persistent


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


_MESSAGE = "Login invalid/expired. Please visit https://copr.fedorainfracloud.org/api to get or renew your API token."


class InvalidLoginError(ApiError):
    """An unknown login, or a wrong or expired token; Copr's response has one more key than other errors."""

    def __init__(self) -> None:
        super().__init__(401, _MESSAGE)

    def answer(self) -> Answer:
        """Return the response."""
        return json_answer(json.dumps({"output": "notok", "error": self.message}).encode() + b"\n", self.status)


def authenticate(context: RequestContext) -> User:
    """Return the user who sends a request.

    :raises InvalidLoginError: if the login or the token is missing or wrong.
    :raises ApiError: 500 if the header has no login and token.
    """
    header = read_header(context.headers, b"authorization")
    if header is None:
        raise InvalidLoginError
    login, token = _parse_credentials(header)
    store = context.store
    if store.accounts and login and token and (error := nul_error(login)):
        raise error
    account = store.accounts.get(login)
    name = login if account is None else account.name
    if store.accounts and (account is None or account.token != token or account.expired):
        raise InvalidLoginError
    user = find_user(store, name) if name else None
    if user is None:
        raise InvalidLoginError
    context.user = user.name
    return user


def _parse_credentials(header: str) -> tuple[str, str]:
    """Return login and token.

    :raises ApiError: 500 if the header has no second word, or that is no base64 of UTF-8 with exactly one colon.
    """
    with crashing_on(IndexError, ValueError):
        login, token = b64decode(header.split()[1]).decode().split(":")
    return login, token
