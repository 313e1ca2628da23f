"""What a handler gets and returns, and the lookups that handlers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..engine.build import Build
from ..engine.store import Store
from ..validation import checks
from ..wire.answer import CATCH_ALL, ApiError
from ..wire.headers import RawHeaders
from ..wire.target import Target
from .bodies import RequestBody


class RequestContext(NamedTuple):
    """A request to an endpoint.

    :param body: reads the body of the request.

    :param default_limit: items per page if the request sets no limit; ``None`` for no limit.
    :param is_poll: whether the client receives the response, so that it counts as a poll.
    """

    store: Store
    default_limit: int | None
    method: str
    target: Target
    headers: RawHeaders
    is_poll: bool
    body: RequestBody


class Success(NamedTuple):
    """A JSON response with status 200.

    :param chroots: the JSON of each build chroot that the response is about, for the request journal.
    :param headers: headers besides ``Content-Type`` and ``Content-Length``.
    :param invalid_field: the path of a field that Copr cannot serialize, so that a response with it is an error.
    """

    body: bytes
    chroots: Sequence[bytes] = ()
    headers: tuple[tuple[str, str], ...] = ()
    invalid_field: Sequence[str] = ()


def require(name: str, value: str | int | None) -> str | int:
    """Return an argument.

    :raises ApiError: 400 if the request lacks it.
    """
    if value is None:
        raise ApiError(400, f"Missing argument {name}")
    return value


def find_build(context: RequestContext) -> tuple[str | int, Build | None]:
    """Return the build id as sent, and the build if it exists.

    :raises ApiError: 400 if the request lacks a build id.
    """
    target = context.target
    raw_id = require("build_id", target.raw_build_id)
    return raw_id, None if target.build_id is None else context.store.find_build(target.build_id)


def no_such_build(raw_id: str | int) -> ApiError:
    """Return the error for a build that does not exist."""
    return nul_error(raw_id) or ApiError(404, f"Build {raw_id} does not exist.")


def nul_error(text: str | int) -> ApiError | None:
    """Return Copr's error for text that its database driver rejects; ``None`` for other text.

    That is a NUL, or half a surrogate pair.
    """
    return None if checks.is_storable(str(text)) else ApiError(500, CATCH_ALL)
