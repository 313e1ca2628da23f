"""The reference client tries again, waits, and can be made in several ways: sync and async alike."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from copr_chroot_fake import AsyncCoprClient, CoprClient, FakeCopr, InputError
from copr_chroot_fake.client.errors import ClientError, NotFoundError, NotJsonError, WaitTimeoutError
from copr_chroot_fake.client.results import ChrootStatus

from ..adapters import running_server
from .calling import F41, F42, HTML, Calling, answering, page_of


@pytest.mark.parametrize("failure", [HTML, httpx.Response(503), httpx.Response(504), httpx.ConnectError("refused")])
def test_passing_failures_are_tried_again_with_backoff(calling: Calling, failure: httpx.Response | Exception) -> None:
    """After 1, 2 and 4 seconds, and the number of times can be counted."""
    client = calling.client(answering(failure, failure, failure, page_of("running")))
    assert len(client.get_list(1)) == 1
    assert calling.pauses == [1, 2, 4]
    assert client.retried == 3


def test_a_failure_that_does_not_pass_is_raised_in_the_end(calling: Calling) -> None:
    """After the last try its error is the one that came."""
    client = calling.client(answering(HTML), retries=2)
    with pytest.raises(NotJsonError):
        client.get(1, F41)
    assert (calling.pauses, client.retried) == ([1, 2], 2)


@pytest.mark.parametrize("answer", [httpx.Response(500, json={"error": "no"}), httpx.ReadTimeout("too slow")])
def test_what_will_not_pass_is_not_tried_again(calling: Calling, answer: httpx.Response | Exception) -> None:
    """Neither an error of the service's own nor a time that was given."""
    with pytest.raises(ClientError):
        calling.client(answering(answer)).get(1, F41)
    assert calling.pauses == []


def test_retries_can_be_turned_off(calling: Calling) -> None:
    """By one argument."""
    with pytest.raises(NotJsonError):
        calling.client(answering(HTML, page_of()), retries=0).get_list(1)


def test_wait_asks_until_a_chroot_has_ended(calling: Calling, fake: FakeCopr) -> None:
    """It asks again and again until the chroot has ended."""
    fake.add_build(1, [F41])
    seen: list[str] = []
    client = calling.client(fake.transport)
    status = client.wait(1, F41, poll=30, on_progress=lambda statuses: seen.extend(s.state for s in statuses))
    assert (status.state, status.name) == ("succeeded", F41)
    assert seen == ["importing", "pending", "starting", "running", "succeeded"]
    assert calling.pauses == [30] * 4


@pytest.mark.parametrize("state", ["succeeded", "failed", "canceled", "skipped", "forked"])
def test_wait_knows_every_final_state(calling: Calling, fake: FakeCopr, state: str) -> None:
    """Forked too, which other clients wait for in vain."""
    fake.add_build(1, {F41: state})
    assert calling.client(fake.transport).wait(1, F41).state == state
    assert calling.pauses == []


def test_wait_for_build_ends_with_the_last_chroot_of_any_page(calling: Calling) -> None:
    """It ends when the last chroot has ended, on whatever page; a build without chroots is not at its end."""
    fake = FakeCopr(default_limit=2)
    names = [f"bulk-{number}-x86_64" for number in range(5)]
    fake.add_build(1, {**dict.fromkeys(names[:4], "succeeded"), names[4]: {"lifecycle": "appears-late"}})
    statuses = calling.client(fake.transport).wait(1, poll=10)
    assert [status.name for status in statuses] == names
    assert all(status.is_final for status in statuses)
    empty = FakeCopr()
    empty.add_build(1, [F41], lifecycle="appears-late")
    assert len(calling.client(empty.transport).wait(1)) == 1


def test_wait_gives_up_on_time_and_says_what_it_saw_last(calling: Calling, fake: FakeCopr) -> None:
    """Not before, not after, and without asking faster than it should."""
    fake.add_build(1, {F41: {"lifecycle": "stuck-running"}, F42: "failed"})
    with pytest.raises(WaitTimeoutError) as raised:
        calling.client(fake.transport).wait(1, timeout=100, poll=30)
    assert sum(calling.pauses) == 100
    assert calling.pauses == [30, 30, 30, 10]
    assert raised.value.states == {F41: "running", F42: "failed"}
    assert str(raised.value) == f"build 1 did not end within 100 s; last states: {F41} running, {F42} failed"


