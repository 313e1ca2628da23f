"""What goes wrong on purpose: which requests it hits, what clients get then, and what stays as it is."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple

import httpx
import httpx2
import hypothesis.strategies as st
import pytest
import requests
from copr.v3 import Client, CoprException
from hypothesis import given, settings
from requests.adapters import HTTPAdapter
from urllib3 import Retry, Timeout

from copr_chroot_fake import (
    FAULTS,
    Answer,
    CoprClient,
    CoprFakeError,
    Dribble,
    FakeCopr,
    Fault,
    InputError,
    LogNormal,
    ScenarioError,
    SystemClock,
    Uniform,
)
from copr_chroot_fake.client.errors import ClientError, RequestTimeoutError
from copr_chroot_fake.doors.httpx2_transport import Httpx2Transport
from copr_chroot_fake.doors.requests_mock import answering_through_responses
from copr_chroot_fake.doors.respx_router import answering_through_respx
from copr_chroot_fake.service.answers import CATCH_ALL, JSON

from .doors import COPR, Ask

Open = Callable[[FakeCopr], Ask]

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"
GET = f"/api_3/build-chroot?build_id=1&chrootname={F41}"
LIST = "/api_3/build-chroot/list?build_id=1"
HTML = "text/html; charset=iso-8859-1"

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


@pytest.fixture
def fake() -> FakeCopr:
    """A build whose chroots stay as they are."""
    fake = FakeCopr()
    fake.add_build(1, [F41, F42], state="running")
    return fake


def statuses(fake: FakeCopr, count: int, target: str = GET) -> list[int]:
    return [fake.answer("GET", target).status for _ in range(count)]


# What clients get.

PLAIN = FakeCopr()
PLAIN.add_build(1, [F41, F42], state="running")
OWN = PLAIN.answer("GET", GET)
"""Copr's own answer."""

ANSWERS: list[tuple[Fault, int, str, Callable[[bytes], bool]]] = [
    (Fault(status=500), 500, JSON, lambda body: body == b'{"error":"%s"}\n' % CATCH_ALL.encode()),
    (Fault(status=404), 404, JSON, lambda body: body == b'{"error":"Such API endpoint doesn\'t exist"}\n'),
    (Fault(status=504, body="json"), 504, JSON, lambda body: body == b'{"error":"The API request timeouted"}\n'),
    (Fault(status=503, body="json"), 503, JSON, lambda body: body == b'{"error": "Service Unavailable"}\n'),
    (Fault(status=599), 599, JSON, lambda body: body == b'{"error": "Status 599"}\n'),
    (Fault(status=502), 502, HTML, lambda body: b"<p>Reason: <strong>Error reading from remote server<" in body),
    (Fault(status=503), 503, HTML, lambda body: b"<title>503 Service Unavailable</title>" in body),
    (Fault(status=504), 504, HTML, lambda body: b"The gateway did not receive a timely response\n" in body),
    (Fault(status=403, body="html"), 403, HTML, lambda body: b"<h1>Forbidden</h1>\n</body></html>\n" in body),
    (Fault(body="html"), 200, HTML, lambda body: b"<title>200 OK</title>" in body),
    (Fault(status=502, body="cut"), 502, HTML, lambda body: body.startswith(b"<!DOCTYPE") and b"</html>" not in body),
    (Fault(status=502, body="malformed"), 502, JSON, lambda body: body == b'{"error": "Bad Gateway",}\n'),
    (Fault(status=204), 204, "", lambda body: body == b""),
    (Fault(body="empty"), 200, JSON, lambda body: body == b""),
    (Fault(body="cut"), 200, JSON, lambda body: body == OWN.body[: len(OWN.body) // 2]),
    (Fault(body="malformed"), 200, JSON, lambda body: body == OWN.body[:-2] + b",}\n"),
    (Fault(delay=0.01), 200, JSON, lambda body: body == OWN.body),
    (Fault(delay=0.01, status=503, body="empty"), 503, HTML, lambda body: body == b""),
    (Fault(dribble=Dribble(bytes=50, every=0.001)), 200, JSON, lambda body: body == OWN.body),
]


@pytest.mark.parametrize(("fault", "status", "content_type", "is_right"), ANSWERS, ids=[str(row[0]) for row in ANSWERS])
def test_another_answer_comes_through_every_door(
    fake: FakeCopr, ask_through: Open, fault: Fault, status: int, content_type: str, is_right: Callable[[bytes], bool]
) -> None:
    """With its own type and the length that it has; and once the fault is gone it is Copr's again."""
    ask = ask_through(fake)
    added = fake.faults.add(fault)
    got = ask("GET", GET)
    assert (got.status, got.content_type) == (status, content_type)
    assert is_right(got.body), got.body
    assert got.headers.get("content-length", "0") == str(len(got.body))
    fake.faults.remove(added.id)
    assert ask("GET", GET).body == OWN.body


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(body="cut"), Fault(dribble=Dribble(9, 0.001))], ids=str)
def test_head_has_the_head_of_what_get_has(fake: FakeCopr, ask_through: Open, fault: Fault) -> None:
    """And no body, whatever goes wrong with that."""
    ask = ask_through(fake)
    fake.faults.add(fault)
    head, got = ask("HEAD", GET), ask("GET", GET)
    assert head.body == b""
    assert head.status == got.status
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


def test_what_is_malformed_is_not_read_as_json(fake: FakeCopr) -> None:
    """Whatever the endpoint, an error included."""
    fake.faults.add(Fault(body="malformed"))
    for target in (GET, LIST, "/api_3/", "/api_3/build-chroot", f"/api_3/build-chroot/build-config/1/{F41}"):
        with pytest.raises(ValueError, match=r"double quotes|trailing comma"):
            json.loads(fake.answer("GET", target).body)


# Which requests are hit.


