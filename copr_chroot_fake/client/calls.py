"""The calls of the API: the request of each, how its response is parsed, and how ``wait`` polls."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal, TypeVar, overload

import httpx

from ..errors import InputError
from ..validation import checks
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
from .sending import Sender

T = TypeVar("T")

OrderType = Literal["ASC", "DESC"]

OnProgress = Callable[[tuple[ChrootStatus, ...]], object]
"""Called with all chroots of a wait after each poll."""

HOUR = 3600

_PATH = re.compile(r"[^\s/?#]+(/[^\s/?#]+)*/?")


class Calls:
    """The calls as coroutines, which suspend only to send and to sleep."""

    def __init__(self, http: httpx.Client | httpx.AsyncClient, sender: Sender, timeout: float) -> None:
        self._http = http
        self._sender = sender
        self._timeout = timeout

    @property
    def retried(self) -> int:
        """The number of retries so far."""
        return self._sender.retried

    async def get(self, build_id: int, chrootname: str) -> ChrootStatus:
        """Return the status of a build chroot."""
        return await self._fetch(parse_chroot, self._chroot_request("", build_id, chrootname))

    async def get_list(
        self,
        build_id: int,
        *,
        limit: int | None = None,
        offset: int | None = None,
        order_type: OrderType | None = None,
    ) -> ChrootPage:
        """Return a page of a build's chroots."""
        return await self._fetch(parse_page, self._list_request(build_id, limit, offset, order_type))

    def iter_all(
        self, build_id: int, *, limit: int | None = None, order_type: OrderType | None = None
    ) -> AsyncIterator[ChrootStatus]:
        """Iterate over all chroots of a build; request pages of ``limit`` (or the service's default) as needed."""
        return self._iterate(build_id, limit, order_type)

    async def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        """Return the build configuration of a chroot."""
        return await self._fetch(parse_config, self._chroot_request("/build-config", build_id, chrootname))

    async def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        """Return the packages built in a chroot."""
        return await self._fetch(parse_packages, self._chroot_request("/built-packages", build_id, chrootname))

    async def get_document(self, /, path: str, **arguments: int | str) -> Mapping[str, object]:
        """Return the JSON object at any path below ``/api_3``, such as ``build/7``; ``arguments`` become the query."""
        text = checks.text("path", path)
        if not (_PATH.fullmatch(text) and text.isprintable()) or not {".", ".."}.isdisjoint(text.split("/")):
            raise InputError("path", f"{checks.excerpt(path)} is no path; expected one below /api_3, such as build/7")
        query = {name: _integer_or_text(name, value) for name, value in arguments.items()}
        return await self._fetch(checks.mapping, self._request(text, query))

    @overload
    async def wait(
        self, build_id: int, chrootname: str, *, timeout: float = HOUR, poll: float = 30, on_progress: OnProgress = ...
    ) -> ChrootStatus: ...

    @overload
    async def wait(
        self, build_id: int, *, timeout: float = HOUR, poll: float = 30, on_progress: OnProgress = ...
    ) -> tuple[ChrootStatus, ...]: ...

    async def wait(
        self,
        build_id: int,
        chrootname: str | None = None,
        *,
        timeout: float = HOUR,
        poll: float = 30,
        on_progress: OnProgress | None = None,
    ) -> ChrootStatus | tuple[ChrootStatus, ...]:
        """Wait until a chroot, or every chroot of a build, has ended in any state.

        A build without chroots has not ended: they appear after its import.

        :param timeout: seconds after which to give up.
        :param poll: seconds from one poll to the next.
        :param on_progress: called with the chroots after each poll.
        :raises WaitTimeoutError: with the last states.
        """
        poll, timeout = _check_wait(poll, timeout, on_progress)
        now = self._sender.now
        deadline = now() + timeout
        statuses: tuple[ChrootStatus, ...] = ()
        while True:
            next_poll = now() + poll
            try:
                statuses = await self._poll(build_id, chrootname, deadline)
            except RequestTimeoutError as error:
                if now() < deadline:
                    raise
                raise self._wait_timeout(build_id, chrootname, timeout, statuses) from error
            if on_progress is not None:
                on_progress(statuses)
            if statuses and all(status.is_final for status in statuses):
                return statuses if chrootname is None else statuses[0]
            await self._sender.sleep(max(min(next_poll, deadline) - now(), 0))
            if next_poll > deadline:
                raise self._wait_timeout(build_id, chrootname, timeout, statuses)

    def _wait_timeout(
        self, build_id: int, chrootname: str | None, timeout: float, statuses: tuple[ChrootStatus, ...]
    ) -> WaitTimeoutError:
        request = self._chroot_request("", build_id, chrootname) if chrootname else self._list_request(build_id)
        return WaitTimeoutError(build_id, timeout, {status.name: status.state for status in statuses}, request)

    async def _poll(self, build_id: int, chrootname: str | None, until: float) -> tuple[ChrootStatus, ...]:
        if chrootname is None:
            return tuple([status async for status in self._iterate(build_id, until=until)])
        return (await self._fetch(parse_chroot, self._chroot_request("", build_id, chrootname), until),)

    async def _iterate(
        self, build_id: int, limit: int | None = None, order_type: OrderType | None = None, until: float = math.inf
    ) -> AsyncIterator[ChrootStatus]:
        """Iterate over all chroots of a build, page by page.

        :raises PagingError: if the service returns another page than requested, because reading on might never end.
        """
        offset: int | None = 0
        while offset is not None:
            request = self._list_request(build_id, limit, offset or None, order_type)
            page = await self._fetch(parse_page, request, until)
            if page.offset != offset:
                problem = f"requested the page at offset {offset}, got the one at offset {page.offset}"
                raise PagingError(f"{problem}; the service does not page correctly", request, 200)
            for status in page:
                yield status
            offset = page.next_offset

    def _chroot_request(self, endpoint: str, build_id: object, chrootname: object) -> httpx.Request:
        number, name = checks.whole_number("build_id", build_id), checks.text("chrootname", chrootname)
        return self._request(f"build-chroot{endpoint}", {"build_id": number, "chrootname": name})

    def _list_request(
        self, build_id: object, limit: object = None, offset: object = None, order_type: object = None
    ) -> httpx.Request:
        query: dict[str, int | str | None] = {
            "build_id": checks.whole_number("build_id", build_id),
            "limit": checks.optional(checks.whole_number)("limit", limit),
            "offset": checks.optional(checks.whole_number)("offset", offset),
            "order_type": checks.optional(checks.one_of(("ASC", "DESC")))("order_type", order_type),
        }
        return self._request("build-chroot/list", {name: value for name, value in query.items() if value is not None})

    def _request(self, path: str, query: Mapping[str, int | str]) -> httpx.Request:
        try:
            # httpx's base_url would take a path with a colon for a URL with a scheme.
            return self._http.build_request("GET", f"{self._http.base_url}{path}", params=query)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise InputError("arguments", f"cannot be part of a URL: {error}") from None

    async def _fetch(self, parse: Callable[[str, object], T], request: httpx.Request, until: float = math.inf) -> T:
        """Send a request and parse the response.

        :param until: a deadline in addition to the timeout of the call.
        :raises ClientError: for an unexpected response.
        """
        document = await self._sender.fetch(request, min(self._timeout, until - self._sender.now()))
        try:
            return parse("", document)
        except InputError as error:
            raise ClientError(f"unexpected content in the response: {error.errors[0]}", request, 200) from error


def check_function(location: str, value: T) -> T:
    """Check that an argument is callable."""
    if not callable(value):
        raise InputError(location, f"expected a function, got {checks.excerpt(value)}")
    return value


def _check_wait(poll: object, timeout: object, on_progress: object) -> tuple[float, float]:
    """Check the arguments of ``wait``; return ``poll`` and ``timeout``."""
    seconds = checks.amount("poll", poll), checks.amount("timeout", timeout)
    if not seconds[0]:
        raise InputError("poll", "0 would poll without a pause; expected seconds")
    if on_progress is not None:
        check_function("on_progress", on_progress)
    return seconds


def _integer_or_text(location: str, value: object) -> int | str:
    is_text = checks.plain_integer(value) is None
    return checks.storable_text(location, value) if is_text else checks.whole_number(location, value)
