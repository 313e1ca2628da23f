"""An index of the log by endpoint, build and chroot; each request is parsed once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import islice, product
from typing import NamedTuple

from ..wire.routes import ROUTES, EndpointName
from .log import Entry, RequestLog
from .request import Request, chroot_names, read_request

_METHODS: Mapping[EndpointName, Sequence[str]] = {
    route.endpoint: [method for method in route.methods if method not in ("HEAD", "OPTIONS")] for route in ROUTES
}
"""The methods that do what an endpoint is for; all routes of an endpoint have the same ones."""

_POLLED: Sequence[EndpointName] = (
    "build-chroot",
    "build-chroot/list",
    "build",
    "build/list",
    "build/source-chroot",
    "monitor",
)
"""The endpoints that clients poll."""


class About(NamedTuple):
    """A filter of requests by endpoint, build and chroot; ``None`` matches any."""

    endpoint: EndpointName | None = None
    build_id: int | None = None
    chrootname: str | None = None
    has_valid_method: bool = False
    """Match only requests with a method of their endpoint."""


class Content(NamedTuple):
    """A filter of requests by what was recorded of them; ``None`` matches any.

    :param search: a text in the target or the body, in any case.
    :param status: the status of the response; 0 if a fault prevented one.
    :param fault: the id of the fault that hit the request.
    """

    search: str | None = None
    status: int | None = None
    fault: int | None = None

    def matches(self, entry: Entry) -> bool:
        return (
            self.status in (None, entry[2])
            and self.fault in (None, entry[6])
            and (self.search is None or _contains(entry, self.search.casefold()))
        )


ANY_CONTENT = Content()


class Selection(NamedTuple):
    """The numbers of the requests that were selected, in their order, from a position on."""

    numbers: Sequence[int]
    start: int

    def __len__(self) -> int:
        return len(self.numbers) - self.start

    def all(self) -> Sequence[int]:
        """Return all numbers."""
        return self.numbers[self.start :]

    def latest(self, limit: int, offset: int = 0) -> Sequence[int]:
        """Return the last ``limit`` numbers before the last ``offset`` ones."""
        end = max(len(self.numbers) - offset, self.start)
        return self.numbers[max(end - limit, self.start) : end]


class RequestIndex:
    """The numbers of the requests in a log, by endpoint, build and chroot.

    Each use first adds the new entries of the log. Dropped entries are skipped, and removed once they are the majority.
    The cost is proportional to the new and the matching entries. The caller holds the store's lock.
    """

    def __init__(self, log: RequestLog, has_results: bool) -> None:
        self._log = log
        self._has_results = has_results
        self._clear(1)

    def _clear(self, number: int) -> None:
        self._first = number
        """The first number in the index."""
        self._next = number
        """The first number that is not in the index yet."""
        self._numbers: dict[About, list[int]] = {}
        self._last_polls: dict[Hashable, tuple[float, int]] = {}
        """Time and number of the last poll of each object."""
        self._polls: dict[About, list[tuple[float, int, int]]] = {}
        """A heap of the intervals in seconds between two polls of an object, with the numbers of both."""
        self._pages: dict[int, _Pages] = {}

    def find(self, about: About, after: int = 0, content: Content = ANY_CONTENT) -> Selection:
        """Return the matching requests after a number."""
        found = self._find(about, after)
        if content == ANY_CONTENT:
            return found
        entries, first = self._log.entries, self._log.first_number
        return Selection([number for number in found.all() if content.matches(entries[number - first])], 0)

    def _find(self, about: About, after: int) -> Selection:
        entries, first = self._log.entries, self._log.first_number
        start = max(first, after + 1)
        if about == About():
            return Selection(range(start, max(start, first + len(entries))), 0)
        self._read_new()
        numbers = self._numbers.get(about, [])
        return Selection(numbers, bisect_left(numbers, start))

    def read(self, number: int) -> Request:
        """Return a request that the log still has."""
        return read_request(self._log.entries[number - self._log.first_number], self._has_results)

    def fastest_polls(self, build_id: int | None, chrootname: str | None) -> tuple[Request, Request] | None:
        """Return the two polls of one object with the shortest interval; ``None`` if nothing was polled twice."""
        self._read_new()
        polls = self._polls.get(About(None, build_id, chrootname, True), [])
        while polls and polls[0][1] < self._log.first_number:
            heappop(polls)
        return (self.read(polls[0][1]), self.read(polls[0][2])) if polls else None

    def names_listed(self, build_id: int) -> set[str]:
        """Return the names of a build's chroots that were on a requested page of its list."""
        found = self.find(About("build-chroot/list", build_id, None, True))
        pages = self._pages.setdefault(build_id, _Pages())
        for number in found.numbers[bisect_left(found.numbers, pages.next, found.start) :]:
            names = chroot_names(self._log.entries[number - self._log.first_number])
            pages.last_numbers[names] = number
            pages.next = number + 1
        first = self._log.first_number
        return {name for names, last in pages.last_numbers.items() if last >= first for name in names}

    def _read_new(self) -> None:
        entries, first = self._log.entries, self._log.first_number
        if not entries or first - self._first > len(entries):
            self._clear(first)
        for entry in islice(entries, max(self._next - first, 0), None):
            self._add(read_request(entry, self._has_results))
            self._next = entry[7] + 1

    def _add(self, request: Request) -> None:
        has_valid_method = request.endpoint is not None and request.method in _METHODS[request.endpoint]
        scopes = {*product((None, request.build_id), (None, request.chrootname))}
        for build_id, chrootname in scopes:
            for endpoint in {None, request.endpoint}:
                self._put(About(endpoint, build_id, chrootname), request.number)
            if has_valid_method:
                self._put(About(request.endpoint, build_id, chrootname, True), request.number)
        if has_valid_method and request.endpoint in _POLLED:
            self._add_poll(request, [About(None, build_id, chrootname, True) for build_id, chrootname in scopes])

    def _put(self, about: About, number: int) -> None:
        self._numbers.setdefault(about, []).append(number)

    def _add_poll(self, request: Request, filters: Sequence[About]) -> None:
        polled = _polled_object(request)
        before = self._last_polls.get(polled)
        self._last_polls[polled] = request.at, request.number
        if before is not None:
            poll = (request.at - before[0], before[1], request.number)
            for about in filters:
                heappush(self._polls.setdefault(about, []), poll)


class _Pages:
    """The pages of one build's list that were requested."""

    def __init__(self) -> None:
        self.next = 0
        """The first number of a request that is not included yet."""
        self.last_numbers: dict[tuple[str, ...], int] = {}
        """The number of the last request for each page, by the names of its chroots."""


def _polled_object(request: Request) -> Hashable:
    """Return the key of the polled object; it does not depend on whether the build is in the path or the query."""
    others = dict(request.arguments)
    if request.build_id is not None:
        others.pop("build_id", None)
        others.pop("chrootname", None)
    return request.endpoint, request.build_id, request.chrootname, tuple(sorted(others.items()))


def _contains(entry: Entry, text: str) -> bool:
    """Whether the target or the body of a request contains a case-folded text."""
    details = entry[9]
    return text in entry[1].casefold() or (details is not None and text in details.body.text.casefold())
