"""Reading a Copr: what it answers about a build, asked for through the reference client."""

from __future__ import annotations

from ..client.clients import CoprClient
from ..client.errors import NotFoundError, NotJsonError, ServerError
from ..client.results import ChrootStatus
from ..errors import CoprFakeError
from .observations import Details
from .parsing import Json

MOST_READINGS = 10
"""How many times to read a chroot that goes on while it is read."""


class GoneError(CoprFakeError):
    """There is no such build."""

    def __init__(self, build_id: int) -> None:
        super().__init__(f"there is no build {build_id}")


def read_statuses(client: CoprClient, build_id: int) -> tuple[ChrootStatus, ...]:
    """All chroots of a build, page by page.

    :raises GoneError: if there is no such build, which the list alone does not tell.
    """
    statuses = tuple(client.iter_all(build_id))
    if not statuses:
        try:
            client.get(build_id, "any-chroot-x86_64")
        except NotFoundError as error:
            if error.missing == "build":
                raise GoneError(build_id) from None
    return statuses


def read_details(client: CoprClient, build_id: int, status: ChrootStatus) -> tuple[ChrootStatus, Details]:
    """The details of a chroot, and its status when they were read: they belong together.

    A chroot that goes on meanwhile is read again.
    """
    for _ in range(MOST_READINGS):
        config = _read_config(client, build_id, status.name)
        details = Details(config, client.get_built_packages(build_id, status.name))
        after = client.get(build_id, status.name)
        if after == status:
            break
        status = after
    return status, details


def _read_config(client: CoprClient, build_id: int, name: str) -> Json | None:
    """A configuration as it came; ``None`` where the service says that it fails, as the project has lost the chroot."""
    try:
        return client.get_document("build-chroot/build-config", build_id=build_id, chrootname=name)
    except ServerError as error:
        if error.status != 500:
            raise
        return None


def read_build(client: CoprClient, build_id: int) -> Json | None:
    """What the companion endpoint says of a build; ``None`` where the service has none.

    :raises GoneError: if there is no such build.
    """
    try:
        return _read_companion(client, f"build/{build_id}")
    except NotFoundError as error:
        raise GoneError(build_id) from error


def read_source(client: CoprClient, build_id: int) -> Json | None:
    """What there is to know of a build's source; ``None`` where there is nothing yet."""
    return _read_or_none(client, f"build/source-chroot/{build_id}")


def read_project(client: CoprClient, full_name: str) -> Json | None:
    ownername, _, projectname = full_name.partition("/")
    return _read_or_none(client, "project", ownername=ownername, projectname=projectname)


def read_mock_chroots(client: CoprClient) -> tuple[str, ...]:
    """The chroots that the service knows, in its order; none where it does not say."""
    return tuple(_read_or_none(client, "mock-chroots/list") or ())


def _read_or_none(client: CoprClient, path: str, **arguments: str) -> Json | None:
    try:
        return _read_companion(client, path, **arguments)
    except NotFoundError:
        return None


def _read_companion(client: CoprClient, path: str, **arguments: str) -> Json | None:
    """What a companion endpoint answers; ``None`` where the service has no such endpoint, or it fails.

    :raises NotFoundError: if there is no such build.
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
