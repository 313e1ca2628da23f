"""Projects."""

from __future__ import annotations

from ..engine.store import Store
from ..model.project import Project
from ..wire.answer import ApiError
from .context import RequestContext, Success, nul_error, require
from .rendering import json_line


def get_project(context: RequestContext) -> Success:
    """Answer ``project``."""
    return Success(_render_project(find_project(context), context.store))


def find_project(context: RequestContext) -> Project:
    """Return the project with the owner and name in the query.

    :raises ApiError: 400 or 415 if an argument is missing or blank, 404 if there is no such group or project.
    """
    arguments = context.target.arguments
    owner, name = (str(require(key, arguments.get(key))) for key in ("ownername", "projectname"))
    if not (owner and name):
        # Copr reads a blank argument from a JSON body instead, which the request lacks.
        raise ApiError(
            415,
            "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
        )
    projects = context.store.projects
    project = projects.get(f"{owner}/{name}")
    if project is not None and project.ownername == owner:
        return project
    if owner.startswith("@") and not any(project.ownername == owner for project in projects.values()):
        raise nul_error(owner) or ApiError(404, f"Group {owner[1:]} does not exist.")
    raise nul_error(owner + name) or ApiError(404, f"Project {owner}/{name} does not exist.")


def _render_project(project: Project, store: Store) -> bytes:
    root = f"{store.results_root}/{project}"
    return json_line(
        {
            "name": project.projectname,
            "persistent": False,
            "additional_repos": project.additional_repos,
            "storage": "backend",
            "homepage": None,
            "contact": None,
            "description": None,
            "instructions": None,
            "devel_mode": project.devel_mode,
            "unlisted_on_hp": False,
            "auto_prune": True,
            "enable_net": True,
            "bootstrap": project.bootstrap or "default",
            "isolation": "default",
            "module_hotfixes": project.module_hotfixes,
            "appstream": True,
            "packit_forge_projects_allowed": [],
            "follow_fedora_branching": True,
            "repo_priority": project.repo_priority,
            "id": list(store.projects).index(project.full_name) + 1,
            "ownername": project.ownername,
            "full_name": project.full_name,
            "chroot_repos": {name: f"{root}/{name}/" for name in project.chroots},
        }
    )
