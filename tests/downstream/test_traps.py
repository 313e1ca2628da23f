"""Behavior of Copr that clients do not expect, with the official client and copr-cli."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from copr.v3 import Client, CoprException
from copr.v3.helpers import succeeded, wait
from copr.v3.pagination import next_page

from copr_chroot_fake import CoprCli, FakeCopr, LifecycleName

from ..chroots import F41, F42
from .consumers import built_nevras_with_the_official_client
from .processes import needs_wget

DAY = 24 * 60 * 60

BY_CLOCK = pytest.mark.copr_fake(progress="clock")


@pytest.fixture
def client(copr_fake: FakeCopr, copr_config: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The official client, which waits on the fake's clock."""
    monkeypatch.setattr("copr.v3.helpers.time", SimpleNamespace(time=copr_fake.clock.now, sleep=copr_fake.clock.tick))
    return Client.create_from_config_file()


def waited(client: Client, build_id: int, timeout: float = DAY) -> Any:
    """Return the build at the end of the official client's own wait."""
    (build,) = wait(client.build_proxy.get(build_id), timeout=timeout)
    return build


@pytest.mark.parametrize(
    ("lifecycle", "end"),
    [
        ("succeeds", "succeeded"),
        ("as-deployed", "succeeded"),
        ("appears-late", "succeeded"),
        ("retried", "succeeded"),
        ("fails", "failed"),
        ("source-fails", "failed"),
        ("import-fails", "failed"),
        ("skipped", "skipped"),
        ("canceled-while-pending", "canceled"),
        ("canceled-while-running", "canceled"),
    ],
)
@BY_CLOCK
def test_wait_ends_with_the_build(copr_fake: FakeCopr, client: Client, lifecycle: LifecycleName, end: str) -> None:
    """It polls every 30 seconds, and returns the final state."""
    copr_fake.add_build([F41, F42], id=1, lifecycle=lifecycle)
    build = waited(client, 1)
    assert build.state == end
    assert succeeded([build]) is (end == "succeeded")


@BY_CLOCK
def test_wait_for_several_builds_ends_with_the_last(copr_fake: FakeCopr, client: Client) -> None:
    copr_fake.add_build([F41], id=1)
    copr_fake.add_build([F41], id=2, lifecycle="skipped")
    copr_fake.add_build([F41], id=3, lifecycle="import-fails")
    builds = wait(client.build_proxy.get_list("jdoe", "playground"), timeout=DAY)
    assert {build.id: build.state for build in builds} == {1: "succeeded", 2: "skipped", 3: "failed"}


@pytest.mark.parametrize("lifecycle", ["forked", "stuck-pending", "stuck-running"])
@BY_CLOCK
def test_wait_never_ends_with_a_fork(copr_fake: FakeCopr, client: Client, lifecycle: LifecycleName) -> None:
    """As with a stuck build, the official client polls until its timeout."""
    copr_fake.add_build([F41], id=1, lifecycle=lifecycle)
    with pytest.raises(CoprException, match="Timeouted"):
        waited(client, 1, timeout=DAY / 10)
    assert copr_fake.clock.now() - 1_700_000_000 >= DAY / 10
    assert len(copr_fake.requests) > DAY / 10 / 30


