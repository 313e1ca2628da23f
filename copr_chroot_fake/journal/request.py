"""A recorded request."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from ..api.bodies import RequestBody
from ..api.context import RequestContext
from ..api.routing import ENDPOINTS
from ..engine.build import Build
from ..engine.project import Project
from ..model.states import State
from ..validation import checks
from ..wire.answer import Answer, ApiError
from ..wire.endpoint_name import EndpointName
from ..wire.headers import RawHeaders
from ..wire.target import Target

MAX_BODY = 64 * 1024
"""The maximum size of a recorded body in bytes, without uploaded files."""

_SECRET_NAMES = (b"authorization", b"cookie", b"token", b"secret", b"password", b"api-key")
"""Parts of the names of headers with secrets."""


def mask_headers(headers: RawHeaders) -> RawHeaders:
    """Return headers with ``***`` in place of each secret."""
    return tuple(
        (name, b"***" if any(part in name.lower() for part in _SECRET_NAMES) else value) for name, value in headers
    )


class UploadedFile(NamedTuple):
    """An uploaded file; :attr:`SourceBuild.content` of the build has the content."""

    filename: str
    size: int


class RecordedBody(NamedTuple):
    """The body of a request; if its fields are too large, there is only its size.

    :param size: the size in bytes of the body as sent.
    :param document: the JSON that was sent, also as the file ``json`` of a form.
    """

    size: int = 0
    document: bytes = b""
    form: Mapping[str, str] = MappingProxyType({})
    files: Mapping[str, UploadedFile] = MappingProxyType({})
    is_kept: bool = True

    def __repr__(self) -> str:
        return f"<RecordedBody of {self.size} bytes>"

    @property
    def text(self) -> str:
        """The fields and the names of files as text, for searches."""
        fields = [f"{name}={value}" for name, value in self.form.items()]
        names = [file.filename for file in self.files.values()]
        return "&".join([self.document.decode("utf-8", "replace"), *fields, *names])

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.document)
        except (ValueError, RecursionError):
            return None


NO_BODY = RecordedBody()


class Request(NamedTuple):
    """A request and its outcome.

    :param parsed: the parsed target.
    :param status: the status of the response; 0 if a fault prevented one.
    :param at: Unix time on the fake's clock.
    :param matched: whether the requested object exists, or existed.
    """

    method: str
    target: str
    parsed: Target
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
    user: str | None = None
    """The user who was logged in; ``None`` for endpoints that need no login, and for an invalid one."""
    created_builds: Sequence[int] = ()
    """The ids of the builds that it created."""
    created_project: str | None = None
    """The full name of the project that it created."""
    error: str | None = None
    """The error message in the response, or its first 500 characters; ``None`` if there is none."""
    body: RecordedBody = NO_BODY

    def __repr__(self) -> str:
        return f"<Request {self.number}: {self.method} {self.target} -> {self.status}>"

    @property
    def endpoint(self) -> EndpointName | None:
        """The endpoint; ``None`` if the path has none."""
        return self.parsed.endpoint

    @property
    def build_id(self) -> int | None:
        """The requested build; ``None`` if the request has no build id."""
        return self.parsed.build_id

    @property
    def chrootname(self) -> str | None:
        """The requested chroot; ``None`` if the request names none."""
        return self.parsed.chrootname

    @property
    def arguments(self) -> Mapping[str, str]:
        """The query arguments, as sent."""
        return self.parsed.arguments

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name in lower case; those with logins and tokens, such as ``authorization``, are ``***``.

        Values of repeated headers are joined with a comma.
        """
        found: dict[str, str] = {}
        for raw_name, raw_value in self.recorded_headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found

    @property
    def body_size(self) -> int:
        """The size of the body in bytes; bodies above 64 KiB, not counting uploaded files, are not kept."""
        return self.body.size

    @property
    def json(self) -> Any:
        """The JSON body, or the one that was sent with an uploaded file; ``None`` if there is no valid one."""
        return self.body.json

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a form; of a repeated one, the first."""
        return self.body.form

    @property
    def files(self) -> Mapping[str, UploadedFile]:
        """The name and size of each uploaded file, by the name of its field; the build has the content."""
        return self.body.files

    @property
    def has_valid_method(self) -> bool:
        """Whether the method is one of the endpoint's own, other than HEAD and OPTIONS."""
        methods = () if self.endpoint is None else ENDPOINTS[self.endpoint].methods
        return self.method in methods and self.method not in ("HEAD", "OPTIONS")

    @property
    def states(self) -> dict[str, State]:
        """The states of the chroots in the response, by chroot name."""
        return {name: state for name, state in map(_read_state, self.documents) if isinstance(name, str)}

    @property
    def build_states(self) -> dict[int, State]:
        """The states of the builds in a response of ``build`` or ``build/list``, by build id."""
        return {build_id: state for build_id, state in map(_read_state, self.documents) if isinstance(build_id, int)}

    def __str__(self) -> str:
        return describe([self])

    def outcome(self) -> str:
        """Return the status, the fault, the error and the first states, as text."""
        first = map(_read_state, self.documents[:3])
        states = ", ".join(state if key == self.build_id else f"{key} {state}" for key, state in first)
        more = f" and {len(self.documents) - 3} more" if len(self.documents) > 3 else ""
        cause = "" if self.fault is None else f" by fault {self.fault}"
        error = f" ({checks.shortened('; '.join(self.error.splitlines()), 300)})" if self.error else ""
        return f"{self.status or 'no response'}{cause}{error}{f' ({states}{more})' if states else ''}"


