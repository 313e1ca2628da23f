"""Messages: what a subscriber adds to a request."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from copr_chroot_fake import FakeCopr, Message

from .figures import Figure, ratio, timed

F41 = "fedora-41-x86_64"


def measure(rounds: int) -> Iterator[Figure]:
    yield Figure("httpx, GET a chroot, subscribed / not subscribed", _compare_get(rounds), maximum=1.05)


def ignore(message: Message) -> None:
    """Do nothing."""


def _compare_get(rounds: int) -> float:
    fakes = [FakeCopr(requests_kept=10, max_polls=None, max_repeats=None), FakeCopr(requests_kept=10, max_polls=None)]
    fakes[0].subscribe(ignore)
    for fake in fakes:
        fake.add_build({F41: "running"}, id=1)
    with (
        httpx.Client(transport=fakes[0].transport, base_url="https://copr.example") as measured,
        httpx.Client(transport=fakes[1].transport, base_url="https://copr.example") as baseline,
    ):
        target = f"/api_3/build-chroot/1/{F41}"
        return ratio(timed(lambda: measured.get(target)), timed(lambda: baseline.get(target)), rounds)
