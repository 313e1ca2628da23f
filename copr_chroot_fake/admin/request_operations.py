"""Control calls on the request journal: requests, unmatched requests and assertions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast, get_args

from ..journal.index import About
from ..validation import checks
from ..validation.fields import Fields
from ..wire.routes import EndpointName
from . import bodies, views
from .call import Call, form_of, in_digits

if TYPE_CHECKING:
    from ..fake import FakeCopr


def show_requests(call: Call) -> views.RequestsView:
    """List the latest requests, in the order of their responses."""
    after = call.query.read("after", in_digits(checks.whole_number), 0)
    requests, total = call.fake.journal.page(_filter(call), after, call.limit(), call.offset)
    return {"requests": [views.request(request) for request in requests], "total": total}


def count_requests(call: Call) -> views.CountView:
    """Count requests."""
    return {"count": call.fake.journal.count(_filter(call))}


def _filter(call: Call) -> About:
    """Return the filter in the query."""
    return About(
        call.query.read("endpoint", _endpoint, None),
        call.query.read("build_id", in_digits(checks.positive), None),
        call.query.read("chrootname", checks.text, None),
    )


def clear_requests(call: Call) -> None:
    """Delete all recorded requests."""
    call.fake.clear_requests()


def show_unmatched(call: Call) -> views.UnmatchedsView:
    """List unmatched requests by method and target, each with its near miss."""
    limit, journal = call.limit(bodies.DEFAULT_UNMATCHED, bodies.MAX_UNMATCHED), call.fake.journal
    unmatched = journal.unmatched(limit, call.offset)
    return {"unmatched": [views.unmatched(requests) for requests in unmatched], "total": journal.number_of_unmatched}


def verify(call: Call) -> views.VerdictView:
    """Check an assertion about recorded requests."""
    name = checks.one_of(_ASSERTIONS)("assertion", call.said.get("assertion"))
    body_type, check = _ASSERTIONS[name]
    try:
        check(call.fake, Fields("", call.said, form_of(body_type)))
    except AssertionError as error:
        return {"passed": False, "message": str(error)}
    return {"passed": True, "message": None}


def _check_requested(fake: FakeCopr, fields: Fields) -> None:
    fake.assert_requested(
        fields.require("endpoint", _endpoint),
        build_id=fields.read("build_id", checks.positive, None),
        chrootname=fields.read("chrootname", checks.text, None),
        times=fields.read("times", checks.whole_number, None),
    )


def _check_not_requested(fake: FakeCopr, fields: Fields) -> None:
    fake.assert_not_requested(
        fields.require("endpoint", _endpoint),
        build_id=fields.read("build_id", checks.positive, None),
        chrootname=fields.read("chrootname", checks.text, None),
    )


def _check_polled(fake: FakeCopr, fields: Fields) -> None:
    fake.assert_polled_no_faster_than(
        fields.require("seconds", checks.amount),
        build_id=fields.read("build_id", checks.positive, None),
        chrootname=fields.read("chrootname", checks.text, None),
    )


def _check_pages(fake: FakeCopr, fields: Fields) -> None:
    fake.assert_all_pages_read(fields.require("build_id", checks.positive))


_ASSERTIONS: Mapping[str, tuple[type, Callable[[FakeCopr, Fields], None]]] = {
    "requested": (bodies.RequestedBody, _check_requested),
    "not-requested": (bodies.NotRequestedBody, _check_not_requested),
    "polled-no-faster-than": (bodies.PolledBody, _check_polled),
    "all-pages-read": (bodies.PagesBody, _check_pages),
}
"""The type of the body, and the check, of each assertion."""


def _endpoint(field: str, value: object) -> EndpointName:
    return cast(EndpointName, checks.one_of(get_args(EndpointName))(field, value))
