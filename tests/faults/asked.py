"""What the tests of faults ask for, and how they ask in process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from copr_chroot_fake import FakeCopr, SystemClock
from copr_chroot_fake.adapters.httpx2 import Httpx2Transport
from copr_chroot_fake.adapters.requests import answering_through_responses
from copr_chroot_fake.adapters.respx import answering_through_respx

from ..doors import COPR

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"
GET = f"/api_3/build-chroot?build_id=1&chrootname={F41}"
LIST = "/api_3/build-chroot/list?build_id=1"
URL = f"{COPR}{GET}"
HTML = "text/html; charset=iso-8859-1"


def running(clock: SystemClock | None = None) -> FakeCopr:
    """A fake with a build whose chroots stay as they are."""
    fake = FakeCopr(clock=clock)
    fake.add_build([F41, F42], id=1, state="running")
    return fake


OWN = running().answer("GET", GET)
"""Copr's own answer."""


def statuses(fake: FakeCopr, count: int, target: str = GET) -> list[int]:
    return [fake.answer("GET", target).status for _ in range(count)]


def passed(fake: FakeCopr) -> float:
    """How many seconds have passed on its clock."""
    return fake.clock.now() - 1_700_000_000


IN_PROCESS: dict[str, Callable[[FakeCopr], AbstractContextManager[Any]]] = {
    "transport": lambda fake: nullcontext(fake.transport),
    "respx": lambda fake: answering_through_respx(fake.transport, str(COPR)),
    "httpx2": lambda fake: nullcontext(Httpx2Transport(fake)),
    "requests": lambda fake: answering_through_responses(fake, str(COPR)),
}
"""The doors without a server; what is opened is a transport for the libraries that take one."""
