"""Responses of Copr's web pages, which are outside ``/api_3``: text, and error pages."""

from __future__ import annotations

from collections.abc import Mapping

from ..wire.answer import HTML, Answer, Headers, make_answer

TEXT = "text/plain; charset=utf-8"

_TITLES: Mapping[int, str] = {
    400: "Bad Request",
    403: "Access Restricted",
    404: "Not Found",
    415: "Unsupported Media Type",
}


def text_answer(text: str, status: int = 200, *, content_type: str = HTML, headers: Headers = ()) -> Answer:
    """Return a response with a text."""
    return make_answer(text.encode(), content_type, status, headers)


def error_page(status: int, headers: Headers = ()) -> Answer:
    """Return an error page, without Copr's design, which is not recorded."""
    title = _TITLES.get(status, "Internal Server Error")
    page = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
    return text_answer(page, status, headers=headers)
