"""The exceptions of the client, with the status, the service's message and the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import httpx

from ..errors import CoprFakeError
from ..excerpt import line
from ..validation.checks import shortened

Missing = Literal["build", "chroot", "project", "endpoint"]

_MESSAGES: Mapping[Missing, re.Pattern[str]] = {
    "build": re.compile(r"Build .* does not exist\.", re.DOTALL),
    "chroot": re.compile(r"Chroot .* does not exist|Build .* was not submitted to .* chroot\.", re.DOTALL),
    "project": re.compile(r"(Project|Group) .* does not exist\.", re.DOTALL),
    "endpoint": re.compile(r"Such API endpoint doesn't exist"),
}
"""Copr's messages for missing objects; it checks a project's group before the project."""

_MAX_MESSAGE = 1000
"""In characters; a broken service may send megabytes."""


class ClientError(CoprFakeError):
    """Base of the client's errors: an unexpected response, or none.

    ``status`` is ``None`` if there was no readable response. ``retry_after`` is the number of seconds after which the
    service accepts the next request, or ``None``. Neither the message nor ``request`` contains the user and password
    from the client's URL.
    """

    def __init__(
        self, message: str, request: httpx.Request, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.message = shortened(message, _MAX_MESSAGE)
        url = shortened(str(request.url.copy_with(userinfo=b"")), _MAX_MESSAGE)
        super().__init__(line(f"{self.message} ({'' if status is None else f'{status}, '}{request.method} {url})"))
        self.request = request
        self.status = status
        self.retry_after = retry_after


class NotFoundError(ClientError):
    """Status 404. ``missing`` is the kind of object that does not exist, or ``None`` if the message is not Copr's."""

    @property
    def missing(self) -> Missing | None:
        return next((missing for missing, pattern in _MESSAGES.items() if pattern.fullmatch(self.message)), None)


class BadRequestError(ClientError):
    """Status 400: an argument is missing or invalid."""


class TooManyRequestsError(ClientError):
    """Status 429: too many requests; see ``retry_after``."""


class ServerError(ClientError):
    """Status 5xx from the service itself. Copr also uses it for some invalid arguments."""


class NotJsonError(ClientError):
    """The response is not a JSON object, for example the web server's error page during an outage."""


class PagingError(ClientError):
    """The service returns another page than requested."""


class RequestTimeoutError(ClientError):
    """No response within the client's timeout, or status 504."""


class ConnectionFailedError(ClientError):
    """The connection failed, before or during the response."""


class WaitTimeoutError(ClientError):
    """The timeout of ``wait`` has passed; ``states`` are the last states by chroot name, ``request`` is the poll."""

    def __init__(self, build_id: int, seconds: float, states: dict[str, str], request: httpx.Request) -> None:
        seen = ", ".join(f"{name} {state}" for name, state in states.items()) or "no chroots"
        super().__init__(f"build {build_id} did not end within {seconds:g} s; last states: {seen}", request)
        self.build_id = build_id
        self.states = states
