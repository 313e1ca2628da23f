"""The latest requests are kept."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr

from .chroots import F41, F42


def test_log_of_size_zero_is_empty() -> None:
    fake = FakeCopr(requests_kept=0)
    fake.answer("GET", "/api_3/build/2")
    assert (fake.requests, fake.unmatched) == ([], [])
    fake.assert_not_requested("build")


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
