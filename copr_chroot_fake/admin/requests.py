"""Calls on what a fake was asked: its journal, what was not there, and assertions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast, get_args

from ..fake import FakeCopr
from ..journal.index import About
from ..validation import checks
from ..validation.fields import Fields
from ..wire.routes import EndpointName
from . import bodies, views
from .call import Call, form_of, in_digits


def show_requests(call: Call) -> views.RequestsView:
    """The latest requests, in the order of their answers."""
    after = call.query.read("after", in_digits(checks.whole_number), 0)
    requests, total = call.fake.journal.page(_about(call), after, call.limit(), call.offset)
    return {"requests": [views.request(request) for request in requests], "total": total}


def count_requests(call: Call) -> views.CountView:
    """How often it was asked."""
    return {"count": call.fake.journal.count(_about(call))}


def _about(call: Call) -> About:
    """What the requests are about that the query selects."""
    return About(
        call.query.read("endpoint", _endpoint, None),
        call.query.read("build_id", in_digits(checks.positive), None),
        call.query.read("chrootname", checks.text, None),
    )


def clear_requests(call: Call) -> None:
    """Forget what was asked."""
    call.fake.clear_requests()


def show_unmatched(call: Call) -> views.UnmatchedsView:
    """The unmatched requests by method and target, each with its near miss."""
    limit, journal = call.limit(bodies.DEFAULT_UNMATCHED, bodies.MAX_UNMATCHED), call.fake.journal
    unmatched = journal.unmatched(limit, call.offset)
    return {"unmatched": [views.unmatched(requests) for requests in unmatched], "total": journal.number_of_unmatched}


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