@pytest.mark.parametrize(
    ("choice", "hit"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7]),
        ({"nth": 3}, [3]),
        ({"first": 3}, [1, 2, 3]),
        ({"every": 3}, [3, 6]),
        ({"every": 1}, [1, 2, 3, 4, 5, 6, 7]),
        ({"probability": 0}, []),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6, 7]),
    ],
    ids=str,
)
def test_the_requests_that_are_chosen_are_hit(fake: FakeCopr, choice: dict[str, Any], hit: list[int]) -> None:
    """Counted from the first after the fault was added; each is counted."""
    statuses(fake, 2)
    added = fake.faults.add(Fault(status=503, **choice))
    assert [number for number, status in enumerate(statuses(fake, 7), 1) if status == 503] == hit
    assert (added.seen, added.hits) == (7, len(hit))


def probable(seed: int, count: int = 2000) -> list[int]:
    fake = FakeCopr(seed=seed)
    fake.faults.add(Fault(status=503, probability=0.3))
    return statuses(fake, count, "/api_3/")


def test_a_probability_is_as_frequent_as_it_says() -> None:
    """Within four standard deviations."""
    assert abs(probable(7).count(503) - 600) < 4 * (2000 * 0.3 * 0.7) ** 0.5


def test_the_seed_decides_what_is_drawn(fake: FakeCopr) -> None:
    """The same one gives the same run, another one another, whichever way it is said."""
    assert probable(7, 50) == probable(7, 50) != probable(8, 50)
    fake.reseed(8)
    fake.faults.add(Fault(status=503, probability=0.3))
    assert statuses(fake, 50, "/api_3/") == probable(8, 50)


def test_what_is_drawn_depends_on_nothing_else_that_is(fake: FakeCopr) -> None:
    """Neither on other faults nor on builds; and of two faults each draws for itself."""
    first = fake.faults.add(Fault(status=503, probability=0.3))
    fake.faults.add(Fault(delay=Uniform(1, 2), nth=1))
    second = fake.faults.add(Fault(status=504, probability=0.3))
    fake.add_build(2, [F41], lifecycle="realistic")
    seen = statuses(fake, 50, "/api_3/")
    assert [status == 503 for status in seen] == [status == 503 for status in probable(0, 50)]
    assert (first.hits, second.hits) == (seen.count(503), seen.count(504))
    assert {200, 503, 504} == set(seen)


TARGETS = {
    "get": GET,
    "get by path": f"/api_3/build-chroot/1/{F42}",
    "get, cast": f"/api_3/build-chroot?build_id=+01&chrootname={F41}",
    "get of another": f"/api_3/build-chroot?build_id=2&chrootname={F41}",
    "get, query before path": f"/api_3/build-chroot/1/{F41}?build_id=2&chrootname={F42}",
    "get of nothing": "/api_3/build-chroot?build_id=x",
    "list": LIST,
    "list by path": "/api_3/build-chroot/list/2",
    "config": f"/api_3/build-chroot/build-config/1/{F41}",
    "packages": f"/api_3/build-chroot/built-packages?build_id=1&chrootname={F41}",
    "home": "/api_3/",
    "nowhere": "/api_3/nowhere",
}


@pytest.mark.parametrize(
    ("about", "hit"),
    [
        ({}, [*TARGETS]),
        (
            {"endpoint": "get"},
            ["get", "get by path", "get, cast", "get of another", "get, query before path", "get of nothing"],
        ),
        ({"endpoint": "list"}, ["list", "list by path"]),
        ({"endpoint": "build-config"}, ["config"]),
        ({"endpoint": "built-packages"}, ["packages"]),
        ({"endpoint": "home"}, ["home"]),
        ({"build_id": 1}, ["get", "get by path", "get, cast", "list", "config", "packages"]),
        ({"build_id": 2}, ["get of another", "get, query before path", "list by path"]),
        ({"chrootname": F42}, ["get by path", "get, query before path"]),
        ({"build_id": 1, "chrootname": F41}, ["get", "get, cast", "config", "packages"]),
        ({"endpoint": "get", "build_id": 1, "chrootname": F41}, ["get", "get, cast"]),
        ({"endpoint": "list", "chrootname": F41}, []),
    ],
    ids=str,
)
def test_only_what_a_fault_is_about_is_hit_and_counted(fake: FakeCopr, about: dict[str, Any], hit: list[str]) -> None:
    """Through the query and the path alike, whether what is meant is there or not."""
    added = fake.faults.add(Fault(status=599, **about))
    assert [name for name, target in TARGETS.items() if fake.answer("GET", target).status == 599] == hit
    assert (added.seen, added.hits) == (len(hit), len(hit))


def test_of_several_faults_the_one_added_first_hits_and_all_count(fake: FakeCopr) -> None:
    """Each counts what it is about, hit or not."""
    fake.faults.add(Fault(status=503, nth=2))
    fake.faults.add(Fault(status=504, first=3))
    fake.faults.add(Fault(endpoint="list", status=500))
    fake.faults.add(Fault(status=502, nth=4))
    assert statuses(fake, 5) == [504, 503, 504, 502, 200]
    assert statuses(fake, 1, LIST) == [500]
    assert [(active.seen, active.hits) for active in fake.faults] == [(6, 1), (6, 2), (1, 1), (6, 1)]


def test_any_method_is_hit(fake: FakeCopr) -> None:
    """A proxy that is down is down for all."""
    fake.faults.add(Fault(status=503, first=3))
    assert [fake.answer(method, GET).status for method in ("POST", "OPTIONS", "HEAD", "GET")] == [503, 503, 503, 200]


def test_a_delay_is_drawn_within_its_bounds(fake: FakeCopr) -> None:
    """From the seed, anew for each request."""
    fake.faults.add(Fault(delay=Uniform(5, 6), first=20))
    fake.faults.add(Fault(delay=LogNormal(median=8, sigma=0.8, least=2, most=60)))
    drawn = [answer.delivery.delay for answer in (fake.answer("GET", GET) for _ in range(40)) if answer.delivery]
    assert all(5 <= delay <= 6 for delay in drawn[:20])
    assert all(2 <= delay <= 60 for delay in drawn[20:])
    assert len(set(drawn[:20])) == 20
    assert len(set(drawn[20:])) > 10


