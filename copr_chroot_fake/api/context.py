"""The arguments and results of handlers, and the lookups that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..engine.build import Build
from ..engine.store import Store
from ..validation import checks
from ..wire.answer import CATCH_ALL, Answer, ApiError, Headers, json_answer
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
    :param headers: headers besides ``Content-Type`` and ``Content-Length``.
    :param invalid_field: the path of a field that Copr cannot serialize, so that a response with it is an error.
    """

    body: bytes
    documents: Sequence[bytes] = ()
    headers: Headers = ()
    invalid_field: Sequence[str] = ()
    _answer: Answer | None = field(default=None, init=False)

    def answer(self) -> Answer:
        """Return the response.

        :raises ApiError: 500 if it has an invalid field.
        """
        if self._answer is None:
            if self.invalid_field:
                raise ApiError(500, CATCH_ALL)
            answer = json_answer(self.body)
            self._answer = answer._replace(headers=answer.headers + self.headers) if self.headers else answer
        return self._answer


def require(context: RequestContext, *names: str) -> list[str]:
    """Return arguments of the query.

    :raises ApiError: 400 for the first that the request lacks.
    """
    arguments = context.target.arguments
    for name in names:
        if name not in arguments:
            raise missing(name)
    return [arguments[name] for name in names]


def missing(name: str) -> ApiError:
    """Return the error for a request that lacks an argument."""
    return ApiError(400, f"Missing argument {name}")


def find_build(context: RequestContext) -> tuple[str | int, Build | None]:
    """Return the build id as sent, and the build if it exists.

    :raises ApiError: 400 if the request lacks a build id.
    """
    raw_id, build_id = context.target.raw_build_id, context.target.build_id
    if raw_id is None:
        raise missing("build_id")
    return raw_id, None if build_id is None else context.store.find_build(build_id)


def no_such_build(raw_id: str | int) -> ApiError:
    """Return the error for a build that does not exist."""
    return nul_error(raw_id) or ApiError(404, f"Build {raw_id} does not exist.")


def nul_error(text: str | int) -> ApiError | None:
    """Return Copr's error for text that its database driver rejects; ``None`` for other text.

    That is a NUL, or an unpaired surrogate.
    """
    return None if checks.is_storable(str(text)) else ApiError(500, CATCH_ALL)
