"""The requests door: what asks Copr's address through requests is answered, other addresses as responses is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests
import responses

from ..service.answers import Answer


class FakeResponse(responses.CallbackResponse):
    """Answers whatever a test has no response of its own for.

    One that matched beside another would be removed: responses takes two for a
    sequence, each of which is used once.
    """

    def __init__(self, answer: Callable[[str, str], Answer], base_url: str, mock: responses.RequestsMock) -> None:
        self._address = re.compile(re.escape(base_url.rstrip("/")) + r"([/?].*)?\Z", re.DOTALL)
        super().__init__("any", self._address, callback=self._respond, content_type=None)
        self._answer = answer
        self._mock = mock

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        if not self._address.match(str(request.url)):
            return False, "URL does not match"
        others = (other for other in self._mock.registered() if other is not self)
        if any(other.matches(request)[0] for other in others):
            return False, "A response of the test's own matches"
        return True, ""

    def _respond(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(str(request.url))
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        status, headers, body = self._answer(str(request.method), target)
        return status, dict(headers), body


@contextmanager
def answering_through_responses(
    answer: Callable[[str, str], Answer], base_url: str
) -> Iterator[responses.RequestsMock]:
    """A started mock whose answers to all of an address are the fake's."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add(FakeResponse(answer, base_url, mock))
        yield mock
