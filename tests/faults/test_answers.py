"""An answer that is hit is another one, the same through every door."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from copr_chroot_fake import Dribble, FakeCopr, Fault
from copr_chroot_fake.wire.answer import CATCH_ALL, JSON

from ..adapters import OpenAdapter
from .asked import F41, GET, HTML, LIST, OWN

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
    (Fault(status=204), 204, "", lambda body: body == b""),
    (Fault(body="empty"), 200, JSON, lambda body: body == b""),
    (Fault(body="cut"), 200, JSON, lambda body: body == OWN.body[: len(OWN.body) // 2]),
    (Fault(body="malformed"), 200, JSON, lambda body: body == OWN.body[:-2] + b",}\n"),
    (Fault(delay=0.01), 200, JSON, lambda body: body == OWN.body),
    (Fault(delay=0.01, status=503, body="empty"), 503, HTML, lambda body: body == b""),
    (Fault(dribble=Dribble(bytes=50, every=0.001)), 200, JSON, lambda body: body == OWN.body),
]


@pytest.mark.parametrize(("fault", "status", "content_type", "is_right"), ANSWERS, ids=[str(row[0]) for row in ANSWERS])
def test_another_answer_comes_through_every_door(
    fake: FakeCopr,
    open_adapter: OpenAdapter,
    fault: Fault,
    status: int,
    content_type: str,
    is_right: Callable[[bytes], bool],
) -> None:
    """With its own type and the length that it has; and once the fault is gone it is Copr's again."""
    ask = open_adapter(fake)
    added = fake.faults.add(fault)
    got = ask("GET", GET)
    assert (got.status, got.content_type) == (status, content_type)
    assert is_right(got.body), got.body
    assert got.headers.get("content-length", "0") == str(len(got.body))
    fake.faults.remove(added.id)
    assert ask("GET", GET).body == OWN.body


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(body="cut"), Fault(dribble=Dribble(9, 0.001))], ids=str)
def test_head_has_the_head_of_what_get_has(fake: FakeCopr, open_adapter: OpenAdapter, fault: Fault) -> None:
    """And no body, whatever goes wrong with that."""
    ask = open_adapter(fake)
    fake.faults.add(fault)
    head, got = ask("HEAD", GET), ask("GET", GET)
    assert head.body == b""
    assert head.status == got.status
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


def test_what_is_malformed_is_not_read_as_json(fake: FakeCopr) -> None:
    """Whatever the endpoint, an error included."""
    fake.faults.add(Fault(body="malformed"))
    for target in (GET, LIST, "/api_3/", "/api_3/build-chroot", f"/api_3/build-chroot/build-config/1/{F41}"):
        with pytest.raises(ValueError, match=r"double quotes|trailing comma"):
            json.loads(fake.answer("GET", target).body)
