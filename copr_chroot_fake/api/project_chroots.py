"""The chroots of projects: their settings, and the build configuration that follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..engine.project import Project
from ..engine.store import Store
from ..model.project import NO_SETTINGS, ProjectChroot
from ..wire.answer import ApiError
from . import forms
from .bodies import Upload
from .build_config import REPO, derive_project_config
from .context import RequestContext, Success, attributes, json_success, nul_error, require
from .endpoint import Endpoint, Model, plain, texts
from .forms import Field, Given, Invalid, Values, as_text, form_data, read_form, repository_field, require_storable
from .projects import find_project, find_project_in_path
from .users import authenticate, may_edit

_RENAMED = {
    "additional_repos": "repos",
    "additional_packages": "buildroot_pkgs",
    "additional_modules": "module_toggle",
}
"""Copr's own names of fields, by those of its API."""

_SETTINGS = {renamed: name for name, renamed in _RENAMED.items()}
"""The settings of fields with another name."""

_LISTS = ("repos", "buildroot_pkgs", "with_opts", "without_opts")
"""The fields with a list of words."""

_RESETTABLE = (*_LISTS, "module_toggle", "bootstrap", "bootstrap_image", "isolation", "comps_name")

_RESETTABLE_UNSHOWN = ("delete_after", "delete_notify", "comps_zlib")
"""Other columns of Copr's table that can be reset, with no effect on the API."""

_REQUIRED = ("id", "copr_id", "mock_chroot_id")
"""Columns that Copr fails to reset, because they cannot be null."""


_PROJECT_CHROOT: Model = {
    **texts("additional_repos additional_packages additional_modules with_opts without_opts"),
    **plain("isolation mock_chroot ownername projectname comps_name delete_after_days"),
}

_BUILD_CONFIG: Model = {
    **texts("additional_repos additional_packages additional_modules with_opts without_opts"),
    **plain("isolation chroot enable_net"),
    "repos": REPO,
}


@Endpoint("project-chroot/", model=_PROJECT_CHROOT)
def get_project_chroot(context: RequestContext) -> Success:
    """Return the settings of a project's chroot, by ``chrootname=``."""
    project, name = _find(context)
    return _chroot(project, name)


@Endpoint("project-chroot/build-config", model=_BUILD_CONFIG)
def get_build_config(context: RequestContext) -> Success:
    """Return the build configuration for new builds."""
    project, name = _find(context)
    if name not in project.active_chroots:
        raise ApiError(500)
    return json_success(derive_project_config(project, name))


@Endpoint(
    "project-chroot/edit/{ownername}/{projectname}/{chrootname}",
    methods=("PUT",),
    deprecated="POST",
    warns_before_login=True,
    model=_PROJECT_CHROOT,
)
def edit_project_chroot(context: RequestContext) -> Success:
    """Change or reset the settings of a chroot."""
    context.body.read_json_file()
    user = authenticate(context)
    project = find_project_in_path(context)
    data = form_data(context.body, renamed=_RENAMED, separators={"additional_modules": ", "})
    form = read_form(_fields(context.store), data)
    name = _check_chroot(project, context.target.parameters["chrootname"])
    form.raise_as_lines()
    settings = _reset(project, name, form.values)
    settings = replace(settings, **_changed(form.values, data))
    require_storable(vars(settings).values())
    if not may_edit(user, project):
        raise ApiError(403, "Only owners and admins may update their projects.")
    project.known_chroots = {**project.known_chroots, name: settings}
    return _chroot(project, name)


def _find(context: RequestContext) -> tuple[Project, str]:
    *_, name = require(context, "ownername", "projectname", "chrootname")
    project = find_project(context)
    return project, _check_chroot(project, name)


def _check_chroot(project: Project, name: str) -> str:
    if name.count("-") < 2:
        raise ApiError(404, "Chroot identification is not valid")
    if name not in project.known_chroots or not project.store.mock_chroots.get(name):
        raise nul_error(name) or ApiError(404, f"Chroot name {name} does not exist in Copr {project}.")
    return name


def _required_for_custom_image(given: Given) -> None:
    if given.values["bootstrap"] == "custom_image" and not given.value:
        raise forms.Stop("Custom image is selected, but not specified")


