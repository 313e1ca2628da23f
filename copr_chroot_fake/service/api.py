"""The API itself: one request in, one answer out, nothing else done.

Errors come in the service's order of precedence: the route, the paging
arguments, the arguments that are missing, the build, the chroot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count

from ..builds.store import Store
from ..faults.active import Asked, Hit
from ..lives.clock import VirtualClock
from . import authentication, build_chroots, companions, masks, views
from .answers import HTML, Answer, Refusal, json_answer
from .asking import Asking, Shown
from .headers import RawHeaders, read_header
from .query import cast_integer, read_target
from .routes import Endpoint, Match, match

Record = tuple[str, str, int, float, bool, Sequence[bytes], int | None, int]
"""What is noted of a request: method, target, status, time, whether it matched, the chroots that were shown, the id of
the fault that hit it, and its number.

A plain tuple, as one is made for each request; all else is read out of the target when somebody asks.
"""


def _show_swagger(asking: Asking) -> Shown:
    # Hardly anybody asks for it.
    from .swagger import document

    return Shown(document())


_SHOW: Mapping[Endpoint, Callable[[Asking], Shown]] = {
    Endpoint.HOME: lambda asking: Shown(views.HOME),
    Endpoint.GET: build_chroots.show_one,
    Endpoint.LIST: build_chroots.show_page,
    Endpoint.BUILD_CONFIG: build_chroots.show_config,
    Endpoint.BUILT_PACKAGES: build_chroots.show_packages,
    Endpoint.BUILD: companions.show_build,
    Endpoint.BUILD_LIST: companions.show_builds,
    Endpoint.BUILD_PACKAGES: companions.show_packages,
    Endpoint.SOURCE_CHROOT: companions.show_source,
    Endpoint.CANCEL: authentication.cancel,
    Endpoint.PROJECT: companions.show_project,
    Endpoint.MOCK_CHROOTS: companions.show_mock_chroots,
    Endpoint.MONITOR: companions.show_monitor,
    Endpoint.AUTH_CHECK: authentication.show_user,
    Endpoint.GSSAPI_LOGIN: authentication.refuse_gssapi,
    Endpoint.SWAGGER: _show_swagger,
}


class Api:
    """The API over a store; each request is handed to ``note``."""

    def __init__(self, store: Store, note: Callable[[Record], None], default_limit: int | None) -> None:
        self.store = store
        self.note = note
        self.default_limit = default_limit
        self._numbers = count(1)

    def answer(self, method: str, target: str, headers: RawHeaders = ()) -> Answer:
        """Answer one request, whose target is the path and the query as sent."""
        path, arguments = read_target(target)
        store = self.store
        found = match(path, store.serves_results)
        with store.lock:
            hit = store.faults.strike(_asked(found, arguments)) if store.faults else None
            if hit is None:
                answer, shown = self._answer(method, found, arguments, headers, method == "GET")
            else:
                answer, shown = self._answer_with(hit, method, found, arguments, headers)
            is_spoilt = hit is not None and not hit.fault.arrives
            matched = bool(shown) or is_spoilt or self._is_known(found, arguments, answer.status)
            fault_id = None if hit is None else hit.fault_id
            number = next(self._numbers)
            self.note((method, target, answer.status, store.clock.now(), matched, shown, fault_id, number))
        return answer._replace(body=b"") if method == "HEAD" else answer

    def pass_time(self, seconds: float) -> None:
        """Let seconds pass for which a client waits for an answer: a clock that stands still is moved."""
        clock = self.store.clock
        if isinstance(clock, VirtualClock):
            clock.tick(seconds)

    def _answer_with(
        self, hit: Hit, method: str, found: Match | None, arguments: Mapping[str, str], headers: RawHeaders
    ) -> tuple[Answer, Sequence[bytes]]:
        """The answer that a fault leaves; what no client gets to read is no poll, and shows nothing."""
        if hit.instead is not None:
            return hit.instead, ()
        arrives = hit.fault.arrives
        answer, shown = self._answer(method, found, arguments, headers, arrives and method == "GET")
        return hit.change(answer), shown if arrives else ()

    def _answer(
        self, method: str, found: Match | None, arguments: Mapping[str, str], headers: RawHeaders, counts: bool
    ) -> tuple[Answer, Sequence[bytes]]:
        """Copr's own answer, and the chroots that it shows; ``counts`` says whether somebody sees it, a poll."""
        if found is not None and found.endpoint is Endpoint.RESULTS:
            return self._answer_results(method, found.path, headers), ()
        try:
            if found is None or (found.lacks_slash and method not in found.methods):
                raise Refusal(404, "Such API endpoint doesn't exist", compact=True)
            if method not in found.methods:
                # The home page alone is outside the REST layer.
                compact = found.endpoint is Endpoint.HOME
                raise Refusal(405, "The method is not allowed for the requested URL.", compact=compact)
            if method == "OPTIONS":
                return _options(found), ()
            asking = Asking(self.store, self.default_limit, method, found, arguments, headers, counts)
            mask = read_header(headers, masks.HEADER) if headers else None
            return _answer_masked(mask, asking) if mask else _answer_whole(_SHOW[found.endpoint](asking))
        except Refusal as refusal:
            return refusal.answer(), ()

    def _answer_results(self, method: str, path: str, headers: RawHeaders) -> Answer:
        # Few ask for them.
        from ..results.serving import answer

        return answer(self.store, method, path, headers)

    def _is_known(self, found: Match | None, arguments: Mapping[str, str], status: int) -> bool:
        """Whether what was asked for is there, or has been, though the answer shows no chroot."""
        if found is None or status not in (200, 404) or found.endpoint is Endpoint.HOME:
            return found is not None
        sent = found.build_asked(arguments)
        if sent is None:
            return status == 200
        build_id = cast_integer(sent)
        if build_id in self.store.removed:
            return True
        if found.endpoint is Endpoint.RESULTS:
            # Whoever asks for what a build has not left yet has not mistaken it.
            return status == 200 or build_id in self.store.builds
        return status == 200 and build_id in self.store.builds


def _answer_whole(shown: Shown) -> tuple[Answer, Sequence[bytes]]:
    body, chroots, more = shown
    answer = json_answer(body)
    return (answer._replace(headers=answer.headers + more) if more else answer), chroots


def _answer_masked(mask: str, asking: Asking) -> tuple[Answer, Sequence[bytes]]:
    """An answer with the fields that a mask names: it shows its chroots as the whole one does."""
    show = _SHOW[asking.found.endpoint]
    fields = masks.read_mask(mask, asking.found.endpoint)
    if isinstance(fields, Answer):
        # Found out last, when all is done that was asked, which nobody gets to see.
        show(asking._replace(counts=False))
        return fields, ()
    shown = show(asking)
    return _answer_whole(shown if fields is None else shown._replace(body=masks.pick(shown.body, fields)))


def _asked(found: Match | None, arguments: Mapping[str, str]) -> Asked:
    if found is None:
        return Asked(None, None, None)
    sent = found.build_asked(arguments)
    build_id = None if sent is None else cast_integer(sent)
    return Asked(found.endpoint.value, build_id, found.chroot_asked(arguments))


def _options(found: Match) -> Answer:
    allow = () if found.lacks_slash else (("Allow", ", ".join(found.methods)),)
    return Answer(200, (("Content-Type", HTML), ("Content-Length", "0"), *allow), b"")
