"""The arguments and results of handlers, and the lookups that they share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..engine.build import Build
from ..engine.project import Project
from ..engine.store import Store
from ..validation import checks
from ..wire.answer import HTML, Answer, ApiError, Headers, json_answer, make_answer
from ..wire.headers import RawHeaders
from ..wire.target import Target
from .bodies import RequestBody


@dataclass(eq=False, repr=False, slots=True)
class RequestContext:
    """A request to an endpoint.

    :param default_limit: items per page if the request sets no limit; ``None`` for no limit.
    :param content: the bytes of the body.
    :param is_poll: whether the client receives the response, so that it counts as a poll.
    """

    store: Store
    default_limit: int | None
    method: str
    target: Target
    headers: RawHeaders
    content: bytes
    is_poll: bool
    user: str | None = field(default=None, init=False)
    """The user who is logged in, once the login is checked."""
    created: Sequence[Build | Project] = field(default=(), init=False)
    """What the request has added."""
    _body: RequestBody | None = field(default=None, init=False)

    @property
    def body(self) -> RequestBody:
        """The body, read on first access, because most requests have none."""
        if self._body is None:
            self._body = RequestBody(self.headers, self.content)
        return self._body


@dataclass(eq=False, repr=False, slots=True)
class Success:
    """A JSON response with status 200, which can answer several requests.

    :param documents: the JSON of each build or build chroot whose state the response has, for the request journal.
    :param invalid_field: the path of a field that Copr cannot serialize, so that a response with it is an error.
    """

    body: bytes
    documents: Sequence[bytes] = ()
    invalid_field: Sequence[str] = ()
    _answer: Answer | None = field(default=None, init=False)

    def answer(self) -> Answer:
        """Return the response.

        :raises ApiError: 500 if it has an invalid field.
        """
        if self._answer is None:
            if self.invalid_field:
                raise ApiError(500)
            self._answer = json_answer(self.body)
        return self._answer


def attributes(source: object, names: Iterable[str], **others: object) -> dict[str, object]:
    """Return fields in this order; those not among ``others`` are attributes of the source."""
    return {name: others[name] if name in others else getattr(source, name) for name in names}


def json_success(
    document: Mapping[str, object], documents: Sequence[bytes] = (), invalid_field: Sequence[str] = ()
) -> Success:
    """Return the response with a document as Copr's serializer writes it: on one line, with the keys in their order."""
    return Success(json.dumps(document).encode() + b"\n", documents, invalid_field=invalid_field)


TEXT = "text/plain; charset=utf-8"

_TITLES: Mapping[int, str] = {
    400: "Bad Request",
    403: "Access Restricted",
    404: "Not Found",
    415: "Unsupported Media Type",
}


def text_answer(text: str, status: int = 200, *, content_type: str = HTML, headers: Headers = ()) -> Answer:
    """Return a response with a text."""
    return make_answer(text.encode(), content_type, status, headers)


def error_page(status: int, headers: Headers = ()) -> Answer:
    """Return an error page, without Copr's design, which is not recorded."""
    title = _TITLES.get(status, "Internal Server Error")
    page = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
    return text_answer(page, status, headers=headers)


def require(context: RequestContext, *names: str) -> list[str]:
    """Return arguments of the query.

    :raises ApiError: 400 for the first that the request lacks.
    """
    arguments = context.target.arguments
    for name in names:
        if name not in arguments:
            raise missing(name)
    return [arguments[name] for name in names]


def owner_in_path(context: RequestContext) -> str:
    """Return the user or the group in the path."""
    parameters = context.target.parameters
    return f"@{parameters['groupname']}" if parameters.get("groupname") else parameters["ownername"]


def missing(name: str) -> ApiError:
    """Return the error for a request that lacks an argument."""
    return ApiError(400, f"Missing argument {name}")


def nul_error(text: str | int) -> ApiError | None:
    """Return Copr's error for text with a NUL or an unpaired surrogate, else ``None``."""
    return None if checks.is_storable(str(text)) else ApiError(500)
