"""What was hit is no poll where nobody reads it, and the journal tells of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copr_chroot_fake import Answer, Dribble, FakeCopr, Fault

from .asked import F41, GET, LIST, statuses

EVERYTHING: list[Any] = [
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
"""One of each kind of fault that keeps Copr's answer from being read."""


def shown(answer: Answer) -> str:
    return str(json.loads(answer.body)["state"])


@pytest.mark.parametrize("fault", EVERYTHING, ids=str)
@pytest.mark.parametrize("target", [GET, LIST, GET.replace("chroot?", "chroot/built-packages?")])
def test_what_no_client_reads_is_no_poll(fault: Fault, target: str) -> None:
    """Lives do not go on behind the back of somebody who sees nothing of them."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1)[F41]
    added = fake.faults.add(fault)
    for _ in range(3):
        fake.answer("GET", target)
    assert all(request.states == {} for request in fake.requests)
    fake.faults.remove(added.id)
    assert shown(fake.answer("GET", GET)) == "importing"
    assert shown(fake.answer("GET", GET)) == chroot.state == "pending"


@pytest.mark.parametrize("fault", [Fault(delay=3), Fault(dribble=Dribble(1, 1))], ids=str)
def test_what_is_read_late_is_a_poll(fault: Fault) -> None:
    """It arrives, and the journal knows what it showed."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    fake.faults.add(fault)
    assert [shown(fake.answer("GET", GET)) for _ in range(3)] == ["importing", "pending", "starting"]
    assert [request.states[F41] for request in fake.requests] == ["importing", "pending", "starting"]


def test_the_journal_tells_which_fault_has_hit(fake: FakeCopr) -> None:
    """By its id, with the status that came, or 0 where none did."""
    for fault in (Fault(status=503, nth=1), Fault(breaks="reset", nth=2), Fault(breaks="timeout", nth=3)):
        fake.faults.add(fault)
    statuses(fake, 4)
    assert [(request.fault, request.status) for request in fake.requests] == [(1, 503), (2, 0), (3, 0), (None, 200)]
    assert f"{GET} -> no answer by fault 2 at" in str(fake.requests[1])
    fake.assert_requested("build-chroot", times=4)


@pytest.mark.parametrize("fault", EVERYTHING, ids=str)
def test_a_fault_is_no_mistake_of_whoever_asks(fake: FakeCopr, fault: Fault) -> None:
    """What is hit is not unmatched, so that it fails no strict test."""
    fake.faults.add(fault)
    for target in (GET, LIST, "/api_3/"):
        fake.answer("GET", target)
    assert fake.unmatched == []


def test_faulted_request_is_unmatched_only_if_a_client_reads_it(fake: FakeCopr) -> None:
    """A build that is not there is found out late, and not at all where the answer is spoilt."""
    added = fake.faults.add(Fault(body="cut"))
    fake.answer("GET", f"/api_3/build-chroot/99/{F41}")
    assert fake.unmatched == []
    fake.faults.remove(added.id)
    fake.faults.add(Fault(delay=1))
    fake.answer("GET", f"/api_3/build-chroot/99/{F41}")
    assert len(fake.unmatched) == 1