def test_counts_hold_among_threads() -> None:
    """No request is lost or counted twice, and as many are hit as are to be."""
    fake = FakeCopr()
    first = fake.faults.add(Fault(status=503, first=500))
    every = fake.faults.add(Fault(endpoint="home", status=504, every=4))
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: fake.answer("GET", "/api_3/").status, range(1600)))
    assert (first.seen, first.hits, every.seen) == (1600, 500, 1600)
    assert (seen.count(503), seen.count(504)) == (500, every.hits)
    assert every.hits == (1600 - 500) // 4


# What stays as it is.


def shown(answer: Answer) -> str:
    return str(json.loads(answer.body)["state"])


@pytest.mark.parametrize("fault", EVERYTHING, ids=str)
@pytest.mark.parametrize("target", [GET, LIST, GET.replace("chroot?", "chroot/built-packages?")])
def test_what_no_client_reads_is_no_poll(fault: Fault, target: str) -> None:
    """Lives do not go on behind the back of somebody who sees nothing of them."""
    fake = FakeCopr()
    chroot = fake.add_build(1, [F41])[F41]
    added = fake.faults.add(fault)
    for _ in range(3):
        fake.answer("GET", target)
    assert all(request.saw == {} for request in fake.requests)
    fake.faults.remove(added.id)
    assert shown(fake.answer("GET", GET)) == "importing"
    assert shown(fake.answer("GET", GET)) == chroot.state == "pending"


@pytest.mark.parametrize("fault", [Fault(delay=3), Fault(dribble=Dribble(1, 1))], ids=str)
def test_what_is_read_late_is_a_poll(fault: Fault) -> None:
    """It arrives, and the journal knows what it showed."""
    fake = FakeCopr()
    fake.add_build(1, [F41])
    fake.faults.add(fault)
    assert [shown(fake.answer("GET", GET)) for _ in range(3)] == ["importing", "pending", "starting"]
    assert [request.saw[F41] for request in fake.requests] == ["importing", "pending", "starting"]


def test_the_journal_tells_which_fault_has_hit(fake: FakeCopr) -> None:
    """By its id, with the status that came, or 0 where none did."""
    for fault in (Fault(status=503, nth=1), Fault(breaks="reset", nth=2), Fault(breaks="timeout", nth=3)):
        fake.faults.add(fault)
    statuses(fake, 4)
    assert [(request.fault, request.status) for request in fake.requests] == [(1, 503), (2, 0), (3, 0), (None, 200)]
    assert f"{GET} -> no answer by fault 2 at" in str(fake.requests[1])
    fake.assert_requested("get", times=4)


@pytest.mark.parametrize("fault", EVERYTHING, ids=str)
def test_a_fault_is_no_mistake_of_whoever_asks(fake: FakeCopr, fault: Fault) -> None:
    """What is hit is not unmatched, so that it fails no strict test."""
    fake.faults.add(fault)
    for target in (GET, LIST, "/api_3/"):
        fake.answer("GET", target)
    assert fake.unmatched == []


def test_nothing_goes_wrong_unless_it_is_said(fake: FakeCopr) -> None:
    """And none of it any longer once it is removed or cleared."""
    assert len(fake.faults) == 0
    added = fake.faults.add("outage")
    fake.faults.add(Fault(status=500))
    assert (added.id, len(fake.faults), [active.id for active in fake.faults]) == (1, 2, [1, 2])
    fake.faults.remove(1)
    assert statuses(fake, 1) == [500]
    with pytest.raises(InputError, match="id: there is no fault 1; there are: 2"):
        fake.faults.remove(1)
    fake.faults.clear()
    assert statuses(fake, 1) == [200]
    with pytest.raises(InputError, match="id: there is no fault 2; there are: none"):
        fake.faults.remove(2)
    assert fake.faults.add("outage").id == 3


def test_a_restored_fake_has_the_faults_that_it_had(fake: FakeCopr) -> None:
    """With what they had seen, also those removed since, and as often as it is restored."""
    outage = fake.faults.add("outage")
    drawn = fake.faults.add(Fault(status=500, probability=0.5))
    statuses(fake, 3)
    taken = fake.snapshot()
    runs = []
    for _ in range(3):
        added = fake.faults.add(Fault(status=599, probability=0.5))
        runs.append(statuses(fake, 30))
        fake.faults.remove(outage.id)
        fake.faults.remove(drawn.id)
        assert added.id == 3
        fake.restore(taken)
        assert [*fake.faults] == [outage, drawn]
        assert [active.seen for active in (outage, drawn)] == [3, 3]
    assert runs[0][:2] == [503, 503]
    assert {500, 599, 200} <= set(runs[0])
    assert runs[0] == runs[1] == runs[2]
    statuses(fake, 1)
    assert (outage.seen, outage.hits) == (4, 4)


def test_a_fault_nobody_holds_is_restored_as_often_as_one_likes(fake: FakeCopr) -> None:
    """What happens to it after a restore does not change what was taken."""
    fake.faults.add("outage")
    taken = fake.snapshot()
    for _ in range(3):
        fake.faults.clear()
        fake.restore(taken)
        assert statuses(fake, 6) == [503] * 5 + [200]


def test_snapshots_of_runs_apart_have_each_its_own_faults(fake: FakeCopr) -> None:
    """Though the same ids were given to other ones."""
    before = fake.snapshot()
    one = fake.faults.add(Fault(status=501))
    with_one = fake.snapshot()
    fake.restore(before)
    other = fake.faults.add(Fault(status=502))
    assert one.id == other.id
    fake.restore(with_one)
    assert statuses(fake, 1) == [501]
    assert other.hits == 0


def test_faults_of_a_sandbox_are_gone_after_it(fake: FakeCopr) -> None:
    """Whatever was tried there."""
    kept = fake.faults.add(Fault(endpoint="list", status=500))
    with fake.sandbox():
        fake.faults.clear()
        fake.faults.add(Fault(status=503))
        assert statuses(fake, 1) == [503]
    assert statuses(fake, 1) == [200]
    assert (statuses(fake, 1, LIST), kept.hits) == ([500], 1)


# Faults that are written.

