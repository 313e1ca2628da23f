"""Read builds from a Copr with the reference client."""

from __future__ import annotations

from ..client.clients import CoprClient
from ..client.errors import NotFoundError, NotJsonError, ServerError
from ..client.results import ChrootStatus
from .observations import ChrootDetails, Json

MAX_READS = 10
"""How often to read a chroot again that changes while it is read."""


def fetch_statuses(client: CoprClient, build_id: int) -> tuple[ChrootStatus, ...]:
    """Return the status of each chroot of a build.

    :raises NotFoundError: if the build does not exist. The list is empty then, so another endpoint decides.
    """
    statuses = tuple(client.iter_all(build_id))
    if not statuses:
        try:
            client.get(build_id, "any-chroot-x86_64")
        except NotFoundError as error:
            if error.missing == "build":
                raise
    return statuses


def fetch_details(client: CoprClient, build_id: int, status: ChrootStatus) -> ChrootDetails:
    """Return a chroot's details and its status, both from the same time.

    Read a chroot again if its status changes meanwhile.
    """
    for _ in range(MAX_READS):
        build_config = _fetch_build_config(client, build_id, status.name)
        packages = client.get_built_packages(build_id, status.name)
        before, status = status, client.get(build_id, status.name)
        if status == before:
            break
    return ChrootDetails(status, build_config, packages)


def _fetch_build_config(client: CoprClient, build_id: int, name: str) -> Json | None:
    """Return a build configuration; ``None`` for 500, Copr's response if the project no longer has the chroot."""
    try:
        return client.get_document("build-chroot/build-config", build_id=build_id, chrootname=name)
    except ServerError as error:
        if error.status != 500:
            raise
        return None


def fetch_build(client: CoprClient, build_id: int) -> Json | None:
    """Return the build; ``None`` if this Copr does not have the endpoint.

    :raises NotFoundError: if the build does not exist.
    """
    return _fetch_optional(client, f"build/{build_id}")


def fetch_source(client: CoprClient, build_id: int) -> Json | None:
    """Return the source build; ``None`` if it has no results yet."""
    return _fetch_or_none(client, f"build/source-chroot/{build_id}")


def fetch_project(client: CoprClient, full_name: str) -> Json | None:
    """Return a project, or ``None``."""
    ownername, _, projectname = full_name.partition("/")
    return _fetch_or_none(client, "project", ownername=ownername, projectname=projectname)


def fetch_mock_chroots(client: CoprClient) -> tuple[str, ...]:
    """Return the names of all chroots known to Copr, in its order; none if it does not have the endpoint."""
    return tuple(_fetch_or_none(client, "mock-chroots/list") or ())


def _fetch_or_none(client: CoprClient, path: str, **arguments: str) -> Json | None:
    try:
        return _fetch_optional(client, path, **arguments)
    except NotFoundError:
        return None


def _fetch_optional(client: CoprClient, path: str, **arguments: str) -> Json | None:
    """Return the response of an endpoint that a Copr may lack; ``None`` if it does, or if the endpoint fails.

    :raises NotFoundError: if the build does not exist.
    """
    try:
        return client.get_document(path, **arguments)
    except NotFoundError as error:
        if error.missing == "build":
            raise
        return None
    except ServerError:
        return None
    except NotJsonError as error:
        if error.status != 404:
            raise
        return None
