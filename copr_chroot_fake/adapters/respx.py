"""The respx door: whatever asks Copr's address through httpx is answered, other addresses as respx is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import or_

import httpx
import respx
from respx.patterns import M, Pattern, get_scheme_port
from respx.types import RouteResultTypes

from .httpx import HttpxTransport


class FakeRoute(respx.Route):
    """A route whose responses are the fake's, for whatever a test has no route of its own for.

    A side effect would answer the same, but respx inspects its signature at each
    request and copies its response, which takes long beside the answer itself.
    """

    def __init__(self, transport: HttpxTransport, addresses: Iterable[str], router: respx.MockRouter) -> None:
        super().__init__(reduce(or_, map(_pattern_of, addresses)))
        self._transport = transport
        self._router = router

    def __eq__(self, other: object) -> bool:
        # Otherwise a route that a test adds with the same pattern would become this one, and never answer.
        return self is other

    def match(self, request: httpx.Request) -> RouteResultTypes:
        for route in self._router.routes:
            # A route without a pattern matches everything.
            if route is not self and (route.pattern is None or route.pattern.match(request)):
                return None
        return super().match(request)

    def resolve(self, request: httpx.Request, **context: object) -> httpx.Response:
        response = self._transport.handle_request(request)
        response.request = request
        return response


def _pattern_of(address: str) -> Pattern:
    """Whatever is below the scheme, host and port of an address, however they are written."""
    url = httpx.URL(address)
    return M(scheme=url.scheme, host=url.host, port=url.port or get_scheme_port(url.scheme))


@contextmanager
def answering_through_respx(transport: HttpxTransport, base_url: str, *others: str) -> Iterator[respx.MockRouter]:
    """A started router with one route for all of an address, or several, whose answers are the fake's."""
    with respx.mock(assert_all_called=False) as router:
        router.routes.add(FakeRoute(transport, (base_url, *others), router))
        yield router
