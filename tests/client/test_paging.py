"""Reading page by page ends, whatever the service returns."""

from __future__ import annotations

from itertools import count

import httpx
import pytest

from copr_chroot_fake.client.errors import PagingError

from .harness import Harness


class Pages:
    """A service whose pages have given offsets, whatever was requested."""

    def __init__(self, *offsets: int, size: int = 2, limit: int = 2) -> None:
        self._offsets = list(offsets)
        self._size = size
        self._limit = limit
        self._numbers = count()
        self.requests: list[httpx.Request] = []

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert len(self.requests) < 100, "it sends requests without end"
        offset = self._offsets.pop(0) if len(self._offsets) > 1 else self._offsets[0]
        if offset < 0:
            offset = int(request.url.params.get("offset", 0))
        items = [
            {"name": f"c-{next(self._numbers)}-x", "state": "running", "started_on": 1, "ended_on": None}
            for _ in range(self._size)
        ]
        meta = {"limit": self._limit, "offset": offset, "order": "id", "order_type": "ASC"}
        return httpx.Response(200, json={"items": items, "meta": meta})


@pytest.mark.parametrize("call", ["iter_all", "wait"])
@pytest.mark.parametrize("offsets", [(0,), (0, 1), (0, 2, 2), (0, 2, 0), (0, 200), (5,)])
def test_paging_stops_at_a_page_not_requested(harness: Harness, call: str, offsets: tuple[int, ...]) -> None:
    """The error names the requested and the received page."""
    pages = Pages(*offsets)
    with pytest.raises(PagingError) as raised:
        list(getattr(harness.client(pages.transport()), call)(1))
    assert len(pages.requests) <= 3
    requested = raised.value.request.url.params.get("offset", "0")
    problem = f"requested the page at offset {requested}, got the one at offset {offsets[-1]}"
    assert raised.value.message == f"{problem}; the service does not page correctly"
    assert harness.pauses == []


@pytest.mark.parametrize("call", ["iter_all", "wait"])
def test_negative_offset_stops_paging(harness: Harness, call: str) -> None:
    """No such page was requested."""

    def answer(request: httpx.Request) -> httpx.Response:
        meta = {"limit": 0, "offset": -10, "order": "id", "order_type": "ASC"}
        item = {"name": "c-0-x", "state": "running"}
        return httpx.Response(200, json={"items": [item], "meta": meta})

    with pytest.raises(PagingError, match="got the one at offset -10"):
        list(getattr(harness.client(httpx.MockTransport(answer)), call)(1))
