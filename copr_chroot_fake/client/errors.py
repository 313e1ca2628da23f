"""What the client raises, each with the status, the service's message and the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import httpx

from ..errors import CoprFakeError

Missing = Literal["build", "chroot", "project", "endpoint"]

_WORDS: Mapping[Missing, re.Pattern[str]] = {
    "build": re.compile(r"Build .* does not exist\.", re.DOTALL),
    "chroot": re.compile(r"Chroot .* does not exist|Build .* was not submitted to .* chroot\.", re.DOTALL),
    "project": re.compile(r"(Project|Group) .* does not exist\.", re.DOTALL),
    "endpoint": re.compile(r"Such API endpoint doesn't exist"),
}
"""How Copr says what is not there; a project's group is asked for before the project."""

_LONGEST_MESSAGE = 1000
"""How many characters of a message are kept; a broken service may send megabytes of it."""


class ClientError(CoprFakeError):
    """The base: an answer that is not the one asked for, or none.

    ``status`` is ``None`` where there was no answer, or none that could be read. ``retry_after`` is how many seconds
    the service asks to wait before the next request, ``None`` if it does not. Neither the text nor ``request`` has the
    user and the password that the client's address may have.
    """

    def __init__(
        self, message: str, request: httpx.Request, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.message = shortened(message)
        url = shortened(str(request.url.copy_with(userinfo=b"")))
        super().__init__(f"{self.message} ({'' if status is None else f'{status}, '}{request.method} {url})")
        self.request = request
        self.status = status
        self.retry_after = retry_after


def shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


class NotFoundError(ClientError):
    """404: ``missing`` says what is not there, and is ``None`` where Copr's words are others than for these."""

    @property
    def missing(self) -> Missing | None:
        return next((missing for missing, words in _WORDS.items() if words.fullmatch(self.message)), None)


class BadRequestError(ClientError):
    """400: an argument is missing or wrong."""


class TooManyRequestsError(ClientError):
    """429: the service wants fewer requests; ``retry_after`` says when the next one may come, if the service does."""


class ServerError(ClientError):
    """Any 5xx that the service itself answers; Copr also says so of arguments that it cannot take."""


class NotJsonError(ClientError):
    """An answer that is no JSON object, such as the web server's page while the service is away."""


class BodyTooLargeError(ClientError):
    """A body with more bytes than the client's ``max_body``, as sent or decompressed; the rest of it is not read."""


class PagingError(ClientError):
    """A list that cannot be read page by page: a page is not the one requested, or there is no end of them."""


class RequestTimeoutError(ClientError):
    """No complete answer within the client's timeout, retries included, or 504."""


class ConnectionFailedError(ClientError):
    """The service could not be reached, or broke off."""


class WaitTimeoutError(CoprFakeError):
    """Waiting took longer than its timeout; ``states`` are the last ones seen, by chroot."""

    def __init__(self, build_id: int, seconds: float, states: dict[str, str]) -> None:
        seen = ", ".join(f"{name} {state}" for name, state in states.items()) or "no chroots"
        super().__init__(f"build {build_id} was not seen to end within {seconds:g} s; last seen: {shortened(seen)}")
        self.build_id = build_id
        self.states = states
