"""The two clients, which differ only in how they send and pause."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from inspect import isawaitable
from types import TracebackType
from typing import Literal, TypeVar, cast, overload

import anyio
import httpx

from ..model.project import COPR_URL
from . import arguments
from .bodies import Body
from .calls import MAX_BODY, Calls, HttpOptions, Limits, OnProgress, http_options
from .results import BuildConfig, BuiltPackage, ChrootPage, ChrootStatus

T = TypeVar("T")

OrderType = Literal["ASC", "DESC"]

HOUR = 3600


class CoprClient:
    """A client of the ``build-chroot`` API.

    :param url: where Copr is, without ``/api_3``.
    :param transport: an ``httpx`` transport to send through, such as ``FakeCopr.transport``.
    :param timeout: how long a call may take until its answer is complete, in seconds, with everything that it waits
        for: connections, retries and the pauses between them.
    :param retries: how often to try again what was answered 429, 502, 503 or 504, or where the connection failed, with
        pauses of 1, 2, 4, … seconds, or longer if ``Retry-After`` says so; 0 turns it off.
    :param max_body: how many bytes the body of an answer may have, compressed or not.
    :param sleep: what pauses for so many seconds.
    :param now: what tells the time that waiting takes, in seconds.
    :raises InputError: naming the argument that cannot be, as every call does before it sends anything.

    Every call raises a :class:`~copr_chroot_fake.client.errors.ClientError`, of the kind that says what came instead of
    the answer.
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
        limits = Limits.of(timeout, retries, max_body)
        arguments.transport("transport", transport, httpx.BaseTransport)
        arguments.function("sleep", sleep)
        http = self._http = httpx.Client(transport=transport or _sockets(options), **options)

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

        self._calls = Calls(http, send, pause, arguments.function("now", now), limits)

    def __enter__(self) -> CoprClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that it holds; the transport that it was given too."""
        self._http.close()

    @property
    def retried(self) -> int:
        """How many requests have been tried again so far."""
        return self._calls.retried

    def get(self, build_id: int, chrootname: str) -> ChrootStatus:
        """How one build chroot is doing."""
        return _finished(self._calls.get(build_id, chrootname))

    def get_list(
        self,
        build_id: int,
        *,
        limit: int | None = None,
        offset: int | None = None,
        order_type: OrderType | None = None,
    ) -> ChrootPage:
        """One page of a build's chroots."""
        return _finished(self._calls.get_list(build_id, limit, offset, order_type))

    def iter_all(
        self, build_id: int, *, limit: int | None = None, order_type: OrderType | None = None
    ) -> Iterator[ChrootStatus]:
        """Every chroot of a build, asking for pages of ``limit`` or of the service's own size as they are needed."""
        offset: int | None = 0
        while offset is not None:
            page = _finished(self._calls.get_next(build_id, limit, offset, order_type))
            yield from page
            offset = page.next_offset

    def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        """The configuration that a chroot is built with."""
        return _finished(self._calls.get_build_config(build_id, chrootname))

    def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        """The packages that came out of a chroot."""
        return _finished(self._calls.get_built_packages(build_id, chrootname))

    def get_document(self, path: str, **arguments: int | str) -> Mapping[str, object]:
        """What any path below ``/api_3`` answers, as it came, such as ``build/7``, with arguments for its query."""
        return _finished(self._calls.get_document(path, arguments))

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
        """Wait until a chroot, or all of a build, has ended, whichever way.

        :param timeout: seconds after which to give up.
        :param poll: seconds from asking to asking again, at least.
        :param on_progress: called with the chroots each time that they have been asked for.
        :raises WaitTimeoutError: with the states that were seen last.
        """
        if chrootname is None:
            return _finished(self._calls.wait_for_all(build_id, timeout, poll, on_progress))
        return _finished(self._calls.wait_for_one(build_id, chrootname, timeout, poll, on_progress))


