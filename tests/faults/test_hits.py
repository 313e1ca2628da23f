"""Which requests and connections a fault hits, and what it counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr, Fault, LogNormal, Uniform

from ..chroots import F41, F42
from .helpers import GET, LIST, statuses


@pytest.mark.parametrize(
    ("selection", "hit"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7]),
        ({"nth": 3}, [3]),
        ({"first": 3}, [1, 2, 3]),
        ({"every": 3}, [3, 6]),
        ({"every": 1}, [1, 2, 3, 4, 5, 6, 7]),
        ({"after": 0, "nth": 1}, [1]),
        ({"after": 4}, [5, 6, 7]),
        ({"after": 2, "first": 3}, [3, 4, 5]),
        ({"after": 2, "nth": 1}, [3]),
        ({"after": 1, "every": 3}, [4, 7]),
        ({"after": 5, "probability": 1}, [6, 7]),
        ({"probability": 0}, []),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6, 7]),
    ],
    ids=str,
)
def test_selected_requests_are_hit(fake: FakeCopr, selection: dict[str, Any], hit: list[int]) -> None:
    """Requests are counted from the first one after the fault was added."""
    statuses(fake, 2)
    added = fake.faults.add(Fault(status=503, **selection))
    assert [number for number, status in enumerate(statuses(fake, 7), 1) if status == 503] == hit
    assert (added.seen, added.hits) == (7, len(hit))


def probable(seed: int, count: int = 2000) -> list[int]:
    fake = FakeCopr(seed=seed, max_polls=None)
    fake.faults.add(Fault(status=503, probability=0.3))
    return statuses(fake, count, "/api_3/")


def test_hits_match_the_probability() -> None:
    """Within four standard deviations."""
    assert abs(probable(7).count(503) - 600) < 4 * (2000 * 0.3 * 0.7) ** 0.5


def test_seed_determines_the_hits(fake: FakeCopr) -> None:
    """It may be given to the constructor or to ``reseed``."""
    assert probable(7, 50) == probable(7, 50) != probable(8, 50)
    fake.reseed(8)
    fake.faults.add(Fault(status=503, probability=0.3))
    assert statuses(fake, 50, "/api_3/") == probable(8, 50)


def test_random_draws_are_independent(fake: FakeCopr) -> None:
    """Neither other faults nor builds change the draws of a fault."""
    first = fake.faults.add(Fault(status=503, probability=0.3))
    fake.faults.add(Fault(delay=Uniform(1, 2), nth=1))
    second = fake.faults.add(Fault(status=504, probability=0.3))
    fake.add_build([F41], id=2, lifecycle="realistic")
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
    ("filters", "hit"),
    [
        ({}, [*TARGETS]),
        (
            {"endpoint": "build-chroot"},
            ["get", "get by path", "get, cast", "get of another", "get, query before path", "get of nothing"],
        ),
        ({"endpoint": "build-chroot/list"}, ["list", "list by path"]),
        ({"endpoint": "build-chroot/build-config"}, ["config"]),
        ({"endpoint": "build-chroot/built-packages"}, ["packages"]),
        ({"endpoint": "home"}, ["home"]),
        ({"build_id": 1}, ["get", "get by path", "get, cast", "list", "config", "packages"]),
        ({"build_id": 2}, ["get of another", "get, query before path", "list by path"]),
        ({"chrootname": F42}, ["get by path", "get, query before path"]),
        ({"build_id": 1, "chrootname": F41}, ["get", "get, cast", "config", "packages"]),
        ({"endpoint": "build-chroot", "build_id": 1, "chrootname": F41}, ["get", "get, cast"]),
        ({"endpoint": "build-chroot/list", "chrootname": F41}, []),
    ],
    ids=str,
)
def test_only_requests_that_match_are_hit_and_counted(fake: FakeCopr, filters: dict[str, Any], hit: list[str]) -> None:
    """Build and chroot may be in the query or the path, and need not exist."""
    added = fake.faults.add(Fault(status=599, **filters))
    assert [name for name, target in TARGETS.items() if fake.answer("GET", target).status == 599] == hit
    assert (added.seen, added.hits) == (len(hit), len(hit))


def test_first_added_fault_hits_and_all_count(fake: FakeCopr) -> None:
    """Each fault counts the requests that match it, whether it hits them or not."""
    fake.faults.add(Fault(status=503, nth=2))
    fake.faults.add(Fault(status=504, first=3))
    fake.faults.add(Fault(endpoint="build-chroot/list", status=500))
    fake.faults.add(Fault(status=502, nth=4))
    assert statuses(fake, 5) == [504, 503, 504, 502, 200]
    assert statuses(fake, 1, LIST) == [500]
    assert [(active.seen, active.hits) for active in fake.faults] == [(6, 1), (6, 2), (1, 1), (6, 1)]


def test_faults_hit_every_method(fake: FakeCopr) -> None:
    fake.faults.add(Fault(status=503, first=3))
    assert [fake.answer(method, GET).status for method in ("POST", "OPTIONS", "HEAD", "GET")] == [503, 503, 503, 200]


def test_random_delay_stays_within_its_bounds(fake: FakeCopr) -> None:
    """It is drawn for each request."""
    fake.faults.add(Fault(delay=Uniform(5, 6), first=20))
    fake.faults.add(Fault(delay=LogNormal(median=8, sigma=0.8, minimum=2, maximum=60)))
    drawn = [answer.delivery.delay for answer in (fake.answer("GET", GET) for _ in range(40)) if answer.delivery]
    assert all(5 <= delay <= 6 for delay in drawn[:20])
    assert all(2 <= delay <= 60 for delay in drawn[20:])
    assert len(set(drawn[:20])) == 20
    assert len(set(drawn[20:])) > 10


def test_faults_count_correctly_among_threads() -> None:
    """No request is lost or counted twice."""
    fake = FakeCopr(max_polls=None)
    first = fake.faults.add(Fault(status=503, first=500))
    every = fake.faults.add(Fault(endpoint="home", status=504, every=4))
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: fake.answer("GET", "/api_3/").status, range(1600)))
    assert (first.seen, first.hits, every.seen) == (1600, 500, 1600)
    assert (seen.count(503), seen.count(504)) == (500, every.hits)
    assert every.hits == (1600 - 500) // 4


@pytest.mark.parametrize(
    ("selection", "hit"),
    [
        ({}, [1, 2, 3, 4]),
        ({"after": 1}, [2, 3, 4]),
        ({"nth": 2}, [2]),
        ({"nth": 5}, []),
        ({"first": 3}, [1, 2, 3]),
        ({"every": 2}, [2, 4]),
        ({"probability": 1}, [1, 2, 3, 4]),
    ],
    ids=str,
)
def test_fault_hits_nothing_after_its_time(fake: FakeCopr, selection: dict[str, Any], hit: list[int]) -> None:
    """It counts from when the fault is added; requests after it are still seen."""
    fake.clock.tick(100)
    added = fake.faults.add(Fault(status=503, lasts=20, **selection))
    seen = []
    for _ in range(6):
        seen += statuses(fake, 1)
        fake.clock.tick(5)
    assert [number for number, status in enumerate(seen, 1) if status == 503] == hit
    assert (added.seen, added.hits) == (6, len(hit))


def test_fault_that_lasts_no_time_hits_nothing(fake: FakeCopr) -> None:
    fake.faults.add(Fault(status=503, lasts=0))
    assert statuses(fake, 2) == [200, 200]