NAMED = {
    "gateway-timeout": ([504, 200, 200], [200, 200]),
    "outage": ([503, 503, 503], [503, 503]),
    "slow-list": ([200, 200, 200], [200, 200]),
    "list-500": ([500, 500, 500], [200, 200]),
    "html-200": ([200, 200, 200], [200, 200]),
    "late-results": ([200, 200, 200], [200, 200]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_name_stands_for_its_fault(fake: FakeCopr, name: str) -> None:
    """In Python, in an entry and in a scenario alike."""
    of_scenario = FakeCopr.from_scenario({"faults": [name]})
    for added in (fake.faults.add(name), fake.faults.add({"name": name}), *of_scenario.faults):  # type: ignore[arg-type]
        assert added.fault == FAULTS[name]  # type: ignore[index]  # one of the names
    fake.faults.remove(2)
    assert (statuses(fake, 3, LIST), statuses(fake, 2)) == NAMED[name]


def test_a_named_fault_can_be_changed() -> None:
    """Another choice among the requests takes the place of its own."""
    fake = FakeCopr.from_scenario(
        {
            "builds": [{"id": 1, "chroots": [{"name": F41}]}],
            "faults": [
                {"name": "outage", "first": 2, "endpoint": "get"},
                {"name": "gateway-timeout", "every": 2, "endpoint": "list"},
                {"name": "html-200", "nth": 1, "endpoint": "home", "status": None},
            ],
        }
    )
    assert statuses(fake, 3) == [503, 503, 200]
    assert statuses(fake, 4, LIST) == [200, 504, 200, 504]
    assert [fake.answer("GET", "/api_3/").headers[0][1] for _ in range(2)] == [HTML, JSON]


def test_a_fault_tells_what_it_is() -> None:
    """As it would be written."""
    fault = Fault(endpoint="list", delay=Uniform(1, 2), dribble=Dribble(16, 0.5), every=2)
    assert str(fault) == "endpoint list, every 2, delay {'uniform': [1, 2]}, dribble {'bytes': 16, 'every': 0.5}"


DURATIONS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([0, 0.5, 30]),
    st.just(Uniform(1, 9)),
    st.just(LogNormal(median=8, sigma=0.8, least=2, most=60)),
)
CHOICES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(dict, nth=st.integers(1, 12)),
    st.builds(dict, first=st.integers(1, 12)),
    st.builds(dict, every=st.integers(1, 5)),
    st.builds(dict, probability=st.sampled_from([0, 0.2, 0.5, 1])),
)
ABOUT = st.fixed_dictionaries(
    {},
    optional={
        "endpoint": st.sampled_from(["get", "list", "home"]),
        "build_id": st.integers(1, 2),
        "chrootname": st.sampled_from([F41, F42]),
    },
)
EFFECTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(dict, breaks=st.sampled_from(["refused", "timeout"])),
    st.builds(dict, breaks=st.just("refused"), seconds=st.sampled_from([0, 3])),
    st.builds(dict, breaks=st.just("reset"), delay=DURATIONS),
    st.builds(
        dict,
        breaks=st.sampled_from([None, "reset-within"]),
        status=st.sampled_from([None, 404, 500, 502]),
        body=st.sampled_from([None, "html", "empty", "cut", "malformed"]),
        delay=DURATIONS,
        dribble=st.sampled_from([None, Dribble(7, 0.5)]),
    ),
)
FAULT = st.builds(lambda *said: Fault(**{**said[0], **said[1], **said[2]}), ABOUT, CHOICES, EFFECTS)


def answers(fake: FakeCopr, rounds: int) -> list[Answer]:
    targets = (GET, LIST, "/api_3/", f"/api_3/build-chroot/2/{F42}")
    return [fake.answer("GET", target) for _ in range(rounds) for target in targets]


@settings(max_examples=60, deadline=None)
@given(st.lists(FAULT, max_size=4), st.integers(0, 4), st.sets(st.integers(1, 4)), st.integers(0, 9))
def test_a_fake_with_faults_written_out_loads_back_to_the_same_answers(
    some: list[Fault], asked: int, removed: set[int], seed: int
) -> None:
    """Whatever they have seen so far, and with the same ids."""
    fake = FakeCopr(seed=seed)
    for number in (1, 2):
        fake.add_build(number, [F41, F42])
    for fault in some:
        fake.faults.add(fault)
    for number in removed & {active.id for active in fake.faults}:
        fake.faults.remove(number)
    answers(fake, asked)
    copy = FakeCopr.from_scenario(json.loads(json.dumps(fake.to_scenario())), seed=seed)
    assert [(active.id, active.fault, active.seen) for active in copy.faults] == [
        (active.id, active.fault, active.seen) for active in fake.faults
    ]
    assert answers(copy, 8) == answers(fake, 8)


