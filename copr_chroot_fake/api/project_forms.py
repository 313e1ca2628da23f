"""The fields of requests that add or change a project, and the settings that Copr makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlparse

from ..engine.store import Store
from ..model.project import ProjectSettings
from . import forms
from .forms import Field, Given, Invalid, Values
from .repository_fields import repository_field
from .storing import as_text, require_storable

MAX_NAME = 100
"""The longest name of a project that Copr's database stores."""

RENAMED = {"devel_mode": "disable_createrepo", "additional_repos": "repos"}
"""Copr's own names of fields, by those of its API."""

_PLAIN = (
    "homepage",
    "contact",
    "unlisted_on_hp",
    "auto_prune",
    "isolation",
    "follow_fedora_branching",
    "multilib",
    "enable_net",
    "module_hotfixes",
    "fedora_review",
    "appstream",
    "repo_priority",
)
"""The fields that are stored as they are."""

_LISTS = {
    "repos": "additional_repos",
    "runtime_dependencies": "runtime_dependencies",
    "packit_forge_projects_allowed": "packit_forge_projects_allowed",
}
"""The settings of fields with a list of words."""


def fields_to_edit(store: Store) -> dict[str, Field]:
    """Return the fields of a request that changes a project."""
    repositories = repository_field(store)
    return {
        "chroots": Field(forms.choices, checks=[forms.some_of(store.active_chroots)]),
        "description": Field(forms.text),
        "instructions": Field(forms.text),
        "homepage": Field(forms.stripped_text, filters=[forms.null_if_blank], validators=[forms.optional, forms.url]),
        "contact": Field(
            forms.stripped_text, filters=[forms.null_if_blank], validators=[forms.optional, forms.email_or_url]
        ),
        "delete_after_days": Field(_days, validators=[forms.optional, forms.in_range(-1, 720)]),
        "repos": repositories,
        "runtime_dependencies": repositories,
        "disable_createrepo": Field(forms.boolean, False),
        "unlisted_on_hp": Field(forms.boolean, False),
        "auto_prune": Field(forms.boolean, True),
        "use_bootstrap_container": Field(forms.stripped_text, filters=[_optional_flag], validators=[forms.optional]),
        "bootstrap": forms.optional_choice("default", "off", "on", "image", blank=""),
        "isolation": forms.optional_choice("default", "nspawn", "simple", blank=""),
        "follow_fedora_branching": Field(forms.boolean, True),
        "multilib": Field(forms.boolean, False),
        "enable_net": Field(forms.boolean, False),
        "module_hotfixes": Field(forms.boolean, False),
        "fedora_review": Field(forms.boolean, False),
        "appstream": Field(forms.boolean, False),
        "packit_forge_projects_allowed": Field(
            forms.text, filters=[forms.one_per_line, _without_schemes], validators=[forms.optional]
        ),
        "repo_priority": Field(forms.integer, validators=[forms.optional, forms.in_range(1)]),
        "storage": Field(forms.choice, checks=[forms.one_of(("backend", "pulp"))], validators=[forms.optional]),
    }


def fields_to_add(owner: str, store: Store) -> dict[str, Field]:
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
    fields = fields_to_edit(store)
    # Copr's form adds or replaces these fields, so that their errors come last.
    chroots, days = fields.pop("chroots"), fields.pop("delete_after_days")
    fields["name"] = Field(forms.stripped_text, validators=[forms.required(), name_characters, is_new, is_no_number])
    fields["persistent"] = Field(forms.boolean, False)
    fields["delete_after_days"] = days
    fields["chroots"] = replace(chroots, validators=[forms.valid_if(bool, forms.not_choices(["[]"]))])
    return fields


name_characters = forms.matches(r"^[\w.-]+$", "Name must contain only letters, digits, underscores, dashes and dots.")


def _days(sent: Sequence[object], default: Any) -> Any:
    """Read a number of days; -1 stands for ever."""
    return forms.integer(sent, default) if forms.is_filled(sent) else -1


def _optional_flag(value: Any) -> bool | None:
    if value in (True, "true"):
        return True
    return False if value in (False, "false") else None


def _without_schemes(value: Any) -> str:
    """Remove the schemes of the addresses of forge projects, one on each line."""
    parsed = [urlparse(word) for word in value.split()]
    return "\n".join(part.netloc + part.path for part in parsed)


def changed_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by name for the values of fields that were sent."""
    changed = {name: values[name] for name in _PLAIN if name in values}
    changed.update({_LISTS[name]: tuple(values[name].split()) for name in _LISTS if name in values})
    if "disable_createrepo" in values:
        changed["devel_mode"] = values["disable_createrepo"]
    changed.update({name: as_text(values[name]) for name in ("description", "instructions") if name in values})
    if "bootstrap" in values:
        changed["bootstrap"] = values["bootstrap"]
    if "delete_after_days" in values:
        changed["delete_after_days"] = None if values["delete_after_days"] < 0 else values["delete_after_days"]
    return changed


def settings_to_add(values: Values) -> ProjectSettings:
    """Return the settings of a new project, for which Copr has other defaults than for its database."""
    changed = changed_settings(values)
    flag = values["use_bootstrap_container"]
    default = "default" if flag is None else "on" if flag else "off"
    return replace(
        ProjectSettings(),
        **{
            **changed,
            "description": as_text(values["description"]) or "",
            "instructions": as_text(values["instructions"]) or "",
            "bootstrap": default if values["bootstrap"] is None else values["bootstrap"],
            "isolation": "default" if values["isolation"] is None else values["isolation"],
            "persistent": values["persistent"],
            "storage": values["storage"] or "backend",
        },
    )
