"""Who may do what needs a login."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import checks
from .projects import Project


@dataclass(frozen=True)
class Account:
    """A user of Copr, with the login and the token of its API, which ``repr`` does not show.

    :param name: the user's, whose projects are its own.
    :param groups: the groups whose projects are the user's too, each with its ``@``.
    :raises InputError: naming what cannot be.
    """

    name: str
    login: str
    token: str = field(repr=False)
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks.text("name", self.name)
        checks.login("login", self.login)
        checks.secret("token", self.token)
        object.__setattr__(self, "groups", checks.groups("groups", self.groups))

    def owns(self, project: Project) -> bool:
        return project.ownername in (self.name, *self.groups)