@BY_CLOCK
def test_watch_build_never_ends_with_a_fork(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """copr-cli polls a finished build until Ctrl-C, and then reports success."""
    copr_fake.add_build([F41], id=1, lifecycle="forked")
    done = copr_cli("watch-build", "1", interrupt_after=3000)
    assert [line.split()[-1] for line in done.stdout.splitlines()[1:]] == ["running", "forked"]
    assert copr_fake.builds[1].is_finished
    ended = copr_fake.changes[-1].at
    assert len([request for request in copr_fake.requests if request.at > ended]) == 99
    assert (done.returncode, done.stderr) == (0, "")


@BY_CLOCK
def test_chroot_canceled_before_its_start_has_no_times(copr_fake: FakeCopr, client: Client) -> None:
    """Neither has its build, though another chroot has."""
    copr_fake.add_build({F41: {"lifecycle": "canceled-while-pending"}, F42: {"state": "succeeded"}}, id=1)
    build = waited(client, 1)
    copr_fake.clock.tick(DAY)
    assert {chroot.name: chroot.ended_on for chroot in client.build_chroot_proxy.get_list(1)}[F41] is None
    build = client.build_proxy.get(1)
    assert (build.state, build.ended_on) == ("canceled", None)
    assert build.started_on is not None
    with pytest.raises(TypeError):
        build.ended_on - build.started_on


@BY_CLOCK
def test_canceled_build_still_runs(copr_fake: FakeCopr, client: Client) -> None:
    """The build is canceled while its chroots still run; after some seconds they have failed."""
    copr_fake.add_build([F41, F42], id=1, lifecycle="canceled-while-running")
    build = waited(client, 1)
    assert (build.state, build.ended_on) == ("canceled", None)
    assert {chroot.state for chroot in client.build_chroot_proxy.get_list(1)} == {"running"}
    copr_fake.clock.tick(10)
    assert {chroot.state for chroot in client.build_chroot_proxy.get_list(1)} == {"failed"}
    assert client.build_proxy.get(1).ended_on is not None


@BY_CLOCK
def test_watch_build_leaves_a_canceled_build_running(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """copr-cli ends before the chroots do."""
    copr_fake.add_build([F41], id=1, lifecycle="canceled-while-running")
    assert copr_cli("watch-build", "1").returncode == 4
    assert copr_fake.builds[1][F41].state == "running"


def test_build_has_no_chroots_before_its_import(copr_fake: FakeCopr, client: Client) -> None:
    """A loop that waits until all chroots have ended takes it for finished."""
    copr_fake.add_build([F41, F42], id=1, lifecycle="appears-late")
    assert built_nevras_with_the_official_client(client, 1) == set()
    assert not copr_fake.builds[1].is_finished
    copr_fake.add_build([F41, F42], id=2, lifecycle="succeeds")
    assert len(built_nevras_with_the_official_client(client, 2)) == 4


@BY_CLOCK
def test_chroots_appear_after_the_import(copr_fake: FakeCopr, client: Client) -> None:
    """Until then, the build is running because its source build is."""
    copr_fake.add_build([F41, F42], id=1, lifecycle="appears-late")
    build = client.build_proxy.get(1)
    assert (build.state, build.chroots, build.started_on) == ("running", [], None)
    assert client.build_proxy.get_source_chroot(1).state == "running"
    assert client.build_chroot_proxy.get_list(1) == []
    with pytest.raises(CoprException, match=f"Build 1 was not submitted to {F41} chroot"):
        client.build_chroot_proxy.get(1, F41)
    copr_fake.clock.tick(10)
    assert client.build_proxy.get(1).chroots == [F41, F42]
    assert client.build_proxy.get_source_chroot(1).state == "succeeded"
    assert client.build_chroot_proxy.get(1, F41).state == "pending"


@pytest.mark.parametrize(
    ("lifecycle", "before", "times"),
    [("source-fails", "waiting", (1_700_000_000, 1_700_000_010)), ("import-fails", "importing", (None, None))],
)
@BY_CLOCK
def test_build_can_fail_before_its_chroots_start(
    copr_fake: FakeCopr, client: Client, lifecycle: LifecycleName, before: str, times: tuple[int | None, int | None]
) -> None:
    """They have failed too, without results and packages; their times are those of the source build, or missing."""
    copr_fake.add_build([F41, F42], id=1, lifecycle=lifecycle)
    assert {chroot.state for chroot in client.build_chroot_proxy.get_list(1)} == {before}
    assert waited(client, 1).state == "failed"
    assert client.build_proxy.get_source_chroot(1).state == "failed"
    for chroot in client.build_chroot_proxy.get_list(1):
        assert (chroot.state, chroot.result_url) == ("failed", None)
        assert (chroot.started_on, chroot.ended_on) == times
    assert {change.state for change in copr_fake.changes} <= {before, "failed"}
    assert client.build_proxy.get_built_packages(1)[F41] == {"packages": []}


@BY_CLOCK
def test_all_skipped_is_neither_a_failure_nor_a_success(copr_fake: FakeCopr, client: Client, copr_cli: CoprCli) -> None:
    """copr-cli exits with 0, but there is nothing to install."""
    copr_fake.add_build([F41, F42], id=1, lifecycle="skipped")
    assert copr_cli("watch-build", "1").returncode == 0
    build = client.build_proxy.get(1)
    assert not succeeded([build])
    assert {chroot.result_url for chroot in client.build_chroot_proxy.get_list(1)} == {None}
    packages = client.build_proxy.get_built_packages(1)
    assert packages[F41] == packages[F42] == {"packages": []}


@needs_wget
@pytest.mark.copr_fake(progress="clock", results_delay=45)
def test_results_appear_some_time_after_success(
    copr_fake: FakeCopr, client: Client, copr_cli: CoprCli, tmp_path: Path
) -> None:
    """Until then packages return 404; copr-cli downloads nothing and exits with 0."""
    copr_fake.add_build([F41], id=1)
    assert waited(client, 1).state == "succeeded"
    (package, _) = client.build_chroot_proxy.get_built_packages(1, F41).packages
    file = "{name}-{version}-{release}.{arch}.rpm".format(**package)
    url = client.build_chroot_proxy.get(1, F41).result_url + file
    assert requests.get(url, timeout=10).status_code == 404
    assert copr_cli("download-build", "1", "--rpms").returncode == 0
    assert not list(tmp_path.rglob("*.rpm"))
    copr_fake.clock.tick(45)
    assert requests.get(url, timeout=10).status_code == 200
    assert copr_cli("download-build", "1", "--rpms").returncode == 0
    assert len(list(tmp_path.rglob("*.rpm"))) == 2


@needs_wget
def test_late_results_fault_delays_results(copr_fake: FakeCopr, copr_cli: CoprCli, tmp_path: Path) -> None:
    """For a fake whose clock stands still: the first downloads find nothing."""
    copr_fake.add_build({F41: "succeeded"}, id=1)
    copr_fake.faults.add("late-results")
    found = []
    for _ in range(4):
        assert copr_cli("download-build", "1", "--rpms").returncode == 0
        found.append(len(list(tmp_path.rglob("*.rpm"))))
    assert found == [0, 0, 0, 2]
    assert {request.endpoint for request in copr_fake.requests if request.status == 404} == {"results"}


@pytest.mark.parametrize("of", ["builds", "chroots"])
@pytest.mark.copr_fake(default_limit=None)
def test_next_page_of_an_unlimited_list_is_an_error(copr_fake: FakeCopr, client: Client, of: str) -> None:
    """As deployed, ``meta`` of a list without a limit has nothing to add to the offset."""
    page = listed(copr_fake, client, of, {})
    assert (len(page), page.meta.limit) == (150, None)
    with pytest.raises(TypeError):
        next_page(page)


@pytest.mark.parametrize("of", ["builds", "chroots"])
@pytest.mark.parametrize(("limit", "pages"), [(None, [100, 50]), (60, [60, 60, 30]), (75, [75, 75]), (150, [150])])
def test_next_page_reads_a_limited_list(
    copr_fake: FakeCopr, client: Client, of: str, limit: int | None, pages: list[int]
) -> None:
    """With the limit of the request or the documented default, until a page is empty."""
    page = listed(copr_fake, client, of, {"limit": limit} if limit else {})
    read, seen = [], []
    while page:
        read.append(len(page))
        seen += [item.get("id") or item["name"] for item in page]
        page = next_page(page)
    assert read == pages
    assert len({*seen}) == len(seen) == 150


@pytest.mark.parametrize("of", ["builds", "chroots"])
@pytest.mark.copr_fake(default_limit=None)
def test_next_page_as_deployed_needs_a_limit(copr_fake: FakeCopr, client: Client, of: str) -> None:
    """A limit in the request is enough."""
    page = listed(copr_fake, client, of, {"limit": 100})
    assert len(next_page(page)) == 50


def listed(fake: FakeCopr, client: Client, of: str, pagination: dict[str, int]) -> Any:
    """The first page of 150 builds, or of the 150 chroots of a build."""
    if of == "builds":
        for build_id in range(1, 151):
            fake.add_build({F41: "succeeded"}, id=build_id)
        return client.build_proxy.get_list("jdoe", "playground", pagination=pagination)
    fake.add_build({f"bulk-{number:03}-x86_64": "succeeded" for number in range(150)}, id=1)
    return client.build_chroot_proxy.get_list(1, pagination=pagination)
