"""Permissions of users in projects that they do not own."""

from __future__ import annotations

from dataclasses import replace

from ..engine.project import Project
from ..model.project import PERMISSION_NAMES, PERMISSION_STATES, Permissions, PermissionState
from ..wire.answer import ApiError
from .context import RequestContext, Success, attributes, json_success, nul_error
from .endpoint import Endpoint, plain
from .projects import find_editable_project, find_project_in_path
from .users import authenticate, find_user, may_build_in, owner_of


@Endpoint("project/permissions/get/{ownername}/{projectname}")
def get_permissions(context: RequestContext) -> Success:
    """Return the permissions of other users."""
    project = find_editable_project(context)
    if not project.permissions:
        raise ApiError(404, f"No permissions set on {project} project")
    permissions = {user: attributes(granted, PERMISSION_NAMES) for user, granted in project.permissions.items()}
    return json_success({"permissions": permissions})


@Endpoint("project/permissions/set/{ownername}/{projectname}", methods=("PUT", "POST"))
def set_permissions(context: RequestContext) -> Success:
    """Grant or remove permissions."""
    project = find_editable_project(context)
    requested = context.body.json()
    if not isinstance(requested, dict):
        expected = "{'username': {'admin': 'nothing', 'builder': 'request'} ...}"
        raise ApiError(400, f"request is not a dictionary, expected format: {expected}")
    if not requested:
        raise ApiError(400, "no permission change requested")
    permissions = dict(project.permissions)
    updated = []
    for name, states in requested.items():
        if find_user(context.store, name) is None:
            raise nul_error(name) or ApiError(400, f"user '{name}' doesn't exist in database")
        if not isinstance(states, dict):
            raise ApiError(500)
        before = permissions.get(name, Permissions())
        for permission, state in states.items():
            _check(project, name, permission, state)
            permissions[name] = replace(permissions.get(name, before), **{permission: state})
        if permissions.get(name, before) != before:
            updated.append(name)
    project.permissions = permissions
    return json_success({"updated": updated})


@Endpoint(
    "project/permissions/request/{ownername}/{projectname}",
    methods=("PUT",),
    deprecated="POST",
    warns_before_login=True,
)
def request_permissions(context: RequestContext) -> Success:
    """Ask for permissions."""
    user = authenticate(context)
    project = find_project_in_path(context)
    requested = context.body.json()
    if not isinstance(requested, dict):
        raise ApiError(400, "invalid 'roles' dict format, expected: {'admin': True, 'builder': False}")
    if not requested:
        raise ApiError(400, "no permission requested")
    before = project.permissions.get(user.name, Permissions())
    permissions = before
    for permission, is_requested in requested.items():
        state = _requested_state(permission, is_requested)
        _check(project, user.name, permission, state)
        if state == "request" and getattr(permissions, permission) == "approved":
            raise ApiError(400, f"You already are '{permission}' in '{project}'")
        permissions = replace(permissions, **{permission: state})
    project.permissions = {**project.permissions, user.name: permissions}
    return json_success({"updated": permissions != before})


def _requested_state(permission: str, is_requested: object) -> PermissionState:
    if is_requested is True:
        return "request"
    if is_requested is False:
        return "nothing"
    raise ApiError(400, f"invalid '{permission}' permission request '{is_requested}', expected True or False")


def _check(project: Project, user: str, permission: object, state: object) -> None:
    if permission not in PERMISSION_NAMES:
        raise ApiError(400, f"invalid permission '{permission}', allowed {'|'.join(PERMISSION_NAMES)}")
    if isinstance(state, (list, dict)):
        # Copr looks it up in a dictionary.
        raise ApiError(500)
    if state not in PERMISSION_STATES:
        allowed = "|".join(PERMISSION_STATES)
        raise ApiError(400, f"invalid '{permission}' permission state '{state}', use {allowed}")
    if user == owner_of(project):
        raise ApiError(400, f"user '{user}' is owner of the '{project}' project")


@Endpoint(
    "project/permissions/can_build_in/{who}/{ownername}/{projectname}",
    model=plain("ownername projectname who can_build_in"),
)
def can_build_in(context: RequestContext) -> Success:
    """Return whether a user may build in a project."""
    name = context.target.parameters["who"]
    user = find_user(context.store, name)
    if user is None:
        raise nul_error(name) or ApiError(500, "Database error, contact admin")
    project = find_project_in_path(context)
    return json_success(
        {
            # Copr gives the group its name without the @.
            "ownername": project.ownername.removeprefix("@"),
            "projectname": project.projectname,
            "who": name,
            "can_build_in": may_build_in(user, project),
        }
    )
