"""The packages of projects, their default sources, and builds of these."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from ..engine.project import Project
from ..engine.store import Store
from ..model.package import Package
from ..model.shell_pattern import matching
from ..model.source import REBUILDABLE, SOURCE_TYPES
from ..wire.answer import ApiError
from . import forms
from .builds import BUILD, render_build
from .context import RequestContext, Success, attributes, json_success, nul_error, require
from .endpoint import Endpoint, Kind, Model, page_of, plain
from .forms import Field, Given, Invalid, form_data, read_form, require_json
from .paging import PACKAGE_TABLE, check_order, check_query, parse_paging, render_page, slice_rows, sort_rows
from .projects import check_deletable, find_project, find_project_in_body, find_project_in_path
from .sources import SOURCES, package_name_field
from .submission import MAX_TIMEOUT, PRESERVED, SourceOfBuild, Submission, build_fields, selected_chroots, submit_builds
from .users import User, authenticate, may_edit

_RENAMED = {
    "is_background": "background",
    "memory_limit": "memory_reqs",
    "source_build_method": "srpm_build_method",
    "script_builddeps": "builddeps",
    "script_resultdir": "resultdir",
    "script_chroot": "chroot",
    "script_repos": "repos",
}
"""Copr's own names of fields, by those of its API."""

_PACKAGE: Model = {
    **plain("id name ownername projectname source_type"),
    "source_dict": Kind.ANYTHING,
    **plain("auto_rebuild"),
    "builds": {"latest": BUILD, "latest_succeeded": BUILD},
}


@Endpoint("package/", model=_PACKAGE)
def get_package(context: RequestContext) -> Success:
    """Return a package, by ``packagename=``; ``with_latest_build=`` and ``with_latest_succeeded_build=`` add builds."""
    *_, name = require(context, "ownername", "projectname", "packagename")
    project = find_project(context)
    package = _find_package(project, name)
    return json_success(_fields(package, project, context.target.arguments))


@Endpoint("package/list", model=page_of(_PACKAGE))
def list_packages(context: RequestContext) -> Success:
    """Return the packages of a project, in pages."""
    paging = parse_paging(context.target.arguments, context.default_limit)
    project = find_project(context)
    check_order(paging.order, PACKAGE_TABLE)
    check_query(paging, PACKAGE_TABLE)
    packages = sort_rows(project.packages.values(), _COLUMNS.get(paging.order, attrgetter("id")), paging)
    arguments = context.target.arguments
    listed = (_fields(package, project, arguments, is_listed=True) for package in slice_rows(packages, paging))
    return Success(render_page([json.dumps(package).encode() for package in listed], paging))


_COLUMNS: Mapping[str, Callable[[Package], int | str | None]] = {
    **{name: attrgetter(name) for name in ("name", "max_builds", "webhook_rebuild")},
    "source_type": lambda package: SOURCE_TYPES.index(package.source_type),
}
"""The columns that order a list; the others are equal for all packages, or unknown to the fake."""


@Endpoint("package/add/{ownername}/{projectname}/{packagename}/{source_type}", methods=("POST",), model=_PACKAGE)
def add_package(context: RequestContext) -> Success:
    """Add a package with a default source.

    Copr adds the package of the body, and then looks for that of the path.
    """
    user = authenticate(context)
    project = find_project_in_path(context)
    data = form_data(context.body, ("python_versions",), _RENAMED)
    _store_package(project, user, data, context)
    name = context.target.parameters["packagename"]
    if name not in project.packages:
        raise ApiError(500)
    return json_success(_fields(project.packages[name], project))


@Endpoint(
    "package/edit/{ownername}/{projectname}/{packagename}/ "
    "package/edit/{ownername}/{projectname}/{packagename}/{source_type}",
    methods=("POST",),
    model=_PACKAGE,
)
def edit_package(context: RequestContext) -> Success:
    """Change the fields that were sent."""
    user = authenticate(context)
    project = find_project_in_path(context)
    data = form_data(context.body, ("python_versions",), _RENAMED)
    name = context.target.parameters["packagename"]
    package = project.packages.get(name)
    if package is None:
        raise nul_error(name) or ApiError(404, f"Package {name} does not exists in copr {project}.")
    stored = {
        key: value if isinstance(value, list) else [value] for key, value in package.config.items() if key not in data
    }
    _store_package(project, user, {**stored, **data} if data else data, context, package)
    return json_success(_fields(project.packages[name], project))


@Endpoint("package/reset", methods=("PUT",), deprecated="POST", warns_before_login=True, model=_PACKAGE)
def reset_package(context: RequestContext) -> Success:
    """Remove the default source."""
    _, project, package = _read_package(context, "reset")
    project.update_package(package.name, source_type="unset", config={})
    return json_success(_fields(project.packages[package.name], project))


@Endpoint("package/delete", methods=("DELETE",), deprecated="POST", warns_before_login=True, model=_PACKAGE)
def delete_package(context: RequestContext) -> Success:
    """Delete a package with its builds."""
    user, project, package = _read_package(context, "delete")
    builds = context.store.builds_in(project, package.name)
    check_deletable(user, builds)
    for build in builds:
        context.store.remove(build)
    del project.packages[package.name]
    return json_success(_fields(package, project))


