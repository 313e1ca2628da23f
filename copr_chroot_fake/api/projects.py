"""Projects: reading, adding, changing, forking and deleting them."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from random import Random
from typing import Any
from urllib.parse import urlparse

from ..engine.build import Build
from ..engine.forking import fork_project
from ..engine.project import Project
from ..engine.store import Store
from ..model.project import NO_SETTINGS, ProjectSettings
from ..wire.answer import ApiError
from . import forms
from .context import RequestContext, Success, attributes, json_success, nul_error, require
from .endpoint import Endpoint, Kind, Model, page_of, plain, texts
from .forms import Field, Given, Invalid, Values, as_text, form_data, read_form, repository_field, require_storable
from .paging import PROJECT_TABLE, Paging, check_order, check_query, parse_paging, render_page, slice_rows, sort_rows
from .users import User, authenticate, find_user, may_delete, may_edit, owner_of, require_group_member

_MAX_LISTED_BUILDS = 5

PROJECT: Model = {
    **plain("name persistent"),
    **texts("additional_repos"),
    **plain(
        "storage homepage contact description instructions devel_mode unlisted_on_hp auto_prune enable_net bootstrap"
    ),
    **plain("isolation module_hotfixes appstream"),
    **texts("packit_forge_projects_allowed"),
    **plain("follow_fedora_branching repo_priority id ownername full_name"),
    "chroot_repos": Kind.ANYTHING,
}
"""The fields of a project, in the order of the response."""

_WEBHOOK = plain("id name ownername full_name webhook_secret")


@Endpoint("project/", model=PROJECT)
def get_project(context: RequestContext) -> Success:
    """Return a project, by ``ownername=`` and ``projectname=``."""
    return render_project(find_project(context))


@Endpoint("project/list", model=page_of(PROJECT))
def list_projects(context: RequestContext) -> Success:
    """Return the projects of ``ownername=`` or of all owners, in pages."""
    arguments = context.target.arguments
    paging = parse_paging(arguments, context.default_limit)
    owner = arguments.get("ownername")
    projects = [project for project in context.store.projects.values() if not owner or project.ownername == owner]
    return Success(_render_projects(projects, paging))


@Endpoint("project/search", model=page_of(PROJECT))
def search_projects(context: RequestContext) -> Success:
    """Return projects by ``query=``: ``owner/name``, or a part of it.

    A separate job fills Copr's index, so a single word finds nothing. An empty query finds all projects, newest first.
    """
    paging = parse_paging(context.target.arguments, context.default_limit)
    (query,) = require(context, "query")
    if query and "/" not in query and len(query) < 3:
        raise ApiError(400, "Search string must have at least 3 characters")
    projects = sorted(context.store.projects.values(), key=_newest_first)
    if "/" in query:
        owner, _, name = query.partition("/")
        projects = [
            project
            for project in projects
            if _contains(project.ownername, owner) and _contains(project.projectname, name)
        ]
    elif query:
        projects = []
    return Success(_render_projects(projects, paging, is_sorted=True))


def _newest_first(project: Project) -> tuple[float, int]:
    return -math.inf if project.created_on is None else -project.created_on, project.id


def _contains(text: str, part: str) -> bool:
    return part.lower() in text.lower()


def _render_projects(projects: list[Project], paging: Paging, *, is_sorted: bool = False) -> bytes:
    check_order(paging.order, PROJECT_TABLE)
    # A search joins the owners, but keeps its own order.
    check_query(paging, PROJECT_TABLE, joined=("user",) if is_sorted else ("group", "user"))
    if not is_sorted:
        projects = sort_rows(projects, _COLUMNS.get(paging.order, attrgetter("id")), paging)
    return render_page([_render(project) for project in slice_rows(projects, paging)], paging)


def _user_id(project: Project) -> int | None:
    name = owner_of(project)
    user = None if name is None else find_user(project.store, name)
    return None if user is None else user.id


_SORTABLE_SETTINGS = (
    "appstream auto_prune bootstrap contact description fedora_review follow_fedora_branching homepage instructions "
    "isolation module_hotfixes multilib persistent repo_priority unlisted_on_hp"
)

_COLUMNS: Mapping[str, Callable[[Project], int | str | None]] = {
    **dict.fromkeys(("user", "user_id"), _user_id),
    "name": attrgetter("projectname"),
    "created_on": attrgetter("created_on"),
    "build_enable_net": attrgetter("settings.enable_net"),
    **{name: attrgetter(f"settings.{name}") for name in _SORTABLE_SETTINGS.split()},
}
"""The columns that order a list; the others are equal for all projects, or unknown to the fake."""


@Endpoint("project/add/{ownername}", methods=("POST",), submits="project", model=PROJECT)
def add_project(context: RequestContext) -> Success:
    """Add a project."""
    user, store = authenticate(context), context.store
    owner = context.target.parameters["ownername"]
    _check_owner(owner, user, store)
    data = form_data(context.body, ("chroots",), _RENAMED)
    if context.target.arguments.get("exist_ok") == "True":
        name = _name_in(data)
        require_storable([name])
        existing = store.projects.get(f"{owner}/{name}")
        if existing is not None:
            return render_project(existing)
    # Copr fills in the defaults of fields that were not sent.
    fields = _fields_to_add(owner, store)
    filled = {name: [field.default] for name, field in fields.items() if field.default is not None}
    form = read_form(fields, {**filled, **data})
    form.raise_as_lines()
    if form.values["persistent"] and form.values["delete_after_days"] > 0:
        raise ApiError(400, "delete_after_days: 'delete after' can not be combined with persistent")
    _check_chroots(context, store)
    values = form.values
    _check_administrator(values, user, owner)
    if owner.startswith("@"):
        require_group_member(user, owner, store)
    if len(values["name"]) > _MAX_NAME:
        raise ApiError(500, compact=True)
    settings = _settings_to_add(values)
    require_storable(vars(settings).values())
    project = Project(store, store.next_project_id(), owner, values["name"], settings=settings, creator=user.name)
    project.created_on = int(store.clock.now())
    project.known_chroots = {name: NO_SETTINGS for name in store.mock_chroots if name in values["chroots"]}
    store.projects[project.full_name] = project
    context.created = (project,)
    return render_project(project)


def _name_in(data: forms.FormData) -> str:
    names = data.get("name") or [""]
    return names[0].strip() if isinstance(names[0], str) else ""


@Endpoint("project/edit/{ownername}/{projectname}", methods=("PUT",), deprecated="POST", model=PROJECT)
def edit_project(context: RequestContext) -> Success:
    """Change the fields that were sent."""
    user, store = authenticate(context), context.store
    project = find_project_in_path(context)
    data = form_data(context.body, ("chroots",), _RENAMED)
    form = read_form(_fields_to_edit(store), data)
    form.raise_as_lines()
    _check_chroots(context, store)
    if "storage" in data:
        # Copr's database does not store the name of a storage, which comes out before the permissions are looked up.
        raise ApiError(500, compact=True)
    values = form.values
    sent = {name: value for name, value in values.items() if name in data and value is not None}
    settings = replace(project.settings, **_changed_settings(sent))
    if not may_edit(user, project):
        raise ApiError(403, "Only owners and admins may update their projects.")
    dropped = _dropped_chroots(project, values["chroots"], store) if values["chroots"] else []
    if not user.is_admin and not settings.auto_prune:
        raise ApiError(403, "Non-admin cannot disable auto-prunning.")
    require_storable(vars(settings).values())
    if values["chroots"]:
        project.enable_chroots(name for name in store.mock_chroots if name in values["chroots"])
        project.drop_chroots(dropped)
    if settings.devel_mode and not project.settings.devel_mode:
        project.publish()
    project.settings = settings
    return render_project(project)


@Endpoint("project/delete/{ownername}/{projectname}", methods=("DELETE",), deprecated="POST", model=PROJECT)
def delete_project(context: RequestContext) -> Success:
    """Delete a project with its builds and packages."""
    user, store = authenticate(context), context.store
    project = find_project_in_path(context)
    _read_deletion(context)
    if project.settings.persistent:
        raise ApiError(403, "This project is protected against deletion.")
    builds = store.builds_in(project)
    check_deletable(user, builds)
    if not user.is_admin:
        if project.group is not None:
            require_group_member(user, project.group, store)
        elif user.name != owner_of(project):
            raise ApiError(403, "Only owners may delete their projects.")
    answer = render_project(project)
    for build in builds:
        store.remove(build)
    del store.projects[project.full_name]
    return answer


def _read_deletion(context: RequestContext) -> None:
    """Read the form of a deletion; Copr ignores its value.

    :raises ApiError: 400 for broken JSON, 500 for a value of an unexpected type.
    """
    if context.body.kind == "json":
        context.body.json()
    read_form({"verify": Field(forms.boolean, False)}, form_data(context.body))


@Endpoint(
    "project/fork/{ownername}/{projectname}", methods=("POST",), deprecated="PUT", submits="project", model=PROJECT
)
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
        "name": Field(forms.stripped_text, project.projectname, validators=[forms.required(), _name_characters]),
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
    if len(name) > _MAX_NAME:
        raise ApiError(500, compact=True)
    if f"{owner}/{name}" == project.full_name:
        raise ApiError(400, "Source project should not be same as destination")
    context.created = tuple(fork_project(store, project, owner, name, user.name))
    return render_project(store.projects[f"{owner}/{name}"])


@Endpoint("project/regenerate-repos/{ownername}/{projectname}", methods=("PUT",), deprecated="POST", model=PROJECT)
def regenerate_repos(context: RequestContext) -> Success:
    """Add new packages to the repositories if the project has ``devel_mode``; others are always up to date."""
    project = find_editable_project(context)
    project.publish()
    return render_project(project)


@Endpoint("webhook/generate/{ownername}/{projectname}", methods=("POST",), model=_WEBHOOK)
def generate_webhook_secret(context: RequestContext) -> Success:
    """Set and return a new secret for webhooks."""
    project, store = find_editable_project(context), context.store
    random = Random(f"{store.seed}/{project.id}/{project.webhook_secret}")
    project.webhook_secret = str(uuid.UUID(int=random.getrandbits(128), version=4))
    return json_success(attributes(project, _WEBHOOK, name=project.projectname))


def find_project(context: RequestContext) -> Project:
    """Return the project with the owner and name in the query.

    :raises ApiError: 400 or 415 if an argument is missing or blank, 404 if there is no such group or project.
    """
    owner, name = require(context, "ownername", "projectname")
    if not (owner and name):
        # Copr reads a blank argument from the body instead, which the request lacks.
        context.body.json()
        raise ApiError(500)
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
        raise ApiError(500)
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
        raise ApiError(500)
    return document[key]


def _find(owner: str, name: str, store: Store) -> Project:
    project = store.projects.get(f"{owner}/{name}")
    if project is not None and project.ownername == owner:
        return project
    if owner.startswith("@") and store.find_group(owner) is None:
        raise _no_such_group(owner)
    raise nul_error(owner + name) or ApiError(404, f"Project {owner}/{name} does not exist.")


def _no_such_group(owner: str) -> ApiError:
    return nul_error(owner) or ApiError(404, f"Group {owner[1:]} does not exist.")


def check_deletable(user: User, builds: Sequence[Build], missing: Sequence[object] = ()) -> None:
    """Reject the deletion of builds that are unfinished, missing, or of other users.

    :raises ApiError: 400 with a line for each of these.
    """
    deletable = [build for build in builds if may_delete(user, build.project)]
    problems: Mapping[str, Iterable[object]] = {
        "You don't have permissions to delete build(s) {}.\n": [
            build.id for build in builds if not may_delete(user, build.project)
        ],
        "Build(s) {} are still running.\n": [build.id for build in deletable if not build.is_finished],
        "Build(s) {} don't exist.\n": missing,
    }
    text = "".join(problem.format(", ".join(map(str, ids))) for problem, ids in problems.items() if ids)
    if text:
        raise ApiError(400, text)


def _check_owner(owner: str, user: User, store: Store) -> None:
    if owner.startswith("@"):
        if store.find_group(owner) is None and store.accounts:
            raise _no_such_group(owner)
    elif owner != user.name and find_user(store, owner) is None:
        raise nul_error(owner) or ApiError(404, f"No such user `{owner}'")


def _check_administrator(values: Values, user: User, owner: str) -> None:
    """Reject settings and owners that only an administrator may choose."""
    if user.is_admin:
        return
    if user.name != owner and not owner.startswith("@"):
        raise ApiError(
            403, f"You were authorized as '{user.name}' user without permissions to access projects of user '{owner}'"
        )
    if values["persistent"]:
        raise ApiError(403, "Non-admin cannot create persistent project.")
    if not values["auto_prune"]:
        raise ApiError(403, "Non-admin cannot disable auto-prunning.")
    if values["storage"] is not None:
        raise ApiError(403, "Non-admin cannot set storage")


def _check_chroots(context: RequestContext, store: Store) -> None:
    """Reject unknown chroots; if a text was sent, Copr takes each letter for a chroot."""
    chroots = context.body.fields().get("chroots") or ()
    unknown = [str(name) for name in dict.fromkeys(chroots) if name not in store.mock_chroots]  # type: ignore[call-overload]  # or it is an error
    if unknown:
        raise ApiError(400, f"Unexpected chroot: {', '.join(unknown)}")


def _dropped_chroots(project: Project, names: Collection[str], store: Store) -> list[str]:
    """Return the enabled chroots to drop; chroots that the service has deactivated stay.

    :raises ApiError: 409 if an unfinished build uses a chroot that is not among the names.
    """
    unwanted = [name for name in project.known_chroots if name not in names and store.mock_chroots[name]]
    builds = store.builds_in(project)
    using = [str(build.id) for name in unwanted for build in builds if name in build and not build[name].state.is_final]
    listed = [*dict.fromkeys(using)][:_MAX_LISTED_BUILDS]
    # Copr does not look whether a further build is listed already.
    if len(listed) == _MAX_LISTED_BUILDS and using.index(listed[-1]) < len(using) - 1:
        listed.append("others")
    if listed:
        related = f"related {pluralize('build', listed)} {'is' if len(listed) == 1 else 'are'} still in progress"
        raise ApiError(409, f"Can't drop chroot from project, {related}")
    return [name for name in unwanted if name in project.chroots]


def pluralize(word: str, names: Sequence[str]) -> str:
    """Return a word before names, in the plural if there are several."""
    if len(names) == 1:
        return f"{word} {names[0]}"
    if len(names) == 2:
        return f"{word}s {' and '.join(names)}"
    return f"{word}s {', '.join(names[:-1])}, and {names[-1]}"


_MAX_NAME = 100
"""The longest name of a project that Copr's database stores."""