def _sockets(options: HttpOptions) -> httpx.BaseTransport:
    # Loaded only where requests leave the process.
    from .deadlines import DeadlineTransport

    url = options["base_url"]
    return DeadlineTransport(url, httpx.create_ssl_context() if url.scheme == "https" else None)


def _awaiting(sleep: Callable[[float], object]) -> Callable[[float], Awaitable[object]]:
    async def pause(seconds: float) -> None:
        paused = sleep(seconds)
        if isawaitable(paused):
            await paused

    return pause


def _finished(call: Coroutine[object, None, T]) -> T:
    """The result of a call that awaits only what has its result at once."""
    try:
        call.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("a call of the sync client has waited for an event loop")


class AsyncCoprClient:
    """:class:`CoprClient` for ``async`` code; what ``sleep`` returns is awaited where it can be."""

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
        limits = Limits.of(timeout, retries, max_body)
        arguments.transport("transport", transport, httpx.AsyncBaseTransport)
        # anyio sleeps, and cancels what takes too long, in whichever event loop runs, asyncio's or trio's.
        pause = _awaiting(anyio.sleep if sleep is None else arguments.function("sleep", sleep))
        http = self._http = httpx.AsyncClient(transport=transport, **options)

        async def send(request: httpx.Request, body: Body, seconds: float) -> httpx.Response:
            with anyio.fail_after(seconds) as scope:
                response = await http.send(request, stream=True)
                try:
                    is_over = False
                    async for piece in cast(httpx.AsyncByteStream, response.stream):
                        # A stream that is canceled ends all the generators that it consists of, and trio warns of those
                        # that are left behind. Only one that never waits is not canceled.
                        if is_over:
                            break
                        if not body.add(piece):
                            is_over = True
                            scope.cancel()
                finally:
                    await response.aclose()
            return response

        self._calls = Calls(http, send, pause, arguments.function("now", now), limits)

    async def __aenter__(self) -> AsyncCoprClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections that it holds; the transport that it was given too."""
        await self._http.aclose()

    @property
    def retried(self) -> int:
        """How many requests have been tried again so far."""
        return self._calls.retried

    async def get(self, build_id: int, chrootname: str) -> ChrootStatus:
        """How one build chroot is doing."""
        return await self._calls.get(build_id, chrootname)

    async def get_list(
        self,
        build_id: int,
        *,
        limit: int | None = None,
        offset: int | None = None,
        order_type: OrderType | None = None,
    ) -> ChrootPage:
        """One page of a build's chroots."""
        return await self._calls.get_list(build_id, limit, offset, order_type)

    async def iter_all(
        self, build_id: int, *, limit: int | None = None, order_type: OrderType | None = None
    ) -> AsyncIterator[ChrootStatus]:
        """Every chroot of a build, asking for pages of ``limit`` or of the service's own size as they are needed."""
        offset: int | None = 0
        while offset is not None:
            page = await self._calls.get_next(build_id, limit, offset, order_type)
            for status in page:
                yield status
            offset = page.next_offset

    async def get_build_config(self, build_id: int, chrootname: str) -> BuildConfig:
        """The configuration that a chroot is built with."""
        return await self._calls.get_build_config(build_id, chrootname)

    async def get_built_packages(self, build_id: int, chrootname: str) -> tuple[BuiltPackage, ...]:
        """The packages that came out of a chroot."""
        return await self._calls.get_built_packages(build_id, chrootname)

    async def get_document(self, path: str, **arguments: int | str) -> Mapping[str, object]:
        """What any path below ``/api_3`` answers, as it came, such as ``build/7``, with arguments for its query."""
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
        """Wait until a chroot, or all of a build, has ended, whichever way; as :meth:`CoprClient.wait`."""
        if chrootname is None:
            return await self._calls.wait_for_all(build_id, timeout, poll, on_progress)
        return await self._calls.wait_for_one(build_id, chrootname, timeout, poll, on_progress)
