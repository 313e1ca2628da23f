"""What the client does, without doing it: each call is a generator of requests and pauses.

Whoever runs one sends what it yields and hands back what came, an answer or an
error of the transport. So sync and async clients share every rule: what is an
error, what is tried again, when waiting is over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast

import httpx

from .errors import (
    BY_STATUS,
    ClientError,
    ConnectionFailedError,
    NotJsonError,
    RequestTimeoutError,
    ServerError,
    WaitTimeoutError,
)
from .results import ChrootStatus, read_chroot, read_page

T = TypeVar("T")

Outcome = httpx.Response | httpx.TransportError


class Pause(NamedTuple):
    seconds: float


Steps = Generator["httpx.Request | Pause", "Outcome | None", T]

OnProgress = Callable[[tuple[ChrootStatus, ...]], object]
"""Called with all chroots that are waited for, each time that they have been asked for."""

_TRY_AGAIN = (502, 503, 504)


@dataclass(slots=True)
class Retries:
    """How often a request is tried again, after how many seconds, and how often that has been so.

    Answered 502, 503 or 504, and where the connection fails; each pause is twice the one before.
    """

    most: int = 3
    backoff: float = 1.0
    count: int = 0


def fetch(request: httpx.Request, retries: Retries) -> Steps[Mapping[str, object]]:
    """The JSON document that answers a request.

    :raises ClientError: of the kind that says what came instead.
    """
    attempt = 0
    while True:
        outcome = yield request
        assert outcome is not None, "a request is answered, or fails"
        if attempt == retries.most or not _is_passing(outcome):
            return _read(outcome, request)
        retries.count += 1
        yield Pause(retries.backoff * 2**attempt)
        attempt += 1


def _is_passing(outcome: Outcome) -> bool:
    if isinstance(outcome, httpx.Response):
        return outcome.status_code in _TRY_AGAIN
    return not isinstance(outcome, (httpx.TimeoutException, httpx.UnsupportedProtocol))


def _read(outcome: Outcome, request: httpx.Request) -> Mapping[str, object]:
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


class Wait(NamedTuple):
    """What is waited for, how long in seconds, and how often it is asked for at most."""

    build_id: int
    timeout: float
    poll: float
    on_progress: OnProgress | None
    now: Callable[[], float]


def wait_for_one(request: httpx.Request, wait: Wait, retries: Retries) -> Steps[ChrootStatus]:
    def look() -> Steps[tuple[ChrootStatus, ...]]:
        return (read_chroot((yield from fetch(request, retries))),)

    (status,) = yield from _wait(look, wait)
    return status


def wait_for_all(
    page_request: Callable[[int], httpx.Request], wait: Wait, retries: Retries
) -> Steps[tuple[ChrootStatus, ...]]:
    def look() -> Steps[tuple[ChrootStatus, ...]]:
        return (yield from fetch_all(page_request, retries))

    return (yield from _wait(look, wait))


def fetch_all(page_request: Callable[[int], httpx.Request], retries: Retries) -> Steps[tuple[ChrootStatus, ...]]:
    """Every page, whatever limit the service sets."""
    items: tuple[ChrootStatus, ...] = ()
    offset: int | None = 0
    while offset is not None:
        page = read_page((yield from fetch(page_request(offset), retries)))
        items += page.items
        offset = page.next_offset
    return items


def _wait(look: Callable[[], Steps[tuple[ChrootStatus, ...]]], wait: Wait) -> Steps[tuple[ChrootStatus, ...]]:
    """Ask until all have ended; a build that has no chroots yet has not."""
    deadline = wait.now() + wait.timeout
    while True:
        asked = wait.now()
        statuses = yield from look()
        if wait.on_progress is not None:
            wait.on_progress(statuses)
        if statuses and all(status.is_final for status in statuses):
            return statuses
        next_ask = asked + wait.poll
        if next_ask > deadline:
            yield Pause(max(deadline - wait.now(), 0))
            raise WaitTimeoutError(wait.build_id, wait.timeout, {status.name: status.state for status in statuses})
        yield Pause(max(next_ask - wait.now(), 0))
