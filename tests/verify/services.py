"""Copr as ``verify`` sees it: a fake behind a transport, which may change its responses."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.verify.comparison import Response
from copr_chroot_fake.verify.report import Report
from copr_chroot_fake.verify.sending import Copr
from copr_chroot_fake.verify.verify import verify_reading

URL = "https://copr.example.org"

Change = Callable[[httpx.Request, Response], Response]
"""Changes a response."""

PROJECT = {
    "ownername": "jdoe",
    "projectname": "tools",
    "additional_repos": ["https://example.org/repo/"],
    "chroots": ["fedora-43-x86_64", "epel-10-s390x", "fedora-42-x86_64"],
}
CHROOTS = {"fedora-43-x86_64": "succeeded", "epel-10-s390x": "failed", "fedora-42-x86_64": "canceled"}
SCENARIO: dict[str, Any] = {
    "projects": [PROJECT],
    "builds": [
        {"id": 7, "project": "jdoe/tools", "package": "hello", "chroots": {**CHROOTS, "epel-10-s390x": "succeeded"}},
        {"id": 8, "project": "jdoe/tools", "package": "world", "chroots": CHROOTS},
    ],
}


def service(scenario: dict[str, Any] = SCENARIO) -> FakeCopr:
    """Return a fake that is as strict as a real Copr: users have accounts, and lists no default limit."""
    fake = FakeCopr.from_scenario(scenario, default_limit=None, progress="manual")
    if "now" not in scenario:
        # As a real Copr, and as the recording, which is of now.
        fake.clock.move_to(time.time())
    fake.add_account("jdoe", "jdoe-login", "jdoe-token")
    return fake


class Changed(httpx.BaseTransport):
    """Sends requests to a fake, changes its responses, and notes the requests."""

    def __init__(self, fake: FakeCopr, change: Change | None = None) -> None:
        self._fake, self._change = fake, change
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        headers = [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw]
        answer = self._fake.answer(request.method, request.url.raw_path.decode(), headers, request.read())
        response = Response(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)
        if self._change is not None:
            response = self._change(request, response)
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body)


def copr(transport: httpx.BaseTransport, **options: Any) -> Copr:
    """Return a Copr behind a transport, which takes no time."""
    return Copr(URL, transport=transport, **{"rate": 1e9, "sleep": lambda seconds: None, **options})


def verified(change: Change | None = None, fake: FakeCopr | None = None) -> Report:
    """Compare a changed service with a fake."""
    fake = fake or service()
    ids = [*fake.builds]
    return verify_reading(copr(Changed(fake, change)), ids, lambda line: None, lambda questions: questions, None)


def with_json(response: Response, change: Callable[[Any], object]) -> Response:
    """Return a response with another document, if it has one without an error."""
    try:
        document = json.loads(response.body)
    except ValueError:
        return response
    if response.status != 200 or not isinstance(document, dict) or "output" in document:
        return response
    before, after = json.dumps(document), json.dumps(change(document))
    return response if before == after else response._replace(body=after.encode() + b"\n")


def in_objects(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """Return a change of each object in a response."""

    def walk(document: Any) -> Any:
        if isinstance(document, list):
            return [walk(item) for item in document]
        if isinstance(document, dict):
            return change({key: walk(value) for key, value in document.items()})
        return document

    return lambda request, response: with_json(response, walk)
