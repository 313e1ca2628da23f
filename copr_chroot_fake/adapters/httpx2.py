"""httpx2 for respx, which supports only httpx: converts requests, responses and errors between the two."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import httpx
import httpx2
from respx.mocks import HTTPCoreMocker, Mocker


class Httpx2Mocker(HTTPCoreMocker):
    """Intercepts the requests of httpx2's transports; select it with ``respx.mock(using=Httpx2Mocker.name)``."""

    # respx rejects a name that it knows, for example when this module is imported again.
    name = f"httpx2-{len(Mocker.registry)}"
    targets: ClassVar[list[str]] = ["httpx2.HTTPTransport", "httpx2.AsyncHTTPTransport"]

    @classmethod
    def to_httpx_request(cls, **kwargs: Any) -> httpx.Request:
        request: httpx2.Request = kwargs["request"]
        url = request.url
        return httpx.Request(
            request.method,
            httpx.URL(scheme=url.scheme, host=url.host, port=url.port, raw_path=url.raw_path),
            headers=request.headers.raw,
            stream=cast(Any, request.stream),
            extensions=request.extensions,
        )

    @classmethod
    def prepare_sync_request(cls, httpx_request: httpx.Request, **kwargs: Any) -> tuple[httpx.Request, dict[str, Any]]:
        # A route may pass the request on after its body was read.
        kwargs["request"].stream = httpx2.ByteStream(httpx_request.read())
        return httpx_request, kwargs

    @classmethod
    async def prepare_async_request(
        cls, httpx_request: httpx.Request, **kwargs: Any
    ) -> tuple[httpx.Request, dict[str, Any]]:
        kwargs["request"].stream = httpx2.ByteStream(await httpx_request.aread())
        return httpx_request, kwargs

    @classmethod
    def handler(cls, httpx_request: httpx.Request) -> httpx.Response:
        with _httpx2_errors():
            response: httpx.Response = super().handler(httpx_request)  # type: ignore[no-untyped-call]  # respx has no types here
        return response

    @classmethod
    async def async_handler(cls, httpx_request: httpx.Request) -> httpx.Response:
        with _httpx2_errors():
            response: httpx.Response = await super().async_handler(httpx_request)  # type: ignore[no-untyped-call]  # as above
        return response

    @classmethod
    def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: object, **kwargs: Any) -> httpx2.Response:
        return httpx2.Response(
            httpx_response.status_code,
            headers=httpx_response.headers.raw,
            stream=_Body(httpx_response.stream),
            extensions=httpx_response.extensions,
        )


class _Body(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """The body of a response of httpx."""

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _httpx2_errors():
            yield from cast(Iterable[bytes], self._stream)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx2_errors():
            async for piece in cast(AsyncIterable[bytes], self._stream):
                yield piece


@contextmanager
def _httpx2_errors() -> Iterator[None]:
    """Raise httpx's errors as httpx2's errors of the same names."""
    try:
        yield
    except httpx.RequestError as error:
        kind: type[httpx2.RequestError] = getattr(httpx2, type(error).__name__)
        raise kind(str(error)) from error
