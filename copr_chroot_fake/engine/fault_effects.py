"""The effects of a fault on a response: its content, and its delivery to the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from random import Random

from ..model.durations import draw
from ..model.fault import SECONDS_CLOSED, Fault
from ..wire.answer import CATCH_ALL, HTML, JSON, Answer, Delivery, Failure, error_body, json_answer, make_answer

APACHE_HTML = "text/html; charset=iso-8859-1"
"""The type of the pages that Apache's httpd, which is in front of Copr, makes itself."""

_PAGES = {
    502: (
        "Proxy Error",
        "<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n"
        "The proxy server could not handle the request"
        "<p>Reason: <strong>Error reading from remote server</strong></p></p>\n",
    ),
    503: (
        "Service Unavailable",
        "<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\n"
        "problems. Please try again later.</p>\n",
    ),
    504: (
        "Gateway Timeout",
        "<p>The gateway did not receive a timely response\nfrom the upstream server or application.</p>\n",
    ),
}
"""Title and text of those pages, as the source of Apache's httpd 2.4 has them."""

_UNANSWERED = Answer(0, (), b"")
"""What is recorded if there is no response."""


def answer_instead(fault: Fault, endpoint: str | None) -> Answer:
    """Return the response to a request for an endpoint that does not reach Copr."""
    if fault.breaks in ("refused", "reset"):
        return _UNANSWERED
    status = fault.status or 200
    if fault.error is not None:
        return _spoil(fault, _own_error(fault.error, status, endpoint))
    if status in _BODILESS:
        return Answer(status, (), b"")
    html = fault.body == "html" or (status in _PAGES and fault.body not in ("json", "malformed"))
    body = _page(status) if html else _error(status)
    return _spoil(fault, make_answer(body, APACHE_HTML if html else JSON, status))


def _own_error(message: str, status: int, endpoint: str | None) -> Answer:
    """Return Copr's own error; outside of the API it is text, and only the API's REST layer has spaces in its JSON."""
    if endpoint is not None and endpoint.startswith(("webhooks/", "coprs/", "results")):
        return make_answer(f"{message}\n".encode(errors="replace"), HTML, status)
    return json_answer(error_body(message, compact=endpoint in (None, "home")), status)


_BODILESS = (204, 205, 304)
"""Statuses of responses without a body."""


def change(fault: Fault, answer: Answer) -> Answer:
    """Return Copr's response as a fault changes it."""
    return _UNANSWERED if fault.breaks == "timeout" else _spoil(fault, answer)


def delivery(fault: Fault, random: Random) -> Delivery | None:
    """Return how the response is delivered to the client; ``None`` if it simply arrives."""
    if fault.delay is None and fault.dribble is None and fault.breaks is None:
        return None
    return Delivery(
        delay=0 if fault.delay is None else draw(fault.delay, random),
        piece=0 if fault.dribble is None else fault.dribble.bytes,
        pause=0 if fault.dribble is None else fault.dribble.every,
        failure=None if fault.breaks is None else Failure(fault.breaks),
        closed=SECONDS_CLOSED if fault.seconds is None else fault.seconds,
    )


def _spoil(fault: Fault, answer: Answer) -> Answer:
    spoil = _SPOILERS.get(fault.body or "")
    if spoil is None:
        return answer
    body = spoil(answer.body)
    headers = dict(answer.headers) | {"Content-Length": str(len(body))}
    return answer._replace(headers=tuple(headers.items()), body=body)


_SPOILERS: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: b"",
    "cut": lambda body: body[: len(body) // 2],
    # A trailing comma, which every JSON parser rejects.
    "malformed": lambda body: body.rstrip()[:-1] + b",}\n",
}


def _error(status: int) -> bytes:
    """Return the API's own error outside its REST layer, or one with the phrase that HTTP has for the status."""
    return error_body(_WORDS.get(status) or _phrase(status), compact=status in _WORDS)


_WORDS = {404: "Such API endpoint doesn't exist", 500: CATCH_ALL, 504: "The API request timeouted"}


def _page(status: int) -> bytes:
    """Return the page of Apache's httpd; for statuses other than those above, with the same layout."""
    title, text = _PAGES.get(status) or (_phrase(status), "")
    return (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
        f"<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n{text}</body></html>\n"
    ).encode()


def _phrase(status: int) -> str:
    """Return the phrase that HTTP has for a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
