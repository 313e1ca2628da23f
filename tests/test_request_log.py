"""Requests are remembered up to a number and a number of bytes."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.journal.request import MAX_BYTES, Request, RequestLog
from copr_chroot_fake.wire.target import Target

from .chroots import F41, F42


@pytest.mark.parametrize("known", [True, False])
def test_journal_is_limited_in_bytes(known: bool) -> None:
    """The oldest requests are dropped first, whether they matched or not."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    size = MAX_BYTES // 16
    for number in range(10):
        fake.answer("GET", f"/api_3/build/{1 if known else 2}?{number}={'x' * size}")
        fake.answer("GET", "/api_3/")
    kept = [request.number for request in fake.requests]
    assert kept == list(range(kept[0], 21))
    assert sum(len(request.target) for request in fake.requests) <= MAX_BYTES
    assert kept[0] > 1
    assert sum(unmatched.count for unmatched in fake.unmatched) == sum(not request.matched for request in fake.requests)


def sent(number: int, size: int) -> Request:
    return Request("GET", "x" * size, Target(None, "", "", {}), 200, 0, True, number=number)


def test_latest_request_is_kept_at_any_size() -> None:
    log = RequestLog(100, 1000)
    for number in range(1, 4):
        log.add(sent(number, 2000))
    assert [request.number for request in log.requests] == [3]


def test_log_of_size_zero_is_empty() -> None:
    fake = FakeCopr(requests_kept=0)
    fake.answer("GET", "/api_3/build/2")
    assert (fake.requests, fake.unmatched) == ([], [])
    fake.assert_not_requested("build")


def test_log_counts_the_bytes_it_keeps() -> None:
    """Dropped requests do not count."""
    log = RequestLog(5, 20_000)
    for number in range(1, 200):
        request = sent(number, 3000 if number % 3 else 10)
        log.add(request)
        assert sum(len(kept.target) for kept in log.requests) <= 20_000
        assert log.requests[-1] is request
    assert len(log.requests) >= 2


def test_states_of_many_chroots_count_as_bytes() -> None:
    """Every request has documents of its own if the states differ."""
    fake = FakeCopr(requests_kept=1_000_000)
    build = fake.add_build({f"fedora-{number}-{'x' * 20_000}": "pending" for number in range(10)}, id=1)
    for number in range(300):
        for chroot in build.values():
            chroot.set_state("running" if number % 2 else "pending")
        fake.answer("GET", "/api_3/build-chroot/list/1")
    kept = fake.requests
    assert sum(len(document) for request in kept for document in request.documents) <= MAX_BYTES
    assert kept[-1].number == 300


def test_assertions_ignore_dropped_requests() -> None:
    """Also if they were used before."""
    fake = FakeCopr(requests_kept=3)
    fake.add_build([F41, F42], id=1, state="running")
    for _ in range(2):
        fake.answer("GET", "/api_3/build-chroot/list/1")
        fake.assert_all_pages_read(1)
    with pytest.raises(AssertionError, match="polled again after 0 s"):
        fake.assert_polled_no_faster_than(1)
    for number in range(3):
        fake.answer("GET", f"/api_3/build-chroot/1/{F41}?{number}")
        fake.assert_requested("build-chroot/list", times=min(2, 2 - number))
        fake.assert_requested("build-chroot", build_id=1, times=number + 1)
    fake.assert_polled_no_faster_than(1)
    with pytest.raises(AssertionError, match="2 of 2 chroots of build 1 were never read"):
        fake.assert_all_pages_read(1)
    fake.clear_requests()
    fake.assert_not_requested("build-chroot")
    fake.answer("GET", f"/api_3/build-chroot/1/{F41}")
    fake.assert_requested("build-chroot", times=1)


def test_message_has_the_fastest_polls() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, state="running")
    for wait in (20, 5, 10, 0):
        fake.answer("GET", "/api_3/build/1")
        fake.clock.tick(wait)
    with pytest.raises(AssertionError, match="polled again after 5 s, expected at least 30 s"):
        fake.assert_polled_no_faster_than(30)
    fake.assert_polled_no_faster_than(5)
