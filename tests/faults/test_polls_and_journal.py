"""Faults and polls, the journal and unmatched requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copr_chroot_fake import Answer, Dribble, FakeCopr, Fault

from ..chroots import F41
from .helpers import GET, LIST, statuses

UNREADABLE: list[Any] = [
    Fault(status=500),
    Fault(status=503),
    Fault(body="html"),
    Fault(body="empty"),
    Fault(body="cut"),
    Fault(body="malformed"),
    Fault(breaks="refused"),
    Fault(breaks="reset"),
    Fault(breaks="reset-within"),
    Fault(breaks="timeout"),
]
"""One fault of each kind that prevents clients from reading Copr's response."""


def state_of(answer: Answer) -> str:
    return str(json.loads(answer.body)["state"])


@pytest.mark.parametrize("fault", UNREADABLE, ids=str)
@pytest.mark.parametrize("target", [GET, LIST, GET.replace("chroot?", "chroot/built-packages?")])
def test_unreadable_response_is_not_a_poll(fault: Fault, target: str) -> None:
    """A response that the client never receives does not advance the chroot."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    added = fake.faults.add(fault)
    for _ in range(3):
        fake.answer("GET", target)
    assert all(request.states == {} for request in fake.requests)
    fake.faults.remove(added.id)
    assert state_of(fake.answer("GET", GET)) == "importing"
    assert state_of(fake.answer("GET", GET)) == chroot.state == "pending"


@pytest.mark.parametrize("fault", [Fault(delay=3), Fault(dribble=Dribble(1, 1))], ids=str)
def test_delayed_response_is_a_poll(fault: Fault) -> None:
    """The journal records the states in it."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.faults.add(fault)
    assert [state_of(fake.answer("GET", GET)) for _ in range(3)] == ["importing", "pending", "starting"]
    assert [request.states[F41] for request in fake.requests] == ["importing", "pending", "starting"]


def test_journal_has_the_id_of_the_fault(fake: FakeCopr) -> None:
    """Without a response, the status is 0."""
    for fault in (Fault(status=503, nth=1), Fault(breaks="reset", nth=2), Fault(breaks="timeout", nth=3)):
        fake.faults.add(fault)
    statuses(fake, 4)
    assert [(request.fault, request.status) for request in fake.requests] == [(1, 503), (2, 0), (3, 0), (None, 200)]
    assert f"{GET} -> no response by fault 2 at" in str(fake.requests[1])
    fake.assert_requested("build-chroot", times=4)


@pytest.mark.parametrize("fault", UNREADABLE, ids=str)
def test_requests_hit_by_a_fault_are_not_unmatched(fake: FakeCopr, fault: Fault) -> None:
    """So they do not fail strict tests."""
    fake.faults.add(fault)
    for target in (GET, LIST, "/api_3/"):
        fake.answer("GET", target)
    assert fake.unmatched == []


def test_faulted_request_is_unmatched_only_if_a_client_reads_it(fake: FakeCopr) -> None:
    """A delayed response counts, a damaged one does not."""
    added = fake.faults.add(Fault(body="cut"))
    fake.answer("GET", f"/api_3/build-chroot/99/{F41}")
    assert fake.unmatched == []
    fake.faults.remove(added.id)
    fake.faults.add(Fault(delay=1))
    fake.answer("GET", f"/api_3/build-chroot/99/{F41}")
    assert len(fake.unmatched) == 1