def fold(requests: Iterable[Request]) -> list[list[Request]]:
    """Group equal requests between two writes, so that polls do not hide them."""
    runs = groupby(requests, lambda request: request.method in ("GET", "HEAD"))
    return [group for _, run in runs for group in group_equal(run)]


def group_equal(requests: Iterable[Request]) -> list[list[Request]]:
    """Group equal requests with equal outcomes, in the order of the first of each group."""
    groups: dict[Hashable, list[Request]] = {}
    for request in requests:
        states = tuple(map(_read_state, request.documents))
        groups.setdefault((request.method, request.target, request.outcome(), states), []).append(request)
    return list(groups.values())


def latest(requests: Iterable[Request]) -> list[str]:
    """Return a line for each of the latest groups of equal requests, after one for the earlier ones."""
    groups = fold(requests)
    earlier = sum(map(len, groups[:-MAX_LATEST]))
    lines = [describe(group) for group in groups[-MAX_LATEST:]]
    return [f"… and {earlier} before", *lines] if earlier else lines


MAX_LATEST = 20
"""The maximum number of lines about the latest requests in a message or a report."""


def describe(group: Sequence[Request], *, with_time: bool = True) -> str:
    """Return a line about a group of equal requests."""
    first, last = group[0], group[-1]
    times = "" if len(group) == 1 else f", {len(group)} times"
    until = "" if first.at == last.at else f" to {last.at:.10g}"
    time = f" at {first.at:.10g}{until}" if with_time else ""
    return f"{checks.shortened(first.method)} {checks.shortened(first.target, 1000)}{times} -> {first.outcome()}{time}"


_MAX_ERROR = 500
"""The maximum length of a recorded error message."""


def with_details(request: Request, context: RequestContext, answer: Answer) -> Request:
    """Add the user, the body, the created objects and the error to a request."""
    created, body = context.created, context.body
    projects = [project.full_name for project in created if isinstance(project, Project)]
    return request._replace(
        user=context.user,
        created_builds=tuple(build.id for build in created if isinstance(build, Build)),
        created_project=projects[0] if projects else None,
        error=_error_in(answer),
        body=_record_body(body) if body.content else NO_BODY,
    )


def _error_in(answer: Answer) -> str | None:
    """Return the error message in a response: in JSON, or for webhooks as text."""
    if answer.status < 400:
        return None
    text = answer.body.decode(errors="replace").strip()
    if text.startswith("<"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return text[:_MAX_ERROR] or None
    found = document.get("error", document.get("message")) if isinstance(document, dict) else None
    return str(found)[:_MAX_ERROR] if found else None


def _record_body(body: RequestBody) -> RecordedBody:
    size = len(body.content)
    try:
        form, files = body.parts
    except ApiError:
        # It has too many parts, or they are too large.
        return RecordedBody(size, is_kept=False)
    document = files["json"].content if "json" in files else body.content if body.kind == "json" else b""
    fields = {name: str(value) for name, value in form.items()}
    if len(document) + sum(map(len, fields.values())) > MAX_BODY:
        return RecordedBody(size, is_kept=False)
    uploaded = {name: UploadedFile(file.filename, len(file.content)) for name, file in files.items()}
    return RecordedBody(size, document, fields, uploaded)


# Most responses repeat documents of earlier ones.
@lru_cache(maxsize=4096)
def _read_state(document: bytes) -> tuple[str | int, State]:
    """Return the name of a chroot, or the id of a build, and its state."""
    item = json.loads(document)
    return item["name" if "name" in item else "id"], State(item["state"])
