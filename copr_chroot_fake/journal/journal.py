"""The recorded requests, and assertions whose messages list the requests that were made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, cast, get_args

from ..engine.build import Build
from ..engine.store import Store
from ..validation import checks
from ..validation.frozen import frozen
from ..wire.routes import EndpointName
from .index import ANY_CONTENT, About, Content, RequestIndex
from .log import Entry, RequestLog
from .request import Request as Request
from .request import read_request

if TYPE_CHECKING:
    from .submissions import Submission


@frozen()
class UnmatchedRequests:
    """All requests with one method and target that matched nothing.

    :param count: how many of them are recorded.
    """

    method: str
    target: str
    count: int
    _store: Store = field(repr=False)
    _last: Entry = field(repr=False)

    @property
    def last(self) -> Request:
        """The last of them."""
        return read_request(self._last, self._store.serves_results)

    @property
    def near_miss(self) -> str:
        """A text with the closest existing objects; each access searches again."""
        # Imported late: most tests need no near misses.
        from .near_misses import near_miss

        with self._store.lock:
            return near_miss(self._store, self.last)

    def __str__(self) -> str:
        times = "" if self.count == 1 else f" ({self.count} times)"
        request = f"{checks.shortened(self.method)} {checks.shortened(self.target, 300)}"
        return f"{request} -> {self._last[2]}{times}: {self.near_miss}"


class Journal:
    """The latest requests, in the order of their answers."""

    def __init__(self, store: Store, log: RequestLog) -> None:
        self._store = store
        self._log = log
        self._index = RequestIndex(log, store.serves_results)

    def clear(self) -> None:
        with self._store.lock:
            self._log.clear()

    def requests(self, after: int = 0) -> list[Request]:
        """Return the requests after the one with this number."""
        last = checks.whole_number("number", after)
        with self._store.lock:
            return self._read(self._index.find(About(), last).numbers)

    def page(
        self, about: About, after: int, limit: int, offset: int, content: Content = ANY_CONTENT
    ) -> tuple[list[Request], int]:
        """Return the latest ``limit`` matching requests before the last ``offset`` ones, and the number of matches."""
        with self._store.lock:
            found = self._index.find(about, after, content)
            return self._read(found.latest(limit, offset)), len(found)

    def count(self, about: About, content: Content = ANY_CONTENT) -> int:
        """Return the number of matching requests."""
        with self._store.lock:
            return len(self._index.find(about, content=content))

    def _read(self, numbers: Iterable[int]) -> list[Request]:
        return [self._index.read(number) for number in numbers]

    @property
    def number_of_unmatched(self) -> int:
        """The number of methods and targets with unmatched requests."""
        with self._store.lock:
            return len(self._log.unmatched)

    def unmatched(self, limit: int | None = None, offset: int = 0) -> list[UnmatchedRequests]:
        """Return the unmatched requests by method and target, in the order of their first request."""
        stop = None if limit is None else offset + limit
        with self._store.lock:
            return [
                UnmatchedRequests(method, target, count, self._store, last)
                for (method, target), (count, last) in islice(self._log.unmatched.items(), offset, stop)
            ]

    def missing_chroots(self) -> list[str]:
        """Return a line for each rejected project with chroots that Copr does not have."""
        from . import near_misses, submissions

        found = self._submissions(("project/add", "project/edit"), submissions.project_in)
        with self._store.lock:
            lines = [near_misses.missing_chroots(self._store, project) for project in found]
        return [*filter(None, dict.fromkeys(lines))]

    def assert_requested(
        self, endpoint: EndpointName, build_id: int | None, chrootname: str | None, times: int | None
    ) -> None:
        __tracebackhide__ = True
        times = checks.optional(checks.whole_number)("times", times)
        build_id, chrootname = _check_filter(build_id, chrootname)
        name = cast(EndpointName, checks.one_of(get_args(EndpointName))("endpoint", endpoint))
        count = self.count(About(name, build_id, chrootname, has_valid_method=True))
        if count != times if times is not None else not count:
            expected = "at least 1 request" if times is None else _requests(times)
            subject = _described(endpoint, build_id, chrootname)
            raise AssertionError(f"{subject}: expected {expected}, got {count or 'none'}.{self._latest()}")

    def assert_submitted(
        self, fields: Mapping[str, object], chroots: Iterable[str] | None, times: int | None, **texts: str | None
    ) -> None:
        __tracebackhide__ = True
        # Imported late, as near misses are.
        from . import submissions

        times = checks.optional(checks.whole_number)("times", times)
        expected = submissions.expected_fields(fields, chroots, **texts)
        found = self._submissions(submissions.BUILD_ENDPOINTS, submissions.builds_in)
        submissions.assert_submitted(found, expected, times, "build")

    def assert_project_created(
        self, fields: Mapping[str, object], chroots: Iterable[str] | None, **texts: str | None
    ) -> None:
        __tracebackhide__ = True
        from . import submissions

        expected = submissions.expected_fields(fields, chroots, **texts)
        found = self._submissions(submissions.PROJECT_ENDPOINTS, submissions.project_in)
        submissions.assert_submitted(found, expected, None, "project")

    def _submissions(
        self, endpoints: Sequence[EndpointName], read: Callable[[Request], Iterator[Submission]]
    ) -> list[Submission]:
        """Return the submissions in the requests to some endpoints, in their order."""
        with self._store.lock:
            found = [
                request
                for endpoint in endpoints
                for request in self._read(self._index.find(About(endpoint, has_valid_method=True)).all())
            ]
        found.sort(key=attrgetter("number"))
        return [submission for request in found for submission in read(request)]

    def assert_polled_no_faster_than(self, seconds: float, build_id: int | None, chrootname: str | None) -> None:
        __tracebackhide__ = True
        build_id, chrootname = _check_filter(build_id, chrootname)
        with self._store.lock:
            fastest = self._index.fastest_polls(build_id, chrootname)
        if fastest is None:
            return
        before, request = fastest
        if request.at - before.at < seconds:
            interval = f"{request.at - before.at:g} s"
            raise AssertionError(
                f"polled again after {interval}, expected at least {seconds:g} s:\n  {before}\n  {request}"
            )

    def assert_all_pages_read(self, build: Build) -> None:
        __tracebackhide__ = True
        with self._store.lock:
            seen = self._index.names_listed(build.id)
            missing = [chroot.name for chroot in build.chroots if chroot.name not in seen and not chroot.is_absent]
        if missing:
            raise AssertionError(
                f"{len(missing)} of {len(build.chroots)} chroots of build {build.id} were never read: "
                f"{checks.listing(missing, 5)}.{self._latest()}"
            )

    def _latest(self) -> str:
        """Return the latest requests, for the message of an assertion."""
        requests, total = self.page(About(), 0, _MAX_REQUESTS, 0)
        if not requests:
            return " Nothing was requested."
        more = f"\n  … and {total - _MAX_REQUESTS} before" if total > _MAX_REQUESTS else ""
        return " Requests:" + more + "".join(f"\n  {request}" for request in requests)


_MAX_REQUESTS = 20
"""The maximum number of requests in the message of an assertion."""


def _check_filter(build_id: int | None, chrootname: str | None) -> tuple[int | None, str | None]:
    """Check the types of a build id and a chroot name."""
    return (
        checks.optional(checks.whole_number)("build_id", build_id),
        checks.optional(checks.text)("chrootname", chrootname),
    )


def _described(endpoint: str, build_id: int | None, chrootname: str | None) -> str:
    of_build = "" if build_id is None else f" of build {build_id}"
    of_chroot = "" if chrootname is None else f", {checks.shortened(chrootname)}"
    return f"{endpoint!r}{of_build}{of_chroot}"


def _requests(count: int) -> str:
    return {0: "no request", 1: "1 request"}.get(count, f"{count} requests")
