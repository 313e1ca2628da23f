"""How a request gets its answer: what is sent again, after which pause, and which error says what came instead."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import cast

import httpx

from .errors import (
    BY_STATUS,
    ClientError,
    ConnectionFailedError,
    NotJsonError,
    RequestTimeoutError,
    ServerError,
)

_TRY_AGAIN = (502, 503, 504)

_Outcome = httpx.Response | httpx.TransportError


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
        except httpx.TransportError as error:
            return error


def _is_passing(outcome: _Outcome) -> bool:
    if isinstance(outcome, httpx.Response):
        return outcome.status_code in _TRY_AGAIN
    return not isinstance(outcome, (httpx.TimeoutException, httpx.UnsupportedProtocol))


def _read(outcome: _Outcome, request: httpx.Request) -> Mapping[str, object]:
    if isinstance(outcome, httpx.TimeoutException):
        raise RequestTimeoutError(f"no answer in time: {outcome}", request) from outcome
    if isinstance(outcome, httpx.TransportError):
        raise ConnectionFailedError(f"no answer: {outcome}", request) from outcome
    status = outcome.status_code
    document = _document(outcome)
    if document is None:
        kind = BY_STATUS[504] if status == 504 else NotJsonError
        raise kind(f"not JSON but {outcome.headers.get('Content-Type', 'nothing')}", request, status)
    if status == 200 and "error" not in document:
        return document
    kind = BY_STATUS.get(status, ServerError if status >= 500 else ClientError)
    raise kind(str(document.get("error", document)), request, status)


def _document(response: httpx.Response) -> Mapping[str, object] | None:
    try:
        document = json.loads(response.content)
    except ValueError:
        return None
    return cast("Mapping[str, object]", document) if isinstance(document, dict) else None
