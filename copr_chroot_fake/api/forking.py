"""Forking projects: ``project/fork``."""

from __future__ import annotations

from ..engine.forking import fork_project
from ..wire.answer import CATCH_ALL, ApiError
from . import forms
from .authentication import authenticate
from .context import RequestContext, Success
from .endpoint import endpoint
from .forms import Field, form_data, read_form
from .project_forms import MAX_NAME, name_characters
from .project_lookup import find_project_in_path
from .projects import PROJECT, render_project
from .users import owner_of


@endpoint("project/fork/{ownername}/{projectname}", methods=("POST",), deprecated="PUT", model=PROJECT)
def fork(context: RequestContext) -> Success:
    """Copy a project with the last successful builds; an existing destination has to be confirmed."""
    user, store = authenticate(context), context.store
    project = find_project_in_path(context)
    data = form_data(context.body, ("chroots",))
    if "ownername" in data:
        data["owner"] = data["ownername"]
    owners = (user.name, *user.groups) if store.accounts else [str(data.get("owner", [user.name])[0])]
    fields = {
        "owner": Field(forms.choice, user.name, checks=[forms.one_of(owners)], validators=[forms.required()]),
        "name": Field(forms.stripped_text, project.projectname, validators=[forms.required(), name_characters]),
        "confirm": Field(forms.boolean, False),
    }
    form = read_form(fields, data if "owner" in data else {**data, "owner": ["None"]})
    form.raise_as_lines()
    owner, name = form.values["owner"], form.values["name"]
    # Copr looks at the user's projects, and at those of groups that the user has added.
    owned = [other for other in store.projects.values() if owner_of(other) == user.name]
    if any(other.projectname == name for other in owned) and not form.values["confirm"]:
        raise ApiError(
            400,
            f"You are about to fork into existing project: {name}\nPlease use --confirm if you really want to do this",
        )
    if len(name) > MAX_NAME:
        raise ApiError(500, CATCH_ALL, compact=True)
    if f"{owner}/{name}" == project.full_name:
        raise ApiError(400, "Source project should not be same as destination")
    return render_project(fork_project(store, project, owner, name, user.name))