def _reset(project: Project, name: str, values: Values) -> ProjectChroot:
    """Return the settings, some of them reset to their defaults.

    :raises ApiError: 400 for an unknown setting, 500 for one that must have a value.
    """
    settings = project.known_chroots[name]
    for given in _words(values["reset_fields"]):
        if given in _REQUIRED:
            raise ApiError(500)
        if given in _RESETTABLE_UNSHOWN:
            continue
        field = _RENAMED.get(given, given)
        if field not in _RESETTABLE:
            raise ApiError(
                400,
                f"Trying to reset an invalid attribute: {given}\n"
                f"See `copr-cli get-chroot {project}/{name}' for all the possible attributes",
            )
        setting = _SETTINGS.get(field, field)
        settings = replace(settings, **{setting: getattr(NO_SETTINGS, setting)})
    return settings


def _changed(values: Values, data: Mapping[str, object]) -> dict[str, Any]:
    sent = [field for field in _LISTS if field in data]
    changed: dict[str, Any] = {_SETTINGS.get(field, field): tuple(_words(values[field])) for field in sent}
    if "module_toggle" in data:
        changed["additional_modules"] = tuple(filter(None, (values["module_toggle"] or "").split(", ")))
    for name in ("bootstrap", "isolation", "bootstrap_image"):
        if values[name] is not None:
            changed[name] = values[name]
    if "bootstrap_image" in changed and "bootstrap" not in changed:
        changed["bootstrap"] = "custom_image"
    upload: Upload | None = values["upload_comps"]
    if values["delete_comps"]:
        changed["comps_name"] = None
    if upload is not None:
        changed["comps_name"] = upload.filename
    return changed


def _words(value: Any) -> list[str]:
    return (as_text(value) or "").split()


_MODULE = re.compile("[-_!A-Za-z0-9][^ ]*")


def _modules(given: Given) -> None:
    """Validate a list of modules, separated by commas."""
    enabled: set[str] = set()
    for module in given.value.split(","):
        if module == "":
            return
        name, colon, stream = module.strip().partition(":")
        if not colon or ":" in stream:
            raise Invalid(f"Module name '{module}' must consist of two parts separated with colon, e.g. module:stream")
        if not _MODULE.fullmatch(name):
            raise Invalid(f"Module name '{name}' must contain only letters, digits, dashes, underscores.")
        if name in enabled:
            raise Invalid(f"Module name '{name}' specified multiple times")
        enabled.add(name)
        if not _MODULE.fullmatch(stream):
            raise Invalid(
                f"Stream part of module name '{stream}' must contain only letters, digits, dashes, underscores."
            )


def _without_blanks(value: Any) -> str:
    """Remove blank items from a list that is separated by commas."""
    return ", ".join(module.strip() for module in value.split(",") if module.strip()) if value else ""


def _fields(store: Store) -> dict[str, Field]:
    return {
        "bootstrap_image": Field(
            forms.stripped_text,
            filters=[lambda value: value or None],
            validators=[_required_for_custom_image, forms.optional, _IMAGE],
        ),
        "buildroot_pkgs": Field(forms.stripped_text),
        "repos": repository_field(store),
        "module_toggle": Field(forms.stripped_text, filters=[_without_blanks], validators=[_modules]),
        "with_opts": Field(forms.stripped_text),
        "without_opts": Field(forms.stripped_text),
        "bootstrap": forms.optional_choice("unchanged", "default", "off", "on", "image", "custom_image", blank=""),
        "isolation": forms.optional_choice("unchanged", "default", "nspawn", "simple", blank=""),
        "reset_fields": Field(forms.stripped_text),
        "upload_comps": Field(forms.file),
        "delete_comps": Field(forms.boolean, False),
    }


_IMAGE = forms.matches(
    r"^([\w.-]+(:\d+)?/)?[\w./-]+(:[\w.-]+)?$",
    "Enter valid bootstrap image id (<name>[:<tag>], e.g. fedora:33 or registry.fedoraproject.org/fedora:rawhide).",
)


def _chroot(project: Project, name: str) -> Success:
    chroot = project.known_chroots[name]
    fields = attributes(
        chroot,
        _PROJECT_CHROOT,
        mock_chroot=name,
        ownername=project.ownername,
        projectname=project.projectname,
        delete_after_days=project.days_until_deletion(chroot),
    )
    return json_success(fields)
