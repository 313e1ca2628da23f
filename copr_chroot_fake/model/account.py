"""Users who can log in to the API."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import InputError
from ..validation import checks
from ..validation.checks import Group, Login, Secret, Text
from ..validation.spec import validate
from .project import Project


@dataclass(frozen=True)
class Account:
    """A user of Copr, with the login and the token of the API.

    ``repr`` omits the token.

    :param name: the user's name; projects of this owner are the user's own.
    :param groups: groups whose projects are the user's too, each with its ``@``.
    :raises InputErrors: naming each invalid field.
    """

    name: Text
    login: Login
    token: Secret = field(repr=False)
    groups: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        validate(self)

    def owns(self, project: Project) -> bool:
        """Whether a project is the user's, or that of a group of the user."""
        if not checks.is_kind(project, Project):
            raise InputError("project", f"expected a Project, got {checks.excerpt(project)}")
        return project.ownername in (self.name, *self.groups)
