"""Routers of respx that answer requests of httpx or httpx2 to Copr's address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import or_

import httpx
import respx
from respx.mocks import HTTPCoreMocker, Mocker
from respx.patterns import M, Pattern, get_scheme_port
from respx.types import RouteResultTypes

from .delivery import Responder
from .httpx import HttpxTransport


@contextmanager
def mock_httpx(responder: Responder, *urls: str, using: str = HTTPCoreMocker.name) -> Iterator[respx.MockRouter]:
    """Start a router that answers every request to the servers at ``urls``.

    :param using: the respx mocker: which library's requests to intercept.
    """
    with respx.mock(assert_all_called=False, using=using) as router:
        # respx asks the oldest router first; of nested ones, the innermost answers, as with responses.
        routers = Mocker.registry[using].routers
        routers.insert(0, routers.pop())
        router.routes.add(FakeRoute(HttpxTransport(responder), urls, router))
        yield router


class FakeRoute(respx.Route):
    """Answers the requests that no other route of the router matches with the fake.

    A side effect would do the same, but respx inspects its signature and copies its response for each request, which
    takes long compared with the answer itself.
    """

    def __init__(self, transport: HttpxTransport, urls: Iterable[str], router: respx.MockRouter) -> None:
        super().__init__(reduce(or_, map(_server_pattern, urls)))
        self._transport = transport
        self._router = router

    def __eq__(self, other: object) -> bool:
        # By default, routes with equal patterns are equal, and a test's route with this pattern would replace this one.
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


def _server_pattern(url: str) -> Pattern:
    """Match everything on a server, however its scheme, host and port are written."""
    server = httpx.URL(url)
    return M(scheme=server.scheme, host=server.host, port=server.port or get_scheme_port(server.scheme))
