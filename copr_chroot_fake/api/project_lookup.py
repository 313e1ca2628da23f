"""Lookup of the project that a request names in its query, path or body."""

from __future__ import annotations

from ..engine.project import Project
from ..engine.store import Store
from ..wire.answer import CATCH_ALL, ApiError
from .authentication import authenticate
from .context import RequestContext, nul_error, require
from .users import may_edit


def find_project(context: RequestContext) -> Project:
    """Return the project with the owner and name in the query.

    :raises ApiError: 400 or 415 if an argument is missing or blank, 404 if there is no such group or project.
    """
    owner, name = require(context, "ownername", "projectname")
    if not (owner and name):
        # Copr reads a blank argument from the body instead, which the request lacks.
        context.body.json()
        raise ApiError(500, CATCH_ALL)
    return _find(owner, name, context.store)


def find_project_in_path(context: RequestContext) -> Project:
    """Return the project with the owner and name in the path.

    :raises ApiError: 404 if there is no such group or project.
    """
    parameters = context.target.parameters
    return _find(parameters["ownername"], parameters["projectname"], context.store)


def find_project_in_body(context: RequestContext) -> Project:
    """Return the project with the owner and name in the body.

    :raises ApiError: 415, 400 or 500 if the body lacks them, 404 if there is no such group or project.
    """
    owner, name = (_body_value(context, key) for key in ("ownername", "projectname"))
    if owner and any(map(_is_null_array, (owner, name))):
        # The database takes a list of nulls for a text, which is no name.
        raise ApiError(404, f"Project {owner}/{name} does not exist.")
    if not isinstance(owner, str) or not owner or not isinstance(name, str):
        raise ApiError(500, CATCH_ALL)
    return _find(owner, name, context.store)


def find_editable_project(context: RequestContext) -> Project:
    """Return the project in the path, if the user may change it.

    :raises ApiError: 401, 404 or 403.
    """
    user = authenticate(context)
    project = find_project_in_path(context)
    if not may_edit(user, project):
        raise ApiError(
            403, f"User '{user.name}' can not see permissions for project '{project}' (missing admin rights)"
        )
    return project


def _is_null_array(value: object) -> bool:
    return isinstance(value, list) and all(item is None for item in value)


def _body_value(context: RequestContext, key: str) -> object:
    value = context.body.form.get(key)
    if value:
        return value
    document = context.body.json()
    if not isinstance(document, dict) or key not in document:
        raise ApiError(500, CATCH_ALL)
    return document[key]


def _find(owner: str, name: str, store: Store) -> Project:
    project = store.projects.get(f"{owner}/{name}")
    if project is not None and project.ownername == owner:
        return project
    if owner.startswith("@") and store.find_group(owner) is None:
        raise nul_error(owner) or ApiError(404, f"Group {owner[1:]} does not exist.")
    raise nul_error(owner + name) or ApiError(404, f"Project {owner}/{name} does not exist.")
