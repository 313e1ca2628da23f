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

    from .adapters.asgi import AsgiDoor
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

    def pass_time(self, seconds: float) -> None:
        """Let seconds pass while a client waits: a virtual clock is moved, the system's goes on by itself."""
        self._api.pass_time(checks.amount("seconds", seconds))

    @property
    def results_url(self) -> str:
        """The address below which ``result_url`` says that results are."""
        return self._store.results_root

    @property
    def serves_results(self) -> bool:
        """Whether the fake serves results itself, below ``/results`` of the address that it is asked at."""
        return self._store.serves_results

    def be_at(self, address: str) -> None:
        """Say at which address the fake is: ``result_url`` leads there if it serves results and has no other."""
        at = checks.address("address", address)
        if self.serves_results and self._results_url is None:
            self._store.move_results(at + RESULTS)

    def _have_results(self, results_url: str | None, serve_results: bool, results_delay: float) -> None:
        self._results_url = results_url
        root = RESULTS_URL if results_url is None else checks.address("results_url", results_url)
        self._store.own_results_root = self._store.results_root = root
        self._store.serves_results = checks.flag("serve_results", serve_results)
        self._store.results_delay = checks.amount("results_delay", results_delay)

    @cached_property
    def transport(self) -> HttpxTransport:
        """A transport for any ``httpx.Client`` or ``httpx.AsyncClient``; it answers for every host."""
        from .adapters.httpx import HttpxTransport

        return HttpxTransport(self._api)

    @cached_property
    def asgi(self) -> AsgiDoor:
        """An ASGI application."""
        from .adapters.asgi import AsgiDoor

        return AsgiDoor(self._api.answer)

    @contextmanager
    def answering_httpx(self, url: str = COPR_URL) -> Iterator[respx.MockRouter]:
        """Answer whatever code on httpx asks at an address, and where results are; gives a respx router for all else.

        :raises MissingExtraError: if respx is not installed.
        """
        with needing("FakeCopr.answering_httpx", "respx", "pytest"):
            from .adapters.respx import answering_through_respx
        with answering_through_respx(self.transport, *self._addresses(url)) as router:
            yield router

    @contextmanager
    def answering_requests(self, url: str = COPR_URL) -> Iterator[responses.RequestsMock]:
        """Answer whatever code on requests asks at an address, and where results are; gives a mock for all else.

        :raises MissingExtraError: if responses is not installed.
        """
        with needing("FakeCopr.answering_requests", "responses", "requests"):
            from .adapters.requests import answering_through_responses
        with answering_through_responses(self, *self._addresses(url)) as mock:
            yield mock

    def _addresses(self, url: str) -> list[str]:
        return [checks.server("url", url), *([self.results_url] if self.serves_results else [])]
