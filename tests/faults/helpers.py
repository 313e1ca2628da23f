"""Requests and helpers for the tests of faults."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from copr_chroot_fake import FakeCopr, SystemClock

from ..adapters import COPR
from ..chroots import F41, F42

GET = f"/api_3/build-chroot?build_id=1&chrootname={F41}"
LIST = "/api_3/build-chroot/list?build_id=1"
URL = f"{COPR}{GET}"
HTML = "text/html; charset=iso-8859-1"


def fake_with_running_build(clock: SystemClock | None = None) -> FakeCopr:
    """Return a fake with a build whose chroots do not change."""
    fake = FakeCopr(clock=clock)
    fake.add_build([F41, F42], id=1, state="running")
    return fake


COPR_ANSWER = fake_with_running_build().answer("GET", GET)
"""The response to ``GET`` without a fault."""


def statuses(fake: FakeCopr, count: int, target: str = GET) -> list[int]:
    return [fake.answer("GET", target).status for _ in range(count)]


def seconds_passed(fake: FakeCopr) -> float:
    """Return the seconds that have passed on the fake's clock."""
    return fake.clock.now() - 1_700_000_000


IN_PROCESS: dict[str, Callable[[FakeCopr], AbstractContextManager[Any]]] = {
    "transport": lambda fake: nullcontext(fake.transport),
    "mock_httpx": FakeCopr.mock_httpx,
    "mock_httpx2": FakeCopr.mock_httpx2,
    "mock_requests": FakeCopr.mock_requests,
}
"""The adapters that need no server; the value is a transport if it is named so."""
