"""Responses that are cached: each change is in the next response."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from copr_chroot_fake import FakeCopr

from .chroots import F41, F42, F43

EL10 = "epel-10-s390x"
LIST = "/api_3/build-chroot/list?build_id=1"


def document(fake: FakeCopr, chrootname: str) -> dict[str, object]:
    """Return the expected document of a chroot, from its attributes."""
    chroot = fake.builds[1][chrootname]
    return {
        "started_on": chroot.started_on,
        "ended_on": chroot.ended_on,
        "state": chroot.state.value,
        "name": chroot.name,
        "result_url": chroot.result_url,
    }


def check_responses(fake: FakeCopr, target: str = LIST, names: list[str] | None = None) -> None:
    """Compare two responses to each request with the objects; the second one can come from a cache."""
    expected = [document(fake, name) for name in (names or [*fake.builds[1]])]
    for _ in range(2):
        assert fake.answer("GET", target).json()["items"] == expected
        for each in expected:
            assert fake.answer("GET", f"/api_3/build-chroot/1/{each['name']}").json() == each


def restore_earlier(fake: FakeCopr) -> None:
    snapshot = fake.snapshot()
    fake.builds[1][F41].set_state("failed")
    check_responses(fake)
    fake.restore(snapshot)


def replace_build(fake: FakeCopr) -> None:
    fake.builds[1].delete()
    assert fake.answer("GET", LIST).json()["items"] == []
    fake.add_build([F43], id=1, state="failed")


def replace_everything(fake: FakeCopr) -> None:
    fake.clear()
    fake.add_build([F43], id=1, state="running")


CHANGES: dict[str, Callable[[FakeCopr], object]] = {
    "a state is set": lambda fake: fake.builds[1][F42].set_state("canceled"),
    "a report": lambda fake: fake.builds[1][F41].report("failed", at=2_000_000_000),
    "a chroot is added": lambda fake: fake.builds[1].add_chroot(EL10, state="skipped"),
    "a chroot that advances is added": lambda fake: fake.builds[1].add_chroot(EL10, lifecycle="fails"),
    "the server's address changes": lambda fake: fake.service.set_base_url("http://copr.test:5000"),
    "a snapshot is restored": restore_earlier,
    "the build is replaced": replace_build,
    "everything is replaced": replace_everything,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_is_in_the_next_response(change: Callable[[FakeCopr], object]) -> None:
    fake = FakeCopr(progress="manual")
    fake.add_build([F41, F42], id=1, state="running")
    check_responses(fake)
    change(fake)
    check_responses(fake)


def test_time_passes_between_polls_of_a_list() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1, state="succeeded")
    fake.builds[1].add_chroot(F42, lifecycle="succeeds")
    states = set()
    for _ in range(200):
        check_responses(fake)
        states.add(fake.builds[1][F42].state)
        fake.clock.tick(20)
    assert {"importing", "running", "succeeded"} <= states


def test_polls_of_a_list_advance_its_chroots() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, lifecycle="succeeds")
    states = [fake.answer("GET", LIST).json()["items"][0]["state"] for _ in range(20)]
    assert states[-1] == "succeeded"
    assert len(set(states)) > 2


def test_each_page_has_its_own_content() -> None:
    fake = FakeCopr()
    fake.add_build([F41, F42, F43], id=1, state="succeeded")
    check_responses(fake)
    check_responses(fake, f"{LIST}&limit=1&offset=1", [F42])
    check_responses(fake, f"{LIST}&order_type=DESC", [F43, F42, F41])
    check_responses(fake)


def test_order_by_the_projects_chroots_follows_the_project() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41, F42], id=1, state="succeeded")
    target = f"{LIST}&order=copr_chroot_id"
    build.project.enable_chroots([F41, F42])
    check_responses(fake, target, [F41, F42])
    build.project.known_chroots = dict(reversed([*build.project.known_chroots.items()]))
    check_responses(fake, target, [F42, F41])


def test_faults_hit_cached_responses() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, state="succeeded")
    check_responses(fake)
    fault = fake.faults.add({"status": 503})
    assert fake.answer("GET", LIST).status == fake.answer("GET", f"/api_3/build-chroot/1/{F41}").status == 503
    fake.faults.remove(fault)
    check_responses(fake)


def test_mask_is_read_from_each_requests_headers() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, state="succeeded")
    target = f"/api_3/build-chroot/1/{F41}"
    for _ in range(2):
        assert json.loads(fake.answer("GET", target, {"X-Fields": "state"}).body) == {"state": "succeeded"}
        assert fake.answer("GET", target).json() == document(fake, F41)
        assert fake.answer("GET", target, {"X-Fields": "name"}).json() == {"name": F41}
        assert fake.answer("GET", target, {"Accept": "*/*"}).json() == document(fake, F41)
