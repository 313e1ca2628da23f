"""The requests door: what asks Copr's address through requests is answered, other addresses as responses is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests
import responses

from ..service.answers import Answer

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@contextmanager
def answering_through_responses(
    answer: Callable[[str, str], Answer], base_url: str
) -> Iterator[responses.RequestsMock]:
    """A started mock whose answers to all of an address are the fake's."""

    def respond(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(str(request.url))
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        status, headers, body = answer(str(request.method), target)
        return status, dict(headers), body

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        address = re.compile(re.escape(base_url.rstrip("/")) + r"([/?].*)?\Z", re.DOTALL)
        for method in METHODS:
            mock.add_callback(method, address, callback=respond, content_type=None)
        yield mock