@Endpoint("package/build", methods=("POST",), submits="build", model=BUILD)
def build_package(context: RequestContext) -> Success:
    """Submit a build of the default source; its package and chroots are known at once."""
    user = authenticate(context)
    project = find_project_in_body(context)
    data = form_data(context.body, PRESERVED, _RENAMED)
    fields = {
        **build_fields(project, user),
        "package_name": forms.required_text(),
    }
    form = read_form(fields, data)
    package = _find_package(project, form.values["package_name"])
    form.raise_as_lines()
    if package.source_type not in REBUILDABLE:
        problem = (
            f"Package 'Unset default source for package {package.name}' doesn't have the default source method set, "
            "but it is required for the rebuild request.  Please configure some source  method first"
        )
        raise ApiError(400, problem)
    chroots = selected_chroots(project, form.values) or package.allowed(project.active_chroots)
    source = SourceOfBuild(package.source_type, package.config)
    (build,) = submit_builds(Submission(context, user, project, form.values), [source], chroots, package=package.name)
    return Success(build + b"\n")


def _find_package(project: Project, name: object) -> Package:
    if name and not isinstance(name, str):
        # The database compares it with texts only.
        raise ApiError(500)
    package = project.packages.get(str(name or ""))
    if package is None:
        raise nul_error(str(name or "")) or ApiError(404, f"No package with name {name} in copr {project.projectname}")
    return package


def _read_package(context: RequestContext, action: str) -> tuple[User, Project, Package]:
    """Return the user, and the package that the body names.

    :raises ApiError: 401, 404, or 403 if the user may not change it.
    """
    user = authenticate(context)
    project = find_project_in_body(context)
    package = _find_package(project, context.body.fields().get("package_name"))
    if not may_edit(user, project):
        raise ApiError(403, f"You are not allowed to {action} package `{package.id}`.")
    return user, project, package


def _store_package(
    project: Project, user: User, data: forms.FormData, context: RequestContext, package: Package | None = None
) -> None:
    """Add or change a package with the fields of a form.

    :raises ApiError: 403, 400, or 409 if it is added and exists already.
    """
    if not may_edit(user, project):
        raise ApiError(403, "You are not allowed to add or edit packages in this copr.")
    source_type = context.target.parameters.get("source_type") or (package.source_type if package else "")
    source = SOURCES.get(source_type)
    if source is None:
        raise ApiError(400, f"Unsupported package source type {source_type}")
    form = read_form({**_package_fields(context.store), **source.fields(context.store)}, data)
    form.raise_as_lines()
    values = form.values
    name = values["package_name"] if package is None else package.name
    config = source.config(values, context.store)
    require_json(config)
    if package is None and name in project.packages:
        raise ApiError(409, f"Package {name} already exists in copr {project}.")
    if package is None:
        project.add_package(name, source.type, {})
    patterns = (values["chroot_denylist"] or "").split(",")
    settings = {
        "webhook_rebuild": values["webhook_rebuild"],
        "max_builds": values["max_builds"] or None,
        "chroot_denylist": tuple(pattern.strip() for pattern in patterns if pattern.strip()),
    }
    sent = {setting: value for setting, value in settings.items() if setting in data}
    project.update_package(name, source_type=source.type, config=config, **sent)


def _package_fields(store: Store) -> Mapping[str, Field]:
    return {
        "package_name": package_name_field(),
        "webhook_rebuild": Field(forms.boolean, False),
        "chroot_denylist": Field(
            forms.stripped_text, filters=[_with_plain_commas], validators=[forms.optional, _denylist(store)]
        ),
        "max_builds": Field(forms.integer, validators=[forms.optional, forms.in_range(0, 100)]),
        "timeout": Field(forms.integer, validators=[forms.optional, forms.in_range(0, MAX_TIMEOUT)]),
    }


def _with_plain_commas(value: Any) -> Any:
    return ", ".join(part.strip() for part in value.split(",")) if value else value


_PATTERN = r"^[a-z0-9-_*.+]+$"


def _denylist(store: Store) -> forms.Validator:
    def validate(given: Given) -> None:
        for pattern in (part.strip() for part in given.value.split(",")):
            if not re.match(_PATTERN, pattern):
                raise Invalid(f'Pattern "{pattern}" does not match "{_PATTERN}"')
            # Patterns may match all chroots.
            if not matching(store.active_chroots, [pattern]):
                raise Invalid(f'no chroot matched by pattern "{pattern}"')

    return validate


def _fields(
    package: Package, project: Project, arguments: Mapping[str, str] = MappingProxyType({}), *, is_listed: bool = False
) -> dict[str, object]:
    """Return a package, with the builds that arguments add; a list prefers those in the main directory."""
    added = [name for name in _LATEST if _is_true(arguments.get(name, ""), is_listed)]
    builds = project.store.builds_in(project, package.name) if added else []
    in_main = [build for build in builds if is_listed and build.project_dirname == project.projectname]
    found = {
        "latest": next(iter(in_main or builds), None),
        "latest_succeeded": next((build for build in builds if build.state == "succeeded"), None),
    }
    return attributes(
        package,
        _PACKAGE,
        ownername=project.ownername,
        projectname=project.projectname,
        source_dict={_SHOWN.get(name, name): value for name, value in package.config.items()},
        auto_rebuild=package.webhook_rebuild,
        builds={
            name: json.loads(render_build(build)) if build is not None and f"with_{name}_build" in added else None
            for name, build in found.items()
        },
    )


def _is_true(value: str, is_listed: bool) -> bool:
    """Return whether an argument adds a build; of a single package, Copr takes any text for true, even False."""
    return value in ("True", "true", "1") if is_listed else bool(value)


_LATEST = ("with_latest_build", "with_latest_succeeded_build")
"""The arguments that add a build."""

_SHOWN = {"srpm_build_method": "source_build_method"}
"""The names of fields of a source in responses."""
