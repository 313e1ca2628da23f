"""Unmatched requests are grouped, and near misses are found in bounded time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copr_chroot_fake import FakeCopr, InputError

from .chroots import F41
from .examples import sample
from .steps import count_steps


def test_unmatched_requests_are_grouped_by_target() -> None:
    """In the order of the first requests, with their number and the last request."""
    fake = FakeCopr()
    fake.add_build([F41], id=12)
    for number in (1, 2, 1, 12, 1):
        fake.answer("GET", f"/api_3/build/{number}")
        fake.clock.tick(1)
    first, second = fake.unmatched
    assert (first.method, first.target, first.count, first.last.number) == ("GET", "/api_3/build/1", 3, 5)
    assert (second.target, second.count, second.near_miss) == ("/api_3/build/2", 1, "build 12 exists, 2 does not")
    assert str(first) == "GET /api_3/build/1 -> 404 (3 times): build 12 exists, 1 does not"
    fake.clear_requests()
    assert fake.unmatched == []


def test_near_miss_of_requests_without_a_build() -> None:
    """The project is named in the path, in the query, or in the body."""
    fake = FakeCopr()
    fake.add_project("jdoe/hello", chroots=[F41])
    login = {"Authorization": "Basic amRvZTp4"}
    fake.answer("DELETE", "/api_3/project/delete/jdoe/helo", login)
    fake.answer("GET", "/api_3/package/list?ownername=jdoe&projectname=hell")
    fake.answer("GET", "/api_3/package?ownername=jdoe&projectname=hello&packagename=helo")
    body = b'{"ownername": "jdoe", "projectname": "helo", "gem_name": "rake"}'
    fake.answer("POST", "/api_3/build/create/rubygems", {**login, "Content-Type": "application/json"}, body)
    assert [unmatched.near_miss for unmatched in fake.unmatched] == [
        "project jdoe/hello exists, jdoe/helo does not",
        "project jdoe/hello exists, jdoe/hell does not",
        "the error of the response names the missing object",
        "project jdoe/hello exists, jdoe/helo does not",
    ]


def test_dropped_requests_do_not_count() -> None:
    """Groups of which all requests were dropped disappear."""
    fake = FakeCopr(requests_kept=3)
    for number in (1, 2, 2, 2, 3):
        fake.answer("GET", f"/api_3/build/{number}")
    assert [(unmatched.target[-1], unmatched.count) for unmatched in fake.unmatched] == [("2", 2), ("3", 1)]
    for _ in range(3):
        fake.answer("GET", "/api_3/")
    assert fake.unmatched == []


UNMATCHED: list[Callable[[str], str]] = [
    lambda name: f"/api_3/build/7{name}",
    lambda name: f"/api_3/build/1?{name}={name}",
    lambda name: f"/api_3/build-chroot/1/{name}",
    lambda name: f"/api_3/project?ownername=jdoe&projectname={name}",
    lambda name: f"/api_4/{name}",
    lambda name: f"/results/jdoe/{name}/",
]


@pytest.mark.sampled
@pytest.mark.parametrize("target_of", sample(UNMATCHED))
def test_near_miss_search_is_bounded(target_of: Callable[[str], str]) -> None:
    """In the number of builds, chroots, projects and results, and in the length of names."""

    def steps(size: int, length: int) -> int:
        fake = FakeCopr()
        for number in range(2, size):
            fake.add_build([F41], id=number, state="succeeded", project=f"jdoe/p{number}")
        fake.add_build([f"fedora-{number}-x86_64" for number in range(size)], id=1, state="running")
        fake.builds[1].delete() if "build/1" in target_of("") else None
        fake.answer("GET", target_of("x" * length))
        return count_steps(lambda: [unmatched.near_miss for unmatched in fake.unmatched], "difflib")

    assert steps(400, 20_000) <= steps(110, 200) * 1.2 + 200


def test_near_miss_is_only_searched_when_read() -> None:
    def steps(builds: int) -> int:
        fake = FakeCopr()
        for number in range(1, builds):
            fake.add_build([F41], id=number)
        fake.answer("GET", "/api_3/build/9999")
        return count_steps(lambda: fake.unmatched, "difflib")

    assert steps(2) == steps(50)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda fake: fake.assert_all_pages_read(999), "there are: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 20 more"),
        (lambda fake: fake.builds[1]["x"], "fedora-8-x86_64, fedora-9-x86_64 and 20 more"),
        (lambda fake: fake.faults.remove(99), "there are: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 20 more"),
    ],
)
def test_messages_list_the_first_alternatives(call: Callable[[FakeCopr], object], message: str) -> None:
    """With the number of further ones."""
    fake = FakeCopr()
    for number in range(1, 31):
        fake.add_build([f"fedora-{version}-x86_64" for version in range(30)] if number == 1 else [], id=number)
        fake.faults.add("outage")
    with pytest.raises((InputError, KeyError)) as raised:
        call(fake)
    assert message in str(raised.value)


def test_near_miss_is_stated_as_of_the_request() -> None:
    """An object that was added later is no near miss; the report says that it exists now."""
    fake = FakeCopr()
    for target in ("project?ownername=jdoe&projectname=p", "build/7", "build/6", "build-chroot/7/fedora-41-x86_64"):
        fake.answer("GET", f"/api_3/{target}")
    fake.add_build([], id=7, project="jdoe/p")
    fake.answer("GET", "/api_3/build-chroot/7/fedora-41-x86_64")
    fake.answer("HEAD", "/api_3/build-chroot/7/fedora-41-x86_64")
    fake.builds[7].add_chroot(F41)
    assert [unmatched.near_miss for unmatched in fake.unmatched] == [
        "project jdoe/p was missing; it was added after the request",
        "build 7 was missing; it was added after the request",
        "there are no builds",
        "build 7 had no fedora-41-x86_64; it was added after the request",
        "build 7 had no fedora-41-x86_64; it was added after the request",
    ]