def test_wait_never_asks_faster_than_it_should(fake: FakeCopr) -> None:
    """By the fake's clock, which the waiting moves."""
    fake.add_build(1, [F41])
    with CoprClient(transport=fake.transport, sleep=fake.clock.tick, now=fake.clock.now) as client:
        client.wait(1, poll=45)
    fake.assert_polled_no_faster_than(45)


@pytest.mark.parametrize(("option", "value"), [("poll", 0), ("poll", -1), ("timeout", -1), ("timeout", "long")])
def test_waiting_that_makes_no_sense_is_refused(calling: Calling, fake: FakeCopr, option: str, value: object) -> None:
    """The error names the argument."""
    with pytest.raises(InputError, match=f"{option}: "):
        calling.client(fake.transport).wait(1, F41, **{option: value})


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
def test_a_client_that_makes_no_sense_is_refused(option: str, value: Any) -> None:
    """The error names the option."""
    with pytest.raises(InputError, match=f"{option}: "):
        CoprClient(**{option: value})


def test_an_address_may_say_who_asks_and_its_scheme_in_any_case(calling: Calling, fake: FakeCopr) -> None:
    """The request has both, and the text of an error has no password."""
    fake.add_account("jdoe", login="jdoe-login", token="secret")
    client = calling.client(fake.transport, url="HTTPS://jdoe-login:secret@copr.example:65535/")
    assert client.get_document("auth-check")["name"] == "jdoe"
    with pytest.raises(NotFoundError) as raised:
        client.get(1, F41)
    assert "GET https://copr.example:65535/api_3/build-chroot?" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_no_ssl_context_is_made_where_none_is_used(fake: FakeCopr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a plain http address nor for a given transport, as making one takes milliseconds."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("an SSL context was made")

    fake.add_build(1, [F41])
    with running_server(fake) as url:
        monkeypatch.setattr(ssl, "create_default_context", refuse)
        monkeypatch.setattr(ssl, "SSLContext", refuse)
        with CoprClient(url) as client, CoprClient(transport=fake.transport) as other:
            assert client.get(1, F41).name == other.get(1, F41).name
        AsyncCoprClient(url.replace("http://", "HTTP://"))
        with pytest.raises(AssertionError, match="an SSL context was made"):
            CoprClient("https://copr.example")


def test_an_async_client_waits_in_whatever_loop_runs(fake: FakeCopr) -> None:
    """Without a ``sleep`` of its own it sleeps as asyncio or trio does; here not at all, as nothing is to wait for."""
    import trio

    fake.add_build(1, [F41], progress="immediate")

    async def wait() -> ChrootStatus:
        async with AsyncCoprClient(transport=fake.transport) as client:
            return await client.wait(1, F41)

    assert asyncio.run(wait()) == trio.run(wait)


def test_an_async_client_takes_a_sleep_that_needs_no_waiting(fake: FakeCopr) -> None:
    """Such as a clock's ``tick``, and one that is awaited as well."""

    async def tick(seconds: float) -> None:
        fake.clock.tick(seconds)

    async def wait(sleep: Callable[[float], object], build_id: int) -> ChrootStatus:
        async with AsyncCoprClient(transport=fake.transport, sleep=sleep, now=fake.clock.now) as client:
            return await client.wait(build_id, F41)

    sleeps: list[Callable[[float], object]] = [fake.clock.tick, tick]
    for build_id, sleep in enumerate(sleeps, 11):
        fake.add_build(build_id, [F41], progress="clock")
        assert asyncio.run(wait(sleep, build_id)).state == "succeeded"


def test_an_error_is_one_whatever_its_status(calling: Calling) -> None:
    """An answer that has an error in it is none, even with status 200."""
    with pytest.raises(ClientError, match="odd"):
        calling.client(answering(httpx.Response(200, json={"error": "odd"}))).get(1, F41)
