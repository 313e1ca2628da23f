"""A recorded request, parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..model.states import State
from ..validation import checks
from ..wire.headers import RawHeaders
from ..wire.routes import EndpointName
from ..wire.target import parse_target
from .details import NO_DETAILS, Details, UploadedFile, read_headers
from .log import Entry


class Request(NamedTuple):
    """A request and its outcome.

    :param endpoint: the endpoint; ``None`` if the path has none.
    :param build_id: the requested build; ``None`` if the request has no build id.
    :param arguments: the query arguments, as sent.
    :param status: the status of the response; 0 if a fault prevented one.
    :param at: Unix time on the fake's clock.
    :param matched: whether the requested object exists, or existed.
    """

    method: str
    target: str
    endpoint: EndpointName | None
    build_id: int | None
    chrootname: str | None
    arguments: Mapping[str, str]
    status: int
    at: float
    matched: bool
    documents: Sequence[bytes] = ()
    """The JSON documents of the builds or build chroots in the response."""
    fault: int | None = None
    """The id of the fault that hit it."""
    number: int = 0
    """Its number among all requests to the fake, from 1."""
    recorded_headers: RawHeaders = ()
    """Its headers, with secrets masked."""
    details: Details = NO_DETAILS
    """Its user, its body, the objects that it created, and the error in the response."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name in lower case; those with logins and tokens, such as ``authorization``, are ``***``."""
        return read_headers(self.recorded_headers)

    @property
    def user(self) -> str | None:
        """The user who was logged in; ``None`` for endpoints that need no login, and for an invalid one."""
        return self.details.user

    @property
    def created_builds(self) -> Sequence[int]:
        """The ids of the builds that it created."""
        return self.details.builds

    @property
    def created_project(self) -> str | None:
        """The full name of the project that it created."""
        return self.details.project

    @property
    def error(self) -> str | None:
        """The error message in the response, or its first 500 characters; ``None`` if there is none."""
        return self.details.error

    @property
    def body_size(self) -> int:
        """The size of the body in bytes; bodies above 64 KiB, not counting uploaded files, are not kept."""
        return self.details.body.size

    @property
    def json(self) -> Any:
        """The JSON body, or the one that was sent with an uploaded file; ``None`` if there is no valid one."""
        return self.details.body.json

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a form; of a repeated one, the first."""
        return self.details.body.form

    @property
    def files(self) -> Mapping[str, UploadedFile]:
        """The name and size of each uploaded file, by the name of its field; the build has the content."""
        return self.details.body.files

    @property
    def states(self) -> dict[str, State]:
        """The states of the chroots in the response, by chroot name."""
        return {name: state for name, state in map(_read_state, self.documents) if isinstance(name, str)}

    @property
    def build_states(self) -> dict[int, State]:
        """The states of the builds in a response of ``build`` or ``build/list``, by build id."""
        return {build_id: state for build_id, state in map(_read_state, self.documents) if isinstance(build_id, int)}

    def __str__(self) -> str:
        first = map(_read_state, self.documents[:3])
        states = ", ".join(state if key == self.build_id else f"{key} {state}" for key, state in first)
        more = f" and {len(self.documents) - 3} more" if len(self.documents) > 3 else ""
        outcome = self.status or "no response"
        cause = "" if self.fault is None else f" by fault {self.fault}"
        error = f" ({checks.shortened('; '.join(self.error.splitlines()), 300)})" if self.error else ""
        request = f"{checks.shortened(self.method)} {checks.shortened(self.target, 1000)}"
        return f"{request} -> {outcome}{cause}{error}{f' ({states}{more})' if states else ''} at {self.at:.10g}"


# Most responses have the documents of earlier ones.
@lru_cache(maxsize=4096)
def _read_state(document: bytes) -> tuple[str | int, State]:
    """Return the name of a chroot, or the id of a build, and its state."""
    item = json.loads(document)
    return item["name" if "name" in item else "id"], State(item["state"])


def chroot_names(entry: Entry) -> tuple[str, ...]:
    """Return the names of the chroots in a response."""
    return tuple([str(_read_state(document)[0]) for document in entry[5]])


def read_request(entry: Entry, has_results: bool) -> Request:
    """Return the request of a log entry."""
    method, target, status, at, matched, documents, fault, number, headers, details = entry
    parsed = parse_target(target, has_results)
    return Request(
        method=method,
        target=target,
        endpoint=parsed.endpoint,
        build_id=parsed.build_id,
        chrootname=parsed.chrootname,
        arguments=parsed.arguments,
        status=status,
        at=at,
        matched=matched,
        documents=documents,
        fault=fault,
        number=number,
        recorded_headers=headers,
        details=NO_DETAILS if details is None else details,
    )
