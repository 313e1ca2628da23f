"""The official client and the reference client under faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from copr.v3 import Client, CoprException

from copr_chroot_fake import ClientError, CoprClient, CoprFakeError, FakeCopr, Fault, RequestTimeoutError
from copr_chroot_fake.wire.answer import CATCH_ALL

from ..adapters import COPR
from ..chroots import F41
from .helpers import IN_PROCESS, seconds_passed


@pytest.fixture
def official(fake: FakeCopr) -> Iterator[Client]:
    """The official client, which uses requests, connected to the fake."""
    with IN_PROCESS["mock_requests"](fake):
        yield Client({"copr_url": str(COPR), "connection_attempts": 3})


def list_repeatedly(client: Client, count: int) -> list[str]:
    """Request the list several times; return how each call ended."""
    ends = []
    for _ in range(count):
        try:
            ends.append("fine" if client.build_chroot_proxy.get_list(1) else "empty")
        except CoprException as error:
            ends.append(f"{type(error).__name__}: {error}")
    return ends


NOT_JSON = "CoprRequestException: Response is not in JSON format, there is probably a bug in the API code."


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        (
            "gateway-timeout",
            ["CoprTimeoutException: Gateway Timeout\nConsider using pagination for large queries.", "fine"],
        ),
        ("outage", [NOT_JSON] * 5 + ["fine"]),
        ("slow-list", ["fine"] * 3),
        ("list-500", [f"CoprRequestException: {CATCH_ALL}"] * 3),
        ("html-200", [NOT_JSON] * 3),
        (Fault(body="empty", nth=1), [NOT_JSON, "fine"]),
        (Fault(body="cut", nth=2), ["fine", NOT_JSON]),
        (Fault(body="malformed"), [NOT_JSON]),
        (Fault(status=504, body="json"), ["CoprTimeoutException: The API request timeouted"]),
    ],
    ids=str,
)
def test_official_client_under_faults(fake: FakeCopr, official: Client, fault: Any, ends: list[str]) -> None:
    """It retries none of these, and has no timeout."""
    fake.faults.add(fault)
    assert list_repeatedly(official, len(ends)) == ends
    assert len(fake.requests) == len(ends)
    assert (seconds_passed(fake) >= 6) == (fault == "slow-list")


@pytest.mark.parametrize("breaks", ["refused", "reset"])
def test_official_client_reconnects(
    fake: FakeCopr, official: Client, breaks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes ``connection_attempts`` attempts, five seconds apart."""
    monkeypatch.setattr("copr.v3.requests.time.sleep", fake.clock.tick)
    fake.faults.add(Fault(breaks=breaks, first=5))
    assert list_repeatedly(official, 2) == [f"CoprRequestException: Unable to connect to {COPR}/api_3/.", "fine"]
    assert (len(fake.requests), seconds_passed(fake)) == (6, 20)


def test_official_client_fails_on_a_truncated_response(fake: FakeCopr, official: Client) -> None:
    """It does not convert the exception of requests."""
    fake.faults.add(Fault(breaks="reset-within"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        list_repeatedly(official, 1)


def test_official_client_would_wait_forever(fake: FakeCopr, official: Client) -> None:
    """The test fails with an explanation instead of hanging."""
    fake.faults.add(Fault(breaks="timeout"))
    with pytest.raises(CoprFakeError, match="give it a timeout"):
        list_repeatedly(official, 1)


@contextmanager
def reference_client(fake: FakeCopr, pauses: list[float]) -> Iterator[CoprClient]:
    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        fake.clock.tick(seconds)

    with CoprClient(transport=fake.transport, sleep=sleep, now=fake.clock.now) as client:
        yield client


@pytest.mark.parametrize(
    ("fault", "ends", "pauses"),
    [
        ("gateway-timeout", ["fine"], [1]),
        ("outage", ["NotJsonError 503", "fine"], [1, 2, 4, 1]),
        ("list-500", ["ServerError 500"] * 2, []),
        ("html-200", ["NotJsonError 200"] * 2, []),
        (Fault(status=502), ["NotJsonError 502"], [1, 2, 4]),
        (Fault(status=504), ["RequestTimeoutError 504"], [1, 2, 4]),
        (Fault(breaks="refused", first=2), ["fine"], [1, 2]),
        (Fault(breaks="reset"), ["ConnectionFailedError None"], [1, 2, 4]),
        (Fault(breaks="reset-within", nth=1), ["fine"], [1]),
        (Fault(breaks="timeout", nth=1), ["RequestTimeoutError None", "fine"], []),
        (Fault(body="cut", nth=1), ["NotJsonError 200", "fine"], []),
    ],
    ids=str,
)
def test_reference_client_under_faults(fake: FakeCopr, fault: Any, ends: list[str], pauses: list[float]) -> None:
    """It retries temporary failures after 1, 2 and 4 seconds, and raises a specific error for others."""
    fake.faults.add(fault)
    slept: list[float] = []
    seen = []
    with reference_client(fake, slept) as client:
        for _ in ends:
            try:
                seen.append("fine" if client.get_list(1) else "empty")
            except ClientError as error:
                seen.append(f"{type(error).__name__} {error.status}")
    assert (seen, slept) == (ends, pauses)


def test_reference_client_times_out_on_a_slow_list(fake: FakeCopr) -> None:
    """It waits for at most 30 seconds, and does not retry a timeout."""
    fake.faults.add("slow-list")
    ends = []
    with reference_client(fake, []) as client:
        for _ in range(100):
            began = fake.clock.now()
            try:
                client.get_list(1)
                ends.append("fine")
                assert 2 <= fake.clock.now() - began <= 30
            except RequestTimeoutError:
                ends.append("late")
                assert fake.clock.now() - began == 30
    assert len(fake.requests) == 100
    assert 0 < ends.count("late") < 25


def test_waiting_survives_an_outage_and_misses_no_state() -> None:
    """A response that the client never receives does not count as a poll."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.faults.add(Fault(status=503, every=2))
    fake.faults.add(Fault(breaks="reset-within", every=3))
    seen: list[str] = []
    with reference_client(fake, []) as client:
        end = client.wait(1, F41, on_progress=lambda statuses: seen.extend(status.state for status in statuses))
    assert end.state == "succeeded"
    assert seen == ["importing", "pending", "starting", "running", "succeeded"]
