"""The API itself: one request in, one answer out, nothing else done.

Errors come in the service's order of precedence: the route, the paging
arguments, the arguments that are missing, the build, the chroot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from ..builds.build import Build
from ..builds.chroot import BuildChroot
from ..builds.store import Store
from ..faults.active import Asked, Hit
from ..lives.clock import VirtualClock
from . import views
from .answers import CATCH_ALL, HTML, Answer, Refusal, json_answer
from .paging import Paging, check_order, check_range, cut_page, put_in_order, read_paging
from .query import cast_integer, read_target
from .routes import Endpoint, Match, match

METHODS = ("GET", "HEAD", "OPTIONS")

Headers = Iterable[tuple[str, str]]


Record = tuple[str, str, int, float, bool, Sequence[bytes], int | None, int]
"""What is noted of a request: method, target, status, time, whether it matched, the chroots that were shown, the id of
the fault that hit it, and its number.

A plain tuple, as one is made for each request; all else is read out of the target when somebody asks.
"""


class Shown(NamedTuple):
    """A body, and the build chroots that it is about, each as the API shows it."""

    body: bytes
    chroots: Sequence[bytes] = ()


class Api:
    """The build-chroot API over a store; each request is handed to ``note``."""

    def __init__(self, store: Store, note: Callable[[Record], None], default_limit: int | None) -> None:
        self.store = store
        self.note = note
        self.default_limit = default_limit
        self._numbers = count(1)

    def answer(self, method: str, target: str, headers: Headers = ()) -> Answer:
        """Answer one request, whose target is the path and the query as sent."""
        path, arguments = read_target(target)
        found = match(path)
        store = self.store
        with store.lock:
            hit = store.faults.strike(_asked(found, arguments)) if store.faults else None
            if hit is None:
                answer, shown = self._answer(method, found, arguments, method == "GET")
            else:
                answer, shown = self._answer_with(hit, method, found, arguments)
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
        self, hit: Hit, method: str, found: Match | None, arguments: Mapping[str, str]
    ) -> tuple[Answer, Sequence[bytes]]:
        """The answer that a fault leaves; what no client gets to read is no poll, and shows nothing."""
        if hit.instead is not None:
            return hit.instead, ()
        arrives = hit.fault.arrives
        answer, shown = self._answer(method, found, arguments, arrives and method == "GET")
        return hit.change(answer), shown if arrives else ()

    def _answer(
        self, method: str, found: Match | None, arguments: Mapping[str, str], counts: bool
    ) -> tuple[Answer, Sequence[bytes]]:
        """Copr's own answer, and the chroots that it shows; ``counts`` says whether somebody sees it, a poll."""
        try:
            if found is None or (found.lacks_slash and method not in METHODS):
                raise Refusal(404, "Such API endpoint doesn't exist", compact=True)
            return self._answer_found(method, found, arguments, counts)
        except Refusal as refusal:
            return refusal.answer(), ()

    def _answer_found(
        self, method: str, found: Match, arguments: Mapping[str, str], counts: bool
    ) -> tuple[Answer, Sequence[bytes]]:
        if method not in METHODS:
            # The home page alone is outside the REST layer.
            compact = found.endpoint is Endpoint.HOME
            raise Refusal(405, "The method is not allowed for the requested URL.", compact=compact)
        if method == "OPTIONS":
            return _options(found), ()
        body, chroots = self._show(found, arguments, counts)
        return json_answer(body), chroots

    def _is_known(self, found: Match | None, arguments: Mapping[str, str], status: int) -> bool:
        """Whether what was asked for is there, or has been, though the answer shows no chroot."""
        if found is None or status not in (200, 404) or found.endpoint is Endpoint.HOME:
            return found is not None
        sent = arguments.get("build_id", found.build_id)
        build_id = None if sent is None else cast_integer(sent)
        if build_id in self.store.removed:
            return True
        return status == 200 and build_id in self.store.builds

    def _show(self, found: Match, arguments: Mapping[str, str], counts: bool) -> Shown:
        if found.endpoint is Endpoint.HOME:
            return Shown(views.HOME)
        if found.endpoint is Endpoint.LIST:
            return self._list(found, arguments, counts)
        chroot = self._find_chroot(found, arguments, counts and found.endpoint is not Endpoint.BUILD_CONFIG)
        shown = (views.chroot(chroot),)
        if found.endpoint is Endpoint.GET:
            return Shown(shown[0] + b"\n", shown)
        if found.endpoint is Endpoint.BUILD_CONFIG:
            return Shown(views.config(chroot, self.store), shown)
        return Shown(views.packages(chroot), shown)

    def _list(self, found: Match, arguments: Mapping[str, str], counts: bool) -> Shown:
        paging = read_paging(arguments, self.default_limit)
        sent = _require("build_id", arguments, found.build_id)
        check_order(paging.order)
        build_id = cast_integer(sent)
        if build_id is None:
            raise Refusal(500, CATCH_ALL, compact=True)
        check_range(paging)
        build = self.store.find_build(build_id)
        shown = [] if build is None else views.chroots(self._page(build, paging, counts))
        return Shown(views.page(shown, paging), shown)

    def _page(self, build: Build, paging: Paging, counts: bool) -> Sequence[BuildChroot]:
        """The chroots of a page, which counts as a poll of each, and of those that are not there yet."""
        if not build.has_ever_lived:
            return cut_page(build.chroots, paging, self.store)
        appearing = {chroot for chroot in build.chroots if chroot.is_absent} if build.is_entangled else set()
        for chroot in appearing:
            chroot.look(counts)
        there = [chroot for chroot in build.chroots if not chroot.is_absent] if appearing else build.chroots
        page = cut_page(there, paging, self.store)
        for chroot in page:
            if chroot.life is not None and chroot not in appearing:
                chroot.look(counts)
        return put_in_order(page, paging, self.store) if self._is_there(build) else ()

    def _is_there(self, build: Build) -> bool:
        """Whether no look has brought about that it is deleted."""
        return self.store.builds.get(build.id) is build

    def _find_chroot(self, found: Match, arguments: Mapping[str, str], counts: bool) -> BuildChroot:
        sent = _require("build_id", arguments, found.build_id)
        name = str(_require("chrootname", arguments, found.chrootname))
        build_id = cast_integer(sent)
        build = None if build_id is None else self.store.find_build(build_id)
        chroot = None if build is None else build.find(name)
        if chroot is not None and chroot.life is not None:
            chroot.look(counts)
        if build is None or (build.is_entangled and not self._is_there(build)):
            raise _impossible_text(sent) or Refusal(404, f"Build {sent} does not exist.")
        if chroot is None or (build.is_entangled and chroot.is_absent):
            raise self._no_such_chroot(sent, name)
        return chroot

    def _no_such_chroot(self, sent: str | int, name: str) -> Refusal:
        """Why a build has no such chroot: the name is malformed, is of no chroot, or of one it is not built in."""
        if name.count("-") < 2:
            return Refusal(500, "Chroot identification is not valid")
        if name not in self.store.mock_chroots:
            return _impossible_text(name) or Refusal(404, f"Chroot {name} does not exist")
        return Refusal(404, f"Build {sent} was not submitted to {name} chroot.")


def _asked(found: Match | None, arguments: Mapping[str, str]) -> Asked:
    if found is None:
        return Asked(None, None, None)
    sent = arguments.get("build_id", found.build_id)
    build_id = None if sent is None else cast_integer(sent)
    return Asked(found.endpoint.value, build_id, arguments.get("chrootname", found.chrootname))


def _require(name: str, arguments: Mapping[str, str], in_path: str | int | None) -> str | int:
    """An argument, for which the query counts before the path."""
    value = arguments.get(name, in_path)
    if value is None:
        raise Refusal(400, f"Missing argument {name}")
    return value


def _impossible_text(sent: str | int) -> Refusal | None:
    """The database's driver takes no text with a NUL in it, which the service does not expect."""
    return Refusal(500, CATCH_ALL) if "\0" in str(sent) else None


def _options(found: Match) -> Answer:
    allow = () if found.lacks_slash else (("Allow", ", ".join(METHODS)),)
    return Answer(200, (("Content-Type", HTML), ("Content-Length", "0"), *allow), b"")