def test_an_id_that_is_taken_gives_way(fake: FakeCopr) -> None:
    """Scenarios add up, whichever ids they were written with."""
    for _ in range(2):
        fake.add_scenario({"faults": [{"id": 7, "status": 500}, {"status": 503}]})
    assert [active.id for active in fake.faults] == [7, 8, 9, 10]


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"endpoint": "lists"}, "endpoint", "'lists' is not possible; did you mean 'list'? valid: get, list, build-config"),
    ({"build_id": 0}, "build_id", "expected a whole number from 1"),
    ({"build_id": "1"}, "build_id", "expected a whole number from 1"),
    ({"chrootname": ""}, "chrootname", "expected a text that is not empty"),
    ({"nth": 0}, "nth", "expected a whole number from 1"),
    ({"first": True}, "first", "expected a whole number from 1"),
    ({"every": 1.5}, "every", "expected a whole number from 1"),
    ({"probability": 1.1}, "probability", "expected a probability from 0 to 1, got 1.1"),
    ({"probability": True}, "probability", "expected a probability from 0 to 1, got True"),
    ({"probability": float("nan")}, "probability", "expected a probability from 0 to 1, got nan"),
    ({"nth": 1, "first": 2, "status": 500}, "first", "does not go with nth; expected one of them"),
    ({"every": 1, "probability": 0, "status": 500}, "probability", "does not go with every; expected one of them"),
    ({"status": 199}, "status", "expected the status of an answer, from 200 to 599, got 199"),
    ({"status": 600}, "status", "expected the status of an answer, from 200 to 599, got 600"),
    ({"status": "503"}, "status", "expected the status of an answer, from 200 to 599, got '503'"),
    ({"body": "jso"}, "body", "'jso' is not possible; did you mean 'json'? valid: json, html, empty, cut, malformed"),
    ({"body": "json"}, "body", "json does not go without a status, whose error it is; expected one"),
    ({"delay": -1}, "delay", "expected seconds, not negative, or an object with uniform or lognormal, got -1"),
    ({"delay": {"uniform": [2, 1]}}, "delay.uniform.least", "expected seconds, not negative and no more than most"),
    ({"delay": {"lognormal": {"median": 1}}}, "delay.lognormal.sigma", "missing, and required; add it"),
    ({"dribble": 16}, "dribble", "expected an object with bytes and every, got 16"),
    ({"dribble": {"bytes": 16}}, "dribble.every", "missing, and required; add it"),
    ({"dribble": {"bytes": 0, "every": 1}}, "dribble.bytes", "expected a whole number from 1"),
    ({"dribble": Dribble(1, -1)}, "dribble.every", "expected a number from 0"),
    ({"breaks": "rest"}, "breaks", "'rest' is not possible; did you mean 'reset'? valid: refused, reset, reset-within"),
    ({"breaks": "refused", "status": 500}, "status", "does not go with breaks refused, with which no answer comes"),
    ({"breaks": "timeout", "delay": 5}, "delay", "does not go with breaks timeout, with which no answer comes"),
    ({"breaks": "reset", "body": "cut"}, "body", "does not go with breaks reset, with which no answer comes"),
    ({"seconds": -1}, "seconds", "expected a number from 0"),
    ({"seconds": 1, "status": 500}, "seconds", "is how long connections are refused; expected breaks to be refused"),
    ({}, "", "nothing goes wrong; expected one of status, body, delay, dribble, breaks"),
    ({"endpoint": "list", "first": 2}, "", "nothing goes wrong; expected one of status, body, delay, dribble, breaks"),
]


def dotted(place: str, field: str) -> str:
    return f"{place}.{field}" if field else place


@pytest.mark.parametrize(("entry", "field", "problem"), MISTAKES, ids=[str(mistake[0]) for mistake in MISTAKES])
def test_a_wrong_value_is_refused_by_its_name_with_what_would_do(
    fake: FakeCopr, entry: dict[str, Any], field: str, problem: str
) -> None:
    """In Python by the field, in a scenario by the place, and nothing is added."""
    with pytest.raises(InputError) as refused:
        Fault(**entry)
    assert str(refused.value).startswith(f"{field or 'fault'}: {problem}")
    with pytest.raises(InputError) as refused:
        fake.faults.add(entry)
    assert str(refused.value).startswith(f"{dotted('fault', field)}: {problem}")
    with pytest.raises(ScenarioError) as refused:
        fake.add_scenario({"faults": ["outage", entry]})
    assert str(refused.value).startswith(f"{dotted('faults[1]', field)}: {problem}")
    assert len(fake.faults) == 0


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("outag", "faults[0]: 'outag' is not possible; did you mean 'outage'? valid: gateway-timeout, outage, "),
        ({"name": "slow"}, "faults[0].name: 'slow' is not possible; valid: gateway-timeout, outage, slow-list"),
        (7, "faults[0]: expected a fault, the name of one, or an object, got 7"),
        ({"staus": 503}, "faults[0].staus: no such key here; did you mean 'status'? valid: name, id, seen, "),
        ({"status": 503, "id": 0}, "faults[0].id: expected a whole number from 1"),
        ({"status": 503, "seen": -1}, "faults[0].seen: expected a whole number from 0"),
        ({"name": "outage", "breaks": "reset"}, "faults[0].status: does not go with breaks reset"),
    ],
)
def test_a_wrong_entry_is_refused_by_its_place(entry: object, message: str) -> None:
    """With what was meant, or would do."""
    with pytest.raises(ScenarioError) as refused:
        FakeCopr.from_scenario({"faults": [entry]})
    assert str(refused.value).startswith(message)


def test_the_table_of_mistakes_has_every_field() -> None:
    """None of them can be wrong unnoticed."""
    assert {field.partition(".")[0] for _, field, _ in MISTAKES} == {field.name for field in fields(Fault)} | {""}


# Connections that fail, in process and in reality.

TIMEOUT = 0.05
"""For how long clients wait for what comes next, in seconds."""

PATIENCE = {"timeout": [TIMEOUT], "late": [TIMEOUT], "stalled": [TIMEOUT, 1.0]}
"""For how long they do in reality; where a busy machine can be too late for that, they are asked again."""

URL = f"{COPR}{GET}"


class Outcome(NamedTuple):
    """How a request ended, of which all is to be the same in process and in reality."""

    when: str
    kinds: tuple[type[object], ...] = ()
    has_request: bool = False
    body: bytes = b""


def outcome(send: Callable[[], Any], read: Callable[[Any, list[bytes]], object]) -> Outcome:
    """Of sending a request and reading the body piece by piece."""
    got: list[bytes] = []
    when = "sending"
    try:
        response = send()
        when = "reading"
        read(response, got)
    except Exception as error:
        return Outcome(when, kinds_of(error), has_request(error), b"".join(got))
    return Outcome("answered", body=b"".join(got))


def kinds_of(error: Exception) -> tuple[type[object], ...]:
    """Its class, and those of what requests has made it of."""
    inner = error.args[0] if isinstance(error, requests.RequestException) else None
    made_of = [error, inner, getattr(inner, "reason", None)]
    return tuple(type(part) for part in made_of if isinstance(part, Exception))


def has_request(error: Any) -> bool:
    try:
        return getattr(error, "request", None) is not None
    except RuntimeError:
        # So httpx tells that there is none.
        return False


