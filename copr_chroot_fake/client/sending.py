"""How a request gets its answer: what is sent again, after which pause, and which error says what came instead."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx

from .errors import (
    BadRequestError,
    ClientError,
    ConnectionFailedError,
    NotFoundError,
    NotJsonError,
    RequestTimeoutError,
    ServerError,
)

_TRY_AGAIN = (502, 503, 504)

_BY_STATUS: Mapping[int, type[ClientError]] = {400: BadRequestError, 404: NotFoundError, 504: RequestTimeoutError}

_Outcome = httpx.Response | httpx.RequestError


@dataclass(slots=True)
class Sender:
    """Sends a request, and sends it again where it was answered 502, 503 or 504, or where the connection failed.

    Each up to ``retries`` times, after 1, 2, 4, … seconds.
    """

    send: Callable[[httpx.Request], Awaitable[httpx.Response]]
    sleep: Callable[[float], Awaitable[object]]
    retries: int
    retried: int = 0

    async def fetch(self, request: httpx.Request) -> Mapping[str, object]:
        """The JSON document that answers a request.

        :raises ClientError: of the kind that says what came instead.
        """
        attempt = 0
        while True:
            outcome = await self._try(request)
            if attempt == self.retries or not _is_passing(outcome):
                return _read(outcome, request)
            self.retried += 1
            await self.sleep(2.0**attempt)
            attempt += 1

    async def _try(self, request: httpx.Request) -> _Outcome:
        try:
            return await self.send(request)
        except httpx.RequestError as error:
            return error


def _is_passing(outcome: _Outcome) -> bool:
    if isinstance(outcome, httpx.Response):
        return outcome.status_code in _TRY_AGAIN
    return isinstance(outcome, httpx.TransportError) and not isinstance(
        outcome, (httpx.TimeoutException, httpx.UnsupportedProtocol)
    )


def _read(outcome: _Outcome, request: httpx.Request) -> Mapping[str, object]:
    if isinstance(outcome, httpx.RequestError):
        kind, what = _failure(outcome)
        # Those of an async client often have no text.
        raise kind(f"{what}: {str(outcome) or type(outcome).__name__}", request) from outcome
    status = outcome.status_code
    try:
        document = json.loads(outcome.content)
        instead = "JSON, but no object"
    except (ValueError, RecursionError):
        document = None
        content_type = outcome.headers.get("Content-Type", "nothing")
        instead = "broken JSON" if "json" in content_type else f"not JSON but {content_type}"
    if not isinstance(document, dict):
        raise (RequestTimeoutError if status == 504 else NotJsonError)(instead, request, status)
    if status == 200 and "error" not in document:
        return document
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ClientError)
    raise kind(str(document.get("error", document)), request, status)


def _failure(error: httpx.RequestError) -> tuple[type[ClientError], str]:
    if isinstance(error, httpx.TimeoutException):
        return RequestTimeoutError, "no answer in time"
    if isinstance(error, httpx.TransportError):
        return ConnectionFailedError, "no answer"
    return NotJsonError, "an answer that cannot be read"
