"""What a fake was asked: every request, what it saw and when, and assertions that say what was asked instead."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, cast, get_args

from . import checks
from .builds.build import Build
from .builds.store import Store
from .service.api import Record
from .service.question import read_question
from .service.routes import RESULTS, Endpoint, EndpointName, routes
from .states import State


class Request(NamedTuple):
    """A request and what became of it.

    :param endpoint: which endpoint was asked, ``None`` where there is none.
    :param build_id: the build that was meant, ``None`` where what was sent is no number of one.
    :param arguments: all arguments of the query, as sent.
    :param status: the answer's; 0 where a fault has kept any from coming.
    :param at: when it was, on the fake's clock (Unix time).
    :param matched: whether what was asked for is, or has been, there.
    """

    method: str
    target: str
    endpoint: EndpointName | None
    build_id: int | None
    chrootname: str | None
    arguments: Mapping[str, str]
    status: int
    at: float
    matched: bool
    shown: Sequence[bytes] = ()
    """The build chroots that the answer was about, as the API shows them."""
    fault: int | None = None
    """The id of the fault that hit it."""
    number: int = 0
    """Its number among all that the fake was ever asked, from 1."""

    @property
    def saw(self) -> dict[str, State]:
        """The states that the answer was about, by chroot."""
        documents = [json.loads(shown) for shown in self.shown]
        return {document["name"]: State(document["state"]) for document in documents}

    def __str__(self) -> str:
        saw = ", ".join(f"{name} {state}" for name, state in list(self.saw.items())[:3])
        more = f" and {len(self.shown) - 3} more" if len(self.shown) > 3 else ""
        what = self.status or "no answer"
        why = "" if self.fault is None else f" by fault {self.fault}"
        return f"{self.method} {self.target} -> {what}{why}{f' ({saw}{more})' if saw else ''} at {self.at:.10g}"


def _read(record: Record, has_results: bool) -> Request:
    method, target, status, at, matched, shown, fault, number = record
    question = read_question(target, has_results)
    return Request(
        method=method,
        target=target,
        endpoint=None if question.endpoint is None else question.endpoint.value,
        build_id=question.build_id,
        chrootname=question.chrootname,
        arguments=question.arguments,
        status=status,
        at=at,
        matched=matched,
        shown=shown,
        fault=fault,
        number=number,
    )


_METHODS: Mapping[EndpointName, Sequence[str]] = {"cancel": ("PUT", "POST")}
"""How an endpoint is asked that is not simply read."""

_POLLED: Sequence[EndpointName] = ("get", "list", "build", "build-list", "source-chroot", "monitor")
"""The endpoints that tell how builds are doing."""


_OF_PROJECTS: Sequence[EndpointName] = ("project", "build-list", "monitor")
"""The endpoints that are asked about a project."""


class Journal:
    """The latest requests, in the order of their answers."""

    def __init__(self, store: Store, records: deque[Record]) -> None:
        self._store = store
        self._records = records

    def clear(self) -> None:
        self._records.clear()

    @property
    def requests(self) -> list[Request]:
        return [_read(record, self._store.serves_results) for record in list(self._records)]

    def after(self, number: int) -> list[Request]:
        """Those that have come after the one of that number."""
        last = checks.whole_number("number", number)
        return [request for request in self.requests if request.number > last]

    @property
    def unmatched(self) -> list[Request]:
        return [request for request in self.requests if not request.matched]

    def find(self, endpoint: EndpointName, build_id: int | None, chrootname: str | None) -> list[Request]:
        """What was asked of an endpoint, about a build and a chroot where those are said."""
        endpoint = cast(EndpointName, checks.one_of(get_args(EndpointName))("endpoint", endpoint))
        # What is of another type would never be found, and an assertion that it was not asked for always hold.
        build_id = checks.optional(checks.whole_number)("build_id", build_id)
        chrootname = checks.optional(checks.text)("chrootname", chrootname)
        return [
            request
            for request in self.requests
            if request.method in _METHODS.get(endpoint, ("GET",))
            and request.endpoint == endpoint
            and build_id in (None, request.build_id)
            and chrootname in (None, request.chrootname)
        ]

    def assert_requested(
        self, endpoint: EndpointName, build_id: int | None, chrootname: str | None, times: int | None
    ) -> None:
        __tracebackhide__ = True
        times = checks.optional(checks.whole_number)("times", times)
        build_id = checks.optional(checks.whole_number)("build_id", build_id)
        chrootname = checks.optional(checks.text)("chrootname", chrootname)
        count = len(self.find(endpoint, build_id, chrootname))
        if count != times if times is not None else not count:
            expected = "at least once" if times is None else _times(times)
            to_be = "was not to be requested" if times == 0 else f"was to be requested {expected}"
            meant = _described(endpoint, build_id, chrootname)
            raise AssertionError(f"{meant} {to_be} and was {_times(count)}.{self._instead()}")

    def assert_polled_no_faster_than(self, seconds: float, build_id: int | None, chrootname: str | None) -> None:
        __tracebackhide__ = True
        last: dict[Hashable, Request] = {}
        for request in (found for endpoint in _POLLED for found in self.find(endpoint, build_id, chrootname)):
            what = _what(request)
            before = last.get(what)
            if before is not None and request.at - before.at < seconds:
                after = f"{request.at - before.at:g} s"
                raise AssertionError(
                    f"polled after {after}, but no faster than every {seconds:g} s was wanted:\n  {before}\n  {request}"
                )
            last[what] = request

    def assert_all_pages_read(self, build: Build) -> None:
        __tracebackhide__ = True
        seen = {name for request in self.find("list", build.id, None) for name in request.saw}
        missing = [chroot.name for chroot in build.chroots if chroot.name not in seen and not chroot.is_absent]
        if missing:
            listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            raise AssertionError(
                f"{len(missing)} of {len(build.chroots)} chroots of build {build.id} were on no page that was read: "
                f"{listed}.{self._instead()}"
            )

    def _nearest_results(self, path: str) -> str:
        there = (
            f"{RESULTS}/{build.project.ownername}/{build.project_dirname}/{chroot.name}/{chroot.result_dir}/"
            for build in self._store.builds.values()
            for chroot in build.chroots
            if chroot.result_dir
        )
        # To compare with all of very many would take longer than anybody waits for a message.
        close = checks.nearest(path, islice(there, 1000), 1, 0)
        return f"{close[0]} is there" if close else "there are no results"

    def _instead(self) -> str:
        """What was asked, for the message of an assertion."""
        requests = self.requests
        if not requests:
            return " Nothing was requested."
        more = f"\n  … and {len(requests) - 20} before" if len(requests) > 20 else ""
        return " Requested was:" + more + "".join(f"\n  {request}" for request in requests[-20:])

    def nearest(self, request: Request) -> str:
        """What there is that is nearest to what a request did not find."""
        path = request.target.partition("?")[0]
        if request.endpoint is None:
            return _nearest_path(path, self._store.serves_results)
        if request.endpoint in _OF_PROJECTS:
            return _nearest_project(self._store.projects, request.arguments)
        if request.endpoint == Endpoint.RESULTS.value:
            return f"{self._nearest_results(path)}, {path} is not"
        build = None if request.build_id is None else self._store.builds.get(request.build_id)
        if build is None:
            sent = read_question(request.target, self._store.serves_results).build_sent
            return f"{_nearest_builds(self._store.builds, sent)}, {sent} is not"
        names = [chroot.name for chroot in build.chroots]
        close = checks.nearest(request.chrootname or "", names, 3, 0.3) or names[:3]
        has = ", ".join(close) or "no chroots"
        return f"build {build.id} has {has}, not {checks.shown(request.chrootname)}"


def _what(request: Request) -> Hashable:
    """What a request asks about, whether its build is in the path or among the arguments, in whatever order."""
    others = dict(request.arguments)
    if request.build_id is not None:
        others.pop("build_id", None)
        others.pop("chrootname", None)
    return request.endpoint, request.build_id, request.chrootname, tuple(sorted(others.items()))


def _nearest_path(path: str, has_results: bool) -> str:
    (close,) = checks.nearest(path, [route.path for route in routes(has_results)], 1, 0)
    return f"{close} is there, {path} is not"


def _nearest_project(projects: Iterable[str], arguments: Mapping[str, str]) -> str:
    sent = f"{arguments.get('ownername', '')}/{arguments.get('projectname', '')}"
    near = checks.nearest(sent, projects, 1, 0)
    return f"project {near[0]} is there, {sent} is not" if near else "there are no projects"


def _nearest_builds(builds: Iterable[int], sent: int | str | None) -> str:
    """By what is written rather than by number: a digit is sooner missing than wrong by one."""
    near = checks.nearest(str(sent), map(str, builds), 3, 0)
    if not near:
        return "there are no builds"
    return f"build{'s' if len(near) > 1 else ''} {', '.join(near)} {'are' if len(near) > 1 else 'is'} there"


def _described(endpoint: str, build_id: int | None, chrootname: str | None) -> str:
    of_build = "" if build_id is None else f" of build {build_id}"
    return f"{endpoint!r}{of_build}{'' if chrootname is None else f', {chrootname}'}"


def _times(count: int) -> str:
    return {0: "not", 1: "once", 2: "twice"}.get(count, f"{count} times")