_RENAMED = {"devel_mode": "disable_createrepo", "additional_repos": "repos"}
"""Copr's own names of fields, by those of its API."""


def _fields_to_edit(store: Store) -> dict[str, Field]:
    """Return the fields of a request that changes a project."""
    repositories = repository_field(store)
    forge_filters = [forms.one_per_line, _without_schemes]
    return {
        "chroots": Field(forms.choices, checks=[forms.some_of(store.active_chroots)]),
        "description": Field(forms.text),
        "instructions": Field(forms.text),
        "homepage": forms.optional_text(forms.url, filters=[forms.null_if_blank]),
        "contact": forms.optional_text(forms.email_or_url, filters=[forms.null_if_blank]),
        "delete_after_days": Field(_days, validators=[forms.optional, forms.in_range(-1, 720)]),
        "repos": repositories,
        "runtime_dependencies": repositories,
        "use_bootstrap_container": forms.optional_text(filters=[_optional_flag]),
        "bootstrap": forms.optional_choice("default", "off", "on", "image", blank=""),
        "isolation": forms.optional_choice("default", "nspawn", "simple", blank=""),
        "packit_forge_projects_allowed": Field(forms.text, filters=forge_filters, validators=[forms.optional]),
        "repo_priority": Field(forms.integer, validators=[forms.optional, forms.in_range(1)]),
        "storage": Field(forms.choice, checks=[forms.one_of(("backend", "pulp"))], validators=[forms.optional]),
        **dict.fromkeys(("auto_prune", "follow_fedora_branching"), Field(forms.boolean, True)),
        **dict.fromkeys(_FLAGS, Field(forms.boolean, False)),
    }


