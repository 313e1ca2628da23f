"""The calls of the API: which request each sends, what it reads out of the answer, and how waiting goes.

They are written once, to be awaited. The sync client runs them, too: what it sends and how it pauses never waits for an
event loop, so each is finished when it is first run.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import TypedDict, TypeVar, cast

import httpx

from .. import checks
from ..errors import InputError
from .errors import ClientError, WaitTimeoutError
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
from .sending import Sender

T = TypeVar("T")

OnProgress = Callable[[tuple[ChrootStatus, ...]], object]
"""Called with all chroots that are waited for, each time that they have been asked for."""


class HttpOptions(TypedDict, total=False):
    """How both kinds of ``httpx`` client are made."""

    base_url: httpx.URL
    timeout: float
    verify: ssl.SSLContext


def http_options(url: str, timeout: float, has_transport: bool) -> HttpOptions:
    try:
        base_url = httpx.URL(f"{checks.address('url', url)}/api_3/")
    except httpx.InvalidURL as error:
        raise InputError("url", f"{checks.shown(url)} is no address: {error}") from None
    options: HttpOptions = {"base_url": base_url, "timeout": checks.amount("timeout", timeout)}
    if has_transport or base_url.scheme == "http":
        # Making a context takes milliseconds, and nothing would use it; httpx takes what it is given for one.
        options["verify"] = cast(ssl.SSLContext, None)
    return options


class Calls:
    """What both clients do; ``send`` and ``sleep`` are where they differ."""

    def __init__(
        self,
        http: httpx.Client | httpx.AsyncClient,
        send: Callable[[httpx.Request], Awaitable[httpx.Response]],
        sleep: Callable[[float], Awaitable[object]],
        retries: int,
        now: Callable[[], float],
    ) -> None:
        self._http = http
        self._sender = Sender(send, sleep, checks.whole_number("retries", retries))
        self._sleep = sleep
        self._now = now

    @property
    def retried(self) -> int:
        return self._sender.retried

    async def get(self, build_id: int, chrootname: str) -> ChrootStatus:
        return await self._fetch(read_chroot, "build-chroot", build_id=build_id, chrootname=chrootname)

    async def get_list(
        self, build_id: int, limit: int | None, offset: int | None, order_type: str | None
    ) -> ChrootPage:
        path = "build-chroot/list"
        return await self._fetch(read_page, path, build_id=build_id, limit=limit, offset=offset, order_type=order_type)

    async def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        path = "build-chroot/build-config"
        return await self._fetch(read_config, path, build_id=build_id, chrootname=chrootname)

    async def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        path = "build-chroot/built-packages"
        return await self._fetch(read_packages, path, build_id=build_id, chrootname=chrootname)

    async def get_document(self, path: str, arguments: Mapping[str, int | str]) -> Mapping[str, object]:
        return await self._fetch(checks.mapping, path, **arguments)

    async def wait_for_one(
        self, build_id: int, chrootname: str, timeout: float, poll: float, on_progress: OnProgress | None
    ) -> ChrootStatus:
        async def look() -> tuple[ChrootStatus, ...]:
            return (await self.get(build_id, chrootname),)

        (status,) = await self._until_ended(build_id, look, timeout, poll, on_progress)
        return status

    async def wait_for_all(
        self, build_id: int, timeout: float, poll: float, on_progress: OnProgress | None
    ) -> tuple[ChrootStatus, ...]:
        async def look() -> tuple[ChrootStatus, ...]:
            """Every page, whatever limit the service sets."""
            items: tuple[ChrootStatus, ...] = ()
            offset: int | None = 0
            while offset is not None:
                page = await self.get_list(build_id, None, offset or None, None)
                items += page.items
                offset = page.next_offset
            return items

        return await self._until_ended(build_id, look, timeout, poll, on_progress)

    async def _until_ended(
        self,
        build_id: int,
        look: Callable[[], Awaitable[tuple[ChrootStatus, ...]]],
        timeout: float,
        poll: float,
        on_progress: OnProgress | None,
    ) -> tuple[ChrootStatus, ...]:
        """Look until all have ended; a build that has no chroots yet has not."""
        if not checks.amount("poll", poll):
            raise InputError("poll", "0 would ask without end; expected how many seconds to leave between asking")
        deadline = self._now() + checks.amount("timeout", timeout)
        while True:
            asked = self._now()
            statuses = await look()
            if on_progress is not None:
                on_progress(statuses)
            if statuses and all(status.is_final for status in statuses):
                return statuses
            next_ask = asked + poll
            if next_ask > deadline:
                await self._sleep(max(deadline - self._now(), 0))
                raise WaitTimeoutError(build_id, timeout, {status.name: status.state for status in statuses})
            await self._sleep(max(next_ask - self._now(), 0))

    async def _fetch(self, read: Callable[[str, object], T], path: str, /, **arguments: int | str | None) -> T:
        """What is read out of an answer.

        :raises ClientError: of the kind that says what came instead; of none, where it cannot be read so.
        """
        said = {name: value for name, value in arguments.items() if value is not None}
        request = self._http.build_request("GET", path, params=said)
        document = await self._sender.fetch(request)
        try:
            return read("", document)
        except InputError as error:
            raise ClientError(f"the answer has another form than was asked for: {error}", request, 200) from error
