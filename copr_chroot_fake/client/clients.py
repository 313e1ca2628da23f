"""The sync and the async client, which differ only in how they send and sleep."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from inspect import isawaitable
from typing import Literal, TypeVar, cast, overload

import anyio
import httpx

from ..model.project import COPR_URL
from . import arguments
from .bodies import Body
from .calls import MAX_BODY, Calls, OnProgress, http_options
from .results import BuildConfig, BuiltPackage, ChrootPage, ChrootStatus

T = TypeVar("T")

OrderType = Literal["ASC", "DESC"]

HOUR = 3600


class CoprClient:
    """A client of the ``build-chroot`` API.

    :param url: Copr's address, without ``/api_3``.
    :param transport: an ``httpx`` transport, such as ``FakeCopr.transport``.
    :param timeout: seconds until a call's response must be complete, including connecting, retries and the pauses
        between them.
    :param retries: how often to retry after status 429, 502, 503 or 504 or a failed connection, with pauses of 1, 2,
        4, … seconds, or longer if ``Retry-After`` requires it; 0 disables retries.
    :param max_body: the maximum size of a response body in bytes, both compressed and decompressed.
    :param sleep: the function that pauses for some seconds.
    :param now: the clock that measures timeouts, in seconds.
    :raises InputError: for an invalid argument. Calls raise it too, before they send anything.

    If the service does not return what was requested, calls raise a subclass of
    :class:`~copr_chroot_fake.ClientError`.
    """

    def __init__(
        self,
        url: str = COPR_URL,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 30,
        retries: int = 3,
        max_body: int = MAX_BODY,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        options = http_options(url, transport is not None)
        arguments.transport(transport, httpx.BaseTransport)
        arguments.function("sleep", sleep)
        http = self._http = httpx.Client(transport=transport or _socket_transport(options["base_url"]), **options)

        async def pause(seconds: float) -> None:
            sleep(seconds)

        async def send(request: httpx.Request, body: Body, seconds: float) -> httpx.Response:
            response = http.send(request, stream=True)
            try:
                for piece in cast(httpx.SyncByteStream, response.stream):
                    if not body.add(piece):
                        break
            finally:
                response.close()
            return response

        self._calls = Calls(http, send, pause, now, timeout, retries, max_body)

    def __enter__(self) -> CoprClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and the transport."""
        self._http.close()

    @property
    def retried(self) -> int:
        """The number of retries so far."""
        return self._calls.sender.retried

    def get(self, build_id: int, chrootname: str) -> ChrootStatus:
        """Return the status of a build chroot."""
        return _run(self._calls.get(build_id, chrootname))

    def get_list(
        self,
        build_id: int,
        *,
        limit: int | None = None,
        offset: int | None = None,
        order_type: OrderType | None = None,
    ) -> ChrootPage:
        """Return a page of a build's chroots."""
        return _run(self._calls.get_list(build_id, limit, offset, order_type))

    def iter_all(
        self, build_id: int, *, limit: int | None = None, order_type: OrderType | None = None
    ) -> Iterator[ChrootStatus]:
        """Iterate over all chroots of a build; request pages of ``limit`` (or the service's default) as needed."""
        offset: int | None = 0
        while offset is not None:
            page = _run(self._calls.get_next(build_id, limit, offset, order_type))
            yield from page
            offset = page.next_offset

    def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        """Return the build configuration of a chroot."""
        return _run(self._calls.get_build_config(build_id, chrootname))

    def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        """Return the packages built in a chroot."""
        return _run(self._calls.get_built_packages(build_id, chrootname))

    def get_document(self, path: str, **arguments: int | str) -> Mapping[str, object]:
        """Return the JSON object at any path below ``/api_3``, such as ``build/7``; ``arguments`` become the query."""
        return _run(self._calls.get_document(path, arguments))

    @overload
    def wait(
        self, build_id: int, chrootname: str, *, timeout: float = HOUR, poll: float = 30, on_progress: OnProgress = ...
    ) -> ChrootStatus: ...

    @overload
    def wait(
        self,
        build_id: int,
        chrootname: None = None,
        *,
        timeout: float = HOUR,
        poll: float = 30,
        on_progress: OnProgress = ...,
    ) -> tuple[ChrootStatus, ...]: ...

    def wait(
        self,
        build_id: int,
        chrootname: str | None = None,
        *,
        timeout: float = HOUR,
        poll: float = 30,
        on_progress: OnProgress | None = None,
    ) -> ChrootStatus | tuple[ChrootStatus, ...]:
        """Wait until a chroot, or every chroot of a build, has ended in any state.

        :param timeout: seconds after which to give up.
        :param poll: seconds from one poll to the next.
        :param on_progress: called with the chroots after each poll.
        :raises WaitTimeoutError: with the last states.
        """
        return _run(self._calls.wait(build_id, chrootname, timeout, poll, on_progress))


