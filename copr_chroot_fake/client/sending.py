"""Sends requests with retries, and raises an error for every unexpected response."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import count

import httpx

from ..validation.checks import without_user
from .errors import (
    BadRequestError,
    ClientError,
    ConnectionFailedError,
    NotFoundError,
    NotJsonError,
    RequestTimeoutError,
    ServerError,
    TooManyRequestsError,
)

RETRIED = (429, 502, 503, 504)

_BY_STATUS: Mapping[int, type[ClientError]] = {
    400: BadRequestError,
    404: NotFoundError,
    429: TooManyRequestsError,
    504: RequestTimeoutError,
}


@dataclass(slots=True)
class Sender:
    """Sends requests, and retries after status 429, 502, 503 or 504 or a failed connection.

    The pauses are 1, 2, 4, … seconds, or longer if ``Retry-After`` requires it.

    :param send: sends a request and reads the whole response.
    """

    send: Callable[[httpx.Request], Awaitable[httpx.Response]]
    sleep: Callable[[float], Awaitable[object]]
    now: Callable[[], float]
    retries: int
    retried: int = 0

    async def fetch(self, request: httpx.Request, seconds: float) -> Mapping[str, object]:
        """Send a request; return the JSON object of the response.

        :param seconds: the timeout of httpx for the first attempt; the time left of it is the timeout of each retry.
        :raises ClientError: for any other response, or none.
        """
        until = self.now() + seconds
        for attempt in count():
            try:
                return await self._fetch_once(request, max(until - self.now(), 0), seconds)
            except ClientError as error:
                is_temporary = isinstance(error, ConnectionFailedError) or error.status in RETRIED
                if attempt == self.retries or not is_temporary:
                    raise
                pause = max(2.0**attempt, error.retry_after or 0)
                if self.now() + pause > until:
                    reason = f"the pause of {pause:g} s would exceed the timeout of {seconds:g} s"
                    message = f"{error.message}; not retried: {reason}"
                    raise type(error)(message, error.request, error.status, error.retry_after) from error
            self.retried += 1
            await self.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _fetch_once(self, request: httpx.Request, left: float, seconds: float) -> Mapping[str, object]:
        request.extensions = {**request.extensions, "timeout": httpx.Timeout(left).as_dict()}
        try:
            response = await self.send(request)
        except httpx.TimeoutException as error:
            problem = f"no complete response within {seconds:g} s; increase timeout if the service needs longer"
            raise RequestTimeoutError(problem, request) from error
        except httpx.TransportError as error:
            # The errors of an async client often have no text.
            problem = f"no response: {str(error) or type(error).__name__}"
            is_retryable = not isinstance(error, httpx.UnsupportedProtocol)
            raise (ConnectionFailedError if is_retryable else ClientError)(problem, request) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise NotJsonError(f"unreadable response: {error}", request) from error
        return _parse(response, request)


def _parse(response: httpx.Response, request: httpx.Request) -> Mapping[str, object]:
    status, headers = response.status_code, response.headers
    retry_after = parse_retry_after(headers)
    if response.has_redirect_location:
        problem = f"redirected to {without_user(headers['Location'])}; if that is Copr, pass it as url"
        raise NotJsonError(problem, request, status, retry_after)
    try:
        document = response.json()
        problem = "expected a JSON object, got other JSON"
    except (ValueError, RecursionError):
        document = None
        content_type = headers.get("Content-Type", "no content type")
        problem = "invalid JSON" if "json" in content_type else f"expected JSON, got {content_type}"
    if not isinstance(document, dict):
        kind = {429: TooManyRequestsError, 504: RequestTimeoutError}.get(status, NotJsonError)
        raise kind(problem, request, status, retry_after)
    if status == 200 and "error" not in document:
        return document
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ClientError)
    raise kind(str(document.get("error", document)), request, status, retry_after)


def parse_retry_after(headers: httpx.Headers) -> float | None:
    """Return ``Retry-After`` in seconds, from seconds or a date; ``None`` if it is missing or invalid."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        # Truncate absurdly large numbers.
        return float(value[:15])
    at = _timestamp(value)
    if at is None:
        return None
    # Relative to the server's clock, which may differ from this one.
    sent = _timestamp(headers.get("Date", ""))
    return max(at - (time.time() if sent is None else sent), 0)


def _timestamp(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
