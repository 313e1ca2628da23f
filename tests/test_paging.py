"""Paging of lists, with the documented default of 100 items."""

from __future__ import annotations

import json
from itertools import chain

import pytest

from copr_chroot_fake import FakeCopr, StateName
from copr_chroot_fake.api.paging import BUILD_TABLE, CHROOT_TABLE, PACKAGE_TABLE, PROJECT_TABLE, Table, parse_paging

from .adapters import SendRequest, direct_client

NAMES = [f"bulk-{number:03}-x86_64" for number in range(250)]
BUG = b'{"error": "Request wasn\'t successful, there is probably a bug in the Copr code."}\n'
BUILDS = "/api_3/build/list?ownername=jdoe&projectname=playground"


def fake_of_250(default_limit: int | None = 100) -> FakeCopr:
    fake = FakeCopr(default_limit=default_limit)
    fake.add_build(NAMES, id=1, state="succeeded")
    return fake


def page(send: SendRequest, arguments: str = "") -> tuple[list[str], dict[str, object]]:
    response = send("GET", f"/api_3/build-chroot/list?build_id=1{arguments}")
    assert response.status == 200
    document = json.loads(response.body)
    return [item["name"] for item in document["items"]], document["meta"]


def test_lists_have_100_items_by_default() -> None:
    names, meta = page(direct_client(fake_of_250()))
    assert names == NAMES[:100]
    assert meta == {"limit": 100, "offset": 0, "order": "id", "order_type": "ASC"}


def test_default_limit_none_lists_everything() -> None:
    """The meta's limit is null, as on the deployed service."""
    names, meta = page(direct_client(fake_of_250(default_limit=None)))
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
    assert page(direct_client(fake_of_250()), arguments)[0] == expected


def test_joined_pages_are_the_whole_list() -> None:
    send = direct_client(fake_of_250())
    joined = [name for offset in (0, 100, 200) for name in page(send, f"&offset={offset}")[0]]
    assert joined == NAMES


def test_nulls_sort_last_ascending_and_first_descending() -> None:
    """In PostgreSQL, null is the largest value."""
    fake = FakeCopr()
    fake.add_build(
        {
            "fedora-41-x86_64": {"state": "running", "started_on": 20},
            "fedora-42-x86_64": "pending",
            "fedora-43-x86_64": {"state": "running", "started_on": 10},
        },
        id=1,
    )
    ascending = ["fedora-43-x86_64", "fedora-41-x86_64", "fedora-42-x86_64"]
    send = direct_client(fake)
    assert page(send, "&order=started_on")[0] == ascending
    assert page(send, "&order=started_on&order_type=DESC")[0] == ascending[::-1]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("state", "Cannot order by state"),
        ("result_dir_url", "Cannot order by result_dir_url"),
        ("tags", "Cannot order by tags"),
        ("set_tags", "Cannot order by set_tags"),
        ("backend_enqueue", "Cannot order by backend_enqueue"),
        ("__class__", "Cannot order by __class__"),
        ("__tablename__", "Cannot order by __tablename__"),
        ("batch", "Cannot order by batch, build_chroot doesn't have such property"),
        ("Status", "Cannot order by Status, build_chroot doesn't have such property"),
        ("%20", "Cannot order by  , build_chroot doesn't have such property"),
    ],
)
def test_order_by_unknown_column_is_rejected(order: str, message: str) -> None:
    """Copr has another message for attributes of its model that are no columns and not empty."""
    response = direct_client(fake_of_250())("GET", f"/api_3/build-chroot/list?build_id=1&order={order}")
    assert (response.status, json.loads(response.body)) == (500, {"error": message})


@pytest.mark.parametrize("order", ["tags_raw", "build", "mock_chroot", "git_hash", "build_id"])
def test_order_by_equal_values_has_no_effect(order: str) -> None:
    assert page(direct_client(fake_of_250()), f"&limit=3&order={order}")[0] == NAMES[:3]


@pytest.mark.parametrize("order", ["copr_chroot", "results"])
def test_order_by_a_relation_is_an_internal_error(order: str) -> None:
    """The query lacks the table."""
    for build_id in (1, 2):
        got = direct_client(fake_of_250())("GET", f"/api_3/build-chroot/list?build_id={build_id}&order={order}")
        assert (got.status, got.body) == (500, BUG.replace(b'": "', b'":"'))


def test_order_by_the_table_is_an_internal_error() -> None:
    """Copr's own code fails, not the database, so the response has another style."""
    got = direct_client(fake_of_250())("GET", "/api_3/build-chroot/list?build_id=1&order=__table__")
    assert (got.status, got.body) == (500, BUG)


def test_nul_in_build_id_fails_before_the_database() -> None:
    send = direct_client(fake_of_250())
    assert send("GET", "/api_3/build-chroot/list?build_id=%00").body == BUG
    assert send("GET", "/api_3/build-chroot/list?build_id=x").body == BUG.replace(b'": "', b'":"')


def test_invalid_order_comes_before_invalid_build_id() -> None:
    """Copr builds its query, with the order, before the database sees the build id."""
    response = direct_client(fake_of_250())("GET", "/api_3/build-chroot/list?build_id=abc&order=state")
    assert json.loads(response.body) == {"error": "Cannot order by state"}


