"""The API itself: one request in, one answer out, nothing else done.

Errors come in the service's order of precedence: the route, the paging
arguments, the arguments that are missing, the build, the chroot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count

from ..engine.clock import VirtualClock
from ..engine.faults import Hit, Subject
from ..engine.store import Store
from ..journal.log import REFERENCE_BYTES, RequestLog
from ..wire.answer import HTML, Answer, Refusal, json_answer
from ..wire.headers import RawHeaders, read_header
from ..wire.routes import EndpointName
from ..wire.target import Question, read_question
from . import authentication, build_chroots, companions, masks
from . import rendering as views
from .context import Asking, Shown

_SHOW: Mapping[EndpointName, Callable[[Asking], Shown]] = {
    "home": lambda asking: Shown(views.HOME),
    "build-chroot": build_chroots.show_one,
    "build-chroot/list": build_chroots.show_page,
    "build-chroot/build-config": build_chroots.show_config,
    "build-chroot/built-packages": build_chroots.show_packages,
    "build": companions.show_build,
    "build/list": companions.show_builds,
    "build/built-packages": companions.show_packages,
    "build/source-chroot": companions.show_source,
    "build/cancel": authentication.cancel,
    "project": companions.show_project,
    "mock-chroots/list": companions.show_mock_chroots,
    "monitor": companions.show_monitor,
    "auth-check": authentication.show_user,
    "gssapi_login": authentication.refuse_gssapi,
}


class Api:
    """The API over a store; each request is noted in a log."""

    def __init__(self, store: Store, log: RequestLog, default_limit: int | None) -> None:
        self.store = store
        self._log = log
        self._note = log.entries.append
        self._large_size = log.large_size
        self.default_limit = default_limit
        self._numbers = count(1)

    def answer(self, method: str, target: str, headers: RawHeaders = ()) -> Answer:
        """Answer one request, whose target is the path and the query as sent."""
        store = self.store
        question = read_question(target, store.serves_results)
        with store.lock:
            hit = store.faults.strike(_subject(question)) if store.faults else None
            if hit is None:
                answer, shown = self._answer(method, question, headers, method == "GET")
            else:
                answer, shown = self._answer_with(hit, method, question, headers)
            is_spoilt = hit is not None and not hit.fault.arrives
            matched = bool(shown) or is_spoilt or self._is_known(method, question, answer.status)
            fault_id = None if hit is None else hit.fault_id
            number = next(self._numbers)
            self._note((method, target, answer.status, store.clock.now(), matched, shown, fault_id, number))
            size = len(method) + len(target) + REFERENCE_BYTES * len(shown) + store.rendered_bytes
            if size > self._large_size or not matched:
                self._log.account(size)
                store.rendered_bytes = 0
        return answer._replace(body=b"") if method == "HEAD" else answer

    def pass_time(self, seconds: float) -> None:
        """Let seconds pass for which a client waits for an answer: a clock that stands still is moved."""
        clock = self.store.clock
        if isinstance(clock, VirtualClock):
            clock.tick(seconds)

    def _answer_with(
        self, hit: Hit, method: str, question: Question, headers: RawHeaders
    ) -> tuple[Answer, Sequence[bytes]]:
        """The answer that a fault leaves; what no client gets to read is no poll, and shows nothing."""
        if hit.instead is not None:
            return hit.instead, ()
        arrives = hit.fault.arrives
        answer, shown = self._answer(method, question, headers, arrives and method == "GET")
        return hit.change(answer), shown if arrives else ()

    def _answer(
        self, method: str, question: Question, headers: RawHeaders, counts: bool
    ) -> tuple[Answer, Sequence[bytes]]:
        """Copr's own answer, and the chroots that it shows; ``counts`` says whether somebody sees it, a poll."""
        endpoint = question.endpoint
        if endpoint == "results":
            return self._answer_results(method, question.path, headers), ()
        try:
            if endpoint is None or method not in question.methods:
                raise _refuse_method(question)
            if method == "OPTIONS":
                return _options(question), ()
            asking = Asking(self.store, self.default_limit, method, question, headers, counts)
            mask = read_header(headers, masks.HEADER) if headers else None
            return _answer_masked(mask, endpoint, asking) if mask else _answer_whole(_SHOW[endpoint](asking))
        except Refusal as refusal:
            return refusal.answer(), ()

    def _answer_results(self, method: str, path: str, headers: RawHeaders) -> Answer:
        # Few ask for them.
        from ..results.serving import answer

        return answer(self.store, method, path, headers)

    def _is_known(self, method: str, question: Question, status: int) -> bool:
        """Whether what was asked for is there, or has been, though the answer shows no chroot."""
        if question.endpoint is None or question.endpoint == "home":
            return question.endpoint is not None
        if status not in (200, 404):
            return method not in question.methods or not self._is_chroot_missing(question)
        if question.build_sent is None:
            # With another method, it is not what is asked for that is missing.
            return status == 200 or method not in question.methods
        build_id, builds = question.build_id, self.store.builds
        if build_id in self.store.removed:
            return True
        if question.endpoint == "results":
            # Whoever asks for what a build has not left yet has not mistaken it.
            return status == 200 or build_id in builds
        return status == 200 and build_id in builds

    def _is_chroot_missing(self, question: Question) -> bool:
        """Whether a build is there that has no chroot of the name: one that no chroot can have is a 500 with Copr."""
        if question.endpoint not in _OF_CHROOTS or question.build_id is None or question.chrootname is None:
            return False
        build = self.store.builds.get(question.build_id)
        return build is not None and build.find(question.chrootname) is None


_OF_CHROOTS = ("build-chroot", "build-chroot/build-config", "build-chroot/built-packages")
"""The endpoints that are asked about a build chroot."""


def _answer_whole(shown: Shown) -> tuple[Answer, Sequence[bytes]]:
    body, chroots, more = shown
    answer = json_answer(body)
    return (answer._replace(headers=answer.headers + more) if more else answer), chroots


def _answer_masked(mask: str, endpoint: EndpointName, asking: Asking) -> tuple[Answer, Sequence[bytes]]:
    """An answer with the fields that a mask names: it shows its chroots as the whole one does."""
    show = _SHOW[endpoint]
    fields = masks.read_mask(mask, endpoint)
    if isinstance(fields, Answer):
        # Found out last, when all is done that was asked, which nobody gets to see.
        show(asking._replace(counts=False))
        return fields, ()
    shown = show(asking)
    return _answer_whole(shown if fields is None else shown._replace(body=masks.pick(shown.body, fields)))


def _subject(question: Question) -> Subject:
    return Subject(question.endpoint, question.build_id, question.chrootname)


def _refuse_method(question: Question) -> Refusal:
    """Why a method gets no answer: the path has none with it, or has only others."""
    if question.endpoint is None or question.lacks_slash:
        return Refusal(404, "Such API endpoint doesn't exist", compact=True)
    # The home page alone is outside the REST layer.
    compact = question.endpoint == "home"
    return Refusal(405, "The method is not allowed for the requested URL.", compact=compact)


def _options(question: Question) -> Answer:
    allow = () if question.lacks_slash else (("Allow", ", ".join(question.methods)),)
    return Answer(200, (("Content-Type", HTML), ("Content-Length", "0"), *allow), b"")