def _socket_transport(url: httpx.URL) -> httpx.BaseTransport:
    # Imported late: in-process clients do not need it.
    from .deadlines import DeadlineTransport

    return DeadlineTransport(url, httpx.create_ssl_context() if url.scheme == "https" else None)


def _async_sleep(sleep: Callable[[float], object]) -> Callable[[float], Awaitable[object]]:
    async def pause(seconds: float) -> None:
        paused = sleep(seconds)
        if isawaitable(paused):
            await paused

    return pause


def _run(call: Coroutine[object, None, T]) -> T:
    """Run a coroutine that never suspends; return its result."""
    try:
        call.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("a call of the sync client suspended")


class AsyncCoprClient:
    """:class:`CoprClient` for ``async`` code; ``sleep`` may be a coroutine function or a plain one."""

    def __init__(
        self,
        url: str = COPR_URL,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 30,
        retries: int = 3,
        max_body: int = MAX_BODY,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        options = http_options(url, transport is not None)
        arguments.transport(transport, httpx.AsyncBaseTransport)
        # anyio works with both asyncio and trio.
        pause = _async_sleep(anyio.sleep if sleep is None else arguments.function("sleep", sleep))
        http = self._http = httpx.AsyncClient(transport=transport, **options)

        async def send(request: httpx.Request, body: Body, seconds: float) -> httpx.Response:
            with anyio.fail_after(seconds) as scope:
                response = await http.send(request, stream=True)
                try:
                    is_over = False
                    async for piece in cast(httpx.AsyncByteStream, response.stream):
                        # Cancel instead of leaving the loop: that closes the generators inside the stream, which
                        # trio warns about otherwise. A stream that never suspends is not canceled, so leave then.
                        if is_over:
                            break
                        if not body.add(piece):
                            is_over = True
                            scope.cancel()
                finally:
                    await response.aclose()
            return response

        self._calls = Calls(http, send, pause, now, timeout, retries, max_body)

    async def __aenter__(self) -> AsyncCoprClient:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections, and the transport."""
        await self._http.aclose()

    @property
    def retried(self) -> int:
        """The number of retries so far."""
        return self._calls.sender.retried

    async def get(self, build_id: int, chrootname: str) -> ChrootStatus:
        """Return the status of a build chroot."""
        return await self._calls.get(build_id, chrootname)

    async def get_list(
        self,
        build_id: int,
        *,
        limit: int | None = None,
        offset: int | None = None,
        order_type: OrderType | None = None,
    ) -> ChrootPage:
        """Return a page of a build's chroots."""
        return await self._calls.get_list(build_id, limit, offset, order_type)

    async def iter_all(
        self, build_id: int, *, limit: int | None = None, order_type: OrderType | None = None
    ) -> AsyncIterator[ChrootStatus]:
        """Iterate over all chroots of a build; request pages of ``limit`` (or the service's default) as needed."""
        offset: int | None = 0
        while offset is not None:
            page = await self._calls.get_next(build_id, limit, offset, order_type)
            for status in page:
                yield status
            offset = page.next_offset

    async def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        """Return the build configuration of a chroot."""
        return await self._calls.get_build_config(build_id, chrootname)

    async def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        """Return the packages built in a chroot."""
        return await self._calls.get_built_packages(build_id, chrootname)

    async def get_document(self, path: str, **arguments: int | str) -> Mapping[str, object]:
        """Return the JSON object at any path below ``/api_3``, such as ``build/7``; ``arguments`` become the query."""
        return await self._calls.get_document(path, arguments)

    @overload
    async def wait(
        self, build_id: int, chrootname: str, *, timeout: float = HOUR, poll: float = 30, on_progress: OnProgress = ...
    ) -> ChrootStatus: ...

    @overload
    async def wait(
        self,
        build_id: int,
        chrootname: None = None,
        *,
        timeout: float = HOUR,
        poll: float = 30,
        on_progress: OnProgress = ...,
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
        """Wait until a chroot, or every chroot of a build, has ended; see :meth:`CoprClient.wait`."""
        return await self._calls.wait(build_id, chrootname, timeout, poll, on_progress)
