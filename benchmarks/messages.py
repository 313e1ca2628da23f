"""Messages: what subscribers cost, and what they add to a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from copr_chroot_fake import FakeCopr, Message

from .figures import Figure, ratio, timed

F41 = "fedora-41-x86_64"
SUBSCRIBERS = 1000


def measure(rounds: int) -> Iterator[Figure]:
    yield Figure("message to 1,000 subscribers / to one that makes 1,000 calls", _compare_delivery(rounds), maximum=1.1)
    yield Figure("httpx, GET a chroot, subscribed / not subscribed", _compare_get(rounds), maximum=1.05)


def ignore(message: Message) -> None:
    """Do nothing."""


def end_and_restart(fake: FakeCopr) -> Callable[[], object]:
    """Return a function that causes one message: a start is announced only once."""
    chroot = fake.add_build({F41: "running"})[F41]

    def change() -> None:
        chroot.set_state("succeeded")
        chroot.set_state("running")

    return change


def _compare_delivery(rounds: int) -> float:
    fake, plain = FakeCopr(), FakeCopr()
    callbacks = [ignore] * SUBSCRIBERS

    def call_each(message: Message) -> None:
        for callback in callbacks:
            callback(message)

    for callback in callbacks:
        fake.subscribe(callback)
    plain.subscribe(call_each)
    return ratio(timed(end_and_restart(fake), 50), timed(end_and_restart(plain), 50), rounds)


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
