"""Retries, waiting and construction of the reference client."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from copr_chroot_fake import AsyncCoprClient, CoprClient, FakeCopr, InputError, StateName
from copr_chroot_fake.client import errors
from copr_chroot_fake.client.errors import ClientError, NotFoundError, NotJsonError, WaitTimeoutError
from copr_chroot_fake.client.results import ChrootStatus

from ..adapters import running_server
from ..chroots import F41, F42
from .harness import HTML, Harness, page_of, responding


@pytest.mark.parametrize("failure", [HTML, httpx.Response(503), httpx.Response(504), httpx.ConnectError("refused")])
def test_temporary_failures_are_retried_with_backoff(harness: Harness, failure: httpx.Response | Exception) -> None:
    """After 1, 2 and 4 seconds; ``retried`` counts them."""
    client = harness.client(responding(failure, failure, failure, page_of("running")))
    assert len(client.get_list(1)) == 1
    assert harness.pauses == [1, 2, 4]
    assert client.retried == 3


def test_last_attempt_raises_its_error(harness: Harness) -> None:
    client = harness.client(responding(HTML), retries=2)
    with pytest.raises(NotJsonError):
        client.get(1, F41)
    assert (harness.pauses, client.retried) == ([1, 2], 2)


@pytest.mark.parametrize("answer", [httpx.Response(500, json={"error": "no"}), httpx.ReadTimeout("too slow")])
def test_permanent_failures_are_not_retried(harness: Harness, answer: httpx.Response | Exception) -> None:
    """Neither a status 500 of the service nor a timeout."""
    with pytest.raises(ClientError):
        harness.client(responding(answer)).get(1, F41)
    assert harness.pauses == []


def test_retries_can_be_turned_off(harness: Harness) -> None:
    with pytest.raises(NotJsonError):
        harness.client(responding(HTML, page_of()), retries=0).get_list(1)


def test_wait_polls_until_a_chroot_has_ended(harness: Harness, fake: FakeCopr) -> None:
    fake.add_build([F41], id=1)
    seen: list[str] = []
    client = harness.client(fake.transport)
    status = client.wait(1, F41, poll=30, on_progress=lambda statuses: seen.extend(s.state for s in statuses))
    assert (status.state, status.name) == ("succeeded", F41)
    assert seen == ["importing", "pending", "starting", "running", "succeeded"]
    assert harness.pauses == [30] * 4


@pytest.mark.parametrize("state", ["succeeded", "failed", "canceled", "skipped", "forked"])
def test_wait_knows_every_final_state(harness: Harness, fake: FakeCopr, state: StateName) -> None:
    """Including forked, for which other clients wait in vain."""
    fake.add_build({F41: state}, id=1)
    assert harness.client(fake.transport).wait(1, F41).state == state
    assert harness.pauses == []


def test_wait_for_a_build_ends_with_its_last_chroot(harness: Harness) -> None:
    """On any page. A build without chroots has not ended."""
    fake = FakeCopr(default_limit=2)
    names = [f"bulk-{number}-x86_64" for number in range(5)]
    fake.add_build({**dict.fromkeys(names[:4], "succeeded"), names[4]: {"lifecycle": "appears-late"}}, id=1)
    statuses = harness.client(fake.transport).wait(1, poll=10)
    assert [status.name for status in statuses] == names
    assert all(status.is_final for status in statuses)
    empty = FakeCopr()
    empty.add_build([F41], id=1, lifecycle="appears-late")
    assert len(harness.client(empty.transport).wait(1)) == 1


def test_wait_timeout_is_exact_and_reports_last_states(harness: Harness, fake: FakeCopr) -> None:
    fake.add_build({F41: {"lifecycle": "stuck-running"}, F42: "failed"}, id=1)
    with pytest.raises(WaitTimeoutError) as raised:
        harness.client(fake.transport).wait(1, timeout=100, poll=30)
    assert sum(harness.pauses) == 100
    assert harness.pauses == [30, 30, 30, 10]
    assert raised.value.states == {F41: "running", F42: "failed"}
    assert raised.value.message == f"build 1 did not end within 100 s; last states: {F41} running, {F42} failed"
    assert str(raised.value.request.url).endswith("/api_3/build-chroot/list?build_id=1")


@pytest.mark.parametrize("error", [error for name, error in vars(errors).items() if name.endswith("Error")])
def test_all_errors_are_client_errors(error: type[Exception]) -> None:
    """One except clause handles everything that the service and the network do."""
    assert issubclass(error, ClientError) or not error.__module__.startswith(errors.__name__)


def test_wait_polls_no_faster_than_poll(fake: FakeCopr) -> None:
    """On the fake's clock."""
    fake.add_build([F41], id=1)
    with CoprClient(transport=fake.transport, sleep=fake.clock.tick, now=fake.clock.now) as client:
        client.wait(1, poll=45)
    fake.assert_polled_no_faster_than(45)


