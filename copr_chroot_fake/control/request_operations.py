"""Control calls on the request journal: requests, unmatched requests and assertions."""

from __future__ import annotations

from ..journal.index import About, Content
from . import views
from .call import Call
from .specs import RequestFilter, RequestsQuery, UnmatchedQuery, VerifyBody


def show_requests(call: Call, query: RequestsQuery) -> views.RequestsView:
    """List the latest requests, in the order of their responses."""
    journal = call.service.journal
    requests, total = journal.page(_about(query), query.after, query.limit, query.offset, _content(query))
    return {"requests": [views.request(request) for request in requests], "total": total}


def count_requests(call: Call, query: RequestFilter) -> views.CountView:
    """Count requests."""
    return {"count": call.service.journal.count(_about(query), _content(query))}


def _about(query: RequestFilter) -> About:
    return About(query.endpoint, query.build_id, query.chrootname)


def _content(query: RequestFilter) -> Content:
    return Content(query.search, query.status, query.fault)


def clear_requests(call: Call) -> None:
    """Delete all recorded requests."""
    call.service.journal.clear()


def show_unmatched(call: Call, query: UnmatchedQuery) -> views.UnmatchedsView:
    """List unmatched requests by method and target, each with its near miss."""
    journal = call.service.journal
    unmatched = journal.unmatched(query.limit, query.offset)
    return {"unmatched": [views.unmatched(requests) for requests in unmatched], "total": journal.number_of_unmatched}


def verify(call: Call, body: VerifyBody) -> views.VerdictView:
    """Check an assertion about recorded requests."""
    try:
        body.check(call.service)
    except AssertionError as error:
        return {"passed": False, "message": str(error)}
    return {"passed": True, "message": None}
