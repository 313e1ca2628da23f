"""A recorded request, and the log of the latest ones."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from ..api.bodies import BodyKind
from ..api.routing import ENDPOINTS
from ..model.states import State
from ..validation import checks
from ..wire.endpoint_name import EndpointName
from ..wire.headers import RawHeaders
from ..wire.target import Target, parse_urlencoded

MAX_BYTES = 64 * 2**20
"""The maximum size in bytes of a log, by estimate."""

_REQUEST_BYTES = 800
"""The approximate size of a request and its parsed target, without texts; the target is in it up to three times."""

_REFERENCE_BYTES = 8
"""The size of a reference to a build's or chroot's document, which requests share while it is unchanged."""

_HEADER_BYTES = 130
"""The approximate size of a header without its texts."""

MAX_BODY = 64 * 1024
"""The maximum size in bytes of a body that is kept, without uploaded files."""

_SECRET_NAMES = (b"authorization", b"cookie", b"token", b"secret", b"password", b"api-key")
"""Parts of the names of headers with secrets."""


def mask_headers(headers: RawHeaders) -> RawHeaders:
    """Return headers with ``***`` in place of each secret."""
    return tuple((name, b"***" if _is_secret(name.lower()) else value) for name, value in headers)


def _is_secret(name: bytes) -> bool:
    return any(part in name for part in _SECRET_NAMES)


class UploadedFile(NamedTuple):
    """An uploaded file; :attr:`SourceBuild.content` of the build has the content."""

    filename: str
    size: int


class RecordedBody(NamedTuple):
    """A body, parsed when it is read.

    :param content: JSON and URL-encoded forms as sent, a summary of a form with files; ``None`` if it is too large.
    :param size: the size in bytes of the body as sent.
    """

    kind: BodyKind
    content: bytes | None
    size: int

    def __repr__(self) -> str:
        return f"<RecordedBody of {self.size} bytes>"

    @property
    def text(self) -> str:
        """The content as text, to search in it; URL-encoded forms are decoded."""
        text = (self.content or b"").decode("utf-8", "replace")
        return unquote_plus(text) if self.kind == "urlencoded" else text

    @property
    def json(self) -> Any:
        if self.kind == "json":
            return _parse_json(self.content or b"")
        return _parse_json(self._summary.get("json", "").encode("latin-1"))

    @property
    def form(self) -> Mapping[str, str]:
        if self.kind != "urlencoded":
            form: Mapping[str, str] = self._summary.get("form", {})
            return form
        try:
            return parse_urlencoded((self.content or b"").decode())
        except UnicodeDecodeError:
            return {}

    @property
    def files(self) -> Mapping[str, UploadedFile]:
        return {name: UploadedFile(*file) for name, file in self._summary.get("files", {}).items()}

    @property
    def _summary(self) -> Mapping[str, Any]:
        return json.loads(self.content) if self.kind == "multipart" and self.content else {}


NO_BODY = RecordedBody("other", b"", 0)


def _parse_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def summarize(form: Mapping[str, object], files: Mapping[str, tuple[str, int]], json_file: bytes) -> bytes:
    """Return the summary of a form with files, without their content.

    :param json_file: the content of the file ``json``, which has the fields of a submission with a file.
    """
    return json.dumps({"form": form, "files": files, "json": json_file.decode("latin-1")}).encode()


class Details(NamedTuple):
    """The details of a request that changed something, or tried to, or that failed.

    :param user: the user who was logged in.
    :param builds: the ids of the builds that it created.
    :param project: the full name of the project that it created.
    :param error: the start of the error message in the response.
    """

    user: str | None
    builds: Sequence[int]
    project: str | None
    body: RecordedBody
    error: str | None

    @property
    def size(self) -> int:
        """The approximate size in bytes."""
        texts = (self.user, self.project, self.error, self.body.content)
        return 300 + 40 * len(self.builds) + sum(len(text) for text in texts if text)


NO_DETAILS = Details(None, (), None, NO_BODY, None)


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
    details: Details = NO_DETAILS
    """Its user, its body, the objects that it created, and the error in the response."""

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
    def has_valid_method(self) -> bool:
        """Whether the method does what the endpoint is for."""
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
    """Group requests that are equal and have equal outcomes, in the order of the first ones."""
    groups: dict[Hashable, list[Request]] = {}
    for request in requests:
        states = tuple(map(_read_state, request.documents))
        groups.setdefault((request.method, request.target, request.outcome(), states), []).append(request)
    return list(groups.values())


def describe(group: Sequence[Request], *, with_time: bool = True) -> str:
    """Return a line about a group of equal requests."""
    first, last = group[0], group[-1]
    times = "" if len(group) == 1 else f", {len(group)} times"
    until = "" if first.at == last.at else f" to {last.at:.10g}"
    time = f" at {first.at:.10g}{until}" if with_time else ""
    return f"{checks.shortened(first.method)} {checks.shortened(first.target, 1000)}{times} -> {first.outcome()}{time}"


# Most responses have the documents of earlier ones.
@lru_cache(maxsize=4096)
def _read_state(document: bytes) -> tuple[str | int, State]:
    """Return the name of a chroot, or the id of a build, and its state."""
    item = json.loads(document)
    return item["name" if "name" in item else "id"], State(item["state"])


class RequestLog:
    """The latest requests, numbered without gaps: the oldest are dropped first. The caller holds the store's lock.

    :param max_requests: how many are kept.
    :param max_bytes: their maximum size, by estimate; the latest is kept whatever its size.
    """

    def __init__(self, max_requests: int, max_bytes: int = MAX_BYTES) -> None:
        self.requests: deque[Request] = deque()
        self._sizes: deque[int] = deque()
        self._size = 0
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self._last_headers: RawHeaders = ()

    def add(self, request: Request, rendered_bytes: int = 0) -> None:
        """Add a request; ``rendered_bytes`` is the size of those of its documents that no earlier request has."""
        size = _REQUEST_BYTES + 3 * len(request.target) + _REFERENCE_BYTES * len(request.documents) + rendered_bytes
        if request.recorded_headers is not self._last_headers:
            self._last_headers = request.recorded_headers
            size += sum(len(name) + len(value) + _HEADER_BYTES for name, value in self._last_headers)
        if request.details is not NO_DETAILS:
            size += request.details.size
        self.requests.append(request)
        self._sizes.append(size)
        self._size += size
        while len(self.requests) > self._max_requests or (self._size > self._max_bytes and len(self.requests) > 1):
            self.requests.popleft()
            self._size -= self._sizes.popleft()

    def clear(self) -> None:
        """Drop all requests; the numbers continue."""
        self.requests.clear()
        self._sizes.clear()
        self._size = 0