Caller = Callable[[str, Any, float], Outcome]
"""Asks an address, with a transport where the library has them, and a timeout to read."""


def httpx_caller(lib: Any, *, stream: bool) -> Caller:
    def read(response: Any, got: list[bytes]) -> None:
        for piece in response.iter_bytes():
            got.append(piece)

    def call(url: str, transport: Any, seconds: float) -> Outcome:
        timeout = lib.Timeout(10, read=seconds)
        with lib.Client(transport=transport, verify=False, timeout=timeout, trust_env=False) as client:
            request = client.build_request("GET", url)
            return outcome(lambda: client.send(request, stream=stream), read)

    return call


def async_httpx_caller(lib: Any, *, stream: bool) -> Caller:
    async def read(response: Any, got: list[bytes]) -> None:
        async for piece in response.aiter_bytes():
            got.append(piece)

    def call(url: str, transport: Any, seconds: float) -> Outcome:
        loop = asyncio.new_event_loop()
        run = loop.run_until_complete
        timeout = lib.Timeout(10, read=seconds)
        client = lib.AsyncClient(transport=transport, verify=False, timeout=timeout, trust_env=False)
        request = client.build_request("GET", url)
        try:
            return outcome(
                lambda: run(client.send(request, stream=stream)), lambda response, got: run(read(response, got))
            )
        finally:
            run(client.aclose())
            loop.close()

    return call


def requests_caller(*, stream: bool = False, retries: int | Retry = 0) -> Caller:
    def read(response: requests.Response, got: list[bytes]) -> None:
        for piece in response.iter_content(7):
            got.append(piece)

    def call(url: str, transport: None, seconds: float) -> Outcome:
        with requests.Session() as session:
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retries))
            return outcome(lambda: session.get(url, timeout=(10, seconds), stream=stream), read)

    return call


CALLERS: dict[str, Caller] = {
    "httpx": httpx_caller(httpx, stream=False),
    "httpx stream": httpx_caller(httpx, stream=True),
    "httpx async": async_httpx_caller(httpx, stream=False),
    "httpx async stream": async_httpx_caller(httpx, stream=True),
    "httpx2": httpx_caller(httpx2, stream=False),
    "httpx2 stream": httpx_caller(httpx2, stream=True),
    "httpx2 async": async_httpx_caller(httpx2, stream=False),
    "httpx2 async stream": async_httpx_caller(httpx2, stream=True),
    "requests": requests_caller(),
    "requests stream": requests_caller(stream=True),
    "requests retrying": requests_caller(retries=Retry(2)),
    "requests retrying once": requests_caller(retries=Retry(2, read=1, connect=1)),
    "requests not retrying": requests_caller(retries=Retry(False)),
}

DOORS: dict[str, Callable[[FakeCopr], AbstractContextManager[Any]]] = {
    "transport": lambda fake: nullcontext(fake.transport),
    "respx": lambda fake: answering_through_respx(fake.transport, str(COPR)),
    "httpx2": lambda fake: nullcontext(Httpx2Transport(fake)),
    "requests": lambda fake: answering_through_responses(fake, str(COPR)),
}
DOORS_OF = {"httpx": ["transport", "respx"], "httpx2": ["httpx2"], "requests": ["requests"]}
IN_PROCESS = [(name, door) for name in CALLERS for door in DOORS_OF[name.split()[0]]]

Act = Callable[[socket.socket], object]
"""What a server does with a connection on which a request has come."""

HEAD = b"HTTP/1.1 200 OK\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in OWN.headers) + b"\r\n"


def sending(connection: socket.socket, *pieces: bytes) -> None:
    for piece in pieces:
        connection.sendall(piece)


def reset(connection: socket.socket, *pieces: bytes) -> None:
    sending(connection, *pieces)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say_no_more(connection: socket.socket, *pieces: bytes) -> None:
    """Until the client has gone."""
    sending(connection, *pieces)
    connection.recv(1)