_FLAGS = (
    *("disable_createrepo", "unlisted_on_hp", "multilib", "enable_net", "module_hotfixes", "fedora_review"),
    "appstream",
)


def _fields_to_add(owner: str, store: Store) -> dict[str, Field]:
    """Return the fields of a request that adds a project."""

    def is_new(given: Given) -> None:
        # Copr looks it up, whatever the other validators say.
        require_storable([given.value])
        if f"{owner}/{given.value}" not in store.projects:
            return
        if owner.startswith("@"):
            group = store.find_group(owner)
            fas_name = owner[1:] if group is None else group.fas_name
            raise Invalid(f"Group {owner[1:]} (fas: {fas_name}) already has a project named '{given.value}'.")
        raise Invalid(f"You already have a project named '{given.value}'.")

    is_no_number = forms.valid_if(lambda value: not value.isdigit(), "Project's name can not be just number.")
    fields = _fields_to_edit(store)
    # Copr's form adds or replaces these fields, so that their errors come last.
    chroots, days = fields.pop("chroots"), fields.pop("delete_after_days")
    fields["name"] = forms.required_text(_name_characters, is_new, is_no_number)
    fields["persistent"] = Field(forms.boolean, False)
    fields["delete_after_days"] = days
    fields["chroots"] = replace(chroots, validators=[forms.valid_if(bool, forms.not_choices(["[]"]))])
    return fields


