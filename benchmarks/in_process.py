"""Requests through httpx and the fake, beside httpx with a transport that returns the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.api.build_chroots import render_chroots
from copr_chroot_fake.api.paging import Paging
from copr_chroot_fake.api.rendering import render_page

from .figures import Figure, ratio, timed

GET = "/api_3/build-chroot?build_id=1&chrootname=bulk-050-x86_64"
LIST = "/api_3/build-chroot/list?build_id=1"


def hundred_chroots() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build([f"bulk-{number:03}-x86_64" for number in range(100)], id=1, state="succeeded")
    return fake


def measure(rounds: int) -> Iterator[Figure]:
    fake = hundred_chroots()
    yield Figure(
        "get, httpx and the fake / httpx and a static MockTransport", _over(fake, GET, rounds), "times", at_most=1.15
    )
    yield Figure("list of 100, the same", _over(fake, LIST, rounds), "times", at_most=1.3)
    yield Figure(
        "list of 100, written anew / joined from what is kept", _anew_over_joined(fake, rounds), "times", at_least=20
    )


def _over(fake: FakeCopr, target: str, rounds: int) -> float:
    body = fake.answer("GET", target).body
    headers = {"Content-Type": "application/json"}
    static = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, content=body))
    with (
        httpx.Client(transport=fake.transport, base_url="https://copr.example") as ours,
        httpx.Client(transport=static, base_url="https://copr.example") as other,
    ):
        assert ours.get(target).content == other.get(target).content
        return ratio(timed(lambda: ours.get(target)), timed(lambda: other.get(target)), rounds)


def _anew_over_joined(fake: FakeCopr, rounds: int) -> float:
    chroots = fake.builds[1].chroots
    meta = {"limit": 100, "offset": 0, "order": "id", "order_type": "ASC"}

    def anew() -> bytes:
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

    def joined() -> bytes:
        return render_page(render_chroots(chroots), Paging(100, 0, "id", "ASC"))

    assert anew() == joined() == fake.answer("GET", LIST).body
    return ratio(timed(anew), timed(joined), rounds)