HALF = OWN.body[: len(OWN.body) // 2]

FAILURES: dict[str, tuple[Fault, Act | None]] = {
    "refused": (Fault(breaks="refused"), None),
    "reset": (Fault(breaks="reset"), reset),
    "reset after a while": (Fault(breaks="reset", delay=0.01), reset),
    "reset within": (Fault(breaks="reset-within"), lambda connection: reset(connection, HEAD, HALF)),
    "reset after nothing": (
        Fault(breaks="reset-within", body="empty"),
        lambda connection: reset(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ),
    "timeout": (Fault(breaks="timeout"), say_no_more),
    "late": (Fault(delay=9), say_no_more),
    "stalled": (
        Fault(dribble=Dribble(bytes=20, every=9)),
        lambda connection: say_no_more(connection, HEAD, OWN.body[:20]),
    ),
    "dribbled": (
        Fault(dribble=Dribble(bytes=100, every=0.01)),
        lambda connection: sending(connection, HEAD, *(OWN.body[at : at + 100] for at in range(0, len(OWN.body), 100))),
    ),
}


@contextmanager
def failing_server(act: Act | None) -> Iterator[tuple[str, list[bytes]]]:
    """A real server on loopback, and the requests that have come; nobody listens where it is to do nothing."""
    came: list[bytes] = []

    def run() -> None:
        while True:
            connection, _ = listener.accept()
            # A client may have gone before.
            with connection, suppress(OSError):
                request = connection.recv(65536)
                if request == b"stop":
                    return
                came.append(request)
                assert act is not None
                act(connection)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = threading.Thread(target=run)
        if act is not None:
            listener.listen()
            serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{GET}", came
        if act is not None:
            with socket.create_connection(listener.getsockname()) as last:
                last.sendall(b"stop")
            serving.join()


@cache
def in_reality(caller: str, failure: str, seconds: float) -> tuple[Outcome, int]:
    """What the real library makes of it, and how many times it tries."""
    _, act = FAILURES[failure]
    with failing_server(act) as (url, came):
        real = CALLERS[caller](url, None, seconds)
    return real, len(came)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("caller", "door"), IN_PROCESS)
def test_in_process_a_connection_fails_as_a_real_one_does(fake: FakeCopr, caller: str, door: str, failure: str) -> None:
    """With the same exception of the library, as early or late, after as much of the body and as many tries."""
    fake.faults.add(FAILURES[failure][0])
    with DOORS[door](fake) as transport:
        in_process = CALLERS[caller](URL, transport if door in ("transport", "httpx2") else None, TIMEOUT)
    for seconds in PATIENCE.get(failure, [10]):
        real, tries = in_reality(caller, failure, seconds)
        if real == in_process:
            break
    assert in_process == real
    # Nobody counts what is refused in reality.
    assert failure == "refused" or len(fake.requests) == tries


@pytest.mark.parametrize("failure", ["refused", "reset", "timeout"])
def test_requests_tries_again_as_its_adapter_is_told_to(fake: FakeCopr, failure: str) -> None:
    """Until it gets an answer, in no time but on the fake's clock."""
    began = fake.clock.now()
    fake.faults.add(Fault(breaks=failure, first=2))  # type: ignore[arg-type]  # one of them
    fake.faults.add(Fault(status=503, nth=3))
    retries = Retry(5, backoff_factor=10, status_forcelist=[503])
    with DOORS["requests"](fake):
        got = requests_caller(retries=retries)(URL, None, TIMEOUT)
    assert got == Outcome("answered", body=OWN.body)
    assert [request.status for request in fake.requests] == [0, 0, 503, 200]
    waited = 2 * TIMEOUT if failure == "timeout" else 0
    assert fake.clock.now() - began == pytest.approx(0 + 20 + 40 + waited)


def test_retries_are_counted_over_all_that_goes_wrong(fake: FakeCopr) -> None:
    """Refused connections and statuses alike use them up."""
    fake.faults.add(Fault(status=503, every=2))
    fake.faults.add(Fault(breaks="refused"))
    with DOORS["requests"](fake):
        got = requests_caller(retries=Retry(4, status_forcelist=[503]))(URL, None, TIMEOUT)
    assert (got.when, got.kinds[0]) == ("sending", requests.ConnectionError)
    assert [request.status for request in fake.requests] == [0, 503, 0, 503, 0]


@pytest.mark.parametrize(
    ("breaks", "error"),
    [
        ("refused", ConnectionRefusedError),
        ("reset", ConnectionResetError),
        ("reset-within", ConnectionResetError),
    ],
)
def test_an_asgi_application_in_process_ends_with_an_error_of_the_connection(
    fake: FakeCopr, breaks: Any, error: type[Exception]
) -> None:
    """Which httpx's ASGI transport passes on."""
    fake.faults.add(Fault(breaks=breaks))

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=fake.asgi), verify=False) as client:
            await client.get(URL)

    with pytest.raises(error):
        asyncio.run(ask())


# Time that passes.


def with_httpx(lib: Any, transport: Callable[[FakeCopr], Any], timeout: Callable[[Any], Any]) -> Timed:
    def ask(fake: FakeCopr, seconds: float | None) -> bytes:
        with lib.Client(transport=transport(fake), verify=False, timeout=timeout(seconds)) as client:
            content: bytes = client.get(URL).content
            return content

    return ask


def with_async_httpx(lib: Any, transport: Callable[[FakeCopr], Any]) -> Timed:
    def ask(fake: FakeCopr, seconds: float | None) -> bytes:
        async def get() -> bytes:
            async with lib.AsyncClient(transport=transport(fake), verify=False, timeout=seconds) as client:
                content: bytes = (await client.get(URL)).content
                return content

        return asyncio.run(get())

    return ask


def with_respx(fake: FakeCopr, seconds: float | None) -> bytes:
    with DOORS["respx"](fake), httpx.Client(verify=False, timeout=seconds) as client:
        return client.get(URL).content


def with_requests(timeout: Callable[[Any], Any]) -> Timed:
    def ask(fake: FakeCopr, seconds: float | None) -> bytes:
        with DOORS["requests"](fake):
            return requests.get(URL, timeout=timeout(seconds)).content

    return ask


Timed = Callable[[FakeCopr, "float | None"], bytes]
"""Asks for a chroot, and waits for so many seconds at most."""

TIMED: dict[str, Timed] = {
    "httpx": with_httpx(httpx, lambda fake: fake.transport, lambda seconds: seconds),
    "httpx, to read": with_httpx(httpx, lambda fake: fake.transport, lambda seconds: httpx.Timeout(1, read=seconds)),
    "httpx async": with_async_httpx(httpx, lambda fake: fake.transport),
    "respx": with_respx,
    "httpx2": with_httpx(httpx2, Httpx2Transport, lambda seconds: seconds),
    "httpx2, to read": with_httpx(httpx2, Httpx2Transport, lambda seconds: httpx2.Timeout(1, read=seconds)),
    "httpx2 async": with_async_httpx(httpx2, Httpx2Transport),
    "requests": with_requests(lambda seconds: seconds),
    "requests, to connect and to read": with_requests(lambda seconds: (1, seconds)),
    "requests, of urllib3": with_requests(lambda seconds: Timeout(connect=1, read=seconds)),
    "requests, in total": with_requests(lambda seconds: Timeout(total=seconds)),
    "requests, total before read": with_requests(lambda seconds: Timeout(total=seconds, read=seconds and 99)),
}


@pytest.fixture(params=TIMED)
def timed(request: pytest.FixtureRequest) -> Timed:
    return TIMED[request.param]


def passed(fake: FakeCopr) -> float:
    return fake.clock.now() - 1_700_000_000


GAVE_UP = (httpx.ReadTimeout, httpx2.ReadTimeout, requests.ReadTimeout)


@pytest.mark.parametrize("fault", [Fault(breaks="timeout"), Fault(delay=45), Fault(breaks="reset", delay=45)], ids=str)
def test_a_client_gives_up_when_it_would(fake: FakeCopr, timed: Timed, fault: Fault) -> None:
    """By its own timeout, which passes on the fake's clock and nowhere else."""
    fake.faults.add(fault)
    with pytest.raises(GAVE_UP):
        timed(fake, 30)
    assert passed(fake) == 30


