"""Calls on what a fake was asked: its journal, what was not there, and assertions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast, get_args

from .. import checks
from ..fake import FakeCopr
from ..fields import Fields
from ..journal import Request
from ..service.routes import EndpointName
from . import bodies, views
from .calls import Call, form_of, in_digits


def show_requests(call: Call) -> views.RequestsView:
    """The latest requests, in the order of their answers."""
    requests = call.fake.requests_after(call.query.read("after", in_digits(checks.whole_number), 0))
    return {"requests": [views.request(request) for request in call.latest(_meant(call, requests))]}


def count_requests(call: Call) -> views.CountView:
    """How often it was asked."""
    return {"count": len(_meant(call, call.fake.requests))}


def _meant(call: Call, requests: Iterable[Request]) -> list[Request]:
    """The requests that the query selects."""
    endpoint = call.query.read("endpoint", _endpoint, None)
    build_id = call.query.read("build_id", in_digits(checks.positive), None)
    chrootname = call.query.read("chrootname", checks.text, None)
    return [
        request
        for request in requests
        if endpoint in (None, request.endpoint)
        and build_id in (None, request.build_id)
        and chrootname in (None, request.chrootname)
    ]


def forget_requests(call: Call) -> None:
    """Forget what was asked."""
    call.fake.forget_requests()


def show_unmatched(call: Call) -> views.UnmatchedsView:
    """What was asked for and is not there, with the nearest that is."""
    unmatched = call.fake.unmatched
    return {"unmatched": [{"request": views.request(request), "nearest": nearest} for request, nearest in unmatched]}


def verify(call: Call) -> views.VerdictView:
    """Whether an assertion on what was asked holds."""
    name = checks.one_of(_ASSERTIONS)("assertion", call.said.get("assertion"))
    form, check = _ASSERTIONS[name]
    try:
        check(call.fake, Fields("", call.said, form_of(form)))
    except AssertionError as error:
        return {"passed": False, "message": str(error)}
    return {"passed": True, "message": None}


def _check_requested(fake: FakeCopr, said: Fields) -> None:
    fake.assert_requested(
        said.require("endpoint", _endpoint),
        build_id=said.read("build_id", checks.positive, None),
        chrootname=said.read("chrootname", checks.text, None),
        times=said.read("times", checks.whole_number, None),
    )


def _check_not_requested(fake: FakeCopr, said: Fields) -> None:
    fake.assert_not_requested(
        said.require("endpoint", _endpoint),
        build_id=said.read("build_id", checks.positive, None),
        chrootname=said.read("chrootname", checks.text, None),
    )


def _check_polled(fake: FakeCopr, said: Fields) -> None:
    fake.assert_polled_no_faster_than(
        said.require("seconds", checks.amount),
        build_id=said.read("build_id", checks.positive, None),
        chrootname=said.read("chrootname", checks.text, None),
    )


def _check_pages(fake: FakeCopr, said: Fields) -> None:
    fake.assert_all_pages_read(said.require("build_id", checks.positive))


_ASSERTIONS: Mapping[str, tuple[type, Callable[[FakeCopr, Fields], None]]] = {
    "requested": (bodies.RequestedBody, _check_requested),
    "not-requested": (bodies.NotRequestedBody, _check_not_requested),
    "polled-no-faster-than": (bodies.PolledBody, _check_polled),
    "all-pages-read": (bodies.PagesBody, _check_pages),
}
"""The form of each assertion, and what it does."""


def _endpoint(field: str, value: object) -> EndpointName:
    return cast(EndpointName, checks.one_of(get_args(EndpointName))(field, value))