_name_characters = forms.matches(r"^[\w.-]+$", "Name must contain only letters, digits, underscores, dashes and dots.")


def _days(sent: Sequence[object], default: Any) -> Any:
    """Read a number of days; -1 means forever."""
    return forms.integer(sent, default) if forms.is_filled(sent) else -1


def _optional_flag(value: Any) -> bool | None:
    if value in (True, "true"):
        return True
    return False if value in (False, "false") else None


def _without_schemes(value: Any) -> str:
    """Remove the schemes of the addresses of forge projects, one on each line."""
    parsed = [urlparse(word) for word in value.split()]
    return "\n".join(part.netloc + part.path for part in parsed)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SETTINGS = {renamed: name for name, renamed in _RENAMED.items()}
"""The settings of fields with another name."""

_UNSTORED = ("chroots", "name", "use_bootstrap_container")
"""The fields that are no settings."""

_STORED: Mapping[str, Callable[[Any], object]] = {
    **dict.fromkeys(("repos", "runtime_dependencies", "packit_forge_projects_allowed"), _words),
    **dict.fromkeys(("description", "instructions"), as_text),
    "delete_after_days": lambda days: None if days < 0 else days,
}
"""How fields are stored; the others are stored as they are."""


def _changed_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, by name, for the fields that were sent."""
    return {
        _SETTINGS.get(name, name): _STORED[name](value) if name in _STORED else value
        for name, value in values.items()
        if name not in _UNSTORED
    }


def _settings_to_add(values: Values) -> ProjectSettings:
    """Return the settings of a new project; Copr's defaults differ from those of its database."""
    changed = _changed_settings(values)
    flag = values["use_bootstrap_container"]
    defaults = {
        "description": "",
        "instructions": "",
        "bootstrap": "default" if flag is None else "on" if flag else "off",
        "isolation": "default",
    }
    changed.update({name: value for name, value in defaults.items() if changed[name] is None})
    return ProjectSettings(**{**changed, "storage": changed["storage"] or "backend"})


def render_project(project: Project) -> Success:
    """Return the response with a project."""
    return Success(_render(project) + b"\n")


def _render(project: Project) -> bytes:
    settings, root = project.settings, f"{project.store.results_root}/{project}"
    fields = attributes(
        settings,
        PROJECT,
        name=project.projectname,
        bootstrap="default" if settings.bootstrap is None else settings.bootstrap,
        chroot_repos={name: f"{root}/{name}/" for name in project.active_chroots},
        **attributes(project, ("id", "ownername", "full_name")),
    )
    return json.dumps(fields).encode()
