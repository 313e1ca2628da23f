"""The models that Copr's source gives to what its endpoints show: which fields there are, and what each holds.

Masks are held against them, and the document of the API describes the answers by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from ..wire.routes import EndpointName


class Kind(Enum):
    """What a field holds that has no fields of its own."""

    INTEGER = "integer"
    TEXT = "string"
    FLAG = "boolean"
    TEXTS = "strings"
    """A list, within which nothing can be named."""
    ANYTHING = "object"
    """An object that has no model: what is named within it is looked for in what is there."""


class Field(NamedTuple):
    """What a field holds: something plain, an object, or a list of objects; ``may_lack`` for ``null`` in its place."""

    holds: Kind | Model
    is_list: bool = False
    may_lack: bool = False


class Model(NamedTuple):
    """Fields by their names, under a name of its own."""

    name: str
    fields: Mapping[str, Field]


def _plain(text: str) -> dict[str, Field]:
    """Fields as ``kind: names``, one kind a line; a name with a ``?`` may lack."""
    lines = (line.partition(":") for line in text.splitlines())
    return {
        name.rstrip("?"): Field(Kind(kind.strip()), may_lack=name.endswith("?"))
        for kind, _, names in lines
        for name in names.split()
    }


_CHROOT = Model("BuildChroot", _plain("integer: started_on? ended_on?\nstring: state name result_url?"))

_META = Model("PaginationMeta", _plain("integer: limit? offset\nstring: order order_type"))

_REPO = Model("Repo", _plain("string: baseurl id name\nboolean: module_hotfixes? repo_gpgcheck?\ninteger: priority?"))

_CONFIG = Model(
    "BuildChrootConfig",
    {
        **_plain(
            """strings: additional_repos additional_packages with_opts without_opts
            boolean: enable_net is_background
            integer: memory_limit timeout
            string: bootstrap bootstrap_image"""
        ),
        "repos": Field(_REPO, is_list=True),
    },
)

_NEVRA = Model("Nevra", _plain("string: arch release version name\ninteger: epoch?"))

_SOURCE = Model("SourcePackage", _plain("string: name url? version?"))

_BUILD = Model(
    "Build",
    {
        **_plain(
            """strings: chroots
            boolean: is_background
            integer: id started_on? ended_on? submitted_on?
            string: ownername project_dirname projectname repo_url state submitter?"""
        ),
        "source_package": Field(_SOURCE),
    },
)

_PROJECT = Model(
    "Project",
    _plain(
        """string: name ownername full_name homepage? contact? description? instructions? storage bootstrap isolation
        boolean: persistent devel_mode unlisted_on_hp auto_prune enable_net module_hotfixes appstream
        boolean: follow_fedora_branching
        strings: additional_repos packit_forge_projects_allowed
        integer: id repo_priority?
        object: chroot_repos"""
    ),
)


def _page(name: str, of: Model) -> Model:
    return Model(name, {"items": Field(of, is_list=True), "meta": Field(_META)})


MODELS: Mapping[EndpointName, Model] = {
    "build-chroot": _CHROOT,
    "build-chroot/list": _page("BuildChroots", _CHROOT),
    "build-chroot/build-config": _CONFIG,
    "build-chroot/built-packages": Model("NevraPackages", {"packages": Field(_NEVRA, is_list=True)}),
    "build": _BUILD,
    "build/list": _page("Builds", _BUILD),
    "build/source-chroot": Model("SourceChroot", _plain("string: state result_url")),
    "build/cancel": _BUILD,
    "project": _PROJECT,
}
"""The endpoints that have a model; Copr's source gives the others none."""
