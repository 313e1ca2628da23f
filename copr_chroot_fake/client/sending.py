"""How a request gets its answer: what is sent again, after which pause, and which error says what came instead."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import count
from typing import NoReturn

import httpx

from ..validation.checks import without_user
from .bodies import Body, TooLargeError, UnreadableError, parse_json
from .errors import (
    BadRequestError,
    BodyTooLargeError,
    ClientError,
    ConnectionFailedError,
    NotFoundError,
    NotJsonError,
    RequestTimeoutError,
    ServerError,
    TooManyRequestsError,
)

_TRY_AGAIN = (429, 502, 503, 504)

_BY_STATUS: Mapping[int, type[ClientError]] = {
    400: BadRequestError,
    404: NotFoundError,
    429: TooManyRequestsError,
    504: RequestTimeoutError,
}

Send = Callable[[httpx.Request, Body, float], Awaitable[httpx.Response]]
"""Sends a request, adds what is to be read of its response's body, and closes it; it may take so many seconds."""


@dataclass(slots=True)
class Sender:
    """Sends a request, and sends it again where it was answered 429, 502, 503 or 504, or where the connection failed.

    Each up to ``retries`` times, after 1, 2, 4, … seconds, or later if the service asks for that.

    :param max_body: how many bytes a body may have, compressed or not.
    """

    send: Send
    sleep: Callable[[float], Awaitable[object]]
    now: Callable[[], float]
    retries: int
    max_body: int
    retried: int = 0

    async def fetch(self, request: httpx.Request, seconds: float) -> Mapping[str, object]:
        """The JSON document that answers a request.

        :param seconds: how long that may take, with retries, and the pauses between them.
        :raises ClientError: of the kind that says what came instead.
        """
        until = self.now() + seconds
        for attempt in count():
            try:
                return await self._fetch_once(request, until, seconds)
            except ClientError as error:
                if attempt == self.retries or not _is_passing(error):
                    raise
                pause = max(2.0**attempt, error.retry_after or 0)
                if self.now() + pause > until:
                    _give_up(error, pause, seconds)
            self.retried += 1
            await self.sleep(pause)
        raise AssertionError("it is tried until it succeeds or fails")

    async def _fetch_once(self, request: httpx.Request, until: float, seconds: float) -> Mapping[str, object]:
        body = Body(self.max_body, until, self.now)
        left = max(until - self.now(), 0)
        request.extensions = {**request.extensions, "timeout": httpx.Timeout(left).as_dict()}
        status = None
        try:
            response = await self.send(request, body, left)
            status = response.status_code
            body.check()
            content = body.decoded(response.headers.get("Content-Encoding", "").strip().lower())
        except (httpx.TimeoutException, TimeoutError) as error:
            problem = f"no complete answer within {seconds:g} s; a larger timeout gives it more time"
            raise RequestTimeoutError(problem, request) from error
        except TooLargeError:
            problem = f"an answer of more than {self.max_body} bytes; a larger max_body takes more"
            raise BodyTooLargeError(problem, request, status) from None
        except UnreadableError as error:
            raise NotJsonError(f"an answer that cannot be read: {error}", request, status) from None
        except httpx.TransportError as error:
            # Those of an async client often have no text.
            problem = f"no answer: {str(error) or type(error).__name__}"
            is_possible = not isinstance(error, httpx.UnsupportedProtocol)
            raise (ConnectionFailedError if is_possible else ClientError)(problem, request) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise NotJsonError(f"an answer that cannot be read: {error}", request) from error
        return _read(response, content, request)


def _is_passing(error: ClientError) -> bool:
    return isinstance(error, ConnectionFailedError) or error.status in _TRY_AGAIN


def _give_up(error: ClientError, pause: float, seconds: float) -> NoReturn:
    problem = f"{error.message}; not tried again, as {pause:g} s later is after the timeout of {seconds:g} s"
    raise type(error)(problem, error.request, error.status, error.retry_after) from error


def _read(response: httpx.Response, content: bytes, request: httpx.Request) -> Mapping[str, object]:
    status, headers = response.status_code, response.headers
    retry_after = _retry_after(headers)
    if response.has_redirect_location:
        problem = f"redirected to {without_user(headers['Location'])}; if that is the service, make it the url"
        raise NotJsonError(problem, request, status, retry_after)
    try:
        document = parse_json(content)
        instead = "JSON, but no object"
    except ValueError:
        document = None
        content_type = headers.get("Content-Type", "nothing")
        instead = "broken JSON" if "json" in content_type else f"not JSON but {content_type}"
    if not isinstance(document, dict):
        kind = {429: TooManyRequestsError, 504: RequestTimeoutError}.get(status, NotJsonError)
        raise kind(instead, request, status, retry_after)
    if status == 200 and "error" not in document:
        return document
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ClientError)
    raise kind(str(document.get("error", document)), request, status, retry_after)


def _retry_after(headers: httpx.Headers) -> float | None:
    """How many seconds a service asks to wait, as it says in seconds or as a date; ``None`` if that is neither."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        # More digits than these are more time than anybody has.
        return float(value[:15])
    at = _timestamp(value)
    if at is None:
        return None
    # By the clock that it was made with, as the two may differ.
    sent = _timestamp(headers.get("Date", ""))
    return max(at - (time.time() if sent is None else sent), 0)


def _timestamp(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
