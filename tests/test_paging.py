"""Lists are paged as the API reference documents, with 100 items where no limit is asked for."""

from __future__ import annotations

import json

import pytest

from copr_chroot_fake import FakeCopr

from .adapters import Ask, asking

NAMES = [f"bulk-{number:03}-x86_64" for number in range(250)]
BUILDS = "/api_3/build/list?ownername=jdoe&projectname=playground"


def fake_of_250(default_limit: int | None = 100) -> FakeCopr:
    fake = FakeCopr(default_limit=default_limit)
    fake.add_build(1, NAMES, state="succeeded")
    return fake


def page(ask: Ask, arguments: str = "") -> tuple[list[str], dict[str, object]]:
    response = ask("GET", f"/api_3/build-chroot/list?build_id=1{arguments}")
    assert response.status == 200
    document = json.loads(response.body)
    return [item["name"] for item in document["items"]], document["meta"]


def test_a_list_has_100_items_by_default() -> None:
    """Without a limit the first 100 are shown, and the meta says so."""
    names, meta = page(asking(fake_of_250()))
    assert names == NAMES[:100]
    assert meta == {"limit": 100, "offset": 0, "order": "id", "order_type": "ASC"}


def test_no_limit_as_deployed() -> None:
    """With no default limit everything is shown, and the meta's limit is null."""
    names, meta = page(asking(fake_of_250(default_limit=None)))
    assert names == NAMES
    assert meta["limit"] is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("&limit=3", NAMES[:3]),
        ("&offset=200", NAMES[200:]),
        ("&limit=3&offset=100", NAMES[100:103]),
        ("&limit=100&offset=249", NAMES[249:]),
        ("&limit=100&offset=250", []),
        ("&limit=100&offset=9223372036854775807", []),
        ("&limit=9223372036854775807&offset=248", NAMES[248:]),
        ("&limit=0", NAMES[:100]),
        ("&limit=", NAMES[:100]),
        ("&limit=3&order_type=ASC", NAMES[:3]),
        ("&limit=3&order_type=DESC", NAMES[:-4:-1]),
        ("&limit=3&offset=2&order_type=DESC", NAMES[-3:-6:-1]),
        ("&limit=3&offset=248&order_type=DESC", [NAMES[1], NAMES[0]]),
        ("&limit=3&order=name&order_type=DESC", NAMES[:-4:-1]),
    ],
)
def test_limit_offset_and_order_type(arguments: str, expected: list[str]) -> None:
    """A page is what limit, offset and order_type cut out."""
    assert page(asking(fake_of_250()), arguments)[0] == expected


def test_pages_put_together_are_the_whole_list() -> None:
    """Reading page after page shows each chroot once, in order."""
    ask = asking(fake_of_250())
    read = [name for offset in (0, 100, 200) for name in page(ask, f"&offset={offset}")[0]]
    assert read == NAMES


def test_nulls_sort_last_ascending_and_first_descending() -> None:
    """As in PostgreSQL, a chroot that has not started sorts as if it had started after all others."""
    fake = FakeCopr()
    fake.add_build(
        1,
        {
            "fedora-41-x86_64": {"state": "running", "started_on": 20},
            "fedora-42-x86_64": "pending",
            "fedora-43-x86_64": {"state": "running", "started_on": 10},
        },
    )
    ascending = ["fedora-43-x86_64", "fedora-41-x86_64", "fedora-42-x86_64"]
    ask = asking(fake)
    assert page(ask, "&order=started_on")[0] == ascending
    assert page(ask, "&order=started_on&order_type=DESC")[0] == ascending[::-1]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("state", "Cannot order by state"),
        ("result_dir_url", "Cannot order by result_dir_url"),
        ("__class__", "Cannot order by __class__"),
        ("__tablename__", "Cannot order by __tablename__"),
        ("mro", "Cannot order by mro"),
        ("Status", "Cannot order by Status, build_chroot doesn't have such property"),
        ("%20", "Cannot order by  , build_chroot doesn't have such property"),
    ],
)
def test_ordering_by_what_is_no_column_is_refused(order: str, message: str) -> None:
    """The service tells attributes of its model from names that it does not have."""
    response = asking(fake_of_250())("GET", f"/api_3/build-chroot/list?build_id=1&order={order}")
    assert (response.status, json.loads(response.body)) == (500, {"error": message})


def test_ordering_is_refused_before_the_build_id_is_looked_at() -> None:
    """The service builds its query, ordering included, before the database sees the build id."""
    response = asking(fake_of_250())("GET", "/api_3/build-chroot/list?build_id=abc&order=state")
    assert json.loads(response.body) == {"error": "Cannot order by state"}


def test_mock_chroots_are_listed_in_order_of_addition() -> None:
    """Whatever order the build has them in."""
    fake = FakeCopr()
    fake.add_mock_chroots("c-1-x86_64", "a-1-x86_64", "b-1-x86_64")
    fake.add_build(1, ["b-1-x86_64", "a-1-x86_64", "c-1-x86_64"])
    assert page(asking(fake), "&order=mock_chroot_id")[0] == ["c-1-x86_64", "a-1-x86_64", "b-1-x86_64"]
    assert page(asking(fake), "&order=mock_chroot_id&order_type=DESC")[0][0] == "b-1-x86_64"


def test_the_order_of_copr_chroots_is_that_of_the_project() -> None:
    """Those that the project no longer has come last, as nulls do."""
    fake = FakeCopr()
    fake.add_project("jdoe", "tools", chroots=["c-1-x86_64", "a-1-x86_64"])
    fake.add_build(1, ["b-1-x86_64", "a-1-x86_64", "c-1-x86_64"], project="jdoe/tools")
    assert page(asking(fake), "&order=copr_chroot_id")[0] == ["c-1-x86_64", "a-1-x86_64", "b-1-x86_64"]
    assert page(asking(fake), "&order=build_id&limit=1")[0] == ["b-1-x86_64"]


def test_a_list_of_builds_takes_an_order_by_its_columns_only() -> None:
    """Though it is in none of them."""
    fake = FakeCopr()
    for number in (1, 2):
        fake.add_build(number, ["fedora-41-x86_64"])
    ask = asking(fake)
    assert [item["id"] for item in json.loads(ask("GET", f"{BUILDS}&order=package_id").body)["items"]] == [2, 1]
    refused = ask("GET", f"{BUILDS}&order=nonsense")
    assert (refused.status, json.loads(refused.body)["error"]) == (
        500,
        "Cannot order by nonsense, build doesn't have such property",
    )


def test_a_list_of_builds_keeps_to_the_default_limit() -> None:
    """That of the fake, where the request says none."""
    fake = FakeCopr(default_limit=2)
    for number in (1, 2, 3):
        fake.add_build(number, ["fedora-41-x86_64"])
    shown = json.loads(asking(fake)("GET", BUILDS).body)
    assert ([item["id"] for item in shown["items"]], shown["meta"]["limit"]) == ([3, 2], 2)
