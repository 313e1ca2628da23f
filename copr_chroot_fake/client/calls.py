"""The calls of the API: which request each sends, what it reads out of the answer, and how waiting goes.

They are written once, to be awaited. The sync client runs them, too: what it sends and how it pauses never waits for an
event loop, so each is finished when it is first run.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Awaitable, Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import NamedTuple, TypedDict, TypeVar, cast

import httpx

from ..errors import InputError
from ..validation import checks
from . import arguments
from .errors import ClientError, PagingError, RequestTimeoutError, WaitTimeoutError
from .results import (
    BuildConfig,
    BuiltPackage,
    ChrootPage,
    ChrootStatus,
    read_chroot,
    read_config,
    read_packages,
    read_page,
)
from .sending import Send, Sender

T = TypeVar("T")

OnProgress = Callable[[tuple[ChrootStatus, ...]], object]
"""Called with all chroots that are waited for, each time that they have been asked for."""

MAX_BODY = 16 * 2**20
"""How many bytes the body of an answer may have, unless the client is told otherwise."""

MOST_CHROOTS = 100_000
"""How many chroots of a build are read page by page: a service with more has no end of them."""


class HttpOptions(TypedDict, total=False):
    """How both kinds of ``httpx`` client are made."""

    base_url: httpx.URL
    auth: tuple[str, str]
    headers: Mapping[str, str]
    cookies: CookieJar
    verify: ssl.SSLContext


def http_options(url: str, has_transport: bool) -> HttpOptions:
    given = arguments.url("url", url)
    options: HttpOptions = {
        # Who asks is in a header only: a request is shown in many places, and its headers without secrets.
        "base_url": given.copy_with(userinfo=b""),
        # The one encoding that the client can decompress piece by piece, see Body.
        "headers": {"Accept-Encoding": "gzip"},
        # The API needs none, and a client may live for days.
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    }
    if given.userinfo:
        options["auth"] = (given.username, given.password)
    if has_transport or given.scheme == "http":
        # Making a context takes milliseconds, and nothing would use it; httpx takes what it is given for one.
        options["verify"] = cast(ssl.SSLContext, None)
    return options


class Limits(NamedTuple):
    """How long each call may take, in seconds, how often it tries again, and how many bytes a body may have."""

    timeout: float
    retries: int
    max_body: int

    @classmethod
    def of(cls, timeout: float, retries: int, max_body: int) -> Limits:
        """
        :raises InputError: naming the one that cannot be.
        """
        return cls(
            checks.amount("timeout", timeout),
            checks.whole_number("retries", retries),
            checks.positive("max_body", max_body),
        )


class Calls:
    """What both clients do; ``send`` and ``sleep`` are where they differ."""

    def __init__(
        self,
        http: httpx.Client | httpx.AsyncClient,
        send: Send,
        sleep: Callable[[float], Awaitable[object]],
        now: Callable[[], float],
        limits: Limits,
    ) -> None:
        self._http = http
        self._timeout = limits.timeout
        self._sender = Sender(send, sleep, now, limits.retries, limits.max_body)
        self._sleep = sleep
        self._now = now

    @property
    def retried(self) -> int:
        return self._sender.retried

    async def get(self, build_id: int, chrootname: str, until: float = math.inf) -> ChrootStatus:
        request = self._request("build-chroot", arguments.of_chroot(build_id, chrootname))
        return await self._fetch(read_chroot, request, until)

    async def get_list(
        self, build_id: int, limit: int | None, offset: int | None, order_type: str | None
    ) -> ChrootPage:
        request = self._request("build-chroot/list", arguments.of_page(build_id, limit, offset, order_type))
        return await self._fetch(read_page, request)

    async def get_next(
        self, build_id: int, limit: int | None, offset: int, order_type: str | None, until: float = math.inf
    ) -> ChrootPage:
        """The page that begins there, of those that are read one after the other.

        :raises PagingError: for another page, as reading on from there might never end.
        """
        request = self._request("build-chroot/list", arguments.of_page(build_id, limit, offset or None, order_type))
        page = await self._fetch(read_page, request, until)
        if page.offset != offset:
            problem = f"requested the chroots from offset {offset} on, and got those from offset {page.offset} on"
            raise PagingError(f"{problem}; the service does not page correctly", request, 200)
        if offset + len(page) > MOST_CHROOTS:
            problem = f"got more than {MOST_CHROOTS} chroots of one build"
            raise PagingError(f"{problem}; the service does not page correctly", request, 200)
        return page

    async def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        said = arguments.of_chroot(build_id, chrootname)
        return await self._fetch(read_config, self._request("build-chroot/build-config", said))

    async def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        said = arguments.of_chroot(build_id, chrootname)
        return await self._fetch(read_packages, self._request("build-chroot/built-packages", said))

    async def get_document(self, path: str, said: Mapping[str, int | str]) -> Mapping[str, object]:
        request = self._request(arguments.path("path", path), arguments.of_document(said))
        return await self._fetch(checks.mapping, request)

    async def wait_for_one(
        self, build_id: int, chrootname: str, timeout: float, poll: float, on_progress: OnProgress | None
    ) -> ChrootStatus:
        async def look(until: float) -> tuple[ChrootStatus, ...]:
            return (await self.get(build_id, chrootname, until),)

        (status,) = await self._until_ended(build_id, look, timeout, poll, on_progress)
        return status

    async def wait_for_all(
        self, build_id: int, timeout: float, poll: float, on_progress: OnProgress | None
    ) -> tuple[ChrootStatus, ...]:
        async def look(until: float) -> tuple[ChrootStatus, ...]:
            """Every page, whatever limit the service sets."""
            items: tuple[ChrootStatus, ...] = ()
            offset: int | None = 0
            while offset is not None:
                page = await self.get_next(build_id, None, offset, None, until)
                items += page.items
                offset = page.next_offset
            return items

        return await self._until_ended(build_id, look, timeout, poll, on_progress)

    async def _until_ended(
        self,
        build_id: int,
        look: Callable[[float], Awaitable[tuple[ChrootStatus, ...]]],
        timeout: float,
        poll: float,
        on_progress: OnProgress | None,
    ) -> tuple[ChrootStatus, ...]:
        """Look until all have ended; a build that has no chroots yet has not."""
        if not checks.amount("poll", poll):
            raise InputError("poll", "0 would ask without end; expected how many seconds to leave between asking")
        if on_progress is not None:
            arguments.function("on_progress", on_progress)
        deadline = self._now() + checks.amount("timeout", timeout)
        statuses: tuple[ChrootStatus, ...] = ()
        while True:
            asked = self._now()
            try:
                statuses = await look(deadline)
            except _OutOfTimeError as error:
                raise _wait_timeout(build_id, timeout, statuses) from error
            if on_progress is not None:
                on_progress(statuses)
            if statuses and all(status.is_final for status in statuses):
                return statuses
            next_ask = asked + poll
            if next_ask > deadline:
                await self._sleep(max(deadline - self._now(), 0))
                raise _wait_timeout(build_id, timeout, statuses)
            await self._sleep(max(next_ask - self._now(), 0))

    def _request(self, path: str, said: arguments.Arguments) -> httpx.Request:
        try:
            # Not by httpx's own joining, for which a path with a colon has a scheme.
            return self._http.build_request("GET", f"{self._http.base_url}{path}", params=said)
        except httpx.InvalidURL as error:
            raise InputError("arguments", f"they make no URL: {error}") from None

    async def _fetch(self, read: Callable[[str, object], T], request: httpx.Request, until: float = math.inf) -> T:
        """What is read out of an answer.

        :param until: when waiting for it is over, if that is before the timeout of each call.
        :raises ClientError: of the kind that says what came instead; of none, where it cannot be read so.
        """
        left = until - self._now()
        try:
            document = await self._sender.fetch(request, min(self._timeout, left))
        except RequestTimeoutError as error:
            if error.status is None and left < self._timeout:
                raise _OutOfTimeError from error
            raise
        try:
            return read("", document)
        except InputError as error:
            raise ClientError(f"the answer has another form than was asked for: {error}", request, 200) from error


class _OutOfTimeError(Exception):
    """The time of a wait is over, and not only that of a call."""


def _wait_timeout(build_id: int, timeout: float, statuses: tuple[ChrootStatus, ...]) -> WaitTimeoutError:
    return WaitTimeoutError(build_id, timeout, {status.name: status.state for status in statuses})
