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

MODELS: Mapping[EndpointName, Model] = {
    "build-chroot": _BUILD_CHROOT,
    "build-chroot/list": _page(_BUILD_CHROOT),
    "build-chroot/build-config": _BUILD_CONFIG,
    "build-chroot/built-packages": {"packages": _plain("arch release version name epoch")},
    "build": _BUILD,
    "build/list": _page(_BUILD),
    "build/source-chroot": _plain("state result_url"),
    "build/cancel": _BUILD,
    "project": _PROJECT,
}
"""The endpoints with a model; Copr's source has none for the others, which ignore masks."""