def test_mock_chroot_ids_follow_the_order_of_addition() -> None:
    fake = FakeCopr()
    fake.add_mock_chroots("c-1-x86_64", "a-1-x86_64", "b-1-x86_64")
    fake.add_build(["b-1-x86_64", "a-1-x86_64", "c-1-x86_64"], id=1)
    assert page(direct_client(fake), "&order=mock_chroot_id")[0] == ["c-1-x86_64", "a-1-x86_64", "b-1-x86_64"]
    assert page(direct_client(fake), "&order=mock_chroot_id&order_type=DESC")[0][0] == "b-1-x86_64"


def test_copr_chroot_ids_follow_the_order_of_the_project() -> None:
    """Chroots that the project no longer has are null and come last."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", chroots=["c-1-x86_64", "a-1-x86_64"])
    fake.add_build(["b-1-x86_64", "a-1-x86_64", "c-1-x86_64"], id=1, project="jdoe/tools")
    assert page(direct_client(fake), "&order=copr_chroot_id")[0] == ["c-1-x86_64", "a-1-x86_64", "b-1-x86_64"]
    assert page(direct_client(fake), "&order=build_id&limit=1")[0] == ["b-1-x86_64"]


def fake_of_builds() -> FakeCopr:
    fake = FakeCopr()
    states: list[StateName] = ["failed", "succeeded", "succeeded", "succeeded"]
    for number, state in enumerate(states, 1):
        fake.add_build({"fedora-41-x86_64": state}, id=number, package="hello")
    return fake


@pytest.mark.parametrize(
    "order", ["package_id", "source_type", "pkgs", "repos", "isolation", "memory_reqs", "srpm_url"]
)
def test_list_of_builds_only_checks_its_order(order: str) -> None:
    """It is always newest first, by whichever column it is ordered."""
    items = json.loads(direct_client(fake_of_builds())("GET", f"{BUILDS}&order={order}&order_type=ASC").body)["items"]
    assert [item["id"] for item in items] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("status", "Cannot order by status"),
        ("chroots", "Cannot order by chroots"),
        ("name", "Cannot order by name, build doesn't have such property"),
        ("_cached_status", "Cannot order by _cached_status, build doesn't have such property"),
        ("tags", "Cannot order by tags, build doesn't have such property"),
    ],
)
def test_list_of_builds_rejects_an_unknown_order(order: str, message: str) -> None:
    got = direct_client(fake_of_builds())("GET", f"{BUILDS}&order={order}")
    assert (got.status, json.loads(got.body)) == (500, {"error": message})


def test_list_of_builds_of_a_package_joins_its_table() -> None:
    """So it can be ordered by the relation, which is an internal error otherwise."""
    send = direct_client(fake_of_builds())
    for order in ("package", "user", "copr", "batch", "build_chroots"):
        got = send("GET", f"{BUILDS}&order={order}")
        assert (got.status, got.body) == (500, BUG.replace(b'": "', b'":"'))
    assert send("GET", f"{BUILDS}&order=package&packagename=hello").status == 200


@pytest.mark.parametrize(
    ("limit", "ids"), [("-1", [4, 3]), ("-3", []), ("0", []), ("2", [4, 3]), (f"{2**70}", [4, 3, 2]), ("", [4, 3, 2])]
)
def test_limit_of_builds_in_a_state_is_a_slice(limit: str, ids: list[int]) -> None:
    """Copr limits the filtered list in Python, where a negative limit omits the last items."""
    send = direct_client(fake_of_builds())
    got = json.loads(send("GET", f"{BUILDS}&status=succeeded&limit={limit}").body)
    assert ([item["id"] for item in got["items"]], got["meta"]["limit"]) == (ids, int(limit) if limit else 100)
    assert send("GET", f"{BUILDS}&status=succeeded&offset=-1").status == 500
    assert send("GET", f"{BUILDS}&limit=-1").status == 500


@pytest.mark.parametrize(
    "table", [CHROOT_TABLE, BUILD_TABLE, PACKAGE_TABLE, PROJECT_TABLE], ids=lambda table: table.name
)
def test_names_of_a_table_are_of_one_kind(table: Table) -> None:
    kinds = (table.columns, table.relations, table.attributes)
    assert len({*chain(*kinds)}) == sum(map(len, kinds))


def test_empty_order_type_depends_on_the_order() -> None:
    """Lists of packages and projects can be ordered by name."""
    for order, order_type in (("id", "DESC"), ("name", "ASC"), ("status", "")):
        assert parse_paging({"order": order, "order_type": ""}, None).order_type == order_type
    assert parse_paging({"order": "name"}, None, name_is_id=True).order == "id"


def test_list_of_builds_uses_the_default_limit() -> None:
    fake = FakeCopr(default_limit=2)
    for number in (1, 2, 3):
        fake.add_build(["fedora-41-x86_64"], id=number)
    page = json.loads(direct_client(fake)("GET", BUILDS).body)
    assert ([item["id"] for item in page["items"]], page["meta"]["limit"]) == ([3, 2], 2)
