"""A Flask-RESTX service with Copr's models, the reference for masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask_restx import Api, Resource, fields
from werkzeug.test import Client

Request = Callable[[str, str], tuple[int, bytes]]
"""Takes an endpoint and a mask, and returns a status and a body."""


class Url(fields.StringMixin, fields.Raw):  # type: ignore[misc]  # flask-restx has no types
    """Copr's own field; Flask-RESTX would generate a URL if it is missing."""


def flask_restx_requester(responses: Mapping[str, object]) -> Request:
    """Start a service with Copr's endpoints.

    :param responses: the unmasked response of each endpoint.
    """
    app = Flask(__name__)
    api = Api(app)
    for endpoint, (model, skips_none) in _models(api).items():
        _add(api, endpoint, model, skips_none, responses[endpoint])
    client = Client(app)

    def request(endpoint: str, mask: str) -> tuple[int, bytes]:
        response = client.get(f"/{endpoint}", headers={"X-Fields": mask})
        return response.status_code, response.get_data()

    return request


def _add(api: Api, endpoint: str, model: object, skips_none: bool, data: object) -> None:
    class Endpoint(Resource):  # type: ignore[misc]  # flask-restx has no types
        @api.marshal_with(model, skip_none=skips_none)  # type: ignore[untyped-decorator]  # flask-restx has no types
        def get(self) -> Any:
            return data

    api.add_resource(Endpoint, f"/{endpoint}", endpoint=endpoint)


def _models(api: Api) -> dict[str, tuple[object, bool]]:
    """Return each endpoint's model in Copr's source, and whether it omits null."""
    number, text, flag, texts = fields.Integer(), fields.String(), fields.Boolean(), fields.List(fields.String)
    chroot = api.model(
        "BuildChroot",
        {"started_on": number, "ended_on": number, "state": text, "name": text, "result_url": Url()},
    )
    meta = api.model("PaginationMeta", {"limit": number, "offset": number, "order": text, "order_type": text})
    repo = api.model(
        "Repo",
        {
            "baseurl": Url(),
            "module_hotfixes": flag,
            "priority": number,
            "repo_gpgcheck": flag,
            "id": text,
            "name": text,
        },
    )
    config = api.model(
        "BuildChrootConfig",
        {
            "additional_repos": texts,
            "additional_packages": texts,
            "with_opts": texts,
            "without_opts": texts,
            "enable_net": flag,
            "is_background": flag,
            "memory_limit": number,
            "timeout": number,
            "bootstrap": text,
            "bootstrap_image": text,
            "repos": fields.List(fields.Nested(repo)),
        },
    )
    nevra = api.model("Nevra", {"arch": text, "epoch": number, "release": text, "version": text, "name": text})
    package = api.model("SourcePackage", {"name": text, "url": Url(), "version": text})
    build = api.model(
        "Build",
        {
            "chroots": texts,
            "ended_on": number,
            "id": number,
            "is_background": flag,
            "ownername": text,
            "project_dirname": text,
            "projectname": text,
            "repo_url": Url(),
            "started_on": number,
            "state": text,
            "submitted_on": number,
            "submitter": text,
            "source_package": fields.Nested(package),
        },
    )
    project = api.model(
        "Project",
        {
            "name": text,
            "persistent": flag,
            "additional_repos": texts,
            "storage": text,
            "homepage": Url(),
            "contact": text,
            "description": text,
            "instructions": text,
            "devel_mode": flag,
            "unlisted_on_hp": flag,
            "auto_prune": flag,
            "enable_net": flag,
            "bootstrap": text,
            "isolation": text,
            "module_hotfixes": flag,
            "appstream": flag,
            "packit_forge_projects_allowed": texts,
            "follow_fedora_branching": flag,
            "repo_priority": number,
            "id": number,
            "ownername": text,
            "full_name": text,
            "chroot_repos": fields.Raw(),
        },
    )
    return {
        "build": (build, False),
        "build/list": (
            api.model("Builds", {"items": fields.List(fields.Nested(build)), "meta": fields.Nested(meta)}),
            False,
        ),
        "build/source-chroot": (api.model("SourceChroot", {"state": text, "result_url": Url()}), False),
        "project": (project, False),
        "build-chroot": (chroot, False),
        "build-chroot/list": (
            api.model("BuildChroots", {"items": fields.List(fields.Nested(chroot)), "meta": fields.Nested(meta)}),
            False,
        ),
        "build-chroot/build-config": (config, True),
        "build-chroot/built-packages": (
            api.model("NevraPackages", {"packages": fields.List(fields.Nested(nevra))}),
            False,
        ),
    }
