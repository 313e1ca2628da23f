"""The calls of the API: the request of each, how its response is parsed, and how ``wait`` polls.

The calls are coroutines, written once for both clients. The sync client runs them without an event loop: its ``send``
and ``sleep`` never suspend, so a coroutine finishes on the first step.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

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
    parse_chroot,
    parse_config,
    parse_packages,
    parse_page,
)
from .sending import Send, Sender

T = TypeVar("T")

OnProgress = Callable[[tuple[ChrootStatus, ...]], object]
"""Called with all chroots of a wait after each poll."""

MAX_BODY = 16 * 2**20
"""Default of ``max_body``, in bytes."""

MAX_CHROOTS = 100_000
"""The maximum number of chroots to read page by page; a service that returns more probably never ends."""


def http_options(url: str, has_transport: bool) -> dict[str, Any]:
    """Return the options of both kinds of ``httpx`` client for a URL, which may contain a user and a password."""
    parsed = arguments.url(url)
    options: dict[str, Any] = {
        # Credentials go into a header only: URLs are printed in many places, headers without secrets.
        "base_url": parsed.copy_with(userinfo=b""),
        # Body supports no other encoding.
        "headers": {"Accept-Encoding": "gzip"},
        # The API needs no cookies, and a client may run for days.
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    }
    if parsed.userinfo:
        options["auth"] = (parsed.username, parsed.password)
    if has_transport or parsed.scheme == "http":
        # Nothing would use an SSL context, and making one takes milliseconds; httpx does not check the value.
        options["verify"] = None
    return options


class Calls:
    """The calls of both clients, which differ in ``send`` and ``sleep``.

    :raises InputError: for an invalid argument of a client.
    """

    def __init__(
        self,
        http: httpx.Client | httpx.AsyncClient,
        send: Send,
        sleep: Callable[[float], Awaitable[object]],
        now: Callable[[], float],
        timeout: float,
        retries: int,
        max_body: int,
    ) -> None:
        self._http = http
        self._timeout = checks.amount("timeout", timeout)
        self.sender = Sender(
            send,
            sleep,
            arguments.function("now", now),
            checks.whole_number("retries", retries),
            checks.positive("max_body", max_body),
        )

    async def get(self, build_id: int, chrootname: str, until: float = math.inf) -> ChrootStatus:
        request = self._request("build-chroot", arguments.chroot_query(build_id, chrootname))
        return await self._fetch(parse_chroot, request, until)

    async def get_list(
        self, build_id: int, limit: int | None, offset: int | None, order_type: str | None
    ) -> ChrootPage:
        request = self._request("build-chroot/list", arguments.page_query(build_id, limit, offset, order_type))
        return await self._fetch(parse_page, request)

    async def get_next(
        self, build_id: int, limit: int | None, offset: int, order_type: str | None, until: float = math.inf
    ) -> ChrootPage:
        """Return the page that starts at ``offset``, when reading page by page.

        :raises PagingError: if the service returns another page, because reading on might never end.
        """
        request = self._request("build-chroot/list", arguments.page_query(build_id, limit, offset or None, order_type))
        page = await self._fetch(parse_page, request, until)
        if page.offset != offset:
            problem = f"requested the page at offset {offset}, got the one at offset {page.offset}"
            raise PagingError(f"{problem}; the service does not page correctly", request, 200)
        if offset + len(page) > MAX_CHROOTS:
            problem = f"got more than {MAX_CHROOTS} chroots of one build"
            raise PagingError(f"{problem}; the service does not page correctly", request, 200)
        return page

    async def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        query = arguments.chroot_query(build_id, chrootname)
        return await self._fetch(parse_config, self._request("build-chroot/build-config", query))

    async def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        query = arguments.chroot_query(build_id, chrootname)
        return await self._fetch(parse_packages, self._request("build-chroot/built-packages", query))

    async def get_document(self, path: str, query: Mapping[str, int | str]) -> Mapping[str, object]:
        request = self._request(arguments.path(path), arguments.any_query(query))
        return await self._fetch(checks.mapping, request)

    async def wait(
        self, build_id: int, chrootname: str | None, timeout: float, poll: float, on_progress: OnProgress | None
    ) -> ChrootStatus | tuple[ChrootStatus, ...]:
        """Poll until all chroots have ended. A build without chroots has not ended: they appear after its import."""
        poll = checks.amount("poll", poll)
        timeout = checks.amount("timeout", timeout)
        if not poll:
            raise InputError("poll", "0 would poll without a pause; expected seconds")
        if on_progress is not None:
            arguments.function("on_progress", on_progress)
        deadline = self.sender.now() + timeout
        statuses: tuple[ChrootStatus, ...] = ()
        while True:
            polled_at = self.sender.now()
            try:
                statuses = await self._poll(build_id, chrootname, deadline)
            except _OutOfTimeError as error:
                raise self._wait_timeout(build_id, chrootname, timeout, statuses) from error
            if on_progress is not None:
                on_progress(statuses)
            if statuses and all(status.is_final for status in statuses):
                return statuses if chrootname is None else statuses[0]
            next_poll = polled_at + poll
            if next_poll > deadline:
                await self.sender.sleep(max(deadline - self.sender.now(), 0))
                raise self._wait_timeout(build_id, chrootname, timeout, statuses)
            await self.sender.sleep(max(next_poll - self.sender.now(), 0))

    def _wait_timeout(
        self, build_id: int, chrootname: str | None, timeout: float, statuses: tuple[ChrootStatus, ...]
    ) -> WaitTimeoutError:
        if chrootname is None:
            request = self._request("build-chroot/list", arguments.page_query(build_id, None, None, None))
        else:
            request = self._request("build-chroot", arguments.chroot_query(build_id, chrootname))
        return WaitTimeoutError(build_id, timeout, {status.name: status.state for status in statuses}, request)

    async def _poll(self, build_id: int, chrootname: str | None, until: float) -> tuple[ChrootStatus, ...]:
        """Return the status of a chroot, or of all chroots of a build, whatever the length of its pages."""
        if chrootname is not None:
            return (await self.get(build_id, chrootname, until),)
        items: tuple[ChrootStatus, ...] = ()
        offset: int | None = 0
        while offset is not None:
            page = await self.get_next(build_id, None, offset, None, until)
            items += page.items
            offset = page.next_offset
        return items

    def _request(self, path: str, query: arguments.Arguments) -> httpx.Request:
        try:
            # httpx's base_url would take a path with a colon for a URL with a scheme.
            return self._http.build_request("GET", f"{self._http.base_url}{path}", params=query)
        except httpx.InvalidURL as error:
            raise InputError("arguments", f"cannot be part of a URL: {error}") from None

    async def _fetch(self, parse: Callable[[str, object], T], request: httpx.Request, until: float = math.inf) -> T:
        """Send a request and parse the response.

        :param until: a deadline in addition to the timeout of the call.
        :raises ClientError: if the service does not return what was requested.
        """
        left = until - self.sender.now()
        try:
            document = await self.sender.fetch(request, min(self._timeout, left))
        except RequestTimeoutError as error:
            if error.status is None and left < self._timeout:
                raise _OutOfTimeError from error
            raise
        try:
            return parse("", document)
        except InputError as error:
            raise ClientError(f"unexpected content in the response: {error}", request, 200) from error


class _OutOfTimeError(Exception):
    """The deadline of a wait has passed, not only that of a call."""
