"""Who may do what needs a login."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..errors import InputError
from ..validation import checks
from .project import Project


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
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    def owns(self, project: Project) -> bool:
        if not checks.is_kind(project, Project):
            raise InputError("project", f"expected a Project, got {checks.shown(project)}")
        return project.ownername in (self.name, *self.groups)


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "name": checks.text,
    "login": checks.login,
    "token": checks.secret,
    "groups": checks.groups,
}
