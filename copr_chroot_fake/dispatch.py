"""What happens to each request: faults, Copr's response, limits of polling, and the log."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from .api import masks
from .api.context import RequestContext
from .api.routing import ENDPOINTS, parse_target, respond
from .engine.actors import Actor, When
from .engine.clock import VirtualClock
from .engine.faults import Hit, Subject
from .engine.poll_loops import Kind, Poll
from .engine.store import Store
from .journal.request import Request, mask_headers, with_details
from .validation import checks
from .wire.answer import Answer, Delivery, error_body, json_answer
from .wire.headers import RawHeaders, read_header
from .wire.target import Target

_POLL_METHODS = ("GET", "HEAD")


class _ReadHeaders(NamedTuple):
    """Headers of a request; requests with equal headers share them.

    :param sent: a copy of the headers.
    :param recorded: the same without secrets.
    :param mask: the header that selects fields of the response.
    """

    sent: RawHeaders
    recorded: RawHeaders
    mask: str | None


def _read_headers(headers: RawHeaders) -> _ReadHeaders:
    return _ReadHeaders([*headers], mask_headers(headers), read_header(headers, masks.HEADER))


_NO_HEADERS = _ReadHeaders([], (), None)


class Api:
    """The API of one store.

    :param log: gets each request.
    :param default_limit: items per page if the request sets no limit; ``None`` for no limit.
    """

    def __init__(self, store: Store, log: deque[Request], default_limit: int | None) -> None:
        self.store = store
        self._log = log
        self.default_limit = default_limit
        self._last_headers = _NO_HEADERS
        """The headers of the latest request that had any."""
        self.actors: list[Actor] = []

    def __repr__(self) -> str:
        return f"<Api: {checks.counted(len(self.store.builds), 'build')}>"

    def answer(self, method: str, target: str, headers: RawHeaders = (), body: bytes = b"") -> Answer:
        """Return the response to a request, with the functions that are called before and after it.

        :param target: path and query as sent.
        """
        if not self.actors:
            return self._answer(method, target, headers, body)
        parsed = parse_target(target)
        self._act("before", parsed)
        answer = self._answer(method, target, headers, body)
        self._act("after", parsed)
        return answer

    def _act(self, when: When, target: Target) -> None:
        """Call the functions of a second actor, without the lock, so that they may use other threads."""
        for actor in [*self.actors]:
            actor.act(when, Subject(target.endpoint, target.build_id, target.chrootname))

    def _answer(self, method: str, target: str, headers: RawHeaders, body: bytes) -> Answer:
        store = self.store
        parsed = parse_target(target)
        context = RequestContext(store, self.default_limit, method, parsed, headers, body, method == "GET")
        with store.lock:
            sent, recorded_headers, mask = self._last_headers if headers else _NO_HEADERS
            if headers and headers != sent:
                sent, recorded_headers, mask = self._last_headers = _read_headers(headers)
            hit = self._strike(parsed) if store.faults.active else None
            if hit is None:
                answer, documents = respond(context, mask)
            else:
                answer, documents = self._respond_with_fault(hit, context, mask)
            now = store.clock.now()
            if method in _POLL_METHODS:
                loop = store.poll_loops.count(parsed.endpoint, target, now, None if hit else answer)
                if loop is not None and self._never_ends(*loop, parsed):
                    answer, documents = self._fail_poll_loop(*loop, f"{method} {target}", answer), ()
            elif method != "OPTIONS":
                store.poll_loops.interrupt()
            self._log.append(self._record(context, target, answer, documents, hit, recorded_headers, now))
        return answer._replace(body=b"") if method == "HEAD" else answer

    def _strike(self, target: Target) -> Hit | None:
        """Return the fault that hits a request."""
        return self.store.faults.strike(Subject(target.endpoint, target.build_id, target.chrootname))

    def _record(
        self,
        context: RequestContext,
        target: str,
        answer: Answer,
        documents: Sequence[bytes],
        hit: Hit | None,
        headers: RawHeaders,
        now: float,
    ) -> Request:
        method, parsed, status = context.method, context.target, answer.status
        is_lost = hit is not None and not hit.fault.arrives
        matched = bool(documents) or is_lost or self._is_matched(method, parsed, status)
        fault = None if hit is None else hit.fault_id
        is_plain = status < 400 and not context.content and context.user is None and not context.created
        self.store.requests += 1
        number = self.store.requests
        request = Request(method, target, parsed, status, now, matched, documents, fault, number, headers)
        return request if is_plain else with_details(request, context, answer)

    def _never_ends(self, poll: Poll, kind: Kind, target: Target) -> bool:
        """Return whether polls that exceed a limit wait for nothing that may still happen; otherwise reset the count.

        Without a build in the target, any unfinished build may change the response.
        """
        store = self.store
        builds = store.builds.values() if target.raw_build_id is None else [store.builds.get(target.build_id or 0)]
        unfinished = [build for build in builds if build is not None and not build.is_finished]
        if any(build.needs_more_polls for build in unfinished):
            store.poll_loops.clear()
            return False
        if kind == "polls" and not unfinished:
            poll.polls = 0
        elif kind == "repeats" and unfinished:
            poll.repeats = 0
        else:
            return True
        return False

    def _fail_poll_loop(self, poll: Poll, kind: Kind, request: str, answer: Answer) -> Answer:
        """Return the error for code that would poll forever."""
        body = checks.shortened(" ".join(answer.body.decode(errors="replace").split()), 300)
        always = f"and the response was always {answer.status} {body}"
        never = "the code waits for something that never happens. Let the test make it happen, or"
        how = {
            "polls": f"{self.store.poll_loops.max_polls} times while the clock stood still, {always}: the code "
            f"polls without waiting ({self.store.clock!r}). Let the code's sleep move the clock "
            "(clock.tick), let the test advance the build, or disable this limit (max_polls=None)",
            "repeats": f"{poll.repeats} times in a row, {always}: {never} disable this limit (max_repeats=None)",
            "wait": f"{poll.repeats} times in {poll.at - poll.since:.10g} s of the fake's clock, {always}: {never} "
            "change this limit (max_wait=SECONDS, or None)",
        }
        problem = f"{checks.shortened(request, 1000)} was requested {how[kind]}"
        return json_answer(error_body(problem), 508)._replace(delivery=Delivery(poll_loop=problem))

    def pass_time(self, seconds: float) -> None:
        """Advance a virtual clock while a client waits for a response; a real clock advances by itself."""
        clock = self.store.clock
        if isinstance(clock, VirtualClock):
            clock.tick(seconds)

    def _respond_with_fault(
        self, hit: Hit, context: RequestContext, mask: str | None
    ) -> tuple[Answer, Sequence[bytes]]:
        """Return the response and its documents; a response that the client never receives is no poll and has none."""
        if hit.instead is not None:
            return hit.instead, ()
        arrives = hit.fault.arrives
        context.is_poll &= arrives
        answer, documents = respond(context, mask)
        return hit.change(answer), documents if arrives else ()

    def _is_matched(self, method: str, target: Target, status: int) -> bool:
        """Return whether the objects that a request names exist or have existed, if its response has no documents."""
        if target.endpoint is None or target.endpoint == "home":
            return target.endpoint is not None
        is_valid_method = method in ENDPOINTS[target.endpoint].methods
        if status not in (200, 404):
            return not is_valid_method or not self._is_chroot_missing(target)
        if target.raw_build_id is None:
            # A 404 for a wrong method says nothing about what the target names.
            return status == 200 or not is_valid_method
        build_id, builds = target.build_id, self.store.builds
        if build_id in self.store.removed:
            return True
        if target.endpoint == "results":
            # Results that a build does not have yet are no mistake of the client.
            return status == 200 or build_id in builds
        return status == 200 and build_id in builds

    def _is_chroot_missing(self, target: Target) -> bool:
        """Return whether the named build exists but lacks the named chroot; Copr answers malformed names with 500."""
        if target.endpoint in ("results", "build-chroot/list") or target.chrootname is None:
            return False
        build = self.store.builds.get(target.build_id or 0)
        return build is not None and target.chrootname not in build