@pytest.mark.parametrize("seconds", [30, None])
def test_a_delay_passes_on_the_clock(fake: FakeCopr, timed: Timed, seconds: float | None) -> None:
    """Once for the answer, and once for each piece of it but the first; a client may wait so long for each."""
    fake.faults.add(Fault(delay=20, dribble=Dribble(bytes=100, every=25)))
    assert timed(fake, seconds) == OWN.body
    assert passed(fake) == 20 + 25 * ((len(OWN.body) - 1) // 100)


def test_a_client_gives_up_within_a_body_too(fake: FakeCopr, timed: Timed) -> None:
    """When a piece is too long in coming; requests has a word of its own for that."""
    fake.faults.add(Fault(dribble=Dribble(bytes=100, every=31)))
    with pytest.raises((httpx.ReadTimeout, httpx2.ReadTimeout, requests.ConnectionError)):
        timed(fake, 30)
    assert passed(fake) == 30


def test_who_would_wait_for_ever_is_told_so(fake: FakeCopr, timed: Timed) -> None:
    """By an error that is none of the library's, so that nobody tries again."""
    fake.faults.add(Fault(breaks="timeout"))
    with pytest.raises(CoprFakeError, match="the client would wait for ever; give it a timeout"):
        timed(fake, None)
    assert passed(fake) == 0


def test_nobody_waits_where_the_systems_time_runs(timed: Timed) -> None:
    """It goes on by itself."""
    fake = FakeCopr(clock=SystemClock())
    fake.add_build(1, [F41, F42], state="running")
    fake.faults.add(Fault(delay=86400))
    assert timed(fake, None) == OWN.body


# What clients make of it.


@pytest.fixture
def official(fake: FakeCopr) -> Iterator[Client]:
    """The official client, through requests."""
    with DOORS["requests"](fake):
        yield Client({"copr_url": str(COPR), "connection_attempts": 3})


def calls(client: Client, count: int) -> list[str]:
    """What several calls for the list end with."""
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
def test_the_official_client_under_faults(fake: FakeCopr, official: Client, fault: Any, ends: list[str]) -> None:
    """It tries none of these again, and waits for as long as it takes."""
    fake.faults.add(fault)
    assert calls(official, len(ends)) == ends
    assert len(fake.requests) == len(ends)
    assert (passed(fake) >= 6) == (fault == "slow-list")


@pytest.mark.parametrize("breaks", ["refused", "reset"])
def test_the_official_client_connects_again(
    fake: FakeCopr, official: Client, breaks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As often as it is told to, after five seconds each time."""
    monkeypatch.setattr("copr.v3.requests.time.sleep", fake.clock.tick)
    fake.faults.add(Fault(breaks=breaks, first=5))
    assert calls(official, 2) == [f"CoprRequestException: Unable to connect to {COPR}/api_3/.", "fine"]
    assert (len(fake.requests), passed(fake)) == (6, 20)


def test_the_official_client_does_not_know_an_answer_that_breaks_off(fake: FakeCopr, official: Client) -> None:
    """The exception of requests comes through."""
    fake.faults.add(Fault(breaks="reset-within"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        calls(official, 1)


def test_the_official_client_has_no_timeout(fake: FakeCopr, official: Client) -> None:
    """So a test in which it would hang ends with an error that says so."""
    fake.faults.add(Fault(breaks="timeout"))
    with pytest.raises(CoprFakeError, match="give it a timeout"):
        calls(official, 1)


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
def test_the_reference_client_under_faults(fake: FakeCopr, fault: Any, ends: list[str], pauses: list[float]) -> None:
    """It tries again what passes, after 1, 2 and 4 seconds, and says what came instead of the answer otherwise."""
    fake.faults.add(fault)
    paused: list[float] = []
    seen = []
    with reference_client(fake, paused) as client:
        for _ in ends:
            try:
                seen.append("fine" if client.get_list(1) else "empty")
            except ClientError as error:
                seen.append(f"{type(error).__name__} {error.status}")
    assert (seen, paused) == (ends, pauses)


def test_the_reference_client_with_a_slow_list(fake: FakeCopr) -> None:
    """It waits for half a minute and no longer, and tries none again."""
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


def test_waiting_for_a_build_gets_through_an_outage_and_misses_no_state() -> None:
    """What was not read was no poll."""
    fake = FakeCopr()
    fake.add_build(1, [F41])
    fake.faults.add(Fault(status=503, every=2))
    fake.faults.add(Fault(breaks="reset-within", every=3))
    seen: list[str] = []
    with reference_client(fake, []) as client:
        end = client.wait(1, F41, on_progress=lambda statuses: seen.extend(status.state for status in statuses))
    assert end.state == "succeeded"
    assert seen == ["importing", "pending", "starting", "running", "succeeded"]


# The next connection, for servers.


@pytest.mark.parametrize(
    ("some", "seconds"),
    [
        ([Fault(breaks="refused")], 1),
        ([Fault(breaks="refused", seconds=5, first=1)], 5),
        ([Fault(breaks="refused", nth=2)], None),
        ([Fault(breaks="refused", build_id=1)], None),
        ([Fault(breaks="refused", build_id=1), Fault(breaks="refused", seconds=5)], 5),
        ([Fault(breaks="refused", build_id=1), Fault(status=500)], None),
        ([Fault(breaks="reset")], None),
        ([Fault(endpoint="list", status=500), Fault(breaks="refused")], None),
        ([Fault(endpoint="list", status=500, nth=2), Fault(breaks="refused")], 1),
        ([Fault(status=500, nth=2), Fault(breaks="refused", nth=1)], 1),
        ([], None),
    ],
    ids=lambda value: " and ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_a_connection_is_refused_where_any_request_would_be(
    fake: FakeCopr, some: list[Fault], seconds: float | None
) -> None:
    """It counts then, as the request that nobody can send."""
    added = [fake.faults.add(fault) for fault in some]
    assert fake.faults.refuse_next() == seconds
    assert sum(active.hits for active in added) == (0 if seconds is None else 1)
