"""The sync and the async client, which differ only in how they send and sleep."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from functools import wraps
from inspect import isawaitable
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

import anyio
import httpx

from ..errors import InputError
from ..model.project import COPR_URL
from ..validation import checks
from .calls import HOUR, Calls, OnProgress, OrderType, check_function
from .results import ChrootStatus
from .sending import Sender

T = TypeVar("T")
P = ParamSpec("P")


def _blocking(call: Callable[Concatenate[Calls, P], Awaitable[T]]) -> Callable[Concatenate[CoprClient, P], T]:
    """Return a call as a method of the sync client."""

    @wraps(call)
    def method(self: CoprClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return _run(call(self._calls, *args, **kwargs))

    return method


class CoprClient:
    """A client of the ``build-chroot`` API.

    :param url: Copr's address, without ``/api_3``.
    :param transport: an ``httpx`` transport, such as ``FakeCopr.transport``.
    :param timeout: httpx's timeout of a request in seconds. No retry of a call starts later than that after its
        beginning.
    :param retries: how often to retry after status 429, 502, 503 or 504 or a failed connection, with pauses of 1, 2,
        4, … seconds, or longer if ``Retry-After`` requires it; 0 disables retries.
    :param sleep: the function that pauses for some seconds.
    :param now: the clock for retries and for waiting, in seconds.
    :raises InputError: for an invalid argument. Calls raise it too, before they send anything.

    For an unexpected response, calls raise a subclass of :class:`~copr_chroot_fake.ClientError`.
    """

    def __init__(
        self,
        url: str = COPR_URL,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 30,
        retries: int = 3,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        check_function("sleep", sleep)
        http = self._http = httpx.Client(**http_options(url, transport, httpx.BaseTransport))

        async def send(request: httpx.Request) -> httpx.Response:
            return http.send(request)

        async def pause(seconds: float) -> None:
            sleep(seconds)

        sender = Sender(send, pause, check_function("now", now), checks.whole_number("retries", retries))
        self._calls = Calls(http, sender, checks.amount("timeout", timeout))

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
        return self._calls.retried

    get = _blocking(Calls.get)
    get_list = _blocking(Calls.get_list)
    get_build_config = _blocking(Calls.get_build_config)
    get_built_packages = _blocking(Calls.get_built_packages)
    get_document = _blocking(Calls.get_document)

    def iter_all(
        self, build_id: int, *, limit: int | None = None, order_type: OrderType | None = None
    ) -> Iterator[ChrootStatus]:
        """Iterate over all chroots of a build; request pages of ``limit`` (or the service's default) as needed."""
        return _iterate(self._calls.iter_all(build_id, limit=limit, order_type=order_type))

    @overload
    def wait(
        self, build_id: int, chrootname: str, *, timeout: float = HOUR, poll: float = 30, on_progress: OnProgress = ...
    ) -> ChrootStatus: ...

    @overload
    def wait(
        self, build_id: int, *, timeout: float = HOUR, poll: float = 30, on_progress: OnProgress = ...
    ) -> tuple[ChrootStatus, ...]: ...

    @wraps(Calls.wait)
    def wait(self, *args: Any, **kwargs: Any) -> object:
        return _run(self._calls.wait(*args, **kwargs))


class AsyncCoprClient(Calls):
    """:class:`CoprClient` for ``async`` code; ``sleep`` may be a coroutine function or a plain one."""

    def __init__(
        self,
        url: str = COPR_URL,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 30,
        retries: int = 3,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        # anyio works with both asyncio and trio.
        do_sleep = anyio.sleep if sleep is None else check_function("sleep", sleep)
        self._client = httpx.AsyncClient(**http_options(url, transport, httpx.AsyncBaseTransport))

        async def pause(seconds: float) -> None:
            paused = do_sleep(seconds)
            if isawaitable(paused):
                await paused

        retry_limit = checks.whole_number("retries", retries)
        sender = Sender(self._client.send, pause, check_function("now", now), retry_limit)
        super().__init__(self._client, sender, checks.amount("timeout", timeout))

    async def __aenter__(self) -> AsyncCoprClient:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections, and the transport."""
        await self._client.aclose()


def _run(call: Awaitable[T]) -> T:
    """Run a coroutine that never suspends, without an event loop, and return its result."""
    try:
        next(call.__await__())
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("a call of the sync client suspended")


def _iterate(items: AsyncIterator[T]) -> Iterator[T]:
    with suppress(StopAsyncIteration):
        while True:
            yield _run(anext(items))


def http_options(url: object, transport: object, kind: type[object]) -> dict[str, Any]:
    """Return the options of an httpx client for a URL, which may contain a user and a password.

    :param kind: the type of the transport.
    """
    api = _check_url(url)
    if transport is not None and not isinstance(transport, kind):
        problem = f"expected a transport of httpx, a {kind.__name__}, got {checks.excerpt(transport)}"
        raise InputError("transport", problem)
    # Credentials go into a header only: URLs are printed in many places, headers without secrets.
    options: dict[str, Any] = {"transport": transport, "base_url": api.copy_with(userinfo=b"")}
    if api.userinfo:
        options["auth"] = (api.username, api.password)
    if api.scheme == "http":
        # Nothing would use an SSL context, and making one takes milliseconds; httpx does not check the value.
        options["verify"] = None
    return options


def _check_url(value: object) -> httpx.URL:
    """Return the URL of the API, with a trailing slash."""
    address = checks.address("url", value, "/api_3")
    try:
        api = httpx.URL(f"{address}/api_3/")
        # Resolving the host does this too, but only when the first request is sent.
        api.host.encode("idna")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise InputError("url", f"{checks.address_excerpt(value)} is not an address: {error}") from None
    return api
