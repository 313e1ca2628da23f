"""Every adapter returns the same status, headers and bytes for any request target."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, example, given, settings

from copr_chroot_fake import FakeCopr

from .adapters import ADAPTERS, SendRequest, without_date
from .chroots import F41
from .examples import examples

escapes = st.binary(min_size=1, max_size=4).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw))
# Characters of targets on the wire, except for fragments, which clients do not send, and the segments . and ..,
# which clients resolve.
printable = "".join(sorted({*string.printable} - {*string.whitespace, "#", "?"}))
text = st.lists(
    st.one_of(
        st.text(printable, max_size=4),
        escapes,
        st.text(max_size=2).map(lambda text: "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))),
        st.sampled_from(["%", "%2", "%zz", "%2F", "%252F", "%00", "+", "%20", "%D9%A1", "1", F41]),
    ),
    max_size=4,
).map("".join)
segments = st.one_of(
    st.sampled_from(
        ["build-chroot", "list", "build-config", "built-packages", "build", "project", "monitor", "1", F41]
    ),
    st.sampled_from(["auth-check", "gssapi_login", "cancel", "source-chroot", "mock-chroots"]),
    text.filter(lambda segment: segment not in (".", "..")),
)
paths = st.builds(
    lambda parts, slash: "/api_3" + "".join(f"/{part}" for part in parts) + slash,
    st.lists(segments, max_size=4),
    st.sampled_from(["", "/"]),
)
argument_names = st.sampled_from(
    ["build_id", "chrootname", "limit", "offset", "order", "order_type", "ownername", "projectname", "status"]
)
queries = st.one_of(
    st.none(),
    text,
    st.lists(
        st.builds("{}{}{}".format, argument_names | text, st.sampled_from(["=", "", "=="]), text | st.just("1")),
        max_size=4,
    ).map("&".join),
)
targets = st.builds(lambda path, query: path if query is None else f"{path}?{query}", paths, queries)
header_values = st.text([*(chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0xFF)))], max_size=8)
headers = st.lists(st.tuples(st.sampled_from(["X-Fields", "x-fields", "Authorization"]), header_values), max_size=1)


@pytest.fixture(scope="module")
def senders() -> Iterator[Mapping[str, SendRequest]]:
    """Open each adapter to a separate, equal fake."""
    with ExitStack() as opened:
        yield {name: opened.enter_context(adapter(_fake())) for name, adapter in ADAPTERS.items()}


def _fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F41: "succeeded", "epel-9-s390x": "running"}, id=1, project="@copr/tools")
    return fake


@pytest.mark.sampled
@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
@example("GET", f"/api_3/build-chroot?build_id=1&chrootname={F41}", [])
@example("HEAD", "/api_3/build-chroot/list?build_id=1", [("X-Fields", "items{name}")])
@example("OPTIONS", "/api_3/build-chroot/", [])
@given(st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE", "PATCH"]), targets, headers)
def test_every_adapter_returns_the_same_response(
    senders: Mapping[str, SendRequest], method: str, target: str, headers: Sequence[tuple[str, str]]
) -> None:
    """All equal the core's, except for the server's Date header."""
    got = {name: without_date(send(method, target, headers)) for name, send in senders.items()}
    assert {name: response for name, response in got.items() if response != got["answer"]} == {}, got["answer"]
