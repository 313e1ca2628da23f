"""Requests through httpx to the fake, compared with a transport that returns the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from copr_chroot_fake import FakeCopr

from .figures import Figure, ratio, timed

GET = "/api_3/build-chroot?build_id=1&chrootname=bulk-050-x86_64"
LIST = "/api_3/build-chroot/list?build_id=1"


def fake_with_hundred_chroots() -> FakeCopr:
    fake = FakeCopr(max_repeats=None)
    fake.add_build([f"bulk-{number:03}-x86_64" for number in range(100)], id=1, state="succeeded")
    return fake


def measure(rounds: int) -> Iterator[Figure]:
    fake = fake_with_hundred_chroots()
    yield Figure(
        "httpx, GET a chroot: fake / MockTransport with a fixed response",
        _compare_with_mock_transport(fake, GET, rounds),
        maximum=1.2,
    )
    yield Figure(
        "httpx, GET a list of 100 chroots: fake / MockTransport with a fixed response",
        _compare_with_mock_transport(fake, LIST, rounds),
        maximum=1.2,
    )


def _compare_with_mock_transport(fake: FakeCopr, target: str, rounds: int) -> float:
    body = fake.answer("GET", target).body
    headers = {"Content-Type": "application/json"}
    fixed = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, content=body))
    with (
        httpx.Client(transport=fake.transport, base_url="https://copr.example") as client,
        httpx.Client(transport=fixed, base_url="https://copr.example") as baseline,
    ):
        assert client.get(target).content == baseline.get(target).content
        return ratio(timed(lambda: client.get(target).content), timed(lambda: baseline.get(target).content), rounds)
