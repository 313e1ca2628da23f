"""The recorded requests, and assertions about them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import field
from itertools import islice
from typing import Literal, NamedTuple, cast, get_args

from ..api.endpoint import Submits
from ..api.routing import ENDPOINTS
from ..engine.build import Build
from ..engine.store import Store
from ..model.states import State
from ..validation import checks
from ..validation.rule import frozen
from ..wire.endpoint_name import EndpointName
from . import near_misses, submissions
from .request import Request, latest
from .submissions import Fields, Submission


class Filter(NamedTuple):
    """A filter of recorded requests; ``None`` matches any.

    :param has_valid_method: match only requests with a method of their endpoint.
    :param search: a text in the target or the body, in any case.
    :param status: the status of the response; 0 if a fault prevented one.
    :param fault: the id of the fault that hit the request.
    """

    endpoint: EndpointName | None = None
    build_id: int | None = None
    chrootname: str | None = None
    has_valid_method: bool = False
    search: str | None = None
    status: int | None = None
    fault: int | None = None

    def matches(self, request: Request) -> bool:
        """Return whether a request passes the filter."""
        return (
            self.endpoint in (None, request.endpoint)
            and self.build_id in (None, request.build_id)
            and self.chrootname in (None, request.chrootname)
            and self.status in (None, request.status)
            and self.fault in (None, request.fault)
            and (not self.has_valid_method or request.has_valid_method)
            and (self.search is None or self.search.casefold() in f"{request.target}\n{request.body.text}".casefold())
        )


@frozen()
class UnmatchedRequests:
    """All requests with one method and target that matched nothing.

    :param count: how many of them are recorded.
    :param last: the last of them.
    """

    method: str
    target: str
    count: int
    last: Request
    _store: Store = field(repr=False)

    @property
    def near_miss(self) -> str:
        """A text with the closest objects that existed at the time of the last request; each access searches again."""
        with self._store.lock:
            return near_misses.near_miss(self._store, self.last)

    def __repr__(self) -> str:
        return f"<UnmatchedRequests: {checks.counted(self.count, 'request')} {self.method} {self.target}>"

    def __str__(self) -> str:
        times = "" if self.count == 1 else f" ({self.count} times)"
        request = f"{checks.shortened(self.method)} {checks.shortened(self.target, 300)}"
        return f"{request} -> {self.last.status}{times}: {self.near_miss}"


class Journal:
    """The latest requests, in the order of their answers."""

    def __init__(self, store: Store, log: deque[Request]) -> None:
        self._store = store
        self._log = log
        self.failed_command = ""
        """The output of the latest command against the fake that failed, as lines of a message."""

    def clear(self) -> None:
        """Drop all requests."""
        with self._store.lock:
            self._log.clear()
            self.failed_command = ""
            self._store.poll_loops.sent = ""

    def requests(self, after: int = 0) -> list[Request]:
        """Return the requests after the one with this number."""
        checks.whole_number("number", after)
        with self._store.lock:
            log = self._log
            return [*islice(log, max(after + 1 - log[0].number, 0), None)] if log else []

    def find(self, filter_: Filter, after: int = 0) -> list[Request]:
        """Return the matching requests after the one with this number."""
        requests = self.requests(after)
        return requests if filter_ == Filter() else [*filter(filter_.matches, requests)]

    def unmatched(self) -> list[UnmatchedRequests]:
        """Return the unmatched requests by method and target, in the order of their first request."""
        requests = [request for request in self.requests() if not request.matched]
        counts = Counter((request.method, request.target) for request in requests)
        last = {(request.method, request.target): request for request in requests}
        return [UnmatchedRequests(*key, count, last[key], self._store) for key, count in counts.items()]

    def missing_chroots(self) -> list[str]:
        """Return a line for each rejected project with chroots that Copr does not have."""
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
        count = len(self.find(Filter(name, build_id, chrootname, has_valid_method=True)))
        if count != times if times is not None else not count:
            subject = _described(endpoint, build_id, chrootname)
            expected = submissions.expected_number(times, "request")
            raise AssertionError(f"{subject}: expected {expected}, got {count or 'none'}.{self._latest()}")

    def assert_submitted(
        self, fields: Mapping[str, object], chroots: Iterable[str] | None, times: int | None, **texts: str | None
    ) -> None:
        __tracebackhide__ = True
        times = checks.optional(checks.whole_number)("times", times)
        expected = submissions.expected_fields(fields, chroots, **texts)
        found = self._submissions(_submitting("build"), submissions.builds_in)
        self._fail(submissions.problem_in(found, expected, times, "build"))

    def assert_project(
        self, kind: Literal["project", "edit"], fields: Fields, chroots: Iterable[str] | None, **texts: str | None
    ) -> None:
        __tracebackhide__ = True
        expected = submissions.expected_fields(fields, chroots, **texts)
        if kind == "edit":
            found = self._submissions(["project/edit"], submissions.edit_in)
        else:
            found = self._submissions(_submitting("project"), submissions.project_in)
        self._fail(submissions.problem_in(found, expected, None, kind))

    def assert_canceled(self, build_id: int) -> None:
        __tracebackhide__ = True
        if not self.find(Filter("build/cancel", build_id, has_valid_method=True, status=200)):
            raise AssertionError(f"no request has canceled build {build_id}.{self._latest()}")

    def assert_waited_for(self, build: Build) -> None:
        __tracebackhide__ = True
        requests = self.requests()
        of_build = [request.build_states[build.id] for request in requests if build.id in request.build_states][-1:]
        of_chroots: dict[str, State] = {}
        for request in requests:
            of_chroots.update(request.states if request.build_id == build.id else {})
        is_complete = of_chroots and of_chroots.keys() >= {chroot.name for chroot in build.chroots}
        if any(state.is_final for state in of_build) or (
            is_complete and all(state.is_final for state in of_chroots.values())
        ):
            return
        seen = [*of_build, *(f"{name} {state}" for name, state in of_chroots.items())]
        last = f"last seen: {checks.listing(seen, 5)}" if seen else "it was never requested"
        raise AssertionError(f"no response has shown the end of build {build.id}; {last}.{self._latest()}")

    def _fail(self, problem: str | None) -> None:
        """Fail with a problem, if there is one, and the output of the latest failed command, its likely cause."""
        __tracebackhide__ = True
        if problem is not None:
            raise AssertionError(f"{problem}{self.failed_command}")

    def _submissions(
        self, endpoints: Collection[EndpointName], read: Callable[[Request], Iterator[Submission]]
    ) -> list[Submission]:
        """Return the submissions in the requests to some endpoints."""
        found = [request for request in self.requests() if request.endpoint in endpoints and request.has_valid_method]
        return [submission for request in found for submission in read(request)]

    def assert_polled_no_faster_than(self, seconds: float, build_id: int | None, chrootname: str | None) -> None:
        __tracebackhide__ = True
        polls = self.find(Filter(None, *_check_filter(build_id, chrootname), has_valid_method=True))
        polled = {name for name, endpoint in ENDPOINTS.items() if endpoint.is_polled}
        pairs = _successive_polls(request for request in polls if request.endpoint in polled)
        fastest = min(pairs, key=lambda pair: pair[1].at - pair[0].at, default=None)
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
        pages = self.find(Filter("build-chroot/list", build.id, has_valid_method=True))
        seen = {name for page in pages for name in page.states}
        with self._store.lock:
            missing = [chroot.name for chroot in build.chroots if chroot.name not in seen and not chroot.is_absent]
        if missing:
            raise AssertionError(
                f"{len(missing)} of {len(build.chroots)} chroots of build {build.id} were never read: "
                f"{checks.listing(missing, 5)}.{self._latest()}"
            )

    def _latest(self) -> str:
        """Return the latest requests, for the message of an assertion."""
        lines = latest(self.requests())
        return "\n  ".join([" Requests:", *lines]) if lines else " Nothing was requested."


def _submitting(subject: Submits) -> list[EndpointName]:
    return [name for name, endpoint in ENDPOINTS.items() if endpoint.submits == subject]


def _successive_polls(polls: Iterable[Request]) -> Iterator[tuple[Request, Request]]:
    """Yield each two successive polls of the same object."""
    last: dict[Hashable, Request] = {}
    for request in polls:
        polled = _polled_object(request)
        if polled in last:
            yield last[polled], request
        last[polled] = request


def _polled_object(request: Request) -> Hashable:
    """Return the key of the polled object; it does not depend on whether the build is in the path or the query."""
    others = dict(request.arguments)
    if request.build_id is not None:
        others.pop("build_id", None)
        others.pop("chrootname", None)
    return request.endpoint, request.build_id, request.chrootname, tuple(sorted(others.items()))


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
