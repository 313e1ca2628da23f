"""Every list of the control API has pages of bounded size."""

from __future__ import annotations

from typing import get_args, get_origin, get_type_hints, is_typeddict

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.control.operations import OPERATIONS
from copr_chroot_fake.control.worlds import InitialSnapshot

from ..chroots import F41
from ..worlds import fake_of
from .clients import Control, fresh_control

LISTS = {
    "/worlds": "worlds",
    "/accounts": "accounts",
    "/groups": "groups",
    "/changes": "changes",
    "/snapshots": "snapshots",
    "/projects": "projects",
    "/packages": "packages",
    "/builds": "builds",
    "/builds/{build_id}": "chroots",
    "/messages": "messages",
    "/requests": "requests",
    "/unmatched": "unmatched",
    "/faults": "faults",
    "/submission-rules": "rules",
}
"""The field of each answer that has a page."""

NO_PAGES = {"/overview", "/builds/{build_id}/chroots/{chrootname}"}
"""What has bounds of its own, is returned as a whole, or has as many items as Copr gives to one chroot."""


def test_every_list_has_pages() -> None:
    views = {operation.path: operation.hints["return"] for operation in OPERATIONS if operation.method == "GET"}
    lists = {path for path, view in views.items() if is_typeddict(view) and has_list(view)}
    assert lists == set(LISTS) | NO_PAGES


def has_list(view: object) -> bool:
    return any(get_origin(type_) is list and get_args(type_) for type_ in get_type_hints(view).values())


@pytest.fixture
def filled() -> Control:
    """A world with more than two of everything."""
    control = fresh_control()
    for number in range(1, 5):
        # Its clock stands still.
        fake = FakeCopr()
        control.worlds.replace(f"w{number}", InitialSnapshot(fake.service, fake.snapshot()), fake.service)
    fake = fake_of(control.world)
    for number in range(1, 5):
        fake.add_build([f"fedora-{version}-x86_64" for version in range(4)], id=number, project=f"jdoe/p{number}")
        fake.add_account(f"u{number}", f"l{number}", "t")
        fake.add_group(f"@g{number}")
        fake.answer("GET", f"/api_3/build/{number + 50}")
        fake.faults.add({"delay": 0})
        fake.on_submit(lifecycle="fails")
        fake.builds[number]["fedora-0-x86_64"].set_state("running")
        control.world.take_snapshot()
    return control


@pytest.mark.parametrize(("path", "field"), LISTS.items())
def test_page_has_limit_offset_and_total(filled: Control, path: str, field: str) -> None:
    """Pages of requests, messages and changes are counted from the end."""
    target = path.format(build_id=1)
    whole = filled.get(target)
    total = whole["total_chroots" if field == "chroots" else "total"]
    assert total == len(whole[field]) >= 4
    pages = [filled.get(f"{target}?limit=2&offset={offset}")[field] for offset in range(0, total, 2)]
    if field in ("changes", "messages", "requests"):
        pages.reverse()
    assert [item for page in pages for item in page] == whole[field]
    assert filled.get(f"{target}?limit=0")[field] == filled.get(f"{target}?offset={total}")[field] == []


@pytest.mark.parametrize("path", LISTS)
def test_limit_of_page_is_bounded(filled: Control, path: str) -> None:
    """The error names the maximum."""
    most = 100 if path == "/unmatched" else 1000
    target = path.format(build_id=1)
    filled.get(f"{target}?limit={most}")
    refused = filled.request("GET", f"{target}?limit={most + 1}")
    expected = f"expected a whole number from 0 to {most}, got {most + 1}"
    assert (refused.status, refused.where, refused.document["error"]) == (422, "limit", f"limit: {expected}")


def test_overview_is_bounded(filled: Control) -> None:
    """Builds and chroots by the query, other lists by a maximum."""
    for argument in ("builds", "chroots"):
        assert filled.request("GET", f"/overview?{argument}=1001").document["where"] == argument
    for _ in range(120):
        fake_of(filled.world).faults.add({"delay": 0})
    view = filled.get("/overview")
    assert (len(view["faults"]), view["total_faults"]) == (100, 124)


def test_build_view_has_first_chroots(filled: Control) -> None:
    """The others are on further pages."""
    filled.post("/builds", {"id": 9, "chroots": [F41, *(f"fedora-{number}-x86_64" for number in range(100, 220))]})
    for view in (
        filled.get("/builds/9"),
        filled.post("/builds/9/advance"),
        filled.get("/builds?offset=4")["builds"][0],
    ):
        assert (len(view["chroots"]), view["total_chroots"]) == (100, 121)
    assert len(filled.get("/builds/9?limit=1000")["chroots"]) == 121


def test_unmatched_requests_have_counts(filled: Control) -> None:
    """Each target is listed once, with its last request."""
    filled.copr("/list/99")
    filled.copr("/list/99")
    view = filled.get("/unmatched")
    assert [(item["request"]["build_id"], item["count"]) for item in view["unmatched"]][-2:] == [(54, 1), (99, 2)]
    assert view["total"] == 5
