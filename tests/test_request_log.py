"""Requests are remembered up to a number and a number of bytes, and found without reading all of them again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.journal.index import About
from copr_chroot_fake.journal.log import MAX_BYTES, Entry, RequestLog

from .steps import count_steps

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


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


def test_latest_request_is_kept_at_any_size() -> None:
    log = RequestLog(100, 1000)
    for number in range(1, 4):
        log.entries.append(("GET", "x" * 2000, 200, 0, True, (), None, number, (), None))
        log.account(2000)
    assert [entry[7] for entry in log.entries] == [3]


def test_log_of_size_zero_is_empty() -> None:
    fake = FakeCopr(requests_kept=0)
    fake.answer("GET", "/api_3/build/2")
    assert (fake.requests, fake.unmatched) == ([], [])
    fake.assert_not_requested("build")


def test_many_small_requests_take_half_of_the_bytes() -> None:
    """So only large requests must be counted."""
    log = RequestLog(100, 100_000)
    assert log.large_size * 100 <= 50_000


def test_log_counts_the_bytes_it_keeps() -> None:
    """Dropped entries do not count."""
    log = RequestLog(5, 10_000)
    for number in range(1, 200):
        size = 3000 if number % 3 else 10
        entry: Entry = ("GET", "x" * size, 200, 0, True, (), None, number, (), None)
        log.entries.append(entry)
        if size > log.large_size:
            log.account(size)
        assert sum(len(entry[1]) for entry in log.entries) <= 10_000
        assert log.entries[-1] is entry
    assert len(log.entries) >= 2


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


def filled(requests: int) -> FakeCopr:
    fake = FakeCopr()
    fake.add_build([F41, F42], id=1, state="running")
    for number in range(requests):
        fake.answer("GET", f"/api_3/build-chroot/{number % 7 + 1}/{F41}")
        fake.answer("GET", f"/api_3/build-chroot/list/1?limit=1&offset={number % 2}")
        fake.clock.tick(1)
    return fake


@pytest.mark.parametrize(
    "read",
    [
        lambda fake: fake.requests_after(fake.service.journal.count(About()) - 3),
        lambda fake: fake.assert_requested("build-chroot/list", build_id=1),
        lambda fake: fake.assert_not_requested("build-chroot", build_id=50),
        lambda fake: fake.assert_polled_no_faster_than(0.5),
        lambda fake: fake.assert_all_pages_read(1),
    ],
)
def test_cost_of_a_read_depends_on_new_requests(read: Callable[[FakeCopr], object]) -> None:
    """Each request is parsed only once."""

    def steps(requests: int) -> int:
        fake = filled(requests)
        read(fake)
        fake.answer("GET", "/api_3/")
        return count_steps(lambda: read(fake))

    assert steps(200) <= steps(20) * 1.2 + 20


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
