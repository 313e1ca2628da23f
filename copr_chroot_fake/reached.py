"""The part of a fake through which code reaches it: requests and answers, its doors, and where results are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from .api.dispatch import Api
from .errors import needing
from .model.project import COPR_URL, RESULTS_URL
from .validation import checks
from .wire.answer import Answer
from .wire.headers import Headers, encode_headers
from .wire.routes import RESULTS

if TYPE_CHECKING:
    import responses
    import respx

    from .adapters.asgi import AsgiApp
    from .adapters.httpx import HttpxTransport
    from .engine.store import Store


class Reached:
    """How code asks a :class:`~copr_chroot_fake.FakeCopr`."""

    _store: Store
    _api: Api
    _results_url: str | None

    def answer(self, method: str, target: str, headers: Headers = ()) -> Answer:
        """What Copr answers to a request.

        :param target: path and query as a client sends them, beginning with ``/api_3`` or ``/results``.
        :param headers: pairs of name and value. Copr reads ``Authorization`` and ``X-Fields``; for results, also
            conditions and ranges.
        """
        return self._api.answer(
            checks.any_text("method", method), checks.any_text("target", target), encode_headers(headers)
        )

    @property
    def results_url(self) -> str:
        """The address below which ``result_url`` says that results are."""
        return self._store.results_root

    @property
    def serves_results(self) -> bool:
        """Whether the fake serves results itself, below ``/results`` of the address that it is asked at."""
        return self._store.serves_results

    def _set_base_url(self, url: str) -> None:
        """Set the address of the fake: ``result_url`` starts with it if the fake serves results and has no other."""
        base_url = checks.address("url", url)
        if self.serves_results and self._results_url is None:
            self._store.move_results(base_url + RESULTS)

    def _have_results(self, results_url: str | None, serve_results: bool, results_delay: float) -> None:
        self._results_url = results_url
        root = RESULTS_URL if results_url is None else checks.address("results_url", results_url)
        self._store.own_results_root = self._store.results_root = root
        self._store.serves_results = checks.flag("serve_results", serve_results)
        self._store.results_delay = checks.amount("results_delay", results_delay)

    @cached_property
    def transport(self) -> HttpxTransport:
        """A transport for any ``httpx.Client`` or ``httpx.AsyncClient``; it answers requests to any host."""
        from .adapters.httpx import HttpxTransport

        return HttpxTransport(self._api)

    @cached_property
    def asgi(self) -> AsgiApp:
        """The fake as an ASGI application."""
        from .adapters.asgi import AsgiApp

        return AsgiApp(self._api.answer)

    @contextmanager
    def mock_httpx(self, url: str = COPR_URL) -> Iterator[respx.MockRouter]:
        """Answer every request of httpx to the server at ``url`` and to the one with the results.

        Yields a respx router, to which you can add routes. These take precedence.

        :raises MissingExtraError: if respx is not installed.
        """
        with needing("FakeCopr.mock_httpx", "respx", "pytest"):
            from .adapters.respx import mock_httpx
        with mock_httpx(self._api, *self._urls(url)) as router:
            yield router

    @contextmanager
    def mock_httpx2(self, url: str = COPR_URL) -> Iterator[respx.MockRouter]:
        """Answer every request of httpx2 to the server at ``url`` and to the one with the results.

        Yields a respx router, to which you can add routes. These take precedence.

        :raises MissingExtraError: if httpx2 or respx is not installed.
        """
        with needing("FakeCopr.mock_httpx2", "respx", "pytest"):
            from .adapters.respx import mock_httpx
        with needing("FakeCopr.mock_httpx2", "httpx2", "httpx2"):
            from .adapters.httpx2 import Httpx2Mocker
        with mock_httpx(self._api, *self._urls(url), using=Httpx2Mocker.name) as router:
            yield router

    @contextmanager
    def mock_requests(self, url: str = COPR_URL) -> Iterator[responses.RequestsMock]:
        """Answer every request of requests to the server at ``url`` and to the one with the results.

        Yields a mock of responses, to which you can add responses. These take precedence.

        :raises MissingExtraError: if responses is not installed.
        """
        with needing("FakeCopr.mock_requests", "responses", "requests"):
            from .adapters.requests import mock_requests
        with mock_requests(self._api, *self._urls(url)) as mock:
            yield mock

    def _urls(self, url: str) -> list[str]:
        """Return the address of the API and, if the fake serves results, theirs."""
        return [checks.server("url", url), *([self.results_url] if self.serves_results else [])]
