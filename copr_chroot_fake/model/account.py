"""Users who can log in to the API, and groups of them."""

from __future__ import annotations

from dataclasses import field

from ..validation.checks import Group as GroupName
from ..validation.checks import Login, Secret, Text
from ..validation.rule import frozen
from ..validation.spec import validate


@frozen()
class Account:
    """A user of Copr, with the login and the token of the API.

    ``repr`` omits the token.

    :param name: the user's name; projects of this owner are the user's own.
    :param groups: the user's groups, each with its ``@``; the user may change and build in their projects.
    :param admin: whether the user may do everything in every project.
    :param expired: whether the token is no longer valid.
    :raises InputErrors: naming each invalid field.
    """

    name: Text
    login: Login
    token: Secret = field(repr=False)
    groups: tuple[GroupName, ...] = ()
    admin: bool = False
    expired: bool = False

    def __post_init__(self) -> None:
        validate(self)


@frozen()
class Group:
    """A group of users, which can own projects.

    :param name: its name in Copr, with an ``@``.
    :param fas_name: its name in the account system.
    :raises InputErrors: naming each invalid field.
    """

    name: GroupName
    fas_name: Text

    def __post_init__(self) -> None:
        validate(self)


def fas_name_of(name: str) -> str:
    """Return the name in the account system of a group for which none is given."""
    return name.removeprefix("@")
