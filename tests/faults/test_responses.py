"""Responses that a fault replaces or damages are the same with every adapter."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from copr_chroot_fake import Dribble, FakeCopr, Fault
from copr_chroot_fake.wire.answer import CATCH_ALL, JSON

from ..adapters import OpenAdapter
from ..chroots import F41
from .helpers import COPR_ANSWER, GET, HTML, LIST

ANSWERS: list[tuple[Fault, int, str, Callable[[bytes], bool]]] = [
    (Fault(status=500), 500, JSON, lambda body: body == b'{"error":"%s"}\n' % CATCH_ALL.encode()),
    (Fault(status=404), 404, JSON, lambda body: body == b'{"error":"Such API endpoint doesn\'t exist"}\n'),
    (Fault(status=504, body="json"), 504, JSON, lambda body: body == b'{"error":"The API request timeouted"}\n'),
    (Fault(status=503, body="json"), 503, JSON, lambda body: body == b'{"error": "Service Unavailable"}\n'),
    (Fault(status=599), 599, JSON, lambda body: body == b'{"error": "Status 599"}\n'),
    (Fault(status=502), 502, HTML, lambda body: b"<p>Reason: <strong>Error reading from remote server<" in body),
    (Fault(status=503), 503, HTML, lambda body: b"<title>503 Service Unavailable</title>" in body),
    (Fault(status=504), 504, HTML, lambda body: b"The gateway did not receive a timely response\n" in body),
    (Fault(status=403, body="html"), 403, HTML, lambda body: b"<h1>Forbidden</h1>\n</body></html>\n" in body),
    (Fault(body="html"), 200, HTML, lambda body: b"<title>200 OK</title>" in body),
    (Fault(status=502, body="cut"), 502, HTML, lambda body: body.startswith(b"<!DOCTYPE") and b"</html>" not in body),
    (Fault(status=502, body="malformed"), 502, JSON, lambda body: body == b'{"error": "Bad Gateway",}\n'),
    (Fault(status=400, error="Can't drop ž"), 400, JSON, lambda body: body == b'{"error": "Can\'t drop \\u017e"}\n'),
    (Fault(status=503, error="later"), 503, JSON, lambda body: body == b'{"error": "later"}\n'),
    (Fault(status=400, error="no", body="cut"), 400, JSON, lambda body: body == b'{"error"'),
    (Fault(status=204), 204, "", lambda body: body == b""),
    (Fault(body="empty"), 200, JSON, lambda body: body == b""),
    (Fault(body="cut"), 200, JSON, lambda body: body == COPR_ANSWER.body[: len(COPR_ANSWER.body) // 2]),
    (Fault(body="malformed"), 200, JSON, lambda body: body == COPR_ANSWER.body[:-2] + b",}\n"),
    (Fault(delay=0.01), 200, JSON, lambda body: body == COPR_ANSWER.body),
    (Fault(delay=0.01, status=503, body="empty"), 503, HTML, lambda body: body == b""),
    (Fault(dribble=Dribble(bytes=50, every=0.001)), 200, JSON, lambda body: body == COPR_ANSWER.body),
]


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "is_expected"), ANSWERS, ids=[str(row[0]) for row in ANSWERS]
)
def test_every_adapter_returns_the_response_of_a_fault(
    fake: FakeCopr,
    open_adapter: OpenAdapter,
    fault: Fault,
    status: int,
    content_type: str,
    is_expected: Callable[[bytes], bool],
) -> None:
    """The headers fit the body. Without the fault, the response is Copr's again."""
    send = open_adapter(fake)
    added = fake.faults.add(fault)
    response = send("GET", GET)
    assert (response.status, response.content_type) == (status, content_type)
    assert is_expected(response.body), response.body
    assert response.headers.get("content-length", "0") == str(len(response.body))
    fake.faults.remove(added.id)
    assert send("GET", GET).body == COPR_ANSWER.body


@pytest.mark.parametrize(
    ("target", "content_type", "body"),
    [
        ("/api_3/project/list", JSON, b'{"error": "no"}\n'),
        ("/api_3/", JSON, b'{"error":"no"}\n'),
        ("/api_3/nowhere", JSON, b'{"error":"no"}\n'),
        ("/webhooks/github/1/x/", "text/html; charset=utf-8", b"no\n"),
        ("/coprs/jdoe/p/repo/fedora-43/", "text/html; charset=utf-8", b"no\n"),
        ("/results/jdoe/", "text/html; charset=utf-8", b"no\n"),
    ],
)
def test_error_of_a_fault_looks_like_those_of_its_endpoint(target: str, content_type: str, body: bytes) -> None:
    """Copr has two styles of JSON; outside of the API, it responds with text."""
    fake = FakeCopr()
    fake.add_scenario({"faults": [{"status": 400, "error": "no"}]})
    answer = fake.answer("GET", target)
    assert (answer.status, dict(answer.headers)["Content-Type"], answer.body) == (400, content_type, body)
    assert fake.requests[0].error == "no"


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(body="cut"), Fault(dribble=Dribble(9, 0.001))], ids=str)
def test_head_has_the_headers_of_get(fake: FakeCopr, open_adapter: OpenAdapter, fault: Fault) -> None:
    send = open_adapter(fake)
    fake.faults.add(fault)
    head, response = send("HEAD", GET), send("GET", GET)
    assert head.body == b""
    assert head.status == response.status
    assert {**head.headers, "date": ""} == {**response.headers, "date": ""}


def test_malformed_body_is_invalid_json(fake: FakeCopr) -> None:
    """Also for other endpoints and errors."""
    fake.faults.add(Fault(body="malformed"))
    for target in (GET, LIST, "/api_3/", "/api_3/build-chroot", f"/api_3/build-chroot/build-config/1/{F41}"):
        with pytest.raises(ValueError, match=r"double quotes|trailing comma"):
            json.loads(fake.answer("GET", target).body)
