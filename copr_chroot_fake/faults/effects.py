"""What a fault makes of an answer: another one, or how it gets to the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from random import Random

from ..lives.durations import draw
from ..service.answers import CATCH_ALL, JSON, Answer, Delivery, Failure, error_body
from .fault import SECONDS_CLOSED, Fault

APACHE_HTML = "text/html; charset=iso-8859-1"
"""The type of the pages that Apache's httpd, which is in front of Copr, makes itself."""

_REASONS = {
    502: "The proxy server received an invalid\r\nresponse from an upstream server.<br />",
    503: "The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\n"
    "problems. Please try again later.",
    504: "The gateway did not receive a timely response\nfrom the upstream server or application.",
}

_UNANSWERED = Answer(0, (), b"")
"""What there is to note where no answer comes."""


def answer_instead(fault: Fault) -> Answer:
    """What is answered where the request does not get to Copr."""
    if fault.breaks in ("refused", "reset"):
        return _UNANSWERED
    status = fault.status or 200
    html = fault.body == "html" or (fault.body != "json" and status in _REASONS)
    body = _page(status) if html else _error(status)
    return _spoil(fault, Answer(status, _headers(APACHE_HTML if html else JSON, body), body))


def change(fault: Fault, answer: Answer) -> Answer:
    """What becomes of Copr's answer."""
    return _UNANSWERED if fault.breaks == "timeout" else _spoil(fault, answer)


def delivery(fault: Fault, random: Random) -> Delivery | None:
    """How the answer gets to the client; ``None`` if it simply arrives."""
    piece, pause = fault.dribble or (0, 0)
    made = Delivery(
        delay=0 if fault.delay is None else draw(fault.delay, random),
        piece=piece,
        pause=pause,
        failure=None if fault.breaks is None else Failure(fault.breaks),
        closed=SECONDS_CLOSED if fault.seconds is None else fault.seconds,
    )
    return None if made[:-1] == Delivery()[:-1] else made


def _spoil(fault: Fault, answer: Answer) -> Answer:
    spoil = _SPOILERS.get(fault.body or "")
    if spoil is None:
        return answer
    body = spoil(answer.body)
    type_of_answer = next((value for name, value in answer.headers if name == "Content-Type"), JSON)
    others = tuple(header for header in answer.headers if header[0] not in ("Content-Type", "Content-Length"))
    return answer._replace(headers=_headers(type_of_answer, body) + others, body=body)


def _malformed(body: bytes) -> bytes:
    """A comma too much, which no JSON reader takes."""
    return body.rstrip()[:-1] + b",}\n"


_SPOILERS: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: b"",
    "cut": lambda body: body[: len(body) // 2],
    "malformed": _malformed,
}


def _headers(content_type: str, body: bytes) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", content_type), ("Content-Length", str(len(body))))


def _error(status: int) -> bytes:
    """Copr's own words for a mistake of its own; for any other status, HTTP's."""
    return error_body(CATCH_ALL if status == 500 else phrase_of(status), compact=status == 500)


def _page(status: int) -> bytes:
    """The page of Apache's httpd, as its source has it."""
    phrase = phrase_of(status)
    reason = _REASONS.get(status, "")
    return (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
        f"<title>{status} {phrase}</title>\n</head><body>\n<h1>{phrase}</h1>\n<p>{reason}</p>\n</body></html>\n"
    ).encode()


def phrase_of(status: int) -> str:
    """What HTTP calls a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
