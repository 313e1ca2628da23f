"""The response fields of each endpoint, as Copr's source declares them in Flask-RESTX models; masks are checked
against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Union

from ..wire.routes import EndpointName


class Kind(Enum):
    """A field without a model of its own."""

    PLAIN = "plain"
    """A number, text, Boolean or null."""
    TEXTS = "texts"
    """A list of texts; a mask cannot select within it."""
    ANYTHING = "anything"
    """An object without a model; a mask can select any key."""


Model = Mapping[str, Union[Kind, "Model"]]
"""Fields by name; an object, or a list of objects, has a model in turn."""


def _plain(names: str) -> dict[str, Kind | Model]:
    return dict.fromkeys(names.split(), Kind.PLAIN)


def _texts(names: str) -> dict[str, Kind | Model]:
    return dict.fromkeys(names.split(), Kind.TEXTS)


def _page(item: Model) -> Model:
    return {"items": item, "meta": _plain("limit offset order order_type")}


_BUILD_CHROOT: Model = _plain("started_on ended_on state name result_url")

_BUILD_CONFIG: Model = {
    **_texts("additional_repos additional_packages with_opts without_opts"),
    **_plain("enable_net is_background memory_limit timeout bootstrap bootstrap_image"),
    "repos": _plain("baseurl id name module_hotfixes repo_gpgcheck priority"),
}

_BUILD: Model = {
    **_texts("chroots"),
    **_plain("is_background id started_on ended_on submitted_on submitter state"),
    **_plain("ownername project_dirname projectname repo_url"),
    "source_package": _plain("name url version"),
}

_PROJECT: Model = {
    **_texts("additional_repos packit_forge_projects_allowed"),
    **_plain("id name ownername full_name homepage contact description instructions storage bootstrap isolation"),
    **_plain("persistent devel_mode unlisted_on_hp auto_prune enable_net module_hotfixes appstream"),
    **_plain("follow_fedora_branching repo_priority"),
    "chroot_repos": Kind.ANYTHING,
}

_PROJECT_CHROOT: Model = {
    **_texts("additional_repos additional_packages additional_modules with_opts without_opts"),
    **_plain("isolation mock_chroot ownername projectname comps_name delete_after_days"),
}

_PROJECT_BUILD_CONFIG: Model = {
    **_texts("additional_repos additional_packages additional_modules with_opts without_opts"),
    **_plain("isolation chroot enable_net"),
    "repos": _plain("baseurl id name module_hotfixes repo_gpgcheck priority"),
}

_PACKAGE: Model = {
    **_plain("id name ownername projectname source_type auto_rebuild"),
    "source_dict": Kind.ANYTHING,
    "builds": {"latest": _BUILD, "latest_succeeded": _BUILD},
}

MODELS: Mapping[EndpointName, Model] = {
    "build-chroot": _BUILD_CHROOT,
    "build-chroot/list": _page(_BUILD_CHROOT),
    "build-chroot/build-config": _BUILD_CONFIG,
    "build-chroot/built-packages": {"packages": _plain("arch release version name epoch")},
    "build": _BUILD,
    "build/list": _page(_BUILD),
    "build/source-chroot": _plain("state result_url"),
    "build/source-build-config": {
        **_plain("source_type memory_limit timeout is_background"),
        "source_dict": Kind.ANYTHING,
    },
    "build/create/url": _page(_BUILD),
    "build/create/upload": _BUILD,
    "build/create/scm": _BUILD,
    "build/create/distgit": _BUILD,
    "build/create/pypi": _BUILD,
    "build/create/rubygems": _BUILD,
    "build/create/custom": _BUILD,
    "build/cancel": _BUILD,
    "build/delete": _BUILD,
    "build/delete/list": {"builds": Kind.TEXTS},
    "project": _PROJECT,
    "project/list": _page(_PROJECT),
    "project/search": _page(_PROJECT),
    "project/add": _PROJECT,
    "project/edit": _PROJECT,
    "project/delete": _PROJECT,
    "project/fork": _PROJECT,
    "project/regenerate-repos": _PROJECT,
    "project/permissions/can_build_in": _plain("ownername projectname who can_build_in"),
    "project-chroot": _PROJECT_CHROOT,
    "project-chroot/edit": _PROJECT_CHROOT,
    "project-chroot/build-config": _PROJECT_BUILD_CONFIG,
    "package": _PACKAGE,
    "package/list": _page(_PACKAGE),
    "package/add": _PACKAGE,
    "package/edit": _PACKAGE,
    "package/reset": _PACKAGE,
    "package/delete": _PACKAGE,
    "package/build": _BUILD,
    "webhook/generate": _plain("id name ownername full_name webhook_secret"),
}
"""The endpoints with a model; Copr's source has none for the others, which ignore masks."""
