"""Requests through httpx to the fake, compared with a transport that returns the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.api.build_chroots import render_chroot
from copr_chroot_fake.api.paging import Paging, render_page

from .figures import Figure, ratio, timed

GET = "/api_3/build-chroot?build_id=1&chrootname=bulk-050-x86_64"
LIST = "/api_3/build-chroot/list?build_id=1"


def fake_with_hundred_chroots(max_polls: int | None = 1000) -> FakeCopr:
    fake = FakeCopr(max_polls=max_polls, max_repeats=None)
    fake.add_build([f"bulk-{number:03}-x86_64" for number in range(100)], id=1, state="succeeded")
    return fake


def measure(rounds: int) -> Iterator[Figure]:
    fake = fake_with_hundred_chroots()
    yield Figure(
        "httpx, GET a chroot: fake / MockTransport with a fixed response",
        _compare_with_mock_transport(fake, GET, rounds),
        maximum=1.1,
    )
    yield Figure(
        "httpx, GET a list of 100 chroots: fake / MockTransport with a fixed response",
        _compare_with_mock_transport(fake, LIST, rounds),
        maximum=1.15,
    )
    yield Figure("httpx, GET a chroot: with the limit of polls / without", _compare_guard(rounds), maximum=1.05)
    yield Figure("render a list of 100 chroots: with json.dumps / cached", _compare_rendering(fake, rounds), minimum=20)


def _compare_guard(rounds: int) -> float:
    """Compare a fake that finds loops of polls with one that does not."""
    with (
        httpx.Client(transport=fake_with_hundred_chroots().transport, base_url="https://copr.example") as measured,
        httpx.Client(transport=fake_with_hundred_chroots(None).transport, base_url="https://copr.example") as baseline,
    ):
        return ratio(timed(lambda: measured.get(GET)), timed(lambda: baseline.get(GET)), rounds)


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


def _compare_rendering(fake: FakeCopr, rounds: int) -> float:
    chroots = fake.builds[1].chroots
    meta = {"limit": 100, "offset": 0, "order": "id", "order_type": "ASC"}

    def render_with_json() -> bytes:
        items = [
            {
                "started_on": chroot.started_on,
                "ended_on": chroot.ended_on,
                "state": chroot.state.value,
                "name": chroot.name,
                "result_url": chroot.result_url,
            }
            for chroot in chroots
        ]
        return json.dumps({"items": items, "meta": meta}).encode() + b"\n"

    def render_from_cache() -> bytes:
        return render_page(map(render_chroot, chroots), Paging(100, 0, "id", "ASC"))

    assert render_with_json() == render_from_cache() == fake.answer("GET", LIST).body
    return ratio(timed(render_with_json), timed(render_from_cache), rounds)
