"""Sending requests to one Copr: few per second, to no other address, and none that changes anything unless allowed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import httpx

from ..api.endpoint import ROOT
from ..client.clients import CoprClient, http_options
from ..client.sending import RETRIED, parse_retry_after
from ..errors import CoprFakeError
from ..validation.checks import without_user
from ..version import __version__
from .comparison import Response

READING = ("GET", "HEAD", "OPTIONS")
"""The methods that change nothing, whatever the path."""

TIMEOUT = 30.0
"""Seconds until a response must be complete."""

RETRIES = 3

MAX_UNANSWERED = 5
"""The number of requests in a row without a response after which another one checks whether Copr is reachable."""

NO_RESPONSE = 0
"""The status of a request that got no complete response; the body says why."""

MESSAGE = "message"
"""The method of a question about a message, which nobody asks."""

DELIVERED = 1
"""The status of a message that was delivered."""


class Question(NamedTuple):
    """A request that both Copr and the fake get.

    :param target: the path and the query.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Guard(httpx.BaseTransport):
    """A transport that sends to one address only, at most ``rate`` requests per second.

    :param may_write: whether to send methods that can change something.
    """

    def __init__(
        self,
        url: httpx.URL,
        transport: httpx.BaseTransport,
        rate: float,
        may_write: bool,
        sleep: Callable[[float], object],
    ) -> None:
        self._url, self._transport, self._interval, self._may_write, self._sleep = (
            url,
            transport,
            1 / rate,
            may_write,
            sleep,
        )
        self._next = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when it is its turn.

        :raises CoprFakeError: for another address, or a method that is not allowed.
        """
        if (request.url.scheme, request.url.netloc) != (self._url.scheme, self._url.netloc):
            raise CoprFakeError(f"request to another address: {without_user(str(request.url))}")
        if request.method not in READING and not self._may_write:
            raise CoprFakeError(f"{request.method} may change something; it requires --write")
        now = time.monotonic()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(self._next, now) + self._interval
        request.headers["User-Agent"] = f"copr-chroot-fake/{__version__} (verify: compares a fake with Copr)"
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


class Copr:
    """A Copr.

    :param url: its address, without ``/api_3``; a user and a password in it are sent, but never shown.
    :param secrets: texts to hide in its responses.
    :param transport: an ``httpx`` transport in place of sockets.
    """

    def __init__(
        self,
        url: str,
        *,
        rate: float,
        may_write: bool = False,
        secrets: tuple[str, ...] = (),
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object],
    ) -> None:
        base: httpx.URL = http_options(url, None, httpx.BaseTransport)["base_url"]
        self.url = str(base).rstrip("/").removesuffix(ROOT)
        guard = Guard(base, transport or httpx.HTTPTransport(), rate, may_write, sleep)
        self.client = CoprClient(url, transport=guard, sleep=sleep)
        """The client that records; it sends only GET."""
        self._http = httpx.Client(timeout=TIMEOUT, **http_options(url, guard, httpx.BaseTransport))
        self._base, self._sleep, self._secrets = base, sleep, secrets
        self._unanswered = 0

    def __enter__(self) -> Copr:
        return self

    def __exit__(self, *error: object) -> None:
        """Close all connections."""
        self._http.close()
        self.client.close()

    def send(self, question: Question) -> Response:
        """Send a request, with the retries of the client, and return the last response.

        :raises CoprFakeError: if Copr is not reachable anymore.
        """
        # Repeating another request could do the same twice.
        is_repeatable = question.method in (*READING, "DELETE")
        retries = RETRIES if is_repeatable and self._unanswered == 0 else 0
        for attempt in range(retries + 1):
            response = self._send_once(question)
            if attempt == retries or not (response.status in RETRIED or response.status == NO_RESPONSE):
                break
            self._sleep(max(2.0**attempt, parse_retry_after(httpx.Headers(dict(response.headers))) or 0))
        self._unanswered = self._unanswered + 1 if response.status == NO_RESPONSE else 0
        if self._unanswered == MAX_UNANSWERED:
            self._check_reachable()
        return response

    def _check_reachable(self) -> None:
        response = self._send_once(Question("GET", f"{ROOT}/"))
        if response.status == NO_RESPONSE:
            raise CoprFakeError(f"{self.url}: {response.body.decode()}; check the network, or try again later")

    def _send_once(self, question: Question) -> Response:
        path = self._base.raw_path.rstrip(b"/").removesuffix(ROOT.encode()) + question.target.encode()
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in question.headers]
        try:
            got = self._http.request(
                question.method, self._base.copy_with(raw_path=path), headers=headers, content=question.body or None
            )
        except (httpx.RequestError, httpx.InvalidURL) as error:
            return Response(
                NO_RESPONSE, {}, f"no complete response: {self._hide(str(error)) or type(error).__name__}".encode()
            )
        sent = {name.lower(): self._hide(value) for name, value in got.headers.items()}
        return Response(got.status_code, sent, self._hide(got.text).encode() if self._secrets else got.content)

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "SECRET")
        return text
