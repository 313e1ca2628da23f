"""Control calls on the request journal: requests, unmatched requests and assertions."""

from __future__ import annotations

from ..journal.journal import Filter
from . import views
from .call import Call
from .specs import RequestFilter, RequestsQuery, UnmatchedQuery, VerifyBody


def show_requests(call: Call, query: RequestsQuery) -> views.RequestsView:
    """List the latest requests, in the order of their responses."""
    found = call.service.journal.find(_filter(query), query.after)
    end = max(len(found) - query.offset, 0)
    return {
        "requests": [views.request(request) for request in found[max(end - query.limit, 0) : end]],
        "total": len(found),
    }


def count_requests(call: Call, query: RequestFilter) -> views.CountView:
    """Count requests."""
    return {"count": len(call.service.journal.find(_filter(query)))}


def _filter(query: RequestFilter) -> Filter:
    return Filter(
        query.endpoint,
        query.build_id,
        query.chrootname,
        search=query.search,
        status=query.status,
        fault=query.fault,
    )


def clear_requests(call: Call) -> None:
    """Delete all recorded requests."""
    call.service.journal.clear()


def show_unmatched(call: Call, query: UnmatchedQuery) -> views.UnmatchedsView:
    """List unmatched requests by method and target, each with its near miss."""
    found = call.service.journal.unmatched()
    page = found[query.offset : query.offset + query.limit]
    return {"unmatched": [views.unmatched(requests) for requests in page], "total": len(found)}


def verify(call: Call, body: VerifyBody) -> views.VerdictView:
    """Check an assertion about recorded requests."""
    try:
        body.check(call.service)
    except AssertionError as error:
        return {"passed": False, "message": str(error)}
    return {"passed": True, "message": None}
