"""The handler of each endpoint, imported at its first request, because most clients use few endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from ..wire.answer import Answer
from ..wire.routes import EndpointName
from .context import RequestContext, Success

Handler = Callable[[RequestContext], Success]
TextHandler = Callable[[RequestContext], Answer]

HANDLERS: Mapping[EndpointName, str] = {
    "build-chroot": "build_chroots.get_build_chroot",
    "build-chroot/list": "build_chroots.list_build_chroots",
    "build-chroot/build-config": "build_chroots.get_build_config",
    "build-chroot/built-packages": "build_chroots.get_built_packages",
    "build": "builds.get_build",
    "build/list": "builds.list_builds",
    "build/built-packages": "builds.get_built_packages",
    "build/source-chroot": "builds.get_source_chroot",
    "build/source-build-config": "builds.get_source_build_config",
    "build/create/url": "submission.create_from_url",
    "build/create/upload": "submission.create_from_upload",
    "build/create/scm": "submission.create_from_scm",
    "build/create/distgit": "submission.create_from_distgit",
    "build/create/pypi": "submission.create_from_pypi",
    "build/create/rubygems": "submission.create_from_rubygems",
    "build/create/custom": "submission.create_from_custom",
    "build/check-before-build": "submission.check_before_build",
    "build/cancel": "builds.cancel_build",
    "build/delete": "builds.delete_build",
    "build/delete/list": "builds.delete_builds",
    "project": "projects.get_project",
    "project/list": "projects.list_projects",
    "project/search": "projects.search_projects",
    "project/add": "projects.add_project",
    "project/edit": "projects.edit_project",
    "project/delete": "projects.delete_project",
    "project/fork": "forking.fork",
    "project/regenerate-repos": "projects.regenerate_repos",
    "project/permissions/get": "permissions.get_permissions",
    "project/permissions/set": "permissions.set_permissions",
    "project/permissions/request": "permissions.request_permissions",
    "project/permissions/can_build_in": "permissions.can_build_in",
    "project-chroot": "project_chroots.get_project_chroot",
    "project-chroot/build-config": "project_chroots.get_build_config",
    "project-chroot/edit": "project_chroots.edit_project_chroot",
    "package": "packages.get_package",
    "package/list": "packages.list_packages",
    "package/add": "packages.add_package",
    "package/edit": "packages.edit_package",
    "package/reset": "packages.reset_package",
    "package/build": "packages.build_package",
    "package/delete": "packages.delete_package",
    "mock-chroots/list": "mock_chroots.list_mock_chroots",
    "monitor": "monitor.get_monitor",
    "rpmrepo": "rpmrepo.get_rpmrepo",
    "webhook/generate": "projects.generate_webhook_secret",
    "api-token": "general.renew_token",
    "auth-check": "general.auth_check",
    "gssapi_login": "general.gssapi_login",
    "home": "general.home",
}
"""The endpoints of Copr's API, which answer in JSON."""

TEXT_HANDLERS: Mapping[EndpointName, str] = {
    "webhooks/github": "webhooks.github",
    "webhooks/gitlab": "webhooks.gitlab",
    "webhooks/bitbucket": "webhooks.bitbucket",
    "webhooks/custom": "webhooks.custom",
    "webhooks/custom-dir": "webhooks.custom_directory",
    "coprs/repo": "repo_files.get_repo_file",
    "upload": "builds.get_upload",
}
"""The endpoints outside Copr's API, which do not answer in JSON."""


@cache
def find_handler(endpoint: EndpointName) -> Handler | None:
    """Return the handler of an endpoint; ``None`` if it does not answer in JSON."""
    handler: Handler | None = _import(HANDLERS[endpoint]) if endpoint in HANDLERS else None
    return handler


@cache
def find_text_handler(endpoint: EndpointName) -> TextHandler:
    """Return the handler of an endpoint that does not answer in JSON."""
    handler: TextHandler = _import(TEXT_HANDLERS[endpoint])
    return handler


def _import(path: str) -> Any:
    module, _, name = path.partition(".")
    return getattr(import_module(f".{module}", __package__), name)