@pytest.mark.parametrize(("option", "value"), [("poll", 0), ("poll", -1), ("timeout", -1), ("timeout", "long")])
def test_invalid_option_of_wait_is_named(harness: Harness, fake: FakeCopr, option: str, value: object) -> None:
    with pytest.raises(InputError, match=f"{option}: "):
        harness.client(fake.transport).wait(1, F41, **{option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("retries", -1),
        ("retries", True),
        ("timeout", -1),
        ("timeout", "long"),
        ("url", ""),
        ("url", "http://[::1"),
        ("url", "http://[::::]"),
        ("url", "ftp://copr.example"),
        ("url", "https://copr.example:99999"),
    ],
)
def test_invalid_option_of_the_client_is_named(option: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{option}: "):
        CoprClient(**{option: value})


def test_url_may_contain_credentials(harness: Harness, fake: FakeCopr) -> None:
    """They are sent, and are not in the text of errors. The scheme may be in any case."""
    fake.add_account("jdoe", login="jdoe-login", token="secret")
    client = harness.client(fake.transport, url="HTTPS://jdoe-login:secret@copr.example:65535/")
    assert client.get_document("auth-check")["name"] == "jdoe"
    with pytest.raises(NotFoundError) as raised:
        client.get(1, F41)
    assert "GET https://copr.example:65535/api_3/build-chroot?" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_unneeded_ssl_context_is_not_created(fake: FakeCopr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for http nor with a transport: it takes milliseconds."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("an SSL context was made")

    fake.add_build([F41], id=1)
    with running_server(fake) as url:
        monkeypatch.setattr(ssl, "create_default_context", refuse)
        monkeypatch.setattr(ssl, "SSLContext", refuse)
        with CoprClient(url) as client, CoprClient(transport=fake.transport) as other:
            assert client.get(1, F41).name == other.get(1, F41).name
        AsyncCoprClient(url.replace("http://", "HTTP://"))
        with pytest.raises(AssertionError, match="an SSL context was made"):
            CoprClient("https://copr.example")


def test_async_client_works_with_asyncio_and_trio(fake: FakeCopr) -> None:
    """Without a ``sleep`` of the caller."""
    import trio

    fake.add_build([F41], id=1, progress="immediate")

    async def wait() -> ChrootStatus:
        async with AsyncCoprClient(transport=fake.transport) as client:
            return await client.wait(1, F41)

    assert asyncio.run(wait()) == trio.run(wait)


def test_async_client_accepts_a_sync_or_async_sleep(fake: FakeCopr) -> None:
    async def tick(seconds: float) -> None:
        fake.clock.tick(seconds)

    async def wait(sleep: Callable[[float], object], build_id: int) -> ChrootStatus:
        async with AsyncCoprClient(transport=fake.transport, sleep=sleep, now=fake.clock.now) as client:
            return await client.wait(build_id, F41)

    sleeps: list[Callable[[float], object]] = [fake.clock.tick, tick]
    for build_id, sleep in enumerate(sleeps, 11):
        fake.add_build([F41], id=build_id, progress="clock")
        assert asyncio.run(wait(sleep, build_id)).state == "succeeded"


def test_error_with_status_200_is_raised(harness: Harness) -> None:
    with pytest.raises(ClientError, match="odd"):
        harness.client(responding(httpx.Response(200, json={"error": "odd"}))).get(1, F41)
